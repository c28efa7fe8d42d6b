import { describe, expect, it } from '@jest/globals';
import { finspaceEndpoint, isEndpointGiven, readEndpoint } from '../../../../core/sources/finspace/endpoint.ts';

const OWN = 'https://finspace-api.eu-west-1.amazonaws.com';

describe('endpoint', () => {
  it.each([
    ["the service's own", {}, OWN],
    ['not by variables that are empty', { AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_FINSPACE_DATA: '' }, OWN],
    ['by the general variable', { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1/'],
    [
      "by the service's variable before the general one",
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_FINSPACE_DATA: 'https://host/path' },
      'https://host/path',
    ],
  ])('is %s', (_name, env, endpoint) => {
    expect(finspaceEndpoint('eu-west-1', env)).toBe(endpoint);
    expect(isEndpointGiven(env)).toBe(endpoint !== OWN);
  });

  it.each([
    ['no URL', 'finspace', 'it is no URL'],
    ['without a protocol', '127.0.0.1:4566', 'it is no URL'],
    ['another protocol', 'ftp://host', 'its protocol is ftp'],
    ['a user name', 'https://jane@host', 'it holds a user name or a password'],
    ['a password', 'https://:hunter2@host', 'it holds a user name or a password'],
    ['a query', 'https://host/?a=b', 'it holds a query or a fragment'],
    ['a fragment', 'https://host/#a', 'it holds a query or a fragment'],
  ])('is not %s', (_name, url, problem) => {
    const message = `AWS_ENDPOINT_URL must be an http or https URL such as https://host or https://host/path: ${problem}`;
    expect(() => finspaceEndpoint('eu-west-1', { AWS_ENDPOINT_URL: url })).toThrow(new Error(message));
    expect(() => readEndpoint(url, 'AWS_ENDPOINT_URL')).toThrow(new Error(message));
  });

  it.each(['', 'EU-WEST-1', 'eu-west-1.evil.example/', 'eu-west'])('is in no region %j', (region) => {
    expect(() => finspaceEndpoint(region, {})).toThrow(
      new Error(`region must be one such as us-east-1, got ${JSON.stringify(region)}`),
    );
  });

  it('may be in a region of another partition', () => {
    expect(finspaceEndpoint('us-gov-west-1', {})).toBe('https://finspace-api.us-gov-west-1.amazonaws.com');
  });
});
