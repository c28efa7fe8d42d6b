import { type DurableContext, withDurableExecution } from '@aws/durable-execution-sdk-js';
import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../core/archive/archive.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import { audit } from '../../core/audit/audit.ts';
import type { AuditResult } from '../../core/audit/result.ts';
import type { AuditSettings } from '../../core/audit/settings.ts';
import { configuredSettings } from '../../core/audit/settings.ts';
import { defaultConfig } from '../../core/config/config.ts';
import { systemClock } from '../../core/model/clock.ts';
import { digestChannel, type SendAlert } from '../../core/notify/channels/digest.ts';
import type { Fetch } from '../../core/sources/finspace/request.ts';
import { finspaceSource } from '../../core/sources/finspace/source.ts';
import type { ListingPart } from '../../core/sources/parts/listing-parts.ts';
import { verifyEnvironment } from '../../core/verify/verify.ts';
import { auditInParts } from '../../lambda/durable-audit.ts';
import { rules } from '../../rules/index.ts';
import { makeDirectory } from '../../simulator/directory.ts';
import type { FaultPlan } from '../../simulator/faults.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { networkError, refusal } from '../core/sources/finspace/fake-service.ts';
import { readTree } from '../support/archive-tree.ts';
import { executeDurably } from '../support/durable-engine.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const SCHEDULED_TIME = '2026-11-24T07:00:00Z';
const RUN = '20261124T070000Z';
const USERS = 450;
const PAGE = 10;
const PAGES = USERS / PAGE;

const users = makeDirectory({ users: USERS, seed: 1, asOf: new Date(SCHEDULED_TIME), accountId: '123456789012' }).slice(
  0,
  USERS,
);

let simulator: Simulator;
beforeAll(async () => {
  await LocalDurableTestRunner.setupTestEnvironment();
  simulator = await startSimulator({ users, pageSize: PAGE, region: 'us-east-2' });
});
afterAll(async () => {
  await LocalDurableTestRunner.teardownTestEnvironment();
  await simulator.close();
});

const sent: SendAlert = async () => 'sent';
let sendAlert = sent;
afterEach(() => {
  sendAlert = sent;
});

const settingsFor = (archive: Archive): Omit<AuditSettings, 'listUsers'> => ({
  ...configuredSettings(defaultConfig(rules), [], simulator.environmentId),
  archive,
  channels: [digestChannel((alert) => sendAlert(alert))],
  notifyWaitMs: 100,
});

/** Waiting takes no time, and every request a second. */
const hasty = (send: Fetch) => {
  let ahead = 0;
  const now = (): number => Date.now() + ahead;
  const sleep = async (ms: number) => {
    ahead += ms;
  };
  const clock = { now, sleep };
  const { environmentId, region, url: endpoint, callerCredentials } = simulator;
  const listUsers = finspaceSource({
    environmentId,
    region,
    endpoint,
    mode: 'exchange',
    loadCredentials: async () => callerCredentials,
    clock,
    fetch: (...request) => {
      ahead += 1000;
      return send(...request);
    },
  });
  return { clock, listUsers };
};

/** So long that a part takes the exchange and eleven pages. */
const PART_MS = 12_000;
const PAGES_A_PART = 11;

interface Plan {
  readonly archive?: Archive;
  readonly faults?: FaultPlan;
  readonly send?: Fetch;
  readonly mostTries?: number;
  /** The members that people add who invoke by hand. */
  readonly event?: object;
}

/** The pages that the service gave, in order. */
const pagesAsked = (from: number) =>
  simulator
    .requests()
    .slice(from)
    .flatMap(({ operation, page, status }) => (operation === 'page' && status === 200 ? [page] : []));

/** The audit as the function makes it, and what became of it. */
const prepare = async ({ archive, faults = [], send = fetch, mostTries, event: given = {} }: Plan) => {
  const { environmentId } = simulator;
  const kept = archive ?? folderArchive(await newFolder());
  simulator.setFaults(faults);
  const from = simulator.requests().length;
  const { clock, listUsers } = hasty(send);
  const results: AuditResult[] = [];
  const parts: ListingPart[] = [];
  const setbacks: string[] = [];
  const handler = (event: unknown, context: DurableContext) =>
    auditInParts(event, context, {
      config: { ...defaultConfig(rules), environments: [{ id: environmentId }] },
      settingsOf: () => settingsFor(kept),
      sourceOf: () => listUsers,
      onResult: (result) => results.push(result),
      onPart: (part) => parts.push(part),
      onSetback: (message) => setbacks.push(message),
      clock,
      partMs: PART_MS,
      ...(mostTries !== undefined && { mostTries }),
    });
  const payload = { environmentId, scheduledTime: SCHEDULED_TIME, ...given };
  return { archive: kept, handler, payload, results, parts, setbacks, clock, pages: () => pagesAsked(from) };
};

