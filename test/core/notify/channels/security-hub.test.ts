import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Archive } from '../../../../core/archive/archive.ts';
import { runKeys } from '../../../../core/archive/keys.ts';
import type { Report } from '../../../../core/model/report.ts';
import { runName } from '../../../../core/model/run-name.ts';
import { securityHubChannel } from '../../../../core/notify/channels/security-hub.ts';
import { MOST_SPLITS } from '../../../../core/notify/notify-security-hub.ts';
import { messageOf } from '../../../../core/text/error-message.ts';
import { plural } from '../../../../core/text/plain-text.ts';
import type { Finding } from '../../../../rules/engine/finding.ts';
import { rules } from '../../../../rules/index.ts';
import { ACCOUNT, ENVIRONMENT } from '../../../support/builders.ts';
import { type Mood, playNights } from '../../../support/changing-nights.ts';
import { AS_OF, aFinding, aWaiver, findingsOfAllKinds } from '../../../support/findings.ts';
import { memoryArchive } from '../../../support/memory-archive.ts';
import {
  type ImportAnswer,
  type ImportedFinding,
  type SecurityHubServer,
  startSecurityHub,
} from '../../../support/security-hub.ts';
import { aReport } from '../digest/facts.ts';

const REGION = 'us-east-1';
const HUB = { accountId: ACCOUNT, region: REGION, credentials: { accessKeyId: 'a', secretAccessKey: 's' } };

let hub: SecurityHubServer | undefined;
beforeEach(() => {
  delete process.env.AWS_ENDPOINT_URL_SECURITYHUB;
});
afterEach(async () => {
  await hub?.close();
  delete process.env.AWS_ENDPOINT_URL_SECURITYHUB;
});

const startHub = async (options: Parameters<typeof startSecurityHub>[0] = {}): Promise<SecurityHubServer> => {
  hub = await startSecurityHub(options);
  process.env.AWS_ENDPOINT_URL_SECURITYHUB = hub.url;
  return hub;
};

const channelTo = (place = HUB) => securityHubChannel(() => place, rules, { firstWaitMs: 1 });

/** A clock that goes on only where somebody waits. */
const waitingClock = () => {
  let now = Date.parse(AS_OF);
  const sleep = async (ms: number): Promise<void> => {
    const awake = now + ms;
    await setImmediate();
    now = Math.max(now, awake);
  };
  return { now: () => now, sleep };
};

interface Given {
  readonly report?: Partial<Report>;
  readonly archive?: Archive;
  readonly channel?: ReturnType<typeof channelTo>;
}

const send = async (findings: readonly Finding[], { report, archive, channel = channelTo() }: Given = {}) =>
  channel.prepare({
    report: aReport({ environmentId: ENVIRONMENT, accountId: ACCOUNT, asOf: AS_OF, ...report }),
    reportKey: 'reports/report.json',
    digest: undefined,
    archive: archive ?? memoryArchive(),
    async *findings() {
      yield* findings;
    },
  })?.();

const aUsersFinding = (n: number, differs: Partial<Finding> = {}): Finding =>
  aFinding({ state: 'new', subject: { kind: 'user', id: `u${n}` }, ...differs });

const manyFindings = (count: number): readonly Finding[] => Array.from({ length: count }, (_, n) => aUsersFinding(n));

describe('a run', () => {
  test('of every kind of finding is as AWS takes it', async () => {
    const { findings } = await startHub();
    const told = findingsOfAllKinds();
    expect(await send(told)).toMatchObject({ scope: 'all' });
    expect(findings.size).toBeGreaterThan(25);
  });

  test.each([
    { count: 0, sizes: [] },
    { count: 100, sizes: [100] },
    { count: 101, sizes: [100, 1] },
  ])('of $count findings is sent by the hundred', async ({ count, sizes }) => {
    const { requests, findings } = await startHub();
    expect(await send(manyFindings(count))).toEqual({ findings: count, scope: 'all' });
    expect(requests.map(({ length }) => length).toSorted((a, b) => b - a)).toEqual(sizes);
    expect(findings.size).toBe(count);
  });

  test('of many findings is sent no faster than AWS allows', async () => {
    const clock = waitingClock();
    const taken = await startHub({ now: clock.now });
    const channel = securityHubChannel(() => HUB, rules, { firstWaitMs: 1, clock });
    expect(await send(manyFindings(4000), { channel })).toMatchObject({ findings: 4000 });
    expect({ requests: taken.requests.length, throttled: taken.throttled() }).toEqual({ requests: 40, throttled: 0 });
  });

  test('that is not complete tells nothing', () => {
    const notification = { report: aReport({ verdict: 'INCOMPLETE' }), reportKey: undefined, digest: undefined };
    const findings = async function* none() {};
    expect(channelTo().prepare({ ...notification, archive: memoryArchive(), findings })).toBeUndefined();
  });
});

