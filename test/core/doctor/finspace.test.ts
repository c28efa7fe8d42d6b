import { describe, expect, test } from '@jest/globals';
import { finspaceChecks } from '../../../core/doctor/finspace.ts';
import type { Fetch } from '../../../core/sources/finspace/request.ts';

const answer = (status: number, body: string): Fetch => {
  const headers = new Headers();
  return async () => ({ ok: status === 200, status, headers, bytes: async () => Buffer.from(body) });
};
const nobody: Fetch = async () => {
  throw Object.assign(new Error(''), { code: 'ECONNREFUSED' });
};

const checkOf = (name: string, fetch: Fetch, mode: 'direct' | 'exchange' = 'direct') => {
  const checks = finspaceChecks({
    environmentId: 'abc',
    region: 'us-east-1',
    endpoint: 'https://finspace.example',
    mode,
    loadCredentials: async () => ({ accessKeyId: 'a', secretAccessKey: 's' }),
    fetch,
  });
  const check = checks.find((one) => one.name === name);
  if (check === undefined) throw new Error(`no check ${name}`);
  return check;
};

describe('an endpoint', () => {
  test.each([
    ['that refuses', answer(403, '{}'), 'ok'],
    ['whose answer is no JSON', answer(200, '<html>'), 'ok'],
    ['that answers', answer(200, '{"users":[]}'), 'ok'],
    ['where nobody is', nobody, 'fail'],
  ])('%s', async (_, fetch, outcome) => {
    expect(await checkOf('endpoint', fetch).check()).toMatchObject({ outcome });
  });
});

describe('a first page', () => {
  test.each([
    ['with users, and the last', '{"users":[{}]}', 'ok', '1 user, and no more'],
    ['with users and a token', '{"users":[{},{}],"nextToken":"t"}', 'ok', '2 users, and more to come'],
    ['without users, with a token', '{"users":[],"nextToken":"t"}', 'ok', '0 users, and more to come'],
    ['without users, and the last', '{"users":[]}', 'warn', expect.stringMatching(/INCOMPLETE, empty-roster$/)],
  ])('%s', async (_, body, outcome, told) => {
    expect(await checkOf('first-page', answer(200, body)).check()).toMatchObject({ outcome, told });
  });

  test.each([
    ['direct', ['credentials', 'endpoint']],
    ['exchange', ['credentials', 'endpoint', 'exchange']],
  ] as const)('with %s credentials needs %j', (mode, needs) => {
    expect(checkOf('first-page', nobody, mode).needs).toEqual(needs);
  });
});

test('credentials of FinSpace are not exchanged, and not said to have been', async () => {
  expect(await checkOf('exchange', nobody).check()).toMatchObject({ outcome: 'not-checked' });
});
