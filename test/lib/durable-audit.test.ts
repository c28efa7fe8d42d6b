import { describe, expect, it } from '@jest/globals';
import { LONGEST_LISTING_MS } from '../../lambda/durable-audit.ts';
import { only, stackTemplate, statementsOf } from './stack-template.ts';

describe('the stack of durable listings', () => {
  const stack = stackTemplate('environments: [{ id: abc }]\nlisting: { mode: durable }\n');
  const auditor = only(stack, 'AWS::Lambda::Function', 'AuditFunction');
  const alias = only(stack, 'AWS::Lambda::Alias');
  const version = only(stack, 'AWS::Lambda::Version');

  it('gives executions longer than their listing may take', () => {
    expect(auditor.properties.DurableConfig).toEqual({ ExecutionTimeout: 46_800, RetentionPeriodInDays: 14 });
    expect(LONGEST_LISTING_MS / 1000).toBeLessThan(46_800 - auditor.properties.Timeout);
  });

  it('gives them room for directories that are worth it', () => {
    expect(auditor.properties).toMatchObject({ MemorySize: 3008, EphemeralStorage: { Size: 2048 } });
  });

  it.each([
    { mode: 'single', outputs: '', size: undefined },
    { mode: 'single', outputs: 'ocsf', size: { Size: 4096 } },
    { mode: 'durable', outputs: 'ocsf', size: { Size: 10_240 } },
  ])('gives $mode ones room for outputs: [$outputs]', ({ mode, outputs, size }) => {
    const config = `environments: [{ id: abc }]\nlisting: { mode: ${mode} }\noutputs: [${outputs}]\n`;
    const asked = only(stackTemplate(config), 'AWS::Lambda::Function', 'AuditFunction');
    expect(asked.properties.EphemeralStorage).toEqual(size);
  });

  it('has them end by the code that they began with, by no name that would stand in the way of a change', () => {
    expect(alias.properties).toMatchObject({
      Name: 'live',
      FunctionVersion: { 'Fn::GetAtt': [version.id, 'Version'] },
    });
    expect(stack.findResources('AWS::Lambda::Version')[version.id]).toMatchObject({ DeletionPolicy: 'Retain' });
    expect(auditor.properties).not.toHaveProperty('FunctionName');
  });

  it('is scheduled by the alias, since an unqualified name starts no execution', () => {
    expect(only(stack, 'AWS::Scheduler::Schedule', 'AuditSchedule').properties.Target.Arn).toEqual({ Ref: alias.id });
    expect(statementsOf(stack, 'AuditSchedulerRole')[0]).toEqual({
      Effect: 'Allow',
      Action: 'lambda:InvokeFunction',
      Resource: { Ref: alias.id },
    });
  });

  it('tells people the name that can be invoked, and the doctor what schedules have to', () => {
    expect(JSON.stringify(stack.findOutputs('FunctionName').FunctionName?.Value)).toMatch(/":live"\]\]\}$/);
    expect(auditor.properties.Environment.Variables).toMatchObject({ AUDIT_SCHEDULED_ALIAS: 'live' });
  });

  it('keeps what failed in the queue, which durable functions reach as dead letters only', () => {
    expect(auditor.properties.DeadLetterConfig).toEqual({ TargetArn: only(stack, 'AWS::SQS::Queue').arn });
    const { DestinationConfig, ...retries } = only(stack, 'AWS::Lambda::EventInvokeConfig', 'AuditLive').properties;
    expect(DestinationConfig).toBeUndefined();
    expect(retries).toMatchObject({
      Qualifier: { 'Fn::Select': [7, { 'Fn::Split': [':', { Ref: alias.id }] }] },
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 21_600,
    });
  });

  it('lets the function keep a journal of its own executions', () => {
    expect(statementsOf(stack, 'Checkpoints')).toEqual([
      {
        Effect: 'Allow',
        Action: ['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'],
        Resource: { 'Fn::Join': ['', [auditor.arn, ':*']] },
      },
    ]);
  });

  it('alarms of executions that fail, which are no invocations that fail', () => {
    const metrics = Object.values(stack.findResources('AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => Properties.MetricName,
    );
    expect(metrics).toEqual(
      expect.arrayContaining(['DurableExecutionFailed', 'DurableExecutionTimedOut', 'DurableExecutionStopped']),
    );
  });

  it('shows executions and how long they took, not invocations', () => {
    const body = JSON.stringify(only(stack, 'AWS::CloudWatch::Dashboard').properties.DashboardBody);
    const shown = (metric: string) => body.split(`\\"${metric}\\"`).length - 1;
    const METRICS = [
      'DurableExecutionFailed',
      'DurableExecutionTimedOut',
      'ApproximateRunningDurableExecutions',
      'DurableExecutionDuration',
    ];
    expect(METRICS.map((metric) => [metric, shown(metric)])).toEqual(METRICS.map((metric) => [metric, 1]));
    expect([shown('Errors'), shown('Duration')]).toEqual([0, 0]);
    expect(body).toContain('46800000');
  });
});
