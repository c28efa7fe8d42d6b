import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { StopReason } from '../../../../core/model/listing.ts';
import type { FinspaceSettings } from '../../../../core/sources/finspace/settings.ts';
import { finspaceSource } from '../../../../core/sources/finspace/source.ts';
import type { FaultKind } from '../../../../simulator/faults.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../../simulator/server.ts';
import { listingFaults } from '../../../support/listing-faults.ts';

const open: Simulator[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});

const start = async (options: SimulatorOptions): Promise<Simulator> => {
  const simulator = await startSimulator(options);
  open.push(simulator);
  return simulator;
};

const directory = (size: number) => Array.from({ length: size }, (_, i) => ({ userId: `user-${i}`, firstName: 'Zoë' }));

const list = async (
  { url, environmentId, region, callerCredentials }: Simulator,
  settings: Partial<FinspaceSettings> = {},
  deadlineMs = 10_000,
) => {
  const source = finspaceSource({
    environmentId,
    region,
    endpoint: url,
    mode: 'exchange',
    loadCredentials: async () => callerCredentials,
    random: () => 0.1,
    ...settings,
  });
  const listing = source(Date.now() + deadlineMs);
  const users: unknown[] = [];
  for await (const page of listing.pages) users.push(...page);
  return { users, end: listing.end(), counts: listing.counts() };
};

const USERS = directory(250);

const REASONS: Readonly<Partial<Record<FaultKind, StopReason>>> = {
  denied: 'access-denied',
  'expired-credentials': 'access-denied',
  gone: 'source-unavailable',
  'repeated-token': 'repeated-token',
  'token-cycle': 'repeated-token',
  'repeated-page': 'repeated-page',
};

describe('over the wire', () => {
  it.each(listingFaults('recoverable'))('%s on %s passes: every user is listed', async (fault, _place, where) => {
    const simulator = await start({ users: USERS, faults: [{ fault, seconds: 0, ...where }] });
    const { users, end } = await list(simulator, { requestTimeoutMs: fault === 'hang' ? 60 : 2000 });
    expect(end).toEqual({ complete: true });
    expect([...new Map(users.map((user) => [JSON.stringify(user), user])).values()]).toEqual(USERS);
    expect(simulator.stats().faultsPlayed).toBeGreaterThan(0);
  });

  it.each(listingFaults('fatal'))('%s on %s cuts the listing', async (fault, _place, where) => {
    const simulator = await start({ users: USERS, faults: [{ fault, ...where }] });
    const { users, end } = await list(simulator);
    expect(end).toMatchObject({ complete: false, reason: REASONS[fault] });
    expect(USERS).toEqual(expect.arrayContaining(users));
  });

  it.each(['expired-credentials', 'internal-error', 'truncated-body', 'hang'] as const)(
    '%s that never passes cuts the listing by the deadline',
    async (fault) => {
      const simulator = await start({ users: USERS, faults: [{ fault, page: 1, times: Number.POSITIVE_INFINITY }] });
      const began = Date.now();
      const { users, end } = await list(simulator, { requestTimeoutMs: 100 }, 600);
      expect(end).toMatchObject({
        complete: false,
        reason: fault === 'expired-credentials' ? 'access-denied' : 'deadline',
      });
      expect(users).toEqual(USERS.slice(0, 100));
      expect(Date.now() - began).toBeLessThan(10_000);
    },
  );

  it.each([0, 1, 99, 100, 101, 250])('lists a directory of %i', async (size) => {
    const users = directory(size);
    const listed = await list(await start({ users }));
    expect(listed.end).toEqual({ complete: true });
    expect(listed.users).toEqual(users);
  });

  it('lists with credentials that were copied from the web app', async () => {
    const simulator = await start({ users: USERS });
    const listed = await list(simulator, {
      mode: 'direct',
      loadCredentials: async () => simulator.directCredentials(),
    });
    expect(listed.end).toEqual({ complete: true });
    expect(simulator.stats().exchanges).toBe(0);
  });

  it("refuses the caller's own keys as FinSpace credentials", async () => {
    const listed = await list(await start({ users: USERS }), { mode: 'direct' });
    expect(listed.end).toMatchObject({ complete: false, reason: 'access-denied' });
  });

  it.each([
    ['behind', 3_600_000],
    ['ahead', -3_600_000],
  ])('corrects a clock that is %s of the service', async (_name, clockSkewMs) => {
    const simulator = await start({ users: USERS, clockSkewMs });
    const listed = await list(simulator);
    expect(listed.end).toEqual({ complete: true });
    expect(simulator.stats().rejectedSignatures).toBe(1);
  });

  it('renews credentials that expire earlier than they say', async () => {
    let now = Date.now();
    const simulator = await start({ users: USERS, credentialsLifetimeMs: 60_000, clock: () => now });
    const listed = await list(
      simulator,
      {
        clock: { now: () => now, sleep: async () => undefined },
        onEvent: ({ kind }) => {
          if (kind === 'page') now += 40_000;
        },
      },
      3_600_000,
    );
    expect(listed.end).toEqual({ complete: true });
    expect(listed.users).toEqual(USERS);
    expect(simulator.stats().exchanges).toBe(2);
  });

  it('says that another environment is not valid', async () => {
    const listed = await list(await start({ users: USERS }), { environmentId: 'another' });
    expect(listed.end).toMatchObject({
      complete: false,
      reason: expect.stringMatching(/^(validation|access-denied)$/),
    });
  });

  it('says that a region is wrong', async () => {
    const listed = await list(await start({ users: USERS }), { region: 'eu-west-1' });
    expect(listed.end).toMatchObject({ complete: false, reason: 'access-denied' });
  });

  it('settles at the rate of the service with few refusals', async () => {
    const simulator = await start({ users: directory(60), pageSize: 1, rate: { requestsPerSecond: 100, burst: 5 } });
    const { end, counts } = await list(simulator);
    expect(end).toEqual({ complete: true });
    expect(counts.throttled).toBeLessThan(10);
    expect(counts).toMatchObject({ pages: 60, requests: 61 + counts.throttled, retries: counts.throttled });
  });

  it('is unavailable where nothing listens', async () => {
    const simulator = await startSimulator({ users: USERS });
    await simulator.close();
    const { end, users } = await list(simulator, {}, 400);
    expect(users).toStrictEqual([]);
    expect(end).toEqual({
      complete: false,
      reason: 'source-unavailable',
      message: expect.stringMatching(/ECONNREFUSED/),
    });
  });

  it('lets its last request go when it is left early, and makes no other', async () => {
    const simulator = await start({ users: USERS });
    const source = finspaceSource({
      environmentId: simulator.environmentId,
      region: simulator.region,
      endpoint: simulator.url,
      mode: 'exchange',
      loadCredentials: async () => simulator.callerCredentials,
    });
    const listing = source(Date.now() + 10_000);
    for await (const page of listing.pages) {
      expect(page).toHaveLength(100);
      break;
    }
    // The exchange, the page, and the one after it, which was asked for already.
    await setTimeout(100);
    expect(simulator.stats().requests).toBe(3);
    expect(listing.end()).toEqual({ complete: false, reason: 'deadline', message: 'listing not finished' });
  });
});
