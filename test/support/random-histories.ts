import { configureRules, type RuleSettings } from '../../rules/engine/configure.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import { rules } from '../../rules/index.ts';
import { aRoleArn, aUser, daysAgo, ENVIRONMENT, type UserRecord } from './builders.ts';
import type { Night } from './lifecycle-model.ts';
import * as fc from './properties.ts';

export const NIGHTS = 30;
const USERS = 7;

/** The rules that are on, with the options that a night may give them; all others are off. */
const RULES: Readonly<Record<string, readonly RuleSettings[]>> = {
  'super-user-api-access': [{}],
  'disabled-user-api-access': [{}],
  'stale-login': [{}, { maxDays: 30, privilegedMaxDays: 30 }, { maxDays: 70, privilegedMaxDays: 10 }],
  'shared-principal': [{}],
  'duplicate-person': [{}],
  'too-many-super-users': [{ max: 1 }, { max: 2 }, { max: 3 }],
  'vanished-user': [{}],
  'new-super-user': [{}],
  'promoted-to-super-user': [{}],
  're-enabled': [{}],
};
const RULE_IDS = Object.keys(RULES);

const userIdOf = (index: number): string => `u${index}`;
const SUBJECTS = [ENVIRONMENT, aRoleArn('A'), aRoleArn('B'), ...Array.from({ length: USERS }, (_, n) => userIdOf(n))];

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const member = fc.oneof(
  fc.record({ status: oneOf('ENABLED', 'ENABLED', 'DISABLED', 'DISABLED', 'CREATING', undefined) }),
  fc.record({ type: oneOf('SUPER_USER', 'SUPER_USER', 'APP_USER', undefined) }),
  fc.record({ apiAccess: oneOf('ENABLED', 'ENABLED', 'DISABLED', undefined) }),
  fc.record({ apiAccessPrincipalArn: oneOf(aRoleArn('A'), aRoleArn('B'), aRoleArn('A'), undefined) }),
  fc.record({ emailAddress: oneOf('ada@example.com', 'Ada+b@example.com', 'bob@example.com', undefined) }),
  fc.record({ firstName: oneOf('Ada', 'ada', undefined), lastName: oneOf('Lovelace', 'Byron') }),
  fc.record({ lastLoginTime: oneOf<unknown>(daysAgo(1), daysAgo(25), daysAgo(62), daysAgo(80), 'soon', undefined) }),
);
const user = fc.nat(USERS - 1);

/** The changes between one night and the next. */
const change = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('set' as const), user, member }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('gone' as const), user }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('back' as const), user }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('twice' as const), user, member, isLast: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('rule' as const),
      rule: oneOf(...RULE_IDS),
      isOn: oneOf(true, true, false),
      choice: fc.nat(2),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('waive' as const),
      rule: oneOf(...RULE_IDS),
      subject: oneOf(...SUBJECTS),
      days: fc.integer({ min: -1, max: 6 }),
    }),
  },
);
export const night = fc.record({
  changes: fc.array(change, { maxLength: 4 }),
  isCut: oneOf(false, false, false, false, false, false, true),
  gap: oneOf(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 29),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** A directory of few users to which nights happen. */
export const newWorld = () => {
  const present = new Map(Array.from({ length: USERS }, (_, n) => [n, true]));
  const records = new Map<number, UserRecord>();
  const settings = new Map<string, RuleSettings>(RULE_IDS.map((id) => [id, RULES[id]?.[0] ?? {}]));
  const off = new Set<string>();
  const waivers = new Map<string, Waiver>();
  const recordOf = (index: number): UserRecord => records.get(index) ?? aUser({ userId: userIdOf(index) });

  const applied = (one: Change, now: Date, twice: Map<number, readonly UserRecord[]>): void => {
    if (one.kind === 'set') records.set(one.user, { ...recordOf(one.user), ...one.member });
    else if (one.kind === 'gone') present.set(one.user, false);
    else if (one.kind === 'back') present.set(one.user, true);
    else if (one.kind === 'twice') {
      const pair = [recordOf(one.user), { ...recordOf(one.user), ...one.member }];
      twice.set(one.user, one.isLast ? pair : pair.toReversed());
    } else if (one.kind === 'rule') {
      const choices = RULES[one.rule] ?? [];
      settings.set(one.rule, choices[one.choice % choices.length] ?? {});
      if (one.isOn) off.delete(one.rule);
      else off.add(one.rule);
    } else {
      const expires = new Date(now.getTime() + one.days * 86_400_000).toISOString().slice(0, 10);
      waivers.set(`${one.rule} ${one.subject}`, {
        rule: one.rule,
        user: one.subject,
        reason: 'known',
        owner: 'owner@example.com',
        approver: 'approver@example.com',
        expires,
      });
    }
  };

  return {
    night(changes: readonly Change[], now: Date) {
      const twice = new Map<number, readonly UserRecord[]>();
      for (const one of changes) applied(one, now, twice);
      const listed = Array.from({ length: USERS }, (_, n) => n).filter((n) => present.get(n));
      const all = listed.map((n) => [userIdOf(n), twice.get(n) ?? [recordOf(n)]] as const);
      const config = Object.fromEntries(
        rules.map(({ id }) => [id, { ...settings.get(id), enabled: settings.has(id) && !off.has(id) }]),
      );
      const on = configureRules(rules, config).filter(({ state }) => state === 'on');
      const model: Night = {
        now: now.getTime(),
        directory: new Map(all),
        rules: new Map(on.map(({ rule, options }) => [rule.id, options])),
        waivers: [...waivers.values()],
      };
      // Those of a user that differ may stand pages apart.
      const users = [...all.map(([, [first]]) => first), ...all.flatMap(([, [, ...others]]) => others)];
      return { model, users, config };
    },
  };
};