describe('what is told of a run', () => {
  const BEFORE = new Date(Date.parse(AS_OF) - 86_400_000);
  const marked = async (): Promise<Archive> => {
    const archive = memoryArchive();
    const marker = runKeys(ENVIRONMENT, BEFORE).marker('security-hub');
    await archive.create(marker, { bytes: Buffer.from('{}') }, 'application/json');
    return archive;
  };
  const stands = [
    aUsersFinding(1, { state: 'open' }),
    aUsersFinding(2, { state: 'waived', waiver: aWaiver }),
    aUsersFinding(3, { state: 'open', carried: true }),
  ];
  const follows = { previousRun: runName(BEFORE) };

  test('is what changed, where the run before was told', async () => {
    await startHub();
    const told = await send([...stands, aUsersFinding(4)], { archive: await marked(), report: follows });
    expect(told).toEqual({ findings: 1, scope: 'changes' });
  });

  test('is all that is open, where the run before was not', async () => {
    await startHub();
    const ended = aUsersFinding(4, { state: 'waived', waiver: aWaiver, ruleId: 're-enabled' });
    expect(await send([...stands, ended], { report: follows })).toEqual({ findings: 3, scope: 'all' });
  });

  test('is nothing while the archive does not give the run before: its events may be over', async () => {
    const { requests } = await startHub();
    const archive: Archive = { ...memoryArchive(), read: () => Promise.reject(new Error('no answer')) };
    await expect(send(stands, { archive, report: follows })).rejects.toThrow('no answer');
    expect(requests).toHaveLength(0);
  });

  test('is no less where the run before was altered', async () => {
    await startHub();
    const archive = await marked();
    const { manifest } = runKeys(ENVIRONMENT, BEFORE);
    await archive.create(manifest, { bytes: Buffer.from('{}') }, 'application/json');
    expect(await send(manyFindings(2), { archive, report: follows })).toEqual({ findings: 2, scope: 'changes' });
  });

  test('is all that is open at least every 30 days, be it that runs are a week apart', async () => {
    await startHub();
    for (const days of [1, 7]) {
      const scopes: unknown[] = [];
      for (let day = 0; day < 30; day += days) {
        const [before, now] = [day, day + days].map((n) => new Date(Date.parse(AS_OF) + n * 86_400_000));
        const archive = memoryArchive();
        const marker = runKeys(ENVIRONMENT, before ?? new Date()).marker('security-hub');
        await archive.create(marker, { bytes: Buffer.from('{}') }, 'application/json');
        const report = { asOf: now?.toISOString() ?? '', previousRun: runName(before ?? new Date()) };
        scopes.push(Object(await send(stands, { archive, report })).scope);
      }
      expect([days, scopes]).toEqual([days, expect.arrayContaining(['all', 'changes'])]);
    }
  });
});

