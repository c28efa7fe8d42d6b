import { describe, expect, jest, test } from '@jest/globals';
import { configureRules, type RuleSettings } from '../../../rules/engine/configure.ts';
import type { Context } from '../../../rules/engine/context.ts';
import { beginEvaluation, type RuleFailure } from '../../../rules/engine/evaluate.ts';
import {
  defineChangeRule,
  defineDirectoryRule,
  definePrincipalRule,
  defineUserRule,
  type Rule,
  type Violation,
} from '../../../rules/engine/rule.ts';
import { readUser, type User, type UserFacts } from '../../../rules/engine/user.ts';
import { RULE_TEXTS } from '../../support/rule-texts.ts';

const noTest = defineUserRule({
  ...RULE_TEXTS,
  id: 'no-test',
  options: { words: ['test'] as readonly string[] },
  isConfigured: ({ words }) => words.length > 0,
  when: [
    {
      text: () => 'type is there',
      holds: ({ type }) => type !== undefined || undefined,
      unknown: () => 'type is missing',
    },
    {
      text: () => 'its id is listed',
      holds({ id, type }, { words }) {
        if (type === 'EXPLODE') throw new TypeError('cannot judge this');
        return words.includes(id) || type === undefined;
      },
    },
  ],
  violation: ({ id, type }) => ({
    message: 'is a test',
    evidence: { id },
    ...(type === 'SUPER_USER' && { severity: 'HIGH' as const }),
  }),
});

const fewUsers = defineDirectoryRule({
  ...RULE_TEXTS,
  id: 'few-users',
  options: { max: 1 },
  about: 'environment',
  counts: [],
  limit: ({ count }, { max }) => ({ text: 'too many', holds: count > max }),
  violation: ({ count }) => ({ message: 'too many', evidence: { count } }),
});

const noNewcomers = defineChangeRule({
  ...RULE_TEXTS,
  id: 'no-newcomers',
  options: {},
  when: [
    {
      text: () => 'it came or went',
      holds({ before, after }) {
        if (after?.type === 'EXPLODE') throw new TypeError('cannot compare this');
        return before === undefined || after === undefined;
      },
    },
  ],
  violation: ({ before }) => ({ message: before === undefined ? 'is new' : 'is gone', evidence: {} }),
});

const blind = defineUserRule({
  ...RULE_TEXTS,
  id: 'blind',
  needs: 'permissionGroups',
  options: {},
  when: [],
  violation: () => ({ message: 'm', evidence: {} }),
});

const context: Context = { now: 0, readAt: 0, environmentId: 'env', partition: 'aws', trustedAccounts: new Set() };

interface Run {
  readonly records: readonly unknown[];
  readonly settings?: Readonly<Record<string, RuleSettings>>;
  readonly before?: Readonly<Record<string, UserFacts>>;
  readonly vanished?: readonly UserFacts[];
  readonly isWhole?: boolean;
  readonly hasGaps?: boolean;
}

const judge = (rules: readonly Rule[], { records, settings, before, vanished = [], isWhole = true, hasGaps }: Run) => {
  const failures: RuleFailure[] = [];
  const unanswered: string[] = [];
  const earlierRun = before === undefined ? undefined : '20261123T020000Z';
  const evaluation = beginEvaluation(configureRules(rules, settings), { ...context, hasGaps }, earlierRun, {
    fail: (failure) => failures.push(failure),
    notAssessed: (rule, { id }, reason) => unanswered.push(`${rule.id} ${id}: ${reason}`),
  });
  const users = records.map((record, position) => readUser(record, position));
  for (const user of users) evaluation.see(user, before?.[user.id]);
  for (const user of vanished) evaluation.vanished(user);
  const [outcome] = evaluation.conclude((position) => users[position]?.id ?? 'nobody', isWhole);
  return {
    outcome,
    unanswered,
    failures: failures.map(({ severity, subject, violation }) => `${severity} ${subject.id}: ${violation.message}`),
  };
};

const user = (userId: string, type: unknown = 'APP_USER') => ({ userId, type });
const facts = (userId: string): UserFacts => readUser(user(userId), 0);

