import { audit } from '../../core/audit/audit.ts';
import { configuredSettings } from '../../core/audit/settings.ts';
import { type Config, defaultConfig } from '../../core/config/config.ts';
import { stoppedClock } from '../../core/model/clock.ts';
import type { Channel } from '../../core/notify/channel.ts';
import { OUTPUTS } from '../../core/outputs/index.ts';
import type { RuleSettings } from '../../rules/engine/configure.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import type { Severity } from '../../rules/engine/severity.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';
import { rules } from '../../rules/index.ts';
import { readJsonLines } from './archive-tree.ts';
import { nightAt, nightKeys } from './archived-nights.ts';
import { ACCOUNT, aUser, daysAgo, ENVIRONMENT, type UserRecord } from './builders.ts';
import { listingOf } from './listing.ts';
import { memoryArchive } from './memory-archive.ts';
import * as fc from './properties.ts';

// Nights at random of an environment whose users, rules and waivers change, told to whoever is there and may be away.

/** The doings of whoever is told, in a night. */
export type Mood = 'up' | 'down' | 'refuses' | 'answers with faults';

const USERS = 5;
/** After some that are given, and before a quiet one: 30 in all. */
const RANDOM_NIGHTS = 24;
const DEFAULTS = defaultConfig(rules);

const some = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const RULES = ['super-user-api-access', 'stale-login', 'shared-principal', 'too-many-super-users', 're-enabled'];
const change = fc.oneof(
  fc.record({
    user: fc.nat(USERS - 1),
    member: fc.record({ type: some('SUPER_USER', 'SUPER_USER', 'APP_USER', undefined) }),
  }),
  fc.record({ user: fc.nat(USERS - 1), member: fc.record({ status: some('ENABLED', 'DISABLED') }) }),
  fc.record({ user: fc.nat(USERS - 1), member: fc.record({ apiAccess: some('ENABLED', 'DISABLED') }) }),
  fc.record({
    user: fc.nat(USERS - 1),
    member: fc.record({ lastLoginTime: some<unknown>(daysAgo(1), daysAgo(100), daysAgo(100), 'soon', 'soon') }),
  }),
  fc.record({ user: fc.nat(USERS - 1), isGone: fc.boolean() }),
  fc.record({ waived: some(...RULES), by: fc.nat(USERS - 1), days: fc.integer({ min: 0, max: 3 }) }),
  fc.record({
    rule: some(...RULES),
    isOn: some(true, true, true, true, true, false),
    severity: some<Severity>('LOW', 'HIGH'),
  }),
);
const night = fc.record({
  changes: fc.array(change, { minLength: 3, maxLength: 8 }),
  isCut: some(false, false, false, false, false, true),
  mood: some<Mood>('up', 'up', 'up', 'up', 'down', 'refuses', 'answers with faults'),
});

const newWorld = () => {
  const users = new Map(
    Array.from({ length: USERS }, (_, n): [number, UserRecord] => [
      n,
      aUser({ userId: `u${n}`, type: 'SUPER_USER', apiAccess: 'ENABLED' }),
    ]),
  );
  const gone = new Set<number>();
  const waivers = new Map<string, Waiver>();
  const settings = new Map<string, RuleSettings>(RULES.map((id) => [id, {}]));
  return (changes: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[], now: Date) => {
    for (const one of changes) {
      if ('member' in one) users.set(one.user, { ...users.get(one.user), ...one.member });
      else if ('isGone' in one) {
        if (one.isGone) gone.add(one.user);
        else gone.delete(one.user);
      } else if ('waived' in one) {
        const user = one.waived === 'too-many-super-users' ? ENVIRONMENT : `u${one.by}`;
        const expires = new Date(now.getTime() + one.days * 86_400_000).toISOString().slice(0, 10);
        const waiver = { rule: one.waived, user, reason: 'r', owner: 'o', approver: 'a', expires };
        waivers.set(`${one.waived} ${user}`, waiver);
      } else settings.set(one.rule, { enabled: one.isOn, severity: one.severity });
    }
    const config: Partial<Config> = {
      rules: Object.fromEntries(rules.map(({ id }) => [id, settings.get(id) ?? { enabled: false }])),
      maxDropPercent: 100,
    };
    const listed = [...users].flatMap(([n, user]) => (gone.has(n) ? [] : [user]));
    return { users: listed, config, waivers: [...waivers.values()] };
  };
};

/** A user whose last login can be read, can't, and can again: by chance that is rare. */
const FIRST_NIGHTS = [daysAgo(100), daysAgo(100), daysAgo(100), 'soon', daysAgo(100)].map((lastLoginTime) => ({
  changes: [{ user: 0, member: { lastLoginTime } }],
  isCut: false,
  mood: 'up' as Mood,
}));

/**
 * Audits 30 nights, which the seed decides, into an archive of their own; gives the findings of those that are complete.
 * @param channelsOf asked before each night
 */
export async function* playNights(seed: number, channelsOf: (number: number, mood: Mood) => readonly Channel[]) {
  const length = { minLength: RANDOM_NIGHTS, maxLength: RANDOM_NIGHTS };
  const [nights = []] = fc.sample(fc.array(night, length), { numRuns: 1, seed });
  const archive = memoryArchive();
  const next = newWorld();
  // The last night is a quiet one, so that there is one at which everything has come.
  const played = [...FIRST_NIGHTS, ...nights, { changes: [], isCut: false, mood: 'up' as const }];
  for (const [index, { changes, isCut, mood }] of played.entries()) {
    const number = index + 1;
    const { users, config, waivers } = next(changes, nightAt(number));
    const { report, deliveries } = await audit(
      {
        environmentId: ENVIRONMENT,
        accountId: ACCOUNT,
        region: 'us-east-1',
        partition: 'aws',
        asOf: nightAt(number),
        attempt: `attempt-${number}`,
        deadline: Number.POSITIVE_INFINITY,
        acceptRosterDrop: false,
      },
      {
        ...configuredSettings({ ...DEFAULTS, ...config }, waivers, ENVIRONMENT),
        listUsers: listingOf([users], isCut ? { complete: false, reason: 'deadline', message: 'm' } : undefined),
        archive,
        channels: channelsOf(number, mood),
        notifyWaitMs: 0,
        clock: stoppedClock(nightAt(number).getTime()),
      },
    );
    const isComplete = report.verdict === 'COMPLETE';
    const findings = isComplete ? await readJsonLines(archive, nightKeys(number).object(OUTPUTS.findings)) : undefined;
    yield { number, mood, report, deliveries, users, findings: findings as readonly Finding[] | undefined };
  }
}
