import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { chainKey } from '../../../core/archive/keys.ts';
import { jsonText, sha256Of, stagedContent } from '../../../core/archive/staging.ts';
import type { ListingSource } from '../../../core/model/listing.ts';
import { followUp } from '../../../core/review/follow-up.ts';
import { buildPack } from '../../../core/review/pack.ts';
import { SIGN_OFF_MANIFEST, SIGNED_OFF, signOff } from '../../../core/review/sign-off.ts';
import { DAY_MS } from '../../../rules/engine/time.ts';
import { rules } from '../../../rules/index.ts';
import { readText } from '../../support/archive-tree.ts';
import { aUser, ENVIRONMENT } from '../../support/builders.ts';
import { auditNight, keysOf, night, runOf } from '../../support/history.ts';
import { listingOf } from '../../support/listing.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { readSheet, writeSheet } from '../../support/worksheet.ts';

type Records = readonly object[];

let archive: Archive;
let pack: Archive;

const auditOf = async (number: number, records: Records, source?: ListingSource): Promise<void> => {
  const listed = listingOf([records.map((record) => aUser({ userId: 'u1', ...record }))]);
  await auditNight(archive, number, { listUsers: (until) => ({ ...listed(until), ...(source && { source }) }) });
};

const SIGNED_OFF_AT = night(1.5);
const [BOUND, FREE, DISABLED] = [{ apiAccess: 'ENABLED' }, { apiAccess: 'DISABLED' }, { status: 'DISABLED' }];
const STAYS = { userId: 'stays', ...FREE };

/** Reviews the first night, and takes the access of all but one. */
const review = async (first: Records = [FREE], signedOffAt = SIGNED_OFF_AT): Promise<void> => {
  await auditOf(1, [...first, STAYS]);
  const day = night(1).toISOString().slice(0, 10);
  const period = { from: day, to: day };
  await buildPack(archive, pack, {
    environmentId: ENVIRONMENT,
    period,
    rules: new Map(rules.map((rule) => [rule.id, rule])),
    now: night(1).getTime(),
  });
  const sheet = await readSheet(Buffer.from(await readText(pack, 'worksheet.csv')));
  const filled = sheet.map((line) => ({
    ...line,
    decision: line.userId === 'stays' ? 'keep' : 'revoke',
    justification: 'as agreed',
    reviewer: 'Rita',
  }));
  await signOff(pack, {
    filled: [{ name: 'filled.csv', bytes: Buffer.from(writeSheet(filled)) }],
    reviewer: 'Rita',
    signedOffAt,
  });
};

const follow = (now = night(9).getTime(), withinDays = 3) => followUp(pack, async () => archive, withinDays, now);

const change = async (from: Archive, key: string, text: string): Promise<void> => {
  await from.replace(key, stagedContent(text).content, 'application/json', (await from.read(key))?.version);
};

beforeEach(() => {
  archive = memoryArchive();
  pack = memoryArchive();
});

