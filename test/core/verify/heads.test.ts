import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { headText, readHead } from '../../../core/archive/head.ts';
import { chainKey } from '../../../core/archive/keys.ts';
import { findHeads, headsIn, isHead } from '../../../core/verify/heads.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { auditNight, runOf, tamperer } from '../../support/history.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();
const OTHER = 'another';
const BOTH = [OTHER, ENVIRONMENT];
const NOWHERE = 'a'.repeat(64);

let folder: string;
let heads: string[];
/** Two nights of one environment, three of another. */
beforeAll(async () => {
  folder = await newFolder();
  heads = [];
  for (const [environmentId, last] of [
    [OTHER, 3],
    [ENVIRONMENT, 2],
  ] as const) {
    for (let number = 1; number <= last; number += 1)
      await auditNight(folderArchive(folder), number, {}, environmentId);
    const { sequence, place } = await readHead(folderArchive(folder), environmentId);
    heads.push(headText(sequence, place?.sha256 ?? ''));
  }
});

describe('heads in a text', () => {
  const [one, two] = [`1:${'0a'.repeat(32)}`, `123456789012:${'f'.repeat(64)}`];
  test.each([
    { name: 'alone', text: one, found: [one], isOne: true },
    { name: 'with the longest number', text: two, found: [two], isOne: true },
    { name: 'each once, in their order', text: `Head: ${two}\n<${one}>, ${two}.`, found: [two, one] },
    { name: 'with a number that is too long', text: `1${two}`, found: [] },
    { name: 'with a hash that is too long', text: `${one}0`, found: [] },
    { name: 'with a hash that is too short', text: one.slice(0, -1), found: [] },
    { name: 'of no place: the first is 1', text: `${one.replace('1:', '0:')} ${one.replace('1:', '00:')}`, found: [] },
    { name: 'within another word', text: `sha256:${one}`, found: [] },
    { name: 'in upper case', text: one.toUpperCase(), found: [] },
  ])('$name', ({ text, found, isOne = false }) => {
    expect(headsIn(text).map(({ sequence, sha256 }) => headText(sequence, sha256))).toEqual(found);
    expect(isHead(text)).toBe(isOne);
  });
});

describe('a head', () => {
  const find = async (head: string, environmentIds = BOTH, archive: Archive = folderArchive(folder)) => {
    const found = await findHeads(archive, environmentIds, headsIn(head));
    return { head: found.heads[0], problems: found.problems.map(({ kind, run, key }) => ({ kind, run, key })) };
  };

  test('is found in the chain that it is of', async () => {
    for (const [index, head] of heads.entries())
      expect(await find(head)).toEqual({ head: { head, environmentId: BOTH[index] }, problems: [] });
  });

  test.each([
    {
      name: 'of the one environment',
      ids: [ENVIRONMENT],
      sequence: 2,
      problem: { kind: 'edited', run: runOf(2), key: chainKey(ENVIRONMENT, 2) },
    },
    {
      name: 'of the one environment that goes so far',
      ids: BOTH,
      sequence: 3,
      problem: { kind: 'edited', run: runOf(3), key: chainKey(OTHER, 3) },
    },
    {
      name: 'of nobody knows which environment',
      ids: BOTH,
      sequence: 2,
      problem: { kind: 'missing', run: null, key: chainKey('*', 2) },
    },
    {
      name: 'beyond the end',
      ids: [ENVIRONMENT],
      sequence: 3,
      problem: { kind: 'missing', run: null, key: chainKey(ENVIRONMENT, 3) },
    },
    {
      name: 'of an environment that has no chain',
      ids: ['nobody'],
      sequence: 1,
      problem: { kind: 'missing', run: null, key: chainKey('nobody', 1) },
    },
  ])('in no place is a problem: $name', async ({ ids, sequence, problem }) => {
    const head = headText(sequence, NOWHERE);
    expect(await find(head, ids)).toEqual({ head: { head }, problems: [problem] });
  });

  test.each([
    {
      name: 'is the last that expired, and gone from one chain',
      sequence: 3,
      upTo: 3,
      head: { expired: true },
      keys: [],
    },
    { name: 'comes after the last that expired', sequence: 3, upTo: 2, head: {}, keys: [chainKey(OTHER, 3)] },
    { name: 'is there still in each chain', sequence: 2, upTo: 2, head: {}, keys: [chainKey('*', 2)] },
  ])(
    'may be gone with its place, which nobody can tell, or is in none: its place $name',
    async ({ sequence, upTo, head, keys }) => {
      const found = await findHeads(folderArchive(folder), BOTH, [{ sequence, sha256: NOWHERE }], upTo);
      expect(found.heads).toEqual([{ head: headText(sequence, NOWHERE), ...head }]);
      expect(found.problems.map(({ key }) => key)).toEqual(keys);
    },
  );

  test('that names another place than its own is in none', async () => {
    const [, head = ''] = heads;
    const { problems } = await find(`${head} ${head.replace('2:', '1:')}`, [ENVIRONMENT]);
    expect(problems).toEqual([{ kind: 'edited', run: runOf(1), key: chainKey(ENVIRONMENT, 1) }]);
  });

  test('of a place that holds no entry names no run', async () => {
    const copy = await newFolder();
    await tamperer(copy).put(chainKey(ENVIRONMENT, 1), '{');
    expect((await find(headText(1, NOWHERE), [ENVIRONMENT], folderArchive(copy))).problems).toEqual([
      { kind: 'edited', run: null, key: chainKey(ENVIRONMENT, 1) },
    ]);
  });

  test.each([
    { name: 'can not be read', read: () => Promise.reject(new ArchiveError('no')) },
    { name: 'went away', read: () => Promise.resolve(undefined) },
  ])('of a place that $name is lost', async ({ read }) => {
    const key = chainKey(ENVIRONMENT, 2);
    const sound = folderArchive(folder);
    const archive: Archive = { ...sound, read: (asked) => (asked === key ? read() : sound.read(asked)) };
    const [, head = ''] = heads;
    expect(await find(head, [ENVIRONMENT], archive)).toEqual({
      head: { head },
      problems: [{ kind: 'missing', run: null, key }],
    });
  });
});
