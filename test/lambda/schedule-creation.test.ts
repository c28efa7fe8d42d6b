import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { scheduleCreation } from '../../lambda/schedule-creation.ts';
import { type Scheduler, startScheduler } from '../support/scheduler.ts';

const MADE = {
  State: 'ENABLED',
  ScheduleExpression: 'cron(0 2 * * ? *)',
  CreationDate: 1_795_000_000,
  Target: { Arn: 'arn:aws:lambda:us-east-1:123456789012:function:auditor' },
};

const before = { ...process.env };
let scheduler: Scheduler;
beforeAll(async () => {
  scheduler = await startScheduler();
  scheduler.set({ 'Auditor-abc': MADE, 'Auditor-hidden': 'denied' });
  Object.assign(process.env, scheduler.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'emulator',
    AWS_SECRET_ACCESS_KEY: 'emulator',
  });
});
afterAll(async () => {
  process.env = before;
  await scheduler.close();
});

test('tells when a schedule was made, and nothing of one that is not there', async () => {
  const creation = scheduleCreation('Auditor-');
  expect(await creation('gone')).toBeUndefined();
  expect(await creation('abc')).toBe(1_795_000_000_000);
});

test('asks no more once it can not look', async () => {
  const creation = scheduleCreation('Auditor-');
  expect(await creation('hidden')).toBeUndefined();
  expect(await creation('abc')).toBeUndefined();
});
