import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { KEY_CHANGES } from '../core/archive/denials.ts';
import type { ArchiveWriter } from '../core/config/config.ts';
import { accountsOf, onlyBy, rolesOf } from './permissions.ts';

export interface EvidenceKeyProps {
  /** The role that alone may delete, disable or open the key. @default - whoever the account's policies let */
  readonly breakGlassRoleArn?: string;
  /** The auditors of other accounts that write to the archive. @default - none */
  readonly writers?: readonly ArchiveWriter[];
}

/**
 * The key of everything that holds names: the archive, the logs, the alerts and the failures. Like them, it outlives
 * the stack. Besides the account's own policies, only the stack's log groups may use it.
 */
export class EvidenceKey extends Construct {
  /** The key that is made, with its rotation and its policy. */
  readonly key: Key;

  constructor(scope: Construct, id: string, { breakGlassRoleArn, writers = [] }: EvidenceKeyProps = {}) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: 'Archive, alerts, failures and logs of the FinSpace user auditor',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });

    const stack = Stack.of(this);
    // By its name: a log group's ARN would need the log group, which needs the key.
    const logGroups = stack.formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: `${stack.stackName}-*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'LogsOfThisStack',
        principals: [new ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
        actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
        resources: ['*'],
        conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': logGroups } },
      }),
    );
    if (writers.length > 0)
      this.key.addToResourcePolicy(
        new PolicyStatement({
          sid: 'WritersOfTheArchive',
          principals: accountsOf(writers),
          actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
          resources: ['*'],
          conditions: {
            StringEquals: { 'kms:ViaService': `s3.${stack.region}.amazonaws.com` },
            ArnLike: { 'aws:PrincipalArn': rolesOf(writers) },
          },
        }),
      );
    if (breakGlassRoleArn !== undefined)
      this.key.addToResourcePolicy(
        onlyBy(
          breakGlassRoleArn,
          KEY_CHANGES.map((call) => `kms:${call}`),
          ['*'],
        ),
      );
  }
}
