import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { runChecks } from '../../../core/doctor/check.ts';
import { rosterChecks } from '../../../core/doctor/roster.ts';
import type { ListingSource } from '../../../core/model/listing.ts';
import { RosterError } from '../../../core/sources/roster/file.ts';
import type { OpenedRoster } from '../../../core/sources/roster/open.ts';
import { auditNights, nightAt } from '../../support/archived-nights.ts';
import { aUser, ENVIRONMENT } from '../../support/builders.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { openedRoster } from '../../support/opened-roster.ts';

const WORD = { name: 'Ada Lovelace', statement: 'this is everybody', at: '2026-10-06T07:00:00Z' };
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

interface Saved {
  readonly content: string;
  readonly asOf?: Date;
  /** The proof that it is whole; default: somebody's word. */
  readonly shownBy?: Pick<ListingSource, 'manifest' | 'attestedBy'>;
}

let closed = 0;

/** A roster as it is opened of a file, of somebody's word. */
const openedOf = ({ content, asOf = nightAt(5), shownBy = { attestedBy: WORD } }: Saved): OpenedRoster =>
  openedRoster(content, {
    name: 'users.json',
    asOf,
    shownBy,
    close: async () => {
      closed += 1;
    },
  });

const look = async (openRoster: (() => Promise<OpenedRoster>) | undefined, archive: Archive = memoryArchive()) => {
  const [found] = await runChecks(rosterChecks({ environmentId: ENVIRONMENT, openRoster }, archive));
  return found;
};

const USERS = JSON.stringify([aUser()]);
const IT = (content: string): string =>
  `the saved roster users.json, SHA-256 ${sha256(content).slice(0, 12)}..., as of 2026-11-28T02:00:00.000Z`;

test.each<{ name: string; saved: Saved; outcome: string; told: string; remedy?: string }>([
  {
    name: 'that somebody attests',
    saved: { content: USERS },
    outcome: 'ok',
    told: `${IT(USERS)}: 1 record, whole by the word of Ada Lovelace`,
  },
  {
    name: 'whose manifest shows that it is whole',
    saved: { content: USERS, shownBy: { manifest: { key: 'manifests/1.json', sha256: '' } } },
    outcome: 'ok',
    told: `${IT(USERS)}: 1 record, whole by the manifest of its run`,
  },
  {
    name: 'that nothing shows to be whole',
    saved: { content: USERS, shownBy: {} },
    outcome: 'warn',
    told: `${IT(USERS)}: 1 record; nothing in users.json shows that it is the whole directory; 1 record is in it`,
    remedy:
      'whoever knows that it is attests it, with --attested-by NAME --statement TEXT or beside it with finspace-audit attest',
  },
  {
    name: 'that breaks off',
    saved: { content: USERS.slice(0, -1) },
    outcome: 'fail',
    told: expect.stringMatching(
      /^users\.json is no whole JSON: .*; 1 record is in it, and others may be missing$/,
    ) as never,
    remedy: 'save it anew',
  },
  {
    name: 'of nobody',
    saved: { content: '[]' },
    outcome: 'fail',
    told: `${IT('[]')}: 0 records: an audit would be INCOMPLETE, empty-roster`,
    remedy: 'give the whole directory: FinSpace always has one user',
  },
])('a roster $name is told', async ({ saved, outcome, told, remedy }) => {
  const before = closed;
  expect(await look(async () => openedOf(saved))).toStrictEqual({
    name: 'roster',
    outcome,
    told,
    ...(remedy !== undefined && { remedy }),
  });
  expect(closed).toBe(before + 1);
});

describe('where runs are complete', () => {
  const archive = memoryArchive();
  const audited = JSON.stringify([aUser({ firstName: 'Grace' })]);
  beforeAll(async () => {
    const source = { kind: 'roster', sha256: sha256(audited) } as const;
    await auditNights(archive, [
      { number: 1, users: [aUser()], source },
      { number: 3, users: [aUser()] },
    ]);
  });

  test.each<{ name: string; saved: Saved; outcome: string; told: RegExp; remedy?: string }>([
    {
      name: 'is newer than the last of them',
      saved: { content: USERS, asOf: nightAt(4) },
      outcome: 'ok',
      told: /: 1 record, whole by the word of Ada Lovelace$/,
    },
    {
      name: 'is of the moment of the last',
      saved: { content: USERS, asOf: nightAt(3) },
      outcome: 'fail',
      told: /: 1 record; run 20261126T020000Z is complete, and a history goes forward only$/,
      remedy: 'give a newer roster, or audit it into an archive of its own',
    },
    {
      name: 'one of them has audited, whatever moment is given for it',
      saved: { content: audited, asOf: nightAt(4) },
      outcome: 'warn',
      told: /: 1 record; run 20261124T020000Z has audited it$/,
      remedy: 'save a newer roster',
    },
  ])('a roster that $name is told', async ({ saved, outcome, told, remedy }) => {
    expect(await look(async () => openedOf(saved), archive)).toStrictEqual({
      name: 'roster',
      outcome,
      told: expect.stringMatching(told),
      ...(remedy !== undefined && { remedy }),
    });
  });
});

test.each([
  ['with a remedy', 'users.json must be users: save it anew', 'users.json must be users', 'save it anew'],
  ['with what goes on', 'a: b; attest it', 'a: b', 'attest it'],
  [
    'without a remedy',
    "users.json can't be read (ENOENT)",
    "users.json can't be read (ENOENT)",
    'mend what the message names',
  ],
])('a roster that cannot be opened is told %s', async (_name, message, told, remedy) => {
  expect(await look(() => Promise.reject(new RosterError(message)))).toStrictEqual({
    name: 'roster',
    outcome: 'fail',
    told,
    remedy,
  });
});

test('what is no fault of a roster is told as it is', async () => {
  expect(await look(() => Promise.reject(new TypeError('a: b')))).toMatchObject({
    outcome: 'fail',
    told: 'TypeError: a: b',
  });
});

test('without a roster none is looked at', async () => {
  expect(await look(undefined)).toMatchObject({
    outcome: 'not-checked',
    told: 'no saved roster was given: --roster FILE, or source: { roster: s3://bucket/prefix/ } in audit.yaml, takes users that somebody saved, without FinSpace',
  });
});
