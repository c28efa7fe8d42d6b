import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { cataloguePage } from '../../rules/engine/catalogue-page.ts';
import type { Condition } from '../../rules/engine/condition.ts';
import type { Context, Options } from '../../rules/engine/context.ts';
import { FRAMEWORKS, type Framework } from '../../rules/engine/controls.ts';
import { ENRICHMENTS } from '../../rules/engine/facts.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import { SEVERITIES } from '../../rules/engine/severity.ts';
import { RECORD_MEMBERS, readUser } from '../../rules/engine/user.ts';
import { rules } from '../../rules/index.ts';
import { NAMED, oneEach, record } from '../support/awkward-records.ts';
import {
  aContext,
  anApiUser,
  answered,
  aRoleArn,
  aTrustPolicy,
  aUser,
  daysAgo,
  hoursAgo,
  NOW,
  type UserRecord,
} from '../support/builders.ts';
import * as fc from '../support/properties.ts';
import { expectMailable, judge } from '../support/rule-tester.ts';
import { CONTRACT } from './contract.ts';

// Checks the shape of any rule, read off the rules themselves: a new one needs no line here. The ids, severities,
// defaults and controls of those that are released are held by contract.test.ts.

const filesOf = (folder: string, end: string): readonly string[] =>
  readdirSync(new URL(folder, import.meta.url))
    .filter((name) => name.endsWith(end))
    .map((name) => name.slice(0, -end.length))
    .toSorted();

const ids = rules.map(({ id }) => id);
const judging = rules;

/** The tests of this folder that are about all rules. */
const OF_ALL = ['catalogue', 'contract'];

describe('the catalogue', () => {
  test('has a file a rule, named by its id', async () => {
    expect(filesOf('../../rules/', '.ts')).toEqual([...ids, 'index'].toSorted());
    const loaded = await Promise.all(ids.map((id) => import(`../../rules/${id}.ts`)));
    expect(loaded.map((file: { default: Rule }) => file.default)).toEqual(rules);
  });

  test('has a test a judging rule, named by its id', () => {
    expect(filesOf('./', '.test.ts')).toEqual([...judging.map(({ id }) => id), ...OF_ALL].toSorted());
  });

  test('is what its page says', () => {
    const page = readFileSync(new URL('../../rules/README.md', import.meta.url), 'utf8');
    expect(page).toBe(cataloguePage(rules));
  });

  test('lists rules whose data is not read as such', () => {
    const { outcomes } = judge(rules, { users: [aUser()], read: new Set() });
    expect(outcomes.filter(({ state }) => state === 'off').map(({ reason }) => reason)).toEqual(
      rules.flatMap(({ needs }) => (needs === undefined ? [] : [`its data is not read: ${ENRICHMENTS[needs]}`])),
    );
  });
});

/** A clause as its framework writes it. */
const CLAUSES: Readonly<Record<Framework, RegExp>> = {
  'NIST-800-53-r5': /^[A-Z]{2}-\d+(?:\(\d+\))?$/,
  'CIS-v8.1': /^\d+\.\d+$/,
  'ISO-27001-2022': /^A\.\d+\.\d+$/,
  'SOC-2': /^(?:CC|A|C|PI|P)\d\.\d+$/,
  'PCI-DSS-4.0.1': /^\d+(?:\.\d+)+$/,
  'NYDFS-500.7': /^\([a-z]\)(?:\(\d+\))?$/,
};

const isControl = (control: string): boolean =>
  Object.entries(CLAUSES).some(
    ([framework, clause]) => control.startsWith(`${framework}:`) && clause.test(control.slice(framework.length + 1)),
  );

const frameworkAt = (control: string): number =>
  Object.keys(FRAMEWORKS).indexOf(control.slice(0, control.indexOf(':')));

type Worded = Pick<Condition<never>, 'text' | 'alternatives'>;

/** The lists of conditions that a rule is made of, with the alternatives among them. */
const conditionsOf = (rule: Rule): readonly (readonly Worded[])[] => {
  const lists: readonly (readonly Worded[] | undefined)[] =
    rule.kind === 'directory'
      ? [rule.counts, rule.outOf, rule.clauses]
      : [rule.when, rule.kind === 'user' ? rule.cannotEnd?.when : undefined];
  return lists.map((list = []) => list.flatMap((one) => [one, ...(one.alternatives ?? [])]));
};

