import { describe, expect, test } from '@jest/globals';
import { connectionRemedy, proxyStatus, systemCode } from '../../../core/aws/connection.ts';
import { isServiceFault, isTokenExpired, statusOf } from '../../../core/aws/errors.ts';

const failed = (members: object, cause?: unknown): Error => Object.assign(new Error('no', { cause }), members);

describe('what a service or the network did', () => {
  test.each([
    { name: 'an answer', error: { $metadata: { httpStatusCode: 403 } }, status: 403, isFault: true },
    { name: 'no answer', error: { $metadata: {} }, isFault: false },
    { name: 'a status that is none', error: { $metadata: { httpStatusCode: '403' } }, isFault: false },
    { name: 'a code of the system', error: failed({ code: 'ECONNREFUSED' }), isFault: true },
    { name: 'such a code in a cause', error: failed({}, failed({}, failed({ code: 'EPIPE' }))), isFault: true },
    { name: 'a time-out', error: failed({ name: 'TimeoutError' }), isFault: true },
    { name: "a fault of the program's own", error: new TypeError('no'), isFault: false },
    { name: 'no error at all', error: undefined, isFault: false },
  ])('is told from other faults: $name', ({ error, status, isFault }) => {
    expect({ status: statusOf(error), isFault: isServiceFault(error) }).toEqual({ status, isFault });
  });

  test.each([
    { error: failed({ code: 'ENOTFOUND' }), code: 'ENOTFOUND' },
    { error: failed({ code: 'ENOTFOUND' }, failed({ code: 'EPIPE' })), code: 'ENOTFOUND' },
    { error: failed({ code: 42 }, failed({ code: 'EPIPE' })), code: 'EPIPE' },
    { error: failed({ code: 'no code' }, failed({ code: 'ERR_TLS_2' })), code: 'ERR_TLS_2' },
    { error: failed({ code: 'E' }), code: undefined },
    { error: null, code: undefined },
  ])('has the code $code', ({ error, code }) => {
    expect(systemCode(error)).toBe(code);
  });

  test.each([
    { name: 'of the error', error: failed({ code: 'ERR_PROXY_TUNNEL', statusCode: 407 }), status: 407 },
    { name: 'of its cause', error: failed({}, failed({ code: 'ERR_PROXY_TUNNEL', statusCode: 502 })), status: 502 },
    { name: 'of another refusal', error: failed({ code: 'ECONNRESET', statusCode: 407 }), status: undefined },
    { name: 'without a status', error: failed({ code: 'ERR_PROXY_TUNNEL' }), status: undefined },
  ])('has the status by which a proxy refused: $name', ({ error, status }) => {
    expect(proxyStatus(error)).toBe(status);
  });

  test.each(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired'])('is an expired token: %s', (name) => {
    expect(isTokenExpired(failed({ name }))).toBe(true);
  });

  test.each([failed({ name: 'AccessDenied' }), undefined])('is no expired token: %s', (error) => {
    expect(isTokenExpired(error)).toBe(false);
  });
});

describe('a connection that no further try would make', () => {
  test.each([
    { name: 'a proxy that forbids it', by: 499, remedy: 'the proxy of HTTPS_PROXY refuses with 499' },
    { name: 'a proxy that fails itself', by: 500, remedy: undefined },
    { name: 'a certificate that has expired', code: 'CERT_HAS_EXPIRED', remedy: 'its certificate has expired' },
    { name: 'a certificate of later', code: 'CERT_NOT_YET_VALID', remedy: 'is not valid yet' },
    { name: 'a certificate that was revoked', code: 'CERT_REVOKED', remedy: 'was revoked' },
    { name: 'a certificate of another host', code: 'ERR_TLS_CERT_ALTNAME_INVALID', remedy: 'is of another host' },
    { name: 'a certificate of nobody', code: 'SELF_SIGNED_CERT_IN_CHAIN', remedy: 'NODE_EXTRA_CA_CERTS' },
    { name: 'a host that answers later', code: 'ECONNREFUSED', remedy: undefined },
    { name: 'nothing that is known', remedy: undefined },
  ])('has its remedy: $name', ({ code, by, remedy }) => {
    const said = connectionRemedy(code, by);
    if (remedy === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(remedy);
  });
});