describe('a rule on one user', () => {
  test.each([
    {
      name: 'counts passes and failures as checked, and what it could not assess apart',
      run: { records: [user('a'), user('test'), { userId: 'c' }] },
      outcome: { state: 'ran', checked: 2, failed: 1, notAssessed: 1, reason: 'type is missing' },
      failures: ['MEDIUM test: is a test'],
    },
    {
      name: 'may raise its severity for a user',
      run: { records: [user('test', 'SUPER_USER')] },
      outcome: { severity: 'MEDIUM', failed: 1 },
      failures: ['HIGH test: is a test'],
    },
    {
      name: 'has every severity replaced by the operator',
      run: { records: [user('test', 'SUPER_USER'), user('b')], settings: { 'no-test': { severity: 'LOW' as const } } },
      outcome: { severity: 'LOW', failed: 1 },
      failures: ['LOW test: is a test'],
    },
    {
      name: 'is said to be off',
      run: { records: [user('test')], settings: { 'no-test': { enabled: false } } },
      outcome: { state: 'off', checked: 0, failed: 0, reason: 'switched off in the config' },
      failures: [],
    },
    {
      name: 'is said not to be configured',
      run: { records: [user('test')], settings: { 'no-test': { words: [] } } },
      outcome: { state: 'not-configured', checked: 0, reason: 'needs words' },
      failures: [],
    },
    {
      name: 'that throws has not judged, and says what it threw',
      run: { records: [user('test'), user('b', 'EXPLODE'), user('test')] },
      outcome: { state: 'not-assessed', failed: 1, notAssessed: 1, error: 'TypeError: cannot judge this' },
      failures: ['MEDIUM test: is a test'],
    },
    {
      name: 'that saw nobody has not judged: zero of zero is no success',
      run: { records: [] },
      outcome: { state: 'not-assessed', checked: 0, notAssessed: 1, reason: 'no user was seen' },
      failures: [],
    },
  ])('$name', ({ run, outcome, failures }) => {
    const judged = judge([noTest], run);
    expect(judged.outcome).toMatchObject(outcome);
    expect(judged.failures).toEqual(failures);
  });

  test('leaves the others to judge when it throws', () => {
    const judged = judge([fewUsers, noTest], { records: [user('b', 'EXPLODE'), user('c')] });
    expect(judged.outcome).toMatchObject({ id: 'few-users', state: 'ran', failed: 1 });
  });
});

describe('a rule on the directory', () => {
  test.each([
    { users: 1, failures: [] },
    { users: 2, failures: ['MEDIUM env: too many'] },
  ])('judges all users together: $users', ({ users, failures }) => {
    const judged = judge([fewUsers], { records: Array.from({ length: users }, (_, n) => user(`u${n}`)) });
    expect(judged).toMatchObject({ failures, outcome: { state: 'ran', checked: 1, failed: failures.length } });
  });

  test('says nothing of a directory that was seen in part', () => {
    const judged = judge([fewUsers], { records: [user('a'), user('b')], isWhole: false });
    expect(judged.outcome).toMatchObject({
      state: 'not-assessed',
      checked: 0,
      notAssessed: 1,
      reason: 'not every user was seen',
    });
    expect(judged.failures).toStrictEqual([]);
  });
});

describe('a rule on the directory that throws', () => {
  const explode = (): never => {
    throw new TypeError('cannot count this');
  };

  test.each([
    { when: 'at a user', broken: { counts: [{ text: () => '', holds: explode }] }, on: 'a' },
    { when: 'at its end', broken: { limit: explode }, on: 'env' },
    { when: 'at its violation', broken: { violation: explode }, on: 'env' },
  ])('$when has not judged, and says what it threw', ({ broken, on }) => {
    const judged = judge([{ ...fewUsers, ...broken }], { records: [user('a'), user('b')] });
    expect(judged.failures).toStrictEqual([]);
    expect(judged.unanswered).toEqual([`few-users ${on}: the rule failed`]);
    expect(judged.outcome).toMatchObject({
      state: 'not-assessed',
      checked: 0,
      notAssessed: 1,
      error: 'TypeError: cannot count this',
      brokeOn: { kind: on === 'env' ? 'environment' : 'user', id: on },
    });
  });

  test('is told of once where not every user was seen', () => {
    const broken = { ...fewUsers, counts: [{ text: () => '', holds: explode }] };
    const judged = judge([broken], { records: [user('a')], isWhole: false });
    expect(judged.unanswered).toEqual(['few-users a: the rule failed']);
  });
});

