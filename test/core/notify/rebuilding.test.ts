import { afterEach, expect, test } from '@jest/globals';
import { eventBridgeChannel } from '../../../core/notify/channels/event-bridge.ts';
import { harmlessId } from '../../../core/notify/channels/events.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { rules } from '../../../rules/index.ts';
import { nightRun } from '../../support/archived-nights.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { type Mood, playNights } from '../../support/changing-nights.ts';
import { type EventBus, type PutAnswer, type PutEntry, startEventBus } from '../../support/event-bridge.ts';

// Whoever hears the events of an environment, in any order and more than once, and knows nothing else of it.

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

/** The doings of the bus in a night: of a request, by its number in the night. */
const ANSWERS: Readonly<Record<Mood, (request: number) => PutAnswer | undefined>> = {
  up: () => undefined,
  down: () => ({ status: 400, code: 'AccessDeniedException' }),
  refuses: () => ({ refuse: [0], code: 'MalformedDetail' }),
  'answers with faults': (request) => (request % 2 === 0 ? { refuse: [0], code: 'ThrottlingException' } : undefined),
};

/** Nobody wanted events before. */
const FIRST_NIGHT = 3;

const states = new Set<unknown>();

let bus: EventBus | undefined;
afterEach(async () => bus?.close());

test.each([1, 2, 3, 4])(
  'whoever knows nothing but the events has the open findings of each of 30 nights, or knows that it has not: %s',
  async (seed) => {
    const heard = consumer();
    let answer: (request: number) => PutAnswer | undefined = () => undefined;
    let before = 0;
    bus = await startEventBus((request) => answer(request - before));
    const { url, accepted, requests } = bus;
    const channel = eventBridgeChannel('default', undefined, {
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 's' },
      firstWaitMs: 0,
    });
    let told = 0;
    const truth = new Map<string, readonly string[]>();
    const nights = playNights(seed, (number, mood) => {
      before = requests.length;
      answer = ANSWERS[mood];
      return number < FIRST_NIGHT ? [] : [channel];
    });
    for await (const { number, mood, report, deliveries, findings } of nights) {
      // In the order in which they came last: a bus promises none.
      for (const entry of accepted.slice(told).toReversed()) {
        heard.hear(entry);
        states.add(JSON.parse(entry.Detail).state);
      }
      told = accepted.length;
      if (number < FIRST_NIGHT) continue;
      if (findings !== undefined) truth.set(report.run, openIn(findings));
      const wasSent = deliveries.events?.outcome === 'sent';
      expect([number, wasSent]).toEqual([number, mood === 'up' || mood === 'answers with faults']);
      for (const [run, open] of truth) {
        const rebuilt = heard.openAfter(run);
        if (rebuilt !== undefined) expect([run, rebuilt]).toEqual([run, open]);
        if (run === report.run && wasSent) expect([run, rebuilt]).toEqual([run, open]);
      }
    }
    expect([...truth.keys()].filter((run) => heard.openAfter(run) === undefined)).toStrictEqual([]);
    expect(truth.has(nightRun(30))).toBe(true);
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
