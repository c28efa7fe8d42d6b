import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../core/archive/archive.ts';
import { bucketArchive } from '../../core/archive/bucket.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import { sha256Of } from '../../core/archive/staging.ts';
import { OUTPUTS, type OutputName } from '../../core/outputs/index.ts';
import { type AwsEmulator, startAwsEmulator } from '../support/aws-emulator.ts';
import { auditNight, keysOf, LATEST, runOf, tamperer } from '../support/history.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { invoke } from './in-process.ts';

const newFolder = temporaryFolders();
const LAST = 4;

let history: string;
let aws: AwsEmulator;
const environment = process.env;
beforeAll(async () => {
  aws = await startAwsEmulator({ bucket: 'archive', topicName: 'alerts' });
  process.env = { ...environment, ...aws.env };
  history = await newFolder();
  for (let number = 1; number <= LAST; number += 1) await auditNight(folderArchive(history), number);
});
afterAll(async () => {
  process.env = environment;
  await aws.close();
});

const MIB = 1024 * 1024;
const at = (number: number, name: OutputName): string => keysOf(number).object(OUTPUTS[name]);
const { manifest: SECOND, copy: COPY } = keysOf(2);
const STRAY = `${dirname(COPY)}/notes.txt`;

/** Puts bytes where a run's object is, and makes the run's manifest and all after it vouch for them. */
const vouched = async (folder: string, number: number, name: OutputName, bytes: Uint8Array): Promise<void> => {
  const hands = tamperer(folder);
  const key = at(number, name);
  await writeFile(join(folder, key), bytes);
  await hands.manifest(number, (manifest) => ({
    ...manifest,
    objects: { ...manifest.objects, [name]: { key, sha256: sha256Of(bytes), size: bytes.length } },
  }));
  await hands.rechain(number, LAST);
};

interface Bad {
  readonly name: string;
  readonly key: string;
  readonly put: (folder: string) => Promise<unknown>;
  /** Nothing of it is seen without it being read as what it is not. */
  readonly isVouchedFor?: true;
}

const withText = (key: string, text: string) => ({ key, put: (folder: string) => writeFile(join(folder, key), text) });

const vouchedFor = (number: number, name: OutputName, bytes: Uint8Array) => ({
  key: at(number, name),
  put: (folder: string) => vouched(folder, number, name, bytes),
  isVouchedFor: true as const,
});

const ANYWHERE: readonly Bad[] = [
  { name: 'a manifest that is null', ...withText(SECOND, 'null') },
  { name: 'a manifest that is a list', ...withText(SECOND, '[]') },
  { name: 'a manifest without members', ...withText(SECOND, '{"schemaVersion":1}') },
  { name: 'a copy of a manifest that is null', ...withText(COPY, 'null') },
  { name: 'a stray text in the chain', ...withText(`${dirname(SECOND)}/notes.txt`, 'no entry') },
  { name: 'a stray text among the manifests', ...withText(STRAY, 'not a manifest') },
  { name: 'a pointer that is no JSON', ...withText(LATEST, 'last night') },
  { name: 'a pointer that is null', ...withText(LATEST, 'null') },
  { name: 'a pointer to nothing', ...withText(LATEST, '{}') },
  { name: 'findings that are null', ...vouchedFor(2, 'findings', gzipSync('null\n')) },
  { name: 'findings of one long line', ...vouchedFor(2, 'findings', gzipSync(Buffer.alloc(40 * MIB, '9'))) },
  { name: 'a snapshot of one long line', ...vouchedFor(2, 'snapshot', gzipSync(Buffer.alloc(40 * MIB, '9'))) },
  { name: 'a snapshot that is no gzip', ...vouchedFor(2, 'snapshot', Buffer.from('users')) },
  { name: 'a report that is null', ...vouchedFor(2, 'report', Buffer.from('null')) },
];

const replaced = (key: string, put: (path: string) => unknown) => ({
  key,
  async put(folder: string) {
    await rm(join(folder, key));
    await put(join(folder, key));
  },
});

const pipe = (path: string) => execFileSync('/usr/bin/env', ['mkfifo', path]);
const outside = (path: string) => symlink('/etc/hostname', path);
const hugeFile = async (path: string) => {
  await writeFile(path, '');
  await truncate(path, 1024 * MIB);
};

// The emulator takes no larger object; a folder takes a pipe, a link and a folder, too.
const IN_A_FOLDER: readonly Bad[] = [
  { name: 'a manifest that is too large', ...withText(SECOND, ' '.repeat(16 * MIB + 1)) },
  { name: 'a report that is too large', ...vouchedFor(2, 'report', Buffer.alloc(16 * MIB + 1, ' ')) },
  ...(
    [
      ['manifest', SECOND],
      ['copy of a manifest', COPY],
      ['snapshot', at(2, 'snapshot')],
      ['findings file', at(2, 'findings')],
      ['report', at(2, 'report')],
      ['pointer', LATEST],
    ] as const
  ).flatMap(([what, key]) => [
    { name: `a ${what} that is a pipe`, ...replaced(key, pipe) },
    { name: `a ${what} that leads out of the archive`, ...replaced(key, outside) },
    // Of a pointer, the next run can't take its place.
    ...(key === LATEST ? [] : [{ name: `a ${what} that is a folder`, ...replaced(key, (path) => mkdir(path)) }]),
    { name: `a ${what} of a gibibyte`, ...replaced(key, hugeFile) },
  ]),
];

