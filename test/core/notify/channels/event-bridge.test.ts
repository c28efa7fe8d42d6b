import { afterEach, describe, expect, test } from '@jest/globals';
import type { Report } from '../../../../core/model/report.ts';
import type { Notification } from '../../../../core/notify/channel.ts';
import { eventBridgeChannel, eventBridgeEvents } from '../../../../core/notify/channels/event-bridge.ts';
import type { AuditEvent } from '../../../../core/notify/channels/events.ts';
import type { DeliveryTime } from '../../../../core/notify/channels/lanes.ts';
import type { Finding } from '../../../../rules/engine/finding.ts';
import { HOUR_MS } from '../../../../rules/engine/time.ts';
import { playNights } from '../../../support/changing-nights.ts';
import { type EventBus, type PutEntry, startEventBus } from '../../../support/event-bridge.ts';
import { aFinding } from '../../../support/findings.ts';
import { memoryArchive } from '../../../support/memory-archive.ts';
import { aReport } from '../digest/facts.ts';

const TYPE = 'FinSpace Audit Finding';
/** Bytes of an entry beside its detail. */
const OVERHEAD = Buffer.byteLength(`finspace-user-auditor${TYPE}`);

let bus: EventBus | undefined;
afterEach(async () => {
  await bus?.close();
  bus = undefined;
});

const startBus = async (answer?: Parameters<typeof startEventBus>[0]): Promise<EventBus> => {
  bus = await startEventBus(answer);
  return bus;
};

const SETTINGS = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 's' },
  firstWaitMs: 1,
} as const;

const event = (n: number): AuditEvent => ({ type: TYPE, detail: { n } });

/** An event whose entry takes so many bytes. */
const sizedEvent = (bytes: number): AuditEvent => {
  const rest = bytes - OVERHEAD - Buffer.byteLength('{"text":""}');
  // Two bytes a letter: the limit counts bytes, not characters.
  return { type: TYPE, detail: { text: 'é'.repeat(Math.floor(rest / 2)) + 'e'.repeat(rest % 2) } };
};

const publish = async (
  { url }: EventBus,
  events: readonly AuditEvent[] | AsyncIterable<AuditEvent>,
  time: DeliveryTime = {},
) => eventBridgeEvents('audits', { ...SETTINGS, endpoint: url, ...time })(events);

const events = (count: number) => Array.from({ length: count }, (_, n) => event(n));
/** In ascending order: several requests are on their way at once. */
const numbersIn = (entries: readonly PutEntry[]): readonly number[] =>
  entries.map(({ Detail }): number => JSON.parse(Detail).n).toSorted((a, b) => a - b);
/** The number of entries of each request, the most first. */
const sizesOf = ({ requests }: EventBus) => requests.map(({ length }) => length).toSorted((a, b) => b - a);
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

const typesIn = (entries: readonly PutEntry[]) => [...new Set(entries.map(({ DetailType }) => DetailType))];

async function* linesOf(findings: readonly Finding[]) {
  yield* findings;
}

const notificationOf = (report: Report): Omit<Notification, 'findings'> => ({
  report,
  reportKey: 'reports/report.json',
  digest: undefined,
  archive: memoryArchive(),
});

describe('a request', () => {
  test('says whose events they are, of what type and for which bus', async () => {
    const taken = await startBus();
    expect(await publish(taken, [event(0)])).toBe(1);
    expect(taken.accepted).toEqual([
      { EventBusName: 'audits', Source: 'finspace-user-auditor', DetailType: TYPE, Detail: '{"n":0}' },
    ]);
  });

  test.each([
    { count: 0, sizes: [] },
    { count: 1, sizes: [1] },
    { count: 10, sizes: [10] },
    { count: 11, sizes: [10, 1] },
    { count: 25, sizes: [10, 10, 5] },
  ])('holds at most 10 of $count events', async ({ count, sizes }) => {
    const taken = await startBus();
    expect(await publish(taken, events(count))).toBe(count);
    expect(sizesOf(taken)).toEqual(sizes);
    expect(numbersIn(taken.accepted)).toEqual(numbers(count));
  });

  test.each([
    { name: 'just under 256 KB', bytes: [131_072, 131_071], sizes: [2] },
    { name: '256 KB', bytes: [131_072, 131_072], sizes: [1, 1] },
    { name: 'more after less', bytes: [1000, 262_000, 1000, 1000], sizes: [2, 1, 1] },
  ])('stays under 256 KB: $name', async ({ bytes, sizes }) => {
    const taken = await startBus();
    await publish(taken, bytes.map(sizedEvent));
    expect(sizesOf(taken)).toEqual(sizes);
    expect(taken.accepted).toHaveLength(bytes.length);
  });

  test('is never empty: an event that is too large by itself is sent by itself, and refused', async () => {
    const taken = await startBus();
    await expect(publish(taken, [262_144, 1000].map(sizedEvent))).rejects.toThrow('UnknownError');
    expect(sizesOf(taken)).toEqual(expect.not.arrayContaining([0]));
    expect(taken.requests.length).toBeGreaterThan(0);
  });

  test('is sent before more events are asked for: they may be any number', async () => {
    let asked = 0;
    const askedAtRequest: number[] = [];
    const taken = await startBus(() => {
      askedAtRequest.push(asked);
      return undefined;
    });
    const counted = async function* counted() {
      for (const one of events(1000)) {
        asked += 1;
        yield one;
      }
    };
    await publish(taken, counted());
    const ahead = askedAtRequest.map((count, request) => count - 10 * request);
    // Eight requests at once, and the event that told that the eighth is full.
    expect(Math.max(...ahead)).toBeLessThanOrEqual(81);
    expect(taken.accepted).toHaveLength(1000);
  });
});

