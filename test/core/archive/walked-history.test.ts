import { cp, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { RunLink } from '../../../core/archive/chain.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { walkAttempts, walkRuns } from '../../../core/archive/runs.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { auditNight, keysOf, LATEST, runOf, type Tamperer, tamperer } from '../../support/history.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();
const LAST = 5;

let history: string;
beforeAll(async () => {
  history = await newFolder();
  for (let number = 1; number <= LAST; number += 1) await auditNight(folderArchive(history), number);
});

interface Walked {
  readonly night: number;
  /** The night of the run before it, where that is known to be sound. */
  readonly previous?: number;
  readonly problem?: string;
}

const NIGHT_OF_RUN = new Map(Array.from({ length: 9 }, (_, n) => [runOf(n + 1), n + 1]));
const nightOf = (run: string): number => NIGHT_OF_RUN.get(run) ?? Number.NaN;

const walk = async (folder: string, from?: string): Promise<readonly Walked[]> => {
  const walked: Walked[] = [];
  for await (const { run, previous, problem } of walkRuns(folderArchive(folder), ENVIRONMENT, from)) {
    walked.push({
      night: nightOf(run),
      ...(previous !== undefined && { previous: nightOf(previous.run) }),
      ...(problem !== undefined && { problem }),
    });
  }
  return walked;
};

const sound = (night: number): Walked => (night === 1 ? { night } : { night, previous: night - 1 });

const linkTo = async (number: number): Promise<RunLink> => {
  const next = JSON.parse(await readFile(`${history}/${keysOf(number + 1).manifest}`, 'utf8'));
  return next.previous;
};

const link = (number: number, change: (previous: RunLink) => RunLink | undefined) => async (hands: Tamperer) => {
  const previous = change(await linkTo(number - 1));
  await hands.manifest(number, ({ previous: _previous, ...manifest }) => ({ ...manifest, previous }));
  await hands.rechain(number, LAST);
};

describe('the runs of an environment', () => {
  test('are in order, each with the one before it', async () => {
    expect(await walk(history)).toEqual([1, 2, 3, 4, 5].map(sound));
  });

  test.each([
    { from: runOf(3), nights: [3, 4, 5] },
    { from: runOf(3).slice(0, 8), nights: [3, 4, 5] },
    { from: `${runOf(3)}0`, nights: [4, 5] },
    { from: runOf(5), nights: [5] },
    { from: runOf(6), nights: [] },
  ])('from $from on are $nights, the first of them with the one before it', async ({ from, nights }) => {
    expect(await walk(history, from)).toEqual(nights.map(sound));
  });

  test('are none in an empty archive', async () => {
    expect(await walk(await newFolder())).toStrictEqual([]);
  });

  const { manifest: SECOND } = keysOf(2);
  const { manifest: THIRD } = keysOf(3);
  test.each<{ name: string; tamper: (hands: Tamperer) => Promise<unknown>; walked: readonly (Walked | number)[] }>([
    {
      name: 'one that was altered, and the next is compared with none',
      tamper: (hands) => hands.manifest(3, (manifest) => ({ ...manifest, accountId: '9' })),
      walked: [1, 2, { night: 3, previous: 2, problem: `${THIRD} was altered: its SHA-256 is ` }, { night: 4 }, 5],
    },
    {
      name: 'one that is no JSON, of which the next is not believed to follow',
      tamper: (hands) => hands.text(THIRD, () => '{'),
      walked: [1, 2, { night: 3, previous: 2, problem: `${THIRD} is no JSON` }, { night: 4 }, 5],
    },
    {
      name: 'one that is missing',
      tamper: (hands) => hands.remove(THIRD),
      walked: [
        1,
        2,
        {
          night: 3,
          problem: `${THIRD} is not there, though the manifest of run ${runOf(4)} names it as the one before`,
        },
        { night: 4 },
        5,
      ],
    },
    {
      name: 'the first that is missing',
      tamper: (hands) => hands.remove(keysOf(1).manifest),
      walked: [{ night: 1, problem: `${keysOf(1).manifest} is not there` }, { night: 2 }, 3, 4, 5],
    },
    {
      name: 'the last that is missing',
      tamper: (hands) => hands.remove(keysOf(LAST).manifest),
      walked: [
        ...[1, 2, 3, 4],
        { night: 5, problem: `${keysOf(LAST).manifest} is not there, though ${LATEST} points to it` },
      ],
    },
    {
      name: 'the last that was altered',
      tamper: (hands) => hands.manifest(LAST, (manifest) => ({ ...manifest, accountId: '9' })),
      walked: [
        ...[1, 2, 3, 4],
        { night: 5, previous: 4, problem: `${keysOf(LAST).manifest} was altered: its SHA-256 is ` },
      ],
    },
    {
      name: 'one that names none before it',
      tamper: link(3, () => undefined),
      walked: [1, 2, { night: 3, problem: `${THIRD} names no run before it, though run ${runOf(2)} is there` }, 4, 5],
    },
    {
      name: 'one that passes over another, as a third does',
      tamper: async (hands) => link(3, await linkTo(1).then((first) => () => first))(hands),
      walked: [
        1,
        2,
        { night: 3, problem: `${THIRD} names run ${runOf(1)} as the one before it, as run ${runOf(2)} does` },
        4,
        5,
      ],
    },
    {
      name: 'one that names itself',
      tamper: link(3, (previous) => ({ ...previous, run: runOf(3), key: THIRD })),
      walked: [1, 2, { night: 3, problem: `${THIRD} names run ${runOf(3)} as the one before it, which is not` }, 4, 5],
    },
    {
      name: 'one that names a missing one which does not lie before it: its own problem',
      tamper: async (hands) => {
        await hands.remove(SECOND);
        await link(4, (previous) => ({ ...previous, run: runOf(2), key: SECOND }))(hands);
      },
      walked: [
        1,
        { night: 2, problem: `${SECOND} is not there, though the manifest of run ${runOf(3)} names it` },
        { night: 3 },
        { night: 4, problem: `${SECOND} is not there, though the manifest of run ${runOf(4)} names it` },
        5,
      ],
    },
    {
      name: 'a pointer that is behind, which is nothing against a run',
      tamper: (hands) => hands.rechain(4, 4),
      walked: [1, 2, 3, 4, 5],
    },
  ])('say of themselves what is wrong: $name', async ({ tamper, walked }) => {
    const folder = await newFolder();
    await cp(history, folder, { recursive: true });
    await tamper(tamperer(folder));
    const wanted = walked.map((entry) => (typeof entry === 'number' ? sound(entry) : entry));
    expect(await walk(folder)).toEqual(
      wanted.map(({ problem, ...entry }) => ({
        ...entry,
        ...(problem !== undefined && { problem: expect.stringContaining(problem) }),
      })),
    );
  });
});

describe('runs that broke off', () => {
  const all = new Set([1, 2, 3, 4, 5].map(runOf));
  const others = new Set([1, 2, 4, 5].map(runOf));
  test.each<{ name: string; gone: boolean; complete?: ReadonlySet<string>; nights: readonly number[] }>([
    { name: 'none, by the manifests', gone: false, nights: [] },
    { name: 'one without a manifest', gone: true, nights: [3] },
    { name: 'none whose manifest is there, though it is not known', gone: false, complete: others, nights: [] },
    { name: 'one that is not known and has no manifest', gone: true, complete: others, nights: [3] },
    { name: 'none that is known to be complete', gone: true, complete: all, nights: [] },
  ])('are $name', async ({ gone, complete, nights }) => {
    const folder = await newFolder();
    await cp(history, folder, { recursive: true });
    if (gone) await tamperer(folder).remove(keysOf(3).copy);
    const found: number[] = [];
    for await (const { run } of walkAttempts(folderArchive(folder), ENVIRONMENT, '', complete))
      found.push(nightOf(run));
    expect(found).toEqual(nights);
  });
});
