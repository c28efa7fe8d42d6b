import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { readSilenceEvent } from '../../lambda/silence-check.ts';
import { only, stackTemplate } from './stack-template.ts';

const TWO = `environments: [{ id: abc, name: research }, { id: def }]
alerts: [{ email: a@example.com, minSeverity: HIGH }, { sqs: "arn:aws:sqs:us-east-1:111122223333:tickets" }]`;
const stack = stackTemplate(TWO);

const alarm = (part: string) => only(stack, 'AWS::CloudWatch::Alarm', part).properties;
const alarmTopic = only(stack, 'AWS::SNS::Topic', 'AlarmTopic').id;

describe('the alarm of silence', () => {
  it('rings with the first look of the watch at an environment that lacks the run that was due', () => {
    expect(alarm('Silenceabc')).toMatchObject({
      AlarmDescription: expect.stringContaining('abc (research) since one was due'),
      Namespace: 'FinSpaceUserAuditor',
      MetricName: 'Silent',
      Dimensions: expect.arrayContaining([{ Name: 'environment', Value: 'abc' }]),
      Period: 3600,
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      EvaluationPeriods: 1,
    });
    expect(alarm('Silencedef').AlarmDescription).toContain('environment def since one was due');
  });

  it('is quiet where nothing was due yet, and where nobody looks the one of the watch rings', () => {
    expect(alarm('Silenceabc').TreatMissingData).toBe('ignore');
    expect(alarm('WatchAlarm')).toMatchObject({
      MetricName: 'SilentEnvironments',
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 3,
      TreatMissingData: 'breaching',
    });
  });

  it.each([
    { cron: '0 2 * * 1-5', mode: 'single' },
    { cron: '0 2 * * *', mode: 'durable' },
    { cron: '0 2 1 */3 *', mode: 'single' },
  ])('is there for every schedule: $cron, $mode', ({ cron, mode }) => {
    const rare = stackTemplate(
      `environments: [{ id: abc }]\nschedule: { cron: "${cron}" }\nlisting: { mode: ${mode} }`,
    );
    expect(only(rare, 'AWS::CloudWatch::Alarm', 'Silenceabc').properties.MetricName).toBe('Silent');
  });
});

describe('the watch of silence', () => {
  it('is asked each hour for the environments and the schedule of its stack, and is told by its name', () => {
    const schedule = only(stack, 'AWS::Scheduler::Schedule', 'WatchSchedule').properties;
    expect(schedule).toMatchObject({ ScheduleExpression: 'cron(17 * * * ? *)', State: 'ENABLED' });
    expect(schedule.Name).toMatch(/^Auditor-Audit-\w+-silence-watch$/);
    expect(readSilenceEvent(JSON.parse(schedule.Target.Input.replace(/<aws[^>]+>/, '2026-11-24T02:17:00Z')))).toEqual({
      scheduledTime: '2026-11-24T02:17:00Z',
      environmentIds: ['abc', 'def'],
      schedule: { cron: '30 4 * * *', timezone: 'America/New_York' },
      graceHours: 2,
    });
  });

  it('measures where its alarm looks', () => {
    const { AUDIT_WATCH } = only(stack, 'AWS::Lambda::Function', 'Watch').properties.Environment.Variables;
    expect(alarm('WatchAlarm').Dimensions).toEqual([
      { Name: 'service', Value: 'finspace-auditor' },
      { Name: 'watch', Value: AUDIT_WATCH },
    ]);
    expect(alarm('Silenceabc').Dimensions).toEqual(
      expect.arrayContaining([
        { Name: 'service', Value: 'finspace-auditor' },
        { Name: 'watch', Value: AUDIT_WATCH },
        { Name: 'environment', Value: 'abc' },
      ]),
    );
  });

  it('tells that silence is over, and of nothing else that it is', () => {
    const alarms = Object.entries(stack.findResources('AWS::CloudWatch::Alarm'));
    const told = alarms.filter(([, { Properties }]) => Properties.OKActions !== undefined).map(([id]) => id);
    expect(told.map((id) => id.slice(0, -8))).toEqual([
      'WatchAlarm',
      'WatchUnverified',
      'AlarmsSilenceabc',
      'AlarmsSilencedef',
    ]);
  });
});

