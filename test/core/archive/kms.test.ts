import { KMSClient } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SigningError } from '../../../core/archive/errors.ts';
import { kmsSigner } from '../../../core/archive/kms.ts';
import { awsClient } from '../../../core/aws/clients.ts';
import { KMS_FAULTS, KMS_KEY_ARN, type Kms, type KmsFault, startKms } from '../../support/kms.ts';

let kms: Kms;
beforeAll(async () => {
  kms = await startKms();
});
afterAll(() => kms.close());

const PATIENCE_MS = 1500;

/** Signs while so many requests fail, and gives what came of it, and how often KMS was asked. */
const signing = async (fault: KmsFault, times: number) => {
  const credentials = { accessKeyId: 'signer', secretAccessKey: 'secret' };
  const open = async (region: string) =>
    awsClient(KMSClient, { region, endpoint: kms.url, credentials }, { silenceMs: 250, patienceMs: PATIENCE_MS });
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
