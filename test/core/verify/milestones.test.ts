import { describe, expect, test } from '@jest/globals';
import type { ChainEntry, Milestone } from '../../../core/archive/entry.ts';
import { headText } from '../../../core/archive/head.ts';
import type { Link } from '../../../core/verify/links.ts';
import { closedTimes, milestoneObservations } from '../../../core/verify/milestones.ts';
import { aMilestone, anEntry, entryInstant, entryKey, entryRun, linkToEntry } from '../../support/chain-entries.ts';

const linkOf = (number: number, claims: ChainEntry): Link => ({
  run: claims.run,
  key: entryKey(number),
  sha256: linkToEntry('', claims).sha256,
  claims,
});

const runAt = (number: number): Link => linkOf(number, anEntry(number));

const milestoneAt = (number: number, kind: Milestone['kind'], differs: Partial<Milestone> = {}): Link =>
  linkOf(number, { ...aMilestone(number, kind, linkToEntry(entryKey(number - 1), anEntry(number - 1))), ...differs });

/** A closing that says what is so of the two runs before it. */
const closingAt = (number: number, differs: Partial<Milestone> = {}): Link =>
  milestoneAt(number, 'closing', {
    runs: number - 1,
    head: headText(number - 1, runAt(number - 1).sha256 ?? ''),
    ...differs,
  });

const at = (number: number): number => entryInstant(number).getTime();

describe('the times for which a chain was closed', () => {
  const closing = (number: number) => milestoneAt(number, 'closing');
  const reopening = (number: number) => milestoneAt(number, 'reopened');

  test.each<{ name: string; links: readonly Link[]; closed: readonly (readonly [number, number])[] }>([
    { name: 'none', links: [runAt(1), { key: entryKey(2) }], closed: [] },
    { name: 'one without an end', links: [runAt(1), closing(2)], closed: [[at(2), Number.POSITIVE_INFINITY]] },
    { name: 'one with an end', links: [runAt(1), closing(2), reopening(3), runAt(4)], closed: [[at(2), at(3)]] },
    {
      name: 'two',
      links: [closing(2), reopening(3), runAt(4), closing(5), reopening(6)],
      closed: [
        [at(2), at(3)],
        [at(5), at(6)],
      ],
    },
    { name: 'none of a reopening whose closing is gone', links: [reopening(3), runAt(4)], closed: [] },
  ])('are $name', ({ links, closed }) => {
    expect(closedTimes(links).map(({ from, to }) => [from, to])).toEqual(closed);
  });
});

describe('a closing', () => {
  test.each<{ name: string; links: readonly Link[] }>([
    { name: 'that says what is so', links: [runAt(1), runAt(2), closingAt(3)] },
    { name: 'that counts a run which is gone', links: [runAt(2), closingAt(3)] },
    { name: 'that counts no run where a closing may be gone', links: [runAt(2), closingAt(3, { runs: 1 })] },
    { name: 'before which all is gone', links: [closingAt(3)] },
    { name: 'whose last run is gone, with whatever head', links: [runAt(1), closingAt(3, { head: '2:a' })] },
  ])('holds: one $name', ({ links }) => {
    expect(milestoneObservations(links).problems).toEqual([]);
  });

  test.each<{ name: string; links: readonly Link[]; words: string }>([
    {
      name: 'of too many runs',
      links: [runAt(1), runAt(2), closingAt(3, { runs: 3 })],
      words: 'says that 3 runs are before it, and 2 are',
    },
    {
      name: 'of too few runs',
      links: [runAt(1), runAt(2), closingAt(3, { runs: 1 })],
      words: 'says that 1 runs are before it, and 2 are',
    },
    { name: 'of more runs than can be gone', links: [runAt(2), closingAt(3, { runs: 3 })], words: 'says that 3 runs' },
    {
      name: 'of another head',
      links: [runAt(1), runAt(2), closingAt(3, { head: '2:a' })],
      words: 'says that the head before it is 2:a, and it is 2:',
    },
    {
      name: 'of another head, though the first run is gone',
      links: [runAt(2), closingAt(3, { head: '2:a' })],
      words: 'says that the head before it is 2:a',
    },
    {
      name: 'of another head, that names another before it',
      links: [runAt(1), closingAt(2, { head: '1:a', previous: { run: 'a', key: entryKey(7), sha256: 'a' } })],
      words: 'says that the head before it is 1:a',
    },
    { name: 'of no number of runs', links: [runAt(1), milestoneAt(2, 'closing')], words: 'says that undefined runs' },
  ])('does not hold: one $name', ({ links, words }) => {
    expect(milestoneObservations(links).problems).toEqual([
      { kind: 'edited', run: links.at(-1)?.run, key: links.at(-1)?.key, message: expect.stringContaining(words) },
    ]);
  });

  test('and a reopening are told, and until when what is before it is to be kept', () => {
    const links = [
      runAt(1),
      closingAt(2, { retentionUntil: '2033-01-02' }),
      milestoneAt(3, 'reopened'),
      { key: entryKey(4) },
    ];
    expect(milestoneObservations(links)).toEqual({
      problems: [],
      notes: [
        {
          kind: 'closed',
          run: entryRun(2),
          key: entryKey(2),
          message: 'the history was closed on 2026-01-02: a test; to be kept until 2033-01-02',
        },
        {
          kind: 'reopened',
          run: entryRun(3),
          key: entryKey(3),
          message: 'the history was reopened on 2026-01-03: a test',
        },
      ],
    });
  });
});
