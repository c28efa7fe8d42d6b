import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { finspaceSource } from '../../../../core/sources/finspace/source.ts';
import type { ListingCursor } from '../../../../core/sources/source.ts';
import {
  type Answer,
  type Asked,
  fakeService,
  json,
  listFake,
  networkError,
  refusal,
  timeoutError,
  virtualClock,
} from './fake-service.ts';

const PAGES = [[{ userId: 'a' }, { userId: 'b' }], [{ userId: 'c' }], [{ userId: 'd' }]];
const USERS = PAGES.flat();
const MINUTE_MS = 60_000;

/** Answers so on the second page only, the first `times` times that it is asked for. */
const onSecondPage =
  (answer: () => Answer, times = Number.POSITIVE_INFINITY) =>
  ({ nextToken, before }: Asked): Answer =>
    nextToken === 'token-1' && before < times ? answer() : undefined;

const onExchange =
  (answer: () => Answer, times = Number.POSITIVE_INFINITY) =>
  ({ operation, before }: Asked): Answer =>
    operation === 'exchange' && before < times ? answer() : undefined;

const SETTINGS = {
  environmentId: 'vs57phhvijir4kv5rf6ywt',
  region: 'us-east-1',
  endpoint: 'https://finspace.example.com',
  mode: 'exchange',
  loadCredentials: async () => ({ accessKeyId: 'CALLER', secretAccessKey: 'secret' }),
} as const;

const http = (date: number) => new Date(date).toUTCString();

