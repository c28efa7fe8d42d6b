import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import type { ChainEntry } from '../../../core/archive/entry.ts';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { latestKey } from '../../../core/archive/keys.ts';
import type { Manifest } from '../../../core/archive/manifest.ts';
import { entryText } from '../../../core/archive/signature.ts';
import {
  acceptanceNotes,
  acceptedPlaces,
  chainProblems,
  type Link,
  readLinks,
  runsOf,
  signatureProblems,
} from '../../../core/verify/links.ts';
import type { Problem } from '../../../core/verify/problem.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import {
  aMilestone,
  anEarlierRun,
  anEntry,
  archiveOf,
  copyKey,
  entryInstant,
  entryKey,
  entryRun,
  linkToEntry,
  type Objects,
} from '../../support/chain-entries.ts';
import { forged, STRANGER } from '../../support/forgery.ts';

const BY = { scheme: 2, keyId: 'a key', algorithm: 'ECDSA_SHA_256' } as const;
const { publicKey: OTHER } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** Signed by the stranger. */
const signed = (entry: Manifest): Manifest => forged({ ...entry, signature: { ...BY, value: '' } }) as Manifest;

const accepted = (sha256: string) => ({ sha256, reason: 'looked into it', problem: 'it was altered' });

/** An entry as it is read from its place. */
const linkOf = (number: number, claims: ChainEntry): Link => ({
  run: claims.run,
  key: entryKey(number),
  sha256: linkToEntry('', claims).sha256,
  claims,
});

const follow = (number: number, link: Link, differs: Partial<Manifest> = {}): Link =>
  linkOf(
    number,
    anEntry(number, { previous: { run: link.run ?? '', key: link.key, sha256: link.sha256 ?? '' }, ...differs }),
  );

const first = linkOf(1, anEntry(1));
const second = follow(2, first);
const third = follow(3, second);
const fourth = follow(4, third);
const unread = (number: number): Link => ({ key: entryKey(number) });

const brief = ({ kind, run, key }: Problem) => `${kind} ${run ?? '-'} ${key.slice(-7, -5)}`;

describe('the places of a chain', () => {
  const read = async (objects: Objects, change: (archive: Archive) => Archive = (one) => one) => {
    const archive = await archiveOf(objects);
    const problems: Problem[] = [];
    const keys = Object.keys(objects).filter((key) => !key.startsWith('latest'));
    const copied = new Map([[entryKey(9), entryRun(9)]]);
    const links = await readLinks(
      change(archive),
      ENVIRONMENT,
      keys,
      copied,
      (keyId) => (keyId === BY.keyId ? [OTHER, STRANGER] : []),
      (problem) => problems.push(problem),
    );
    return { links, problems };
  };

  test.each<{ name: string; text: string; isValid: boolean | undefined }>([
    { name: 'holds', text: entryText(signed(anEntry(1))), isValid: true },
    { name: 'is of something else', text: entryText({ ...signed(anEntry(1)), accountId: '9' }), isValid: false },
    { name: 'is over what others read otherwise', text: JSON.stringify(signed(anEntry(1))), isValid: false },
    {
      name: 'is of a key that nobody knows',
      text: entryText({ ...anEntry(1), signature: { ...BY, keyId: 'another', value: '' } }),
      isValid: undefined,
    },
    { name: 'is none', text: entryText(anEntry(1)), isValid: undefined },
  ])('are read with whether the signature $name', async ({ text, isValid }) => {
    const { links, problems } = await read({ [entryKey(1)]: text });
    expect(links.map(({ run, isSignatureValid }) => [run, isSignatureValid])).toEqual([[entryRun(1), isValid]]);
    expect(problems).toEqual([]);
  });

  test('have the runs that others name where they can not be read', async () => {
    const { links, problems } = await read({
      [copyKey(1)]: '{',
      [entryKey(2)]: '{',
      [entryKey(3)]: anEntry(3, { previous: { run: entryRun(2), key: entryKey(2), sha256: 'a' } }),
      [entryKey(4)]: '{',
      [entryKey(5)]: '{',
      [entryKey(6)]: anEntry(6, { previous: { run: 'of a lie', key: entryKey(3), sha256: 'a' } }),
      [entryKey(9)]: '{',
      [latestKey(ENVIRONMENT)]: { run: entryRun(5), manifest: copyKey(5), sha256: 'a', sequence: 5 },
    });
    expect(links.map(({ run }) => run)).toEqual([1, 2, 3, undefined, 5, 6, 9].map((one) => one && entryRun(one)));
    expect(problems.map(({ kind, run }) => [kind, run])).toEqual(
      [1, 2, undefined, 5, 9].map((one) => ['edited', one === undefined ? null : entryRun(one)]),
    );
  });

  test('are missed where they went away, and unreadable where the archive refuses them', async () => {
    const { links, problems } = await read({ [entryKey(1)]: anEntry(1), [entryKey(2)]: anEntry(2) }, (archive) => ({
      ...archive,
      async read(key) {
        if (key === entryKey(1)) return undefined;
        throw new ArchiveError('no');
      },
    }));
    expect(links).toEqual([{ key: entryKey(2) }]);
    expect(problems.map(({ kind, key, message }) => [kind, key, message])).toEqual([
      ['missing', entryKey(1), 'went away while it was to be read'],
      ['unreadable', entryKey(2), 'no'],
    ]);
  });

  test('are runs where they name one and are no closing', () => {
    const closing = linkOf(2, aMilestone(2, 'closing', linkToEntry(first.key, anEntry(1))));
    const lost = { key: entryKey(3), run: entryRun(3) };
    expect(runsOf([first, closing, lost, unread(4), { ...lost, run: 'another' }])).toEqual([
      { ...first, asOf: entryInstant(1) },
      { ...lost, asOf: entryInstant(3) },
    ]);
  });
});

