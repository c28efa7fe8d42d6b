import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Archive, Content } from '../../../core/archive/archive.ts';
import { readBytes } from '../../../core/archive/lines.ts';
import { bucketChecks, folderChecks } from '../../../core/doctor/archive.ts';
import { type Check, runChecks } from '../../../core/doctor/check.ts';
import { archiveNights, auditNights, nightKeys, nightRun } from '../../support/archived-nights.ts';
import { aUser, ENVIRONMENT } from '../../support/builders.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();
const NIGHT = { number: 1, users: [aUser()] };

const RESTORE = 'restore that object, as the runbook\'s "Restore a version of an object" says';

const CREDENTIALS = { name: 'credentials', needs: [], check: async () => ({ outcome: 'ok' as const, told: '' }) };

const named = (name: string, differs: object = {}): Error => Object.assign(new Error('no'), { name, ...differs });
const DENIED = named('AccessDenied', { $metadata: { httpStatusCode: 403 } });

const isSame = async (archive: Archive, key: string, content: Content): Promise<boolean> => {
  const stored = await archive.read(key);
  return stored !== undefined && 'bytes' in content && (await readBytes(stored)).equals(content.bytes);
};

test('nothing is tried without credentials, or where nothing can be read', () => {
  const needsOf = (checks: readonly Check[]) => checks.map(({ name, needs }) => [name, ...needs]);
  const tried = [
    ['replace', 'archive'],
    ['create', 'archive', 'replace'],
  ];
  expect(needsOf(bucketChecks(memoryArchive(), ENVIRONMENT))).toEqual([['archive', 'credentials'], ...tried]);
  expect(needsOf(folderChecks('.', ENVIRONMENT))).toEqual([['archive'], ...tried]);
});

describe('a bucket', () => {
  /** Checks one with a run of the first night, or none, that does otherwise. */
  const look = async (differs: (archive: Archive) => Partial<Archive> = () => ({}), hasRun = true) => {
    const archive = memoryArchive();
    if (hasRun) await auditNights(archive, [NIGHT]);
    const [, ...results] = await runChecks([
      CREDENTIALS,
      ...bucketChecks({ ...archive, ...differs(archive) }, ENVIRONMENT),
    ]);
    return Object.fromEntries(results.map(({ name, ...answer }) => [name, answer]));
  };
  const failing = (fault: Error) => async () => {
    throw fault;
  };

  test('that honours conditions is well', async () => {
    expect(await look()).toStrictEqual({
      archive: { outcome: 'ok', told: `memory, last complete run ${nightRun(1)}` },
      replace: { outcome: 'ok', told: 'a write over one version only is let in; the encryption key was not tried' },
      create: { outcome: 'ok', told: 'a write where nothing is yet is let in; the encryption key was not tried' },
    });
  });

  test('without a run is tried as far as nothing stays', async () => {
    expect(await look(undefined, false)).toMatchObject({
      archive: { outcome: 'ok', told: 'memory, which has no complete run of it yet' },
      create: { outcome: 'not-checked', told: 'it can be tried without leaving anything once a run is archived' },
    });
  });

  test.each<{ name: string; error: Error; remedy: string }>([
    {
      name: 'that is not there',
      error: named('NoSuchBucket'),
      remedy: 'correct the name of the bucket; the stack tells it as BucketName',
    },
    {
      name: 'of another region',
      error: named('PermanentRedirect'),
      remedy: 'the bucket is in another region: audit in its region, or use another bucket',
    },
    {
      name: 'of another region, as others say',
      error: named('IllegalLocationConstraintException'),
      remedy: 'the bucket is in another region: audit in its region, or use another bucket',
    },
    {
      name: 'that may not be read',
      error: DENIED,
      remedy: 'allow s3:ListBucket on the bucket and s3:GetObject on its objects, and kms:Decrypt on its key',
    },
    { name: 'with an object that is none', error: named('ArchiveError'), remedy: RESTORE },
    { name: 'out of reach', error: named('TimeoutError'), remedy: 'let this machine reach S3, and look again' },
  ])('$name is told, and not written to', async ({ error, remedy }) => {
    expect(await look(() => ({ read: failing(error), list: failing(error) as never }))).toStrictEqual({
      archive: { outcome: 'fail', told: `${error.name}: no`, remedy },
      replace: { outcome: 'not-checked', told: 'archive failed' },
      create: { outcome: 'not-checked', told: 'archive failed' },
    });
  });

  test.each<{ name: string; error: Error; remedy: string }>([
    {
      name: 'may not',
      error: DENIED,
      remedy: 'allow s3:PutObject on its objects, and look for a denial in the policy of the bucket',
    },
    { name: 'cannot', error: named('SlowDown'), remedy: 'mend what the message names, and look again' },
  ])('that whoever audits $name write to is told', async ({ error, remedy }) => {
    const answer = { outcome: 'fail', told: `${error.name}: no`, remedy };
    expect(await look(() => ({ replace: failing(error) }))).toMatchObject({
      replace: answer,
      create: { outcome: 'not-checked' },
    });
    expect(await look(() => ({ create: failing(error) }))).toMatchObject({
      replace: { outcome: 'ok' },
      create: answer,
    });
  });

  test('that knows no conditions is told, and loses nothing', async () => {
    const replaced: unknown[] = [];
    const created: unknown[] = [];
    const seen = await look((archive) => ({
      replace: async (key, content) => {
        replaced.push([key, content]);
        return 'replaced';
      },
      create: async (key, content) => {
        created.push([key, await isSame(archive, key, content)]);
        return 'created';
      },
    }));
    const remedy = 'use S3, or a store that honours conditional writes';
    const key = `doctor/environment=${ENVIRONMENT}.json`;
    expect(seen.replace).toStrictEqual({
      outcome: 'fail',
      told: `the store does not know If-Match: it wrote ${key}, which may be deleted`,
      remedy,
    });
    expect(replaced).toEqual([[key, { bytes: Buffer.from('{}') }]]);
    expect(created).toEqual([]);

    const other = await look((archive) => ({
      create: async (at, content) => {
        created.push([at, await isSame(archive, at, content)]);
        return 'created';
      },
    }));
    const [[wrote, isAsItWas] = []] = created as [string, boolean][];
    expect(isAsItWas).toBe(true);
    expect(other.create).toStrictEqual({
      outcome: 'fail',
      told: `the store does not know If-None-Match: it wrote ${wrote} again, as it was`,
      remedy,
    });
  });

  test('whose last run goes away meanwhile is told', async () => {
    let isGone = false;
    const { create } = await look((archive) => ({
      read: async (key) => (isGone ? undefined : archive.read(key)),
      replace: async () => {
        isGone = true;
        return 'conflict';
      },
    }));
    expect(create).toMatchObject({ outcome: 'fail', told: expect.stringMatching(/ has gone$/), remedy: RESTORE });
  });
});

