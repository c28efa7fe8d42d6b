import { describe, expect, test } from '@jest/globals';
import type { Context, Options } from '../../../rules/engine/context.ts';
import type { Rule } from '../../../rules/engine/rule.ts';
import { rules } from '../../../rules/index.ts';
import { NAMED, oneEach, record } from '../../support/awkward-records.ts';
import { aContext, anApiUser, aRoleArn, aUser, daysAgo } from '../../support/builders.ts';
import * as fc from '../../support/properties.ts';
import {
  type Answer,
  choices,
  completions,
  ON_CHANGE,
  ON_DIRECTORY,
  ON_USER,
  outcomeOfAll,
} from '../../support/rule-oracle.ts';
import { expectMailable, judge } from '../../support/rule-tester.ts';
import { CONTRACT } from '../contract.ts';

// Of these every rule fails one, passes one and, if it ever does, does not assess one, whatever else is drawn.
const superUser = { type: 'SUPER_USER', apiAccess: 'ENABLED' };
const TELLING = [
  anApiUser({ userId: 't0', ...superUser }),
  anApiUser({ userId: 't1', ...superUser, apiAccessPrincipalArn: aRoleArn('role-of-t0') }),
  aUser({ userId: 't2', lastLoginTime: daysAgo(400), firstName: ' ZEBULON', lastName: 'quagmire  t3' }),
  aUser({ userId: 't3', lastLoginTime: 0, emailAddress: 'svc-x@evil.example' }),
  anApiUser({ userId: 't4', apiAccessPrincipalArn: aRoleArn('x', '999988887777'), lastLoginTime: 7 }),
  anApiUser({ userId: 't5', apiAccessPrincipalArn: ':roleX', emailAddress: undefined }),
  anApiUser({ userId: 't6', apiAccessPrincipalArn: null }),
  aUser({ userId: 't7', apiAccessPrincipalArn: aRoleArn(), lastLoginTime: 0, createTime: 0, lastEnabledTime: 'x' }),
  anApiUser({ userId: 't8', status: 'DISABLED', lastDisabledTime: daysAgo(400) }),
  aUser({ userId: 't9', status: 'DISABLED' }),
  aUser({ userId: 't10', status: 'CREATING' }),
  aUser({ userId: 't11', status: 'CREATING', createTime: null, type: 'ROOT' }),
  aUser({ userId: 't12', createTime: daysAgo(0), emailAddress: 'two@@signs' }),
  anApiUser({ userId: 't13', type: undefined }),
  aUser({ userId: 't14', apiAccess: null, apiAccessPrincipalArn: undefined }),
  aUser({ userId: 't15', apiAccess: '', apiAccessPrincipalArn: aRoleArn() }),
  anApiUser({ userId: 't16', status: 'PAUSED' }),
];

/** Limits at which drawn records are past, and at which they are not. */
const options = fc.record({
  maxDays: fc.constantFrom(1, 45, 60, 90, 365),
  privilegedMaxDays: fc.constantFrom(1, 45, 60),
  maxHours: fc.constantFrom(24, 20_000),
  max: fc.constantFrom(0, 1, 3),
  min: fc.constantFrom(0, 1, 2),
  allowedDomains: fc.constantFrom(['quagmire.example'], ['*.example'], ['other.example']),
  trustedAccounts: fc.constantFrom([], ['999988887777']),
  names: fc.constantFrom(['helpdesk', 'svc'], ['zebulon']),
}) as fc.Arbitrary<Options>;
const LIMITS: Options = {
  maxDays: 90,
  privilegedMaxDays: 45,
  maxHours: 24,
  max: 1,
  min: 3,
  allowedDomains: ['quagmire.example'],
  trustedAccounts: [],
  names: ['svc'],
};

const context = fc.constantFrom(
  aContext(),
  aContext({ partition: 'aws-cn' }),
  aContext({ now: Date.UTC(2026, 9, 7, 23) }),
  aContext({ now: Date.UTC(2026, 9, 8) }),
);

/** Those of some options that a rule has. */
const ownOptions = (rule: Rule, given: Options): Options =>
  Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(rule.options, name)));

