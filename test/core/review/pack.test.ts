import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { chainKey, runKeys } from '../../../core/archive/keys.ts';
import { WRITER } from '../../../core/archive/left-behind.ts';
import { sha256Of } from '../../../core/archive/staging.ts';
import { buildPack } from '../../../core/review/pack.ts';
import { PACK_MANIFEST } from '../../../core/review/pack-manifest.ts';
import { rules } from '../../../rules/index.ts';
import { readText } from '../../support/archive-tree.ts';
import { aUser, ENVIRONMENT } from '../../support/builders.ts';
import { auditNight, night, runOf } from '../../support/history.ts';
import { listingOf } from '../../support/listing.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

let archive: Archive;
let pack: Archive;
beforeEach(() => {
  archive = memoryArchive();
  pack = memoryArchive();
});

const audit = async (...numbers: readonly number[]): Promise<void> => {
  for (const number of numbers) await auditNight(archive, number);
};

const dayOf = (number: number): string => night(number).toISOString().slice(0, 10);

/** Builds one, which leaves nothing in the temporary folder, whether it is there in the end or not. */
const build = async (from: number, to: number, into = pack) => {
  try {
    return await buildPack(archive, into, {
      environmentId: ENVIRONMENT,
      period: { from: dayOf(from), to: dayOf(to) },
      rules: new Map(rules.map((rule) => [rule.id, rule])),
      now: night(to).getTime(),
    });
  } finally {
    expect((await readdir(tmpdir())).filter((name) => name.includes(WRITER))).toEqual([]);
  }
};

const put = async (key: string, text: string): Promise<void> => {
  await archive.replace(key, { bytes: Buffer.from(text) }, 'application/json', (await archive.read(key))?.version);
};

const spoil = (key: string): Promise<void> => put(key, '{}');

const objectOf = (number: number, area: 'findings' | 'snapshots' | 'reports', file: string): string =>
  runKeys(ENVIRONMENT, night(number)).object({ area, file });