describe('a rule on change', () => {
  test('compares with the earlier run, and names it', () => {
    const judged = judge([noNewcomers], {
      records: [user('a'), user('b')],
      before: { a: facts('a') },
      vanished: [facts('c')],
    });
    expect(judged.failures).toEqual([
      'MEDIUM b: is new, since run 20261123T020000Z',
      'MEDIUM c: is gone, since run 20261123T020000Z',
    ]);
    expect(judged.outcome).toMatchObject({ state: 'ran', checked: 3, failed: 2 });
  });

  test('is not assessed, once and on the environment, where there is no earlier run', () => {
    const judged = judge([noNewcomers], { records: [user('a'), user('b')] });
    expect(judged.unanswered).toEqual(['no-newcomers env: no earlier snapshot']);
    expect(judged.outcome).toMatchObject({
      state: 'not-assessed',
      checked: 0,
      notAssessed: 1,
      reason: 'no earlier snapshot',
    });
  });

  test('that throws has not judged, says what it threw, and is not asked again', () => {
    const records = [user('a'), user('b', 'EXPLODE'), user('c'), user('d', 'EXPLODE')];
    const judged = judge([noNewcomers], { records, before: {} });
    expect(judged.failures).toEqual(['MEDIUM a: is new, since run 20261123T020000Z']);
    expect(judged.unanswered).toEqual(['no-newcomers b: the rule failed']);
    expect(judged.outcome).toMatchObject({
      state: 'not-assessed',
      failed: 1,
      notAssessed: 1,
      error: 'TypeError: cannot compare this',
    });
  });

  test('leaves out records without a userId', () => {
    expect(judge([noNewcomers], { records: [{ type: 'APP_USER' }], before: {} }).failures).toStrictEqual([]);
  });
});

test('a rule whose data is not read is off, and says what it needs', () => {
  expect(judge([blind], { records: [user('a')] }).outcome).toMatchObject({
    state: 'off',
    reason: 'its data is not read: ListPermissionGroups and ListUsersByPermissionGroup',
  });
});

describe('an answer that is no violation is refused, and said to be', () => {
  test.each([
    ['a message that is none', { evidence: {} }, 'message of a violation must be a text, got undefined'],
    ['a number for a message', { message: 5, evidence: {} }, 'message of a violation must be a text, got number'],
    ['no evidence', { message: 'm' }, 'evidence of a violation must be an object, got undefined'],
    ['null for evidence', { message: 'm', evidence: null }, 'evidence of a violation must be an object, got null'],
    ['a text for evidence', { message: 'm', evidence: 'e' }, 'evidence of a violation must be an object, got string'],
    [
      'a severity of its own',
      { message: 'm', evidence: {}, severity: 'WORST' },
      'severity of a violation must be one of INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL, got "WORST"',
    ],
    ['a promise', Promise.resolve({ message: 'm', evidence: {} }), 'a violation must be an object, got a promise'],
  ])('%s', (_, answer, error) => {
    const violation = () => answer as never;
    expect(judge([{ ...noTest, when: [], violation }], { records: [user('a')] }).outcome).toMatchObject({
      error: `TypeError: ${error}`,
      failed: 0,
    });
  });
});

describe('records of one user that differ', () => {
  const worst = (...records: readonly [unknown, ...unknown[]]) => {
    const told: string[] = [];
    const evaluation = beginEvaluation(configureRules([noTest], { 'no-test': { words: ['a'] } }), context, undefined, {
      fail: ({ severity }) => told.push(severity),
      notAssessed: (_, __, reason) => told.push(reason),
    });
    const [first, ...others] = records.map((record, position) => readUser(record, position));
    if (first !== undefined) evaluation.seeRecords([first, ...others], undefined);
    return { told, checked: evaluation.outcomes()[0]?.checked };
  };
  const [mild, severe, unknown] = [user('a'), user('a', 'SUPER_USER'), user('a', undefined)];
  const passing = user('b');

  test.each([
    ['the higher severity', [mild, severe], ['HIGH'], 1],
    ['the higher severity, which comes first', [severe, mild], ['HIGH'], 1],
    ['a failure before what is not known', [unknown, mild], ['MEDIUM'], 1],
    ['a failure before a pass', [passing, mild], ['MEDIUM'], 1],
    ['what is not known before a pass', [passing, { userId: 'b' }], ['type is missing'], 0],
    ['a pass where all pass', [passing, user('b', 'SUPER_USER')], [], 1],
  ] as const)('the worst outcome holds: %s', (_, [first, ...others], told, checked) => {
    expect(worst(first, ...others)).toEqual({ told, checked });
  });
});