/** The members that a reason may be about, and whether they are known of a record. */
const NAMED_MEMBERS: readonly (readonly [RegExp, string, readonly unknown[]])[] = [
  [/\bstatus\b/, 'status', ['ENABLED', 'DISABLED', 'CREATING']],
  [/\btype\b/, 'type', ['SUPER_USER', 'APP_USER']],
  [/\bapiAccess\b/, 'apiAccess', ['ENABLED', 'DISABLED']],
  [/\be-mail address\b/, 'emailAddress', []],
  [/\blastLoginTime\b/, 'lastLoginTime', []],
  [/\bcreateTime\b/, 'createTime', []],
  [/\blastDisabledTime\b/, 'lastDisabledTime', []],
];

/** A reason names a member, and only such as some record lacks. */
const expectNamesMember = (reason: string, records: readonly unknown[]): void => {
  const named = NAMED_MEMBERS.filter(([pattern]) => pattern.test(reason));
  expect([reason, named.length > 0]).toEqual([reason, true]);
  for (const [, member, documented] of named) {
    const values = records.map((entry) => Object(entry)[member]);
    expect([reason, values.some((value) => !documented.includes(value))]).toEqual([reason, true]);
  }
};

const ORACLES = { user: ON_USER, change: ON_CHANGE, directory: ON_DIRECTORY };

/** The rules that the contract was written out for a second time, independently; a new rule needs no line there. */
const rulesOf = (kind: keyof typeof ORACLES) =>
  rules
    .filter((rule) => rule.kind === kind && Object.hasOwn(ORACLES[kind], rule.id))
    .map((rule) => ({ rule, id: rule.id }));

/** By rule, whether it ever gives no answer. */
const TWO_VALUED = new Set([
  'principal-outside-account',
  'principal-not-a-role',
  'inconsistent-timestamps',
  'unrecognised-value',
  'principal-changed',
  'vanished-user',
  'duplicate-person',
  'end-of-support',
]);
const expectedOutcomes = (id: string): readonly string[] =>
  TWO_VALUED.has(id) ? ['FAIL', 'PASS'] : ['FAIL', 'NOT_ASSESSED', 'PASS'];
const wordOf = (outcome: string): string => outcome.split(' ')[0] ?? '';

test.each(['user', 'change', 'directory'] as const)('every released rule of kind %s is written out', (kind) => {
  // Rules on facts beside the listing have tables of their own.
  const needy = new Set(rules.flatMap(({ id, needs }) => (needs === undefined ? [] : [id])));
  const released = CONTRACT.filter(([id, of]) => of === kind && !needy.has(id)).map(([id]) => id);
  expect(rulesOf(kind).map(({ id }) => id)).toEqual(released);
  expect(Object.keys(ORACLES[kind])).toEqual(released);
});

/** The outcomes that a rule gave, by subject. */
const outcomesOf = ({ failures, reasons }: ReturnType<typeof judge>): ReadonlyMap<string, string> =>
  new Map([
    ...[...failures].map(([id, { severity }]) => [id, `FAIL ${severity}`] as const),
    ...Object.keys(reasons).map((id) => [id, 'NOT_ASSESSED'] as const),
  ]);

const expectMailableAll = ({ failures, reasons }: ReturnType<typeof judge>): void => {
  for (const { violation } of failures.values()) expectMailable(violation.message, NAMED);
  for (const reason of Object.values(reasons)) expectMailable(reason, NAMED);
};

describe('a rule on one user answers as the contract does', () => {
  test.each(rulesOf('user'))('$id', ({ rule, id }) => {
    const heard = new Set<string>();
    const property = fc.property(
      fc.array(record),
      options,
      context,
      (records: readonly unknown[], limits: Options, at: Context) => {
        const users = oneEach(records);
        const judged = judge([rule], { users, options: ownOptions(rule, limits), context: at });
        const outcomes = outcomesOf(judged);
        for (const [position, entry] of users.entries()) {
          const all = completions(entry, position);
          const subject = all[0]?.id ?? '';
          const expected = outcomeOfAll(all.map((user) => ON_USER[id]?.(user, limits, at)));
          expect([entry, outcomes.get(subject) ?? 'PASS']).toEqual([entry, expected]);
          if (expected === 'NOT_ASSESSED') expectNamesMember(judged.reasons[subject] ?? '', [entry]);
          heard.add(wordOf(expected));
        }
        expectMailableAll(judged);
      },
    );
    const unknown = { status: undefined, type: undefined, apiAccess: undefined };
    fc.assert(property, {
      numRuns: 300,
      examples: [
        [[...TELLING], LIMITS, aContext()],
        // Called as nobody is: by a position, and by what every object has.
        [[aUser({ userId: '#0', ...unknown })], LIMITS, aContext()],
        [[aUser({ userId: '__proto__', ...unknown })], LIMITS, aContext()],
      ],
    });
    expect([...heard].toSorted()).toEqual(expectedOutcomes(id));
  });
});