describe('what is not accepted', () => {
  test('is sent again, and nothing else', async () => {
    const taken = await startBus((request) =>
      request === 0 ? { refuse: [1, 3], code: 'ThrottlingException' } : undefined,
    );
    expect(await publish(taken, events(10))).toBe(10);
    expect(taken.requests.map(numbersIn)).toEqual([numbers(10), [1, 3]]);
    expect(numbersIn(taken.accepted)).toEqual(numbers(10));
  });

  test('is sent again as often as it is refused in part', async () => {
    const taken = await startBus((request) => (request < 3 ? { refuse: [0], code: 'InternalFailure' } : undefined));
    await publish(taken, events(3));
    expect(taken.requests.map(({ length }) => length)).toEqual([3, 1, 1, 1]);
    expect(numbersIn(taken.accepted)).toEqual([0, 1, 2]);
  });

  test('is given up after 8 times, with the reason', async () => {
    const taken = await startBus((request) => ({ refuse: request < 7 ? [0, 1] : [0], code: 'ThrottlingException' }));
    // An error, not a text: the message has no more than that, of an entry that was accepted in the end least of all.
    await expect(publish(taken, events(3))).rejects.toThrow(
      new Error('EventBridge did not accept 1 of its entries: ThrottlingException'),
    );
    expect(taken.requests).toHaveLength(8);
  });

  test('for several reasons names each once', async () => {
    const codes = ['ThrottlingException', 'InternalFailure', 'ThrottlingException'];
    const refused = codes.map((ErrorCode) => ({ ErrorCode, ErrorMessage: 'later' }));
    const says = { FailedEntryCount: 3, Entries: [...refused, { EventId: 'taken' }] };
    const taken = await startBus(() => ({ says }));
    await expect(publish(taken, events(4))).rejects.toThrow(
      new Error('EventBridge did not accept 3 of its entries: ThrottlingException, InternalFailure'),
    );
  });

  test.each([0, 1, 2])('is what the answer says nothing of, too: %i results of 3', async (results) => {
    const says = { FailedEntryCount: 0, Entries: Array.from({ length: results }, (_, n) => ({ EventId: `${n}` })) };
    const taken = await startBus((request) => (request === 0 ? { says } : undefined));
    expect(await publish(taken, events(3))).toBe(3);
    expect(taken.requests.map(numbersIn)).toEqual([numbers(3), numbers(3).slice(results)]);
  });

  test('ends the publishing: no further events are asked for', async () => {
    let asked = 0;
    const taken = await startBus(() => ({ status: 400, code: 'AccessDeniedException' }));
    const counted = async function* counted() {
      for (const one of events(1000)) {
        asked += 1;
        yield one;
      }
    };
    await expect(publish(taken, counted())).rejects.toThrow(expect.objectContaining({ name: 'AccessDeniedException' }));
    expect(asked).toBeLessThan(1000);
    expect(taken.requests.length).toBeLessThanOrEqual(8);
  });

  test('as a whole is sent again where that may help', async () => {
    const taken = await startBus((request) =>
      request === 0 ? { status: 400, code: 'ThrottlingException' } : undefined,
    );
    expect(await publish(taken, events(2))).toBe(2);
    expect(taken.requests).toHaveLength(2);
  });

  test('for lack of permission is not sent again', async () => {
    const taken = await startBus(() => ({ status: 400, code: 'AccessDeniedException' }));
    await expect(publish(taken, events(2))).rejects.toThrow(expect.objectContaining({ name: 'AccessDeniedException' }));
    expect(taken.requests).toHaveLength(1);
  });
});

