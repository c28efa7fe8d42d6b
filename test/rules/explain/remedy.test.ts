import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { configureRules } from '../../../rules/engine/configure.ts';
import { judgeBy } from '../../../rules/engine/rule.ts';
import { SEVERITIES, type Severity } from '../../../rules/engine/severity.ts';
import { readUser, type User } from '../../../rules/engine/user.ts';
import {
  CHANGES,
  changeUser,
  givesAccess,
  isCleared,
  JOINING_CHANGES,
  remediesFor,
  type Standings,
  usersAmiss,
} from '../../../rules/explain/remedy.ts';
import { rules } from '../../../rules/index.ts';
import { record as awkwardRecord } from '../../support/awkward-records.ts';
import {
  ACCOUNT,
  aContext,
  anApiUser,
  aRoleArn,
  aUser,
  daysAgo,
  NOW,
  type UserRecord,
} from '../../support/builders.ts';

const configured = configureRules(rules, { 'email-domain': { allowedDomains: ['quagmire.example'] } });
const setting = { context: aContext(), accountId: ACCOUNT };

const remediesOf = (ruleId: string, record: UserRecord) => {
  const rule = configured.find((one) => one.rule.id === ruleId);
  if (rule === undefined) throw new Error(`no rule ${ruleId}`);
  return remediesFor(rule, configured, [{ user: readUser(record, 0), record }], setting);
};

const texts = (ruleId: string, record: UserRecord) =>
  remediesOf(ruleId, record).map(({ changes, sideEffects }) => ({
    does: changes.map(({ text }) => text),
    ...(sideEffects.length > 0 && { worsens: sideEffects.map(({ ruleId: id, becomes }) => `${id} ${becomes}`) }),
  }));

const OWN_ROLE = 'set apiAccessPrincipalArn to a role of its own in the account of the environment';
const NO_API = 'set apiAccess to DISABLED';
const NO_ARN = 'remove apiAccessPrincipalArn';
const foreign = { apiAccessPrincipalArn: aRoleArn('x', '999988887777') };