const auditDurably = async (plan: Plan) => {
  const { handler, payload, pages, ...rest } = await prepare(plan);
  const runner = new LocalDurableTestRunner({ handlerFunction: withDurableExecution(handler) });
  const execution = await runner.run({ payload });
  return { ...rest, execution, pages: pages() };
};

const auditTimelessly = async (plan: Plan, onInvocation?: (kill: () => void) => void) => {
  const { handler, payload, pages, ...rest } = await prepare(plan);
  const execution = await executeDurably(handler, payload, onInvocation);
  return { ...rest, execution, pages: pages() };
};

const auditInOneGo = async (faults: FaultPlan = []) => {
  const archive = folderArchive(await newFolder());
  simulator.setFaults(faults);
  const { clock, listUsers } = hasty(fetch);
  await audit(
    {
      environmentId: simulator.environmentId,
      accountId: '123456789012',
      region: 'us-east-2',
      partition: 'aws',
      asOf: new Date(SCHEDULED_TIME),
      attempt: 'in-one-go',
      deadline: clock.now() + 3_600_000,
      acceptRosterDrop: false,
    },
    { ...settingsFor(archive), listUsers },
  );
  return archive;
};

/** The remains of a run, less those that tell of the way there: an attempt's name, and what the listing cost. */
const evidenceIn = async (archive: Archive) => {
  const evidence: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(await readTree(archive))) {
    const name = key.replace(/(\d{8}T\d{6}Z)-[^/]+\//, '$1-ATTEMPT/');
    if (/\.(?:gz|csv)$/.test(key) && !key.startsWith('listings/')) evidence[name] = text;
    if (!/(?:report|manifest|\/\d{8}T\d{6}Z)\.json$/.test(key) || key.startsWith('alerts/')) continue;
    const { counts, objects, listing: _, source, unfinished = [], ...rest } = JSON.parse(text);
    // The run vouches for the parts that it was listed in, and for what a try that failed left.
    const parts = Object.keys(await readTree(archive)).filter((part) =>
      /^listings\/|^incomplete\/.*\/manifest\.json$/.test(part),
    );
    if (objects !== undefined && !key.startsWith('incomplete/'))
      expect(unfinished.map((object: { key: string }) => object.key)).toEqual(parts);
    const { users: seen, duplicates, pages } = counts;
    const { snapshot, findings, csv } = objects ?? {};
    const hashes = [snapshot, findings, csv].map((object) => object?.sha256);
    evidence[name] = { ...rest, endpoint: source?.endpoint, counts: { seen, duplicates, pages }, hashes };
  }
  return evidence;
};

const everyPageOnce = Array.from({ length: PAGES }, (_, page) => page);