describe('a rule on change answers as the contract does', () => {
  const [one, other] = [anApiUser({ ...superUser }), aUser({ status: 'DISABLED' })];
  const unknown = aUser({ status: null, type: null, apiAccess: null });
  const examples = [
    [one, other],
    [other, one],
    [one, undefined],
    [undefined, one],
    [one, { ...one, apiAccessPrincipalArn: aRoleArn('moved') }],
    [unknown, one],
    [other, unknown],
    [undefined, unknown],
    [unknown, unknown],
    [other, aUser()],
  ].map((pair) => [pair] as [unknown[]]);
  const named = fc.oneof(
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 6, arbitrary: record.map((entry) => ({ ...Object(entry), userId: 'u1' })) },
  );

  test.each(rulesOf('change'))('$id', ({ rule, id }) => {
    const heard = new Set<string>();
    const property = fc.property(fc.tuple(named, named) as fc.Arbitrary<unknown[]>, ([before, after]) => {
      const judged = judge([rule], {
        earlierUsers: before === undefined ? [] : [before],
        users: after === undefined ? [] : [after],
      });
      const pairs = choices(
        [before, after].map((entry) => (entry === undefined ? [undefined] : completions(entry, 0))),
      );
      const expected = outcomeOfAll(pairs.map(([then, now]): Answer => ON_CHANGE[id]?.(then, now)));
      expect([before, after, outcomesOf(judged).get('u1') ?? 'PASS']).toEqual([before, after, expected]);
      if (expected === 'NOT_ASSESSED') expectNamesMember(judged.reasons.u1 ?? '', [before, after]);
      expectMailableAll(judged);
      heard.add(wordOf(expected));
    });
    fc.assert(property, { numRuns: 300, examples });
    expect([...heard].toSorted()).toEqual(expectedOutcomes(id));
  });
});

describe('a rule on the whole directory answers as the contract does', () => {
  test.each(rulesOf('directory'))('$id', ({ rule, id }) => {
    const heard = new Set<string>();
    const property = fc.property(
      fc.array(record, { maxLength: 4 }),
      options,
      context,
      (records: readonly unknown[], limits: Options, at: Context) => {
        const users = oneEach(records);
        const judged = judge([rule], { users, options: ownOptions(rule, limits), context: at });
        const directories = choices(users.map(completions));
        const failing = directories.map((directory) => ON_DIRECTORY[id]?.(directory, limits, at) ?? []);
        const expected = [...new Set(failing.flat())].map((subject) => {
          const isSure = failing.every((subjects) => subjects.includes(subject));
          return [subject, isSure ? `FAIL ${rule.severity}` : 'NOT_ASSESSED'] as const;
        });
        const outcomes = outcomesOf(judged);
        expect([users, Object.fromEntries(outcomes)]).toEqual([users, Object.fromEntries(expected)]);
        for (const reason of Object.values(judged.reasons)) expectNamesMember(reason, users);
        for (const word of outcomes.size === 0 ? ['PASS'] : outcomes.values()) heard.add(wordOf(word));
        expectMailableAll(judged);
      },
    );
    const [twins, doubtful] = [TELLING.slice(0, 3), [anApiUser(), anApiUser({ userId: 'u2', apiAccess: 7 })]];
    const shared = { apiAccessPrincipalArn: aRoleArn() };
    fc.assert(property, {
      numRuns: 300,
      examples: [
        [[...twins, TELLING[3]], LIMITS, aContext()],
        [doubtful.map((user) => ({ ...user, ...shared })), LIMITS, aContext({ now: Date.UTC(2026, 9, 8) - 1 })],
        [[TELLING[0], TELLING[13]], { ...LIMITS, min: 2 }, aContext()],
        [[], { ...LIMITS, min: 0 }, aContext({ now: Date.UTC(2026, 9, 8) - 1 })],
      ],
    });
    expect([...heard].toSorted()).toEqual(expectedOutcomes(id));
  });
});
