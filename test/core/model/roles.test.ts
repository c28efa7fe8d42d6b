import { describe, expect, test } from '@jest/globals';
import { type RoleRecord, Roles } from '../../../core/model/roles.ts';
import type { RoleFacts } from '../../../rules/engine/facts.ts';
import { aRoleArn } from '../../support/builders.ts';

const ARN = aRoleArn();
const READ_AT = '2026-11-24T02:00:00.000Z';
const MADE_AT = '2026-01-15T12:00:00.000Z';

const rolesOf = (...records: readonly RoleRecord[]): Roles => {
  const roles = new Roles();
  for (const record of records) roles.add(record);
  return roles;
};

const anAnswer = { arn: ARN, readAt: READ_AT, exists: true, roleId: 'AROA1' };
const role = { roleId: 'AROA1', createdAt: undefined, lastUsedAt: undefined, trust: undefined };
const readAt = Date.parse(READ_AT);
const NO_ANSWER = { unread: 'the archive has no answer of IAM' };

describe('what is known of a role', () => {
  test.each<{ name: string; line: Omit<RoleRecord, 'arn'>; facts: RoleFacts }>([
    {
      name: 'IAM told all of it',
      line: { ...anAnswer, createdAt: MADE_AT, lastUsedAt: MADE_AT, trust: { Version: '1' } },
      facts: {
        answer: {
          readAt,
          role: { ...role, createdAt: Date.parse(MADE_AT), lastUsedAt: Date.parse(MADE_AT), trust: { Version: '1' } },
        },
      },
    },
    {
      name: 'it was not used within 400 days',
      line: { ...anAnswer, lastUsedAt: null },
      facts: { answer: { readAt, role: { ...role, lastUsedAt: null } } },
    },
    {
      name: 'its times are none',
      line: { ...anAnswer, createdAt: 'yesterday', lastUsedAt: '' },
      facts: { answer: { readAt, role } },
    },
    { name: 'there is none', line: { readAt: READ_AT, exists: false }, facts: { answer: { readAt, role: null } } },
    { name: 'there was no answer', line: { unread: 'refused' }, facts: { unread: 'refused' } },
    { name: 'nothing was noted', line: {}, facts: NO_ANSWER },
    { name: 'the answer has no instant', line: { exists: false }, facts: NO_ANSWER },
    { name: 'its instant is none', line: { readAt: 'yesterday', exists: false }, facts: NO_ANSWER },
    { name: 'it is not said that it exists', line: { readAt: READ_AT, roleId: 'AROA1' }, facts: NO_ANSWER },
    { name: 'it has no id', line: { readAt: READ_AT, exists: true }, facts: NO_ANSWER },
    {
      name: 'the answer of an earlier run stands in',
      line: { ...anAnswer, unread: 'refused' },
      facts: { unread: 'refused', answer: { readAt, role } },
    },
    {
      name: 'that answer is too old to judge by',
      line: { ...anAnswer, unread: 'refused', isOutdated: true },
      facts: { unread: 'refused', outdated: { readAt, role } },
    },
  ])('where $name', ({ line, facts }) => {
    const roles = rolesOf({ arn: aRoleArn('first'), unread: 'cut' }, { ...line, arn: ARN });
    expect(roles.book(ARN)).toStrictEqual(facts);
    expect(roles.book(aRoleArn('other'))).toBeUndefined();
    const given = facts.answer ?? facts.outdated;
    expect([...roles.answered()]).toEqual(given === undefined ? [] : [[ARN, readAt]]);
  });
});

test('each role that was not read has its own reason', () => {
  const reasons = ['refused', 'cut', 'refused', 'throttled', 'cut'];
  const roles = rolesOf(
    { ...anAnswer, arn: aRoleArn('read') },
    ...reasons.map((unread, n) => ({ arn: aRoleArn(`role-${n}`), unread })),
  );
  expect(reasons.map((_, n) => roles.book(aRoleArn(`role-${n}`))?.unread)).toEqual(reasons);
});

describe('how roles were read', () => {
  const unread = (unreadBy: string, name: string): RoleRecord => ({ arn: aRoleArn(name), unread: unreadBy });
  const standIn = (name: string, at: string): RoleRecord => ({
    ...anAnswer,
    arn: aRoleArn(name),
    readAt: at,
    unread: 'refused',
  });
  test.each<{ name: string; records: readonly RoleRecord[]; counts: object }>([
    { name: 'there are none', records: [], counts: { principals: 0, read: 0, standIns: 0, unread: 0 } },
    { name: 'all were', records: [anAnswer], counts: { principals: 1, read: 1, standIns: 0, unread: 0 } },
    {
      name: 'all for one reason not',
      records: [unread('cut', 'a'), unread('cut', 'b')],
      counts: { principals: 2, read: 0, standIns: 0, unread: 2, reason: 'cut' },
    },
    {
      name: 'most for a reason that came late',
      records: [unread('cut', 'a'), unread('refused', 'b'), anAnswer, unread('refused', 'c')],
      counts: { principals: 4, read: 1, standIns: 0, unread: 3, reason: 'refused', otherReasons: 1 },
    },
    {
      name: 'one is judged by an earlier answer',
      records: [standIn('a', READ_AT)],
      counts: { principals: 1, read: 0, standIns: 1, standInsFrom: READ_AT, unread: 0 },
    },
    {
      name: 'earlier answers stand in, but not those that are too old',
      records: [
        standIn('a', '2026-11-20T02:00:00.000Z'),
        standIn('b', '2026-11-19T02:00:00.000Z'),
        standIn('c', '2026-11-21T02:00:00.000Z'),
        { ...standIn('d', '2026-10-01T02:00:00.000Z'), isOutdated: true },
      ],
      counts: {
        principals: 4,
        read: 0,
        standIns: 3,
        standInsFrom: '2026-11-19T02:00:00.000Z',
        unread: 1,
        reason: 'refused',
      },
    },
  ])('is counted where $name', ({ records, counts }) => {
    expect(rolesOf(...records).counts()).toStrictEqual(counts);
  });
});
