import { expect, test } from '@jest/globals';
import { isMissing, localEnd, soleAt } from '../../../rules/conditions/email-address.ts';

test.each([
  [undefined, true],
  [null, true],
  ['', true],
  [' ', false],
  [0, false],
  [false, false],
])('%j is missing: %j', (address, expected) => {
  expect(isMissing(address)).toBe(expected);
});

// Each is asked for after another: what is kept of the one before says nothing of it.
test.each([
  ['', -1],
  ['a@b', 1],
  ['', -1],
  ['@b', 0],
  ['a@', 1],
  ['a', -1],
  ['a@@b', -1],
  ['a@b@', -1],
  ['@@', -1],
])('the only @ of %j is at %i', (address, at) => {
  expect(soleAt(address)).toBe(at);
});

test.each([
  ['ann@b', 3],
  ['ann+tag@b', 3],
  ['ann+one+two@b', 3],
  ['+tag@b', 0],
  ['ann+@b', 3],
  ['ann@b+c', 3],
  ['ann@+', 3],
])('the local part of %j ends at %i', (address, end) => {
  expect(localEnd(address, soleAt(address))).toBe(end);
});
