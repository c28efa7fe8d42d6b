import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { areaPrefix, keysUnder, listingPartKey } from '../../../core/archive/keys.ts';
import type { Manifest } from '../../../core/archive/manifest.ts';
import type { Config } from '../../../core/config/config.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { findUnverified } from '../../../core/doctor/unverified.ts';
import { stoppedClock } from '../../../core/model/clock.ts';
import {
  type VerificationReport,
  type VerificationRequest,
  verifyAndReport,
} from '../../../core/verify/verification-report.ts';
import { verifyEnvironment } from '../../../core/verify/verify.ts';
import { DAY_MS } from '../../../rules/engine/time.ts';
import { archiveObjects } from '../../support/archived-run.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { entryInstant, entryKey, entryRun } from '../../support/chain-entries.ts';
import { disturbedChain } from '../../support/disturbed-chain.ts';
import { forged, STRANGER_PEM } from '../../support/forgery.ts';
import { auditNight, keysOf, night, OBJECT_NAMES, runOf, SCHEDULE, tamperer } from '../../support/history.ts';
import { listingOf } from '../../support/listing.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();
const CONFIG: Config = { ...defaultConfig([]), environments: [{ id: ENVIRONMENT }], schedule: SCHEDULE };

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
});
const archive = () => folderArchive(folder);
const audit = async (...numbers: readonly number[]): Promise<void> => {
  for (const number of numbers) await auditNight(archive(), number);
};

/** Verifies as the function does, half a day after a night. */
const verifyAfter = (number: number, isWhole = false) =>
  verifyAndReport(archive(), {
    environmentId: ENVIRONMENT,
    at: night(number + 0.5),
    isWhole,
    config: CONFIG,
    accepted: [],
  });

const kindsOf = ({ verification: { problems } }: VerificationReport) => problems.map(({ kind, run }) => [kind, run]);

