import { beforeAll, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { attemptsWithin, runsWithin } from '../../../core/archive/stretch.ts';
import { auditNights, nightRun } from '../../support/archived-nights.ts';
import { aUser, ENVIRONMENT } from '../../support/builders.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const dayOf = (number: number): string => nightRun(number).slice(0, 8);

let archive: Archive;
/** Runs 1, 2 and 5 are complete; 3 never was, and 5 was at its second attempt. */
beforeAll(async () => {
  archive = folderArchive(await newFolder());
  const users = [aUser()];
  const end = { complete: false, reason: 'deadline', message: 'no time left' } as const;
  await auditNights(archive, [
    { number: 1, users },
    { number: 2, users },
    { number: 3, users, end },
    { number: 5, users, end },
    { number: 5, users },
  ]);
});

test.each([
  { name: 'no ends', runs: [1, 2, 5], attempts: [3] },
  { name: 'days', from: dayOf(2), to: dayOf(3), runs: [2], attempts: [3] },
  { name: 'whole names', from: nightRun(1), to: nightRun(2), runs: [1, 2], attempts: [] },
  { name: 'a first day alone', from: dayOf(3), runs: [5], attempts: [3] },
  { name: 'a last day alone', to: dayOf(2), runs: [1, 2], attempts: [] },
  { name: 'one day', from: dayOf(5), to: dayOf(5), runs: [5], attempts: [] },
  { name: 'a day without a run', from: dayOf(4), to: dayOf(4), runs: [], attempts: [] },
])('a stretch with $name has the runs $runs and unfinished $attempts', async (stretch) => {
  const complete = await runsWithin(archive, ENVIRONMENT, {});
  const runs = await runsWithin(archive, ENVIRONMENT, stretch);
  const attempts = await attemptsWithin(archive, ENVIRONMENT, stretch, complete);
  expect(runs.map(({ run }) => run)).toEqual(stretch.runs.map(nightRun));
  expect(attempts.map(({ run }) => run)).toEqual(stretch.attempts.map(nightRun));
});
