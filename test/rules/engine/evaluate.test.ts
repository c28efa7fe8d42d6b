import { describe, expect, test } from '@jest/globals';
import { configureRules, type RuleSettings } from '../../../rules/engine/configure.ts';
import type { Context } from '../../../rules/engine/context.ts';
import { beginEvaluation, type RuleFailure } from '../../../rules/engine/evaluate.ts';
import { defineChangeRule, defineDirectoryRule, defineUserRule, type Rule } from '../../../rules/engine/rule.ts';
import { readUser, type UserFacts } from '../../../rules/engine/user.ts';

const texts = {
  title: 'Users are as they should be',
  failsWhen: 'they are not',
  severity: 'MEDIUM',
  rationale: 'why',
  remediation: 'what to do',
  controls: [],
} as const;

const noTest = defineUserRule({
  ...texts,
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
  ...texts,
  id: 'few-users',
  options: { max: 1 },
  about: 'environment',
  counts: [],
  limit: ({ count }, { max }) => ({ text: 'too many', holds: count > max }),
  violation: ({ count }) => ({ message: 'too many', evidence: { count } }),
});

const noNewcomers = defineChangeRule({
  ...texts,
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
  ...texts,
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
}

const judge = (rules: readonly Rule[], { records, settings, before, vanished = [], isWhole = true }: Run) => {
  const failures: RuleFailure[] = [];
  const unanswered: string[] = [];
  const earlierRun = before === undefined ? undefined : '20261123T020000Z';
  const evaluation = beginEvaluation(configureRules(rules, settings), context, earlierRun, {
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
    expect(judged.failures).toEqual([]);
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
    expect(judged.failures).toEqual([]);
    expect(judged.unanswered).toEqual([`few-users ${on}: the rule failed`]);
    expect(judged.outcome).toMatchObject({
      state: 'not-assessed',
      checked: 0,
      notAssessed: 1,
      error: 'TypeError: cannot count this',
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
    expect(judge([noNewcomers], { records: [{ type: 'APP_USER' }], before: {} }).failures).toEqual([]);
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
    ...texts,
    id: 'cannot-end',
    options: {},
    when: [{ text: () => 'type is SUPER_USER', holds: ({ type }) => type === 'SUPER_USER' }],
    cannotEnd: {
      when: [{ text: () => 'no status', holds: ({ status }) => status === undefined }],
      reason: 'status was there and is missing',
    },
    violation: () => ({ message: 'm', evidence: {} }),
  });

  test.each([
    ['is not assessed where it failed', {}, true, ['status was there and is missing'], 0],
    ['passes where it did not fail', {}, false, [], 1],
    ['passes where the member is there', { status: 'ENABLED' }, true, [], 1],
  ])('%s', (_, members, wasFailing, told, checked) => {
    for (const records of [1, 2]) {
      const reasons: string[] = [];
      const evaluation = beginEvaluation(configureRules([cannotEnd]), context, undefined, {
        fail: () => {},
        notAssessed: (__, ___, reason) => reasons.push(reason),
        wasFailing: () => wasFailing,
      });
      const one = readUser({ ...user('a'), ...members }, 0);
      evaluation.seeRecords(records === 1 ? [one] : [one, one], undefined);
      expect({ reasons, checked: evaluation.outcomes()[0]?.checked }).toEqual({ reasons: told, checked });
    }
  });
});

describe('a user that is as it was', () => {
  /** Tells what rules on change are asked about. */
  const askedAbout = (before: object, after: object): number => {
    let asked = 0;
    const watch = defineChangeRule({
      ...texts,
      id: 'watch',
      options: {},
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
    const judged = judge([watch], { records: [{ ...record, ...after }], before: { a: was } });
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
