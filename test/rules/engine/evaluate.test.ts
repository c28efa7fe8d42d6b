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
    { when: 'at a user', broken: { counts: [{ text: () => '', holds: explode }] } },
    { when: 'at its end', broken: { limit: explode } },
    { when: 'at its violation', broken: { violation: explode } },
  ])('$when has not judged, and says what it threw', ({ broken }) => {
    const judged = judge([{ ...fewUsers, ...broken }], { records: [user('a'), user('b')] });
    expect(judged.failures).toEqual([]);
    expect(judged.unanswered).toEqual(['few-users env: the rule failed']);
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
    expect(judged.unanswered).toEqual(['few-users env: the rule failed']);
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