describe('a listing that takes five invocations', () => {
  test('leaves what one in one go leaves, and reads no page twice', async () => {
    const { archive, execution, results, pages } = await auditDurably({});
    expect(execution.getStatus()).toBe('SUCCEEDED');
    expect(execution.getResult()).toMatchObject({ verdict: 'COMPLETE', users: USERS, alert: 'sent' });
    expect(execution.getInvocations()).toHaveLength(Math.ceil(PAGES / PAGES_A_PART) + 1);
    expect(pages).toEqual(everyPageOnce);
    expect(results.map(({ report }) => report.counts)).toEqual([
      { users: USERS, duplicates: 0, conflicting: 0, pages: PAGES, requests: PAGES + 5, throttled: 0, retries: 0 },
    ]);
    expect(await evidenceIn(archive)).toEqual(await evidenceIn(await auditInOneGo()));
    const { problems, notes } = await verifyEnvironment(archive, simulator.environmentId);
    expect({ problems, notes }).toEqual({ problems: [], notes: [] });
  });

  test('keeps no page token outside of the archive', async () => {
    const { execution } = await auditDurably({});
    const tokens = simulator.requests().flatMap(({ nextToken }) => nextToken ?? []);
    const journal = JSON.stringify(execution.getHistoryEvents());
    expect(tokens.length).toBeGreaterThan(0);
    expect(tokens.filter((token) => journal.includes(JSON.stringify(token).slice(1, 20)))).toEqual([]);
  });

  test.each([
    { name: 'no page twice where it dies after a part was stored', isStored: true, pages: everyPageOnce },
    {
      name: 'that part again, and no other, where it dies before a part was stored',
      isStored: false,
      pages: [...everyPageOnce.slice(0, 2 * PAGES_A_PART), ...everyPageOnce.slice(PAGES_A_PART)],
    },
  ])('reads $name', async ({ isStored, pages: expected }) => {
    const folder = folderArchive(await newFolder());
    let deaths = 0;
    const archive: Archive = {
      ...folder,
      async create(key, ...rest) {
        if (!key.endsWith('/1-0002.jsonl.gz') || deaths > 0) return folder.create(key, ...rest);
        deaths += 1;
        if (isStored) await folder.create(key, ...rest);
        throw new Error('killed');
      },
    };
    const { execution, pages } = await auditDurably({ archive });
    expect(deaths).toBe(1);
    expect(execution.getStatus()).toBe('SUCCEEDED');
    expect(pages).toEqual(expected);
    expect(await evidenceIn(archive)).toEqual(await evidenceIn(await auditInOneGo()));
  });

  test.each<{ name: string; faults: FaultPlan }>([
    {
      name: 'a token of an earlier part that comes again',
      faults: [{ fault: 'repeated-token', page: 2 * PAGES_A_PART, times: 2 }],
    },
  ])('is as incomplete as in one go for $name', async ({ faults }) => {
    const { archive, execution, results } = await auditDurably({ faults });
    expect(execution.getStatus()).toBe('FAILED');
    expect(execution.getError().errorMessage).toContain('is INCOMPLETE');
    expect(results).toHaveLength(1);
    expect(await evidenceIn(archive)).toEqual(await evidenceIn(await auditInOneGo(faults)));
  });
});

/** Refuses the token that these parts begin with, counted over all passes from 1. */
const refusingTokenOf = (isRefused: (part: number) => boolean): Fetch => {
  let parts = 0;
  let isFirst = false;
  return async (input, init) => {
    const { pathname, searchParams } = new URL(input);
    if (pathname !== '/user') {
      parts += 1;
      isFirst = true;
      return fetch(input, init);
    }
    const isRefusal = isFirst && searchParams.has('nextToken') && isRefused(parts);
    isFirst = false;
    return isRefusal ? refusal(400, 'ValidationException') : fetch(input, init);
  };
};

describe('a page token that expired between two invocations', () => {
  test('has the listing begin anew, which the report tells, and mixes in nothing of before', async () => {
    const send = refusingTokenOf((part) => part === 3);
    const { archive, execution, results, pages } = await auditDurably({ send });
    expect(execution.getResult()).toMatchObject({ verdict: 'COMPLETE', users: USERS });
    expect(pages).toEqual([...everyPageOnce.slice(0, 2 * PAGES_A_PART), ...everyPageOnce]);
    expect(results[0]?.report.counts).toMatchObject({ users: USERS, pages: PAGES, duplicates: 0, restarts: 1 });
    expect(await evidenceIn(archive)).toEqual(await evidenceIn(await auditInOneGo()));

    const { run } = results[0]?.report ?? {};
    const told = Object.entries(await readTree(archive)).flatMap(([key, text]) =>
      key.includes(`/${run}/`) && /(?:report\.html|digest\.json)$/.test(key)
        ? [text.replaceAll(/(?:\s|\\n)+/g, ' ')]
        : [],
    );
    expect(told).toEqual([
      expect.stringContaining('the listing was begun anew once'),
      expect.stringContaining('the listing was begun anew once'),
    ]);
  });

  test('ends the audit where it happens in each of three passes', async () => {
    const { execution, results } = await auditDurably({ send: refusingTokenOf((part) => part % 2 === 0) });
    expect(execution.getStatus()).toBe('FAILED');
    expect(results[0]?.report).toMatchObject({
      verdict: 'INCOMPLETE',
      reason: 'validation',
      message: expect.stringContaining(`page ${PAGES_A_PART + 1}: ListUsers failed: ValidationException (400)`),
      counts: { users: PAGES_A_PART * PAGE, pages: PAGES_A_PART, restarts: 2 },
    });
  });
});