describe('a listing', () => {
  it('exchanges credentials once and follows the tokens', async () => {
    const { users, end, counts, asked, events } = await listFake(PAGES);
    expect(users).toEqual(USERS);
    expect(end).toEqual({ complete: true });
    expect(counts).toEqual({ pages: 3, requests: 4, throttled: 0, retries: 0 });
    expect(asked.map(({ url }) => url.pathname + url.search)).toEqual([
      '/credentials/programmatic?environmentId=vs57phhvijir4kv5rf6ywt&durationInMinutes=60',
      '/user?maxResults=100',
      '/user?maxResults=100&nextToken=token-1',
      '/user?maxResults=100&nextToken=token-2',
    ]);
    expect(asked.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1])).toEqual([
      'CALLER',
      'KEY1',
      'KEY1',
      'KEY1',
    ]);
    expect(asked.map(({ headers }) => headers['x-amz-security-token'])).toEqual([undefined, 'token', 'token', 'token']);
    expect(events).toEqual([
      { kind: 'credentials-exchanged' },
      { kind: 'page', page: 1, users: 2 },
      { kind: 'page', page: 2, users: 1 },
      { kind: 'page', page: 3, users: 1 },
    ]);
  });

  it('asks for the next page while one is worked on, and for no other', async () => {
    const clock = virtualClock();
    const { fetch, asked } = fakeService(PAGES, { clock });
    const { pages } = finspaceSource({ ...SETTINGS, fetch, clock })(clock.now() + MINUTE_MS);
    const tokens: (string | null)[][] = [];
    for await (const page of pages) {
      expect(page).toEqual(PAGES[tokens.length]);
      tokens.push(asked.slice(1).map(({ nextToken }) => nextToken));
    }
    expect(tokens).toEqual([
      [null, 'token-1'],
      [null, 'token-1', 'token-2'],
      [null, 'token-1', 'token-2'],
    ]);
  });

  it('that is left asks for nothing again', async () => {
    const clock = { ...virtualClock(), sleep: () => setTimeout(2) };
    const answer = onSecondPage(() => networkError('ECONNRESET'));
    const { fetch, asked } = fakeService(PAGES, { clock, answer });
    const { pages } = finspaceSource({ ...SETTINGS, fetch, clock })(clock.now() + MINUTE_MS);
    for await (const page of pages) {
      expect(page).toEqual(PAGES[0]);
      break;
    }
    await setTimeout(20);
    const before = asked.length;
    await setTimeout(100);
    expect(asked.length).toBe(before);
  });

  it.each([
    ['null', { users: [], nextToken: null }],
    ['empty', { users: [], nextToken: '' }],
    ['absent', { users: [] }],
    ['absent beside members that are new', { users: [], total: 3 }],
  ])('ends where the token is %s', async (_name, body) => {
    const { users, end } = await listFake(PAGES, { answer: onSecondPage(() => json(body)) });
    expect(users).toEqual(PAGES[0]);
    expect(end).toEqual({ complete: true });
  });

  it.each([
    ['an empty page', { users: [], nextToken: 'token-2' }],
    ['a page without users', { nextToken: 'token-2' }],
  ])('goes on after %s with a token', async (_name, body) => {
    const { users, end } = await listFake(PAGES, { answer: onSecondPage(() => json(body)) });
    expect(users).toEqual([...(PAGES[0] ?? []), ...(PAGES[2] ?? [])]);
    expect(end).toEqual({ complete: true });
  });

  it.each([
    ['that are empty', [[], [], [{ userId: 'a' }]]],
    ['of records without a userId that differ', [[{ firstName: 'A' }], [{ firstName: 'B' }]]],
    ['of records whose userId is empty', [[{ userId: '', type: 'A' }], [{ userId: '', type: 'B' }]]],
    [
      'of ids that read alike in a row',
      [
        [{ userId: 'ab' }, { userId: 'c' }],
        [{ userId: 'a' }, { userId: 'bc' }],
      ],
    ],
  ])('takes no two pages %s for one', async (_name, pages) => {
    const { users, end } = await listFake(pages);
    expect(users).toEqual(pages.flat());
    expect(end).toEqual({ complete: true });
  });

  it('takes a page of a record without a userId that goes very deep', async () => {
    const deep = `{"users":[{"type":${'['.repeat(100_000)}${']'.repeat(100_000)}}],"nextToken":"token-2"}`;
    const { users, end } = await listFake(PAGES, { answer: onSecondPage(() => new Response(deep)) });
    expect(users).toHaveLength(4);
    expect(end).toEqual({ complete: true });
  });

  it('remembers nothing of a page without users, and no token past the last', async () => {
    const { cursor } = await listFake([[], [{ userId: 'a' }], []]);
    expect(cursor).toStrictEqual({
      pages: 3,
      seen: [expect.any(String), expect.any(String)],
      seenUsers: [expect.any(String)],
    });
  });

  it('that goes on with another counts its own pages', async () => {
    const { counts, cursor } = await listFake(PAGES, { from: { pages: 1, seen: [], nextToken: 'token-1' } });
    expect([counts.pages, cursor.pages]).toEqual([2, 3]);
  });

  it.each([
    ['with the same users', [{ userId: 'a' }, { userId: 'b' }]],
    ['with the same users in another order and state', [{ userId: 'b', status: 'DISABLED' }, { userId: 'a' }]],
  ])('stops at a page %s as an earlier one, after its users', async (_name, users) => {
    const pages = [...PAGES, [{ userId: 'e' }]];
    const listed = await listFake(pages, {
      answer: ({ nextToken }) => (nextToken === 'token-2' ? json({ users, nextToken: 'token-3' }) : undefined),
    });
    expect(listed.users).toEqual([...(PAGES[0] ?? []), ...(PAGES[1] ?? []), ...users]);
    expect(listed.end).toEqual({
      complete: false,
      reason: 'repeated-page',
      message: 'page 3: the service gave the users of an earlier page again',
    });
  });

  it('knows a page that another process has read before', async () => {
    const { cursor } = await listFake([PAGES[2] ?? []]);
    const { end } = await listFake(PAGES, { from: { ...cursor, nextToken: 'token-2' } });
    expect(end).toMatchObject({ complete: false, reason: 'repeated-page' });
    const { seenUsers: _unknown, ...ofOlderVersion } = cursor;
    const unknowing = await listFake(PAGES, { from: { ...ofOlderVersion, nextToken: 'token-2' } });
    expect(unknowing.end).toEqual({ complete: true });
  });

  it('takes pages that share all but one user for several', async () => {
    const pages = [[{ userId: 'a' }, { userId: 'b' }], [{ userId: 'a' }], [{ userId: 'a' }, { userId: 'c' }]];
    expect((await listFake(pages)).end).toEqual({ complete: true });
  });

  it('gives the records as they came, whatever they are', async () => {
    const records = [null, 5, 'user', [], { createTime: 'x' }, { userId: '' }];
    expect((await listFake([records])).users).toEqual(records);
  });

  it.each([
    ['the same token', 'token-1'],
    ['an earlier token', 'token-2'],
  ])('stops at %s, after the users of that page', async (_name, nextToken) => {
    const pages = [...PAGES, [{ userId: 'e' }], [{ userId: 'f' }]];
    const asks = nextToken === 'token-1' ? 'token-1' : 'token-3';
    const { users, end, counts } = await listFake(pages, {
      answer: (asked) => (asked.nextToken === asks ? json({ users: [{ userId: 'x' }], nextToken }) : undefined),
    });
    const page = asks === 'token-1' ? 2 : 4;
    expect(users.at(-1)).toEqual({ userId: 'x' });
    expect(counts.pages).toBe(page);
    expect(end).toEqual({
      complete: false,
      reason: 'repeated-token',
      message: `page ${page}: the service gave a page token for the second time`,
    });
  });

  it('is not finished before its pages have ended', async () => {
    const clock = virtualClock();
    const { fetch, asked } = fakeService(PAGES, { clock });
    const listing = finspaceSource({
      environmentId: 'e',
      region: 'us-east-1',
      endpoint: 'https://finspace.example.com',
      mode: 'exchange',
      loadCredentials: async () => ({ accessKeyId: 'CALLER', secretAccessKey: 'secret' }),
      fetch,
      clock,
    })(clock.now() + MINUTE_MS);
    const unfinished = { complete: false, reason: 'deadline', message: 'listing not finished' };
    expect(listing.end()).toEqual(unfinished);
    expect(listing.counts()).toEqual({ pages: 0, requests: 0, throttled: 0, retries: 0 });
    for await (const users of listing.pages) {
      expect(users).not.toHaveLength(0);
      expect(listing.end()).toEqual(unfinished);
      if (asked.length === 4) break;
    }
    expect(listing.end()).toEqual(unfinished);
  });

  it('throws for an endpoint that is none', () => {
    expect(() =>
      finspaceSource({
        environmentId: 'e',
        region: 'r',
        endpoint: 'nowhere',
        mode: 'direct',
        loadCredentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
      }),
    ).toThrow('endpoint must be an http or https URL');
  });
});