describe('a verification', () => {
  test('reads the chain, and of the objects what none before has read', async () => {
    await audit(1, 2);
    const first = await verifyAfter(2);
    expect(first.report.verification).toMatchObject({
      runs: 2,
      objects: 2 * OBJECT_NAMES.length,
      known: 0,
      readUpTo: 2,
      problems: [],
    });
    await audit(3);
    const { report, key } = await verifyAfter(3);
    expect(report).toMatchObject({ previous: first.key, since: runOf(2) });
    expect(report.verification).toMatchObject({
      runs: 3,
      objects: OBJECT_NAMES.length,
      known: 2 * OBJECT_NAMES.length,
      readUpTo: 3,
      problems: [],
    });
    expect(key).toBe(`verifications/environment=${ENVIRONMENT}/dt=2026-11-22/20261122T190000Z.json`);
    expect((await verifyAfter(3.1, true)).report.verification).toMatchObject({ objects: 3 * OBJECT_NAMES.length });
  });

  test('stands in the archive as it was given', async () => {
    await audit(1);
    const { key, report } = await verifyAfter(1);
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await archive().read(key))?.body ?? []) chunks.push(chunk);
    expect(JSON.parse(Buffer.concat(chunks).toString())).toEqual(JSON.parse(JSON.stringify(report)));
  });

  test('sees that an object is gone which was read before, and not that it was altered: by hand, or all of it', async () => {
    await audit(1, 2);
    await verifyAfter(2);
    const snapshot = (number: number) => keysOf(number).object({ area: 'snapshots', file: 'snapshot.jsonl.gz' });
    await tamperer(folder).remove(snapshot(1));
    await tamperer(folder).bytes(snapshot(2), (bytes) => bytes.subarray(1));
    expect(kindsOf((await verifyAfter(2.1)).report)).toEqual([['missing', runOf(1)]]);
    expect(kindsOf((await verifyAfter(2.2, true)).report)).toEqual([
      ['missing', runOf(1)],
      ['edited', runOf(2)],
    ]);
  });

  test('reads what did not hold again, until it does', async () => {
    await audit(1, 2, 3);
    const key = keysOf(2).object({ area: 'findings', file: 'findings.jsonl.gz' });
    let whole: Buffer = Buffer.alloc(0);
    await tamperer(folder).bytes(key, (bytes) => {
      whole = bytes;
      return bytes.subarray(1);
    });
    expect((await verifyAfter(3)).report.verification).toMatchObject({ readUpTo: 1, problems: [{ kind: 'edited' }] });
    expect((await verifyAfter(3.1)).report.verification).toMatchObject({ problems: [{ kind: 'edited' }] });
    await tamperer(folder).bytes(key, () => whole);
    expect((await verifyAfter(3.2)).report.verification).toMatchObject({ readUpTo: 3, problems: [] });
  });

  test('tells a night that is missing once: nobody can make up for it', async () => {
    await audit(1, 3);
    expect(kindsOf((await verifyAfter(3)).report)).toEqual([['gap', runOf(2)]]);
    await audit(4);
    expect(kindsOf((await verifyAfter(4)).report)).toStrictEqual([]);
  });

  test('tells that a night was listed late once', async () => {
    await audit(1);
    await auditNight(archive(), 2, { clock: stoppedClock(night(9).getTime()) });
    expect(kindsOf((await verifyAfter(2)).report)).toEqual([['late', runOf(2)]]);
    expect(kindsOf((await verifyAfter(2.1)).report)).toStrictEqual([]);
  });

  test('knows what unfinished attempts left that a run vouches for, and sees that it is gone', async () => {
    const cut = listingOf([[]], { complete: false, reason: 'deadline', message: 'why' });
    const name = { environmentId: ENVIRONMENT, asOf: night(2), attempt: 'try' };
    const part = listingPartKey(name, 1, 1);
    await audit(1);
    await auditNight(archive(), 2, { listUsers: cut });
    await tamperer(folder).put(part, 'part');
    await audit(3);
    const first = (await verifyAfter(3)).report.verification;
    expect(first).toMatchObject({ attempts: 1, uncovered: 0, problems: [{ kind: 'gap' }] });
    await audit(4);
    expect((await verifyAfter(4)).report.verification).toMatchObject({ uncovered: 0, problems: [] });
    const [attempt = ''] = await keysUnder(archive(), areaPrefix('incomplete', ENVIRONMENT));
    for (const key of [attempt, part]) await tamperer(folder).remove(key);
    const { problems } = (await verifyAfter(4.1)).report.verification;
    expect(problems.map(({ kind, key }) => [kind, key])).toEqual([
      ['missing', part],
      ['missing', attempt],
    ]);
  });

  test('is a witness of the end that it saw', async () => {
    await audit(1, 2, 3);
    await verifyAfter(3);
    const hands = tamperer(folder);
    const day = '2026-11-22';
    for await (const key of archive().list(''))
      if (key === keysOf(3).manifest || (key.includes(`/dt=${day}/`) && !key.startsWith('verifications/')))
        await hands.remove(key);
    await hands.remove(`reports/environment=${ENVIRONMENT}/index.html`);
    await hands.rechain(2, 2);
    const { problems } = await verifyEnvironment(archive(), ENVIRONMENT);
    expect(problems.map(({ kind, message }) => `${kind} ${message}`)).toEqual([
      expect.stringMatching(/^missing is not there, though verifications\/.* knows of the complete run/),
      expect.stringMatching(/^missing is not there, though verifications\/.* came after it/),
    ]);
  });
});

