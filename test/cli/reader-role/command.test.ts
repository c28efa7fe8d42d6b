import { runSimulation } from '@cloud-copilot/iam-simulate';
import { describe, expect, test } from '@jest/globals';
import { invoke } from '../in-process.ts';

const AUDITOR = 'arn:aws:iam::111122223333:role/finspace/auditor';
const READER = '444455556666';

const printed = async (...words: readonly string[]) => {
  const { code, stdout, stderr } = await invoke(['reader-role', ...words]);
  return { code, stderr, template: JSON.parse(stdout) };
};

/** The role as CloudFormation makes it in an account, with the defaults of the template. */
const deployed = async (...words: readonly string[]) => {
  const { template } = await printed('--auditor', AUDITOR, '--external-id', 'agreed', ...words);
  const values: Readonly<Record<string, string>> = { 'AWS::Partition': 'aws', 'AWS::AccountId': READER };
  const parameterValue = (name: string): unknown =>
    values[name] ??
    (template.Parameters[name].Type === 'CommaDelimitedList'
      ? template.Parameters[name].Default.split(',')
      : template.Parameters[name].Default);
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const node = value as Readonly<Record<string, unknown>>;
    if ('Ref' in node) return parameterValue(String(node.Ref));
    if ('Fn::Sub' in node)
      return String(node['Fn::Sub']).replaceAll(/\$\{([^}]+)\}/g, (_, name) => String(parameterValue(name)));
    return Object.fromEntries(Object.entries(node).map(([key, member]) => [key, resolve(member)]));
  };
  return resolve(template.Resources.Reader.Properties) as {
    readonly RoleName: string;
    readonly AssumeRolePolicyDocument: unknown;
    readonly Policies: readonly { readonly PolicyDocument: unknown }[];
  };
};

const isAllowed = async (
  request: Parameters<typeof runSimulation>[0]['request'],
  policies: Partial<Parameters<typeof runSimulation>[0]>,
): Promise<boolean> => {
  const answer = await runSimulation(
    { request, identityPolicies: [], serviceControlPolicies: [], resourceControlPolicies: [], ...policies },
    {},
  );
  if (answer.resultType === 'error') throw new Error(JSON.stringify(answer.errors));
  return answer.overallResult === 'Allowed';
};

describe('the role of the template', () => {
  const ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

  test.each([
    { title: 'the auditor, with the external id', principal: AUDITOR, externalId: 'agreed', isIn: true },
    { title: 'the auditor, with another external id', principal: AUDITOR, externalId: 'guessed', isIn: false },
    { title: 'another role of its account', principal: `${AUDITOR}2`, externalId: 'agreed', isIn: false },
    {
      title: 'a role of another account',
      principal: AUDITOR.replace('111122223333', '999999999999'),
      externalId: 'agreed',
      isIn: false,
    },
  ])('lets in or not: $title', async ({ principal, externalId, isIn }) => {
    const { RoleName, AssumeRolePolicyDocument } = await deployed();
    const request = {
      principal,
      action: 'sts:AssumeRole',
      resource: { resource: `arn:aws:iam::${READER}:role/${RoleName}`, accountId: READER },
      contextVariables: { 'sts:ExternalId': externalId },
    };
    const identityPolicies = [{ name: 'all', policy: ALL }];
    expect(await isAllowed(request, { identityPolicies, resourcePolicy: AssumeRolePolicyDocument })).toBe(isIn);
  });

  test.each([
    [
      true,
      'finspace-api:GetProgrammaticAccessCredentials',
      `arn:aws:finspace-api:eu-west-1:${READER}:/credentials/programmatic`,
    ],
    [
      false,
      'finspace-api:GetProgrammaticAccessCredentials',
      'arn:aws:finspace-api:eu-west-1:999999999999:/credentials/programmatic',
    ],
    [false, 'finspace:UpdateUser', `arn:aws:finspace:eu-west-1:${READER}:environment/abc`],
    [false, 'sts:AssumeRole', `arn:aws:iam::${READER}:role/another`],
  ])('may (%s) %s on %s', async (may, action, resource) => {
    const { RoleName, Policies } = await deployed();
    const request = {
      principal: `arn:aws:iam::${READER}:role/${RoleName}`,
      action,
      resource: { resource, accountId: READER },
      contextVariables: {},
    };
    const identityPolicies = Policies.map(({ PolicyDocument }, index) => ({
      name: `policy${index}`,
      policy: PolicyDocument,
    }));
    expect(await isAllowed(request, { identityPolicies })).toBe(may);
  });
});