describe('failures that pass', () => {
  it.each<readonly [string, () => Answer]>([
    ['a throttle', () => refusal(429, 'ThrottlingException')],
    ['an internal error', () => refusal(500, 'InternalServerException')],
    ['HTML', () => new Response('<html></html>', { status: 503 })],
    ['a reset connection', () => networkError('ECONNRESET')],
    ['a time-out', timeoutError],
    ['an empty body', () => new Response('')],
    ['torn JSON', () => new Response('{"users":[{"use')],
    ['an array', () => json([])],
    ['users that are null', () => json({ users: null })],
    ['users that are an object', () => json({ users: {} })],
    ['a token that is a number', () => json({ users: [], nextToken: 0 })],
    ['a token that is false', () => json({ users: [], nextToken: false })],
    ['an object of another kind', () => json({ message: 'all is well' })],
  ])('retries %s', async (_name, answer) => {
    const { users, end, counts } = await listFake(PAGES, { answer: onSecondPage(answer, 3) });
    expect(users).toEqual(USERS);
    expect(end).toEqual({ complete: true });
    expect(counts).toMatchObject({ pages: 3, requests: 7, retries: 3 });
  });

  it.each<readonly [string, () => Answer]>([
    ['no answer', () => networkError('ECONNRESET')],
    ['no credentials', () => json({ durationInMinutes: 60 })],
    ['credentials that are null', () => json({ credentials: null })],
    ['credentials that are a text', () => json({ credentials: 'KEY' })],
    ['credentials without a secret', () => json({ credentials: { accessKeyId: 'KEY' } })],
    ['credentials that are no keys', () => json({ credentials: { accessKeyId: 'K\nEY', secretAccessKey: 's' } })],
    [
      'a session token that is none',
      () => json({ credentials: { accessKeyId: 'KEY', secretAccessKey: 's', sessionToken: 't\nt' } }),
    ],
    ['a throttle', () => refusal(429, 'ThrottlingException')],
  ])('retries an exchange that gives %s', async (_name, answer) => {
    const { users, end, counts } = await listFake(PAGES, { answer: onExchange(answer, 3) });
    expect(users).toEqual(USERS);
    expect(end).toEqual({ complete: true });
    expect(counts).toMatchObject({ requests: 7, retries: 3 });
  });

  it('backs off exponentially, by a random part, up to a cap', async () => {
    const { sleeps } = await listFake(PAGES, {
      answer: onSecondPage(() => refusal(500, 'InternalServerException'), 10),
      deadlineMs: 10 * MINUTE_MS,
    });
    expect(sleeps).toEqual([50, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  });

  it('tells of waits in whole milliseconds', async () => {
    const { events } = await listFake(PAGES, {
      answer: onSecondPage(() => networkError('ECONNRESET'), 1),
      random: () => 1 / 3,
    });
    expect(events.flatMap((event) => (event.kind === 'retry' ? [event.waitMs] : []))).toEqual([33]);
  });

  it('begins anew with each page', async () => {
    const { sleeps } = await listFake(PAGES, {
      answer: ({ operation, before }) => (operation === 'page' && before < 2 ? networkError('ECONNRESET') : undefined),
    });
    expect(sleeps).toEqual([50, 100, 50, 100, 50, 100]);
  });

  it.each([
    ['an error', () => refusal(503, 'ServiceUnavailable', { 'retry-after': '7' })],
    ['a throttle', () => refusal(429, 'ThrottlingException', { 'retry-after': '7' })],
  ])('waits as long as %s asks for, at the least', async (_name, answer) => {
    const { sleeps, end } = await listFake(PAGES, { answer: onSecondPage(answer, 1) });
    expect(sleeps[0]).toBe(7000);
    expect(end).toEqual({ complete: true });
  });

  it.each([
    ['ListUsers', onSecondPage, 2],
    ['GetProgrammaticAccessCredentials', onExchange, 0],
  ] as const)('tells of retries and throttles of %s, left to the pace, and names nobody', async (operation, on, at) => {
    const { events, counts, asked, sleeps } = await listFake(PAGES, {
      answer: on(() => refusal(429, 'ThrottlingException'), 1),
    });
    expect(counts).toMatchObject({ throttled: 1, retries: 1 });
    expect(events.slice(at, at + 2)).toEqual([
      { kind: 'throttled', operation, gapMs: 50 },
      { kind: 'retry', operation, failure: `${operation}: ThrottlingException (429)`, waitMs: 0 },
    ]);
    const [refused = 0, again = 0] = asked.slice(at).map((one) => one.at);
    expect(again - refused).toBe(56.25);
    expect(sleeps[0]).toBe(46.25);
  });

  it('resolves a name a few times', async () => {
    const { end } = await listFake(PAGES, { answer: onExchange(() => networkError('ENOTFOUND'), 4) });
    expect(end).toEqual({ complete: true });
  });
});

describe('failures that cut the listing', () => {
  it.each<readonly [string, string, string, () => Answer]>([
    [
      'AccessDeniedException',
      'access-denied',
      'ListUsers failed: AccessDeniedException (403); the FinSpace user bound to the role must be a super user or hold Manage Users and Groups',
      () => refusal(403, 'AccessDeniedException'),
    ],
    [
      '403 in HTML',
      'access-denied',
      'ListUsers failed: HTTP 403; the FinSpace user bound',
      () => new Response('<html>', { status: 403 }),
    ],
    [
      'a bad signature',
      'access-denied',
      'SignatureDoesNotMatch (403); the secret key is not that of the key id',
      () => refusal(403, 'SignatureDoesNotMatch'),
    ],
    [
      'ValidationException',
      'validation',
      'ValidationException (400); the service takes this request for wrong, be it the page token',
      () => refusal(400, 'ValidationException'),
    ],
    ['another 4xx', 'validation', 'HTTP 418', () => new Response('', { status: 418 })],
    [
      '410',
      'source-unavailable',
      'HTTP 410; finspace.example.com does not answer as the FinSpace Data API does',
      () => new Response('', { status: 410 }),
    ],
    ['404', 'source-unavailable', 'HTTP 404; finspace.example.com does not', () => new Response('', { status: 404 })],
    [
      'UnknownOperationException',
      'source-unavailable',
      'UnknownOperationException (404)',
      () => refusal(404, 'UnknownOperationException'),
    ],
    [
      'a redirect',
      'source-unavailable',
      'HTTP 302',
      () => new Response(null, { status: 302, headers: { location: 'https://elsewhere' } }),
    ],
  ])('%s: %s', async (_name, reason, message, answer) => {
    const { users, end, counts, sleeps } = await listFake(PAGES, { answer: onSecondPage(answer) });
    expect(users).toEqual(PAGES[0]);
    expect(end).toMatchObject({ complete: false, reason, message: expect.stringContaining(message) });
    expect(end).toMatchObject({ message: expect.stringMatching(/^page 2: /) });
    expect(counts).toEqual({ pages: 1, requests: 3, throttled: 0, retries: 0 });
    expect(sleeps).toStrictEqual([]);
  });

  it.each<readonly [string, string, string, () => Answer]>([
    [
      'denied',
      'access-denied',
      'GetProgrammaticAccessCredentials failed: AccessDeniedException (403); the role needs finspace-api:GetProgrammaticAccessCredentials on arn:PARTITION:finspace-api:REGION:ACCOUNT:/credentials/programmatic',
      () => refusal(403, 'AccessDeniedException'),
    ],
    [
      'invalid',
      'validation',
      'ValidationException (400); check the environment id',
      () => refusal(400, 'ValidationException'),
    ],
    [
      'signed with expired keys',
      'access-denied',
      "ExpiredTokenException (403); the caller's AWS credentials have expired or are unknown: renew them",
      () => refusal(403, 'ExpiredTokenException'),
    ],
    [
      'signed with unknown keys',
      'access-denied',
      "the caller's AWS credentials have expired or are unknown",
      () => refusal(403, 'UnrecognizedClientException'),
    ],
    ['gone', 'source-unavailable', 'HTTP 410', () => new Response('', { status: 410 })],
  ])('an exchange that is %s: %s', async (_name, reason, message, answer) => {
    const { users, end, counts } = await listFake(PAGES, { answer: onExchange(answer) });
    expect(users).toStrictEqual([]);
    expect(end).toMatchObject({ complete: false, reason, message: expect.stringContaining(message) });
    expect(counts).toMatchObject({ pages: 0, requests: 1 });
  });

  it('a name that has no address after a few tries: source-unavailable', async () => {
    const { end, counts, tookMs } = await listFake(PAGES, { answer: () => networkError('ENOTFOUND') });
    expect(counts.requests).toBe(8);
    expect(end).toMatchObject({
      reason: 'source-unavailable',
      message: expect.stringContaining('connection failed (ENOTFOUND); let this machine reach finspace.example.com'),
    });
    expect(tookMs).toBeLessThan(7000);
  });

  it.each<readonly [string, Parameters<typeof listFake>[1], readonly unknown[]]>([
    ['a page was read', { answer: onSecondPage(() => networkError('ENOTFOUND'), 100) }, USERS],
    [
      'keys were given',
      {
        answer: ({ operation, before }) =>
          operation === 'page' && before < 100 ? networkError('ENOTFOUND') : undefined,
      },
      USERS,
    ],
    [
      'an earlier part has read a page',
      { answer: onExchange(() => networkError('ENOTFOUND'), 100), from: { pages: 1, seen: [], nextToken: 'token-1' } },
      PAGES.slice(1).flat(),
    ],
  ])('a name that has no address for long, once %s, is waited for', async (_name, plan, wanted) => {
    const { users, end } = await listFake(PAGES, { ...plan, deadlineMs: 180 * MINUTE_MS });
    expect({ users, end }).toEqual({ users: wanted, end: { complete: true } });
  });

  const refusedBySdk = (httpStatusCode: number, name: string) => ({ name, $metadata: { httpStatusCode } });
  it.each([
    ['no address', { code: 'ENOTFOUND' }, 'source-unavailable', /let this machine reach STS, and set HTTPS_PROXY/],
    [
      'a certificate that has expired',
      { code: 'CERT_HAS_EXPIRED' },
      'source-unavailable',
      /its certificate has expired/,
    ],
    [
      'a service that is none',
      refusedBySdk(410, 'Gone'),
      'source-unavailable',
      /AWS credentials failed: Gone \(410\); let this machine reach STS/,
    ],
    [
      'a refusal',
      refusedBySdk(403, 'ForbiddenException'),
      'access-denied',
      /AWS credentials failed: ForbiddenException \(403\); let the AWS profile have the credentials that it asks for/,
    ],
    [
      'a mistake',
      refusedBySdk(400, 'InvalidRequestException'),
      'validation',
      /AWS credentials failed: InvalidRequestException \(400\); check the AWS profile/,
    ],
  ])(
    "the caller's keys that can't be fetched for %s end the listing, with the remedy",
    async (_name, members, reason, message) => {
      const { end, asked } = await listFake(PAGES, {
        loadCredentials: () => Promise.reject(Object.assign(new Error('no luck'), members)),
      });
      expect(asked).toStrictEqual([]);
      expect(end).toMatchObject({ reason, message: expect.stringMatching(message) });
    },
  );

  const AMAZONS = 'https://finspace-api.us-east-1.amazonaws.com';
  it.each<readonly [string, boolean, Parameters<typeof listFake>[1]]>([
    ['no address', true, { endpoint: AMAZONS, answer: () => networkError('ENOTFOUND') }],
    ['410', true, { endpoint: AMAZONS, answer: () => new Response('', { status: 410 }) }],
    ['a redirect', false, { endpoint: AMAZONS, answer: () => new Response('', { status: 302 }) }],
    ['no connection', false, { endpoint: AMAZONS, answer: () => networkError('ECONNREFUSED') }],
    ['an untrusted certificate', false, { endpoint: AMAZONS, answer: () => networkError('CERT_HAS_EXPIRED') }],
    ['410 of another host', false, { answer: () => new Response('', { status: 410 }) }],
    [
      '410 once a page was read',
      false,
      { endpoint: AMAZONS, answer: onSecondPage(() => new Response('', { status: 410 })) },
    ],
    [
      'no address once pages were read by an earlier part',
      false,
      {
        endpoint: AMAZONS,
        answer: () => networkError('ENOTFOUND'),
        from: { pages: 1, seen: [], nextToken: 'token-1' },
      },
    ],
  ])('%s: that Amazon ended the service is said: %s', async (_name, isSaid, plan) => {
    const { end } = await listFake(PAGES, plan);
    expect(end).toMatchObject({ complete: false });
    expect(JSON.stringify(end).includes('Amazon ended FinSpace')).toBe(isSaid);
    expect(/audit a roster that somebody saved.*--roster FILE/.test(JSON.stringify(end))).toBe(isSaid);
  });

  it.each([
    [
      'a certificate of nobody trusted',
      'SELF_SIGNED_CERT_IN_CHAIN',
      /its certificate is of nobody .*NODE_EXTRA_CA_CERTS/,
    ],
    ['a certificate that has expired', 'CERT_HAS_EXPIRED', /its certificate has expired/],
  ])('%s ends the listing at once, with the remedy', async (_name, code, message) => {
    const { end, counts } = await listFake(PAGES, { answer: () => networkError(code) });
    expect(counts.requests).toBe(1);
    expect(end).toMatchObject({ reason: 'source-unavailable', message: expect.stringMatching(message) });
  });

  it('a service that asks to wait a day is quoted', async () => {
    const { end } = await listFake(PAGES, {
      answer: onSecondPage(() => refusal(503, 'ServiceUnavailable', { 'retry-after': '86400' })),
    });
    expect(end).toMatchObject({
      reason: 'deadline',
      message: expect.stringMatching(/ServiceUnavailable \(503\); the service asked to wait 24 hours \(Retry-After\)$/),
    });
  });

  it.each<readonly [string, () => Promise<never> | Promise<{ accessKeyId: string; secretAccessKey: string }>, string]>([
    ['cannot be loaded', () => Promise.reject(new Error('profile jane is missing')), 'could not be loaded'],
    ['are empty', async () => ({ accessKeyId: '', secretAccessKey: '' }), 'must be keys of visible characters'],
    [
      'end in a line break',
      async () => ({ accessKeyId: 'KEY', secretAccessKey: 's\n' }),
      'must be keys of visible characters',
    ],
  ])("the caller's credentials %s: config, and nobody is asked", async (_name, loadCredentials, message) => {
    const { end, asked } = await listFake(PAGES, { loadCredentials, requestTimeoutMs: 30 });
    expect(asked).toStrictEqual([]);
    expect(end).toMatchObject({ complete: false, reason: 'config', message: expect.stringContaining(message) });
    expect(end).toMatchObject({ message: expect.stringContaining('nobody was asked') });
    expect(JSON.stringify(end)).not.toMatch(/jane/);
  });

  it("the caller's credentials do not come in time: they are waited for", async () => {
    const { end } = await listFake(PAGES, {
      loadCredentials: () => new Promise<never>(() => undefined),
      requestTimeoutMs: 30,
    });
    expect(end).toMatchObject({
      reason: 'source-unavailable',
      message: expect.stringContaining('AWS credentials: no whole answer within 30 ms'),
    });
  });

  it.each([
    ['TypeError', new TypeError('fetch failed')],
    ['Error', new Error('a bug')],
  ])('a bug is no failure of the service: its %s is thrown', async (_name, error) => {
    const listing = listFake(PAGES, {
      answer: onSecondPage(() => refusal(429, 'ThrottlingException')),
      random: () => {
        throw error;
      },
    });
    await expect(listing).rejects.toBe(error);
  });
});

describe('the deadline', () => {
  it.each<readonly [string, string, () => Answer]>([
    ['throttles', 'ListUsers: ThrottlingException (429)', () => refusal(429, 'ThrottlingException')],
    ['internal errors', 'ListUsers: InternalServerException (500)', () => refusal(500, 'InternalServerException')],
    ['lost connections', 'ListUsers: connection failed (ECONNRESET)', () => networkError('ECONNRESET')],
    ['time-outs', 'ListUsers: no whole answer within', timeoutError],
    ['empty bodies', 'ListUsers: unreadable answer (body is empty)', () => new Response('')],
    [
      'tokens that are none',
      'ListUsers: unreadable answer (nextToken must be a string or null, got a number)',
      () => json({ nextToken: 5 }),
    ],
    [
      'tokens that are lists',
      'ListUsers: unreadable answer (nextToken must be a string or null, got an array)',
      () => json({ nextToken: [] }),
    ],
    [
      'users that are none',
      'ListUsers: unreadable answer (users must be an array, got null)',
      () => json({ users: null }),
    ],
    ['empty objects', 'ListUsers: unreadable answer (neither users nor nextToken)', () => json({})],
    [
      'empty tokens without users',
      'ListUsers: unreadable answer (neither users nor nextToken)',
      () => json({ nextToken: '' }),
    ],
    [
      'tokens of another name',
      'ListUsers: unreadable answer (NextToken is no member of a page)',
      () => json({ users: [{ userId: 'c' }], NextToken: 'token-2' }),
    ],
    [
      'users of another name',
      'ListUsers: unreadable answer (Users is no member of a page)',
      () => json({ Users: [{ userId: 'c' }], nextToken: 'token-2' }),
    ],
    ['objects of another kind', 'ListUsers: unreadable answer (neither users nor nextToken)', () => json({ ok: true })],
  ])('ends %s without end', async (_name, last, answer) => {
    const { users, end, counts, tookMs } = await listFake(PAGES, { answer: onSecondPage(answer) });
    expect(users).toEqual(PAGES[0]);
    expect(tookMs).toBeLessThanOrEqual(60_000);
    expect(end).toEqual({
      complete: false,
      reason: 'deadline',
      message: expect.stringContaining(
        `page 2: deadline reached: failed ${counts.requests - 2} times on this page, at last with ${last}`,
      ),
    });
    expect(end).not.toMatchObject({ message: expect.stringContaining('asked to wait') });
  });

  it.each<readonly [string, () => Answer, string, ListingCursor | undefined]>([
    ['refused connections', () => networkError('ECONNREFUSED'), 'source-unavailable', undefined],
    [
      'refused connections since an earlier part has read a page',
      () => networkError('ECONNREFUSED'),
      'deadline',
      { pages: 1, seen: [], nextToken: 'token-1' },
    ],
    ['connections without an answer', timeoutError, 'source-unavailable', undefined],
    ['answers that are refusals', () => refusal(500, 'InternalServerException'), 'deadline', undefined],
    ['answers that are unreadable', () => new Response(''), 'deadline', undefined],
  ])('after nothing but %s', async (_name, answer, reason, from) => {
    const { end, tookMs } = await listFake(PAGES, { answer, ...(from && { from }) });
    expect(end).toMatchObject({ complete: false, reason });
    expect(tookMs).toBeLessThanOrEqual(60_000);
  });

  it.each([
    ['3600', 60_000, '60 minutes'],
    ['30', 30_030, '30 seconds'],
  ])(
    'is not waited for where no try can start before it: one in %s s of %i ms',
    async (retryAfter, deadlineMs, wait) => {
      const { end, tookMs } = await listFake(PAGES, {
        answer: onSecondPage(() => refusal(503, 'ServiceUnavailable', { 'retry-after': retryAfter })),
        deadlineMs,
      });
      expect(end).toMatchObject({
        reason: 'deadline',
        message: `page 2: deadline reached: failed once on this page, at last with ListUsers: ServiceUnavailable (503); the service asked to wait ${wait} (Retry-After)`,
      });
      expect(tookMs).toBe(30);
    },
  );

  it('that comes after the wait that the service asked for is not laid to it', async () => {
    const clock = virtualClock();
    const { end } = await listFake(PAGES, {
      answer: onSecondPage(() => refusal(503, 'ServiceUnavailable', { 'retry-after': '7' })),
      clock: { ...clock, sleep: (ms) => clock.sleep(ms + MINUTE_MS) },
    });
    expect(end).toEqual({
      complete: false,
      reason: 'deadline',
      message: 'page 2: deadline reached: failed once on this page, at last with ListUsers: ServiceUnavailable (503)',
    });
  });

  it('is not waited for where the pace allows no request before it', async () => {
    const { end, counts } = await listFake(PAGES, {
      answer: (asked) =>
        asked.operation === 'exchange' && asked.before === 0 ? refusal(429, 'ThrottlingException') : undefined,
      deadlineMs: 40,
    });
    expect(end).toMatchObject({ complete: false, reason: 'deadline' });
    expect(counts.requests).toBe(1);
  });

  it.each([
    ['at it', 60],
    ['past it', 59],
  ])('lets no request start %s, where a wait took longer than it should', async (_name, deadlineMs) => {
    const clock = virtualClock();
    const { end, counts } = await listFake(PAGES, {
      answer: onExchange(() => refusal(429, 'ThrottlingException'), 1),
      clock: { ...clock, sleep: (ms) => clock.sleep(ms + 3.75) },
      deadlineMs,
    });
    expect(end).toMatchObject({ complete: false, reason: 'deadline' });
    expect(counts.requests).toBe(1);
  });

  it.each([
    [1, 100, 'once'],
    [2, 400, '2 times'],
  ])('tells of %i refusals for the rate on earlier pages', async (refusals, deadlineMs, often) => {
    const { end } = await listFake(PAGES, {
      answer: ({ operation, nextToken, before }) =>
        operation === 'page' && nextToken === null && before < refusals
          ? refusal(429, 'ThrottlingException')
          : undefined,
      deadlineMs,
    });
    expect(end).toEqual({
      complete: false,
      reason: 'deadline',
      message: `page 2: deadline reached; requests were refused for their rate ${often}`,
    });
  });

  it('that is past before the first request leaves nothing asked', async () => {
    const { end, asked } = await listFake(PAGES, { deadlineMs: 0 });
    expect(asked).toStrictEqual([]);
    expect(end).toEqual({ complete: false, reason: 'deadline', message: 'page 1: deadline reached' });
  });

  it('does not matter once the last page is there', async () => {
    const { end } = await listFake(PAGES, { deadlineMs: 31 });
    expect(end).toEqual({ complete: true });
  });

  it.each([
    ['as set, with much time left', 60_000, 10_000, 10_000],
    ['a third of what is left', 12_000, 10_000, 4000],
    ['a second at least', 2000, 10_000, 1000],
    ['no longer than what is left', 700, 10_000, 700],
    ['as set, where that is short', 700, 60, 60],
  ])('gives one request %s', async (_name, deadlineMs, requestTimeoutMs, timeoutMs) => {
    const { events } = await listFake(PAGES, {
      answer: ({ operation }) => (operation === 'exchange' ? timeoutError() : undefined),
      deadlineMs,
      requestTimeoutMs,
    });
    expect(events[0]).toMatchObject({ kind: 'retry', failure: expect.stringContaining(`within ${timeoutMs} ms`) });
  });
});

describe('credentials', () => {
  /** Counts the exchanges of a listing whose pages come at these minutes after the first. */
  const exchangesAt = async (minutes: readonly number[], durationInMinutes: unknown = 60) => {
    const clock = virtualClock();
    const start = clock.now();
    const { asked, end } = await listFake(
      minutes.map((minute) => [{ userId: `u${minute}` }]),
      {
        clock,
        latencyMs: 0,
        deadlineMs: 1000 * MINUTE_MS,
        answer: ({ operation, nextToken }) => {
          if (operation === 'exchange')
            return json({
              credentials: { accessKeyId: 'K', secretAccessKey: 's', sessionToken: null },
              durationInMinutes,
            });
          const page = nextToken === null ? 0 : Number(nextToken.slice('token-'.length));
          clock.advance(start + (minutes[page + 1] ?? 0) * MINUTE_MS - clock.now());
          return undefined;
        },
      },
    );
    expect(end).toEqual({ complete: true });
    return asked.filter(({ operation }) => operation === 'exchange').length;
  };

  it.each([
    ['are kept until five minutes before they expire', [0, 54.99], 60, 1],
    ['are renewed five minutes before they expire', [0, 55], 60, 2],
    ['are counted as short as they were given', [0, 10], 15, 2],
    ['are not trusted to live longer than asked for', [0, 55], 720, 2],
    ['last an hour where the answer does not say', [0, 54.99], 'an hour', 1],
    ['last an hour where the answer says no number', [0, 54.99], '30', 1],
    ['last an hour where the answer says no time at all', [0, 54.99], 0, 1],
    ['are exchanged for each page where they last a minute', [0, 0.5, 0.9], 1, 3],
    ['are renewed over and over', [0, 55, 110, 164.9], 60, 3],
  ])('%s', async (_name, minutes, durationInMinutes, exchanges) => {
    expect(await exchangesAt(minutes, durationInMinutes)).toBe(exchanges);
  });

  it.each(['ExpiredTokenException', 'ExpiredToken', 'UnrecognizedClientException', 'InvalidClientTokenId'])(
    'are exchanged again at once after %s, once a page',
    async (name) => {
      const { users, end, counts, asked, sleeps } = await listFake(PAGES, {
        answer: ({ operation, before }) => (operation === 'page' && before === 0 ? refusal(403, name) : undefined),
      });
      expect(users).toEqual(USERS);
      expect(end).toEqual({ complete: true });
      expect(counts).toEqual({ pages: 3, requests: 10, throttled: 0, retries: 3 });
      expect(asked.filter(({ operation }) => operation === 'exchange')).toHaveLength(4);
      expect(sleeps).toStrictEqual([]);
    },
  );

  it('that are refused fresh cut the listing', async () => {
    const { end, counts } = await listFake(PAGES, {
      answer: onSecondPage(() => refusal(403, 'ExpiredTokenException')),
    });
    expect(end).toEqual({
      complete: false,
      reason: 'access-denied',
      message:
        'page 2: ListUsers failed: ExpiredTokenException (403); FinSpace refuses credentials that it has just given',
    });
    expect(counts.requests).toBe(5);
  });

  it('of the web app are used as they are', async () => {
    const { end, asked } = await listFake(PAGES, { mode: 'direct' });
    expect(end).toEqual({ complete: true });
    expect(asked.map(({ operation }) => operation)).toEqual(['page', 'page', 'page']);
    expect(asked[0]?.headers.authorization).toContain('Credential=CALLER/');
  });

  it('whose session token is empty are keys without one', async () => {
    const { end, asked } = await listFake(PAGES, {
      mode: 'direct',
      loadCredentials: async () => ({ accessKeyId: 'CALLER', secretAccessKey: 'secret', sessionToken: '' }),
    });
    expect(end).toEqual({ complete: true });
    expect(asked[0]?.headers).not.toHaveProperty('x-amz-security-token');
  });

  it.each([
    [
      'ExpiredTokenException',
      'the FinSpace credentials have expired or are unknown: copy fresh ones from the FinSpace web app',
    ],
    ['AccessDeniedException', 'the FinSpace user of the credentials must be a super user'],
  ])('of the web app end with %s and advice', async (name, advice) => {
    const { end, counts } = await listFake(PAGES, { mode: 'direct', answer: onSecondPage(() => refusal(403, name)) });
    expect(end).toMatchObject({ reason: 'access-denied', message: expect.stringContaining(advice) });
    expect(counts.requests).toBe(2);
  });
});

describe('the clock', () => {
  const signedAt = ({ headers }: Asked): number => {
    const [, y, m, d, h, min, s] =
      /^(....)(..)(..)T(..)(..)(..)Z$/.exec(headers['x-amz-date'] ?? '')?.map(Number) ?? [];
    return Date.UTC(y ?? 0, (m ?? 0) - 1, d, h, min, s);
  };

  /** A service whose clock is off, and that says so by this error. */
  const skewed = (name: string, skewMs: number, clock = virtualClock()) => ({
    clock,
    answer: (asked: Asked): Answer =>
      Math.abs(signedAt(asked) - clock.now() - skewMs) > 30_000
        ? refusal(403, name, { date: http(clock.now() + skewMs) })
        : undefined,
  });

  it.each([
    ['RequestTimeTooSkewed', 10 * MINUTE_MS],
    ['RequestTimeTooSkewed', -10 * MINUTE_MS],
    ['SignatureDoesNotMatch', 70_000],
    ['InvalidSignatureException', -70_000],
  ])('is corrected after %s from a service %i ms ahead', async (name, skewMs) => {
    const { users, end, counts, events } = await listFake(PAGES, skewed(name, skewMs));
    expect(users).toEqual(USERS);
    expect(end).toEqual({ complete: true });
    expect(counts).toMatchObject({ requests: 5, retries: 1 });
    expect(events[0]).toEqual({ kind: 'clock-corrected', offsetMs: expect.any(Number) });
  });

  it.each([
    ['stays wrong when corrected', refusal(403, 'RequestTimeTooSkewed', { date: http(0) }), 3],
    ['is unknown', refusal(403, 'RequestTimeTooSkewed'), 2],
  ])('that %s cuts the listing', async (_name, answer, requests) => {
    const { end, counts } = await listFake(PAGES, {
      answer: ({ operation }) => (operation === 'page' ? answer.clone() : undefined),
    });
    expect(end).toMatchObject({
      reason: 'access-denied',
      message: expect.stringContaining("set this machine's clock"),
    });
    expect(counts.requests).toBe(requests);
  });
});

it('never repeats the words of the service, which may name people', async () => {
  const body = { message: 'jane@example.com may not', reason: 'jane@example.com' };
  const seen = await Promise.all(
    [400, 403, 404, 429, 500].map((status) =>
      listFake(PAGES, { answer: onSecondPage(() => json(body, { status })), deadlineMs: 2000 }),
    ),
  );
  expect(JSON.stringify(seen.map(({ end, events }) => [end, events]))).not.toMatch(/jane/);
});
