import { afterEach, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { audit } from '../../../core/audit/audit.ts';
import { configuredSettings } from '../../../core/audit/settings.ts';
import { type Config, defaultConfig } from '../../../core/config/config.ts';
import { stoppedClock } from '../../../core/model/clock.ts';
import { eventBridgeChannel } from '../../../core/notify/channels/event-bridge.ts';
import { harmlessId } from '../../../core/notify/channels/events.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import type { RuleSettings } from '../../../rules/engine/configure.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import type { Severity } from '../../../rules/engine/severity.ts';
import type { Waiver } from '../../../rules/engine/waiver.ts';
import { rules } from '../../../rules/index.ts';
import { readJsonLines } from '../../support/archive-tree.ts';
import { nightAt, nightKeys, nightRun } from '../../support/archived-nights.ts';
import { ACCOUNT, aUser, daysAgo, ENVIRONMENT, type UserRecord } from '../../support/builders.ts';
import { type EventBus, type PutAnswer, type PutEntry, startEventBus } from '../../support/event-bridge.ts';
import { listingOf } from '../../support/listing.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

// Whoever hears the events of an environment, in any order and more than once, and knows nothing else of it.

/** After some that are given, and before a quiet one: 30 in all. */
const RANDOM_NIGHTS = 24;
const USERS = 5;
const DEFAULTS = defaultConfig(rules);

interface Detail {
  readonly id: string;
  readonly run: string;
  readonly scope: Told['scope'];
  readonly severity: string;
  readonly status: string;
  readonly carried?: true;
}

interface Told {
  readonly run: string;
  readonly verdict: string;
  readonly scope: 'changes' | 'all';
  readonly findingEvents: number;
  readonly previousRun?: string;
}

/** Keeps the open findings by events alone; what was heard of a run counts once its own event has come with all of them. */
const consumer = () => {
  const details = new Map<string, Map<string, Detail>>();
  const runs = new Map<string, Told>();

  const detailsOf = ({ run, scope }: Pick<Told, 'run' | 'scope'>): Map<string, Detail> => {
    const key = `${run} ${scope}`;
    const known = details.get(key) ?? new Map<string, Detail>();
    details.set(key, known);
    return known;
  };
  const isWhole = (told: Told): boolean => detailsOf(told).size === told.findingEvents;

  /** The runs that lead to this one from the last that told all; undefined where one of them is not whole. */
  const leadingTo = (run: string | undefined): readonly Told[] | undefined => {
    const told = run === undefined ? undefined : runs.get(run);
    if (told === undefined || !isWhole(told)) return undefined;
    if (told.scope === 'all') return [told];
    const before = leadingTo(told.previousRun);
    return before && [...before, told];
  };

  return {
    hear({ DetailType, Detail: text }: PutEntry): void {
      const detail = JSON.parse(text);
      if (DetailType === 'FinSpace Audit Finding') detailsOf(detail).set(detail.id, detail);
      else if (detail.verdict === 'COMPLETE') runs.set(detail.run, detail);
    },
    /** The open findings after a run, or undefined where not everything up to it was heard. */
    openAfter(run: string): readonly string[] | undefined {
      const open = new Map<string, Detail>();
      for (const told of leadingTo(run) ?? [])
        for (const detail of detailsOf(told).values()) open.set(detail.id, detail);
      const isOpen = ({ status }: Detail): boolean => status === 'failing' || status === 'waived';
      return leadingTo(run) && [...open.values()].filter(isOpen).map(wordsOf).toSorted();
    },
  };
};

const wordsOf = ({ id, severity, status, carried }: Pick<Detail, 'id' | 'severity' | 'status' | 'carried'>): string =>
  `${id} ${severity} ${status}${carried ? ' carried' : ''}`;

/** The same by the archive, which alone says what is true. */
const openIn = (findings: readonly Finding[]): readonly string[] => {
  const events = new Set(rules.filter(({ kind }) => kind === 'change').map(({ id }) => id));
  return findings
    .filter(({ state, ruleId }) => state !== 'resolved' && !events.has(ruleId))
    .map(({ ruleId, subject, severity, state, carried }) => {
      const id = `${ENVIRONMENT}/${ruleId}/${harmlessId(subject)}`;
      return wordsOf({ id, severity, status: state === 'waived' ? 'waived' : 'failing', ...(carried && { carried }) });
    })
    .toSorted();
};

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
  bus: some('up', 'up', 'up', 'up', 'down', 'refuses', 'answers with faults'),
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

/** What the bus does in a night: of a request, by its number in the night. */
const ANSWERS: Readonly<Record<string, (request: number) => PutAnswer | undefined>> = {
  up: () => undefined,
  down: () => ({ status: 400, code: 'AccessDeniedException' }),
  refuses: () => ({ refuse: [0], code: 'MalformedDetail' }),
  'answers with faults': (request) => (request % 2 === 0 ? { refuse: [0], code: 'ThrottlingException' } : undefined),
};

/** Nobody wanted events before. */
const FIRST_NIGHT = 3;

/** A user whose last login can be read, can't, and can again: by chance that is rare. */
const FIRST_NIGHTS = [daysAgo(100), daysAgo(100), daysAgo(100), 'soon', daysAgo(100)].map((lastLoginTime) => ({
  changes: [{ user: 0, member: { lastLoginTime } }],
  isCut: false,
  bus: 'up',
}));

const states = new Set<unknown>();

let bus: EventBus | undefined;
afterEach(async () => bus?.close());

test.each([1, 2, 3, 4])(
  'whoever knows nothing but the events has the open findings of each of 30 nights, or knows that it has not: %s',
  async (seed) => {
    const [nights = []] = fc.sample(fc.array(night, { minLength: RANDOM_NIGHTS, maxLength: RANDOM_NIGHTS }), {
      numRuns: 1,
      seed,
    });
    const archive = memoryArchive();
    const next = newWorld();
    const heard = consumer();
    let answer: (request: number) => PutAnswer | undefined = () => undefined;
    let before = 0;
    bus = await startEventBus((request) => answer(request - before));
    const { url, accepted, requests } = bus;
    const channel = eventBridgeChannel('default', {
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 's' },
      firstWaitMs: 0,
    });
    let told = 0;
    const truth = new Map<string, readonly string[]>();
    // The last night is a quiet one, so that there is one at which everything has come.
    const played = [...FIRST_NIGHTS, ...nights, { changes: [], isCut: false, bus: 'up' }];
    for (const [index, { changes, isCut, bus: mood }] of played.entries()) {
      const number = index + 1;
      const { users, config, waivers } = next(changes, nightAt(number));
      before = requests.length;
      answer = ANSWERS[mood] ?? answer;
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
          channels: number < FIRST_NIGHT ? [] : [channel],
          notifyWaitMs: 0,
          clock: stoppedClock(nightAt(number).getTime()),
        },
      );
      // In the order in which they came last: a bus promises none.
      for (const entry of accepted.slice(told).toReversed()) {
        heard.hear(entry);
        states.add(JSON.parse(entry.Detail).state);
      }
      told = accepted.length;
      if (number < FIRST_NIGHT) continue;
      if (report.verdict === 'COMPLETE')
        truth.set(
          report.run,
          openIn((await readJsonLines(archive, nightKeys(number).object(OUTPUTS.findings))) as readonly Finding[]),
        );
      const wasSent = deliveries.events?.outcome === 'sent';
      expect([number, wasSent]).toEqual([number, mood === 'up' || mood === 'answers with faults']);
      for (const [run, open] of truth) {
        const rebuilt = heard.openAfter(run);
        if (rebuilt !== undefined) expect([run, rebuilt]).toEqual([run, open]);
        if (run === report.run && wasSent) expect([run, rebuilt]).toEqual([run, open]);
      }
    }
    expect([...truth.keys()].filter((run) => heard.openAfter(run) === undefined)).toEqual([]);
    expect(truth.has(nightRun(played.length))).toBe(true);
  },
  60_000,
);

test('these nights had every kind of news', () => {
  const kinds = [
    'assessed-again',
    'carried',
    'escalated',
    'event',
    'lowered',
    'new',
    'open',
    'reopened',
    'resolved',
    'waived',
    'waiver-ended',
  ];
  // The event of a run has none.
  expect(states).toEqual(new Set([...kinds, undefined]));
});