describe.each(rules.map((rule) => ({ rule, id: rule.id })))('$id', ({ rule, id }) => {
  test('says each of its conditions in words of its own', () => {
    const context = aContext({ memberships: { unread: undefined, groupsOf: () => [] } });
    const texts = [context, aContext()].flatMap((at) =>
      conditionsOf(rule).map((list) => list.map(({ text }) => text(rule.options, at))),
    );
    if (rule.kind === 'directory') {
      const keys = Object.entries(rule.keys ?? {});
      expect(keys.map(([name]) => name).filter((name) => name.trim() === '')).toStrictEqual([]);
      const limit = rule.limit?.({ count: 2, outOf: 9 }, rule.options, aContext());
      texts.push([...keys.map(([, { text }]) => text), ...(limit === undefined ? [] : [limit.text])]);
    }
    for (const words of texts) {
      for (const text of words) expect(text).toMatch(/^[a-zA-Z](?:.*[^.\s])$/);
      expect([...new Set(words)]).toStrictEqual(words);
    }
  });

  test('names the members of which its keys are made, where a finding is carried for want of one', () => {
    for (const key of Object.values((rule.kind === 'directory' && rule.keys) || {})) {
      if (key.unknownWithout === undefined) continue;
      const without = (member: string) => readUser({ ...anApiUser(), [member]: undefined }, 0);
      const makers = RECORD_MEMBERS.filter((member) => key.of(without(member), rule.options, aContext()) === undefined);
      expect(key.unknownWithout.toSorted()).toStrictEqual(makers.toSorted());
    }
  });

  test('is named as rules are', () => {
    expect(id).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(ids.filter((other) => other === id)).toEqual([id]);
  });

  test('is worded as rules are', () => {
    const phrase = /^\S(?:.*[^.\s])?$/;
    const sentences = /^[A-Z].*[^.\s]\.$/;
    expect(rule.title).toMatch(/^[A-Z]/);
    expect(rule.title).toMatch(phrase);
    expect(rule.fault ?? rule.title).toMatch(/^[A-Z].*[^.\s]$/);
    expect(rule.failsWhen).toMatch(phrase);
    expect(rule.severityNote ?? '`').toMatch(/^`/);
    expect(rule.severityNote ?? 'none').toMatch(phrase);
    expect(rule.rationale).toMatch(sentences);
    expect(rule.remediation).toMatch(sentences);
  });

  test('has a severity, and another one in its note', () => {
    const [noted] = SEVERITIES.filter((severity) => rule.severityNote?.startsWith(`\`${severity}\``));
    expect(SEVERITIES).toContain(rule.severity);
    expect(rule.severityNote === undefined || noted !== undefined).toBe(true);
    expect(noted).not.toBe(rule.severity);
  });

  test('gives evidence for controls as their frameworks write them, in the order of the page, none twice', () => {
    expect(rule.controls.filter((control) => !isControl(control))).toStrictEqual([]);
    expect([...new Set(rule.controls)]).toEqual(rule.controls);
    expect(rule.controls.toSorted((one, other) => frameworkAt(one) - frameworkAt(other))).toEqual(rule.controls);
  });
});

const optionsOfRules = judging.flatMap((rule) =>
  Object.entries(rule.options).map(([option, byDefault]) => ({ rule, id: rule.id, option, byDefault })),
);

test.each(optionsOfRules)(
  '$id names its option $option where it says when it fails, takes its default and refuses a wrong value',
  ({ rule, option, byDefault }) => {
    const wrong = typeof byDefault === 'number' ? -1 : '';
    const value = Array.isArray(byDefault) ? [...byDefault, wrong] : wrong;
    expect(rule.failsWhen).toContain(`\`${option}\``);
    expect(rule.optionsError?.(rule.options)).toBeUndefined();
    expect(rule.optionsError?.({ ...rule.options, [option]: value })).toMatch(
      new RegExp(`^${option} must .+, got ${JSON.stringify(wrong)}$`),
    );
  },
);

const COMPLIANT = [
  aUser(),
  anApiUser({ userId: 'u2' }),
  aUser({ userId: 'u3', status: 'DISABLED', lastDisabledTime: daysAgo(30) }),
  aUser({ userId: 'u4', status: 'CREATING', createTime: hoursAgo(1), lastEnabledTime: 0, lastLoginTime: 0 }),
  aUser({ userId: 's1', type: 'SUPER_USER' }),
  aUser({ userId: 's2', type: 'SUPER_USER' }),
];

/** The texts of records, whole and in parts: domains and account ids are among the parts. */
const wordsIn = (users: readonly UserRecord[]): readonly string[] =>
  users
    .flatMap((user) => Object.values(user))
    .filter((value) => typeof value === 'string')
    .flatMap((text) => [text, ...text.split(/[@:/]/)]);

const WORDS = [
  wordsIn(COMPLIANT),
  wordsIn([anApiUser({ emailAddress: 'x@evil.example', apiAccessPrincipalArn: aRoleArn('x', '999988887777') })]),
];

/**
 * Options by which a rule judges: its defaults. The lists of one that judges nothing by them are filled: with what
 * compliant users have, in case it allows what is listed, and with what others have, in case it forbids that.
 */