describe('findings that are not taken', () => {
  test.each(['ThrottlingException', 'InternalException', 'LimitExceededException'])(
    'for %s are sent again, and nothing else',
    async (code) => {
      const answer = (request: number): ImportAnswer | undefined =>
        request === 0 ? { refuse: [1, 3], code } : undefined;
      const { requests, findings } = await startHub({ answer });
      expect(await send(manyFindings(5))).toMatchObject({ findings: 5 });
      expect(requests.map(({ length }) => length)).toEqual([5, 2]);
      expect(findings.size).toBe(5);
    },
  );

  test.each<{ says: object; told: string }>([
    { says: {}, told: 'an unknown number of 2' },
    { says: { FailedCount: 0, SuccessCount: 1, FailedFindings: [] }, told: '1 of 2' },
    { says: { FailedCount: 2, SuccessCount: 0, FailedFindings: [] }, told: '0 of 2' },
  ])('are not taken for told by an answer that does not say so: $told', async ({ says, told }) => {
    const { requests, findings } = await startHub({ answer: (request) => (request === 0 ? { says } : undefined) });
    expect(await send(manyFindings(2))).toMatchObject({ findings: 2 });
    expect([findings.size, requests.length]).toStrictEqual([2, 2]);

    await startHub({ answer: () => ({ says }) });
    await expect(send(manyFindings(2))).rejects.toThrow(
      `said that it took ${told} findings, and did not name the others`,
    );
  });

  test.each(['InvalidInput', 'ValidationException', 'AccessDenied'])(
    'for good are named, and keep no others from being sent: %s',
    async (code) => {
      const answer = (request: number): ImportAnswer | undefined => (request === 0 ? { refuse: [0], code } : undefined);
      const { findings, requests } = await startHub({ answer });
      await expect(send(manyFindings(250))).rejects.toThrow(
        new RegExp(`^Security Hub refused 1 finding for good, among them finspace-user-auditor/.*: ${code}$`),
      );
      expect([findings.size, requests.length]).toEqual([249, 3]);
    },
  );

  test('however often they are sent, end in an error that says why', async () => {
    const { requests } = await startHub({ answer: () => ({ refuse: [0], code: 'InternalException' }) });
    await expect(send(manyFindings(2))).rejects.toThrow('did not take 1 of its findings: InternalException');
    expect(requests).toHaveLength(8);
  });

  test('for several reasons name each once', async () => {
    const codes = ['ThrottlingException', 'InternalException', 'ThrottlingException'];
    await startHub({
      answer: (_request, findings) => {
        const FailedFindings = findings.map(({ Id }, n) => ({ Id, ErrorCode: codes[n], ErrorMessage: 'later' }));
        return { says: { FailedCount: 3, SuccessCount: 0, FailedFindings } };
      },
    });
    await expect(send(manyFindings(3))).rejects.toThrow(
      new Error('Security Hub did not take 3 of its findings: ThrottlingException, InternalException'),
    );
  });

  test('since Security Hub is not on, are not sent again', async () => {
    const { state, requests } = await startHub();
    state.isOn = false;
    await expect(send(manyFindings(2))).rejects.toThrow(/is not subscribed/);
    expect(requests).toHaveLength(0);
  });

  test('are those of another account and region, too', async () => {
    await startHub({ account: '999999999999' });
    await expect(send(manyFindings(1))).rejects.toThrow('InvalidInput');
  });
});