describe('a pack', () => {
  test('is written with its manifest last, which names each file by its hash', async () => {
    await audit(1, 2);
    const written: [string, string][] = [];
    const { manifest, sha256 } = await build(1, 2, {
      ...pack,
      create(name, content, type) {
        written.push([name, type]);
        return pack.create(name, content, type);
      },
    });
    expect(written.at(-1)).toEqual([PACK_MANIFEST, 'application/json']);
    const types = Object.fromEntries(written);
    expect(types).toMatchObject({
      'README.txt': 'text/plain; charset=utf-8',
      'roster.csv': 'text/csv; charset=utf-8',
      'review.html': 'text/html; charset=utf-8',
    });
    expect(Object.keys(manifest.files)).toEqual(Object.keys(manifest.files).toSorted());
    expect(Object.keys(manifest.files).toSorted()).toEqual(
      written
        .map(([name]) => name)
        .filter((name) => name !== PACK_MANIFEST)
        .toSorted(),
    );
    for (const [name, file] of Object.entries(manifest.files)) {
      const text = await readText(pack, name);
      expect(file).toEqual({ sha256: sha256Of(text), size: Buffer.byteLength(text) });
    }
    expect(sha256).toBe(sha256Of(await readText(pack, PACK_MANIFEST)));
    expect(JSON.parse(await readText(pack, PACK_MANIFEST))).toEqual(manifest);
  });

  test('names the run that it speaks for and those that it was read from', async () => {
    await audit(1, 2, 3);
    const { manifest } = await build(1, 3);
    expect(manifest).toMatchObject({
      run: runOf(3),
      archiveManifest: {
        key: chainKey(ENVIRONMENT, 3),
        sha256: sha256Of(await readText(archive, chainKey(ENVIRONMENT, 3))),
      },
      gaps: { daysWithoutRun: [], unfinished: [], untrusted: [] },
      counts: { users: 10, came: 0, gone: 0 },
    });
    expect(manifest).not.toHaveProperty('reservations');
    expect(manifest.gaps).not.toHaveProperty('expired');
    expect(manifest.changesFrom.map(({ run, key }) => [run, key])).toEqual(
      [1, 2, 3].map((number) => [runOf(number), chainKey(ENVIRONMENT, number)]),
    );
  });

  test('counts who came, who went, what changed and what is accepted', async () => {
    const waivers = [
      {
        rule: 'api-access-without-principal',
        user: 'u1',
        reason: 'r',
        owner: 'o',
        approver: 'a',
        expires: '2027-03-31',
      },
    ];
    const nightOf = (number: number, ...users: readonly object[]) =>
      auditNight(archive, number, { waivers, listUsers: listingOf([users.map((user) => aUser({ ...user }))]) });
    const enabled = { apiAccess: 'ENABLED' };
    await nightOf(1, { userId: 'u1', ...enabled }, { userId: 'u2' }, { userId: 'gone' });
    await nightOf(2, { userId: 'u1', ...enabled }, { userId: 'u2', ...enabled }, { userId: 'came' });
    const { manifest } = await build(1, 2);
    expect(manifest.counts).toMatchObject({ users: 3, came: 1, gone: 1, changed: 1, waivers: 1, apiBound: 2 });
    expect(manifest.counts.openFindings.MEDIUM).toBeGreaterThan(0);
    expect(manifest.counts.events).toBeGreaterThan(0);
    expect(await readText(pack, 'changes.csv')).toMatch(/"gone".*"u2"|"u2".*"gone"/s);
    expect(await readText(pack, 'waivers.csv')).toContain('"api-access-without-principal","user","u1"');
  });

  test('of one run has nothing to compare', async () => {
    await audit(1);
    expect((await build(1, 1)).manifest.counts).toMatchObject({ came: 0, gone: 0, changed: 0 });
  });

  test('says why its users may not be everybody', async () => {
    const source = {
      kind: 'roster',
      attestedBy: { name: 'Ada', statement: 'all', at: '2026-11-20T07:00:00Z' },
    } as const;
    await auditNight(archive, 1, { listUsers: (until) => ({ ...listingOf([[aUser()]])(until), source }) });
    const { manifest } = await build(1, 1);
    expect(manifest.reservations).toEqual([expect.stringMatching(/^ATTESTED, NOT SEEN: /)]);
    expect(await readText(pack, 'review.html')).toContain('ATTESTED, NOT SEEN: ');
  });

  test.each([
    { name: 'findings were', area: 'findings' as const, file: 'findings.jsonl.gz' },
    { name: 'snapshot was', area: 'snapshots' as const, file: 'snapshot.jsonl.gz' },
  ])('leaves out a run whose $name altered, and lists it', async ({ area, file }) => {
    await audit(1, 2, 3);
    await spoil(objectOf(1, area, file));
    const { manifest } = await build(1, 3);
    expect(manifest.changesFrom.map(({ run }) => run)).toEqual([runOf(2), runOf(3)]);
    expect(manifest.gaps.untrusted).toEqual([{ run: runOf(1), problem: expect.stringContaining('altered') }]);
    expect(manifest.gaps.daysWithoutRun).toEqual([{ from: dayOf(1), to: dayOf(1) }]);
  });

  test('leaves out a run whose place in the chain was altered', async () => {
    await audit(1, 2, 3);
    await spoil(chainKey(ENVIRONMENT, 2));
    const { manifest } = await build(1, 3);
    expect(manifest.gaps.untrusted.map(({ run }) => run)).toContain(runOf(2));
    expect(manifest.changesFrom.map(({ run }) => run)).not.toContain(runOf(2));
  });

  test.each([
    { area: 'findings' as const, file: 'findings.jsonl.gz' },
    { area: 'snapshots' as const, file: 'snapshot.jsonl.gz' },
    { area: 'reports' as const, file: 'report.json' },
  ])('is none where $file of the reviewed run was altered, and nothing is written', async ({ area, file }) => {
    await audit(1, 2);
    await spoil(objectOf(2, area, file));
    await expect(build(1, 2)).rejects.toThrow(`${objectOf(2, area, file)} was altered`);
    expect(await pack.has('README.txt')).toBe(false);
  });

  test('leaves out a run of which a later one says that it was another', async () => {
    await audit(1, 2, 3);
    const key = chainKey(ENVIRONMENT, 2);
    await put(key, `${await readText(archive, key)} `);
    const { manifest } = await build(1, 3);
    expect(manifest.gaps.untrusted).toEqual([{ run: runOf(2), problem: expect.stringContaining(key) }]);
    expect(manifest.changesFrom.map(({ run }) => run)).toEqual([runOf(1), runOf(3)]);
  });

  test('counts who went since the first of several runs', async () => {
    const nightOf = (number: number, ...ids: readonly string[]) =>
      auditNight(archive, number, { listUsers: listingOf([ids.map((userId) => aUser({ userId }))]) });
    await nightOf(1, 'u1', 'gone');
    await nightOf(2, 'u1', 'u2');
    await nightOf(3, 'u1', 'u2');
    expect((await build(1, 3)).manifest.counts).toMatchObject({ came: 1, gone: 1 });
  });

  test('leaves out a run that can not be read, and says why', async () => {
    await audit(1, 2);
    const key = objectOf(1, 'findings', 'findings.jsonl.gz');
    const broken = new ArchiveError(`${key} can't be read: EIO: i/o error, read`);
    const whole = archive;
    archive = { ...whole, read: async (name) => (name === key ? Promise.reject(broken) : whole.read(name)) };
    const { manifest } = await build(1, 2);
    expect(manifest.gaps.untrusted).toEqual([{ run: runOf(1), problem: broken.message }]);
    expect(manifest.changesFrom.map(({ run }) => run)).toEqual([runOf(2)]);
  });

  test('is none of a run that tells of other users than it has', async () => {
    await audit(1);
    const [key, latest] = [chainKey(ENVIRONMENT, 1), `latest/environment=${ENVIRONMENT}.json`];
    const [text, pointer] = [await readText(archive, key), await readText(archive, latest)];
    const manifest = JSON.parse(text);
    const other = JSON.stringify({ ...manifest, counts: { ...manifest.counts, users: 11 } });
    await put(key, other);
    await put(latest, pointer.replace(sha256Of(text), sha256Of(other)));
    await expect(build(1, 1)).rejects.toThrow(`the manifest of run ${runOf(1)} tells of 11 users, its snapshot has 10`);
    expect(await pack.has('README.txt')).toBe(false);
  });

  test.each([
    { name: 'line ends alone', ids: ['a\r\nb', 'a\nb'], isRefused: true },
    { name: 'half a character', ids: ['a\ud800', 'a\ufffd'], isRefused: true },
    { name: 'more', ids: ['a\r\nb', 'a\nc'], isRefused: false },
    { name: 'letters', ids: ['a', 'b'], isRefused: false },
  ])(
    'is none of users whose ids differ by $name, if a worksheet cannot tell them apart',
    async ({ ids, isRefused }) => {
      await auditNight(archive, 1, { listUsers: listingOf([ids.map((userId) => aUser({ userId }))]) });
      const outcome = await build(1, 1).then(
        ({ manifest }) => manifest.counts.users,
        (error: unknown) => String(error),
      );
      if (isRefused) expect(outcome).toContain(`run ${runOf(1)} has two records that no worksheet can tell apart: `);
      else expect(outcome).toBe(2);
    },
  );

  test('is no other’s to write at the same time', async () => {
    await audit(1);
    await pack.create('waivers.csv', { bytes: Buffer.from('') }, 'text/csv');
    await expect(build(1, 1)).rejects.toThrow(
      'waivers.csv appeared in memory while the pack was built: somebody else builds one',
    );
    expect(await pack.has(PACK_MANIFEST)).toBe(false);
  });
});
