import { expect, test } from '@jest/globals';
import { RECEIPTS } from '../../../core/notify/receipts.ts';

test.each<[channel: keyof typeof RECEIPTS, marker: Readonly<Record<string, unknown>>, has: boolean]>([
  ['alert', { receipt: '8f3a' }, true],
  ['alert', { receipt: '' }, false],
  ['alert', { receipt: 5 }, false],
  ['alert', {}, false],
  // The event of the run itself is one.
  ['events', { events: 1 }, true],
  ['events', { events: 0 }, false],
  ['events', { events: 1.5 }, false],
  ['events', { events: '3' }, false],
  ['events', {}, false],
  ['security-hub', { findings: 0 }, true],
  ['security-hub', { findings: '0' }, false],
  ['security-hub', {}, false],
])('a marker of %s has its receipt: %j, %s', (channel, marker, has) => {
  expect(RECEIPTS[channel](marker)).toBe(has);
});
