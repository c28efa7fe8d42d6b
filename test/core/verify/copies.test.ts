import { describe, expect, test } from '@jest/globals';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { entryText } from '../../../core/archive/signature.ts';
import { sha256Of } from '../../../core/archive/staging.ts';
import { type Copy, checkCopies, readCopies, runsOfCopies } from '../../../core/verify/copies.ts';
import type { RunOfLink } from '../../../core/verify/links.ts';
import type { Problem } from '../../../core/verify/problem.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import {
  anEarlierRun,
  anEntry,
  aRunOfLink,
  archiveOf,
  copyKey,
  entryKey,
  entryRun,
} from '../../support/chain-entries.ts';

const ONE = anEntry(1);
const TEXT = entryText(ONE);
const run = entryRun(1);
const key = copyKey(1);

describe('what stands among the manifests', () => {
  const read = async (objects: Readonly<Record<string, string>>, keys: readonly string[], denied?: string) => {
    const stored = await archiveOf(objects);
    const archive: typeof stored = {
      ...stored,
      read: (asked) => (asked === denied ? Promise.reject(new ArchiveError('denied')) : stored.read(asked)),
    };
    const problems: Problem[] = [];
    const copies = await readCopies(archive, ENVIRONMENT, keys, (problem) => problems.push(problem));
    return { copies, problems };
  };

  test('is the copy of an entry, and else one that speaks for no run', async () => {
    const broken = { key: copyKey(2), run: entryRun(2), sha256: sha256Of('{}') };
    expect(await read({ [key]: TEXT, [broken.key]: '{}' }, [key, broken.key])).toEqual({
      copies: [{ key, run, sha256: sha256Of(TEXT), entry: ONE }, broken],
      problems: [],
    });
  });

  test.each([
    { name: 'has no run’s name', place: key.replace(run, 'copy'), of: null },
    { name: 'is of another day', place: copyKey(2).replace(entryRun(2), run), of: run },
    { name: 'is of no moment that there is', place: key.replace(run, '20269901T020000Z'), of: '20269901T020000Z' },
  ])('is told where it $name', async ({ place, of }) => {
    const message = 'stands among the manifests, where no run has its place';
    expect(await read({ [place]: TEXT }, [place])).toStrictEqual({
      copies: [],
      problems: [{ kind: 'edited', run: of, key: place, message }],
    });
  });

  test('is told where it can not be read, and is none where it went away', async () => {
    expect(await read({ [key]: TEXT }, [key, copyKey(2)], key)).toStrictEqual({
      copies: [],
      problems: [{ kind: 'unreadable', run, key, message: 'denied' }],
    });
  });
});

describe('copies', () => {
  const copyOf = (number: number, differs: Partial<Copy> = {}): Copy => ({
    key: copyKey(number),
    run: entryRun(number),
    sha256: `sha${number}`,
    entry: anEntry(number),
    ...differs,
  });
  const linkOf = (number: number, differs: Partial<RunOfLink> = {}): RunOfLink =>
    aRunOfLink(number, { claims: anEntry(number), ...differs });
  const { entry: _entry, ...none } = copyOf(2);
  const { claims: _claims, ...unsound } = linkOf(2);

  test('name the runs of places, but those of before there were places', () => {
    const copies = [copyOf(1), none, copyOf(3, { entry: anEarlierRun(3) })];
    expect(runsOfCopies(ENVIRONMENT, copies)).toEqual(new Map([[entryKey(1), run]]));
  });

  const check = (
    copies: readonly Copy[],
    links: readonly RunOfLink[],
    keys: readonly string[] = copies.map((copy) => copy.key),
  ) => checkCopies(ENVIRONMENT, copies, keys, links, links);

  test.each<{ name: string; copies: readonly Copy[]; links: readonly RunOfLink[]; keys?: readonly string[] }>([
    { name: 'that equal their entries', copies: [copyOf(1), copyOf(2)], links: [linkOf(1), linkOf(2)] },
    { name: 'of an entry that is not sound', copies: [copyOf(2, { sha256: 'x' })], links: [unsound] },
    { name: 'that are gone of such an entry', copies: [], links: [unsound, linkOf(3)], keys: [copyKey(3)] },
    { name: 'that could not be read', copies: [], links: [linkOf(1)], keys: [copyKey(1)] },
    { name: 'of runs of before there were places', copies: [], links: [linkOf(1, { key: copyKey(1) })] },
  ])('hold nothing against the chain: those $name', ({ copies, links, keys }) => {
    expect(check(copies, links, keys)).toEqual({ problems: [], notes: [] });
  });

  test.each<{ name: string; copies: readonly Copy[]; links: readonly RunOfLink[]; problem: Problem }>([
    {
      name: 'another than its entry',
      copies: [copyOf(1), copyOf(2, { sha256: 'x' })],
      links: [linkOf(1), linkOf(2)],
      problem: {
        kind: 'edited',
        run: entryRun(2),
        key: copyKey(2),
        message: `is another manifest than ${entryKey(2)} holds, whose copy it has to be`,
      },
    },
    {
      name: 'no manifest, of no run that is there',
      copies: [copyOf(1), none],
      links: [linkOf(1)],
      problem: { kind: 'edited', run: entryRun(2), key: copyKey(2), message: 'is the manifest of no run of the chain' },
    },
    {
      name: 'of a run that is not there',
      copies: [copyOf(1), copyOf(2)],
      links: [linkOf(1)],
      problem: {
        kind: 'missing',
        run: entryRun(2),
        key: entryKey(2),
        message: `does not hold run ${entryRun(2)}, though ${copyKey(2)} is the copy of its entry there`,
      },
    },
    {
      name: 'not there',
      copies: [copyOf(2)],
      links: [linkOf(1), linkOf(2)],
      problem: { kind: 'missing', run, key, message: `is not there, though it is the copy of ${entryKey(1)}` },
    },
  ])('are told where one is $name', ({ copies, links, problem }) => {
    expect(check(copies, links)).toEqual({ problems: [problem], notes: [] });
  });

  test('need not be there yet of the last entry', () => {
    expect(check([copyOf(1)], [linkOf(1), linkOf(2)])).toEqual({
      problems: [],
      notes: [
        {
          kind: 'uncopied',
          run: entryRun(2),
          key: copyKey(2),
          message: `is not there yet: a run that was cut off after ${entryKey(2)} leaves it so, and the next one mends it`,
        },
      ],
    });
  });
});
