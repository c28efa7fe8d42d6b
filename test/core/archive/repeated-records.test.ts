import { describe, expect, test } from '@jest/globals';
import type { StoredLine } from '../../../core/archive/lines.ts';
import {
  findRepeated,
  mayBeRecordOf,
  RecordIds,
  usersByLines,
  usersByRecords,
} from '../../../core/archive/repeated-records.ts';
import { serialiseRecord } from '../../../rules/engine/record.ts';
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

describe('records of a snapshot', () => {
  async function* listed<T>(...records: readonly T[]) {
    yield* records;
  }
  const record = (userId: string | undefined, firstName = 'Ada') => ({
    ...(userId !== undefined && { userId }),
    firstName,
  });
  const RECORDS = [record('a'), record('b'), record(undefined), record('a', 'Bea'), record('c'), record(undefined)];

  test('that differ come together, after all others', async () => {
    const repeated = await findRepeated(listed(...RECORDS));
    expect([...repeated]).toEqual(['a']);
    const users: unknown[] = [];
    for await (const all of usersByRecords(listed(...RECORDS), repeated))
      users.push(all.map(({ user: { id, position, firstName } }) => [id, position, firstName]));
    expect(users).toEqual([
      [['b', 1, 'Ada']],
      [['#2', 2, 'Ada']],
      [['c', 4, 'Ada']],
      [['#5', 5, 'Ada']],
      [
        ['a', 0, 'Ada'],
        ['a', 3, 'Bea'],
      ],
    ]);
  });

  test('that were not parsed are of nobody, and keep their place', async () => {
    const line = (one: unknown): StoredLine => ({ text: '', record: one });
    const batches = listed([line(record('a')), line(undefined)], [line(record(undefined))]);
    const users: unknown[] = [];
    for await (const { user } of usersByLines(batches)) users.push([user.id, user.position]);
    expect(users).toEqual([
      ['a', 0],
      ['#2', 2],
    ]);
  });

  test('have ids by their positions', () => {
    const ids = new RecordIds();
    for (const [position, one] of RECORDS.entries()) ids.add(readUser(one, position));
    expect(RECORDS.map((_, position) => ids.at(position))).toEqual(['a', 'b', '#2', 'a', 'c', '#5']);
  });
});