describe('a folder', () => {
  const look = async (folder: string) => {
    const results = await runChecks(folderChecks(folder, ENVIRONMENT));
    return Object.fromEntries(results.map(({ name, ...answer }) => [name, answer]));
  };
  const TRIED = {
    replace: { outcome: 'ok', told: 'a write over one version only is made, over another it is not' },
    create: { outcome: 'ok', told: 'a write where nothing is yet is made, over something it is not' },
  };
  const REMEDY = 'give a folder on a local disk that this user may write to';

  test('that is not there yet is tried in the nearest that is, where nothing stays', async () => {
    const folder = await newFolder();
    const path = join(folder, 'a', 'b');
    expect(await look(path)).toStrictEqual({
      archive: { outcome: 'ok', told: `${path}, which is not there yet: the first audit makes it` },
      ...TRIED,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('without a run, and with one, is well', async () => {
    const folder = await newFolder();
    expect(await look(folder)).toStrictEqual({
      archive: { outcome: 'ok', told: `${folder}, which has no complete run of it yet` },
      ...TRIED,
    });
    await archiveNights(folder, [NIGHT]);
    const before = await readdir(folder);
    expect((await look(folder)).archive).toStrictEqual({
      outcome: 'ok',
      told: `${folder}, last complete run ${nightRun(1)}`,
    });
    expect(await readdir(folder)).toEqual(before);
  });

  test('that is a file, or is under one, is told', async () => {
    const folder = await newFolder();
    const path = join(folder, 'file');
    await writeFile(path, '');
    expect(await look(path)).toMatchObject({
      archive: { outcome: 'fail', told: `${path} is no folder`, remedy: REMEDY },
      replace: { outcome: 'not-checked' },
    });
    expect((await look(join(path, 'under'))).archive).toMatchObject({
      outcome: 'fail',
      told: expect.stringContaining('ENOTDIR'),
    });
  });

  test('is tried nowhere else than in the nearest that is there', async () => {
    const folder = await newFolder();
    const file = join(folder, 'file');
    await writeFile(file, '');
    for (const { name, check } of folderChecks(file, ENVIRONMENT).slice(1))
      expect([name, await check()]).toStrictEqual([
        name,
        { outcome: 'fail', told: expect.stringContaining('ENOTDIR'), remedy: REMEDY },
      ]);
  });

  test('whose last run is none is to be restored', async () => {
    const folder = await newFolder();
    await archiveNights(folder, [NIGHT]);
    await writeFile(join(folder, nightKeys(1).manifest), '{');
    await writeFile(join(folder, 'chain', `environment=${ENVIRONMENT}`, '000000000001.json'), '{');
    expect((await look(folder)).archive).toMatchObject({
      outcome: 'fail',
      told: expect.stringMatching(/^ArchiveError: /),
      remedy: RESTORE,
    });
  });
});