describe('the smallest change', () => {
  test.each([
    ['stale-login', aUser({ lastLoginTime: daysAgo(91) }), [{ does: ['have the user log in'] }]],
    ['never-logged-in', aUser({ lastLoginTime: 0 }), [{ does: ['have the user log in'] }]],
    ['super-user-api-access', anApiUser({ type: 'SUPER_USER' }), [{ does: ['set type to APP_USER'] }]],
    ['principal-outside-account', anApiUser(foreign), [{ does: [OWN_ROLE] }]],
    ['principal-outside-account', aUser(foreign), [{ does: [NO_ARN] }]],
    ['principal-not-a-role', anApiUser({ apiAccessPrincipalArn: ':roleX' }), [{ does: [OWN_ROLE] }]],
    ['api-access-without-principal', anApiUser({ apiAccessPrincipalArn: '' }), [{ does: [NO_API] }]],
    ['leftover-principal', aUser({ apiAccessPrincipalArn: aRoleArn() }), [{ does: [NO_ARN] }]],
    ['shared-mailbox', aUser({ emailAddress: 'ops@quagmire.example' }), [{ does: ['disable the user'] }]],
    ['stuck-creating', aUser({ status: 'CREATING' }), [{ does: ['disable the user'] }]],
    ['unrecognised-value', aUser({ type: 'ROOT' }), [{ does: ['set type to APP_USER'] }]],
  ])('of %s', (id, record, expected) => {
    expect(texts(id, record)).toEqual(expected);
  });

  test.each([
    [
      'disabled-user-api-access',
      anApiUser({ status: 'DISABLED', lastDisabledTime: daysAgo(1) }),
      [{ does: [NO_API], worsens: ['leftover-principal LOW'] }, { does: [NO_API, NO_ARN] }],
    ],
    [
      'email-domain',
      anApiUser({ emailAddress: 'a@evil.example' }),
      [
        { does: ['disable the user'], worsens: ['disabled-user-api-access MEDIUM'] },
        { does: [NO_API, NO_ARN, 'disable the user'] },
      ],
    ],
  ])('of %s makes another rule worse: one that does not follows', (id, record, expected) => {
    expect(texts(id, record)).toEqual(expected);
  });

  test('takes as many as there are faults, up to three', () => {
    const broken = { status: undefined, type: null, apiAccess: 'MAYBE' };
    expect(texts('unrecognised-value', aUser(broken))).toEqual([
      { does: [NO_API, 'set type to APP_USER', 'disable the user'] },
    ]);
  });

  test('that gives access is the last resort, though it may be smaller', () => {
    const record = aUser({ status: 'DISABLED', lastDisabledTime: daysAgo(366) });
    expect(texts('long-disabled', record)).toEqual([{ does: ['enable the user'] }]);
    const sleeping = anApiUser({ status: 'DISABLED', lastDisabledTime: daysAgo(1) });
    expect(texts('disabled-user-api-access', sleeping).flatMap(({ does }) => does)).not.toContain('enable the user');
  });

  test.each([
    ['inconsistent-timestamps', aUser({ createTime: NOW / 1000 })],
    ['inconsistent-timestamps', aUser({ lastDisabledTime: 'yesterday' })],
    ['unrecognised-value', aUser({ userId: '' })],
  ])('of %s is none where nothing that can be done helps', (id, record) => {
    expect(remediesOf(id, record)).toStrictEqual([]);
  });

  test('is one that the rule passes, and tells of every rule that then is worse', () => {
    const onUsers = configured.filter(({ rule }) => rule.kind === 'user' && rule.needs === undefined);
    const outcomes = (user: User) =>
      onUsers.map(({ rule, options }) => rule.kind === 'user' && judgeBy(rule, options, aContext())(user));
    const standing = (outcome: unknown, own: Severity): string => {
      const { message, severity = own } = Object(outcome);
      return outcome === undefined ? 'PASS' : message === undefined ? 'NOT_ASSESSED' : severity;
    };
    const ORDER = ['PASS', 'NOT_ASSESSED', ...SEVERITIES];
    let found = 0;
    fc.assert(
      fc.property(awkwardRecord as fc.Arbitrary<unknown>, (record: unknown) => {
        const user = readUser(record, 0);
        const before = outcomes(user);
        for (const [place, rule] of onUsers.entries()) {
          for (const {
            users: [changed],
            sideEffects,
          } of remediesFor(rule, configured, [{ user, record }], setting)) {
            const after = outcomes(changed);
            const worse = onUsers.flatMap(({ rule: { id: ruleId, severity } }, n) => {
              const [was, is] = [before[n], after[n]].map((outcome) => standing(outcome, severity));
              const isWorse = ORDER.indexOf(is ?? '') > ORDER.indexOf(was ?? '');
              const isNew = is !== 'NOT_ASSESSED' && (was === 'PASS' || was === 'NOT_ASSESSED');
              return isWorse ? [{ ruleId, subject: user.id, becomes: is, isNew }] : [];
            });
            expect(after[place]).toBeUndefined();
            expect(sideEffects).toEqual(worse);
            found += 1;
          }
        }
      }),
      { numRuns: 40, examples: [[anApiUser({ type: 'SUPER_USER', lastLoginTime: daysAgo(400) })]] },
    );
    expect(found).toBeGreaterThan(1);
  });

  test('gives access where one of its parts does', () => {
    const giving = CHANGES.filter((change) => change.givesAccess);
    const others = CHANGES.filter((change) => !change.givesAccess);
    expect([giving, others, [...others, ...giving], []].map(givesAccess)).toEqual([true, false, true, false]);
  });

  test('leaves a time unusable that the service gives so', () => {
    const user = readUser(aUser({ lastLoginTime: daysAgo(91) / 1000 }), 0);
    expect(CHANGES.map((change) => change.membersFor(user, setting))[0]).toEqual({});
  });
});

