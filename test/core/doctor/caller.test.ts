import { STSClient } from '@aws-sdk/client-sts';
import { expect, test } from '@jest/globals';
import { type CallerSettings, callerChecks } from '../../../core/doctor/caller.ts';
import { runChecks } from '../../../core/doctor/check.ts';
import { ACCOUNT } from '../../support/builders.ts';

const KEYS = { accessKeyId: 'a', secretAccessKey: 's' };
const ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/auditor/night`;

/** A client whom STS answers so, or does not. */
const stsOf = (answer: () => object): STSClient => {
  const client = new STSClient({ region: 'us-east-1', credentials: KEYS });
  client.middlewareStack.add(() => async () => ({ output: { $metadata: {}, ...answer() }, response: {} }), {
    step: 'initialize',
  });
  return client;
};

const failing = (error: object) =>
  stsOf(() => {
    throw error;
  });

const look = async (differs: Partial<CallerSettings> = {}) => {
  const results = await runChecks(
    callerChecks({
      mode: 'exchange',
      loadCredentials: async () => ({ ...KEYS, sessionToken: 't' }),
      sts: stsOf(() => ({ Account: ACCOUNT, Arn: ARN })),
      accountId: ACCOUNT,
      region: 'us-east-1',
      isEndpointGiven: false,
      ...differs,
    }),
  );
  return Object.fromEntries(results.map(({ name, ...answer }) => [name, answer]));
};

const REACH =
  'let this machine reach STS in us-east-1, which tells whose the credentials are, and set HTTPS_PROXY where a proxy leads out of its network';
const CERTIFICATE = Object.assign(new Error('no'), { code: 'CERT_HAS_EXPIRED' });
const REFUSED = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });

test.each<{ name: string; differs: Partial<CallerSettings>; told: Readonly<Record<string, object>> }>([
  {
    name: 'with all as it should be',
    differs: {},
    told: {
      credentials: { outcome: 'ok', told: 'keys of a session' },
      account: { outcome: 'ok', told: `${ACCOUNT}, as ${ARN}` },
      region: { outcome: 'ok', told: 'us-east-1' },
    },
  },
  {
    name: 'with keys for good',
    differs: { loadCredentials: async () => KEYS },
    told: { credentials: { outcome: 'ok', told: 'keys without an end' } },
  },
  {
    name: 'without keys',
    differs: { loadCredentials: () => Promise.reject(new Error('/home/ann')) },
    told: {
      credentials: {
        outcome: 'fail',
        told: "the caller's AWS credentials could not be loaded",
        remedy: 'set AWS_PROFILE or the AWS_ACCESS_KEY_ID variables, or give the function a role',
      },
      account: { outcome: 'not-checked', told: 'credentials failed' },
      region: { outcome: 'ok', told: 'us-east-1' },
    },
  },
  ...[
    { code: 'CERT_HAS_EXPIRED', remedy: expect.stringMatching(/^its certificate has expired/) },
    { code: 'ECONNREFUSED', remedy: 'mend what the message names, and look again' },
  ].map(({ code, remedy }) => ({
    name: `whose keys somebody else does not give: ${code}`,
    differs: { loadCredentials: () => Promise.reject(Object.assign(new Error('no'), { code })) },
    told: { credentials: { outcome: 'fail', told: 'Error: no', remedy } },
  })),
  {
    name: 'with keys of FinSpace',
    differs: { mode: 'direct' as const },
    told: { account: { outcome: 'not-checked', told: 'the keys are FinSpace keys, of which STS tells nothing' } },
  },
  {
    name: 'of an account that nobody named',
    differs: { accountId: undefined },
    told: { account: { outcome: 'ok', told: `${ACCOUNT}, as ${ARN}; an audit takes it for the environment's` } },
  },
  {
    name: 'of no account, where nobody named one',
    differs: { accountId: undefined, sts: stsOf(() => ({})) },
    told: {
      account: {
        outcome: 'fail',
        told: 'STS names no account',
        remedy: 'look for an endpoint or a proxy that answers in place of STS',
      },
    },
  },
  ...[
    { length: 200, shown: 'x'.repeat(200) },
    { length: 201, shown: `${'x'.repeat(197)}...` },
  ].map(({ length, shown }) => ({
    name: `whose ARN has ${length} characters`,
    differs: { sts: stsOf(() => ({ Account: ACCOUNT, Arn: 'x'.repeat(length) })) },
    told: { account: { outcome: 'ok', told: `${ACCOUNT}, as ${shown}` } },
  })),
  {
    name: 'of another account',
    differs: { accountId: '444455556666' },
    told: {
      account: {
        outcome: 'fail',
        told: `${ACCOUNT}, as ${ARN}, where 444455556666 was expected`,
        remedy: 'use credentials of account 444455556666, or correct the account',
      },
    },
  },
  ...[
    { name: 'whose keys are unknown', error: { name: 'InvalidClientTokenId', $metadata: { httpStatusCode: 403 } } },
    { name: 'whose keys have expired', error: { name: 'ExpiredTokenException', $metadata: { httpStatusCode: 400 } } },
  ].map(({ name, error }) => ({
    name,
    differs: { sts: failing(Object.assign(new Error('no'), error)) },
    told: {
      account: { outcome: 'fail', told: `${error.name}: no`, remedy: 'renew the credentials: STS does not know them' },
    },
  })),
  {
    name: 'while STS is ill',
    differs: { sts: failing(Object.assign(new Error('no'), { $metadata: { httpStatusCode: 503 } })) },
    told: { account: { outcome: 'fail', told: 'Error: no', remedy: 'look again when STS is well' } },
  },
  {
    name: 'out of reach of STS, with an account that somebody named',
    differs: { sts: failing(REFUSED) },
    told: { account: { outcome: 'warn', told: 'Error: no', remedy: REACH } },
  },
  {
    name: 'out of reach of STS, which must tell the account',
    differs: { sts: failing(REFUSED), accountId: undefined },
    told: { account: { outcome: 'fail', told: 'Error: no', remedy: `${REACH}, or give --account` } },
  },
  {
    name: 'that trusts no certificate of STS, which must tell the account',
    differs: { sts: failing(CERTIFICATE), accountId: undefined },
    told: {
      account: {
        outcome: 'fail',
        told: 'Error: no',
        remedy: expect.stringMatching(/^its certificate has expired: .*, or give --account$/),
      },
    },
  },
  {
    name: 'in a region without FinSpace',
    differs: { region: 'eu-central-1' },
    told: {
      region: {
        outcome: 'warn',
        told: 'eu-central-1, where FinSpace has not been known to be',
        remedy: 'check the region: FinSpace was in ca-central-1, eu-west-1, us-east-1, us-east-2, us-west-2',
      },
    },
  },
  {
    name: 'in such a region, with an endpoint of its own',
    differs: { region: 'eu-central-1', isEndpointGiven: true },
    told: { region: { outcome: 'ok', told: 'eu-central-1, with an endpoint of its own' } },
  },
])('a caller $name is told', async ({ differs, told }) => {
  const seen = await look(differs);
  for (const [name, answer] of Object.entries(told)) expect({ name, ...seen[name] }).toStrictEqual({ name, ...answer });
});
