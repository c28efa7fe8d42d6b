import { expect, test } from '@jest/globals';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { auditorStack } from './stack-template.ts';

/** The warnings of synthesis about clocks: each kind once. */
const warningsOf = (schedule: string): readonly string[] =>
  Annotations.fromStack(auditorStack(`environments: [{ id: abc }]\nschedule: ${schedule}`))
    .findWarning('*', Match.stringLikeRegexp('clocks'))
    .map(({ entry }) => JSON.stringify(entry.data));

const SKIPPED = expect.stringMatching(
  /names \d{4}-\d{2}-\d{2} \d{2}:\d{2}, a time that \S+ skips: nothing is audited then/,
);
const REPEATED = expect.stringMatching(
  /names \d{4}-\d{2}-\d{2} \d{2}:\d{2}, a time that \S+ has twice: AWS does not say/,
);

test.each([
  { schedule: '{}', warnings: [] },
  { schedule: '{ cron: "59 1 * * *", timezone: America/New_York }', warnings: [REPEATED] },
  { schedule: '{ cron: "0 2 * * *", timezone: America/New_York }', warnings: [SKIPPED] },
  { schedule: '{ cron: "59 2 * * *", timezone: America/New_York }', warnings: [SKIPPED] },
  { schedule: '{ cron: "0 3 * * *", timezone: America/New_York }', warnings: [] },
  { schedule: '{ cron: "30 1 * * *", timezone: Europe/London }', warnings: [SKIPPED, REPEATED] },
  { schedule: '{ cron: "15 2 * * *", timezone: Australia/Lord_Howe }', warnings: [SKIPPED] },
  { schedule: '{ cron: "30 2 * * 3", timezone: America/New_York }', warnings: [] },
  { schedule: '{ cron: "30 2 * * *", timezone: Asia/Tokyo }', warnings: [] },
])('$schedule', ({ schedule, warnings }) => {
  expect(warningsOf(schedule)).toEqual(warnings);
});
