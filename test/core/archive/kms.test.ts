import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SigningError } from '../../../core/archive/errors.ts';
import { kmsPublicKey, kmsSigner } from '../../../core/archive/kms.ts';
import { readPublicKey } from '../../../core/archive/signature.ts';
import { awsClient } from '../../../core/aws/clients.ts';
import { KMS_FAULTS, KMS_KEY_ARN, type Kms, type KmsFault, publicKeyFor, startKms } from '../../support/kms.ts';

let kms: Kms;
beforeAll(async () => {
  kms = await startKms();
});
afterAll(() => kms.close());

const PATIENCE_MS = 1500;

const open = async (region: string) => {
  const credentials = { accessKeyId: 'signer', secretAccessKey: 'secret' };
  return awsClient(KMSClient, { region, endpoint: kms.url, credentials }, { silenceMs: 250, patienceMs: PATIENCE_MS });
};

/** Signs while so many requests fail, and gives what came of it, and how often KMS was asked. */
const signing = async (fault: KmsFault, times: number) => {
  const before = kms.asked();
  kms.fail(fault, times);
  const outcome = await kmsSigner(
    KMS_KEY_ARN,
    'ECDSA_SHA_256',
    open,
  )(() => Buffer.alloc(32)).then(
    ({ keyId }) => keyId,
    (error: unknown) => error,
  );
  kms.fail(fault, 0);
  return { outcome, asked: kms.asked() - before };
};

const FAULTS = Object.entries(KMS_FAULTS);

test.each(FAULTS)('%s once: what passes is asked again, and nothing else', async (_, { fault, passes }) => {
  const { outcome, asked } = await signing(fault, 1);
  expect(asked).toBe(passes ? 2 : 1);
  if (passes) expect(outcome).toBe(KMS_KEY_ARN);
  else expect(outcome).toBeInstanceOf(SigningError);
});

test.each(FAULTS)('%s for ever is told by its name and the key', async (_, { fault, passes, told }) => {
  const { outcome, asked } = await signing(fault, Number.POSITIVE_INFINITY);
  expect(outcome).toBeInstanceOf(SigningError);
  expect(String(outcome)).toContain(`KMS did not sign with ${KMS_KEY_ARN}: `);
  expect(String(outcome)).toMatch(told);
  expect(asked > 1).toBe(passes);
});

test('an answer without a signature signs nothing', async () => {
  const { outcome } = await signing('unsigned', 1);
  expect(outcome).toEqual(new SigningError(`KMS gave no signature by ${KMS_KEY_ARN}`));
});

const ALIAS = 'arn:aws:kms:us-east-1:111122223333:alias/audit';

describe('what an alias signs names the key that it leads to', () => {
  const [one, other, third] = ['1', '2', '3'].map((end) => `${KMS_KEY_ARN}${end}`) as [string, string, string];

  test.each([
    { name: 'which the first answer tells', keys: [one, one], signedFor: [ALIAS, one], outcome: one },
    { name: 'also where that changes then', keys: [one, other, other], signedFor: [ALIAS, one, other], outcome: other },
    {
      name: 'or nothing, where it changes again and again',
      keys: [one, other, third, third],
      signedFor: [ALIAS, one, other],
      outcome: new SigningError(`KMS signed with another key than before, 3 times, by ${ALIAS}`),
    },
  ])('$name', async ({ keys, signedFor, outcome }) => {
    kms.leadTo(...keys);
    const named: string[] = [];
    const signed = kmsSigner(
      ALIAS,
      'ECDSA_SHA_256',
      open,
    )(({ keyId }) => {
      named.push(keyId);
      return Buffer.alloc(32);
    });
    expect(await signed.then(({ keyId }) => keyId).catch((error: unknown) => error)).toEqual(outcome);
    kms.leadTo();
    expect(named).toEqual(signedFor);
  });

  test('is asked for once from then on', async () => {
    const sign = kmsSigner(ALIAS, 'ECDSA_SHA_256', open);
    const digest = () => Buffer.alloc(32);
    await sign(digest);
    const before = kms.asked();
    expect((await sign(digest)).keyId).toBe(KMS_KEY_ARN);
    expect(kms.asked() - before).toBe(1);
  });
});

describe('the public part of a key', () => {
  const environment = process.env;
  beforeAll(() => {
    process.env = { ...environment, ...kms.env };
  });
  afterAll(() => {
    process.env = environment;
  });

  test('is that of the key that an alias leads to', async () => {
    const der = await kmsPublicKey(ALIAS)(KMS_KEY_ARN);
    expect(der && readPublicKey(der).equals(publicKeyFor('ECDSA_SHA_256'))).toBe(true);
  });

  test('is none where the alias leads to another by now, or KMS refuses', async () => {
    expect(await kmsPublicKey(ALIAS)(KMS_KEY_ARN.replace('0e1f', 'ffff'))).toBeUndefined();
    kms.refuse('AccessDeniedException');
    expect(await kmsPublicKey(ALIAS)(KMS_KEY_ARN)).toBeUndefined();
    kms.refuse(undefined);
  });
});