describe('an invocation that is killed', () => {
  // What waits for ever holds its folder of spools.
  const abandoned: (() => void)[] = [];
  afterEach(() => {
    for (const end of abandoned.splice(0)) end();
  });

  /** Kills the invocation that creates this for the first times, once it is stored or before. */
  const mortal = async (ending: string, times: number, isStored = false) => {
    const folder = folderArchive(await newFolder());
    let deaths = 0;
    let die = (): void => {};
    const archive: Archive = {
      ...folder,
      async create(key, ...rest) {
        if (!key.endsWith(ending) || deaths >= times) return folder.create(key, ...rest);
        deaths += 1;
        if (isStored) await folder.create(key, ...rest);
        die();
        return new Promise((_resolve, reject) => {
          abandoned.push(() => reject(new Error('killed')));
        });
      },
    };
    return auditTimelessly({ archive }, (kill) => {
      die = kill;
    });
  };

  test.each([
    { name: 'before its part is stored', isStored: false, again: [...everyPageOnce.slice(11, 22)] },
    { name: 'after its part was stored', isStored: true, again: [] },
  ])('is made again where it dies $name', async ({ isStored, again }) => {
    const { archive, execution, pages } = await mortal('/1-0002.jsonl.gz', 1, isStored);
    expect(execution.status).toBe('SUCCEEDED');
    expect(pages).toEqual([...everyPageOnce.slice(0, 22), ...again, ...everyPageOnce.slice(22)]);
    expect(await evidenceIn(archive)).toEqual(await evidenceIn(await auditInOneGo()));
  });

  test('is made again where it dies while it judges, and tells once', async () => {
    let mails = 0;
    sendAlert = async () => {
      mails += 1;
      return 'sent';
    };
    const { archive, execution, pages } = await mortal(`/${RUN}.json`, 1);
    expect(execution.status).toBe('SUCCEEDED');
    expect({ pages, mails }).toEqual({ pages: everyPageOnce, mails: 1 });
    expect(await evidenceIn(archive)).toEqual(await evidenceIn(await auditInOneGo()));
  });

  test('six times at one part is a listing that could not be kept, which is told', async () => {
    const { execution, results } = await mortal('/1-0002.jsonl.gz', Number.POSITIVE_INFINITY);
    expect(execution).toMatchObject({ status: 'FAILED', error: expect.stringContaining('interruption') });
    expect(results).toMatchObject([
      {
        report: { verdict: 'INCOMPLETE', counts: { users: PAGES_A_PART * PAGE } },
        deliveries: { alert: { outcome: 'sent' } },
      },
    ]);
  });

  test('three times while it judges ends the execution', async () => {
    const { execution, pages } = await mortal(`/${RUN}.json`, Number.POSITIVE_INFINITY);
    expect(execution).toMatchObject({ status: 'FAILED', error: expect.stringContaining('interruption') });
    expect(pages).toEqual(everyPageOnce);
  });
});