describe('a chain', () => {
  const altered = follow(3, { ...second, sha256: 'another' });
  const past = follow(4, { ...second, sha256: 'another' }, { acceptedHistory: accepted('another') });

  test.each<{ name: string; links: readonly Link[]; problems: readonly string[] }>([
    { name: 'that holds', links: [first, second, third, fourth], problems: [] },
    { name: 'of no places', links: [], problems: [] },
    { name: 'of its last places', links: [third, fourth].slice(1), problems: [`missing ${entryRun(3)} 03`] },
    { name: 'with an altered place', links: [first, second, altered], problems: [`edited ${entryRun(2)} 02`] },
    {
      name: 'with a missing place that the next names',
      links: [first, third],
      problems: [`missing ${entryRun(2)} 02`],
    },
    {
      name: 'with two missing places, of which the next names one',
      links: [first, fourth],
      problems: [`missing ${entryRun(3)} 03`, 'missing - 02'],
    },
    {
      name: 'that goes on past others from a place that was altered',
      links: [first, second, third, past],
      problems: [`forked ${entryRun(4)} 04`, `edited ${entryRun(2)} 02`],
    },
    {
      name: 'that goes on past others from a place that holds',
      links: [first, second, third, follow(4, second, { acceptedHistory: accepted(second.sha256 ?? '') })],
      problems: [`forked ${entryRun(4)} 04`],
    },
    {
      name: 'with places that can not be read, which nobody holds against each other',
      links: [first, unread(2), { ...unread(3), sha256: 'a', run: entryRun(3) }, follow(4, unread(3))],
      problems: [],
    },
    {
      name: 'of manifests of before there were entries, which have no numbers',
      links: [
        { ...linkOf(1, anEarlierRun(1)), key: copyKey(1) },
        { ...linkOf(4, anEarlierRun(4)), key: copyKey(4) },
      ],
      problems: [`skipped ${entryRun(4)} 0Z`],
    },
  ])('$name', ({ links, problems }) => {
    expect(chainProblems(ENVIRONMENT, links).map(brief)).toEqual(problems);
  });

  test('says which places somebody let it go on past', () => {
    const going = follow(4, first, { acceptedHistory: accepted(first.sha256 ?? '') });
    const closing = linkOf(6, aMilestone(6, 'closing', linkToEntry(entryKey(5), anEntry(5))));
    const links = [first, second, third, going, unread(5), closing];
    expect([...acceptedPlaces(links)]).toEqual([2, 3, 4].map((number) => [entryKey(number), 'looked into it']));
    expect(acceptanceNotes(links)).toEqual([
      {
        kind: 'accepted-history',
        run: entryRun(4),
        key: entryKey(4),
        message: `goes on from the entry of SHA-256 ${first.sha256}, since somebody accepted the history (looked into it); it was: it was altered`,
      },
    ]);
    expect([acceptedPlaces([first, second]).size, acceptanceNotes([first, unread(2)])]).toEqual([0, []]);
  });
});

