import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kmsSigner } from '../../../lambda/archive/kms.ts';
import type { Manifest } from '../../../lambda/archive/manifest.ts';
import {
  isSignatureValid,
  readPublicKey,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  signManifest,
} from '../../../lambda/archive/signature.ts';

const manifest: Manifest = {
  schemaVersion: 1,
  run: '20261124T020000Z',
  environmentId: 'env',
  accountId: '111122223333',
  region: 'us-east-1',
  asOf: '2026-11-24T02:00:00.000Z',
  verdict: 'COMPLETE',
  counts: { users: 5, duplicates: 0, pages: 1, requests: 2, throttled: 0, retries: 0 },
  objects: {},
  trustedAccounts: ['111122223333'],
  hashes: { ruleset: 'r', config: 'c', waivers: 'w' },
  rules: {},
  codeVersion: '0.1.0',
};

const KEY_ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234';
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keysFor = (algorithm: string): { publicKey: KeyObject; privateKey: KeyObject } =>
  algorithm.startsWith('EC') ? ec : rsa;

/**
 * Signs a digest as KMS does with `MessageType: DIGEST`: node signs messages, so the test's KMS is handed the message
 * whose digest it must be.
 */
const messages = new Map<string, Buffer>();

let client: KMSClient;
const requests: Record<string, unknown>[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString());
    requests.push(body);
    const message = messages.get(body.Message);
    if (message === undefined) {
      response.writeHead(400).end('{"__type":"ValidationException"}');
      return;
    }
    const padding =
      body.SigningAlgorithm === 'RSASSA_PSS_SHA_256'
        ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
        : {};
    const value = sign('sha256', message, { key: keysFor(body.SigningAlgorithm).privateKey, ...padding });
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(
      JSON.stringify({
        KeyId: KEY_ARN,
        Signature: value.toString('base64'),
        SigningAlgorithm: body.SigningAlgorithm,
      }),
    );
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  client = new KMSClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
  });
  const message = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  messages.set(createHash('sha256').update(message).digest('base64'), message);
});
afterAll(() => {
  client.destroy();
  server.close();
});

const signed = (algorithm: SigningAlgorithm) =>
  signManifest(manifest, kmsSigner(client, 'alias/audit', algorithm));

describe.each(SIGNING_ALGORITHMS)('%s', (algorithm) => {
  test('asks KMS to sign the digest, and holds against the public key', async () => {
    const { signature } = await signed(algorithm);
    expect(requests.at(-1)).toMatchObject({
      KeyId: 'alias/audit',
      MessageType: 'DIGEST',
      SigningAlgorithm: algorithm,
    });
    expect(signature).toMatchObject({ keyId: KEY_ARN, algorithm });
    const stored: Manifest = JSON.parse(JSON.stringify(await signed(algorithm)));
    expect(isSignatureValid(stored, keysFor(algorithm).publicKey)).toBe(true);
  });

  test.each([
    { name: 'another count', change: { counts: { ...manifest.counts, users: 4 } } },
    { name: 'another member', change: { reason: 'deadline' as const } },
    { name: 'no signature', change: { signature: undefined } },
  ])('does not hold with $name', async ({ change }) => {
    const altered = { ...(await signed(algorithm)), ...change } as Manifest;
    expect(isSignatureValid(altered, keysFor(algorithm).publicKey)).toBe(false);
  });

  test('does not hold against a key of another kind', async () => {
    const other = algorithm.startsWith('EC') ? rsa : ec;
    expect(isSignatureValid(await signed(algorithm), other.publicKey)).toBe(false);
  });
});

test.each([
  { name: 'PEM', content: ec.publicKey.export({ format: 'pem', type: 'spki' }) },
  { name: 'DER', content: ec.publicKey.export({ format: 'der', type: 'spki' }) },
  {
    name: 'DER in base64',
    content: `${ec.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')}\n`,
  },
])('reads a public key in $name', ({ content }) => {
  const key = readPublicKey(Buffer.from(content));
  expect(key.equals(ec.publicKey)).toBe(true);
});
