import { mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Archive } from '../archive/archive.ts';
import { folderArchive, isCode } from '../archive/folder.ts';
import { readBytes } from '../archive/lines.ts';
import { lastCompleteRun } from '../archive/manifest.ts';
import { type Answer, type Check, fail, isDenied, isNamed, notChecked, ok, problemOf } from './check.ts';

const JSON_TYPE = 'application/json';

const RESTORE = 'restore that object, as the runbook\'s "Restore a version of an object" says';
const READING = 's3:ListBucket on the bucket and s3:GetObject on its objects, and kms:Decrypt on its key';
const WRITING = 's3:PutObject on its objects, and look for a denial in the policy of the bucket';

/** Of the form that S3 gives, and of no content that anybody knows. */
const IMPOSSIBLE_ETAG = `"${'0'.repeat(32)}"`;

const onReading = (error: unknown): Answer => {
  if (isNamed(error, 'NoSuchBucket')) {
    return fail(problemOf(error), 'correct the name of the bucket; the stack tells it as BucketName');
  }
  if (isNamed(error, 'PermanentRedirect', 'IllegalLocationConstraintException')) {
    return fail(
      problemOf(error),
      'the bucket is in another region: audit in its region, or use another bucket',
    );
  }
  if (isDenied(error)) return fail(problemOf(error), `allow ${READING}`);
  return isNamed(error, 'ArchiveError')
    ? fail(problemOf(error), RESTORE)
    : fail(problemOf(error), 'let this machine reach S3, and look again');
};

const onWriting = (error: unknown): Answer =>
  isDenied(error)
    ? fail(problemOf(error), `allow ${WRITING}`)
    : fail(problemOf(error), 'mend what the message names, and look again');

/** A store that makes a write whose condition does not hold would let two audits overwrite each other. */
const ignored = (condition: string, what: string): Answer =>
  fail(
    `the store does not know ${condition}: it wrote ${what}`,
    'use S3, or a store that honours conditional writes',
  );

/**
 * The bucket, without leaving anything in it: what is written to a locked bucket stays for years. Each write is sent
 * on a condition that can't hold. S3 answers who may not write with 403, and everybody else that the condition is not
 * met: 412, or 404 where If-Match finds no object (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
 */
export const bucketChecks = (archive: Archive, environmentId: string): readonly Check[] => {
  let last: { readonly key: string; readonly run: string } | undefined;

  return [
    {
      name: 'archive',
      needs: ['credentials'],
      async look() {
        try {
          const stored = await lastCompleteRun(archive, environmentId);
          if (stored === undefined) return ok(`${archive.location}, which has no complete run of it yet`);
          last = { key: stored.key, run: stored.manifest.run };
          return ok(`${archive.location}, last complete run ${last.run}`);
        } catch (error) {
          return onReading(error);
        }
      },
    },
    {
      name: 'replace',
      needs: ['archive'],
      async look() {
        // A key of its own: a store that ignores the condition must not lose the pointer to the last run.
        const key = `doctor/environment=${environmentId}.json`;
        const content = { bytes: Buffer.from('{}') };
        try {
          const outcome = await archive.replace(key, content, JSON_TYPE, IMPOSSIBLE_ETAG);
          if (outcome === 'replaced') return ignored('If-Match', `${key}, which may be deleted`);
          return ok('a write over one version only is let in; the encryption key was not tried');
        } catch (error) {
          return onWriting(error);
        }
      },
    },
    {
      name: 'create',
      needs: ['archive', 'replace'],
      async look() {
        if (last === undefined)
          return notChecked('it can be tried without leaving anything once a run is archived');
        try {
          const stored = await archive.read(last.key);
          if (stored === undefined) return fail(`${last.key} has gone`, RESTORE);
          // The very bytes that are there, of an object that never changes: nothing is lost whatever the store does.
          const bytes = await readBytes(stored.body);
          const outcome = await archive.create(last.key, { bytes }, JSON_TYPE);
          if (outcome === 'created') return ignored('If-None-Match', `${last.key} again, as it was`);
          return ok('a write where nothing is yet is let in; the encryption key was not tried');
        } catch (error) {
          return onWriting(error);
        }
      },
    },
  ];
};

const isFolder = async (path: string): Promise<boolean | undefined> => {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
};

/** The folder, or what is there of the way to it. */
const nearestOf = async (path: string): Promise<string> =>
  (await isFolder(path)) === undefined && dirname(path) !== path ? nearestOf(dirname(path)) : path;

const FOLDER_REMEDY = 'give a folder on a local disk that this user may write to';

/** A folder: an archive beside its own objects is made, tried and taken away. */
export const folderChecks = (folder: string, environmentId: string): readonly Check[] => {
  const root = resolve(folder);
  const content = { bytes: Buffer.from('{}') };

  /** Whatever comes of it, nothing is left. */
  const trying = async (look: (trial: Archive) => Promise<Answer>): Promise<Answer> => {
    let aside: string | undefined;
    try {
      aside = await mkdtemp(join(await nearestOf(root), '.doctor-'));
      return await look(folderArchive(aside));
    } catch (error) {
      return fail(problemOf(error), FOLDER_REMEDY);
    } finally {
      if (aside !== undefined) await rm(aside, { recursive: true, force: true });
    }
  };

  return [
    {
      name: 'archive',
      needs: [],
      async look() {
        const there = await isFolder(root);
        if (there === undefined) return ok(`${root}, which is not there yet: the first audit makes it`);
        if (!there) return fail(`${root} is no folder`, FOLDER_REMEDY);
        try {
          const stored = await lastCompleteRun(folderArchive(root), environmentId);
          if (stored === undefined) return ok(`${root}, which has no complete run of it yet`);
          return ok(`${root}, last complete run ${stored.manifest.run}`);
        } catch (error) {
          return fail(problemOf(error), isNamed(error, 'ArchiveError') ? RESTORE : FOLDER_REMEDY);
        }
      },
    },
    {
      name: 'replace',
      needs: ['archive'],
      look: () =>
        trying(async (trial) => {
          await trial.replace('one', content, JSON_TYPE, undefined);
          const refused = await trial.replace('one', content, JSON_TYPE, IMPOSSIBLE_ETAG);
          const stored = await trial.read('one');
          const made = await trial.replace('one', content, JSON_TYPE, stored?.version);
          return refused === 'conflict' && made === 'replaced'
            ? ok('a write over one version only is made, over another it is not')
            : fail('the disk does not tell one version from another', FOLDER_REMEDY);
        }),
    },
    {
      name: 'create',
      needs: ['archive', 'replace'],
      look: () =>
        trying(async (trial) => {
          const first = await trial.create('one', content, JSON_TYPE);
          const second = await trial.create('one', content, JSON_TYPE);
          return first === 'created' && second === 'exists'
            ? ok('a write where nothing is yet is made, over something it is not')
            : fail('the disk lets one write replace another', FOLDER_REMEDY);
        }),
    },
  ];
};