describe('signatures of a chain', () => {
  const unsigned = first;
  const valid = (number: number): Link => ({ ...linkOf(number, signed(anEntry(number))), isSignatureValid: true });
  const invalid = (number: number): Link => ({ ...valid(number), isSignatureValid: false });
  const unknown = (number: number): Link => linkOf(number, signed(anEntry(number)));
  const plain = (number: number): Link => linkOf(number, anEntry(number));
  const acceptedFrom = (number: number, from: Link): Link =>
    linkOf(number, anEntry(number, { acceptedHistory: accepted(from.sha256 ?? '') }));

  test.each<{ name: string; links: readonly Link[]; must: boolean; problems: readonly string[] }>([
    { name: 'none, and none needs one', links: [unsigned, plain(2)], must: false, problems: [] },
    { name: 'none, and all need one', links: [unsigned, plain(2)], must: true, problems: ['unsigned 1', 'unsigned 2'] },
    { name: 'those that hold', links: [valid(1), valid(2)], must: true, problems: [] },
    { name: 'one that does not hold', links: [valid(1), invalid(2)], must: false, problems: ['bad-signature 2'] },
    { name: 'one of a key that nobody has', links: [unknown(1), unknown(2)], must: false, problems: [] },
    { name: 'none after one', links: [valid(1), plain(2), plain(3)], must: false, problems: ['unsigned 2'] },
    {
      name: 'none after one that does not hold',
      links: [invalid(1), plain(2)],
      must: false,
      problems: ['bad-signature 1', 'unsigned 2'],
    },
    { name: 'none after one that nobody could hold', links: [unknown(1), plain(2)], must: false, problems: [] },
    { name: 'none before the first', links: [plain(1), valid(2)], must: false, problems: [] },
    { name: 'none of what can not be read', links: [valid(1), unread(2)], must: true, problems: [] },
    {
      name: 'none after one, which somebody accepted',
      links: [valid(1), plain(2), acceptedFrom(3, plain(2))],
      must: false,
      problems: [],
    },
    {
      name: 'none after one, where somebody accepted another',
      links: [valid(1), plain(2), acceptedFrom(3, valid(1))],
      must: false,
      problems: ['unsigned 2'],
    },
    {
      name: 'none, which somebody accepted though all need one',
      links: [valid(1), plain(2), acceptedFrom(3, plain(2))],
      must: true,
      problems: ['unsigned 2', 'unsigned 3'],
    },
  ])('are $name', ({ links, must, problems }) => {
    const numberOf = (run: string | null): number => [1, 2, 3].map(entryRun).indexOf(run ?? '') + 1;
    expect(signatureProblems(links, must).map(({ kind, run }) => `${kind} ${numberOf(run)}`)).toEqual(problems);
  });

  test.each([
    { links: [plain(1)], words: 'has no signature, and no other manifest here has one' },
    { links: [plain(1), valid(2)], words: `it was made before the first signed one, of run ${entryRun(2)}` },
    { links: [valid(1), unread(2), plain(3)], words: `though that of run ${entryRun(1)} before it has one` },
    { links: [valid(1), unknown(2), plain(3)], words: `though that of run ${entryRun(2)} before it has one` },
  ])('are missed in these words: $words', ({ links, words }) => {
    expect(signatureProblems(links, true)[0]?.message).toContain(words);
  });
});
