import { describe, expect, it } from '@jest/globals';
import { RequestError } from '../../../../core/sources/finspace/failure.ts';
import { send } from '../../../../core/sources/finspace/request.ts';
import { networkError, timeoutError } from './fake-service.ts';

const SIGNED_AT = Date.parse('Tue, 24 Nov 2026 02:00:00 GMT');

const sendTo = (answer: () => Promise<Response>) =>
  send(
    'ListUsers',
    { url: 'https://finspace.example.com/user', headers: {} },
    { fetch: answer, timeoutMs: 50, signedAt: SIGNED_AT },
  );

const failureOf = async (answer: () => Promise<Response>): Promise<unknown> => {
  try {
    return { answered: await sendTo(answer) };
  } catch (error) {
    if (error instanceof RequestError) return error.failure;
    throw error;
  }
};

const response = (
  status: number,
  body: ConstructorParameters<typeof Response>[0],
  headers: Record<string, string> = {},
) => failureOf(async () => new Response(body, { status, headers }));

const REFUSED = { kind: 'refused', name: undefined, saysExpired: false };

/** A body that ends before its time. */
const torn = (error: unknown) =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"users":[]'));
    },
    pull(controller) {
      controller.error(error);
    },
  });

describe('one request', () => {
  it('gives the JSON object, numbers beyond double as infinite', async () => {
    const body = '{"users":[{"createTime":1e400,"lastLoginTime":-1e400,"x":1.6E12}],"nextToken":null}';
    expect(await sendTo(async () => new Response(body))).toEqual({
      users: [{ createTime: Number.POSITIVE_INFINITY, lastLoginTime: Number.NEGATIVE_INFINITY, x: 1.6e12 }],
      nextToken: null,
    });
  });

  it.each([
    ['header', { 'x-amzn-errortype': 'ThrottlingException' }, ''],
    ['header up to a colon', { 'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/' }, '<html>'],
    ['header up to white space and a colon', { 'x-amzn-errortype': 'ThrottlingException : x' }, ''],
    ['header after a hash', { 'x-amzn-errortype': 'com.amazonaws.finspace#ThrottlingException' }, '{}'],
    ['header before the body', { 'X-Amzn-ErrorType': 'ThrottlingException' }, '{"code":"Other"}'],
    ['code', {}, '{"code":"ThrottlingException"}'],
    ['Code', {}, '{"Code":"ThrottlingException"}'],
    ['__type', {}, '{"__type":"com.amazonaws.finspace#ThrottlingException:http://x"}'],
    [
      'body where the header names people',
      { 'x-amzn-errortype': 'jane@example.com' },
      '{"code":"ThrottlingException"}',
    ],
  ])('reads the name of an error from the %s', async (_name, headers, body) => {
    expect(await response(400, body, headers)).toMatchObject({ ...REFUSED, status: 400, name: 'ThrottlingException' });
  });

  it.each([
    ['an empty body', ''],
    ['HTML', '<html><h1>502 Bad Gateway</h1></html>'],
    ['an array', '[]'],
    ['a name that is no text', '{"code":5}'],
    ['a message that is no text', '{"message":{"toString":1}}'],
  ])('takes %s for an error without a name', async (_name, body) => {
    expect(await response(502, body)).toMatchObject({ ...REFUSED, status: 502 });
  });

  it.each([
    ['message', '{"message":"The security token has EXPIRED"}'],
    ['Message', '{"Message":"Signature expired: x"}'],
  ])('notes that the %s speaks of something expired', async (_name, body) => {
    expect(await response(403, body)).toMatchObject({ saysExpired: true });
  });

  it.each([
    ['seconds', { 'retry-after': '2' }, 2000],
    ['no seconds', { 'retry-after': '0' }, 0],
    ['negative seconds', { 'retry-after': '-5' }, 0],
    ['a date, by the clock that signed', { 'retry-after': 'Tue, 24 Nov 2026 02:00:03 GMT' }, 3000],
    [
      "a date, by the service's clock",
      { 'retry-after': 'Tue, 24 Nov 2026 03:00:03 GMT', date: 'Tue, 24 Nov 2026 03:00:00 GMT' },
      3000,
    ],
    ['a date that is past', { 'retry-after': 'Tue, 24 Nov 2026 01:00:00 GMT' }, 0],
    ['nonsense', { 'retry-after': 'soon' }, undefined],
    ['white space', { 'retry-after': ' ' }, undefined],
    ['nothing', {}, undefined],
  ])('reads Retry-After: %s', async (_name, headers, retryAfterMs) => {
    expect(await response(503, '', headers)).toMatchObject({ retryAfterMs });
  });

  it.each([
    ['ahead', 'Tue, 24 Nov 2026 02:10:00 GMT', 600_000],
    ['behind', 'Tue, 24 Nov 2026 01:59:00 GMT', -60_000],
    ['unknown', 'today', undefined],
  ])("tells that the service's clock is %s", async (_name, date, skewMs) => {
    expect(await response(403, '', { date })).toMatchObject({ skewMs });
  });

  it.each([
    ['an empty body', '', 'body is empty'],
    ['torn JSON', '{"users":[{"userId":', 'body is no JSON object'],
    ['HTML', '<html></html>', 'body is no JSON object'],
    ['an array', '[]', 'body is no JSON object'],
    ['null', 'null', 'body is no JSON object'],
    ['a string', '"users"', 'body is no JSON object'],
    ...[
      ['a token that another hides', '{"users":[],"nextToken":"t","nextToken":null}'],
      ['users that others hide', '{"users":[{}],"nextToken":null, "users" : []}'],
      ['a userId that another hides', '{"users":[{"userId":"ada","type":"SUPER_USER","userId":"bob"}]}'],
      ['a type that another hides, however it is spelt', '{"users":[{"type":"SUPER_USER","typ\\u0065":"APP_USER"}]}'],
      ['a member of a member that another hides', '{"users":[{"a":[{"b":{"c":1,"c":1}}]}]}'],
    ].map(([name = '', body = '']) => [name, body, 'body has an object with two members of one name'] as const),
    ['what is no UTF-8', new Uint8Array([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]), 'body broken off'],
    ['a body that breaks off', torn(new TypeError('terminated')), 'body broken off'],
  ])('does not read %s', async (_name, body, problem) => {
    expect(await response(200, body)).toEqual({ kind: 'unreadable', problem });
  });

  it.each([
    [201, {}, '{"users":[]}', 'HTTP 201 in place of 200'],
    [202, {}, '{}', 'HTTP 202 in place of 200'],
    [206, {}, '{"users":[]}', 'HTTP 206 in place of 200'],
    [200, { 'x-amzn-errortype': 'ThrottlingException:x' }, '{"users":[]}', 'an error as HTTP 200: ThrottlingException'],
    [200, { 'x-amzn-errortype': 'not a name' }, '{"users":[]}', 'an error as HTTP 200: unnamed'],
    [200, {}, '{"__type":"ns#AccessDeniedException","users":[]}', 'an error as HTTP 200: AccessDeniedException'],
    [200, {}, '{"message":"Rate exceeded","users":[]}', 'an error as HTTP 200: unnamed'],
    [200, {}, '{"message":5,"users":[]}', 'an error as HTTP 200: unnamed'],
  ])('believes no success of HTTP %i with %j and %s', async (status, headers, body, problem) => {
    expect(await response(status, body, headers)).toEqual({ kind: 'unreadable', problem });
  });

  it.each([['{"__type":"","message":null,"users":[]}'], ['{"message":"","users":[]}']])(
    'believes %s, which names no error',
    async (body) => {
      expect(await sendTo(async () => new Response(body))).toEqual(JSON.parse(body));
    },
  );

  it('does not read an answer without content', async () => {
    expect(await response(204, null)).toEqual({ kind: 'unreadable', problem: 'body is empty' });
  });

  it('does without the body of an error that breaks off', async () => {
    expect(await response(503, torn(new TypeError('terminated')))).toMatchObject({ ...REFUSED, status: 503 });
  });

  it('does not follow redirects', async () => {
    const seen: unknown[] = [];
    await failureOf(async (...args: unknown[]) => {
      seen.push(args[1]);
      return Response.json({});
    });
    expect(seen).toEqual([expect.objectContaining({ redirect: 'manual' })]);
  });

  it.each([
    ['a refused connection', networkError('ECONNREFUSED'), { kind: 'unreachable', code: 'ECONNREFUSED' }],
    ['a name without address', networkError('ENOTFOUND'), { kind: 'unreachable', code: 'ENOTFOUND' }],
    ['a code that is none', networkError('jane@example.com'), { kind: 'unreachable', code: undefined }],
    ['an unknown failure', new TypeError('fetch failed'), { kind: 'unreachable', code: undefined }],
    ['a time-out', timeoutError(), { kind: 'timed-out', timeoutMs: 50 }],
  ])('reports %s', async (_name, error, failure) => {
    expect(await failureOf(() => Promise.reject(error))).toEqual(failure);
  });

  it('reports a body that does not come in time', async () => {
    expect(await response(200, torn(timeoutError()))).toEqual({ kind: 'timed-out', timeoutMs: 50 });
  });

  it('gives up on a service that never answers', async () => {
    const waiting = (_url: string, { signal }: { signal: AbortSignal }) =>
      new Promise<Response>((_resolve, reject) => {
        const awake = setTimeout(() => undefined, 5000);
        signal.addEventListener('abort', () => {
          clearTimeout(awake);
          reject(signal.reason);
        });
      });
    const sending = send(
      'ListUsers',
      { url: 'https://finspace.example.com/user', headers: {} },
      { fetch: waiting, timeoutMs: 50, signedAt: SIGNED_AT },
    );
    await expect(sending).rejects.toThrow('ListUsers: no whole answer within 50 ms');
  });
});
