import { mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Archive } from '../archive/archive.ts';
import { folderArchive } from '../archive/folder.ts';
import { lastCompleteRun } from '../archive/head.ts';
import { readBytes } from '../archive/lines.ts';
import { errorCode } from '../text/error-code.ts';
import { type Check, type CheckAnswer, errorText, fail, isDenied, isNamed, notChecked, ok } from './check.ts';

const JSON_TYPE = 'application/json';

const RESTORE = 'restore that object, as the runbook\'s "Restore a version of an object" says';
const READING = 's3:ListBucket on the bucket and s3:GetObject on its objects, and kms:Decrypt on its key';
const WRITING = 's3:PutObject on its objects, and look for a denial in the policy of the bucket';

/** An ETag in the form of S3's, and of no content that anybody knows. */
const IMPOSSIBLE_ETAG = `"${'0'.repeat(32)}"`;

const readFailure = (error: unknown): CheckAnswer => {
  if (isNamed(error, 'NoSuchBucket')) {
    return fail(errorText(error), 'correct the name of the bucket; the stack tells it as BucketName');
  }
  if (isNamed(error, 'PermanentRedirect', 'IllegalLocationConstraintException')) {
    return fail(errorText(error), 'the bucket is in another region: audit in its region, or use another bucket');
  }
  if (isDenied(error)) return fail(errorText(error), `allow ${READING}`);
  return isNamed(error, 'ArchiveError')
    ? fail(errorText(error), RESTORE)
    : fail(errorText(error), 'let this machine reach S3, and look again');
};

const writeFailure = (error: unknown): CheckAnswer =>
  isDenied(error)
    ? fail(errorText(error), `allow ${WRITING}`)
    : fail(errorText(error), 'mend what the message names, and look again');

/** Fails a store that made a write whose condition does not hold: it would let two audits overwrite each other. */
const conditionIgnored = (condition: string, what: string): CheckAnswer =>
  fail(`the store does not know ${condition}: it wrote ${what}`, 'use S3, or a store that honours conditional writes');

/**
 * Checks a bucket without leaving anything in it: an object of a locked bucket stays for years. Each write is sent on
 * a condition that can't hold. S3 answers who may not write with 403, and everybody else that the condition is not
 * met: 412, or 404 where If-Match finds no object (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
 */
export const bucketChecks = (archive: Archive, environmentId: string): readonly Check[] => {
  let lastRun: { readonly key: string; readonly run: string } | undefined;

  return [
    {
      name: 'archive',
      needs: ['credentials'],
      async check() {
        try {
          const stored = await lastCompleteRun(archive, environmentId);
          if (stored === undefined) return ok(`${archive.location}, which has no complete run of it yet`);
          lastRun = { key: stored.key, run: stored.manifest.run };
          return ok(`${archive.location}, last complete run ${lastRun.run}`);
        } catch (error) {
          return readFailure(error);
        }
      },
    },
    {
      name: 'replace',
      needs: ['archive'],
      async check() {
        // A key of its own: a store that ignores the condition must not lose the pointer to the last run.
        const key = `doctor/environment=${environmentId}.json`;
        const content = { bytes: Buffer.from('{}') };
        try {
          const outcome = await archive.replace(key, content, JSON_TYPE, IMPOSSIBLE_ETAG);
          if (outcome === 'replaced') return conditionIgnored('If-Match', `${key}, which may be deleted`);
          return ok('a write over one version only is let in; the encryption key was not tried');
        } catch (error) {
          return writeFailure(error);
        }
      },
    },
    {
      name: 'create',
      needs: ['archive', 'replace'],
      async check() {
        if (lastRun === undefined) return notChecked('it can be tried without leaving anything once a run is archived');
        try {
          const stored = await archive.read(lastRun.key);
          if (stored === undefined) return fail(`${lastRun.key} has gone`, RESTORE);
          // The very bytes that are there, of an object that never changes: nothing is lost whatever the store does.
          const bytes = await readBytes(stored);
          const outcome = await archive.create(lastRun.key, { bytes }, JSON_TYPE);
          if (outcome === 'created') return conditionIgnored('If-None-Match', `${lastRun.key} again, as it was`);
          return ok('a write where nothing is yet is let in; the encryption key was not tried');
        } catch (error) {
          return writeFailure(error);
        }
      },
    },
  ];
};

const isFolder = async (path: string): Promise<boolean | undefined> => {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
};

/** Finds the folder, or the nearest one above it that is there. */
const nearestOf = async (path: string): Promise<string> =>
  (await isFolder(path)) === undefined && dirname(path) !== path ? nearestOf(dirname(path)) : path;

const FOLDER_REMEDY = 'give a folder on a local disk that this user may write to';

/** Checks a folder: an archive beside its own objects is made, tried and taken away. */
export const folderChecks = (folder: string, environmentId: string): readonly Check[] => {
  const root = resolve(folder);
  const content = { bytes: Buffer.from('{}') };

  /** Makes a check in a folder of its own, of which nothing is left whatever comes of it. */
  const inOwnFolder = async (check: (own: Archive) => Promise<CheckAnswer>): Promise<CheckAnswer> => {
    let aside: string | undefined;
    try {
      aside = await mkdtemp(join(await nearestOf(root), '.doctor-'));
      return await check(folderArchive(aside));
    } catch (error) {
      return fail(errorText(error), FOLDER_REMEDY);
    } finally {
      if (aside !== undefined) await rm(aside, { recursive: true, force: true });
    }
  };

  return [
    {
      name: 'archive',
      needs: [],
      async check() {
        const there = await isFolder(root);
        if (there === undefined) return ok(`${root}, which is not there yet: the first audit makes it`);
        if (!there) return fail(`${root} is no folder`, FOLDER_REMEDY);
        try {
          const stored = await lastCompleteRun(folderArchive(root), environmentId);
          if (stored === undefined) return ok(`${root}, which has no complete run of it yet`);
          return ok(`${root}, last complete run ${stored.manifest.run}`);
        } catch (error) {
          return fail(errorText(error), isNamed(error, 'ArchiveError') ? RESTORE : FOLDER_REMEDY);
        }
      },
    },
    {
      name: 'replace',
      needs: ['archive'],
      check: () =>
        inOwnFolder(async (own) => {
          await own.replace('one', content, JSON_TYPE, undefined);
          const refused = await own.replace('one', content, JSON_TYPE, IMPOSSIBLE_ETAG);
          const stored = await own.read('one');
          const made = await own.replace('one', content, JSON_TYPE, stored?.version);
          return refused === 'conflict' && made === 'replaced'
            ? ok('a write over one version only is made, over another it is not')
            : fail('the disk does not tell one version from another', FOLDER_REMEDY);
        }),
    },
    {
      name: 'create',
      needs: ['archive', 'replace'],
      check: () =>
        inOwnFolder(async (own) => {
          const first = await own.create('one', content, JSON_TYPE);
          const second = await own.create('one', content, JSON_TYPE);
          return first === 'created' && second === 'exists'
            ? ok('a write where nothing is yet is made, over something it is not')
            : fail('the disk lets one write replace another', FOLDER_REMEDY);
        }),
    },
  ];
};