describe('the alarms of copying', () => {
  it('look at what S3 failed to copy to that bucket by that rule, and at what waits', () => {
    const key = 'arn:aws:kms:eu-west-1:222233334444:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const copied = stackTemplate(`environments: [{ id: abc }]\nreplicateTo: { bucket: copy, key: "${key}" }`);
    const bucket = only(copied, 'AWS::S3::Bucket', 'ArchiveBucket');
    const [{ Id }] = bucket.properties.ReplicationConfiguration.Rules;
    const metrics = ['Failed', 'Behind'].map((part) => {
      const { MetricName, Dimensions, EvaluationPeriods } = only(
        copied,
        'AWS::CloudWatch::Alarm',
        `Replication${part}`,
      ).properties;
      expect(Dimensions).toEqual([
        { Name: 'DestinationBucket', Value: 'copy' },
        { Name: 'RuleId', Value: Id },
        { Name: 'SourceBucket', Value: { Ref: bucket.id } },
      ]);
      return [MetricName, EvaluationPeriods];
    });
    expect(metrics).toEqual([
      ['OperationsFailedReplication', 1],
      ['OperationsPendingReplication', 144],
    ]);
  });
});

describe('the other alarms', () => {
  it.each([
    { part: 'AlarmsErrors', metric: 'Errors', namespace: 'AWS/Lambda', threshold: 1 },
    { part: 'AlarmsThrottles', metric: 'Throttles', namespace: 'AWS/Lambda', threshold: 1 },
    { part: 'AlarmsNearTimeOut', metric: 'Duration', namespace: 'AWS/Lambda', threshold: 720_000 },
    { part: 'AlarmsTimeOut', metric: 'Duration', namespace: 'AWS/Lambda', threshold: 900_000 },
    { part: 'AlarmsFailures', metric: 'ApproximateNumberOfMessagesVisible', namespace: 'AWS/SQS', threshold: 1 },
    { part: 'AlarmsUndelivered', metric: 'ApproximateNumberOfMessagesVisible', namespace: 'AWS/SQS', threshold: 1 },
    { part: 'AlertsNotDelivered', metric: 'NumberOfNotificationsFailed', namespace: 'AWS/SNS', threshold: 1 },
    { part: 'AlarmsNotDelivered', metric: 'NumberOfNotificationsFailed', namespace: 'AWS/SNS', threshold: 1 },
  ])('$part rings at once', ({ part, metric, namespace, threshold }) => {
    expect(alarm(part)).toMatchObject({
      Namespace: namespace,
      MetricName: metric,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: threshold,
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
    });
  });
});

it('no alarm watches a queue of undelivered alerts where there is none', () => {
  const alarms = stackTemplate('environments: [{ id: abc }]\nalerts: [{ email: a@example.com }]').findResources(
    'AWS::CloudWatch::Alarm',
  );
  expect(Object.keys(alarms).filter((id) => id.includes('Undelivered'))).toEqual([]);
});

describe('the alarm of what nobody would hear', () => {
  it('stands from one run to the next, and goes a way that is no mail as well', () => {
    const { AUDIT_SCHEDULE_PREFIX } = only(stack, 'AWS::Lambda::Function', 'AuditFunction').properties.Environment
      .Variables;
    expect(alarm('AlarmsUnheard')).toMatchObject({
      Namespace: 'FinSpaceUserAuditor',
      MetricName: 'UnheardTopics',
      Dimensions: [
        { Name: 'service', Value: 'finspace-auditor' },
        { Name: 'stack', Value: AUDIT_SCHEDULE_PREFIX },
      ],
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      EvaluationPeriods: 1,
      TreatMissingData: 'ignore',
    });
    const ways = Object.entries(stack.findResources('AWS::CloudWatch::Alarm'))
      .filter(([, { Properties }]) =>
        JSON.stringify(Properties.AlarmActions).includes(':opsitem:2#CATEGORY=Availability'),
      )
      .map(([id]) => id.slice(0, -8));
    expect(ways).toEqual(['AlarmsUnheard']);
  });
});

