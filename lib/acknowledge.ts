import { Stack, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Accepts findings of the rule packs on a construct, by exact id; every one has its reason. */
export const acknowledge = (construct: Construct, reasons: Readonly<Record<string, string>>): void => {
  Validations.of(construct).acknowledge(...Object.entries(reasons).map(([id, reason]) => ({ id, reason })));
};

/** Writes an ARN as the rule packs name it in an id: `<Bucket.Arn>/*`. */
export const findingText = (scope: Construct, arn: string): string => {
  const written = (value: unknown): string => {
    if (typeof value === 'string') return value;
    const node = value as {
      readonly Ref?: string;
      readonly 'Fn::GetAtt'?: string[];
      readonly 'Fn::Join'?: [string, unknown[]];
    };
    if (node['Fn::Join'] !== undefined) return node['Fn::Join'][1].map(written).join(node['Fn::Join'][0]);
    return node.Ref === undefined ? `<${node['Fn::GetAtt']?.join('.')}>` : `<${node.Ref}>`;
  };
  return written(Stack.of(scope).resolve(arn));
};

const DESTINATION = 'has a failure destination, which also tells the error';

/** The objections of the packs to a function without a dead-letter queue. */
export const FAILURE_DESTINATION = {
  'NIST.800.53.R5::NIST.800.53.R5-LambdaDLQ': DESTINATION,
  'Serverless::Serverless-LambdaDLQ': DESTINATION,
};

/** The objections of the packs to every policy of a role that is no managed one. */
export const INLINE_POLICY = {
  'NIST.800.53.R5::NIST.800.53.R5-IAMNoInlinePolicy':
    'the policy is of this role alone, goes with it, and is read beside it',
};
