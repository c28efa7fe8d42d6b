import { describe, expect, test } from '@jest/globals';
import { finspaceChecks, unlessStopped } from '../../../core/doctor/finspace.ts';
import { ListingStopped } from '../../../core/sources/finspace/listing-stopped.ts';
import type { Fetch } from '../../../core/sources/finspace/request.ts';

const answer = (status: number, body: string): Fetch => {
  const headers = new Headers();
  return async () => ({ ok: status === 200, status, headers, bytes: async () => Buffer.from(body) });
};
const unreachable =
  (code: string): Fetch =>
  async () => {
    throw Object.assign(new Error(''), { code });
  };
const nobody = unreachable('ECONNREFUSED');

const HOST = 'finspace.example';

const checksOf = (fetch: Fetch, mode: 'direct' | 'exchange' = 'direct', host = HOST) =>
  finspaceChecks({
    environmentId: 'abc',
    region: 'us-east-1',
    endpoint: `https://${host}`,
    mode,
    loadCredentials: async () => ({ accessKeyId: 'a', secretAccessKey: 's' }),
    fetch,
  });

const checkOf = (name: string, ...given: Parameters<typeof checksOf>) => {
  const check = checksOf(...given).find((one) => one.name === name);
  if (check === undefined) throw new Error(`no check ${name}`);
  return check;
};

describe('an endpoint', () => {
  test.each([
    ['that refuses', answer(403, '{}'), 'ok', `${HOST} answers`],
    ['whose answer is no JSON', answer(200, '<html>'), 'ok', `${HOST} answers`],
    ['that answers', answer(200, '{"users":[]}'), 'ok', `${HOST} answers`],
    ['where nobody is', nobody, 'fail', `${HOST}: connection failed (ECONNREFUSED)`],
  ])('%s', async (_, fetch, outcome, told) => {
    expect(await checkOf('endpoint', fetch).check()).toMatchObject({ outcome, told });
  });

  test('that is none, of Amazon, is said to have ended', async () => {
    const check = checkOf('endpoint', unreachable('ENOTFOUND'), 'direct', 'finspace-api.us-east-1.amazonaws.com');
    expect(await check.check()).toMatchObject({
      outcome: 'fail',
      remedy: expect.stringMatching(/^Amazon ended FinSpace/),
    });
  });

  test('of which nothing can be made is no answer', async () => {
    const headers = {
      get: () => {
        throw new RangeError('a fault of the program');
      },
    };
    const check = checkOf('endpoint', async (...asked) => ({ ...(await answer(200, '{}')(...asked)), headers }));
    await expect(check.check()).rejects.toThrow(RangeError);
  });
});

describe('a first page', () => {
  test.each([
    ['with users, and the last', '{"users":[{}]}', 'ok', '1 user, and no more'],
    ['with users and a token', '{"users":[{},{}],"nextToken":"t"}', 'ok', '2 users, and more to come'],
    ['without users, with a token', '{"users":[],"nextToken":"t"}', 'ok', '0 users, and more to come'],
    [
      'without users, and the last',
      '{"users":[]}',
      'warn',
      'the page has no users and is the last: an audit would be INCOMPLETE, empty-roster',
    ],
  ])('%s', async (_, body, outcome, told) => {
    expect(await checkOf('first-page', answer(200, body)).check()).toMatchObject({ outcome, told });
  });

  test('that is empty and the last names what to do', async () => {
    expect(await checkOf('first-page', answer(200, '{"users":[]}')).check()).toMatchObject({
      remedy: 'check the environment id: FinSpace always has one user',
    });
  });

  test('is read with the keys of the exchange', async () => {
    const asked: string[] = [];
    const keys = { accessKeyId: 'x', secretAccessKey: 'y', sessionToken: 'z' };
    const pages = answer(200, '{"users":[{}]}');
    const fetch: Fetch = (url, ...rest) => {
      asked.push(new URL(url).pathname);
      return (
        asked.at(-1) === '/user' ? pages : answer(200, JSON.stringify({ credentials: keys, durationInMinutes: 60 }))
      )(url, ...rest);
    };
    await checkOf('exchange', fetch, 'exchange').check();
    expect(asked.splice(0)).toEqual(['/credentials/programmatic']);
    const answers = [];
    for (const check of checksOf(fetch, 'exchange')) if (check.name !== 'endpoint') answers.push(await check.check());
    expect(answers).toEqual([
      { outcome: 'ok', told: 'FinSpace gives keys for these credentials' },
      { outcome: 'ok', told: '1 user, and no more' },
    ]);
    expect(asked).toEqual(['/credentials/programmatic', '/user']);
  });
});

test.each([
  ['direct', [[], ['credentials', 'endpoint'], ['credentials', 'endpoint']]],
  ['exchange', [[], ['credentials', 'endpoint'], ['credentials', 'endpoint', 'exchange']]],
] as const)('what endpoint, exchange and first page need with %s credentials', (mode, needs) => {
  expect(checksOf(nobody, mode).map((check) => check.needs)).toStrictEqual(needs);
});

test.each(['exchange', 'first-page'])(
  'a service of Amazon that is gone fails %s, and is said to have ended',
  async (name) => {
    const check = checkOf(name, answer(410, ''), 'exchange', 'finspace-api.us-east-1.amazonaws.com');
    expect(await check.check()).toMatchObject({
      outcome: 'fail',
      told: 'GetProgrammaticAccessCredentials failed: HTTP 410',
      remedy: expect.stringMatching(/^Amazon ended FinSpace/),
    });
  },
);

test('credentials of FinSpace are not exchanged, and not said to have been', async () => {
  expect(await checkOf('exchange', nobody).check()).toEqual({
    outcome: 'not-checked',
    told: "the caller's keys are FinSpace's: none are exchanged",
  });
});

describe('what would stop a listing', () => {
  test.each([
    ['deadline', 'look again when the service is well'],
    ['repeated-token', 'open a support case'],
    ['repeated-page', 'open a support case'],
    ['access-denied', 'give the caller credentials that FinSpace knows'],
    ['validation', 'check the environment id'],
    ['config', 'give the caller credentials'],
    [
      'source-unavailable',
      'let this machine reach the endpoint, and set HTTPS_PROXY where a proxy leads out of its network',
    ],
  ] as const)('as %s fails a check, with what is known to help', async (reason, remedy) => {
    const failed = (known?: string) =>
      unlessStopped(async () => {
        throw new ListingStopped(reason, 'it stopped', known === undefined ? {} : { remedy: known });
      });
    expect(await failed()).toEqual({ outcome: 'fail', told: 'it stopped', remedy });
    expect(await failed('mend it')).toEqual({ outcome: 'fail', told: 'it stopped', remedy: 'mend it' });
  });

  test('is told from any other error', async () => {
    const broken = async () => {
      throw new TypeError('a fault of the program');
    };
    await expect(unlessStopped(broken)).rejects.toThrow(TypeError);
  });
});
