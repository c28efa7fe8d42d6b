import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Template } from 'aws-cdk-lib/assertions';

export const ACCOUNT = '111122223333';
export const REGION = 'us-east-1';

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
};

const ARNS: Readonly<Record<string, (id: string) => string>> = {
  'AWS::S3::Bucket': (id) => `arn:aws:s3:::${id.toLowerCase()}`,
  'AWS::SNS::Topic': (id) => `arn:aws:sns:${REGION}:${ACCOUNT}:${id}`,
  'AWS::SQS::Queue': (id) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${id}`,
  'AWS::KMS::Key': (id) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`,
  'AWS::Lambda::Function': (id) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${id}`,
  'AWS::Lambda::Alias': (id) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${id}`,
  'AWS::Logs::LogGroup': (id) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${id}:*`,
};

/** A template as it is once deployed: every reference an ARN or a name, by the logical id. */
export const deployed = (template: Template, account = ACCOUNT) => {
  const resources: Readonly<Record<string, { readonly Type: string }>> = template.toJSON().Resources;
  const arnOf = (id: string): string => {
    const arn = ARNS[resources[id]?.Type ?? '']?.(id);
    if (arn === undefined) throw new Error(`no ARN for ${id}`);
    return arn;
  };
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const node = value as Readonly<Record<string, never>>;
    if ('Ref' in node) return (node.Ref === 'AWS::AccountId' ? account : PSEUDO[node.Ref]) ?? arnOf(node.Ref);
    if ('Fn::GetAtt' in node) return arnOf(node['Fn::GetAtt'][0]);
    if ('Fn::Join' in node) {
      const [separator, parts] = resolve(node['Fn::Join']) as [string, string[]];
      return parts.join(separator);
    }
    return Object.fromEntries(Object.entries(node).map(([key, member]) => [key, resolve(member)]));
  };
  return { arnOf, resolve };
};

export type Context = Readonly<Record<string, string>>;

const TLS: Context = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };

/** Asks IAM; an action that IAM does not know is an error, not a denial. */
export const askIam = async (
  principal: string,
  identityPolicies: readonly unknown[],
  action: string,
  resource: string,
  context: Context | undefined,
  resourcePolicies: readonly (readonly [arn: string, policy: unknown])[],
): Promise<'allowed' | 'denied'> => {
  const resourcePolicy = resourcePolicies.find(([name]) => resource === name || resource.startsWith(`${name}/`));
  const contextVariables = Object.entries({ ...TLS, ...context }).filter(
    ([name]) => !name.startsWith('s3:') || action.startsWith('s3:'),
  );
  const answer = await runSimulation(
    {
      request: {
        principal,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: Object.fromEntries(contextVariables),
      },
      identityPolicies: identityPolicies.map((document, index) => ({ name: `policy${index}`, policy: document })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy && { resourcePolicy: resourcePolicy[1] }),
    },
    {},
  );
  if (answer.resultType === 'error') throw new Error(JSON.stringify(answer.errors));
  return answer.overallResult === 'Allowed' ? 'allowed' : 'denied';
};