describe('a request that is refused as a whole', () => {
  const REFUSAL = { status: 400, code: 'InvalidInputException' } as const;
  /** Refuses requests with one of these among their findings. */
  const refusing =
    (...ids: readonly number[]) =>
    (_request: number, findings: readonly { readonly Id?: unknown }[]): ImportAnswer | undefined =>
      findings.some(({ Id }) => ids.some((id) => String(Id).includes(`/u${id}/`))) ? REFUSAL : undefined;
  const idOf = (n: number): string =>
    `finspace-user-auditor/${ENVIRONMENT}/stale-login/u${n}/20261120T020000Z: InvalidInputException`;
  const FAST = { aSecond: 10_000, burst: 10_000 };
  /** No test waits for its turns. */
  const atOnce = () => ({ channel: securityHubChannel(() => HUB, rules, { firstWaitMs: 1, clock: waitingClock() }) });

  test.each([
    { count: 1, at: [0], requests: 1 },
    { count: 2, at: [1], requests: 3 },
    { count: 100, at: [0], requests: 15 },
    { count: 100, at: [99], requests: 13 },
    { count: 250, at: [130], requests: 17 },
    { count: 100, at: [3, 77], requests: 27 },
  ])('is split until $at of $count stand alone, and all others are taken once', async ({ count, at, requests }) => {
    const hubTold = await startHub({ answer: refusing(...at), rate: FAST });
    const named = at.map(idOf).join('; ');
    await expect(send(manyFindings(count), atOnce())).rejects.toThrow(
      `Security Hub refused ${plural(at.length, 'finding')} for good, among them ${named}`,
    );
    expect(hubTold.findings.size).toBe(count - at.length);
    expect(hubTold.requests.length).toBeLessThanOrEqual(requests);
  });

  test.each(['ValidationException', 'SerializationException', 'RequestEntityTooLargeException'])(
    'is split for %s too',
    async (code) => {
      const answer = { status: 400, code };
      const { findings } = await startHub({ answer: (...asked) => refusing(1)(...asked) && answer, rate: FAST });
      await expect(send(manyFindings(3), atOnce())).rejects.toThrow('refused 1 finding for good, among them');
      expect(findings.size).toBe(2);
    },
  );

  test('names three of those that are refused for good, and counts them all', async () => {
    await startHub({ answer: refusing(0, 1, 2, 3), rate: FAST });
    await expect(send(manyFindings(8), atOnce())).rejects.toThrow(
      new Error(`Security Hub refused 4 findings for good, among them ${[0, 1, 2].map(idOf).join('; ')}`),
    );
  });

  test('is split no further where Security Hub takes nothing, and says what was not looked for', async () => {
    const { requests, findings } = await startHub({ answer: () => REFUSAL, rate: FAST });
    const message = await send(manyFindings(1000), atOnce()).then(() => '', messageOf);
    const [, alone, together] =
      /^Security Hub refused (\d+) findings for good, among them .*; it refused (\d+) more together, and which of them is to blame was not looked for$/.exec(
        message,
      ) ?? [];
    expect(Number(alone) + Number(together)).toBe(1000);
    expect(findings.size).toBe(0);
    expect(requests).toHaveLength(10 + 2 * MOST_SPLITS);
  });

  test('with findings that were not taken for now, has these sent again', async () => {
    const answer = (request: number, findings: readonly { readonly Id?: unknown }[]): ImportAnswer | undefined =>
      request === 2 ? { refuse: [0], code: 'InternalException' } : refusing(0)(request, findings);
    const hubTold = await startHub({ answer, rate: FAST });
    await expect(send(manyFindings(4), atOnce())).rejects.toThrow('refused 1 finding for good');
    expect(hubTold.findings.size).toBe(3);
  });

  test.each([
    { status: 403, code: 'AccessDeniedException' },
    { status: 401, code: 'InvalidAccessException' },
  ])('for $code is not split', async (refusal) => {
    const { requests } = await startHub({ answer: () => refusal });
    await expect(send(manyFindings(100))).rejects.toMatchObject({ name: refusal.code });
    expect(requests).toHaveLength(1);
  });
});

describe('the time for telling', () => {
  /** Holds the machine's timers, so that only the time of the given clock passes. */
  const holdTimers = () =>
    jest.useFakeTimers({
      doNotFake: ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'setInterval'],
    });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('is over in between: what was taken stays, and the message says that the next run sends the rest', async () => {
    holdTimers();
    const clock = waitingClock();
    const { findings, requests } = await startHub({ now: clock.now });
    // A request each 100 ms: the eleventh would begin when it is over.
    const channel = securityHubChannel(() => HUB, rules, { firstWaitMs: 1, clock, until: clock.now() + 1000 });
    await expect(send(manyFindings(4000), { channel })).rejects.toThrow(
      'Security Hub took 1,000 findings before the time was over: the next run sends what is undelivered',
    );
    expect([findings.size, requests.length]).toEqual([1000, 10]);
  });

  test('just suffices', async () => {
    holdTimers();
    const clock = waitingClock();
    await startHub({ now: clock.now });
    const channel = securityHubChannel(() => HUB, rules, { firstWaitMs: 1, clock, until: clock.now() + 1000 });
    expect(await send(manyFindings(1000), { channel })).toMatchObject({ findings: 1000 });
  });

  test('is not waited past for an answer that does not come', async () => {
    const unanswered = Promise.withResolvers<undefined>();
    await startHub({ answer: () => unanswered.promise });
    const channel = securityHubChannel(() => HUB, rules, { firstWaitMs: 1, until: Date.now() + 300 });
    await expect(send(manyFindings(1), { channel })).rejects.toThrow(
      'Security Hub took 0 findings before the time was',
    );
    unanswered.resolve(undefined);
  });

  test('that is over has the next run send what is undelivered', async () => {
    const { findings } = await startHub();
    const channelUntil = (until: number) => securityHubChannel(() => HUB, rules, { firstWaitMs: 1, until });
    const nights = playNights(1, (number) =>
      number < 2 ? [] : [channelUntil(number === 2 ? 0 : Number.POSITIVE_INFINITY)],
    );
    const outcomes: unknown[] = [];
    for await (const { number, deliveries } of nights) {
      outcomes.push(deliveries['security-hub']?.outcome);
      if (number === 2) expect(findings.size).toBe(0);
      if (number === 3) break;
    }
    expect(outcomes.slice(-2)).toEqual(['failed', 'sent']);
  });
});