describe('what passes only since a member went missing', () => {
  const cannotEnd = defineUserRule({
    ...RULE_TEXTS,
    id: 'cannot-end',
    options: {},
    when: [{ text: () => 'type is SUPER_USER', holds: ({ type }) => type === 'SUPER_USER' }],
    cannotEnd: {
      when: [{ text: () => 'no status', holds: ({ status }) => status === undefined }],
      reason: 'status was there and is missing',
    },
    violation: () => ({ message: 'm', evidence: {} }),
  });

  const there = { status: 'ENABLED' };
  test.each<
    [name: string, records: readonly [object, ...object[]], wasFailing: boolean, reasons: string[], checked: number]
  >([
    ['is not assessed where it failed', [{}], true, ['status was there and is missing'], 0],
    ['passes where it did not fail', [{}], false, [], 1],
    ['passes where the member is there', [there], true, [], 1],
    ['is not assessed by records that differ', [{}, {}], true, ['status was there and is missing'], 0],
    ['is not assessed where the first of them lacks it', [{}, there], true, ['status was there and is missing'], 0],
    ['is not assessed where the last of them lacks it', [there, {}], true, ['status was there and is missing'], 0],
    ['passes where they lack it and it did not fail', [{}, there], false, [], 1],
    ['passes where all of them have it', [there, there], true, [], 1],
  ])('%s', (_, records, wasFailing, reasons, checked) => {
    const told: string[] = [];
    const evaluation = beginEvaluation(configureRules([cannotEnd]), context, undefined, {
      fail: () => {},
      notAssessed: (__, ___, reason) => told.push(reason),
      wasFailing: () => wasFailing,
    });
    const [first, ...others] = records;
    const read = (members: object): User => readUser({ ...user('a'), ...members }, 0);
    evaluation.seeRecords([read(first), ...others.map(read)], undefined);
    expect({ told, checked: evaluation.outcomes()[0]?.checked }).toEqual({ told: reasons, checked });
  });
});

describe('a user that is as it was', () => {
  /** Tells what rules on change are asked about. */
  const askedAbout = (before: object, after: object, asksAll?: true, hasGaps = false): number => {
    let asked = 0;
    const watch = defineChangeRule({
      ...RULE_TEXTS,
      id: 'watch',
      options: {},
      ...(asksAll && { judgesUnchanged: asksAll }),
      when: [
        {
          text: () => '',
          holds: () => {
            asked += 1;
            return false;
          },
        },
      ],
      violation: () => ({ message: 'm', evidence: {} }),
    });
    const record = { userId: 'a', status: 'ENABLED', type: 'APP_USER', apiAccess: 'ENABLED' };
    const was = readUser({ ...record, ...before }, 0);
    const judged = judge([watch], { records: [{ ...record, ...after }], before: { a: was }, hasGaps });
    expect(judged.outcome?.checked).toBe(1);
    return asked;
  };

  test.each<[string, object, object, number]>([
    ['in all', {}, {}, 0],
    ['but its status', {}, { status: 'DISABLED' }, 1],
    ['in a status that is none', { status: 'ODD' }, { status: 'ODD' }, 1],
    ['but its type', {}, { type: 'SUPER_USER' }, 1],
    ['in a type that is none', { type: 'ODD' }, { type: 'ODD' }, 1],
    ['but its access', {}, { apiAccess: 'DISABLED' }, 1],
    ['in access that is none', { apiAccess: 'ODD' }, { apiAccess: 'ODD' }, 1],
    ['but its principal', {}, { apiAccessPrincipalArn: 'arn' }, 1],
  ])('%s is looked at where anything may have changed', (_, before, after, asked) => {
    expect(askedAbout(before, after)).toBe(asked);
    expect(askedAbout(before, after, true)).toBe(1);
    expect(askedAbout(before, after, undefined, true)).toBe(1);
  });
});

