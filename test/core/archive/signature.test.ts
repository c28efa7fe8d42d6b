import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { kmsSigner } from '../../../core/archive/kms.ts';
import type { Manifest } from '../../../core/archive/manifest.ts';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../../core/archive/manifest-signature.ts';
import { isSignatureValid, readPublicKey, signEntry } from '../../../core/archive/signature.ts';
import { jsonText } from '../../../core/archive/staging.ts';
import { KMS_KEY_ARN, type Kms, publicKeyFor, startKms } from '../../support/kms.ts';

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
  code: { version: '0.1.0', sha256: 'a'.repeat(64) },
};

const ALIAS = 'arn:aws:kms:us-east-1:111122223333:alias/audit';

let kms: Kms;
const environment = process.env;
beforeAll(async () => {
  kms = await startKms();
  process.env = { ...environment, ...kms.env };
});
afterEach(() => kms.refuse(undefined));
afterAll(async () => {
  process.env = environment;
  await kms.close();
});

const signed = (algorithm: SigningAlgorithm) => signEntry(manifest, kmsSigner(ALIAS, algorithm));

describe.each(SIGNING_ALGORITHMS)('%s', (algorithm) => {
  test('asks KMS to sign the digest, and holds against the public key', async () => {
    const { signature } = await signed(algorithm);
    expect(kms.requests.at(-1)).toMatchObject({ KeyId: ALIAS, MessageType: 'DIGEST', SigningAlgorithm: algorithm });
    expect(signature).toMatchObject({ scheme: 2, keyId: KMS_KEY_ARN, algorithm });
    const stored: Manifest = JSON.parse(JSON.stringify(await signed(algorithm)));
    expect(isSignatureValid(stored, publicKeyFor(algorithm))).toBe(true);
  });

  test.each([
    { name: 'another count', change: { counts: { ...manifest.counts, users: 4 } } },
    { name: 'another member', change: { reason: 'deadline' as const } },
    { name: 'no signature', change: { signature: undefined } },
    { name: 'another key id', signature: { keyId: ALIAS } },
    { name: 'another scheme', signature: { scheme: 3 } },
    { name: 'the scheme of before', signature: { scheme: undefined } },
  ])('does not hold with $name', async ({ change, signature }) => {
    const sound = await signed(algorithm);
    const altered = { ...sound, ...(signature && { signature: { ...sound.signature, ...signature } }), ...change };
    expect(isSignatureValid(altered as Manifest, publicKeyFor(algorithm))).toBe(false);
  });

  test('does not hold against a key of another kind', async () => {
    const other = algorithm.startsWith('EC') ? 'RSA' : 'EC';
    expect(isSignatureValid(await signed(algorithm), publicKeyFor(other))).toBe(false);
  });

  test('does not hold against another key of its kind', async () => {
    const { publicKey } = algorithm.startsWith('EC')
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(isSignatureValid(await signed(algorithm), publicKey)).toBe(false);
  });
});

describe('a scheme', () => {
  const { publicKey: own, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signedOver = (covered: object, by: object): Manifest => {
    const value = sign('sha256', Buffer.from(jsonText(covered)), privateKey).toString('base64');
    return { ...manifest, signature: { keyId: ALIAS, algorithm: 'ECDSA_SHA_256', ...by, value } };
  };
  const by = { keyId: ALIAS, algorithm: 'ECDSA_SHA_256' };

  test.each([
    {
      name: 'none, as it was at first: it covers none of the signature',
      stored: signedOver(manifest, {}),
      isValid: true,
    },
    { name: 'none, over the signature too', stored: signedOver({ ...manifest, signature: by }, {}), isValid: false },
    {
      name: 'that of now',
      stored: signedOver({ ...manifest, signature: { ...by, scheme: 2 } }, { scheme: 2 }),
      isValid: true,
    },
    {
      name: 'one that nobody knows',
      stored: signedOver({ ...manifest, signature: { ...by, scheme: 3 } }, { scheme: 3 }),
      isValid: false,
    },
  ])('$name: $isValid', ({ stored, isValid }) => {
    expect(isSignatureValid(stored, own)).toBe(isValid);
  });

  test('of a key that signs by itself alone holds for nothing', () => {
    const { publicKey: edwards } = generateKeyPairSync('ed25519');
    expect(isSignatureValid(signedOver(manifest, {}), edwards)).toBe(false);
  });
});

test('what KMS refuses names the key and the error', async () => {
  kms.refuse('DisabledException');
  await expect(signed('ECDSA_SHA_256')).rejects.toMatchObject({
    name: 'SigningError',
    message: `KMS did not sign with ${ALIAS}: DisabledException: DisabledException, says KMS`,
  });
});

const publicKey = publicKeyFor('EC');

test.each([
  { name: 'PEM', content: publicKey.export({ format: 'pem', type: 'spki' }) },
  { name: 'PEM after an empty line', content: `\n${String(publicKey.export({ format: 'pem', type: 'spki' }))}` },
  { name: 'DER', content: publicKey.export({ format: 'der', type: 'spki' }) },
  { name: 'DER in base64', content: `${publicKey.export({ format: 'der', type: 'spki' }).toString('base64')}\n` },
  {
    name: 'DER in base64, as PowerShell redirected it',
    content: Buffer.from(
      `\ufeff${publicKey.export({ format: 'der', type: 'spki' }).toString('base64')}\r\n`,
      'utf16le',
    ),
  },
])('reads a public key in $name', ({ content }) => {
  const key = readPublicKey(Buffer.from(content));
  expect(key.equals(publicKey)).toBe(true);
});