const disturbed = async ({ put }: Bad): Promise<string> => {
  const folder = await newFolder();
  await cp(history, folder, { recursive: true });
  await put(folder);
  return folder;
};

interface Opened {
  readonly archive: Archive;
  readonly words: readonly string[];
}

const STORES: readonly { readonly store: string; open(folder: string): Promise<Opened> }[] = [
  { store: 'a folder', open: async (folder) => ({ archive: folderArchive(folder), words: ['--out', folder] }) },
  {
    store: 'a bucket',
    async open(folder) {
      const bucket = `bad-${crypto.randomUUID()}`;
      await aws.s3.send(new CreateBucketCommand({ Bucket: bucket }));
      const archive = bucketArchive(aws.s3, bucket, 1);
      for await (const key of folderArchive(folder).list(''))
        await archive.create(key, { bytes: await readFile(join(folder, key)) }, 'application/octet-stream');
      return { archive, words: ['--bucket', bucket] };
    },
  },
];

/** Every command that reads an archive, and whether it reads the second night. */
const COMMANDS = (pack: string): readonly (readonly string[])[] => [
  ['history', '--json'],
  ['diff', runOf(1), runOf(2)],
  ['diff', runOf(1), runOf(3)],
  ['diff', runOf(2), 'latest'],
  ['explain', 'u0'],
  ['explain', 'u0', '--run', runOf(2)],
  ['users', '--api-access'],
  ['users', '--csv', '--run', runOf(2)],
  ['open'],
  ['replay', '--json'],
  ['review', '--from', '2026-11-20', '--to', '2026-11-30', '--pack', pack],
];

const DAY_OF_THIRD = ['diff', runOf(1), runOf(3)].join(' ');

const checkAll = async (bad: Bad, open: (folder: string) => Promise<Opened>): Promise<void> => {
  const { archive, words } = await open(await disturbed(bad));
  const run = ([name = '', ...rest]: readonly string[]) => invoke([name, ...words, ...rest], 120, aws.env);

  const verified = await run(['verify', '--json']);
  const [told] = JSON.parse(verified.stdout).environments;
  // A forger who makes the chain fit is seen by signatures alone.
  expect({ code: verified.code, runs: told.runs >= LAST - 1 }).toEqual({ code: bad.isVouchedFor ? 0 : 2, runs: true });
  if (!bad.isVouchedFor) expect(told.problems.map(({ key }: { key: string }) => key)).toContain(bad.key);

  for (const one of COMMANDS(join(await newFolder(), 'pack'))) {
    const { code, stdout, stderr } = await run(one);
    expect({ one, code, stderr }).toEqual({ one, code: code === 0 ? 0 : 2, stderr: expect.any(String) });
    if (code === 2) expect(stdout + stderr).toContain(bad.key);
    if (one.join(' ') === DAY_OF_THIRD) expect({ one, code, stderr }).toEqual({ one, code: 0, stderr: '' });
  }
  const { report } = await auditNight(archive, LAST + 1);
  expect(report).toMatchObject({ verdict: 'COMPLETE', counts: { users: 10 } });
};

describe.each(STORES)(
  'in $store one bad object is one problem: every command goes on, and the next run',
  ({ open }) => {
    test.each(ANYWHERE)('$name', async (bad) => {
      await expect(checkAll(bad, open)).resolves.toBeUndefined();
    });
  },
);

describe('in a folder alone', () => {
  const [{ open }] = STORES as readonly [(typeof STORES)[number]];
  test.each(IN_A_FOLDER)('$name', async (bad) => {
    await expect(checkAll(bad, open)).resolves.toBeUndefined();
  });
});

test.each([
  { name: 'a manifest that is null', ...withText(keysOf(LAST).manifest, 'null') },
  { name: 'findings that are null', ...vouchedFor(LAST, 'findings', gzipSync('null\n')) },
  { name: 'findings of one long line', ...vouchedFor(LAST, 'findings', gzipSync(Buffer.alloc(40 * MIB, '9'))) },
  { name: 'a report that is null', ...vouchedFor(LAST, 'report', Buffer.from('null')) },
  { name: 'a snapshot that is a pipe', ...replaced(at(LAST, 'snapshot'), pipe) },
])('nothing is built upon a last run with $name, and it is named', async (bad) => {
  const archive = folderArchive(await disturbed(bad));
  const { report } = await auditNight(archive, LAST + 1);
  expect(report.verdict).not.toBe('COMPLETE');
  expect(report.message).toContain(bad.key);
  expect(await archive.has(keysOf(LAST + 1).manifest)).toBe(false);
});