describe('an archive that fails once while the audit is judged', () => {
  const verdicts = (results: readonly AuditResult[]) =>
    results.map(({ report: { verdict, reason }, deliveries }) => [verdict, reason, deliveries.alert?.outcome]);
  const AGAIN = [['COMPLETE', undefined, 'sent']];

  test('does not cost a listing of many hours where it would not take the manifest', async () => {
    const folder = folderArchive(await newFolder());
    let failures = 1;
    const archive: Archive = {
      ...folder,
      async create(key, ...rest) {
        failures -= key.startsWith('chain/') ? 1 : 0;
        if (key.startsWith('chain/') && failures >= 0) throw new Error('S3 is down');
        return folder.create(key, ...rest);
      },
    };
    const { execution, results, pages } = await auditTimelessly({ archive });
    expect(execution.status).toBe('SUCCEEDED');
    expect(verdicts(results)).toEqual(AGAIN);
    expect(pages).toEqual(everyPageOnce);
    // What it kept of the try that failed besides.
    expect(await evidenceIn(archive)).toMatchObject(await evidenceIn(await auditInOneGo()));
  });

  async function* broken(body: AsyncIterable<Uint8Array>) {
    for await (const chunk of body) {
      yield chunk.subarray(0, 64);
      throw new Error('connection reset');
    }
  }

  test('does not cut the listing where it would not give a part', async () => {
    const folder = folderArchive(await newFolder());
    let reads = 0;
    const archive: Archive = {
      ...folder,
      async read(key) {
        const stored = await folder.read(key);
        if (stored === undefined || !key.endsWith('/1-0002.jsonl.gz')) return stored;
        reads += 1;
        // The first is for the place that the third part begins at.
        if (reads !== 2) return stored;
        return { ...stored, body: broken(stored.body) };
      },
    };
    const { execution, results, setbacks, pages } = await auditTimelessly({ archive });
    expect(execution.status).toBe('SUCCEEDED');
    expect(verdicts(results)).toEqual(AGAIN);
    expect(setbacks).toEqual([expect.stringMatching(/1-0002\.jsonl\.gz can't be read: .*connection reset/)]);
    expect(pages).toEqual(everyPageOnce);
  });
});

describe('what passes', () => {
  const COMPLETE = { status: 'SUCCEEDED', error: undefined };

  /** Refuses the requests that these are, counted from 1, and passes on the others. */
  const refusing = (isRefused: (request: number) => boolean, answer: () => Response | Error): Fetch => {
    let requests = 0;
    return async (input, init) => {
      requests += 1;
      if (!isRefused(requests)) return fetch(input, init);
      const given = answer();
      if (given instanceof Error) throw given;
      return given;
    };
  };

  test.each<[string, Fetch]>([
    [
      'one denial',
      refusing(
        (request) => request === 20,
        () => refusal(403, 'AccessDeniedException'),
      ),
    ],
    [
      'no address for some requests',
      refusing(
        (request) => request > 15 && request < 40,
        () => networkError('ENOTFOUND'),
      ),
    ],
    [
      'a service that is ill for longer than a part',
      refusing(
        (request) => request > 15 && request < 60,
        () => refusal(503, 'ServiceUnavailable'),
      ),
    ],
    [
      'a service that is ill at the start',
      refusing(
        (request) => request < 30,
        () => refusal(503, 'ServiceUnavailable'),
      ),
    ],
  ])('%s: the listing goes on where it stood', async (_name, send) => {
    const { archive, execution, results, pages } = await auditTimelessly({ send });
    expect(execution).toEqual(COMPLETE);
    expect(pages).toEqual(everyPageOnce);
    expect(results).toMatchObject([{ report: { verdict: 'COMPLETE', counts: { users: USERS } } }]);
    expect((await verifyEnvironment(archive, simulator.environmentId)).problems).toEqual([]);
  });

  test('what does not pass ends it, and says what it was, never that Amazon ended the service', async () => {
    const send = refusing(
      (request) => request > 15,
      () => refusal(403, 'AccessDeniedException'),
    );
    const { execution, results, parts } = await auditTimelessly({ send });
    expect(execution.status).toBe('FAILED');
    expect(results).toMatchObject([
      {
        report: {
          verdict: 'INCOMPLETE',
          reason: 'access-denied',
          message: expect.stringContaining('AccessDeniedException (403)'),
        },
      },
    ]);
    expect(parts.map(({ idle }) => idle)).toEqual([0, 0, 1, 2, 3, 4, 5, 6, 7]);
    expect(JSON.stringify(results)).not.toContain('Amazon ended');
  });

  test('each part is told of as it comes', async () => {
    const { parts } = await auditTimelessly({});
    expect(parts.map(({ number, counts }) => [number, counts.pages])).toEqual([
      [1, 11],
      [2, 11],
      [3, 11],
      [4, 11],
      [5, 1],
    ]);
  });

  /** An archive that refuses a run's place for the first times. */
  const refusingRuns = async (times: number): Promise<Archive> => {
    const folder = folderArchive(await newFolder());
    let refusals = times;
    return {
      ...folder,
      async create(key, ...rest) {
        if (!key.startsWith('chain/') || refusals === 0) return folder.create(key, ...rest);
        refusals -= 1;
        throw new Error('AccessDenied');
      },
    };
  };

  test.each([
    { refusals: 2, alerts: 1 },
    { refusals: 5, alerts: 2 },
  ])('a manifest refused $refusals times costs no listing, and people are told once', async ({ refusals, alerts }) => {
    const mails: string[] = [];
    sendAlert = async ({ body }) => {
      mails.push(body);
      return 'sent';
    };
    const { execution, pages, setbacks } = await auditTimelessly({ archive: await refusingRuns(refusals) });
    expect(execution).toEqual(COMPLETE);
    expect({ pages, setbacks: setbacks.length, mails: mails.length }).toEqual({
      pages: everyPageOnce,
      setbacks: refusals,
      mails: alerts,
    });
    expect(mails.slice(0, -1).every((body) => body.includes(`${USERS} users`))).toBe(true);
  });

  test('a drop that is accepted by hand reads nothing again', async () => {
    const archive = await auditInOneGo();
    const later = { scheduledTime: '2026-11-25T07:00:00Z' };
    const send: Fetch = async (input, init) => {
      const answer = await fetch(input, init);
      if (new URL(input).searchParams.get('nextToken') === null) return answer;
      const { users: page } = JSON.parse(await answer.text());
      return Response.json({ users: page });
    };
    const dropped = await auditTimelessly({ archive, send, event: later });
    expect(dropped.results).toMatchObject([{ report: { reason: 'roster-drop' } }]);
    const accepted = await auditTimelessly({ archive, send, event: { ...later, acceptRosterDrop: true } });
    expect(accepted.execution).toEqual(COMPLETE);
    expect(accepted.pages).toEqual([]);
    expect(accepted.results).toMatchObject([{ report: { verdict: 'COMPLETE', counts: { users: 2 * PAGE } } }]);
  });
});

test('a listing that the archive would not keep is told, and is no listing', async () => {
  const folder = folderArchive(await newFolder());
  const archive: Archive = {
    ...folder,
    async create(key, ...rest) {
      if (key.endsWith('/1-0002.jsonl.gz')) throw new Error('S3 is down');
      return folder.create(key, ...rest);
    },
  };
  const { execution, results } = await auditDurably({ archive, mostTries: 1 });
  expect(execution.getStatus()).toBe('FAILED');
  expect(results.map(({ report, deliveries }) => ({ report, deliveries }))).toEqual([
    {
      deliveries: { alert: { outcome: 'sent' } },
      report: expect.objectContaining({
        verdict: 'INCOMPLETE',
        reason: 'source-unavailable',
        message: 'the listing could not be kept: S3 is down',
        counts: expect.objectContaining({ users: PAGES_A_PART * PAGE }),
      }),
    },
  ]);
});

test('a run that is there is not listed again', async () => {
  const archive = await auditInOneGo();
  const { execution, pages } = await auditDurably({ archive });
  expect(execution.getResult()).toMatchObject({ verdict: 'COMPLETE', wasDone: true });
  expect(pages).toEqual([]);
});

test('an alert that was not sent is sent by another try, which judges nothing', async () => {
  const archive = folderArchive(await newFolder());
  let refusals = 1;
  sendAlert = async () => {
    refusals -= 1;
    if (refusals >= 0) throw new Error('SNS is down');
    return 'sent';
  };
  const { execution, results } = await auditTimelessly({ archive });
  expect(execution.status).toBe('SUCCEEDED');
  expect(results.map(({ deliveries, wasDone }) => [deliveries.alert?.outcome, wasDone])).toEqual([
    ['failed', false],
    ['sent', true],
  ]);
});

test('an event that no schedule sends fails at once', async () => {
  const runner = new LocalDurableTestRunner({
    handlerFunction: withDurableExecution((_event, context) =>
      auditInParts({ environmentId: 'unknown' }, context, {
        config: { ...defaultConfig(rules), environments: [{ id: 'abc' }] },
        settingsOf: () => settingsFor(folderArchive('/nowhere')),
        sourceOf: () => hasty(fetch).listUsers,
        onResult: () => {},
        onPart: () => {},
        onSetback: () => {},
        clock: systemClock,
      }),
    ),
  });
  const execution = await runner.run();
  expect(execution.getError().errorMessage).toContain('event.environmentId must be one of abc');
});
