import { expect, test } from '@jest/globals';
import { runKeys } from '../../../core/archive/keys.ts';
import { findUnverified } from '../../../core/doctor/unverified.ts';
import { nightAt } from '../../support/archived-nights.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

/** Looks on the tenth night, after verifications that found so many problems, or are none, each on its night. */
const look = async (verified: Readonly<Record<number, number | undefined>>, firstNight = 1) => {
  const archive = memoryArchive();
  const put = (key: string, value: unknown) =>
    archive.create(key, { bytes: Buffer.from(JSON.stringify(value)) }, 'application/json');
  await put(runKeys(ENVIRONMENT, nightAt(firstNight)).manifest, {});
  for (const [night, problems] of Object.entries(verified)) {
    const key = runKeys(ENVIRONMENT, nightAt(Number(night))).manifest.replace('manifests/', 'verifications/');
    await put(
      key,
      problems === undefined
        ? {}
        : { schemaVersion: 1, verification: { readUpTo: 1, problems: Array.from({ length: problems }) } },
    );
  }
  return findUnverified(archive, ENVIRONMENT, nightAt(10).getTime());
};

const LAST = `verifications/environment=${ENVIRONMENT}/dt=2026-12-02/20261202T020000Z.json`;

test.each<{
  name: string;
  verified: Readonly<Record<number, number | undefined>>;
  firstNight?: number;
  told: string | undefined;
}>([
  { name: 'that was verified 8 days ago', verified: { 2: 0 }, told: undefined },
  { name: 'that was verified 9 days ago', verified: { 1: 0 }, told: 'was not verified for 8 days' },
  { name: 'that was never verified', verified: {}, told: 'was not verified for 8 days' },
  { name: 'of which a verification is dated ahead', verified: { 11: 0 }, told: 'was not verified for 8 days' },
  { name: 'of which one before that found something', verified: { 9: 2, 11: 0 }, told: `2 problems in ${LAST}` },
  {
    name: 'of which the last verification is none',
    verified: { 8: 1, 9: undefined },
    told: `${LAST} is no report of a verification`,
  },
  { name: 'in which one problem was found', verified: { 9: 1 }, told: `1 problem in ${LAST}` },
  { name: 'that begins 8 days ago', verified: {}, firstNight: 2, told: undefined },
  { name: 'of which the last of several found nothing', verified: { 3: 1, 9: 0 }, told: undefined },
  {
    name: 'of which only the last of several found something',
    verified: { 3: 0, 9: 2 },
    told: `2 problems in ${LAST}`,
  },
])('of an archive $name is told: $told', async ({ verified, firstNight, told }) => {
  expect(await look(verified, firstNight)).toBe(told);
});

const put = async (key: string) => {
  const archive = memoryArchive();
  for (const one of [key, runKeys(ENVIRONMENT, nightAt(9)).manifest])
    await archive.create(one, { bytes: Buffer.from('{}') }, 'application/json');
  return archive;
};

test('a verification of eight days ago and a second is none of the last days', async () => {
  const key = runKeys(ENVIRONMENT, new Date(nightAt(2).getTime() - 1000)).manifest.replace(
    'manifests',
    'verifications',
  );
  const archive = await put(key);
  await archive.create(runKeys(ENVIRONMENT, nightAt(1)).manifest, { bytes: Buffer.from('{}') }, 'application/json');
  expect(await findUnverified(archive, ENVIRONMENT, nightAt(10).getTime())).toBe('was not verified for 8 days');
});

test('an archive whose oldest manifest is of no time counts as old', async () => {
  const archive = await put(`manifests/environment=${ENVIRONMENT}/dt=2026-01-01/x.json`);
  expect(await findUnverified(archive, ENVIRONMENT, nightAt(10).getTime())).toBe('was not verified for 8 days');
});

test('an archive that can not be read is told to be so', async () => {
  const list = () => {
    throw new Error('no way\nto S3');
  };
  expect(await findUnverified({ ...memoryArchive(), list }, ENVIRONMENT, nightAt(10).getTime())).toBe(
    "the last verification can't be read: no way to S3",
  );
});
