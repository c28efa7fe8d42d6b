import { expect, test } from '@jest/globals';
import { stackTemplate } from './stack-template.ts';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** The parts of IAM and STS that the policies of a stack allow, by action. */
const allowed = (text: string): Readonly<Record<string, readonly unknown[]>> => {
  const policies = Object.values(stackTemplate(text).findResources('AWS::IAM::Policy'));
  const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement as readonly Statement[]);
  const found: Record<string, unknown[]> = {};
  for (const { Action, Resource } of statements)
    for (const action of [Action].flat()) if (/^(?:iam|sts):/.test(action)) found[action] = [Resource].flat();
  return found;
};

const OWN_ROLES = {
  'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, ':role/*']],
};
const READER = 'arn:aws:iam::444455556666:role/reader';

test.each([
  ['nothing where no roles are read', 'environments: [{ id: abc }]', {}],
  ['nothing where groups are', 'environments: [{ id: abc, enrich: { permissionGroups: true } }]', {}],
  ['its own roles', 'environments: [{ id: abc, enrich: { iamRoles: true } }]', { 'iam:GetRole': [OWN_ROLES] }],
  [
    'those of a trusted account by the role there',
    `environments: [{ id: abc, enrich: { iamRoles: { accounts: [{ id: 444455556666, roleArn: "${READER}" }] } } }]
trustedAccounts: [444455556666]`,
    { 'iam:GetRole': [OWN_ROLES], 'sts:AssumeRole': [READER] },
  ],
  [
    'nothing of its own where the environment is read by a role of another account',
    `environments: [{ id: abc, assumeRoleArn: "${READER}", externalId: agreed, enrich: { iamRoles: true } }]`,
    { 'sts:AssumeRole': [READER] },
  ],
])('the function may read %s', (_, text, expected) => {
  expect(allowed(text)).toEqual(expected);
});
