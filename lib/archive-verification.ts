import { resolve } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ContextAttribute, Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { acknowledge, findingText, INLINE_POLICY } from './acknowledge.ts';
import { NAMESPACE, SERVICE } from './audit-metrics.ts';
import { FUNCTION_DEFAULTS, PROJECT, verificationBundling } from './bundling.ts';
import { allow, forThisAccount, LAMBDA, NETWORK_INTERFACES, useOfKeys } from './permissions.ts';
import { archiveVariables, type ScheduledAudit, type ScheduledAuditProps } from './scheduled-audit.ts';

export interface ArchiveVerificationProps
  extends Pick<
    ScheduledAuditProps,
    'config' | 'configFile' | 'bucket' | 'archiveKey' | 'encryptionKey' | 'vpc' | 'logRetention'
  > {
  readonly audit: Pick<ScheduledAudit, 'failures' | 'schedulePrefix'>;
}

/** The only keys that it writes. */
const REPORTS = 'verifications/*';

/**
 * Verifies each environment's archive once a week: the chain, and what is new in it. A function of its own, which can
 * write nothing but its reports: what it looks at it can't have mended.
 */
export class ArchiveVerification extends Construct {
  readonly function: NodejsFunction;

  constructor(scope: Construct, id: string, props: ArchiveVerificationProps) {
    super(scope, id);
    const { bucket, encryptionKey, audit, vpc, logRetention = RetentionDays.ONE_YEAR } = props;

    const logGroup = new LogGroup(this, 'Logs', { retention: logRetention, encryptionKey });
    const role = new Role(this, 'Role', { assumedBy: LAMBDA });
    for (const statement of [
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn),
      allow(['s3:GetObject'], bucket.arnForObjects('*')),
      allow(['s3:PutObject'], bucket.arnForObjects(REPORTS)),
      allow(['s3:ListBucket'], bucket.bucketArn),
      allow(['sqs:SendMessage'], audit.failures.queueArn),
      ...useOfKeys(this, props, ['sqs']),
      ...(vpc === undefined ? [] : [NETWORK_INTERFACES]),
    ])
      role.addToPolicy(statement);

    this.function = new NodejsFunction(this, 'Function', {
      ...FUNCTION_DEFAULTS,
      description: 'Verifies the archives of FinSpace environments',
      entry: resolve(PROJECT, 'lambda/verify-handler.ts'),
      memorySize: 1024,
      // A chain of seven years takes some minutes; one that takes longer than this is verified by hand.
      timeout: Duration.minutes(15),
      // The schedule asks again an hour later.
      reservedConcurrentExecutions: 1,
      maxEventAge: Duration.hours(1),
      retryAttempts: 1,
      onFailure: { bind: () => ({ destination: audit.failures.queueArn }) },
      ...(vpc && { vpc }),
      role,
      logGroup,
      environment: {
        ...archiveVariables(props),
        POWERTOOLS_SERVICE_NAME: SERVICE,
        POWERTOOLS_METRICS_NAMESPACE: NAMESPACE,
        NODE_OPTIONS: '--enable-source-maps',
      },
      bundling: verificationBundling(props),
    });
    this.schedule(props);

    acknowledge(role, {
      ...INLINE_POLICY,
      [`AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(this, bucket.arnForObjects('*'))}]`]:
        'reads every key of its own archive, which holds nothing else: whoever verifies leaves nothing out',
      [`AwsSolutions::AwsSolutions-IAM5[Resource::${findingText(this, bucket.arnForObjects(REPORTS))}]`]:
        'its own reports, whose names nobody knows before they are made',
      ...(vpc !== undefined && {
        'AwsSolutions::AwsSolutions-IAM5[Resource::*]': 'network interfaces have no names before they are made',
      }),
    });
    const destination = 'has a failure destination, which also tells the error';
    acknowledge(this.function, {
      'NIST.800.53.R5::NIST.800.53.R5-LambdaDLQ': destination,
      'Serverless::Serverless-LambdaDLQ': destination,
      ...(vpc === undefined && {
        'NIST.800.53.R5::NIST.800.53.R5-LambdaInsideVPC':
          'reaches public endpoints of AWS only, by TLS and signed requests; nothing can reach it',
      }),
      'Serverless::Serverless-LambdaTracing':
        'one function, whose log, report and alarm tell all; tracing would need a permission on every resource',
    });
  }

  /**
   * Makes one schedule for all environments, of each hour of a day: the function takes one after the other until all have had
   * their turn. Its change is told as that of an audit's: it bears the same beginning.
   */
  private schedule({ config, audit }: ArchiveVerificationProps): Schedule {
    const role = new Role(this, 'SchedulerRole', { assumedBy: forThisAccount(this, 'scheduler.amazonaws.com') });
    role.addToPolicy(allow(['lambda:InvokeFunction'], this.function.functionArn));
    acknowledge(role, INLINE_POLICY);
    return new Schedule(this, 'Schedule', {
      scheduleName: `${audit.schedulePrefix}verification`,
      description: 'Verifies the archives of FinSpace environments',
      schedule: ScheduleExpression.cron({ minute: '37', hour: '*', weekDay: 'SUN' }),
      target: new LambdaInvoke(this.function, {
        input: ScheduleTargetInput.fromObject({
          scheduledTime: ContextAttribute.scheduledTime,
          environmentIds: config.environments.map((environment) => environment.id),
        }),
        // The target would add every version of the function to what the role may invoke.
        role: role.withoutPolicyUpdates(),
        maxEventAge: Duration.hours(1),
        retryAttempts: 10,
      }),
    });
  }
}
