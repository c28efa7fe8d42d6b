import { afterEach, describe, expect, it, test } from '@jest/globals';
import { CALLER, type Simulator, type SimulatorOptions, startSimulator } from '../../simulator/server.ts';
import {
  askPage,
  call,
  exchange,
  listPages,
  type Received,
  readKeys,
  readPage,
  send,
  sign,
  usersOf,
} from './client.ts';

const open: Simulator[] = [];

const start = async (options: SimulatorOptions = {}): Promise<Simulator> => {
  const simulator = await startSimulator(options);
  open.push(simulator);
  return simulator;
};

afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});

const someUsers = (count: number): readonly unknown[] =>
  Array.from({ length: count }, (_, i) => ({ userId: `user-${i}` }));

const errorOf = ({ status, headers }: Received): readonly unknown[] => [status, headers['x-amzn-errortype']];

describe('a listing', () => {
  test.each([
    [0, 1],
    [1, 1],
    [99, 1],
    [100, 1],
    [101, 2],
    [250, 3],
  ])('of %i users gives every one once, on %i pages', async (count, pageCount) => {
    const { url, environmentId, stats } = await start({ users: someUsers(count) });
    const keys = readKeys(await exchange(url, CALLER, environmentId));

    const pages = await listPages(url, keys);

    expect(usersOf(pages)).toEqual(someUsers(count));
    expect(pages).toHaveLength(pageCount);
    expect(pages.at(-1)).not.toHaveProperty('nextToken');
    expect(stats()).toMatchObject({ requests: pageCount + 1, exchanges: 1, pages: pageCount });
  });

  it('gives as many as are asked for, and no more than its limit', async () => {
    const { url, directCredentials } = await start({ users: someUsers(9), pageSize: 4 });
    const keys = directCredentials();

    expect(readPage(await askPage(url, keys, undefined, { maxResults: '3' })).users).toHaveLength(3);
    expect((await listPages(url, keys)).map(({ users }) => users?.length)).toEqual([4, 4, 1]);
  });

  it.each([0, 101, 1.5])('has no pages of %j users', async (pageSize) => {
    await expect(startSimulator({ pageSize })).rejects.toThrow(
      `pageSize must be a whole number from 1 to 100, got ${pageSize}`,
    );
  });

  it('gives malformed entries as they are', async () => {
    const users = [null, 1, 'text', [], {}, { userId: { deep: true } }];
    const { url, directCredentials } = await start({ users });

    expect(usersOf(await listPages(url, directCredentials()))).toEqual(users);
  });

  it('gives the same page and token to whoever asks again, and fresh tokens to whoever begins again', async () => {
    const { url, directCredentials } = await start({ users: someUsers(250) });
    const keys = directCredentials();

    const first = readPage(await askPage(url, keys));
    const second = readPage(await askPage(url, keys, first.nextToken));

    expect(readPage(await askPage(url, keys, first.nextToken))).toEqual(second);
    expect(readPage(await askPage(url, keys)).nextToken).not.toBe(first.nextToken);
    expect(second.nextToken).not.toBe(first.nextToken);
  });

  it('holds tokens that must be encoded', async () => {
    const { url, directCredentials } = await start({ users: someUsers(101) });
    const { nextToken = '' } = readPage(await askPage(url, directCredentials()));

    for (const character of '+/=&%#? ~\'"\\é雪🦊<>') expect(nextToken).toContain(character);
  });

  it('shows the directory as it was when the listing began', async () => {
    const simulator = await start({ users: someUsers(150) });
    const keys = simulator.directCredentials();
    const { nextToken } = readPage(await askPage(simulator.url, keys));

    simulator.setUsers([{ userId: 'later' }]);

    expect(readPage(await askPage(simulator.url, keys, nextToken)).users).toEqual(someUsers(150).slice(100));
    expect(usersOf(await listPages(simulator.url, keys))).toEqual([{ userId: 'later' }]);
  });

  it('is not touched by changes to the array that it was given', async () => {
    const users = [...someUsers(2)];
    const { url, directCredentials } = await start({ users });
    users.pop();

    expect(usersOf(await listPages(url, directCredentials()))).toHaveLength(2);
  });

  it('asks a lazy directory for no more than a page', async () => {
    const asked: number[] = [];
    const users = {
      length: 1_000_000,
      slice(from: number, to: number) {
        asked.push(to - from);
        return someUsers(to - from);
      },
    };
    const { url, directCredentials } = await start({ users });

    await listPages(url, directCredentials(), 3);

    expect(asked).toEqual([100, 100, 100]);
  });
});