const judgingOptions = (rule: (typeof judging)[number]): readonly Options[] => {
  if (rule.isConfigured?.(rule.options) !== false) return [rule.options];
  return WORDS.map((words) => {
    const filled = Object.entries(rule.options).map(([option, byDefault]) => [
      option,
      typeof byDefault === 'number'
        ? byDefault
        : words.filter((word) => rule.optionsError?.({ ...rule.options, [option]: [word] }) === undefined),
    ]);
    return Object.fromEntries(filled);
  });
};

/** Users as they were some time earlier. */
const earlier = (users: readonly UserRecord[], ms: number): readonly UserRecord[] =>
  users.map((user) =>
    Object.fromEntries(
      Object.entries(user).map(([member, value]) => [
        member,
        typeof value === 'number' && value > 0 ? value - ms : value,
      ]),
    ),
  );

/** FinSpace was still supported. */
const IN_SUPPORT = Date.UTC(2026, 9, 1);

test.each(judging.map((rule) => ({ rule, id: rule.id })))('$id has nothing against compliant users', ({ rule }) => {
  const users = earlier(COMPLIANT, NOW - IN_SUPPORT);
  const answers = judgingOptions(rule).map((options) => {
    const { failures, reasons, outcomes } = judge([rule], {
      users,
      earlierUsers: users,
      options,
      context: { now: IN_SUPPORT },
    });
    const [{ state, failed, notAssessed } = {}] = outcomes;
    return { fail: [...failures.keys()], reasons, state, failed, notAssessed };
  });
  expect(answers).toContainEqual({ fail: [], reasons: {}, state: 'ran', failed: 0, notAssessed: 0 });
});

/** One user for each combination of these values, among them what each released rule fails somebody for. */
const CROWD = Object.entries({
  type: ['SUPER_USER', 'APP_USER'],
  status: ['ENABLED', 'DISABLED', 'CREATING', 'PAUSED'],
  apiAccess: ['ENABLED', 'DISABLED'],
  apiAccessPrincipalArn: [undefined, aRoleArn(), aRoleArn('x', '999988887777'), ':roleX'],
  lastLoginTime: [0, daysAgo(1), daysAgo(500)],
  emailAddress: [undefined, 'helpdesk@evil.example'],
})
  .reduce<readonly UserRecord[]>(
    (users, [member, values]) => users.flatMap((user) => values.map((value) => ({ ...user, [member]: value }))),
    [{}],
  )
  .map((user, index) => aUser({ lastDisabledTime: daysAgo(400), ...user, userId: `c${index}` }));

/** The same users but the last, each with what another had, and a super user who is new. */
const CHANGED = [
  ...CROWD.slice(0, -1).map(({ userId }, index) => ({ ...CROWD.at(index - 7), userId })),
  aUser({ userId: 'new', type: 'SUPER_USER' }),
];

/** Facts beside the listing: sound ones, and such that each rule on them fails somebody. */
const FACTS: readonly Partial<Context>[] = [
  {},
  { roles: () => answered(null), memberships: { unread: undefined, groupsOf: () => ['g1'] } },
  { roles: () => answered({ roleId: 'AROANEW', lastUsedAt: null, trust: aTrustPolicy({ Principal: '*' }) }) },
  { roles: () => ({ unread: 'iam:GetRole failed: AccessDenied (403)' }), memberships: undefined },
];

const released = new Set(CONTRACT.map(([id]) => id));

test.each(judging.map((rule) => ({ rule, id: rule.id })))(
  '$id judges whatever is listed, and names nobody',
  ({ rule, id }) => {
    const messages = new Set<string>();
    const reasons = new Set<string>();
    const listen = (options: Options, earlierUsers: readonly unknown[], users: readonly unknown[]) => {
      for (const context of facts) hear(judge([rule], { users, earlierUsers, options, context }));
    };
    const hear = (judged: ReturnType<typeof judge>) => {
      expect(judged.outcomes.map(({ error }) => error)).toStrictEqual([undefined]);
      const violations = [...judged.failures.values()].map(({ violation }) => violation);
      for (const { message } of violations) messages.add(message);
      for (const reason of Object.values(judged.reasons)) reasons.add(reason);
      // Evidence is archived as JSON.
      expect(() => JSON.stringify(violations.map(({ evidence }) => evidence))).not.toThrow();
    };

    const facts = rule.needs === undefined ? [{}] : FACTS;
    const sets = judgingOptions(rule);
    for (const options of sets) {
      listen(options, CROWD, CHANGED);
      listen(options, CROWD, [aUser()]);
    }
    // The message of a new rule is held to the same by the failing cases of its own test.
    if (released.has(id)) expect(messages.size).toBeGreaterThan(0);

    fc.assert(
      fc.property(fc.constantFrom(...sets), fc.array(record), fc.array(record), (options, earlierUsers, users) =>
        listen(options, earlierUsers, oneEach(users)),
      ),
      { numRuns: 200 * sets.length },
    );
    for (const text of [...messages, ...reasons]) expectMailable(text, NAMED);
  },
);
