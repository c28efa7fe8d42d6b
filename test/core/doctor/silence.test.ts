import { expect, test } from '@jest/globals';
import { findSilence, NOT_DUE } from '../../../core/doctor/silence.ts';
import { auditNights, nightAt, nightRun } from '../../support/archived-nights.ts';
import { aUser, ENVIRONMENT } from '../../support/builders.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const HOUR_MS = 3_600_000;

/** Looks some hours after the first night, of which a run tells, that read a roster some hours after it. */
const look = async (hours: number, readHours: number | undefined) => {
  const archive = memoryArchive();
  const readAt =
    readHours === undefined ? undefined : new Date(nightAt(1).getTime() + readHours * HOUR_MS).toISOString();
  const source = readAt === undefined ? undefined : ({ kind: 'roster', readAt } as const);
  await auditNights(archive, [{ number: 1, users: [aUser()], ...(source && { source }) }]);
  return findSilence(archive, ENVIRONMENT, {
    schedule: { cron: '0 2 * * *', timezone: 'UTC' },
    graceHours: 2,
    now: nightAt(1).getTime() + hours * HOUR_MS,
  });
};

test.each<{ name: string; hours: number; readHours?: number; silentHours: number | undefined }>([
  { name: 'of that night, while the next may be late', hours: 25.99, silentHours: undefined },
  { name: 'of that night, two hours after the next', hours: 26, silentHours: 0 },
  { name: 'that a run of three nights later has read', hours: 24 * 4 + 1.99, readHours: 72, silentHours: undefined },
  {
    name: 'that a run of three nights later has read, and none since',
    hours: 24 * 4 + 3,
    readHours: 72,
    silentHours: 1,
  },
])('after $hours hours an environment with a roster $name is silent for $silentHours hours', async (row) => {
  const found = await look(row.hours, row.readHours);
  const due = row.readHours === undefined ? '2026-11-25 02:00' : '2026-11-28 02:00';
  expect(found).toEqual(
    row.silentHours === undefined
      ? undefined
      : {
          environmentId: ENVIRONMENT,
          hours: row.silentHours,
          message: `no complete run since ${nightRun(1)}; one was due at ${due} UTC`,
        },
  );
});

test('of an environment without a run, of which nobody knows since when it is asked for, each midnight counts', async () => {
  const at = (now: Date) =>
    findSilence(memoryArchive(), ENVIRONMENT, {
      schedule: { cron: '0 2 * * *', timezone: 'UTC' },
      graceHours: 2,
      now: now.getTime(),
    });
  const message = 'no complete run yet';
  expect(await at(new Date('2026-11-24T00:00:00Z'))).toEqual({ environmentId: ENVIRONMENT, hours: 24, message });
  expect(await at(new Date('2026-11-24T23:59:00Z'))).toEqual({ environmentId: ENVIRONMENT, hours: 47, message });
});

test.each<{ asked: string; now: string; found: unknown }>([
  { asked: '01:00', now: '03:59', found: NOT_DUE },
  { asked: '01:00', now: '04:00', found: 0 },
  { asked: '01:00', now: '06:59', found: 2 },
  { asked: '03:00', now: '23:59', found: NOT_DUE },
])('an environment without a run that is asked for since $asked is silent at $now: $found', async (row) => {
  const at = (time: string): number => Date.parse(`2026-11-24T${time}:00Z`);
  const found = await findSilence(memoryArchive(), ENVIRONMENT, {
    schedule: { cron: '0 2 * * *', timezone: 'UTC' },
    graceHours: 2,
    now: at(row.now),
    askedSince: async () => at(row.asked),
  });
  const message = 'no complete run yet; the first was due at 2026-11-24 02:00 UTC';
  expect(found).toEqual(
    typeof row.found === 'number' ? { environmentId: ENVIRONMENT, hours: row.found, message } : row.found,
  );
});

test('an environment whose last run can not be read is silent from midnight of yesterday on', async () => {
  const failing = (): never => {
    throw new Error(`no way to S3\n${'x'.repeat(200)}`);
  };
  const found = await findSilence({ ...memoryArchive(), list: failing, read: failing }, ENVIRONMENT, {
    schedule: { cron: '0 2 * * *', timezone: 'UTC' },
    graceHours: 2,
    now: Date.parse('2026-11-24T12:00:00Z'),
  });
  expect(found).toEqual({
    environmentId: ENVIRONMENT,
    hours: 36,
    message: `its last run can't be read: no way to S3 ${'x'.repeat(184)}...`,
  });
});