describe('in 30 nights', () => {
  const ANSWERS: Readonly<Record<Mood, (request: number) => ImportAnswer | undefined>> = {
    up: () => undefined,
    down: () => ({ status: 403, code: 'AccessDeniedException' }),
    refuses: (request) =>
      request % 2 === 0 ? { refuse: [0], code: 'InvalidInput' } : { status: 400, code: 'InvalidInputException' },
    'answers with faults': (request) => (request % 2 === 0 ? { refuse: [0], code: 'InternalException' } : undefined),
  };
  const FIRST_NIGHT = 3;
  const idOf = ({ ruleId, subject, firstSeen }: Finding): string =>
    `finspace-user-auditor/${ENVIRONMENT}/${ruleId}/${subject.id}/${runName(new Date(firstSeen))}`;
  const events = new Set(rules.filter(({ kind }) => kind === 'change').map(({ id }) => id));
  const wordsOf = ({ Id, Compliance, ProductFields, FindingProviderFields }: ImportedFinding): string =>
    [Id, Compliance.Status, FindingProviderFields.Severity.Label, ProductFields.Waived ?? ''].join(' ');

  /** The findings that have to be active after a night: all that are open, and the night's events. */
  const activeBy = (findings: readonly Finding[]): readonly string[] =>
    findings
      .filter(({ state, ruleId }) => state === 'event' || (state !== 'resolved' && !events.has(ruleId)))
      .map((finding) => {
        const status = finding.carried ? 'NOT_AVAILABLE' : 'FAILED';
        return [idOf(finding), status, finding.severity, String(finding.waiver !== undefined)].join(' ');
      })
      .toSorted();

  test.each([1, 2, 3, 4])('active is what fails, and green only what was fixed: %s', async (seed) => {
    let mood: Mood = 'up';
    const { findings, requests } = await startHub({
      answer: () => ANSWERS[mood](requests.length - 1),
      rate: { aSecond: 1000, burst: 1000 },
    });
    const fixed = new Set<string>();
    const channel = channelTo();
    const nights = playNights(seed, (number, now) => {
      mood = now;
      return number < FIRST_NIGHT ? [] : [channel];
    });
    for await (const night of nights) {
      if (night.findings === undefined) continue;
      for (const one of night.findings) if (one.state === 'resolved' && one.cause === 'fixed') fixed.add(idOf(one));
      if (night.deliveries['security-hub']?.outcome !== 'sent') continue;
      const all = [...findings.values()];
      const active = all
        .filter(({ RecordState }) => RecordState === 'ACTIVE')
        .map(wordsOf)
        .toSorted();
      expect([night.number, active]).toEqual([night.number, activeBy(night.findings)]);
      for (const { Id, Compliance, RecordState } of all)
        if (Compliance.Status === 'PASSED') expect([Id, RecordState, fixed.has(Id)]).toEqual([Id, 'ARCHIVED', true]);
    }
    expect(fixed.size).toBeGreaterThan(0);
  });
});
