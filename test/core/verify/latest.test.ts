import { describe, expect, test } from '@jest/globals';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { latestKey } from '../../../core/archive/keys.ts';
import { readLatestState } from '../../../core/verify/latest.ts';
import type { RunOfLink } from '../../../core/verify/links.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { aRunOfLink, archiveOf, copyKey, entryKey, entryRun } from '../../support/chain-entries.ts';

const LATEST = latestKey(ENVIRONMENT);

const pointerTo = (number: number, differs: object = {}) => ({
  run: entryRun(number),
  manifest: copyKey(number),
  sha256: `sha${number}`,
  sequence: number,
  ...differs,
});

const THREE = [1, 2, 3].map((number) => aRunOfLink(number));
const [ONE, TWO, LAST, NEXT] = [1, 2, 3, 4].map(entryRun) as [string, string, string, string];
const GONE = `is not there, though ${LATEST} points to it`;
const { sha256: _sha256, ...unread } = aRunOfLink(3);
const earlier = { ...aRunOfLink(3), key: copyKey(3) };
const { sequence: _sequence, ...earlierPointer } = pointerTo(3);

describe('the pointer to the last run', () => {
  test.each<{ name: string; pointer?: string | object; links?: readonly RunOfLink[] }>([
    { name: 'names the last', pointer: pointerTo(3) },
    { name: 'names the last, of before there were places', pointer: earlierPointer, links: [...THREE, earlier] },
    { name: 'names the last, which can not be read', pointer: pointerTo(3, { sha256: 'x' }), links: [unread] },
    { name: 'is not there, and no run is', links: [] },
  ])('fits where it $name', async ({ pointer, links = THREE }) => {
    const archive = await archiveOf(pointer === undefined ? {} : { [LATEST]: pointer });
    expect(await readLatestState(archive, ENVIRONMENT, links)).toEqual({ state: 'fits' });
  });

  test.each<{ name: string; pointer?: object; links: readonly RunOfLink[]; run: string; message: string }>([
    {
      name: 'names the last but one',
      pointer: pointerTo(2),
      links: THREE,
      run: LAST,
      message: `points to run ${TWO}, and run ${LAST} is the newest`,
    },
    {
      name: 'is not there after the first run',
      links: [aRunOfLink(1)],
      run: ONE,
      message: `is not there, though run ${ONE} is`,
    },
  ])('is behind by one where it $name', async ({ pointer, links, run, message }) => {
    const archive = await archiveOf(pointer === undefined ? {} : { [LATEST]: pointer });
    const observed = { run, key: LATEST, message };
    expect(await readLatestState(archive, ENVIRONMENT, links)).toEqual({ state: 'behind-by-one', observed });
  });

  test.each<{
    name: string;
    pointer?: string | object;
    links?: readonly RunOfLink[];
    kind: string;
    run?: string | null;
    key?: string;
    message: string;
  }>([
    {
      name: 'names one before',
      pointer: pointerTo(1),
      kind: 'latest',
      message: `points to run ${ONE}, and run ${LAST} is the newest, 2 runs later`,
    },
    { name: 'is not there after several', kind: 'latest', message: `is not there, though run ${LAST} is` },
    { name: 'is no JSON', pointer: '{', kind: 'edited', message: 'is no pointer to a run' },
    {
      name: 'is none, where no run is',
      pointer: {},
      links: [],
      kind: 'edited',
      run: null,
      message: 'is no pointer to a run',
    },
    {
      name: 'names one after the last',
      pointer: pointerTo(4),
      kind: 'missing',
      run: NEXT,
      key: entryKey(4),
      message: `${GONE}, ahead of every manifest that is`,
    },
    {
      name: 'names one where no run is',
      pointer: pointerTo(1),
      links: [],
      kind: 'missing',
      run: ONE,
      key: entryKey(1),
      message: `${GONE}, ahead of every manifest that is`,
    },
    {
      name: 'names one that is gone from between others',
      pointer: pointerTo(2),
      links: [aRunOfLink(1), aRunOfLink(3)],
      kind: 'missing',
      run: TWO,
      key: entryKey(2),
      message: GONE,
    },
    {
      name: 'names the last in a place that is not there',
      pointer: pointerTo(3, { sequence: 9 }),
      kind: 'missing',
      run: LAST,
      key: entryKey(9),
      message: GONE,
    },
    {
      name: 'says another run than its place has',
      pointer: pointerTo(3, { run: TWO }),
      kind: 'edited',
      run: TWO,
      message: `says run ${TWO} and points to ${entryKey(3)}`,
    },
    {
      name: 'names the manifest of another',
      pointer: pointerTo(3, { manifest: copyKey(2) }),
      kind: 'edited',
      message: `names ${copyKey(2)} as the manifest of run ${LAST}`,
    },
    {
      name: 'has another hash than its place',
      pointer: pointerTo(3, { sha256: 'x' }),
      kind: 'edited',
      key: entryKey(3),
      message: `was altered: its SHA-256 is sha3, ${LATEST} says x`,
    },
  ])('is wrong where it $name', async ({ pointer, links = THREE, kind, run = LAST, key = LATEST, message }) => {
    const archive = await archiveOf(pointer === undefined ? {} : { [LATEST]: pointer });
    const problem = { kind, run, key, message };
    expect(await readLatestState(archive, ENVIRONMENT, links)).toEqual({ state: 'wrong', problem });
  });

  test('is wrong where it can not be read', async () => {
    const archive = { ...(await archiveOf({})), read: () => Promise.reject(new ArchiveError('denied')) };
    expect(await readLatestState(archive, ENVIRONMENT, THREE)).toEqual({
      state: 'wrong',
      problem: { kind: 'unreadable', run: LAST, key: LATEST, message: 'denied' },
    });
  });
});
