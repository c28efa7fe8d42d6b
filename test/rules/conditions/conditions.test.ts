import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Clause, Context, DirectoryRule, Options, Outcome } from '../../../rules/engine/rule.ts';
import { readUser, type User } from '../../../rules/engine/user.ts';
import { rules } from '../../../rules/index.ts';
import { NAMED, oneEach, record } from '../../support/awkward-records.ts';
import { aContext, anApiUser, aRoleArn, aUser, daysAgo, ENVIRONMENT, NOW } from '../../support/builders.ts';
import { expectMailable } from '../../support/rule-tester.ts';

const answerOf = (outcome: Outcome): string => {
  if (outcome === undefined) return 'PASS';
  return 'notAssessed' in outcome ? 'NOT_ASSESSED' : 'FAIL';
};

const answerOfClauses = (clauses: readonly Clause[]): string => {
  if (clauses.some(({ holds }) => holds === false)) return 'PASS';
  return clauses.every(({ holds }) => holds) ? 'FAIL' : 'NOT_ASSESSED';
};

const told = (clauses: readonly Clause[]): readonly string[] =>
  clauses.flatMap(({ text, alternatives = [] }) => [text, ...told(alternatives)]);

// Of these every rule fails someone, and those that may not assess don't, whatever else is drawn.
const superUser = { type: 'SUPER_USER', apiAccess: 'ENABLED' };
const TELLING = [
  anApiUser({ userId: 't0', ...superUser }),
  anApiUser({ userId: 't1', ...superUser, apiAccessPrincipalArn: aRoleArn('role-of-t0') }),
  aUser({ userId: 't2', lastLoginTime: daysAgo(400), firstName: ' ZEBULON', lastName: 'quagmire  t3' }),
  aUser({ userId: 't3', lastLoginTime: 0, emailAddress: 'svc-x@evil.example' }),
  anApiUser({ userId: 't4', apiAccessPrincipalArn: aRoleArn('x', '999988887777'), lastLoginTime: 7 }),
  anApiUser({ userId: 't5', apiAccessPrincipalArn: ':roleX', emailAddress: undefined }),
  anApiUser({ userId: 't6', apiAccessPrincipalArn: null }),
  aUser({
    userId: 't7',
    apiAccessPrincipalArn: aRoleArn(),
    lastLoginTime: 0,
    createTime: 0,
    lastEnabledTime: 'x',
  }),
  anApiUser({ userId: 't8', status: 'DISABLED', lastDisabledTime: daysAgo(400) }),
  aUser({ userId: 't9', status: 'DISABLED' }),
  aUser({ userId: 't10', status: 'CREATING' }),
  aUser({ userId: 't11', status: 'CREATING', createTime: null, type: 'ROOT' }),
  aUser({ userId: 't12', createTime: daysAgo(0), emailAddress: 'two@@signs' }),
] as const;

/** Limits at which drawn records are past, and at which they are not. */
const optionsOf = (id: string): fc.Arbitrary<Options> =>
  fc.record({
    maxDays: fc.constantFrom(1, 45, 60, 90, 365),
    privilegedMaxDays: fc.constantFrom(1, 45, 60),
    maxHours: fc.constantFrom(24, 20_000),
    max: fc.constantFrom(0, 1, 3),
    min: fc.constantFrom(0, 1, 2),
    ...(id === 'email-domain' && {
      allowedDomains: fc.constantFrom(['quagmire.example'], ['*.example'], ['other.example']),
    }),
    trustedAccounts: fc.constantFrom([], ['999988887777']),
    names: fc.constantFrom(['helpdesk', 'svc'], ['zebulon']),
  }) as fc.Arbitrary<Options>;

const context = fc.constantFrom(
  aContext(),
  aContext({ partition: 'aws-cn' }),
  aContext({ now: Date.UTC(2026, 9, 7, 23) }),
  aContext({ now: Date.UTC(2026, 9, 8) }),
);

const usersOf = (records: readonly unknown[]): readonly User[] => oneEach(records).map(readUser);