describe('parameters of a page', () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    ['no maxResults', {}],
    ['an empty maxResults', { maxResults: '' }],
    ['maxResults of 0', { maxResults: '0' }],
    ['maxResults of 101', { maxResults: '101' }],
    ['maxResults that is no number', { maxResults: 'ten' }],
    ['maxResults that is no whole number', { maxResults: '1.5' }],
    ['an empty token', { maxResults: '100', nextToken: '' }],
    ['a made-up token', { maxResults: '100', nextToken: 'token' }],
  ])('%s: refused', async (_, query) => {
    const { url, directCredentials } = await start();
    const received = await call(url, { path: '/user', keys: directCredentials(), query });

    expect(errorOf(received)).toEqual([400, 'ValidationException']);
    expect(JSON.parse(received.body)).toEqual({ message: expect.any(String), reason: expect.any(String) });
  });

  it.each(['1', '100'])('maxResults of %s is allowed', async (maxResults) => {
    const { url, directCredentials } = await start();
    expect((await askPage(url, directCredentials(), undefined, { maxResults })).status).toBe(200);
  });

  test.each<[string, (token: string) => string]>([
    ['cut', (token) => token.slice(0, -1)],
    ['with another beginning', (token) => `MS4${token.slice(3)}`],
    ['decoded twice', (token) => token.replace('%41', 'A')],
    ['with its plus signs taken for spaces', (token) => token.replaceAll('+', ' ')],
  ])('a token %s: refused', async (_, garble) => {
    const { url, directCredentials } = await start({ users: someUsers(101) });
    const keys = directCredentials();
    const { nextToken = '' } = readPage(await askPage(url, keys));

    expect(errorOf(await askPage(url, keys, garble(nextToken)))).toEqual([400, 'ValidationException']);
  });

  it('refuses the token of another simulator', async () => {
    const [one, other] = await Promise.all([start({ users: someUsers(101) }), start({ users: someUsers(101) })]);
    const { nextToken } = readPage(await askPage(one.url, one.directCredentials()));

    expect((await askPage(other.url, other.directCredentials(), nextToken)).status).toBe(400);
  });
});

describe('credentials', () => {
  it('are a triple that differs each time', async () => {
    const { url, environmentId } = await start();
    const received = await exchange(url, CALLER, environmentId);

    expect(JSON.parse(received.body)).toEqual({
      credentials: {
        accessKeyId: expect.stringMatching(/^ASIA[A-Z0-9]{16}$/),
        secretAccessKey: expect.stringMatching(/.{40}/),
        sessionToken: expect.stringMatching(/.{40}/),
      },
      durationInMinutes: 60,
    });
    expect(readKeys(received)).not.toEqual(readKeys(await exchange(url, CALLER, environmentId)));
  });

  test.each<[string, Readonly<Record<string, string>>, number, string]>([
    ['no environment', {}, 400, 'ValidationException'],
    ['an environment that can be none', { environmentId: 'no such thing' }, 400, 'ValidationException'],
    ['an environment id that is too long', { environmentId: 'a'.repeat(27) }, 400, 'ValidationException'],
    ['another environment', { environmentId: 'other' }, 403, 'AccessDeniedException'],
    ['no minutes', { environmentId: 'here', durationInMinutes: '0' }, 400, 'ValidationException'],
    ['over an hour', { environmentId: 'here', durationInMinutes: '61' }, 400, 'ValidationException'],
  ])('are refused for %s', async (_, query, status, error) => {
    const { url, stats } = await start({ environmentId: 'here' });
    const received = await call(url, { path: '/credentials/programmatic', keys: CALLER, query });

    expect(errorOf(received)).toEqual([status, error]);
    expect(stats().exchanges).toBe(0);
  });

  it('of the caller list nobody, and those of FinSpace are not exchanged', async () => {
    const { url, environmentId, directCredentials } = await start({ users: someUsers(1) });

    expect(errorOf(await askPage(url, CALLER))).toEqual([403, 'AccessDeniedException']);
    expect(errorOf(await exchange(url, directCredentials(), environmentId))).toEqual([403, 'AccessDeniedException']);
  });

  it('may be temporary ones of the caller', async () => {
    const callerCredentials = { accessKeyId: 'ASIACALLER', secretAccessKey: 's', sessionToken: 't+/=' };
    const { url, environmentId } = await start({ callerCredentials });

    expect((await exchange(url, callerCredentials, environmentId)).status).toBe(200);
    expect(errorOf(await exchange(url, { ...callerCredentials, sessionToken: 'u' }, environmentId))).toEqual([
      403,
      'UnrecognizedClientException',
    ]);
  });

  test.each<[string, SimulatorOptions, string, number]>([
    ['for as long as they were asked for', {}, '2', 120_000],
    ['no longer than the simulator says', { credentialsLifetimeMs: 5000 }, '60', 5000],
    ['by a clock that is off', { clockSkewMs: 100_000, credentialsLifetimeMs: 5000 }, '60', 5000],
  ])('live %s', async (_, options, minutes, lifetimeMs) => {
    let now = Date.now();
    const { url, environmentId } = await start({ ...options, clock: () => now });
    const keys = readKeys(await exchange(url, CALLER, environmentId, minutes));

    now += lifetimeMs - 1;
    expect((await askPage(url, keys)).status).toBe(200);
    now += 1;
    expect(errorOf(await askPage(url, keys))).toEqual([403, 'ExpiredTokenException']);
  });
});