describe('what is found out afterwards', () => {
  const begin = (rules: readonly Rule[], records: readonly unknown[]) => {
    const evaluation = beginEvaluation(configureRules(rules, { 'no-test': { words: ['z'] } }), context, undefined, {
      fail: () => {},
      notAssessed: () => {},
    });
    for (const [position, record] of records.entries()) evaluation.see(readUser(record, position), undefined);
    return evaluation;
  };

  test.each([
    [1, 0],
    [3, 2],
    [0, 0],
  ])('of %d checked, one that could not be assessed leaves %d', (count, checked) => {
    const records = Array.from({ length: count }, (_, n) => user(`u${n}`));
    const evaluation = begin([noTest], records);
    evaluation.notAssessed(noTest, { kind: 'user', id: 'u0' }, 'it is not known');
    expect(evaluation.outcomes()[0]).toMatchObject({ checked, notAssessed: 1, reason: 'it is not known' });
  });

  test('a rule on the directory is given by its id, but not one that broke', () => {
    const broken = {
      ...fewUsers,
      id: 'broken',
      limit: fewUsers.limit,
      counts: [{ text: () => '', holds: () => 'no' as never }],
    };
    const evaluation = begin([fewUsers, { ...fewUsers, id: 'other' }, broken], [user('a')]);
    expect(['few-users', 'other', 'broken', 'none'].map((id) => evaluation.directoryCheck(id) !== undefined)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(evaluation.directoryCheck('few-users')).not.toBe(evaluation.directoryCheck('other'));
  });
});

describe('what the sink hears', () => {
  const ARN = 'arn:aws:iam::111122223333:role/a';
  const bound = (userId: string) => ({ ...user(userId), apiAccess: 'ENABLED', apiAccessPrincipalArn: ARN });
  const onRoles = definePrincipalRule({
    ...RULE_TEXTS,
    id: 'on-roles',
    options: {},
    when: [{ text: () => 'it is a role', holds: () => true }],
    violation: () => ({ message: 'is a role', evidence: {} }),
  });
  const passing = { ...onRoles, id: 'passing', when: [{ text: () => 'it is none', holds: () => false }] };
  const roles = () => ({ answer: { readAt: 0, role: null } });
  const trustedAccounts = new Set(['111122223333']);

  /** Begins to judge, and keeps what is said, in the order in which it is. */
  const listen = (
    rules: readonly Rule[],
    {
      given = {},
      settings = {},
      earlierRun,
    }: { given?: Partial<Context>; settings?: object; earlierRun?: string } = {},
  ) => {
    const heard: string[] = [];
    const configured = configureRules(
      rules,
      { 'no-test': { words: ['test'] }, ...settings },
      new Set(['iamRoles', 'permissionGroups']),
    );
    const evaluation = beginEvaluation(configured, { ...context, trustedAccounts, roles, ...given }, earlierRun, {
      fail: ({ rule, subject, severity }) => heard.push(`${rule.id}: ${subject.kind} ${subject.id} is ${severity}`),
      notAssessed: (rule, { kind, id }, reason) => heard.push(`${rule.id}: ${kind} ${id}, ${reason}`),
    });
    const see = (...records: readonly unknown[]) => {
      for (const [position, record] of records.entries()) evaluation.see(readUser(record, position), undefined);
    };
    return { heard, evaluation, see };
  };
  const idAt = (position: number) => `u${position}`;

  test('is what kind each subject is of', () => {
    const { heard, evaluation, see } = listen([noTest, noNewcomers, fewUsers, onRoles], { earlierRun: 'r' });
    see(bound('test'), bound('u1'));
    evaluation.vanished(facts('u9'));
    evaluation.conclude(idAt, true);
    expect(heard).toEqual([
      'no-test: user test is MEDIUM',
      'no-newcomers: user test is MEDIUM',
      'no-newcomers: user u1 is MEDIUM',
      'no-newcomers: user u9 is MEDIUM',
      'few-users: environment env is MEDIUM',
      `on-roles: principal ${ARN} is MEDIUM`,
    ]);
  });

  test('is the worst of records that differ, and the first of those that are alike', () => {
    const mild = {
      ...noTest,
      severity: 'INFORMATIONAL' as const,
      violation: ({ position }: User) => ({ message: 'm', evidence: { n: position } }),
    };
    const told = (...records: readonly [unknown, ...unknown[]]) => {
      const messages: unknown[] = [];
      const evaluation = beginEvaluation(configureRules([mild]), context, undefined, {
        fail: ({ violation }) => messages.push(violation.evidence.n),
        notAssessed: (_, __, reason) => messages.push(reason),
      });
      const [first, ...others] = records.map((record, position) => readUser(record, position));
      if (first !== undefined) evaluation.seeRecords([first, ...others], undefined);
      return messages;
    };
    expect(told({ userId: 'test' }, user('test'), user('test'))).toEqual([1]);
    expect(told(user('test'), { userId: 'test' })).toEqual([0]);
    expect(told({ userId: 'test' }, { userId: 'test', status: 'x' })).toEqual(['type is missing']);
  });

  test('of a rule that broke on a user with records that differ is that alone', () => {
    const { heard, evaluation } = listen([noTest]);
    const twice = (type: string) =>
      evaluation.seeRecords([readUser(user('test'), 0), readUser(user('test', type), 1)], undefined);
    twice('EXPLODE');
    twice('APP_USER');
    expect(heard).toEqual(['no-test: user test, the rule failed']);
    expect(evaluation.outcomes()).toStrictEqual([
      {
        id: 'no-test',
        severity: 'MEDIUM',
        state: 'not-assessed',
        checked: 0,
        failed: 0,
        notAssessed: 1,
        reason: 'the rule failed',
        error: 'TypeError: cannot judge this',
        brokeOn: { kind: 'user', id: 'test' },
      },
    ]);
  });

  test('elsewhere is about the last of records that differ', () => {
    const supers = {
      ...fewUsers,
      counts: [{ text: () => 'a super user', holds: ({ type }: { type: unknown }) => type === 'SUPER_USER' }],
    };
    const { heard, evaluation } = listen([supers], { settings: { 'few-users': { max: 0 } } });
    const of = (...types: readonly [string, ...string[]]) => {
      const [first, ...others] = types.map((type, position) => readUser(user('a', type), position));
      if (first !== undefined) evaluation.seeRecords([first, ...others], undefined);
    };
    of('SUPER_USER', 'SUPER_USER', 'APP_USER');
    evaluation.conclude(idAt, true);
    expect(heard).toStrictEqual([]);
    of('APP_USER', 'APP_USER', 'SUPER_USER');
    evaluation.conclude(idAt, true);
    expect(heard).toEqual(['few-users: environment env is MEDIUM']);
  });

  test('where nobody was listed is told of rules on roles too', () => {
    const { heard, evaluation } = listen([noTest, onRoles]);
    expect(evaluation.conclude(idAt, true).map(({ state }) => state)).toEqual(['not-assessed', 'not-assessed']);
    expect(heard).toEqual([
      'no-test: environment env, no user was seen',
      'on-roles: environment env, no user was seen',
    ]);
  });

  test('of what became of roles is nothing where nothing is known of before', () => {
    const events = [
      { ...onRoles, id: 'an-event', isEvent: true as const },
      { ...passing, id: 'a-passing-event', isEvent: true as const },
    ];
    const judged = (given: Partial<Context>, earlierRun?: string) => {
      const { heard, evaluation, see } = listen(events, { given, ...(earlierRun !== undefined && { earlierRun }) });
      see(bound('a'));
      return { outcomes: evaluation.conclude(idAt, true).map(({ state, checked }) => [state, checked]), heard };
    };
    const none = events.map(({ id }) => `${id}: environment env, no earlier snapshot of roles`);
    const unjudged = [
      ['not-assessed', 0],
      ['not-assessed', 0],
    ];
    expect(judged({})).toEqual({ outcomes: unjudged, heard: none });
    expect(judged({}, 'r')).toEqual({ outcomes: unjudged, heard: none });
    expect(judged({ earlierRoles: roles }, 'r')).toEqual({
      outcomes: [
        ['ran', 1],
        ['ran', 1],
      ],
      heard: [`an-event: principal ${ARN} is MEDIUM`],
    });
  });

  test.each([
    ['were not read', undefined, 'permission groups were not read'],
    ['were read in part', { unread: 'it was cut', groupsOf: () => [] }, 'it was cut'],
  ])('of a rule on groups that %s is why, where it is on', (_, memberships, reason) => {
    const off = { ...blind, id: 'off' };
    const { heard, evaluation, see } = listen([blind, off], {
      given: { memberships },
      settings: { off: { enabled: false } },
    });
    see(user('a'));
    expect(evaluation.conclude(idAt, true)).toMatchObject([
      { state: 'not-assessed', checked: 0, notAssessed: 1, reason },
      { state: 'off', checked: 0, notAssessed: 0, reason: 'switched off in the config' },
    ]);
    expect(heard).toEqual([`blind: environment env, ${reason}`]);
  });

  test('before the end says nothing of the directory, and of its users what is known', () => {
    const { evaluation, see } = listen([noTest, fewUsers, onRoles]);
    const states = () => evaluation.outcomes().map(({ state }) => state);
    expect(states()).toEqual(['not-assessed', 'not-assessed', 'not-assessed']);
    see(bound('a'));
    expect(states()).toEqual(['ran', 'not-assessed', 'ran']);
    evaluation.conclude(idAt, false);
    expect(states()).toEqual(['ran', 'not-assessed', 'ran']);
    evaluation.conclude(idAt, true);
    expect(states()).toEqual(['ran', 'ran', 'ran']);
  });

  test('first is the reason that is given of all', () => {
    const { evaluation, see } = listen([
      { ...noTest, when: [{ text: () => '', holds: () => undefined, unknown: ({ id }: User) => `${id} is odd` }] },
    ]);
    see(user('a'), user('b'));
    expect(evaluation.outcomes()).toStrictEqual([
      { id: 'no-test', severity: 'MEDIUM', state: 'ran', checked: 0, failed: 0, notAssessed: 2, reason: 'a is odd' },
    ]);
  });

  test('of a rule that has nothing to say is no member more', () => {
    const { evaluation, see } = listen([noTest]);
    see(user('a'));
    expect(evaluation.outcomes()).toStrictEqual([
      { id: 'no-test', severity: 'MEDIUM', state: 'ran', checked: 1, failed: 0, notAssessed: 0 },
    ]);
  });

  test('of a change rule that broke goes on with no count, whoever is as it was', () => {
    const settled = { ...user('c'), status: 'ENABLED', apiAccess: 'DISABLED' };
    const { evaluation } = listen([noNewcomers], { earlierRun: 'r' });
    const same = readUser(settled, 0);
    evaluation.see(same, same);
    evaluation.see(readUser(user('b', 'EXPLODE'), 1), undefined);
    evaluation.see(same, same);
    expect(evaluation.outcomes()).toMatchObject([{ checked: 1, error: 'TypeError: cannot compare this' }]);
  });

  test('of a failure that turned out to be a fault is that it was none, and the first fault stands', () => {
    const failures: RuleFailure[] = [];
    const unanswered: string[] = [];
    const evaluation = beginEvaluation(configureRules([noTest]), context, undefined, {
      fail: (failure) => failures.push(failure),
      notAssessed: (_, { id }, reason) => unanswered.push(`${id}: ${reason}`),
    });
    for (const [position, type] of ['APP_USER', 'SUPER_USER'].entries())
      evaluation.see(readUser(user('test', type), position), undefined);
    const [one, other] = failures;
    if (one === undefined || other === undefined) throw new Error('both are failures');
    evaluation.breakDown({ ...one, subject: { kind: 'user', id: 'first' } }, 'no error, but a text');
    evaluation.breakDown({ ...other, subject: { kind: 'user', id: 'second' } }, new RangeError('later'));
    expect(evaluation.outcomes()).toMatchObject([
      {
        state: 'not-assessed',
        checked: 0,
        failed: 0,
        notAssessed: 2,
        error: 'no error, but a text',
        brokeOn: { kind: 'user', id: 'first' },
      },
    ]);
    expect(unanswered).toEqual(['first: the rule failed', 'second: the rule failed']);
  });

  test('of a rule that judges nobody here is nothing', () => {
    const { heard, evaluation } = listen([noTest]);
    evaluation.notAssessed(fewUsers, { kind: 'user', id: 'a' }, 'it is not known');
    expect(heard).toStrictEqual([]);
  });

  const byType = {
    ...fewUsers,
    about: 'user' as const,
    keys: { type: { text: 'type is there', of: ({ type }: { type: unknown }) => String(type) } },
  };
  /** Breaks in the place of a function, where it is asked about the first group. */
  const atFirst =
    <T extends object>(of: (key: unknown) => T, broken: (key: unknown) => unknown) =>
    ({ key }: { key?: unknown }) =>
      (key === 'B' ? broken(key) : of(key)) as T;
  const sound = () => ({ message: 'm', evidence: {} });
  const explode = () => {
    throw new TypeError('no');
  };
  test.each([
    ['its violation throws', { violation: atFirst(sound, explode) }],
    [
      'its merging throws',
      {
        violation: ({ key }: { readonly key: string }) => ({ message: key, evidence: {} }),
        merge: ([first]: readonly Violation[]) => (first?.message === 'B' ? explode() : sound()),
      },
    ],
    ['its violation is none', { violation: atFirst(sound, () => ({ message: 5 })) }],
    ['its limit throws', { limit: atFirst(() => ({ text: 't', holds: true }), explode) }],
    [
      'its limit is none',
      {
        limit: atFirst(
          () => ({ text: 't', holds: true }),
          () => ({ text: 't', holds: 'yes' }),
        ),
      },
    ],
    [
      'its limit is a promise',
      {
        limit: atFirst(
          () => ({ text: 't', holds: true }),
          async () => ({}),
        ),
      },
    ],
  ])('of a rule on groups where %s is which it broke on', (_, broken) => {
    const { heard, evaluation, see } = listen([{ ...byType, ...broken }]);
    see(user('u0', 'A'), user('u1', 'B'), user('u2', 'B'), user('u3', 'C'), user('u4', 'C'));
    expect(evaluation.conclude(idAt, true)).toMatchObject([{ brokeOn: { kind: 'user', id: 'u1' } }]);
    expect(heard.at(-1)).toBe('few-users: user u1, the rule failed');
  });

  test.each([
    ['a number', () => 7, 'a key must be a text or undefined, got number'],
    ['a promise', async () => 'A', 'a key must be a text or undefined, got a promise'],
  ])('of a rule whose key is %s is on whom it broke', (_, of, error) => {
    const keys = { type: { text: 'type is there', of } } as never;
    const { heard, evaluation, see } = listen([{ ...byType, keys }]);
    see(user('u0', 'A'), user('u1', 'A'));
    expect(evaluation.conclude(idAt, true)).toMatchObject([
      { error: `TypeError: ${error}`, brokeOn: { kind: 'user', id: 'u0' } },
    ]);
    expect(heard).toEqual(['few-users: user u0, the rule failed']);
  });

  test.each<[place: string, withIt: (late: Promise<never>) => object]>([
    ['violation', (late) => ({ violation: () => late })],
    ['limit', (late) => ({ limit: () => late })],
    ['limit’s answer', (late) => ({ limit: () => ({ text: 't', holds: late }) })],
    ['key', (late) => ({ keys: { type: { text: 't', of: () => late } } })],
  ])('where a %s is a promise is not that it was rejected: somebody waits for it', (_, withIt) => {
    const late = Promise.reject(new Error('late'));
    const waited = jest.spyOn(late, 'catch');
    const given = withIt(late);
    const { evaluation, see } = listen([{ ...byType, ...given }]);
    see(user('u0', 'A'), user('u1', 'A'));
    expect(evaluation.conclude(idAt, true)).toMatchObject([{ error: expect.stringContaining('got a promise') }]);
    expect(waited).toHaveBeenCalledTimes(1);
  });

  test('is told by the moment at which users were read', () => {
    const moments: number[] = [];
    const watch = {
      ...noTest,
      when: [
        { text: () => 'it is seen', holds: (_: User, __: unknown, { readAt }: Context) => moments.push(readAt) === 0 },
      ],
    };
    const { evaluation, see } = listen([watch]);
    see(user('a'));
    evaluation.readAt(7);
    see(user('b'));
    expect(moments).toEqual([0, 7]);
  });
});
