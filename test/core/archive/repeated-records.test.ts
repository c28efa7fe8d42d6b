import { describe, expect, test } from '@jest/globals';
import { mayBeRecordOf } from '../../../core/archive/repeated-records.ts';
import { serialiseRecord } from '../../../core/model/record.ts';
import { readUser } from '../../../rules/engine/user.ts';

describe('a line of a snapshot', () => {
  test.each([
    { name: 'a plain id', record: { userId: 'wanted' } },
    { name: 'a quote in its id', record: { userId: 'want"ed' } },
    { name: 'a backslash in its id', record: { userId: String.raw`want\ed` } },
    { name: 'a control in its id', record: { userId: 'want\ned' } },
    { name: 'half a surrogate pair as its id', record: { userId: '\ud800' } },
    { name: 'an id that is spelled like a position', record: { userId: '#4' } },
    { name: 'an id in other letters', record: { userId: 'שלום' } },
    { name: 'an id behind that of another object', record: { manager: { userId: 'other' }, userId: 'wanted' } },
    { name: 'an id behind an object without one', record: { manager: { userId: '' }, userId: 'wanted' } },
    { name: 'no id', record: { firstName: 'Ada' } },
    { name: 'an id that is none', record: { userId: 7 } },
    { name: 'an empty id', record: { userId: '' } },
    { name: 'no object', record: 'torn' },
  ])('with $name may be of the user that is read from it', ({ record }) => {
    const { id } = readUser(record, 4);
    expect(mayBeRecordOf(new Set([id]))(serialiseRecord(record))).toBe(true);
  });

  test.each([
    { name: 'another user', record: { userId: 'other' } },
    { name: 'a user whose id is the beginning of it', record: { userId: 'want' } },
    { name: 'two others', record: { manager: { userId: 'other' }, userId: 'another' } },
    { name: 'another, and names it elsewhere', record: { userId: 'other', firstName: 'wanted' } },
  ])('is of $name', ({ record }) => {
    expect(mayBeRecordOf(new Set(['wanted']))(serialiseRecord(record))).toBe(false);
  });
});