describe('the rate', () => {
  it('holds for exchanges and pages together, and refills', async () => {
    let now = Date.now();
    const { url, environmentId, directCredentials, stats, requests } = await start({
      rate: { requestsPerSecond: 2, burst: 2 },
      clock: () => now,
    });
    const keys = directCredentials();

    expect((await exchange(url, CALLER, environmentId)).status).toBe(200);
    expect((await askPage(url, keys)).status).toBe(200);
    const refused = await askPage(url, keys);
    expect(refused.status).toBe(429);
    expect(refused.headers['x-amzn-errortype']).toMatch(/^ThrottlingException:http/);
    expect(refused.body).toBe('');
    expect((await exchange(url, CALLER, environmentId)).status).toBe(429);
    now += 500;
    expect((await askPage(url, keys)).status).toBe(200);
    expect((await askPage(url, keys)).status).toBe(429);

    expect(stats()).toMatchObject({ requests: 6, throttled: 3, exchanges: 1, pages: 2 });
    expect(requests().map(({ status }) => status)).toEqual([200, 200, 429, 429, 200, 429]);
  });

  it('may be changed, and lifted', async () => {
    const now = Date.now();
    const { url, directCredentials, setRate } = await start({ clock: () => now });
    const keys = directCredentials();

    setRate({ requestsPerSecond: 1, burst: 1 });
    expect((await askPage(url, keys)).status).toBe(200);
    expect((await askPage(url, keys)).status).toBe(429);
    setRate(undefined);
    expect((await askPage(url, keys)).status).toBe(200);
  });
});

describe('what comes over the wire', () => {
  it('is dated by its own clock', async () => {
    const now = Date.UTC(2026, 10, 24, 2);
    const { url, directCredentials } = await start({ clock: () => now, clockSkewMs: 3_600_000 });
    const received = await call(url, { path: '/user', keys: directCredentials(), time: now });

    expect(errorOf(received)).toEqual([403, 'InvalidSignatureException']);
    expect(received.headers.date).toBe('Tue, 24 Nov 2026 03:00:00 GMT');
  });

  test.each<[string, string, string]>([
    ['another path', 'GET', '/users'],
    ['a path below', 'GET', '/user/'],
    ['another method', 'POST', '/user'],
  ])('%s is no operation', async (_, method, path) => {
    const { url, directCredentials, requests } = await start();

    expect((await call(url, { method, path, keys: directCredentials() })).status).toBe(404);
    expect(requests()).toMatchObject([{ operation: 'unknown', status: 404 }]);
  });

  it('refuses wrong signatures and counts them', async () => {
    const { url, directCredentials, stats } = await start();
    const { secretAccessKey: _, ...keys } = directCredentials();

    expect(errorOf(await askPage(url, { ...keys, secretAccessKey: 'wrong' }))).toEqual([403, 'SignatureDoesNotMatch']);
    expect(stats()).toMatchObject({ rejectedSignatures: 1, pages: 0 });
  });

  it('refuses a query that can not be read', async () => {
    const { url, directCredentials } = await start();
    const request = sign({ path: '/user', keys: directCredentials(), host: new URL(url).host });

    expect((await send(url, { ...request, url: '/user?maxResults=%zz' })).status).toBe(400);
  });

  it('is logged in the order of arrival', async () => {
    const now = Date.now();
    const { url, environmentId, requests } = await start({ users: someUsers(101), clock: () => now });
    const keys = readKeys(await exchange(url, CALLER, environmentId));
    const { nextToken } = readPage(await askPage(url, keys));
    await askPage(url, keys, nextToken);

    expect(requests()).toEqual([
      { at: now, operation: 'exchange', status: 200 },
      { at: now, operation: 'page', page: 0, status: 200 },
      { at: now, operation: 'page', page: 1, nextToken, status: 200 },
    ]);
  });

  it('takes as long as it is told', async () => {
    const { url, directCredentials } = await start({ latencyMs: 60 });
    const before = performance.now();
    await askPage(url, directCredentials());

    expect(performance.now() - before).toBeGreaterThanOrEqual(55);
  });

  it('ends when it is closed, and says where it can not begin', async () => {
    const simulator = await startSimulator();
    const port = Number(new URL(simulator.url).port);
    await expect(startSimulator({ port })).rejects.toThrow('EADDRINUSE');
    await simulator.close();

    await expect(askPage(simulator.url, simulator.directCredentials())).rejects.toThrow('ECONNREFUSED');
  });
});