describe('clauses agree with the rule', () => {
  test.each(rules.flatMap((rule) => (rule.kind === 'user' ? [{ rule, id: rule.id }] : [])))(
    '$id',
    ({ rule, id }) => {
      const heard = new Set<string>();
      const property = fc.property(
        fc.array(record),
        optionsOf(id),
        context,
        (records: readonly unknown[], options: Options, at: Context) => {
          for (const user of records.map(readUser)) {
            const clauses = rule.clauses(user, options, at);
            const answer = answerOf(rule.check(user, options, at));
            expect([user, answerOfClauses(clauses)]).toEqual([user, answer]);
            for (const text of told(clauses)) expectMailable(text, NAMED);
            heard.add(answer);
          }
        },
      );
      const options = {
        ...rule.options,
        ...(id === 'email-domain' && { allowedDomains: ['quagmire.example'] }),
      };
      fc.assert(property, { numRuns: 200, examples: [[[...TELLING], options, aContext()]] });
      const mayLack = rule.failsWhen.includes('not assessed');
      expect([...heard].toSorted()).toEqual(['FAIL', ...(mayLack ? ['NOT_ASSESSED'] : []), 'PASS']);
    },
  );

  test.each(rules.flatMap((rule) => (rule.kind === 'change' ? [{ rule, id: rule.id }] : [])))(
    '$id',
    ({ rule }) => {
      const heard = new Set<string>();
      const [one, other] = [anApiUser({ ...superUser }), aUser({ status: 'DISABLED' })];
      const moved = { ...one, apiAccessPrincipalArn: aRoleArn('moved') };
      const examples = [
        [one, other],
        [other, one],
        [one, undefined],
        [undefined, one],
        [one, moved],
      ] as [unknown, unknown][];
      fc.assert(
        fc.property(fc.option(record), fc.option(record), (earlier, present) => {
          const [before, after] = [earlier, present].map((entry) => entry && readUser(entry, 0));
          const clauses = rule.clauses(before || undefined, after || undefined, rule.options, aContext());
          const answer = answerOf(
            rule.check(before || undefined, after || undefined, rule.options, aContext()),
          );
          expect(answerOfClauses(clauses)).toBe(answer);
          for (const text of told(clauses)) expectMailable(text, NAMED);
          heard.add(answer);
        }),
        { numRuns: 200, examples },
      );
      expect([...heard].toSorted()).toEqual(['FAIL', 'PASS']);
    },
  );

  /** Whom findings name, wherever in their evidence. */
  const namedIn = (evidence: unknown): readonly string[] => {
    if (typeof evidence !== 'object' || evidence === null) return [];
    const { userIds } = evidence as { readonly userIds?: readonly string[] };
    return userIds ?? Object.values(evidence).flatMap(namedIn);
  };

  const groupSize = (rule: DirectoryRule, counted: readonly User[], name: string, key: string): number =>
    counted.filter((user) => rule.keys?.(user)[name] === key).length;

  test.each(rules.flatMap((rule) => (rule.kind === 'directory' ? [{ rule, id: rule.id }] : [])))(
    '$id',
    ({ rule, id }) => {
      const heard = new Set<string>();
      const property = fc.property(
        fc.array(record),
        optionsOf(id),
        context,
        (records: readonly unknown[], options: Options, at: Context) => {
          const users = usersOf(records);
          const check = rule.begin(options, at);
          for (const [place, user] of users.entries()) check.see(user, place);
          const { violations } = check.judge((place) => users[place]?.id ?? 'nobody');
          const counted = users.filter((user) =>
            rule.clauses?.(user, options, at).every(({ holds }) => holds),
          );
          heard.add(violations.length > 0 ? 'FAIL' : 'PASS');
          if (rule.keys === undefined) {
            const { holds, text } = rule.limit(counted.length, options, at);
            expect(violations.map(({ subject }) => subject.id)).toEqual(holds ? [ENVIRONMENT] : []);
            expectMailable(text, NAMED);
            return;
          }
          const sharing = counted.filter((user) =>
            Object.entries(rule.keys?.(user) ?? {}).some(
              ([name, key]) =>
                key !== undefined &&
                rule.limit(groupSize(rule, counted, name, key), options, at).holds === true,
            ),
          );
          const named = new Set(violations.flatMap(({ violation }) => namedIn(violation.evidence)));
          expect(sharing.map((user) => user.id).toSorted()).toEqual([...named].toSorted());
          const texts = users.flatMap((user) => told(rule.clauses?.(user, options, at) ?? []));
          for (const text of new Set(texts)) expectMailable(text, NAMED);
        },
      );
      const few = [TELLING[8], TELLING[9]];
      fc.assert(property, {
        numRuns: 200,
        examples: [
          [[...TELLING], { max: 1, min: 3 }, aContext()],
          [few, { max: 1, min: 0 }, aContext({ now: Date.UTC(2026, 9, 8) - 1 })],
        ],
      });
      expect([...heard].toSorted()).toEqual(['FAIL', 'PASS']);
    },
  );

  test('only the end of support is not about users', () => {
    const aboutNobody = rules.filter((rule) => rule.kind === 'directory' && rule.clauses === undefined);
    expect(aboutNobody.map(({ id }) => id)).toEqual(['end-of-support']);
  });
});

describe('clauses tell their limit', () => {
  const clausesOf = (id: string, user: User, options: Options): readonly Clause[] => {
    const rule = rules.find((one) => one.id === id);
    return rule?.kind === 'user' ? rule.clauses(user, { ...rule.options, ...options }, aContext()) : [];
  };
  const at = (overrides: Readonly<Record<string, unknown>>): User => readUser(aUser(overrides), 0);

  test.each([
    [
      'stale-login',
      at({ lastLoginTime: daysAgo(60) }),
      { maxDays: 60 },
      false,
      'lastLoginTime is older than 60 days',
    ],
    [
      'stale-login',
      at({ lastLoginTime: daysAgo(60) - 1 }),
      { maxDays: 60 },
      true,
      'lastLoginTime is older than 60 days',
    ],
    [
      'stale-login',
      at({ lastLoginTime: daysAgo(46), type: 'SUPER_USER' }),
      {},
      true,
      'lastLoginTime is older than 45 days',
    ],
    ['stale-login', at({ lastLoginTime: NOW / 1000 }), {}, undefined, 'lastLoginTime is older than 90 days'],
    [
      'stuck-creating',
      at({ status: 'CREATING', createTime: NOW - 3_600_000 }),
      { maxHours: 1 },
      false,
      'createTime is older than 1 hour',
    ],
    [
      'long-disabled',
      at({ status: 'DISABLED', lastDisabledTime: daysAgo(365) - 1 }),
      {},
      true,
      'lastDisabledTime is older than 365 days',
    ],
  ] as const)('%s', (id, user, options, holds, text) => {
    expect(clausesOf(id, user, options).at(-1)).toEqual({ text, holds });
  });
});
