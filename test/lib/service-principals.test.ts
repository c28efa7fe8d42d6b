import { describe, expect, it } from '@jest/globals';
import type { Template } from 'aws-cdk-lib/assertions';
import { appTemplates, stackTemplate } from './stack-template.ts';

const EVERYTHING = `alerts:
  - { email: a@example.com, minSeverity: HIGH }
  - { https: "https://hooks.example.com/a" }
  - { sqs: "arn:aws:sqs:us-east-1:111122223333:tickets" }
  - { lambda: "arn:aws:lambda:us-east-1:111122223333:function:paging" }
events: { bus: security }
replicateTo: { bucket: copy-of-evidence, key: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" }
`;

interface Statement {
  readonly Effect: string;
  readonly Principal?: { readonly Service?: unknown };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const isStatement = (value: object): value is Statement => 'Effect' in value && 'Principal' in value;

/** Lists every statement that a template has anywhere, whatever resource or member it is in, by its path. */
const statementsIn = (value: unknown, path: string): readonly (readonly [string, Statement])[] => {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.entries(value).flatMap(([key, member]) => statementsIn(member, `${path}/${key}`));
  return isStatement(value) ? [[path, value], ...below] : below;
};

/** Names this account, or something in it: a condition of the kinds that fail where the key is missing. */
const SOURCES = ['aws:SourceAccount', 'aws:SourceArn', 'kms:EncryptionContext:aws:logs:arn'];
const OPERATORS = ['StringEquals', 'ArnEquals', 'ArnLike'];
const OWN = /AWS::AccountId|"Ref":"\w*Topic\w+"/;

const hasSource = ({ Condition = {} }: Statement): boolean =>
  Object.entries(Condition).some(
    ([operator, keys]) =>
      OPERATORS.includes(operator) &&
      Object.entries(keys).some(([key, value]) => SOURCES.includes(key) && OWN.test(JSON.stringify(value))),
  );

const letsServiceIn = ({ Effect, Principal }: Statement): boolean =>
  Effect === 'Allow' && typeof Principal === 'object' && Principal.Service !== undefined;

const services = (template: Template) =>
  statementsIn(template.toJSON().Resources, '').filter(([, statement]) => letsServiceIn(statement));

/** The one other, whose reason stands with it in lib/archive-replication.ts: the trust of the role that copies. */
const isTrustInCopying = (path: string, { Principal, Condition }: Statement): boolean =>
  Principal?.Service === 's3.amazonaws.com' &&
  Condition === undefined &&
  /^\/\w*ReplicationRole\w+\/Properties\/AssumeRolePolicyDocument\//.test(path);

/** The one exception, whose reason stands with it in lib/permissions.ts: the trust of a function's role, and nothing else. */
const isTrustInLambda = (path: string, { Principal, Condition }: Statement): boolean =>
  Principal?.Service === 'lambda.amazonaws.com' &&
  Condition === undefined &&
  path.includes('/Properties/AssumeRolePolicyDocument/');

const [first, further] = Object.values(
  appTemplates(
    `${EVERYTHING}environments: [${Array.from({ length: 61 }, (_, index) => `{ id: e${index} }`).join(', ')}]`,
  ),
);

describe('every service that a policy lets in', () => {
  it.each([
    { name: 'the first stack', template: first, least: 8 },
    { name: 'a further stack', template: further, least: 3 },
    {
      name: 'a stack of durable executions',
      template: stackTemplate(`${EVERYTHING}environments: [{ id: abc }]\nlisting: { mode: durable }`),
      least: 8,
    },
  ])('is let in for this account only: $name', ({ template, least }) => {
    const found = template === undefined ? [] : services(template);
    expect(found.length).toBeGreaterThanOrEqual(least);
    const open = found.filter(([path, statement]) => !hasSource(statement) && !isTrustInCopying(path, statement));
    const unexplained = open.filter(([path, statement]) => !isTrustInLambda(path, statement)).map(([path]) => path);
    expect(unexplained).toEqual([]);
    const functions = Object.values(template?.findResources('AWS::Lambda::Function') ?? {});
    const roles = functions.map(({ Properties }) => Properties.Role['Fn::GetAtt'][0]);
    expect(new Set(open.map(([path]) => path.split('/')[1]))).toEqual(new Set(roles));
  });

  it.each(['AWS::Lambda::Permission'])('has a source where it is no policy: %s', (type) => {
    const permissions = Object.values(first?.findResources(type) ?? {});
    expect(permissions).not.toEqual([]);
    for (const { Properties } of permissions)
      expect(Properties.SourceArn).toEqual({ Ref: expect.stringContaining('Topic') });
  });
});

describe('the search for them', () => {
  const trust = (Condition?: Statement['Condition']): Statement => ({
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    ...(Condition && { Condition }),
  });

  it.each<Statement>([
    trust(),
    trust({ Bool: { 'aws:SecureTransport': 'true' } }),
    trust({ StringEqualsIfExists: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } }),
    trust({ StringEquals: { 'aws:SourceAccount': '999999999999' } }),
    trust({ StringNotEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } }),
  ])('finds %j', (statement) => {
    expect(hasSource(statement)).toBe(false);
  });
});