describe('a report', () => {
  const reportAt = (held: Archive, number: number, differs: Partial<VerificationRequest> = {}) =>
    verifyAndReport(held, {
      environmentId: ENVIRONMENT,
      at: entryInstant(number),
      isWhole: false,
      config: CONFIG,
      accepted: [],
      ...differs,
    });

  test('goes on from the last one before it, also where it is asked for again', async () => {
    const held = await disturbedChain({ runs: 3 });
    const first = await reportAt(held, 4);
    const second = await reportAt(held, 5);
    const third = await reportAt(held, 6);
    expect(first.report).not.toHaveProperty('previous');
    expect(first.report).not.toHaveProperty('since');
    expect(first.report.verification).toMatchObject({ known: 0, objects: 9 });
    expect(third.report).toMatchObject({ previous: second.key, since: entryRun(3), verification: { known: 9 } });
    expect((await reportAt(held, 5)).report).toMatchObject({ previous: first.key, since: entryRun(3) });
  });

  test('goes on from before an entry that could not be read: its objects were not read either', async () => {
    const { snapshot } = (await archiveObjects(memoryArchive(), 2, { snapshot: '' })).objects;
    const held = await disturbedChain({ runs: 3, planted: { [snapshot?.key ?? '']: 'x' } });
    const failing: Archive = {
      ...held,
      async read(key) {
        if (key === entryKey(2)) throw new ArchiveError('no answer');
        return held.read(key);
      },
    };
    const before = (await reportAt(failing, 4)).report.verification;
    expect(before).toMatchObject({ readUpTo: 1 });
    expect(before.problems.map(({ kind, key }) => [kind, key])).toContainEqual(['unreadable', entryKey(2)]);
    const { problems } = (await reportAt(held, 5)).report.verification;
    expect(problems.map(({ kind, key }) => [kind, key])).toContainEqual(['edited', snapshot?.key]);
  });

  test('goes on from none where everything is asked for', async () => {
    const held = await disturbedChain({ runs: 3 });
    await reportAt(held, 4);
    const { report } = await reportAt(held, 5, { isWhole: true });
    expect(report).not.toHaveProperty('previous');
    expect(report).not.toHaveProperty('since');
    expect(report.verification).toMatchObject({ known: 0, objects: 9 });
  });

  test('goes on from one that found no run, and looks at all nights', async () => {
    const held = await disturbedChain({ runs: 0 });
    const { key } = await reportAt(held, 1);
    const { report } = await reportAt(held, 2);
    expect(report).toMatchObject({ previous: key, verification: { problems: [{ kind: 'no-runs' }] } });
    expect(report).not.toHaveProperty('since');
  });

  test.each([
    { name: 'those that the config gives', publicKeys: [STRANGER_PEM], hasOwnKeys: true, valid: 2 },
    { name: 'those that are recorded, where it gives none', publicKeys: [], hasOwnKeys: false, valid: 0 },
  ])('holds signatures against $name, from the first that there is', async ({ publicKeys, hasOwnKeys, valid }) => {
    const signature = { scheme: 2, keyId: 'one', algorithm: 'ECDSA_SHA_256', value: '' } as const;
    const sign = (entry: Manifest) => (entry.sequence === 1 ? entry : (forged({ ...entry, signature }) as Manifest));
    const config: Config = { ...CONFIG, signing: { key: 'a key', algorithm: 'ECDSA_SHA_256', publicKeys } };
    const { report } = await reportAt(await disturbedChain({ runs: 3, sign }), 4, { config });
    expect(report.hasOwnKeys).toBe(hasOwnKeys);
    expect(report.verification.signatures).toMatchObject({ isChecked: hasOwnKeys, signed: 2, valid });
    expect(report.verification.problems.filter(({ kind }) => kind !== 'gap')).toEqual([]);
  });
});

describe('an environment', () => {
  const day = (number: number): number => night(number).getTime();
  const look = (now: number) => findUnverified(archive(), ENVIRONMENT, now);

  test('is unverified from 8 days after its last verification, or its first run, on', async () => {
    expect(await look(day(1))).toBeUndefined();
    await audit(1);
    expect(await look(day(9))).toBeUndefined();
    expect(await look(day(9) + 1)).toBe('was not verified for 8 days');
    await verifyAfter(2);
    expect(await look(day(10.5))).toBeUndefined();
    expect(await look(day(10.5) + 1)).toBe('was not verified for 8 days');
  });

  test('is unverified while its last verification had a problem, or can not be read', async () => {
    await audit(1, 3);
    const { key } = await verifyAfter(3);
    expect(await look(day(3.5))).toBe(`1 problem in ${key}`);
    await tamperer(folder).text(key, () => '{}');
    expect(await look(day(3.5))).toBe(`${key} is no report of a verification`);
    const broken = {
      ...archive(),
      list: () => {
        throw new Error('no');
      },
    };
    expect(await findUnverified(broken, ENVIRONMENT, day(3) + DAY_MS)).toBe("the last verification can't be read: no");
  });
});