describe('a revocation', () => {
  test.each<{ readonly name: string; readonly record: object; readonly state: string; readonly message: string }>([
    { name: 'both', record: { ...DISABLED, ...FREE }, state: 'done', message: 'disabled, without API access' },
    {
      name: 'the user',
      record: { ...DISABLED, ...BOUND },
      state: 'partly',
      message: 'disabled, and API access stands',
    },
    {
      name: 'the user, and what nobody knows',
      record: { ...DISABLED, apiAccess: 'MAYBE' },
      state: 'partly',
      message: 'disabled, and API access is not known',
    },
    { name: 'API access', record: FREE, state: 'partly', message: 'not disabled, and API access is off' },
    { name: 'nothing', record: BOUND, state: 'open', message: 'not disabled, and API access stands' },
    {
      name: 'nothing that anybody knows of',
      record: { apiAccess: 'MAYBE' },
      state: 'open',
      message: 'not disabled, and API access is not known',
    },
  ])('that turned off $name is $state', async ({ record, state, message }) => {
    await review();
    await auditOf(2, [record, STAYS]);
    expect(await follow()).toEqual({
      environmentId: ENVIRONMENT,
      signedOffAt: SIGNED_OFF_AT.toISOString(),
      lastRun: runOf(2),
      notes: [],
      withinDays: 3,
      revocations: [
        { userId: 'u1', state, message, isOverdue: state !== 'done', ...(state === 'done' && { seenBy: runOf(2) }) },
      ],
    });
  });

  const done = { ...DISABLED, ...FREE };

  test.each<{ readonly records: Records; readonly state: string; readonly message: string }>([
    { records: [done, BOUND], state: 'open', message: 'not disabled, and API access stands' },
    { records: [BOUND, done], state: 'open', message: 'not disabled, and API access stands' },
    { records: [done, FREE], state: 'partly', message: 'not disabled, and API access is off' },
    { records: [FREE, BOUND], state: 'open', message: 'not disabled, and API access stands' },
    { records: [FREE, { ...DISABLED, ...BOUND }], state: 'partly', message: 'not disabled, and API access is off' },
    { records: [{ ...DISABLED, ...BOUND }, FREE], state: 'partly', message: 'disabled, and API access stands' },
  ])('of whom records differ is the worst of them: $records', async ({ records, state, message }) => {
    await review();
    await auditOf(2, [...records, STAYS]);
    const { revocations, notes } = await follow();
    expect(revocations).toEqual([{ userId: 'u1', state, message, isOverdue: true }]);
    expect(notes).toEqual([expect.stringMatching(/^RECORDS DIFFER: /)]);
  });

  test.each<{
    readonly name: string;
    readonly first?: Records;
    readonly later: Records;
    readonly source?: ListingSource;
    readonly state: string;
    readonly message: string;
  }>([
    { name: 'by a whole listing', later: [STAYS], state: 'done', message: 'no longer in the directory' },
    {
      name: 'by a listing with a record that may be anybody’s',
      later: [STAYS, { userId: null }],
      state: 'not seen',
      message: 'not found by its userId, which 1 record of that run lacks',
    },
    {
      name: 'by a listing with two of them',
      later: [STAYS, { userId: null }, { userId: null }],
      state: 'not seen',
      message: 'not found by its userId, which 2 records of that run lack',
    },
    {
      name: 'by an attested roster',
      later: [STAYS],
      source: { kind: 'roster', attestedBy: { name: 'Ada', statement: 'all', at: '2026-11-20T07:00:00Z' } },
      state: 'not seen',
      message: "not in a saved roster that is the whole directory by somebody's word alone",
    },
    {
      name: 'without a userId, though another record has its place',
      first: [{ userId: null }],
      later: [{ userId: null, ...done }, STAYS],
      state: 'not seen',
      message: 'a record without a userId, which nothing ties to one of a later run',
    },
  ])('of somebody who is not found $name is $state', async ({ first, later, source, state, message }) => {
    await review(first);
    await auditOf(2, later, source);
    const { revocations } = await follow();
    expect(revocations.map((one) => [one.state, one.message, one.isOverdue])).toEqual([
      [state, message, state !== 'done'],
    ]);
  });

  test('is seen by the first run since which it stands', async () => {
    await review();
    const nights = [done, FREE, done, done];
    for (const [index, record] of nights.entries()) await auditOf(index + 2, [record, STAYS]);
    const { revocations, lastRun } = await follow();
    expect(lastRun).toBe(runOf(5));
    expect(revocations).toEqual([expect.objectContaining({ state: 'done', seenBy: runOf(4) })]);
  });

  test('that was undone is seen by nobody', async () => {
    await review();
    await auditOf(2, [done, STAYS]);
    await auditOf(3, [BOUND, STAYS]);
    const { revocations } = await follow();
    expect(revocations).toStrictEqual([
      { userId: 'u1', state: 'open', message: 'not disabled, and API access stands', isOverdue: true },
    ]);
  });

  test.each([
    { over: 0, isOverdue: false },
    { over: 1, isOverdue: true },
  ])('that nobody looked after is overdue past its days: by $over ms', async ({ over, isOverdue }) => {
    await review();
    expect(await follow(SIGNED_OFF_AT.getTime() + 3 * DAY_MS + over)).toMatchObject({
      lastRun: undefined,
      notes: [],
      revocations: [{ userId: 'u1', state: 'not seen', message: 'no run is complete since the sign-off', isOverdue }],
    });
  });
});

