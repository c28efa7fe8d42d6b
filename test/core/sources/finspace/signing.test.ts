import { describe, expect, it } from '@jest/globals';
import { signedGet } from '../../../../core/sources/finspace/signing.ts';

const ENDPOINT = new URL('https://finspace-api.us-east-1.amazonaws.com');
const BY = {
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'tok' },
  region: 'us-east-1',
  at: new Date('2026-11-24T05:37:53Z'),
};

const sign = (parameters: Record<string, string>, endpoint = ENDPOINT) =>
  signedGet(endpoint, { path: '/user', parameters }, BY);

describe('signing', () => {
  // Signatures that another implementation made of the same requests: botocore 1.43.11.
  it.each([
    [{ maxResults: '100' }, '9d0003c8d0eb104a766eb878f5fe30c4edf887f1514eefa5475e7de573d1ea12'],
    [{ maxResults: '100', nextToken: 't' }, '0e47e5c90dcd4bb72f8ea2d39592289717a0f5394a93e42449e9dcb8f0e9ba6d'],
  ])('signs %j as others do', async (parameters, signature) => {
    const { headers } = await sign(parameters);
    expect(headers).toEqual({
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261124/us-east-1/finspace-api/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=${signature}`,
      'x-amz-date': '20261124T053753Z',
      'x-amz-security-token': 'tok',
    });
  });

  it('sends no session token where there is none', async () => {
    const { accessKeyId, secretAccessKey } = BY.credentials;
    const { headers } = await signedGet(
      ENDPOINT,
      { path: '/user', parameters: {} },
      { ...BY, credentials: { accessKeyId, secretAccessKey } },
    );
    expect(Object.keys(headers).sort()).toEqual(['authorization', 'x-amz-date']);
  });

  it.each([
    ['+/=&%#? \t\r\n', '%2B%2F%3D%26%25%23%3F%20%09%0D%0A'],
    ["!'()*~-._", '%21%27%28%29%2A~-._'],
    ['"<>\\^`{|}[]', '%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D'],
    ['é漢🙂', '%C3%A9%E6%BC%A2%F0%9F%99%82'],
    ['%2B', '%252B'],
    ['lone \ud800', 'lone%20%EF%BF%BD'],
  ])('spells the token %j on the wire as the signature does', async (nextToken, spelt) => {
    expect((await sign({ nextToken })).url).toBe(
      `https://finspace-api.us-east-1.amazonaws.com/user?nextToken=${spelt}`,
    );
  });

  it.each([
    ['http://127.0.0.1:4566', 'http://127.0.0.1:4566/user'],
    ['http://127.0.0.1:4566/base/', 'http://127.0.0.1:4566/base/user'],
    ['http://127.0.0.1:4566/a%20b', 'http://127.0.0.1:4566/a%20b/user'],
    ['https://host:443', 'https://host/user'],
  ])('asks below the endpoint %s', async (endpoint, url) => {
    expect((await sign({}, new URL(endpoint))).url).toBe(url);
  });
});
