import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type EnrichmentSettings, enrichmentChecks } from '../../../core/doctor/enrichment.ts';
import { type Iam, startIam } from '../../../simulator/iam.ts';
import { CALLER, type Simulator, startSimulator } from '../../../simulator/server.ts';
import { ACCOUNT } from '../../support/builders.ts';

let simulator: Simulator;
let iam: Iam;
beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID = CALLER.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = CALLER.secretAccessKey;
  simulator = await startSimulator({});
  iam = await startIam({ accountId: ACCOUNT });
});
afterAll(async () => {
  delete process.env.AWS_ACCESS_KEY_ID;
  delete process.env.AWS_SECRET_ACCESS_KEY;
  await iam.close();
  await simulator.close();
});
beforeEach(() => {
  iam.setFaults([]);
  simulator.setFaults([]);
});

const ASKED: EnrichmentSettings['enrich'] = { iamRoles: { accounts: [] }, permissionGroups: true };

const settingsOf = (differs: Partial<EnrichmentSettings>) => ({
  environmentId: simulator.environmentId,
  region: simulator.region,
  endpoint: simulator.url,
  mode: 'exchange' as const,
  loadCredentials: async () => CALLER,
  accountId: ACCOUNT,
  enrich: ASKED,
  iamEdges: { iam: { endpoint: iam.url }, sts: { endpoint: iam.url } },
  ...differs,
});

const checksOf = (differs: Partial<EnrichmentSettings> = {}) => enrichmentChecks(settingsOf(differs));

const answersOf = async (checks: ReturnType<typeof enrichmentChecks>) =>
  Object.fromEntries(await Promise.all(checks.map(async ({ name, check }) => [name, await check()] as const)));

const answers = (differs: Partial<EnrichmentSettings> = {}) => answersOf(checksOf(differs));

test('facts that can be read are said to be', async () => {
  expect(await answers()).toEqual({
    'iam-roles': { outcome: 'ok', told: `IAM of account ${ACCOUNT} tells of roles` },
    'permission-groups': { outcome: 'ok', told: '0 permission groups, and no more' },
  });
});

test('roles are asked for by the name of none, and where the SDK finds IAM and STS', async () => {
  process.env.AWS_ENDPOINT_URL_IAM = iam.url;
  process.env.AWS_ENDPOINT_URL_STS = iam.url;
  try {
    const accounts = [{ id: '444455556666', roleArn: 'arn:aws:iam::444455556666:role/reader' }];
    const { iamEdges: _, ...settings } = settingsOf({ enrich: { iamRoles: { accounts } } });
    expect(await answersOf(enrichmentChecks(settings))).toMatchObject({
      'iam-roles': { outcome: 'ok' },
      'iam-roles-444455556666': { told: expect.stringContaining('AccessDenied') },
    });
    expect(iam.requests()).toContainEqual(
      expect.objectContaining({ action: 'GetRole', roleName: 'finspace-auditor-doctor-asks-for-no-role' }),
    );
  } finally {
    delete process.env.AWS_ENDPOINT_URL_IAM;
    delete process.env.AWS_ENDPOINT_URL_STS;
  }
});

test('groups are read without roles, and more of them may come', async () => {
  const many = await startSimulator({
    groups: Array.from({ length: 150 }, (_, index) => ({
      permissionGroupId: `g${index}`,
      name: 'g',
      applicationPermissions: [],
      members: [],
    })),
  });
  const reached = {
    environmentId: many.environmentId,
    endpoint: many.url,
    enrich: { permissionGroups: true } as const,
  };
  const { 'permission-groups': told, ...others } = await answers(reached).finally(many.close);
  expect(told).toEqual({ outcome: 'ok', told: '100 permission groups, and more to come' });
  expect(Object.keys(others)).toEqual(['iam-roles']);
});

test('facts that nobody asks for are not checked', async () => {
  expect(await answers({ enrich: undefined })).toEqual({
    'iam-roles': { outcome: 'not-checked', told: 'enrich.iamRoles is not set: rules on roles are off' },
    'permission-groups': {
      outcome: 'not-checked',
      told: 'enrich.permissionGroups is not set: rules on groups are off',
    },
  });
});

test('roles of an account that nobody knows are not checked', async () => {
  expect(await answers({ accountId: undefined })).toMatchObject({
    'iam-roles': { outcome: 'not-checked', told: "the environment's account is not known" },
  });
});

test('nothing is asked without credentials, and FinSpace only where it answers', () => {
  const accounts = [{ id: '444455556666', roleArn: 'arn:aws:iam::444455556666:role/reader' }];
  const checks = checksOf({ enrich: { iamRoles: { accounts }, permissionGroups: true } });
  expect(checks.map(({ name, needs }) => [name, ...needs])).toEqual([
    ['iam-roles', 'credentials'],
    ['iam-roles-444455556666', 'credentials'],
    ['permission-groups', 'credentials', 'endpoint'],
  ]);
});

describe('what keeps facts from being read is told with its remedy', () => {
  test('a role that may not read roles', async () => {
    iam.setFaults([{ fault: 'denied', action: 'GetRole' }]);
    expect((await answers())['iam-roles']).toEqual({
      outcome: 'fail',
      told: 'iam:GetRole failed: AccessDenied (403)',
      remedy: `allow iam:GetRole on the roles of account ${ACCOUNT}`,
    });
  });

  test('credentials of another account', async () => {
    expect((await answers({ accountId: '444455556666' }))['iam-roles']).toStrictEqual({
      outcome: 'fail',
      told: `the credentials are of account ${ACCOUNT}: no role of 444455556666 would be judged`,
      remedy: 'let enrich.iamRoles.accounts name a role in that account, or assumeRoleArn one of the environment',
    });
  });

  test('a role of another account that can’t be assumed', async () => {
    const accounts = [{ id: '444455556666', roleArn: 'arn:aws:iam::444455556666:role/reader' }];
    const { 'iam-roles': own, ...others } = await answers({ enrich: { iamRoles: { accounts } } });
    expect(own).toMatchObject({ outcome: 'ok' });
    expect(others['iam-roles-444455556666']).toStrictEqual({
      outcome: 'fail',
      told: 'AssumeRole of arn:aws:iam::444455556666:role/reader failed: AccessDenied (403)',
      remedy: 'give credentials that are of account 444455556666',
    });
  });

  test('groups that FinSpace does not show', async () => {
    simulator.setFaults([{ fault: 'denied', operation: 'groups', times: 9 }]);
    expect((await answers())['permission-groups']).toMatchObject({
      outcome: 'fail',
      told: 'ListPermissionGroups failed: AccessDeniedException (403)',
      remedy: expect.stringContaining('super user'),
    });
  });
});