describe('every alarm', () => {
  const alarms = Object.values(stack.findResources('AWS::CloudWatch::Alarm'));
  const rule = only(stack, 'AWS::Events::Rule', 'ScheduleChanged').properties;

  it('goes to the alarm topic', () => {
    expect(alarms).toHaveLength(13);
    for (const { Properties } of alarms) expect(Properties.AlarmActions).toContainEqual({ Ref: alarmTopic });
    expect(rule.Targets).toEqual([expect.objectContaining({ Arn: { Ref: alarmTopic } })]);
  });

  it('reaches everybody who is alerted, whatever severity they asked for', () => {
    const subscriptions = Object.values(stack.findResources('AWS::SNS::Subscription'));
    expect(subscriptions.map(({ Properties }) => Properties)).toContainEqual({
      TopicArn: { Ref: alarmTopic },
      Protocol: 'email',
      Endpoint: 'a@example.com',
    });
  });

  it('points to a section of the runbook that is there', async () => {
    const texts: readonly string[] = [
      ...alarms.map(({ Properties }) => Properties.AlarmDescription),
      ...Object.values(stack.findResources('AWS::Events::Rule')).map(({ Properties }) =>
        JSON.stringify(Properties.Targets),
      ),
    ];
    const sections = texts.map((text) => /docs\/runbook\.md#([a-z-]+)/.exec(text)?.[1]);
    const headings = (await readFile('docs/runbook.md', 'utf8'))
      .split('\n')
      .filter((line) => line.startsWith('## '))
      .map((line) => line.slice(3).toLowerCase().replaceAll(' ', '-'));
    expect(headings).toEqual(expect.arrayContaining(sections));
  });
});

describe('a change of a schedule', () => {
  it('is told, by its own name only', () => {
    const schedules = Object.values(stack.findResources('AWS::Scheduler::Schedule'));
    const [prefix = ''] = schedules.map(({ Properties }) => Properties.Name.replace(/(?:abc|def)$/, ''));
    expect(prefix).toMatch(/^Auditor-Audit-\w+-$/);
    for (const { Properties } of schedules) expect(Properties.Name.startsWith(prefix)).toBe(true);
    const names = [{ prefix }];
    expect(only(stack, 'AWS::Events::Rule', 'ScheduleChanged').properties).toMatchObject({
      State: 'ENABLED',
      EventPattern: {
        source: ['aws.scheduler'],
        'detail-type': ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['scheduler.amazonaws.com'],
          eventName: ['UpdateSchedule', 'DeleteSchedule'],
          $or: [{ requestParameters: { name: names } }, { requestParameters: { Name: names } }],
        },
      },
    });
  });

  it('is told without who did it: session names are addresses', () => {
    expect(JSON.stringify(only(stack, 'AWS::Events::Rule', 'ScheduleChanged').properties.Targets)).not.toMatch(
      /userIdentity|arn/,
    );
  });
});

describe('the dashboard', () => {
  it('shows every measurement of every environment, and the health of the function', () => {
    const { DashboardBody } = only(stack, 'AWS::CloudWatch::Dashboard').properties;
    const body = JSON.stringify(DashboardBody);
    const shown = (metric: string) => body.split(`\\"${metric}\\"`).length - 1;
    for (const metric of [
      'CompleteRuns',
      'IncompleteRuns',
      'FailedRuns',
      'Users',
      'CriticalFindings',
      'HighFindings',
      'MediumFindings',
      'LowFindings',
      'InformationalFindings',
      'OldestOpenCriticalAgeDays',
      'Requests',
      'DurationSeconds',
    ]) {
      expect([metric, shown(metric)]).toEqual([metric, 2]);
    }
    // Of each environment, and the function's own.
    expect(shown('Throttles')).toBe(3);
    expect(shown('Errors')).toBe(1);
    expect(shown('Duration')).toBe(1);
    expect(shown('ApproximateNumberOfMessagesVisible')).toBe(1);
    expect(body).toContain('900000');
  });
});
