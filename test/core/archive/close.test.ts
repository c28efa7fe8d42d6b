import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { type ChainDecision, decide } from '../../../core/archive/close.ts';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { headText } from '../../../core/archive/head.ts';
import type { Manifest } from '../../../core/archive/manifest.ts';
import { sha256Of } from '../../../core/archive/staging.ts';
import { readText, readTree } from '../../support/archive-tree.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import {
  aMilestone,
  anEntry,
  archiveOf,
  entryInstant,
  entryKey,
  entryRun,
  linkToEntry,
  putAll,
} from '../../support/chain-entries.ts';

const first = anEntry(1);
const second = anEntry(2, { previous: linkToEntry(entryKey(1), first) });
const closing = aMilestone(3, 'closing', linkToEntry(entryKey(2), second));
const reopened = aMilestone(4, 'reopened', linkToEntry(entryKey(3), closing));
const third = anEntry(5, { previous: linkToEntry(entryKey(4), reopened) });

const OPEN = { [entryKey(1)]: first, [entryKey(2)]: second };
const CLOSED = { ...OPEN, [entryKey(3)]: closing };
const REOPENED = { ...CLOSED, [entryKey(4)]: reopened, [entryKey(5)]: third };

const AT = 9;
const decision = (kind: ChainDecision['kind'], differs: Partial<ChainDecision> = {}): ChainDecision => ({
  kind,
  reason: 'a test',
  at: entryInstant(AT),
  name: entryRun(AT),
  retentionYears: 7,
  ...differs,
});

/** Gives what every entry of this decision says. */
const said = (sequence: number, previous: object) => ({
  schemaVersion: 1,
  run: entryRun(AT),
  environmentId: ENVIRONMENT,
  asOf: entryInstant(AT).toISOString(),
  sequence,
  reason: 'a test',
  previous,
});

const dayOf = (number: number): string => entryInstant(number).toISOString();

