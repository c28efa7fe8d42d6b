import { describe, expect, it } from '@jest/globals';
import {
  awsFailure,
  describeFailure,
  isOfLists,
  RequestError,
  type RequestFailure,
  type RetryDecision,
  retryDecision,
} from '../../../../core/sources/finspace/failure.ts';
import { refused } from './refused.ts';

describe('the decision', () => {
  it.each<readonly [string, RequestFailure, RetryDecision]>([
    ['429 without a name', refused(429), 'slow-down'],
    ['a throttle by name, whatever the status', refused(400, 'ThrottlingException'), 'slow-down'],
    ['Throttling', refused(400, 'Throttling'), 'slow-down'],
    ['TooManyRequestsException', refused(429, 'TooManyRequestsException'), 'slow-down'],
    ['RequestLimitExceeded', refused(503, 'RequestLimitExceeded'), 'slow-down'],
    ['SlowDown', refused(503, 'SlowDown'), 'slow-down'],
    ['LimitExceeded', refused(400, 'LimitExceeded'), 'slow-down'],
    ['LimitExceededException', refused(400, 'LimitExceededException'), 'slow-down'],
    ...['ThrottledException', 'RequestThrottled', 'RequestThrottledException', 'PriorRequestNotComplete'].map(
      (name) => [name, refused(400, name), 'slow-down'] as const,
    ),
    ['BandwidthLimitExceeded', refused(509, 'BandwidthLimitExceeded'), 'slow-down'],
    ...['InternalFailure', 'RequestTimeout', 'RequestTimeoutException', 'ServiceUnavailable'].map(
      (name) => [name, refused(400, name), 'retry'] as const,
    ),
    ['RequestInTheFuture', refused(403, 'RequestInTheFuture', { skewMs: 1 }), 'correct-clock'],
    ...[
      'AccessDenied',
      'IncompleteSignature',
      'MissingAuthenticationToken',
      'MissingAuthenticationTokenException',
      'NotAuthorizedException',
      'OptInRequired',
      'UnauthorizedOperation',
    ].map((name) => [name, refused(400, name), 'access-denied'] as const),
    ['ResourceNotFoundException', refused(404, 'ResourceNotFoundException'), 'validation'],
    ['RequestExpired', refused(400, 'RequestExpired', { skewMs: 1 }), 'correct-clock'],
    ['NotAuthorized', refused(400, 'NotAuthorized'), 'access-denied'],
    [
      'a certificate of nobody trusted',
      { kind: 'unreachable', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
      'refuse-connection',
    ],
    ['a proxy that refuses', { kind: 'unreachable', code: 'ERR_PROXY_TUNNEL', refusedBy: 407 }, 'refuse-connection'],
    ['a proxy that is ill', { kind: 'unreachable', code: 'ERR_PROXY_TUNNEL', refusedBy: 503 }, 'retry'],
    ['500', refused(500), 'retry'],
    ['InternalServerException', refused(500, 'InternalServerException'), 'retry'],
    ['599 of an unknown name', refused(599, 'Whatever'), 'retry'],
    ['408', refused(408), 'retry'],
    ['no connection', { kind: 'unreachable', code: 'ECONNRESET' }, 'retry'],
    ['no time', { kind: 'timed-out', timeoutMs: 1 }, 'retry'],
    ['no sense', { kind: 'unreadable', problem: 'body is empty' }, 'retry'],
    ['no address', { kind: 'unreachable', code: 'ENOTFOUND' }, 'retry-briefly'],
    ['no address for now', { kind: 'unreachable', code: 'EAI_AGAIN' }, 'retry'],
    ['ExpiredTokenException', refused(403, 'ExpiredTokenException'), 'renew-credentials'],
    ['ExpiredToken', refused(400, 'ExpiredToken'), 'renew-credentials'],
    ['UnrecognizedClientException', refused(403, 'UnrecognizedClientException'), 'renew-credentials'],
    ['InvalidClientTokenId', refused(403, 'InvalidClientTokenId'), 'renew-credentials'],
    ['RequestTimeTooSkewed', refused(403, 'RequestTimeTooSkewed', { skewMs: 10 }), 'correct-clock'],
    [
      'a bad signature by a clock one minute off',
      refused(403, 'SignatureDoesNotMatch', { skewMs: 60_000 }),
      'access-denied',
    ],
    [
      'a bad signature by a clock more than a minute behind',
      refused(403, 'SignatureDoesNotMatch', { skewMs: 60_001 }),
      'correct-clock',
    ],
    [
      'a bad signature by a clock more than a minute ahead',
      refused(403, 'InvalidSignatureException', { skewMs: -60_001 }),
      'correct-clock',
    ],
    [
      'a signature that expired by a good clock',
      refused(403, 'InvalidSignatureException', { saysExpired: true, skewMs: 0 }),
      'renew-credentials',
    ],
    ['a bad signature by an unknown clock', refused(403, 'InvalidSignatureException'), 'access-denied'],
    ['AccessDeniedException', refused(403, 'AccessDeniedException'), 'access-denied'],
    [
      'AccessDeniedException that speaks of expiry',
      refused(403, 'AccessDeniedException', { saysExpired: true }),
      'access-denied',
    ],
    ['403 without a name', refused(403), 'access-denied'],
    ['401', refused(401), 'access-denied'],
    ['407', refused(407), 'access-denied'],
    ['ValidationException', refused(400, 'ValidationException'), 'validation'],
    ['400 without a name', refused(400), 'validation'],
    ['418', refused(418, 'Teapot'), 'validation'],
    ['404', refused(404), 'source-unavailable'],
    ['UnknownOperationException', refused(400, 'UnknownOperationException'), 'source-unavailable'],
    ['410', refused(410), 'source-unavailable'],
    ['a redirect', refused(301), 'source-unavailable'],
    ['a name that every object has', refused(500, 'constructor'), 'retry'],
  ])('for %s', (_name, failure, decision) => {
    expect(retryDecision(failure)).toBe(decision);
  });
});

it.each([
  ['ListUsers', true],
  ['ListPermissionGroups', true],
  ['ListUsersByPermissionGroup', true],
  ['GetProgrammaticAccessCredentials', false],
  ['AssumeRole', false],
  ['AWS credentials', false],
] as const)('%s takes the keys that FinSpace gives: %s', (operation, isOfFinspace) => {
  expect(isOfLists(operation)).toBe(isOfFinspace);
});

it('is carried with the request that failed, by the operation where nothing else is said', () => {
  const error = new RequestError('ListUsers', refused(500));
  expect(String(error)).toBe('RequestError: ListUsers: HTTP 500');
  expect(error.request).toBe('ListUsers');
  expect(new RequestError('AssumeRole', refused(403), 'AssumeRole of it')).toMatchObject({
    message: 'AssumeRole of it: HTTP 403',
    operation: 'AssumeRole',
    request: 'AssumeRole of it',
  });
});

describe('a failure', () => {
  it.each<readonly [string, RequestFailure]>([
    ['HTTP 502', refused(502)],
    ['ThrottlingException (429)', refused(429, 'ThrottlingException')],
    ['unreadable answer (body is empty)', { kind: 'unreadable', problem: 'body is empty' }],
    ['no whole answer within 10000 ms', { kind: 'timed-out', timeoutMs: 10_000 }],
    ['connection failed', { kind: 'unreachable', code: undefined }],
    ['connection failed (ECONNRESET)', { kind: 'unreachable', code: 'ECONNRESET' }],
  ])('is described as %s', (words, failure) => {
    expect(describeFailure(failure)).toBe(words);
  });

  const answered = (httpStatusCode: number, members: object): Error =>
    Object.assign(new Error('no'), { $metadata: { httpStatusCode } }, members);

  it.each<readonly [string, unknown, RequestFailure]>([
    ['a refusal', answered(403, { name: 'AccessDenied' }), refused(403, 'AccessDenied')],
    ['a name that may name people', answered(403, { name: 'jane@example.com' }), refused(403)],
    ['a name that is no text', answered(400, { name: 404 }), refused(400)],
    [
      'a text that speaks of expiry',
      answered(400, { name: 'Bad', message: 'Token Expired' }),
      refused(400, 'Bad', { saysExpired: true }),
    ],
    ['an answer that can not be read', answered(299, { name: 'Error' }), { kind: 'unreadable', problem: 'it is torn' }],
    ['a redirect', answered(300, { name: 'PermanentRedirect' }), refused(300, 'PermanentRedirect')],
    [
      'a proxy that refuses',
      Object.assign(new Error('no'), { code: 'ERR_PROXY_TUNNEL', statusCode: 407 }),
      { kind: 'unreachable', code: 'ERR_PROXY_TUNNEL', refusedBy: 407 },
    ],
    ['no answer', new Error('no'), { kind: 'unreachable', code: undefined, refusedBy: undefined }],
  ])('is read out of what the SDK throws: %s', (_name, error, failure) => {
    expect(awsFailure(error)).toEqual(failure);
  });
});
