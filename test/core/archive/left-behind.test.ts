import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import { temporaryFolder, WRITER } from '../../../core/archive/left-behind.ts';
import type { Round } from '../../support/lock-racer.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const RACER = join(import.meta.dirname, '../../support/lock-racer.ts');

const [HOST = '', , STARTED = ''] = WRITER.split('-');
/** No machine gives a process such a number. */
const DEAD = `${HOST}-99999999-${STARTED}`;
const RESTARTED = `${HOST}-${process.pid}-0`;
const RUNNING = `${HOST}-${process.ppid}-0`;
const ELSEWHERE = `00000000-1-${STARTED}`;

const HOUR_MS = 3_600_000;

const age = async (path: string, ms: number): Promise<void> => {
  const then = new Date(Date.now() - ms);
  await utimes(path, then, then);
};

describe('a temporary folder', () => {
  test.each([
    ['of a process that is dead', `finspace-audit-${DEAD}-abc123`, 0, false],
    ['of one that had the number of this one', `finspace-audit-${RESTARTED}-abc123`, 0, false],
    ['of this one', `finspace-audit-${WRITER}-abc123`, 48 * HOUR_MS, true],
    ['of one that runs', `finspace-audit-${RUNNING}-abc123`, 48 * HOUR_MS, true],
    ['of another machine, today', `finspace-audit-${ELSEWHERE}-abc123`, 23 * HOUR_MS, true],
    ['of another machine, long ago', `finspace-audit-${ELSEWHERE}-abc123`, 25 * HOUR_MS, false],
    ['of another machine, of a time to come', `finspace-audit-${ELSEWHERE}-abc123`, -25 * HOUR_MS, false],
    ['of another version, long ago', 'finspace-audit-abc123', 25 * HOUR_MS, false],
    ['of a replay of another version, long ago', 'finspace-audit-replay-abc123', 25 * HOUR_MS, false],
    ['of something else', 'finspace-audit-notes', 999 * HOUR_MS, true],
  ])('%s, %s, %d ms old: is kept %s', async (_, name, ageMs, isKept) => {
    const parent = await newFolder();
    const path = join(parent, name);
    await mkdir(path);
    await writeFile(join(path, '1-snapshot.jsonl.gz'), 'Jane Doe');
    await age(path, ageMs);
    const own = await temporaryFolder(parent);
    const names = await readdir(parent);
    await own.remove();
    expect(names.toSorted()).toEqual([basename(own.path), ...(isKept ? [name] : [])].toSorted());
    expect(await readdir(parent)).toEqual(isKept ? [name] : []);
  });
});

test('a temporary folder goes with its process, and is of no more concern once it is removed', async () => {
  const parent = await newFolder();
  const before = process.listenerCount('exit');
  const own = await temporaryFolder(parent);
  await writeFile(join(own.path, '1-snapshot.jsonl.gz'), 'Jane Doe');
  const [discard] = process.listeners('exit').slice(before);
  for (const code of [0, 1]) discard?.call(process, code);
  expect(await readdir(parent)).toStrictEqual([]);
  await own.remove();
  expect(process.listenerCount('exit')).toBe(before);
});

const bytes = (text: string) => ({ bytes: Buffer.from(text) });

