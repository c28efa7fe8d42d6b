import { createHash } from 'node:crypto';
import { describe, expect, it, test } from '@jest/globals';
import { checkSignature, type RawRequest, readQuery, type SigningKey } from '../../simulator/signature.ts';
import { type Keys, type Signed, sign } from './client.ts';

const NOW = Date.UTC(2026, 10, 24, 5, 37, 53);
const KEYS: Keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'tok' };
const HOST = 'finspace-api.us-east-1.amazonaws.com';

const raw = ({ method, url, headers }: Signed, body = ''): RawRequest => ({
  method,
  url,
  rawHeaders: Object.entries(headers).flat(),
  bodySha256: createHash('sha256').update(body).digest('hex'),
});

const check = (request: RawRequest, key: SigningKey = KEYS, now = NOW) => {
  const checked = checkSignature(request, {
    region: 'us-east-1',
    now,
    findKey: (id) => (id === KEYS.accessKeyId ? key : undefined),
  });
  return checked.valid ? 'valid' : checked.refusal.headers['x-amzn-errortype'];
};

const signed = (changes: Partial<Parameters<typeof sign>[0]> = {}): Signed =>
  sign({ path: '/user', query: { maxResults: '100' }, keys: KEYS, time: NOW, host: HOST, ...changes });

const withHeader = (name: string, value: string): Signed => {
  const request = signed();
  return { ...request, headers: { ...request.headers, [name]: value } };
};

const withoutHeader = (name: string): Signed => {
  const request = signed();
  return {
    ...request,
    headers: Object.fromEntries(Object.entries(request.headers).filter(([other]) => other !== name)),
  };
};

const inAuthorization = (pattern: string | RegExp, replacement: string): Signed =>
  withHeader('authorization', (signed().headers.authorization ?? '').replace(pattern, replacement));

describe('requests signed elsewhere', () => {
  test.each([
    ['/user?maxResults=100', '9d0003c8d0eb104a766eb878f5fe30c4edf887f1514eefa5475e7de573d1ea12'],
    ['/user?maxResults=100&nextToken=t', '0e47e5c90dcd4bb72f8ea2d39592289717a0f5394a93e42449e9dcb8f0e9ba6d'],
  ])('%s is valid', (url, signature) => {
    const request = {
      method: 'GET',
      url,
      rawHeaders: [
        'Host',
        HOST,
        'X-Amz-Date',
        '20261124T053753Z',
        'X-Amz-Security-Token',
        'tok',
        'Authorization',
        `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/us-east-1/finspace-api/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=${signature}`,
      ],
      bodySha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    };

    expect(check(request)).toBe('valid');
    expect(check({ ...request, url: `${url}0` })).toBe('SignatureDoesNotMatch');
  });
});

describe('requests signed here', () => {
  test.each<[string, Signed]>([
    ['as they should be', signed()],
    ['without a query', signed({ query: {} })],
    ['with awkward values', signed({ query: { nextToken: ' +/=&%41#?~\'"\\é雪🦊!()*' } })],
    ['with parameters out of order', { ...signed({ query: { b: '1', a: '2' } }), url: '/user?b=1&a=2' }],
    ['with lower-case percent signs', { ...signed({ query: { a: '/' } }), url: '/user?a=%2f' }],
    ['with header values that are padded', withHeader('x-amz-security-token', '  tok ')],
    ['with a header that is not signed', withHeader('user-agent', 'anything')],
  ])('%s', (_, request) => {
    expect(check(raw(request))).toBe('valid');
  });

  it('holds without a session token where the key has none', () => {
    const { sessionToken: _, ...keys } = KEYS;
    expect(check(raw(signed({ keys })), keys)).toBe('valid');
  });
});

