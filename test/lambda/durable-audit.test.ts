import { withDurableExecution } from '@aws/durable-execution-sdk-js';
import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../lambda/archive/folder.ts';
import { verifyEnvironment } from '../../lambda/archive/verify.ts';
import { type AuditResult, type AuditSettings, audit } from '../../lambda/audit.ts';
import { defaultConfig } from '../../lambda/config.ts';
import { auditInParts } from '../../lambda/durable-audit.ts';
import type { Fetch } from '../../lambda/finspace/request.ts';
import { finspaceSource } from '../../lambda/finspace/source.ts';
import { configuredSettings } from '../../lambda/invocation.ts';
import type { Archive, SendAlert } from '../../lambda/ports.ts';
import { rules } from '../../rules/index.ts';
import { makeDirectory } from '../../simulator/directory.ts';
import type { FaultPlan } from '../../simulator/faults.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { readTree } from '../support/archive-tree.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { refusal } from './finspace/fake-service.ts';

const newFolder = temporaryFolders();

const SCHEDULED_TIME = '2026-11-24T07:00:00Z';
const USERS = 450;
const PAGE = 10;
const PAGES = USERS / PAGE;

const users = makeDirectory({
  users: USERS,
  seed: 1,
  asOf: new Date(SCHEDULED_TIME),
  accountId: '123456789012',
}).slice(0, USERS);

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
  sendAlert: (alert) => sendAlert(alert),
  alertPatienceMs: 100,
});

/** Waiting takes no time, and every request a second. */
const hasty = (send: Fetch) => {
  let ahead = 0;
  const now = (): number => Date.now() + ahead;
  const sleep = async (ms: number) => {
    ahead += ms;
  };
  const { environmentId, region, url: endpoint, callerCredentials } = simulator;
  const listUsers = finspaceSource({
    environmentId,
    region,
    endpoint,
    mode: 'exchange',
    loadCredentials: async () => callerCredentials,
    clock: { now, sleep },
    fetch: (...request) => {
      ahead += 1000;
      return send(...request);
    },
  });
  return { now, listUsers };
};

/** So long that a part takes the exchange and eleven pages. */
const PART_MS = 12_000;
const PAGES_A_PART = 11;

interface Plan {
  readonly archive?: Archive;
  readonly faults?: FaultPlan;
  readonly send?: Fetch;
  readonly mostTries?: number;
}

/** The pages that the service gave, in order. */
const pagesAsked = (from: number) =>
  simulator
    .requests()
    .slice(from)
    .flatMap(({ operation, page, status }) => (operation === 'page' && status === 200 ? [page] : []));

const auditDurably = async ({ archive, faults = [], send = fetch, mostTries }: Plan) => {
  const { environmentId } = simulator;
  const kept = archive ?? folderArchive(await newFolder());
  simulator.setFaults(faults);
  const from = simulator.requests().length;
  const { now, listUsers } = hasty(send);
  const results: AuditResult[] = [];
  const handler = withDurableExecution((event, context) =>
    auditInParts(event, context, {
      config: { ...defaultConfig(rules), environments: [{ id: environmentId }] },
      settingsOf: () => settingsFor(kept),
      listUsersOf: () => listUsers,
      onResult: (result) => results.push(result),
      now,
      partMs: PART_MS,
      ...(mostTries !== undefined && { mostTries }),
    }),
  );
  const runner = new LocalDurableTestRunner({ handlerFunction: handler });
  const execution = await runner.run({ payload: { environmentId, scheduledTime: SCHEDULED_TIME } });
  return { archive: kept, execution, results, pages: pagesAsked(from) };
};

const auditInOneGo = async (faults: FaultPlan = []) => {
  const archive = folderArchive(await newFolder());
  simulator.setFaults(faults);
  const { now, listUsers } = hasty(fetch);
  await audit(
    {
      environmentId: simulator.environmentId,
      accountId: '123456789012',
      region: 'us-east-2',
      partition: 'aws',
      asOf: new Date(SCHEDULED_TIME),
      attempt: 'in-one-go',
      deadline: now() + 3_600_000,
      acceptRosterDrop: false,
    },
    { ...settingsFor(archive), listUsers },
  );
  return archive;
};

/** What a run leaves, less what tells of the way there: an attempt's name, and what the listing cost. */
const evidenceIn = async (archive: Archive) => {
  const evidence: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(await readTree(archive))) {
    const name = key.replace(/(\d{8}T\d{6}Z)-[^/]+\//, '$1-ATTEMPT/');
    if (/\.(?:gz|csv)$/.test(key) && !key.startsWith('listings/')) evidence[name] = text;
    if (!/(?:report|manifest|\/\d{8}T\d{6}Z)\.json$/.test(key) || key.startsWith('alerts/')) continue;
    const { counts, objects, ...rest } = JSON.parse(text);
    const { users: seen, duplicates, pages } = counts;
    const { snapshot, findings, csv } = objects ?? {};
    const hashes = [snapshot, findings, csv].map((object) => object?.sha256);
    evidence[name] = { ...rest, counts: { seen, duplicates, pages }, hashes };
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
      { users: USERS, duplicates: 0, pages: PAGES, requests: PAGES + 5, throttled: 0, retries: 0 },
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
    { name: 'access that is denied midway', faults: [{ fault: 'denied', page: 25, times: 2 }] },
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
    expect(results[0]?.report.counts).toMatchObject({
      users: USERS,
      pages: PAGES,
      duplicates: 0,
      restarts: 1,
    });
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
      message: expect.stringContaining(
        `page ${PAGES_A_PART + 1}: ListUsers failed: ValidationException (400)`,
      ),
      counts: { users: PAGES_A_PART * PAGE, pages: PAGES_A_PART, restarts: 2 },
    });
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
  expect(results.map(({ report, alert }) => ({ report, alert }))).toEqual([
    {
      alert: { outcome: 'sent' },
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
  const { execution, results } = await auditDurably({ archive });
  expect(execution.getResult()).toMatchObject({ verdict: 'COMPLETE', alert: 'sent', wasDone: true });
  expect(results.map(({ alert }) => alert.outcome)).toEqual(['failed', 'sent']);
});

test('an event that no schedule sends fails at once', async () => {
  const runner = new LocalDurableTestRunner({
    handlerFunction: withDurableExecution((_event, context) =>
      auditInParts({ environmentId: 'unknown' }, context, {
        config: { ...defaultConfig(rules), environments: [{ id: 'abc' }] },
        settingsOf: () => settingsFor(folderArchive('/nowhere')),
        listUsersOf: () => hasty(fetch).listUsers,
        onResult: () => {},
      }),
    ),
  });
  const execution = await runner.run();
  expect(execution.getError().errorMessage).toContain('event.environmentId must be one of abc');
});