describe('in an archive', () => {
  test.each([
    ['of a dead attempt', DEAD, 0, false],
    ['of one that runs', RUNNING, 48 * HOUR_MS, true],
    ['of another machine', ELSEWHERE, 25 * HOUR_MS, false],
  ])('half an object %s, %s, %d ms old: is kept %s', async (_, writer, ageMs, isKept) => {
    const root = await newFolder();
    const name = `.${writer}-4d1f.part`;
    await writeFile(join(root, name), 'half');
    await age(join(root, name), ageMs);
    await folderArchive(root).create('area/key', bytes('whole'), 'text/plain');
    expect(await readdir(root)).toEqual(isKept ? [name, 'area'] : ['area']);
  });

  test.each([
    ['beside the object', 'reports/environment=abc/dt=2026-11-20/20261120T020000Z', 25, false],
    ['on another day', 'snapshots/environment=abc/dt=2025-01-01', 25, false],
    [
      'of an unfinished attempt',
      'incomplete/environment=abc/dt=2026-11-20/20261120T020000Z-20261120T020001Z-1a2b3c4d',
      25,
      false,
    ],
    ['beside a pointer', 'latest', 25, false],
    ['today', 'snapshots/environment=abc/dt=2026-11-20', 23, true],
    ['of another environment, which has a run of its own', 'snapshots/environment=def/dt=2025-01-01', 25, true],
  ])('half an object that another version left %s, %s, %d hours old: is kept %s', async (_, folder, hours, isKept) => {
    const root = await newFolder();
    const part = join(root, folder, '.0a1b2c3d-4d1f-4c51-9d39-5b1f4a0c8e12.part');
    await mkdir(join(root, folder), { recursive: true });
    await writeFile(part, 'half');
    await age(part, hours * HOUR_MS);
    await folderArchive(root).create('chain/environment=abc/000000000001.json', bytes('whole'), 'text/plain');
    expect((await readdir(join(root, folder))).length).toBe(isKept ? 1 : 0);
  });

  test.each([
    ['yesterday: is not', 24, true],
    ['29 days ago: is not', 29 * 24, true],
    ['30 days ago: is', 30 * 24, false],
    ['by a clock that was a year ahead: is', -365 * 24, false],
  ])('an archive that was looked through %s looked through again', async (_, hours, isKept) => {
    const root = await newFolder();
    const folder = join(root, 'snapshots/environment=abc/dt=2025-01-01');
    const create = (key: string) => folderArchive(root).create(key, bytes('whole'), 'text/plain');
    await create('chain/environment=abc/000000000001.json');
    await age(join(root, '.looked-through-abc'), hours * HOUR_MS);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, '.4d1f.part'), 'half');
    await age(join(folder, '.4d1f.part'), 25 * HOUR_MS);
    await create('chain/environment=abc/000000000002.json');
    expect(await readdir(folder)).toEqual(isKept ? ['.4d1f.part'] : []);
  });

  test.each([
    ['of a dead attempt', DEAD, 0, 'replaced'],
    ['of one that runs', RUNNING, 48 * HOUR_MS, 'conflict'],
    ['of nobody knows whom, now', '', 0, 'conflict'],
    ['of nobody knows whom, a while ago', '', 61_000, 'replaced'],
    ['of nobody knows whom, of a time to come', '', -61_000, 'replaced'],
  ])('a lock %s, %j, %d ms old: %s', async (_, writer, ageMs, outcome) => {
    const root = await newFolder();
    const archive = folderArchive(root);
    await archive.create('key', bytes('one'), 'text/plain');
    const stored = await archive.read('key');
    const lock = join(root, '.key.lock');
    await writeFile(lock, writer);
    await age(lock, ageMs);
    expect(await archive.replace('key', bytes('two'), 'text/plain', stored?.version)).toBe(outcome);
    expect(await readdir(root)).toEqual(outcome === 'conflict' ? ['.key.lock', 'key'] : ['key']);
  });

  test('a lock of a dead attempt is left to the one that is taking it over', async () => {
    const root = await newFolder();
    for (const [name, writer] of [
      ['.key.lock', DEAD],
      ['..key.lock.lock', RUNNING],
    ] as const)
      await writeFile(join(root, name), writer);
    expect(await folderArchive(root).replace('key', bytes('two'), 'text/plain', undefined)).toBe('conflict');
    expect(await readdir(root)).toEqual(['..key.lock.lock', '.key.lock']);
  });

  test('of processes that see one lock of a dead process at once, one takes it over', async () => {
    const racers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const child = fork(RACER, { execArgv: [] });
        await once(child, 'message');
        return child;
      }),
    );
    try {
      for (let round = 0; round < 60; round += 1) {
        const folder = await newFolder();
        const archive = folderArchive(folder);
        await archive.create('key', bytes('one'), 'text/plain');
        const stored = await archive.read('key');
        await writeFile(join(folder, '.key.lock'), DEAD);
        const outcomes = racers.map(async (child) => {
          const outcome = once(child, 'message');
          child.send({ folder, version: stored?.version ?? '', at: Date.now() + 30 } satisfies Round);
          return (await outcome)[0];
        });
        const told = (await Promise.all(outcomes)).map(String).toSorted();
        expect({ round, told }).toEqual({ round, told: ['conflict', 'conflict', 'conflict', 'replaced'] });
        expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toStrictEqual([]);
      }
    } finally {
      for (const child of racers) child.kill();
    }
  });
});
