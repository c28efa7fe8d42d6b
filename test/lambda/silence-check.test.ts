import { describe, expect, test } from '@jest/globals';
import { decide } from '../../core/archive/close.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import { checkSilence, readSilenceEvent } from '../../lambda/silence-check.ts';
import { ENVIRONMENT } from '../support/builders.ts';
import { auditNight, night, runOf, SCHEDULE } from '../support/history.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const newFolder = temporaryFolders();

/** Nights are at 07:00 UTC; a run may be 2 hours late. */
const check = async (after: {
  nights: number;
  hours: number;
  cron?: string;
  ids?: readonly string[];
  askedHoursBefore?: number;
}) => {
  const archive = folderArchive(await newFolder());
  for (let number = 1; number <= after.nights; number += 1) await auditNight(archive, number);
  const scheduledTime = new Date(night(Math.max(1, after.nights)).getTime() + after.hours * 3_600_000).toISOString();
  return checkSilence(archive, {
    scheduledTime,
    environmentIds: [...(after.ids ?? [ENVIRONMENT])],
    schedule: { ...SCHEDULE, ...(after.cron !== undefined && { cron: after.cron }) },
    graceHours: 2,
    ...(after.askedHoursBefore !== undefined && {
      askedSince: async () => night(1).getTime() - Number(after.askedHoursBefore) * 3_600_000,
    }),
  });
};

describe('an environment', () => {
  test.each([
    { name: 'before the next run is due', hours: 23, silent: false, isTold: false },
    { name: 'while it may be late', hours: 25.99, silent: false, isTold: false },
    { name: 'from then on', hours: 26, silent: true, isTold: false },
    { name: 'an hour before a day has passed', hours: 49, silent: true, isTold: false },
    { name: 'a day later', hours: 50, silent: true, isTold: true },
    { name: 'an hour after that', hours: 51, silent: true, isTold: false },
    { name: 'nine days later', hours: 26 + 9 * 24, silent: true, isTold: true },
  ])('$name', async ({ hours, silent, isTold }) => {
    const answer = await check({ nights: 1, hours });
    expect(answer.silent).toEqual(silent ? [ENVIRONMENT] : []);
    expect(answer.seen).toEqual(silent ? [] : [ENVIRONMENT]);
    expect(answer.mail !== undefined).toBe(isTold);
  });

  test('is told of by its id, the last run and the one that was due', async () => {
    const { mail } = await check({ nights: 2, hours: 50 });
    expect(mail?.subject).toBe(`FinSpace auditor: still no complete run of environment ${ENVIRONMENT}`);
    expect(mail?.body).toContain(
      `${ENVIRONMENT}: no complete run since ${runOf(2)}; one was due at 2026-11-22 02:00 America/New_York`,
    );
    expect(mail?.body).toContain('docs/runbook.md#no-complete-run');
  });

  test.each([
    { cron: '0 2 * * 5', hours: 7 * 24 + 1.99, silent: false },
    { cron: '0 2 * * 5', hours: 7 * 24 + 2, silent: true },
    { cron: '0 2 20 */3 *', hours: 60 * 24, silent: false },
    { cron: '0 2 20 */3 *', hours: 120 * 24, silent: true },
  ])('of a rare schedule is watched as well: $cron after $hours hours', async ({ cron, hours, silent }) => {
    expect((await check({ nights: 1, hours, cron })).silent).toEqual(silent ? [ENVIRONMENT] : []);
  });

  test('that never had a run is silent, and told of once a day', async () => {
    const told: number[] = [];
    for (let hour = 0; hour < 24; hour += 1) {
      const { silent, mail } = await check({ nights: 0, hours: hour });
      expect(silent).toEqual([ENVIRONMENT]);
      if (mail !== undefined) told.push(hour);
    }
    expect(told).toHaveLength(1);
  });

  test.each([
    { name: 'before its first schedule', askedHoursBefore: 14, hours: -1, silent: false, isTold: false },
    { name: 'while its first run may be late', askedHoursBefore: 14, hours: 1.99, silent: false, isTold: false },
    { name: 'from then on', askedHoursBefore: 14, hours: 2, silent: true, isTold: false },
    { name: 'a day later', askedHoursBefore: 14, hours: 26, silent: true, isTold: true },
    {
      name: 'though an earlier one was due, deployed a day before',
      askedHoursBefore: 25,
      hours: -1,
      silent: true,
      isTold: false,
    },
  ])('that was deployed and never had a run: $name', async ({ hours, askedHoursBefore, silent, isTold }) => {
    const answer = await check({ nights: 0, hours, askedHoursBefore });
    // Until its first run nobody has seen it: it is silent, or nothing is said.
    expect([answer.silent, answer.seen]).toEqual([silent ? [ENVIRONMENT] : [], []]);
    expect(answer.mail !== undefined).toBe(isTold);
    if (isTold) expect(answer.mail?.body).toContain('no complete run yet; the first was due at 2026-11-20 02:00');
  });

  test('that had a run owes those since, whenever the schedule was made', async () => {
    expect((await check({ nights: 1, hours: 26, askedHoursBefore: -25 })).silent).toEqual([ENVIRONMENT]);
  });

  test('whose last run can not be read is silent, and no other for that', async () => {
    const folder = await newFolder();
    const archive = folderArchive(folder);
    await auditNight(archive, 1);
    const broken = {
      ...archive,
      read: (key: string) => (key.includes('broken') ? Promise.reject(new Error('no')) : archive.read(key)),
    };
    const answer = await checkSilence(broken, {
      scheduledTime: '2026-11-21T00:17:00Z',
      environmentIds: ['broken', ENVIRONMENT],
      schedule: SCHEDULE,
      graceHours: 2,
    });
    expect(answer.silent).toEqual(['broken']);
    expect(answer.mail?.body).toContain("broken: its last run can't be read: no");
  });

  test('whose chain was closed owes no run', async () => {
    const archive = folderArchive(await newFolder());
    await auditNight(archive, 1);
    await decide(archive, ENVIRONMENT, {
      kind: 'closing',
      at: night(1.5),
      name: runOf(1.5),
      reason: 'why',
      retentionYears: 1,
    });
    const answer = await checkSilence(archive, {
      scheduledTime: night(9).toISOString(),
      environmentIds: [ENVIRONMENT],
      schedule: SCHEDULE,
      graceHours: 2,
    });
    expect([answer.silent, answer.seen]).toEqual([[], [ENVIRONMENT]]);
  });

  test('is one of several in one mail', async () => {
    const { silent, mail } = await check({ nights: 0, hours: 17, ids: ['abc', 'def'] });
    expect(silent).toEqual(['abc', 'def']);
    expect(mail?.subject).toBe('FinSpace auditor: still no complete run of 2 environments');
  });
});

test('another event is refused', () => {
  expect(() => readSilenceEvent({ environmentId: 'abc' })).toThrow('environmentIds');
});
