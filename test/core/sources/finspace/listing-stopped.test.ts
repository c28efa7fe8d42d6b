import { describe, expect, it } from '@jest/globals';
import type { RequestFailure } from '../../../../core/sources/finspace/failure.ts';
import { askedToWait, reachRemedy } from '../../../../core/sources/finspace/listing-stopped.ts';
import { refused } from './refused.ts';

describe('what to do about a service', () => {
  const AMAZONS = 'https://finspace-api.us-east-1.amazonaws.com';
  const ENDED = /^Amazon ended FinSpace on 2026-10-07: /;
  const NO_API = /^finspace-api\.us-east-1\.amazonaws\.com does not answer as the FinSpace Data API does: /;
  const UNREACHED = /^let this machine reach finspace-api\.us-east-1\.amazonaws\.com: /;

  it.each<readonly [string, RequestFailure, RegExp, string?]>([
    ['that has no address', { kind: 'unreachable', code: 'ENOTFOUND' }, ENDED],
    [
      'of China that has no address',
      { kind: 'unreachable', code: 'ENOTFOUND' },
      ENDED,
      'https://finspace-api.cn-north-1.amazonaws.com.cn',
    ],
    ['that is gone', refused(410), ENDED],
    ['that knows no such operation', refused(400, 'UnknownOperationException'), ENDED],
    [
      'whose host only ends like one of Amazon',
      refused(410),
      /^amazonaws\.com\.example /,
      'https://amazonaws.com.example',
    ],
    ['that leads elsewhere', refused(302), NO_API],
    ['that is ill', refused(503), NO_API],
    ['that refuses connections', { kind: 'unreachable', code: 'ECONNREFUSED' }, UNREACHED],
    [
      'whose certificate has expired',
      { kind: 'unreachable', code: 'CERT_HAS_EXPIRED' },
      /^its certificate has expired/,
    ],
    [
      'that a proxy lets nobody reach',
      { kind: 'unreachable', code: 'ERR_PROXY_TUNNEL', refusedBy: 407 },
      /^the proxy of HTTPS_PROXY refuses with 407/,
    ],
    ['that does not answer in time', { kind: 'timed-out', timeoutMs: 1 }, UNREACHED],
  ])('%s', (_name, failure, remedy, endpoint = AMAZONS) => {
    expect(reachRemedy(failure, new URL(endpoint), false)).toMatch(remedy);
  });
});

it.each([
  [1000, '1 seconds'],
  [119_499, '119 seconds'],
  [119_500, '2 minutes'],
  [5_400_000, '90 minutes'],
  [7_199_000, '120 minutes'],
  [7_200_000, '2 hours'],
  [86_400_000, '24 hours'],
])('a wait of %i ms is one of %s', (ms, words) => {
  expect(askedToWait(ms)).toBe(`; the service asked to wait ${words} (Retry-After)`);
});
