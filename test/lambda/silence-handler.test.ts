import { symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bucketArchive } from '../../core/archive/bucket.ts';
import { OVERVIEW_PAGE } from '../../core/archive/keys.ts';
import { defaultConfig } from '../../core/config/config.ts';
import { writeBundle } from '../../lib/bundling.ts';
import { HOUR_MS } from '../../rules/engine/time.ts';
import { rules } from '../../rules/index.ts';
import { readText } from '../support/archive-tree.ts';
import { type AwsEmulator, startAwsEmulator } from '../support/aws-emulator.ts';
import { auditNight, night, SCHEDULE } from '../support/history.ts';
import { type Lambda, startLambda } from '../support/lambda-runtime.ts';
import { type Scheduler, startScheduler } from '../support/scheduler.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const newFolder = temporaryFolders();
let aws: AwsEmulator;
let lambda: Lambda;
let scheduler: Scheduler;
beforeAll(async () => {
  aws = await startAwsEmulator({ bucket: 'evidence', topicName: 'overview' });
  const alarmTopicArn = await aws.createTopic('alarms');
  const assetDir = await newFolder();
  writeBundle('silence-handler', assetDir);
  // What the runtime has for the function to load.
  await symlink(resolve('node_modules'), join(assetDir, 'node_modules'));
  const config = { ...defaultConfig(rules), environments: [{ id: 'alpha', name: 'research' }, { id: 'beta' }] };
  await writeFile(join(assetDir, 'audit.json'), JSON.stringify(config));
  scheduler = await startScheduler();
  lambda = await startLambda({
    assetDir,
    handler: 'index.handler',
    env: {
      ...aws.env,
      ...scheduler.env,
      AUDIT_BUCKET: aws.bucket,
      AUDIT_ALARM_TOPIC_ARN: alarmTopicArn,
      AUDIT_WATCH: 'Auditor-',
      AUDIT_OVERVIEW: 'true',
      AUDIT_OVERVIEW_TOPIC_ARN: aws.topicArn,
      POWERTOOLS_SERVICE_NAME: 'finspace-auditor',
      POWERTOOLS_METRICS_NAMESPACE: 'FinSpaceUserAuditor',
    },
    timeoutMs: 60_000,
  });
});
afterAll(async () => {
  await lambda.close();
  await scheduler.close();
  await aws.close();
});

/** Calls the watch of a stack that has the first environment only, so many hours after a night was due. */
const watch = (number: number, hours: number) =>
  lambda.invoke({
    scheduledTime: new Date(night(number).getTime() + hours * HOUR_MS).toISOString(),
    environmentIds: ['alpha'],
    schedule: { cron: SCHEDULE.cron, timezone: SCHEDULE.timezone },
    graceHours: 2,
  });

/** The metrics of environments so far, of which each has an alarm. */
const measured = () =>
  lambda
    .logs()
    .split('\n')
    .filter((line) => line.includes('"Silent"'))
    .map((line) => JSON.parse(line.slice(line.indexOf('{'))))
    .map((record: Readonly<Record<string, unknown>>) => [record.watch, record.environment, record.Silent]);

test('before the first schedule after a deploy nothing is due, and nobody is told that nothing was seen', async () => {
  const CreationDate = night(0).getTime() / 1000 + 10 * 3600;
  const made = {
    State: 'ENABLED',
    ScheduleExpression: 'cron(0 2 * * ? *)',
    CreationDate,
    Target: { Arn: 'arn:aws:lambda:us-east-1:123456789012:function:auditor' },
  };
  scheduler.set({ 'Auditor-alpha': made, 'Auditor-silence-watch': made });
  for (const hours of [-13, -1, 0.28])
    expect(await watch(1, hours)).toMatchObject({
      result: { silent: [], seen: [], overview: { outcome: 'not yet', unseen: ['alpha', 'beta'] } },
    });
  expect(await readText(bucketArchive(aws.s3, aws.bucket), OVERVIEW_PAGE)).toContain('2 NOT SEEN');
  expect(measured()).toEqual([]);
  // Of an environment that nobody asks for, its silence is known at once.
  scheduler.set({ 'Auditor-silence-watch': made });
  expect(await watch(1, 1)).toMatchObject({ result: { silent: ['alpha'], overview: { outcome: 'not yet' } } });
  expect(measured()).toEqual([['Auditor-', 'alpha', 1]]);
  expect(await aws.messages()).toEqual([]);
});

test('the watch of the first stack sends one mail about the environments of all, and writes their page', async () => {
  const archive = bucketArchive(aws.s3, aws.bucket);
  for (const id of ['alpha', 'beta']) await auditNight(archive, 1, {}, id);
  expect(await watch(1, 0.28)).toMatchObject({ result: { silent: [], overview: { outcome: 'told', unseen: [] } } });
  expect(measured()).toEqual([
    ['Auditor-', 'alpha', 1],
    ['Auditor-', 'alpha', 0],
  ]);
  expect(await watch(1, 1.28)).toMatchObject({ result: { overview: { outcome: 'told before' } } });

  await auditNight(archive, 2, {}, 'alpha');
  expect(await watch(2, 1.28)).toMatchObject({
    result: { silent: [], overview: { outcome: 'not yet', unseen: ['beta'] } },
  });
  expect(await watch(2, 2.28)).toMatchObject({
    result: { silent: [], overview: { outcome: 'told', unseen: ['beta'] } },
  });

  const mails = await aws.messages();
  expect(mails.map(({ subject }) => subject)).toEqual([
    expect.stringMatching(/^FinSpace, all environments: 2 environments seen; 2 changed/),
    expect.stringMatching(/^FinSpace, all environments: 1 NOT SEEN, 1 environment seen; 1 changed/),
  ]);
  expect(mails[1]?.attributes).toEqual({ environment: 'all', verdict: 'INCOMPLETE', maxSeverity: 'CRITICAL' });
  expect(mails[1]?.body).toContain('Page: s3://evidence/reports/index.html');
  expect(await readText(archive, OVERVIEW_PAGE)).toContain('1 NOT SEEN, 1 environment seen');
});