describe('the template', () => {
  test('names no account, and has a parameter for whatever differs', async () => {
    const { template } = await printed('--external-id', 'agreed');
    expect(JSON.stringify(template)).not.toMatch(/\d{12}/);
    expect(Object.keys(template.Parameters)).toEqual([
      'AuditorRoleArns',
      'ExternalId',
      'RoleName',
      'EnvironmentRegion',
      'ReadRoles',
      'TellSecurityHub',
    ]);
    expect(template.Parameters.AuditorRoleArns).not.toHaveProperty('Default');
    expect(template.Parameters.RoleName.Default).toBe('FinSpaceAuditReader');
  });

  test('reads roles only where that is asked for', async () => {
    const readsBy = async (...words: readonly string[]) =>
      (await printed(...words)).template.Parameters.ReadRoles.Default;
    expect([await readsBy(), await readsBy('--iam-roles')]).toEqual(['no', 'yes']);
    const { Condition, Properties } = (await printed()).template.Resources.Roles;
    expect(Condition).toBe('ReadsRoles');
    expect(Properties.PolicyDocument.Statement).toMatchObject([{ Effect: 'Allow', Action: 'iam:GetRole' }]);
  });

  test('tells Security Hub only where that is asked for, in its own account', async () => {
    const tellsBy = async (...words: readonly string[]) =>
      (await printed(...words)).template.Parameters.TellSecurityHub.Default;
    expect([await tellsBy(), await tellsBy('--security-hub')]).toEqual(['no', 'yes']);
    const { Condition, Properties } = (await printed()).template.Resources.SecurityHub;
    expect(Condition).toBe('TellsSecurityHub');
    const place = `arn:$\{AWS::Partition}:securityhub:$\{EnvironmentRegion}:$\{AWS::AccountId}`;
    expect(Properties.PolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'securityhub:BatchImportFindings',
        Resource: { 'Fn::Sub': `${place}:product/$\{AWS::AccountId}/default` },
      },
      { Effect: 'Allow', Action: 'securityhub:DescribeHub', Resource: { 'Fn::Sub': `${place}:hub/default` } },
    ]);
  });

  test('takes several auditors, and has patterns that let its own defaults pass', async () => {
    const { template } = await printed('--auditor', AUDITOR, '--auditor', `${AUDITOR}2`, '--role-name', 'reader');
    expect(template.Parameters.AuditorRoleArns.Default).toBe(`${AUDITOR},${AUDITOR}2`);
    for (const { AllowedPattern, Default } of Object.values<{ AllowedPattern: string; Default: string }>(
      template.Parameters,
    ))
      for (const value of Default.split(',')) expect(value).toMatch(new RegExp(AllowedPattern));
  });

  test('has an external id that nobody guesses, and says where it has to stand', async () => {
    const [first, second] = [await printed(), await printed()];
    const { Default: id } = first.template.Parameters.ExternalId;
    expect(id).toMatch(/^[\da-f-]{36}$/);
    expect(id).not.toBe(second.template.Parameters.ExternalId.Default);
    expect(first.stderr).toContain(`role/FinSpaceAuditReader", externalId: "${id}" }`);
  });
});

test.each([
  [
    'an auditor that is no role',
    ['--auditor', 'arn:aws:iam::111122223333:user/a'],
    '--auditor must be the ARN of a role',
  ],
  ['an external id that STS does not take', ['--external-id', 'a b'], '--external-id must be 2 to 1224 letters'],
  ['a name that IAM does not take', ['--role-name', 'a/b'], '--role-name must be 1 to 64 letters'],
])('%s is refused', async (_title, words, message) => {
  const { code, stdout, stderr } = await invoke(['reader-role', ...words]);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toContain(message);
});
