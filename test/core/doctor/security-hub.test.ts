import { afterEach, expect, test } from '@jest/globals';
import { runChecks } from '../../../core/doctor/check.ts';
import { securityHubChecks } from '../../../core/doctor/security-hub.ts';
import { ACCOUNT } from '../../support/builders.ts';
import { type SecurityHubServer, startSecurityHub } from '../../support/security-hub.ts';

let hub: SecurityHubServer | undefined;
afterEach(async () => {
  delete process.env.AWS_ENDPOINT_URL_SECURITYHUB;
  await hub?.close();
});

const HUB = { accountId: ACCOUNT, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 's' } };
const WHERE = `Security Hub of account ${ACCOUNT} in us-east-1`;

test.each([
  {
    name: 'is on',
    isOn: true,
    answer: undefined,
    told: { outcome: 'ok', told: `${WHERE} is on and lets findings in` },
  },
  {
    name: 'is off',
    isOn: false,
    answer: undefined,
    told: {
      outcome: 'fail',
      told: `${WHERE} is not on`,
      remedy: 'turn on Security Hub CSPM there, or leave out securityHub',
    },
  },
  {
    name: 'nobody knows of',
    isOn: true,
    answer: { status: 404, code: 'ResourceNotFoundException' },
    told: {
      outcome: 'fail',
      told: `${WHERE} is not on`,
      remedy: 'turn on Security Hub CSPM there, or leave out securityHub',
    },
  },
  {
    name: 'lets nobody in',
    isOn: true,
    answer: { status: 403, code: 'AccessDeniedException' },
    told: {
      outcome: 'fail',
      told: `${WHERE} lets no findings in`,
      remedy:
        'allow securityhub:BatchImportFindings and securityhub:DescribeHub: deploy the stack, or the role of reader-role --security-hub',
    },
  },
  {
    name: 'takes what it may not',
    isOn: true,
    answer: { refuse: [], code: '' },
    told: {
      outcome: 'fail',
      told: `${WHERE} took a batch without findings`,
      remedy: 'look for an endpoint that is not Security Hub',
    },
  },
])('a Security Hub that $name is told, and gets nothing', async ({ isOn, answer, told }) => {
  hub = await startSecurityHub({ answer: () => answer, takesNone: answer !== undefined && 'refuse' in answer });
  hub.state.isOn = isOn;
  process.env.AWS_ENDPOINT_URL_SECURITYHUB = hub.url;
  const [check] = securityHubChecks({ securityHub: HUB });
  expect(await check?.check()).toEqual(told);
  expect(hub.findings.size).toBe(0);
});

test('what Security Hub answers else is told as it is', async () => {
  hub = await startSecurityHub({ answer: () => ({ status: 400, code: 'ResourceConflictException' }) });
  process.env.AWS_ENDPOINT_URL_SECURITYHUB = hub.url;
  expect(await runChecks(securityHubChecks({ securityHub: HUB }))).toMatchObject([
    { name: 'security-hub', outcome: 'fail', told: 'ResourceConflictException: as the test says' },
  ]);
});

test('what only the function knows is said to be, and what nobody wants is not checked', async () => {
  expect(await securityHubChecks({ securityHub: 'function' })[0]?.check()).toMatchObject({
    outcome: 'not-checked',
    told: 'only the function can tell: invoke it with {"doctor":true,"environmentId":"ID"}',
  });
  expect(securityHubChecks({})).toStrictEqual([]);
});