describe('how many users a group misses its limit by', () => {
  test.each([
    ['within it', (count: number) => count > 3, 3, 0],
    ['one too many', (count: number) => count > 3, 4, -1],
    ['several too many', (count: number) => count > 3, 9, -6],
    ['one too few', (count: number) => count < 2, 1, 1],
    ['nobody at all', (count: number) => count < 2, 0, 2],
    ['very many too many', (count: number) => count > 3, 50_000, -49_997],
    ['more than could join', (count: number) => count < 1003, 1, undefined],
    ['whatever their number', () => true, 4, undefined],
  ])('%s', (_, limitHolds, count, expected) => {
    expect(usersAmiss((more) => limitHolds(count + more), count)).toBe(expected);
  });
});

test('each change says whether it gives access', () => {
  const giving = CHANGES.filter(({ givesAccess: gives }) => gives).map(({ text }) => text);
  expect(giving).toEqual([
    'set apiAccessPrincipalArn to a role of its own in the account of the environment',
    'enable the user',
    'set type to SUPER_USER',
  ]);
});

test('who joins a group does so by one or two changes, of those that give access', () => {
  expect([...new Set(JOINING_CHANGES.map((changes) => changes.length))].toSorted((a, b) => a - b)).toEqual([1, 2]);
  expect(JOINING_CHANGES.every((changes) => changes.every((change) => change.givesAccess))).toBe(true);
  expect(JOINING_CHANGES).toHaveLength(6);
});

test('changes that undo each other are none', () => {
  const [, , remove, own] = CHANGES;
  const record = anApiUser();
  if (remove === undefined || own === undefined) throw new Error('no such changes');
  expect(changeUser(readUser(record, 0), record, [remove, own], setting)).toBeUndefined();
  expect(changeUser(readUser(record, 0), record, [remove], setting)?.principalArn).toBeUndefined();
});

test.each([
  ['all of a group', 3, (more: number) => more > -3, -3],
  ['as many as it has, where a newcomer would do as well', 1, (more: number) => more === 0, -1],
  ['one more than none', 0, (more: number) => more < 1, 1],
])('a group is rid of its limit by %s', (_, count, isOver, amiss) => {
  expect(usersAmiss(isOver, count)).toBe(amiss);
});

test.each<[string, Record<string, 'HIGH' | 'LOW'>, Record<string, 'HIGH' | 'LOW'>, boolean]>([
  ['it stood on nobody', { 'other/a': 'LOW' }, { 'other/a': 'LOW' }, true],
  ['it is gone', { 'rule/a': 'LOW' }, {}, true],
  ['it is gone of one of two', { 'rule/a': 'LOW', 'rule/b': 'LOW' }, { 'rule/b': 'LOW' }, true],
  ['it stays', { 'rule/a': 'LOW' }, { 'rule/a': 'LOW' }, false],
  ['it is on another instead', { 'rule/a': 'LOW' }, { 'rule/b': 'LOW' }, false],
  ['two are one, which is another', { 'rule/a': 'LOW', 'rule/b': 'LOW' }, { 'rule/c': 'LOW' }, false],
  [
    'three are two, of which one is another',
    { 'rule/a': 'LOW', 'rule/b': 'LOW', 'rule/c': 'LOW' },
    { 'rule/a': 'LOW', 'rule/d': 'LOW' },
    false,
  ],
  ['what is left is worse', { 'rule/a': 'LOW', 'rule/b': 'LOW' }, { 'rule/b': 'HIGH' }, false],
  ['another rule begins', { 'rule/a': 'LOW' }, { 'ruler/a': 'LOW' }, true],
])('a finding is cleared where %s: %j, then %j', (_, before, after, isOver) => {
  const of = (standings: Record<string, 'HIGH' | 'LOW'>): Standings => new Map(Object.entries(standings));
  expect(isCleared('rule', of(before), of(after))).toBe(isOver);
});
