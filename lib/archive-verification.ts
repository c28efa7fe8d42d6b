import { Duration } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { allow, useOfKeys } from './permissions.ts';
import { type BesideAuditProps, patternFinding, scheduledFunction } from './scheduled-function.ts';

/**
 * Verifies each environment's archive once a week: the chain, and what is new in it. A function of its own, which can
 * write nothing but its reports: what it looks at it can't have mended.
 */
export class ArchiveVerification extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: BesideAuditProps) {
    super(scope, id);
    const reports = props.bucket.arnForObjects('verifications/*');
    this.function = scheduledFunction(this, props, {
      description: 'Verifies the archives of FinSpace environments',
      bundle: 'verify-handler',
      settings: ['audit', 'accepted'],
      memorySize: 1024,
      // A chain of seven years takes some minutes; one that takes longer than this is verified by hand.
      timeout: Duration.minutes(15),
      retryAttempts: 1,
      permissions: [allow(['s3:PutObject'], reports), ...useOfKeys(this, props, ['sqs'])],
      readsAll: 'reads every key of its own archive, which holds nothing else: whoever verifies leaves nothing out',
      patterns: { [patternFinding(this, reports)]: 'its own reports, whose names nobody knows before they are made' },
      untraced: 'one function, whose log, report and alarm tell all; tracing would need a permission on every resource',
      schedule: 'verification',
      // Each hour of a day: it takes one environment after the other until all have had their turn.
      expression: ScheduleExpression.cron({ minute: '37', hour: '*', weekDay: 'SUN' }),
    });
  }
}