describe('a chain', () => {
  test.each([
    {
      name: 'of two runs',
      objects: OPEN,
      sequence: 3,
      previous: linkToEntry(entryKey(2), second),
      summary: { runs: 2, firstAsOf: dayOf(1), lastAsOf: dayOf(2), retentionUntil: '2033-01-02' },
    },
    {
      name: 'that was closed once, of which that is no run',
      objects: REOPENED,
      sequence: 6,
      previous: linkToEntry(entryKey(5), third),
      summary: { runs: 3, firstAsOf: dayOf(1), lastAsOf: dayOf(5), retentionUntil: '2033-01-05' },
    },
    {
      name: 'of which what can not be read is not counted',
      objects: { ...REOPENED, [entryKey(1)]: '{' },
      sequence: 6,
      previous: linkToEntry(entryKey(5), third),
      summary: { runs: 2, firstAsOf: dayOf(2), lastAsOf: dayOf(5), retentionUntil: '2033-01-05' },
    },
  ])('$name is closed by an entry that sums it up', async ({ objects, sequence, previous, summary }) => {
    const archive = await archiveOf(objects);
    const { entry, head } = await decide(archive, ENVIRONMENT, decision('closing'));
    const stored = await readText(archive, entryKey(sequence));
    expect(JSON.parse(stored)).toEqual({
      ...said(sequence, previous),
      kind: 'closing',
      head: headText(sequence - 1, previous.sha256),
      ...summary,
    });
    expect({ entry, head }).toEqual({ entry: JSON.parse(stored), head: headText(sequence, sha256Of(stored)) });
  });

  test('of which a run went away meanwhile is summed up without it', async () => {
    const archive = await archiveOf(OPEN);
    let reads = 0;
    const read: Archive['read'] = async (key) => {
      // The first time is to see whether the end of the chain holds.
      if (key === entryKey(1)) reads += 1;
      return key === entryKey(1) && reads > 1 ? undefined : archive.read(key);
    };
    const { entry } = await decide({ ...archive, read }, ENVIRONMENT, decision('closing'));
    expect(entry).toMatchObject({ runs: 1, firstAsOf: dayOf(2), lastAsOf: dayOf(2) });
  });

  test('is reopened by an entry that says so', async () => {
    const archive = await archiveOf(CLOSED);
    const { entry } = await decide(archive, ENVIRONMENT, decision('reopened'));
    expect(entry).toStrictEqual({ ...said(4, linkToEntry(entryKey(3), closing)), kind: 'reopened' });
  });

  test.each([
    { years: 1, until: '2027-01-02' },
    { years: 0.01, until: '2027-01-02' },
    { years: 1.01, until: '2028-01-02' },
  ])('that is kept for $years years has to be there until $until', async ({ years, until }) => {
    const { entry } = await decide(await archiveOf(OPEN), ENVIRONMENT, decision('closing', { retentionYears: years }));
    expect(entry.retentionUntil).toBe(until);
  });

  const signed: Manifest = { ...first, signature: { scheme: 2, keyId: 'a', algorithm: 'ECDSA_SHA_256', value: 'b' } };

  test.each<{ name: string; objects: Readonly<Record<string, object>>; kind: ChainDecision['kind']; words: string }>([
    { name: 'without a run is not closed', objects: {}, kind: 'closing', words: 'there is no chain to be closed' },
    { name: 'without a run is not reopened', objects: {}, kind: 'reopened', words: 'no chain to be reopened' },
    { name: 'is not closed twice', objects: CLOSED, kind: 'closing', words: 'was closed on 2026-01-03 already' },
    { name: 'that is open is not reopened', objects: REOPENED, kind: 'reopened', words: 'is not closed' },
    {
      name: 'that is signed is not closed without a signature',
      objects: { [entryKey(1)]: signed },
      kind: 'closing',
      words: 'are signed, and this entry would not be',
    },
    {
      name: 'that does not hold is not closed',
      objects: { ...OPEN, [entryKey(1)]: anEntry(1, { accountId: '9' }) },
      kind: 'closing',
      words: 'was altered',
    },
  ])('$name', async ({ objects, kind, words }) => {
    const archive = await archiveOf(objects);
    const decided = decide(archive, ENVIRONMENT, decision(kind));
    await expect(decided).rejects.toThrow(ArchiveError);
    await expect(decided).rejects.toThrow(words);
    expect(Object.keys(await readTree(archive))).toEqual(Object.keys(objects));
  });

  test('that is signed is closed with a signature of the entry', async () => {
    const archive = await archiveOf({ [entryKey(1)]: signed });
    const signature = { scheme: 2, keyId: 'a', algorithm: 'ECDSA_SHA_256', value: 'c' } as const;
    const { entry, head } = await decide(archive, ENVIRONMENT, decision('closing', { sign: async () => signature }));
    expect(entry.signature).toEqual(signature);
    expect(head).toBe(headText(2, sha256Of(await readText(archive, entryKey(2)))));
  });

  /** Another audit is quicker, so many times. */
  const contested = async (times: number): Promise<Archive> => {
    const archive = await archiveOf(OPEN);
    let last = second;
    let left = times;
    return {
      ...archive,
      async create(key, ...given) {
        left -= 1;
        if (left >= 0) {
          const { sequence = 0 } = last;
          last = anEntry(sequence + 1, { previous: linkToEntry(entryKey(sequence), last) });
          await putAll(archive, { [key]: last });
        }
        return archive.create(key, ...given);
      },
    };
  };

  test('is closed after the runs that come in between, of which there are few', async () => {
    const { entry } = await decide(await contested(4), ENVIRONMENT, decision('closing'));
    expect(entry).toMatchObject({ sequence: 7, runs: 6, lastAsOf: dayOf(6) });
    await expect(decide(await contested(5), ENVIRONMENT, decision('closing'))).rejects.toThrow(
      'audits keep taking the next place of the chain',
    );
  });
});