describe('requests that were tampered with', () => {
  test.each<[string, Signed, string]>([
    ['a parameter', { ...signed(), url: '/user?maxResults=99' }, 'SignatureDoesNotMatch'],
    ['a parameter added', { ...signed(), url: '/user?maxResults=100&nextToken=x' }, 'SignatureDoesNotMatch'],
    ['the path', { ...signed(), url: '/users?maxResults=100' }, 'SignatureDoesNotMatch'],
    ['the method', { ...signed(), method: 'POST' }, 'SignatureDoesNotMatch'],
    ['a bare plus sign', { ...signed({ query: { a: '+' } }), url: '/user?a=+' }, 'SignatureDoesNotMatch'],
    ['the host', withHeader('host', 'example.com'), 'SignatureDoesNotMatch'],
    ['the time', withHeader('x-amz-date', '20261124T053754Z'), 'SignatureDoesNotMatch'],
    ['the session token', withHeader('x-amz-security-token', 'other'), 'UnrecognizedClientException'],
    ['no session token', withoutHeader('x-amz-security-token'), 'UnrecognizedClientException'],
    ['an unknown key', inAuthorization('AKIDEXAMPLE', 'AKIDOTHER'), 'UnrecognizedClientException'],
    ['the signature', inAuthorization(/Signature=\w{8}/, 'Signature=00000000'), 'SignatureDoesNotMatch'],
    ['a signature that is too short', inAuthorization(/Signature=\w{8}/, 'Signature='), 'IncompleteSignatureException'],
    ['the day of the scope', inAuthorization('/20261124/', '/20261123/'), 'SignatureDoesNotMatch'],
    ['another service', signed({ service: 'finspace' }), 'SignatureDoesNotMatch'],
    ['another region', signed({ region: 'eu-west-1' }), 'SignatureDoesNotMatch'],
    ['another secret', signed({ keys: { ...KEYS, secretAccessKey: 'other' } }), 'SignatureDoesNotMatch'],
    ['no host among the signed headers', inAuthorization('=host;', '='), 'IncompleteSignatureException'],
    ['no date among the signed headers', inAuthorization('x-amz-date;', ''), 'IncompleteSignatureException'],
    ['an unsigned token', inAuthorization(';x-amz-security-token', ''), 'IncompleteSignatureException'],
    ['no date', withoutHeader('x-amz-date'), 'IncompleteSignatureException'],
    ['a date that is none', withHeader('x-amz-date', '2026-11-24'), 'IncompleteSignatureException'],
    ['another kind of authorization', withHeader('authorization', 'Bearer x'), 'IncompleteSignatureException'],
    ['no authorization', withoutHeader('authorization'), 'MissingAuthenticationTokenException'],
  ])('%s: refused', (_, request, error) => {
    expect(check(raw(request))).toBe(error);
  });

  it('refuses a body that was not signed', () => {
    expect(check(raw(signed(), '{}'))).toBe('SignatureDoesNotMatch');
  });

  it('refuses a header sent twice', () => {
    const request = raw(signed());
    expect(check({ ...request, rawHeaders: [...request.rawHeaders, 'Host', HOST] })).toBe('SignatureDoesNotMatch');
  });

  it('keeps secrets to itself', () => {
    const checked = checkSignature(raw(signed({ keys: { ...KEYS, secretAccessKey: 'other' } })), {
      region: 'us-east-1',
      now: NOW,
      findKey: () => ({ ...KEYS, secretAccessKey: 'hush-hush' }),
    });
    expect(JSON.stringify(checked)).not.toContain('hush-hush');
  });
});

describe('the time of a request', () => {
  const FIVE_MINUTES = 300_000;

  test.each<[string, number, string]>([
    ['five minutes late', FIVE_MINUTES, 'valid'],
    ['a second later', FIVE_MINUTES + 1000, 'InvalidSignatureException'],
    ['five minutes early', -FIVE_MINUTES, 'valid'],
    ['a second earlier', -FIVE_MINUTES - 1000, 'InvalidSignatureException'],
  ])('%s: %s', (_, late, verdict) => {
    expect(check(raw(signed()), KEYS, NOW + late)).toBe(verdict);
  });

  it('says by how much it is off', () => {
    const messageAt = (now: number): unknown => {
      const checked = checkSignature(raw(signed()), { region: 'us-east-1', now, findKey: () => KEYS });
      return checked.valid ? undefined : JSON.parse(checked.refusal.body);
    };
    expect(messageAt(NOW + FIVE_MINUTES + 1000)).toEqual({
      message: 'Signature expired: 20261124T053753Z is now earlier than 20261124T053754Z (20261124T054254Z - 5 min.)',
    });
    expect(messageAt(NOW - FIVE_MINUTES - 1000)).toEqual({
      message:
        'Signature not yet current: 20261124T053753Z is still later than 20261124T053752Z (20261124T053252Z + 5 min.)',
    });
  });
});

test.each<[string, readonly (readonly [string, string])[]]>([
  ['/user', []],
  ['/user?', []],
  ['/user?a', [['a', '']]],
  [
    '/user?a=1&&b=2=3',
    [
      ['a', '1'],
      ['b', '2=3'],
    ],
  ],
  ['/user?a=%2B+%20', [['a', '+  ']]],
])('the query of %s', (url, pairs) => {
  expect(readQuery(url)).toEqual(pairs);
});

test('a query with a torn percent sign can not be read', () => {
  expect(() => readQuery('/user?a=%zz')).toThrow(URIError);
});
