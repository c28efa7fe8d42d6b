import { afterAll, describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import { audit } from '../../../core/audit/audit.ts';
import type { AuditResult } from '../../../core/audit/result.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { digestChannel } from '../../../core/notify/channels/digest.ts';
import { finspaceSource } from '../../../core/sources/finspace/source.ts';
import { configureRules } from '../../../rules/engine/configure.ts';
import { rules } from '../../../rules/index.ts';
import { consequenceOf, FAULT_KINDS, type Fault, type FaultPlan } from '../../../simulator/faults.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../simulator/server.ts';
import { readJsonLines, readTree } from '../../support/archive-tree.ts';
import { listingFaults } from '../../support/listing-faults.ts';
import * as fc from '../../support/properties.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const directory = (size: number) =>
  Array.from({ length: size }, (_, n) => ({ userId: `user-${n}`, type: 'APP_USER', status: 'ENABLED' }));

interface Run {
  readonly result: AuditResult;
  /** The user ids of the archived snapshot, in order; undefined where no complete run is archived. */
  readonly archived: readonly unknown[] | undefined;
  /** All that the archive holds, but what an unfinished run could read, what was told, and the page of all runs. */
  readonly kept: readonly string[];
}

/** Waiting takes no time and every request takes a second of it, so that a deadline is soon over. */
const impatience = () => {
  let ahead = 0;
  return {
    clock: {
      now: () => Date.now() + ahead,
      sleep: async (ms: number) => {
        ahead += ms;
      },
    },
    fetch: (...request: Parameters<typeof fetch>) => {
      ahead += 1000;
      return fetch(...request);
    },
  };
};

/** One whole audit, from the wire to the folder. */
const auditOf = async (
  { url, environmentId, region, callerCredentials }: Simulator,
  settings: Partial<Parameters<typeof finspaceSource>[0]> = {},
): Promise<Run> => {
  const archive = folderArchive(await newFolder());
  const listUsers = finspaceSource({
    environmentId,
    region,
    endpoint: url,
    mode: 'exchange',
    loadCredentials: async () => callerCredentials,
    ...settings,
  });
  const result = await audit(
    {
      environmentId,
      accountId: '111122223333',
      region,
      partition: 'aws',
      asOf: new Date('2026-11-24T02:00:00Z'),
      attempt: 'first',
      deadline: Date.now() + 60_000,
      acceptRosterDrop: false,
    },
    {
      listUsers,
      archive,
      channels: [digestChannel(async () => 'sent')],
      rules: configureRules(rules),
      waivers: [],
      trustedAccounts: [],
      reminders: defaultConfig(rules).reminders,
      maxDropPercent: 20,
      lateAfterHours: 6,
      config: {},
    },
  );
  const keys = Object.keys(await readTree(archive));
  const snapshot = keys.find((key) => key.startsWith('snapshots/'));
  return {
    result,
    archived:
      snapshot === undefined ? undefined : (await readJsonLines(archive, snapshot)).map((line) => Object(line).userId),
    kept: keys.filter((key) => !/^(?:incomplete|alerts)\/|\/index\.html$/.test(key)),
  };
};

const SIZE = 250;
const simulating = async <T>(options: SimulatorOptions, use: (simulator: Simulator) => Promise<T>) => {
  const simulator = await startSimulator(options);
  try {
    return await use(simulator);
  } finally {
    await simulator.close();
  }
};

const everyone = directory(SIZE).map(({ userId }) => userId);

const shared = startSimulator({ users: directory(SIZE) });
afterAll(async () => (await shared).close());

const auditThrough = async (faults: FaultPlan, requestTimeoutMs = 100): Promise<Run> => {
  const simulator = await shared;
  simulator.setFaults(faults);
  return auditOf(simulator, { ...impatience(), requestTimeoutMs });
};

describe('a run', () => {
  test.each(listingFaults('recoverable'))('is complete in spite of %s on %s', async (fault, _place, where) => {
    const { result, archived } = await auditThrough([{ fault, ...where }]);
    expect(result.report).toMatchObject({ verdict: 'COMPLETE', counts: { users: SIZE } });
    expect(archived).toEqual(everyone);
  });

  test.each(listingFaults('fatal'))('is not complete with %s on %s, and says why', async (fault, _place, where) => {
    // None of these hangs. Of an answer that comes too late on a busy machine, its fault is played, and not met again.
    const { result, kept } = await auditThrough([{ fault, ...where }], 30_000);
    const { verdict, reason, message, counts } = result.report;
    expect(verdict).toBe(
      counts.pages === 0 && ['denied', 'gone', 'expired-credentials'].includes(fault) ? 'FAILED' : 'INCOMPLETE',
    );
    expect(reason).toMatch(/^(?:access-denied|source-unavailable|repeated-token|repeated-page)$/);
    expect(message).toMatch(/^page \d: .*(?:Exception|410|second time|earlier page again)/);
    expect(result.deliveries.alert?.outcome).toBe('sent');
    expect(kept).toStrictEqual([]);
  });
});

const fault: fc.Arbitrary<Fault> = fc
  .record({
    fault: fc.constantFrom(...FAULT_KINDS),
    operation: fc.constantFrom('page', 'page', 'page', 'exchange'),
    page: fc.option(fc.nat(3), { nil: undefined }),
    times: fc.constantFrom(1, 1, 2, 5, Number.POSITIVE_INFINITY),
  })
  .filter(({ fault: kind, operation }) => consequenceOf(kind, operation) !== undefined)
  .map(({ fault: kind, operation, page, times }) => ({
    fault: kind,
    operation,
    times,
    ...(operation === 'page' && page !== undefined && { page }),
  }));

test('whatever the faults, a run is never complete with fewer users, and always says why it is not', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fault, { maxLength: 5 }), async (faults) => {
      const { result, archived, kept } = await auditThrough(faults);
      const { verdict, reason, message, counts } = result.report;
      if (verdict === 'COMPLETE') {
        expect(archived).toEqual(everyone);
        expect(counts.users).toBe(SIZE);
        return;
      }
      expect(kept).toStrictEqual([]);
      expect({ reason, message }).toEqual({ reason: expect.any(String), message: expect.stringMatching(/./) });
    }),
    { numRuns: 60 },
  );
});

test('a directory of 1 050 users is listed whole at 20 requests a second in bursts of 5', async () => {
  const users = directory(1050);
  const rate = { requestsPerSecond: 20, burst: 5 };
  const { result, archived } = await simulating({ users, rate }, (simulator) => auditOf(simulator));
  expect(result.report).toMatchObject({ verdict: 'COMPLETE', counts: { users: 1050, pages: 11 } });
  expect(archived).toEqual(users.map(({ userId }) => userId));
});