describe('a follow-up', () => {
  test('is of a sign-off that was not altered', async () => {
    await review();
    const text = await readText(pack, SIGNED_OFF);
    await change(pack, SIGNED_OFF, `${text} `);
    await expect(follow()).rejects.toMatchObject({
      name: 'PackError',
      message: `${SIGNED_OFF} was altered: its SHA-256 must be ${sha256Of(text)}, got ${sha256Of(`${text} `)}`,
    });
    await change(pack, SIGN_OFF_MANIFEST, jsonText({ files: {} }));
    await expect(follow()).rejects.toThrow(`${SIGNED_OFF} was altered: its SHA-256 must be in the manifest, got `);
    await change(pack, SIGN_OFF_MANIFEST, jsonText({}));
    await expect(follow()).rejects.toThrow(`${SIGNED_OFF} was altered: its SHA-256 must be in the manifest, got `);
  });

  test('is of a pack that was not altered', async () => {
    await review();
    await change(pack, 'roster.csv', 'other');
    await expect(follow()).rejects.toThrow(/^roster.csv was altered: /);
  });

  test.each([SIGN_OFF_MANIFEST, SIGNED_OFF])('is of a pack that was signed off: not without %s', async (name) => {
    await review();
    const read = async (key: string) => (key === name ? undefined : pack.read(key));
    await expect(followUp({ ...pack, read }, async () => archive, 3, 0)).rejects.toMatchObject({
      name: 'PackError',
      message: `memory must be a pack that was signed off, got no ${SIGN_OFF_MANIFEST} there`,
    });
  });

  test.each([
    { after: 0, lastRun: undefined },
    { after: -1, lastRun: runOf(2) },
  ])('goes by runs after the sign-off: $after ms after one', async ({ after, lastRun }) => {
    await review([FREE], new Date(night(2).getTime() + after));
    await auditOf(2, [STAYS]);
    expect((await follow()).lastRun).toBe(lastRun);
  });

  test('is none past a run that can not be read', async () => {
    await review();
    await auditOf(2, [STAYS]);
    await auditOf(3, [STAYS]);
    await change(archive, chainKey(ENVIRONMENT, 2), '{}');
    await expect(follow()).rejects.toMatchObject({
      name: 'ArchiveError',
      message: expect.stringContaining(chainKey(ENVIRONMENT, 2)),
    });
  });

  test('is none past a run of which a later one says that it was another', async () => {
    await review();
    await auditOf(2, [BOUND, STAYS]);
    await auditOf(3, [STAYS]);
    const key = chainKey(ENVIRONMENT, 2);
    await change(archive, key, `${await readText(archive, key)} `);
    await expect(follow()).rejects.toMatchObject({ name: 'ArchiveError', message: expect.stringContaining(key) });
  });

  test('reads a run of before there were sources', async () => {
    await review();
    await auditOf(2, [STAYS]);
    const key = chainKey(ENVIRONMENT, 2);
    const text = await readText(archive, key);
    const { source, ...former } = JSON.parse(text);
    expect(source).toBeDefined();
    await change(archive, key, JSON.stringify(former));
    const latest = `latest/environment=${ENVIRONMENT}.json`;
    const pointer = await readText(archive, latest);
    await change(archive, latest, pointer.replace(sha256Of(text), sha256Of(JSON.stringify(former))));
    const { revocations } = await follow();
    expect(revocations).toEqual([
      { userId: 'u1', state: 'done', message: 'no longer in the directory', isOverdue: false, seenBy: runOf(2) },
    ]);
  });

  test('is none past a run without a snapshot', async () => {
    await review();
    await auditOf(2, [STAYS]);
    const key = chainKey(ENVIRONMENT, 2);
    const { objects, ...others } = JSON.parse(await readText(archive, key));
    const { snapshot: _snapshot, ...left } = objects;
    await change(archive, key, JSON.stringify({ ...others, objects: left }));
    await expect(follow()).rejects.toThrow(`${key} names no snapshot, which every complete run has`);
  });

  test('is none past a run whose users were altered', async () => {
    await review();
    await auditOf(2, [STAYS]);
    const key = keysOf(2).object({ area: 'snapshots', file: 'snapshot.jsonl.gz' });
    await change(archive, key, '{}');
    await expect(follow()).rejects.toThrow(`${key} was altered`);
  });
});
