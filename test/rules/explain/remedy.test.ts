import { describe, expect, test } from '@jest/globals';
import { type ConfiguredRule, configureRules } from '../../../rules/engine/configure.ts';
import { parseRecord } from '../../../rules/engine/record.ts';
import { defineUserRule, judgeBy } from '../../../rules/engine/rule.ts';
import { SEVERITIES, type Severity } from '../../../rules/engine/severity.ts';
import { readUser, type User } from '../../../rules/engine/user.ts';
import {
  beginWhatIf,
  CHANGES,
  changeUser,
  givesAccess,
  isCleared,
  JOINING_CHANGES,
  type NonPasses,
  remediesFor,
  usersAmiss,
  worsened,
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
import * as fc from '../../support/properties.ts';

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

/** The members that each change sets, by its text; those of the same text are told by whether they give access. */
const setBy = (record: UserRecord) => {
  const user = readUser(record, 7);
  return Object.fromEntries(
    CHANGES.map((change) => [
      `${change.text}${change.givesAccess ? ', which gives access' : ''}`,
      change.membersFor(user, setting),
    ]),
  );
};

const NOTHING = {
  'have the user log in': undefined,
  [NO_API]: undefined,
  [NO_ARN]: undefined,
  [OWN_ROLE]: undefined,
  'set type to APP_USER': undefined,
  'disable the user': undefined,
  [`${OWN_ROLE}, which gives access`]: undefined,
  'enable the user, which gives access': undefined,
  'set type to SUPER_USER, which gives access': undefined,
};
const ROLE_OF_ITS_OWN = { apiAccessPrincipalArn: `arn:aws:iam::${ACCOUNT}:role/finspace-user-7` };
const DISABLING = { status: 'DISABLED', lastDisabledTime: NOW };
const ENABLING = { status: 'ENABLED', lastEnabledTime: NOW };

test.each<[name: string, record: UserRecord, sets: object]>([
  [
    'an enabled super user with API access',
    anApiUser({ type: 'SUPER_USER' }),
    {
      'have the user log in': { lastLoginTime: NOW },
      [NO_API]: { apiAccess: 'DISABLED' },
      [NO_ARN]: { apiAccessPrincipalArn: null },
      [OWN_ROLE]: ROLE_OF_ITS_OWN,
      'set type to APP_USER': { type: 'APP_USER' },
      'disable the user': DISABLING,
    },
  ],
  [
    'a disabled application user without API access',
    aUser({ status: 'DISABLED' }),
    {
      [`${OWN_ROLE}, which gives access`]: ROLE_OF_ITS_OWN,
      'enable the user, which gives access': ENABLING,
      'set type to SUPER_USER, which gives access': { type: 'SUPER_USER' },
    },
  ],
  [
    'a user of whom nothing is known',
    {},
    {
      [NO_API]: { apiAccess: 'DISABLED' },
      'set type to APP_USER': { type: 'APP_USER' },
      'disable the user': DISABLING,
      [`${OWN_ROLE}, which gives access`]: ROLE_OF_ITS_OWN,
      'enable the user, which gives access': ENABLING,
      'set type to SUPER_USER, which gives access': { type: 'SUPER_USER' },
    },
  ],
  [
    'a user whose times are unusable',
    aUser({ lastLoginTime: 5, lastDisabledTime: 5, lastEnabledTime: 5 }),
    {
      'have the user log in': {},
      'set type to SUPER_USER, which gives access': { type: 'SUPER_USER' },
      'disable the user': { status: 'DISABLED' },
      [`${OWN_ROLE}, which gives access`]: ROLE_OF_ITS_OWN,
    },
  ],
])('what can be done about %s', (_, record, sets) => {
  expect(setBy(record)).toStrictEqual({ ...NOTHING, ...sets });
});

describe('a changed user', () => {
  const [, noApi] = CHANGES;
  if (noApi === undefined) throw new Error('no such change');

  test('is none where there is nothing to change, whatever else there is', () => {
    const [login] = CHANGES;
    const change = (...changes: readonly (typeof noApi | undefined)[]) =>
      changeUser(
        readUser(aUser(), 0),
        aUser(),
        changes.filter((one) => one !== undefined),
        setting,
      );
    expect([change(noApi), change(login, noApi)]).toEqual([undefined, undefined]);
    expect(change(login)?.lastLoginTime).toBe(NOW);
  });

  test.each([
    ['null', null],
    ['a text', 'user'],
    ['a list', [{ userId: 'u1' }]],
  ])('may have been %s', (_, record) => {
    expect(changeUser(readUser(record, 3), record, [noApi], setting)).toStrictEqual(
      readUser({ apiAccess: 'DISABLED' }, 3),
    );
  });

  test('leaves a number in place of an ARN as it came, digit by digit', () => {
    const record = parseRecord('{"userId":"u1","apiAccess":"ENABLED","apiAccessPrincipalArn":12345678901234567890}');
    expect(changeUser(readUser(record, 0), record, [noApi], setting)?.principalArn).toBe('12345678901234567890');
  });
});

describe('by rules of its own', () => {
  const ruleThat = (id: string, fails: (user: User) => boolean): ConfiguredRule => ({
    rule: defineUserRule({
      id,
      title: 't',
      failsWhen: 'f',
      severity: 'LOW',
      rationale: 'r',
      remediation: 'm',
      controls: [],
      options: {},
      when: [{ text: () => id, holds: fails }],
      violation: () => ({ message: 'm', evidence: {} }),
    }),
    state: 'on',
    options: {},
  });
  const found = (
    all: readonly [ConfiguredRule, ...ConfiguredRule[]],
    ...records: readonly [UserRecord, ...UserRecord[]]
  ) => {
    const seen = (record: UserRecord, position: number) => ({ user: readUser(record, position), record });
    const [first, ...others] = records;
    return remediesFor(all[0], all, [seen(first, 0), ...others.map((one, n) => seen(one, n + 1))], setting);
  };
  const done = (...given: Parameters<typeof found>) =>
    found(...given).map(({ changes }) => changes.map(({ text }) => text));

  const bound = ruleThat('bound', ({ isApiBound }) => isApiBound === true);

  test('a remedy that gives access is no better one', () => {
    const asleep = ruleThat('asleep', ({ status, isApiBound }) => status === 'DISABLED' && isApiBound === true);
    const unbound = ruleThat('unbound', ({ isApiBound }) => isApiBound === false);
    expect(done([asleep, unbound], anApiUser({ status: 'DISABLED' }))).toEqual([[NO_API]]);
  });

  test('a remedy that gives access is none where a larger one gives none', () => {
    const asleep = ruleThat(
      'asleep',
      (user) => user.status !== 'ENABLED' && (user.isApiBound !== false || user.principalArn !== undefined),
    );
    expect(done([asleep], anApiUser({ status: 'DISABLED' }))).toEqual([[NO_API, NO_ARN]]);
  });

  test('of better ones the first is the smallest', () => {
    const lone = ruleThat(
      'lone',
      (user) => user.isApiBound === false && user.principalArn !== undefined && user.isSuperUser === true,
    );
    expect(done([bound, lone], anApiUser({ type: 'SUPER_USER' }))).toEqual([[NO_API], [NO_API, NO_ARN]]);
  });

  test('all records of the user are changed, but for those with nothing to change', () => {
    const [remedy, ...more] = found([bound], aUser(), anApiUser(), anApiUser({ lastName: 'Other' }));
    expect(more).toStrictEqual([]);
    expect(remedy?.changes.map(({ text }) => text)).toEqual([NO_API]);
    expect(remedy?.users.map(({ isApiBound, lastName }) => [isApiBound, lastName])).toEqual([
      [false, aUser().lastName],
      [false, anApiUser().lastName],
      [false, 'Other'],
    ]);
  });

  test('what another record fails, before and after, is no worse', () => {
    const other = ruleThat('other', ({ lastName }) => lastName === 'Other');
    expect(found([bound, other], anApiUser(), anApiUser({ lastName: 'Other' }))).toMatchObject([{ sideEffects: [] }]);
  });

  test('what holds of one record alone has its remedy', () => {
    const odd = ruleThat('odd', ({ lastName, isSuperUser }) => lastName === 'Odd' && isSuperUser === true);
    const superUser = { type: 'SUPER_USER' };
    expect(done([odd], aUser(), anApiUser({ ...superUser, lastName: 'Odd' }))).toEqual([['set type to APP_USER']]);
  });

  test('a rule of another kind has none', () => {
    const [directory] = configured.filter(({ rule }) => rule.kind === 'directory');
    if (directory === undefined) throw new Error('no rule on the directory');
    expect(done([directory], anApiUser({ type: 'SUPER_USER' }))).toStrictEqual([]);
  });
});

test.each<
  [
    name: string,
    before: Record<string, Severity | 'NOT_ASSESSED'>,
    after: Record<string, Severity | 'NOT_ASSESSED'>,
    worse: object[],
  ]
>([
  ['what was nothing is not assessed', {}, { 'r/a': 'NOT_ASSESSED' }, [{ becomes: 'NOT_ASSESSED', isNew: false }]],
  ['what was nothing fails', {}, { 'r/a': 'INFORMATIONAL' }, [{ becomes: 'INFORMATIONAL', isNew: true }]],
  [
    'what was not assessed fails',
    { 'r/a': 'NOT_ASSESSED' },
    { 'r/a': 'INFORMATIONAL' },
    [{ becomes: 'INFORMATIONAL', isNew: true }],
  ],
  ['what was mild is worse', { 'r/a': 'INFORMATIONAL' }, { 'r/a': 'LOW' }, [{ becomes: 'LOW', isNew: false }]],
  ['what was is no worse', { 'r/a': 'LOW' }, { 'r/a': 'LOW' }, []],
  ['what was is milder', { 'r/a': 'LOW' }, { 'r/a': 'NOT_ASSESSED' }, []],
  ['what was is gone', { 'r/a': 'LOW' }, {}, []],
])('a change makes worse: %s', (_, before, after, worse) => {
  const of = (nonPasses: object): NonPasses => new Map(Object.entries(nonPasses));
  expect(worsened(of(before), of(after))).toStrictEqual(worse.map((one) => ({ ruleId: 'r', subject: 'a', ...one })));
});

test('the subject of what is worse may have any name', () => {
  expect(worsened(new Map(), new Map([['shared-principal/arn:aws:iam::1:role/a/b', 'HIGH']]))).toMatchObject([
    { ruleId: 'shared-principal', subject: 'arn:aws:iam::1:role/a/b' },
  ]);
});

test('a listing that might be is judged by the rules on the directory, and by those alone', () => {
  const chosen = configured.filter(({ rule: { id } }) =>
    ['too-many-super-users', 'super-user-api-access'].includes(id),
  );
  const { see, conclude } = beginWhatIf(chosen, setting.context);
  for (const position of [0, 1, 2, 3])
    see(readUser(anApiUser({ userId: `u${position}`, type: 'SUPER_USER' }), position));
  const nonPasses = conclude((position) => `u${position}`);
  expect([...nonPasses]).toEqual([[`too-many-super-users/${setting.context.environmentId}`, 'MEDIUM']]);
});

describe('how many users a group misses its limit by', () => {
  test.each([
    ['within it', (count: number) => count > 3, 3, 0],
    ['one too many', (count: number) => count > 3, 4, -1],
    ['several too many', (count: number) => count > 3, 9, -6],
    ['one too few', (count: number) => count < 2, 1, 1],
    ['nobody at all', (count: number) => count < 2, 0, 2],
    ['very many too many', (count: number) => count > 3, 50_000, -49_997],
    ['as many as could join', (count: number) => count < 1002, 1, 1001],
    ['more than could join', (count: number) => count < 1003, 1, undefined],
    ['nobody, where anybody would do', (count: number) => count === 0, 0, 1],
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
  const of = (nonPasses: Record<string, 'HIGH' | 'LOW'>): NonPasses => new Map(Object.entries(nonPasses));
  expect(isCleared('rule', of(before), of(after))).toBe(isOver);
});