describe('the time for telling', () => {
  /** A time that is over once so many requests were answered, and a bus that takes all of them. */
  const overAfter = async (requests: number) => {
    let now = 0;
    const taken = await startBus((request) => {
      if (request + 1 === requests) now = HOUR_MS;
      return undefined;
    });
    return { taken, time: { clock: { now: () => now, sleep: async () => {} }, until: HOUR_MS } };
  };

  test('is over in between: what was taken stays, and the message says that the next run sends the rest', async () => {
    const { taken, time } = await overAfter(20);
    const told = publish(taken, events(1000), time);
    await expect(told).rejects.toThrow('before the time was over: the next run sends what is undelivered');
    const { length } = taken.accepted;
    await expect(told).rejects.toThrow(`EventBridge took ${length} events before`);
    // Besides those answered, as many as are on their way at once.
    expect(length).toBeGreaterThanOrEqual(200);
    expect(length).toBeLessThanOrEqual(280);
  });

  test('just suffices', async () => {
    const { taken, time } = await overAfter(1);
    expect(await publish(taken, events(10), time)).toBe(10);
  });

  test.each([
    { where: 'an answer that does not come', answer: () => new Promise<undefined>(() => {}) },
    { where: 'a bus that takes nothing', answer: () => ({ refuse: [0], code: 'ThrottlingException' }) },
  ])('is not waited past for $where', async ({ answer }) => {
    const taken = await startBus(answer);
    await expect(publish(taken, [event(0)], { firstWaitMs: 10_000, until: Date.now() + 300 })).rejects.toThrow(
      'EventBridge took 0 events before the time was over',
    );
  });

  test('that is over between the findings and their run leaves both to the next run', async () => {
    const { taken, time } = await overAfter(1);
    const channel = eventBridgeChannel('default', undefined, { ...SETTINGS, endpoint: taken.url, ...time });
    const told = channel.prepare({
      ...notificationOf(aReport()),
      findings: () => linesOf([aFinding({ state: 'new' })]),
    });
    await expect(told?.()).rejects.toThrow('EventBridge took 1 event before the time was over');
    expect(typesIn(taken.accepted)).toEqual([TYPE]);
  });

  test('that is over has the next run send what is undelivered', async () => {
    const taken = await startBus();
    const channelUntil = (until: number) =>
      eventBridgeChannel('default', undefined, { ...SETTINGS, endpoint: taken.url, until });
    const runsTold = () =>
      taken.accepted.flatMap(({ DetailType, Detail }) =>
        DetailType === 'FinSpace Audit Run' ? [JSON.parse(Detail).run] : [],
      );
    const outcomes: unknown[] = [];
    for await (const { number, deliveries } of playNights(1, (night) => [channelUntil(night === 2 ? 0 : Infinity)])) {
      outcomes.push(deliveries.events?.outcome);
      if (number < 3) continue;
      expect(runsTold()).toHaveLength(new Set(runsTold()).size);
      break;
    }
    expect(outcomes.slice(-2)).toEqual(['failed', 'sent']);
    expect(runsTold()).toHaveLength(outcomes.length);
  });
});

describe('the event of a run', () => {
  const findings = Array.from({ length: 25 }, (_, n) =>
    aFinding({ state: 'new', subject: { kind: 'user', id: `u${n}` } }),
  );
  const send = async ({ url }: EventBus, report = aReport()) => {
    const channel = eventBridgeChannel('default', undefined, { ...SETTINGS, endpoint: url });
    return channel.prepare({ ...notificationOf(report), findings: () => linesOf(findings) })?.();
  };

  test('comes after all findings were accepted, and says how many they were', async () => {
    const taken = await startBus((request) => (request === 1 ? { refuse: [0], code: 'InternalFailure' } : undefined));
    expect(await send(taken)).toEqual({ events: 26 });
    expect(typesIn(taken.accepted.slice(0, -1))).toEqual([TYPE]);
    const last = taken.accepted.at(-1);
    expect([last?.DetailType, JSON.parse(last?.Detail ?? '')]).toEqual([
      'FinSpace Audit Run',
      expect.objectContaining({ scope: 'all', findingEvents: 25 }),
    ]);
  });

  test('of an incomplete run says nothing of what stands', async () => {
    const taken = await startBus();
    await send(taken, aReport({ verdict: 'INCOMPLETE', reason: 'deadline' }));
    const run = JSON.parse(taken.accepted.at(-1)?.Detail ?? '');
    expect(run).toMatchObject({ verdict: 'INCOMPLETE' });
    expect(Object.keys(run)).toEqual(expect.not.arrayContaining(['scope']));
    expect(Object.keys(run)).toEqual(expect.not.arrayContaining(['findingEvents']));
  });

  test('does not come where one was refused for good', async () => {
    const taken = await startBus((request) => (request > 0 ? { refuse: [0], code: 'MalformedDetail' } : undefined));
    await expect(send(taken)).rejects.toThrow('MalformedDetail');
    expect(typesIn(taken.requests.flat())).toEqual([TYPE]);
  });
});

test.each([
  [{ events: 1 }, true],
  [{ events: 0 }, false],
  [{ events: -1 }, false],
  [{ events: 1.5 }, false],
  [{ events: '1' }, false],
  [{}, false],
])('a marker %j tells that the bus took something: %s', (marker, isReceipt) => {
  expect(eventBridgeChannel('default').hasReceipt?.(marker)).toBe(isReceipt);
});
