import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../../core/archive/archive.ts';
import { folderArchive } from '../../../../core/archive/folder.ts';
import { readBytes } from '../../../../core/archive/lines.ts';
import { systemClock } from '../../../../core/model/clock.ts';
import { listingTimes } from '../../../../core/model/listing.ts';
import {
  findListing,
  type ListingPart,
  listPart,
  partsSource,
  pauseAfter,
} from '../../../../core/sources/parts/listing-parts.ts';
import type { ListingCursor, ListingEnd, ResumableSource } from '../../../../core/sources/source.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const ATTEMPT = { environmentId: 'abc', asOf: new Date('2026-11-24T02:00:00Z'), attempt: 'first' };
const SOURCE = { kind: 'finspace', endpoint: 'https://finspace.example' } as const;
const OUT_OF_TIME: ListingEnd = { complete: false, reason: 'deadline', message: 'page 2: deadline reached' };
const DENIED: ListingEnd = { complete: false, reason: 'access-denied', message: 'page 2: denied' };
const GONE: ListingEnd = { complete: false, reason: 'source-unavailable', message: 'page 2: gone' };
const UNSET: ListingEnd = { complete: false, reason: 'config', message: 'page 2: no keys' };
const REPEATED: ListingEnd = { complete: false, reason: 'repeated-token', message: 'page 2: repeated' };
const REFUSED: ListingEnd = { complete: false, reason: 'validation', message: 'page 2: refused' };

/** Gives these pages and ends so; what it was opened with goes to `opened`. */
const sourceOf =
  (
    pages: readonly (readonly unknown[])[],
    end: ListingEnd,
    opened: [number, ListingCursor | undefined][] = [],
  ): ResumableSource =>
  (deadline, from) => {
    opened.push([deadline, from]);
    return {
      source: SOURCE,
      pages: (async function* listed() {
        yield* pages;
      })(),
      end: () => end,
      counts: () => ({ pages: pages.length, requests: pages.length, throttled: 0, retries: 0 }),
      cursor: () => ({ nextToken: 'onwards', pages: pages.length, seen: ['digest'] }),
    };
  };

const settingsOf = (archive: Archive, listUsers: ResumableSource, now = 0) => ({
  archive,
  listUsers,
  deadline: 1000,
  partMs: 400,
  clock: { ...systemClock, now: () => now },
});

const newArchive = async (): Promise<Archive> => folderArchive(await newFolder());

const read = async (archive: Archive, parts: readonly ListingPart[]) => {
  const listing = partsSource(archive, parts)(0);
  const pages: unknown[] = [];
  for await (const page of listing.pages) pages.push(page);
  return { pages, end: listing.end() };
};

describe('after a part', () => {
  const nextAfter = async (pages: readonly unknown[][], end: ListingEnd, before?: ListingPart, now = 0) => {
    const archive = await newArchive();
    // The part before is read for its cursor, so it has to be there.
    const first = before && (await listPart(settingsOf(archive, sourceOf([[1]], OUT_OF_TIME)), ATTEMPT, undefined));
    const previous = before && first && { ...before, object: first.object };
    return (await listPart(settingsOf(archive, sourceOf(pages, end), now), ATTEMPT, previous)).next;
  };
  const part = (pass: number): ListingPart => ({
    pass,
    number: 1,
    object: { key: '', sha256: '', size: 0 },
    end: OUT_OF_TIME,
    counts: { pages: 1, requests: 1, throttled: 0, retries: 0 },
    listing: listingTimes(0, 0),
    source: SOURCE,
    next: 'next-part',
  });

  test.each([
    { name: 'that is the end, nothing comes', pages: [[1]], end: { complete: true }, next: 'nothing' },
    { name: 'whose time was over, another comes', pages: [[1]], end: OUT_OF_TIME, next: 'next-part' },
    { name: 'that got no page in its whole time, another comes', pages: [], end: OUT_OF_TIME, next: 'next-part' },
    { name: 'that was denied, another comes', pages: [[1]], end: DENIED, next: 'next-part' },
    { name: 'whose service was gone, another comes', pages: [[1]], end: GONE, next: 'next-part' },
    { name: 'whose keys were missing, another comes', pages: [[1]], end: UNSET, next: 'next-part' },
    { name: 'that got a token twice, nothing comes', pages: [[1]], end: REPEATED, next: 'nothing' },
    { name: 'that was denied before anything was read, nothing comes', pages: [], end: DENIED, next: 'nothing' },
    {
      name: 'that was denied for the sixth time, another comes',
      pages: [],
      end: DENIED,
      before: { ...part(2), idle: 5 },
      next: 'next-part',
    },
    {
      name: 'that was denied for the seventh time, nothing comes',
      pages: [],
      end: DENIED,
      before: { ...part(2), idle: 6 },
      next: 'nothing',
    },
    { name: 'just before the deadline, another comes', pages: [[1]], end: OUT_OF_TIME, now: 999, next: 'next-part' },
    { name: 'at the deadline, nothing comes', pages: [[1]], end: OUT_OF_TIME, now: 1000, next: 'nothing' },
    { name: 'whose token was refused, a new pass comes', pages: [], end: REFUSED, before: part(2), next: 'new-pass' },
    {
      name: 'whose token was refused in the last pass, nothing comes',
      pages: [],
      end: REFUSED,
      before: part(3),
      next: 'nothing',
    },
    {
      name: 'whose second token was refused, nothing comes',
      pages: [[1]],
      end: REFUSED,
      before: part(1),
      next: 'nothing',
    },
    { name: 'whose first page was refused, nothing comes', pages: [], end: REFUSED, next: 'nothing' },
  ] satisfies {
    name: string;
    pages: unknown[][];
    end: ListingEnd;
    before?: ListingPart;
    now?: number;
    next: ListingPart['next'];
  }[])('$name', async (given) => {
    const { pages, end, before, now, next } = { before: undefined, now: 0, ...given };
    expect(await nextAfter(pages, end, before, now)).toBe(next);
  });
});

test.each([
  { next: 'next-part', idle: 0, seconds: 1 },
  { next: 'next-part', idle: undefined, seconds: 1 },
  { next: 'next-part', idle: 1, seconds: 60 },
  { next: 'next-part', idle: 4, seconds: 480 },
  { next: 'next-part', idle: 5, seconds: 900 },
  { next: 'new-pass', idle: 3, seconds: 1 },
] as const)(
  'before what comes ($next) after $idle parts without a page it waits $seconds s',
  ({ next, idle, seconds }) => {
    expect(pauseAfter({ next, ...(idle !== undefined && { idle }) })).toBe(seconds);
  },
);

test('parts without a page are counted until one has some', async () => {
  const archive = await newArchive();
  const of = (pages: readonly (readonly unknown[])[]) => settingsOf(archive, sourceOf(pages, OUT_OF_TIME));
  const idle: unknown[] = [];
  let previous: ListingPart | undefined;
  for (const pages of [[], [], [[1]], []]) {
    previous = await listPart(of(pages), ATTEMPT, previous);
    idle.push([previous.number, previous.idle]);
  }
  expect(idle).toEqual([
    [1, 1],
    [2, 2],
    [3, 0],
    [4, 1],
  ]);
});

test('a part that an earlier try has stored is found, and nobody is asked again', async () => {
  const archive = await newArchive();
  const opened: [number, ListingCursor | undefined][] = [];
  const first = await listPart(settingsOf(archive, sourceOf([[1]], OUT_OF_TIME, opened)), ATTEMPT, undefined);
  const found = await listPart(settingsOf(archive, sourceOf([[2]], OUT_OF_TIME, opened)), ATTEMPT, undefined);
  expect(found).toEqual(first);
  expect(opened).toHaveLength(1);
  expect((await read(archive, [found])).pages).toEqual([[1]]);
});

test('a try that was slower goes on with what the faster one has stored', async () => {
  const archive = await newArchive();
  const key = 'listings/environment=abc/dt=2026-11-24/20261124T020000Z-first/1-0001.jsonl.gz';
  const slow: ResumableSource = (deadline, from) => ({
    ...sourceOf([], OUT_OF_TIME)(deadline, from),
    pages: (async function* overtaken() {
      await listPart(settingsOf(archive, sourceOf([['fast']], OUT_OF_TIME)), ATTEMPT, undefined);
      yield ['slow'];
    })(),
  });
  const part = await listPart(settingsOf(archive, slow), ATTEMPT, undefined);
  expect(part.object.key).toBe(key);
  expect((await read(archive, [part])).pages).toEqual([['fast']]);
});

test('what a faster try has stored, and is gone when it is gone on with, stops the step', async () => {
  const answers = [undefined, Buffer.from('of another'), undefined];
  const losing: Archive = {
    ...(await newArchive()),
    create: async () => 'exists',
    read: async (key) => {
      const bytes = answers.shift();
      return bytes && { key, body: Readable.from([bytes]), version: 'one' };
    },
  };
  await expect(listPart(settingsOf(losing, sourceOf([[1]], OUT_OF_TIME)), ATTEMPT, undefined)).rejects.toThrow(
    '1-0001.jsonl.gz exists and is not there: something deletes objects',
  );
});

test('the last listing of a run is found by its attempt, and no other run’s', async () => {
  const archive = await newArchive();
  const list = (attempt: string, asOf: Date) =>
    listPart(settingsOf(archive, sourceOf([[1]], OUT_OF_TIME)), { ...ATTEMPT, attempt, asOf }, undefined);
  expect(await findListing(archive, ATTEMPT)).toBeUndefined();
  await archive.create(
    'listings/environment=abc/dt=2026-11-24/notes.txt',
    { bytes: Buffer.from('ours') },
    'text/plain',
  );
  await list('a', ATTEMPT.asOf);
  await list('b', ATTEMPT.asOf);
  await list('c', new Date('2026-11-24T03:00:00Z'));
  expect(await findListing(archive, ATTEMPT)).toBe('b');
});

test('a listing costs what all its parts did, and has the pages and the end of its last pass', async () => {
  const part = (pass: number, number: number, end: ListingEnd): ListingPart => ({
    pass,
    number,
    object: { key: '', sha256: '', size: 0 },
    end,
    counts: { pages: 1, requests: 10, throttled: 3, retries: 2 },
    listing: listingTimes(0, 0),
    source: SOURCE,
    next: 'next-part',
  });
  const archive = await newArchive();
  const once = partsSource(archive, [part(1, 1, OUT_OF_TIME), part(1, 2, { complete: true })])(0);
  expect(once.counts()).toEqual({ pages: 2, requests: 20, throttled: 6, retries: 4 });
  expect(once.end()).toEqual({ complete: true });
  const parts = [part(1, 1, REFUSED), part(2, 1, OUT_OF_TIME), part(2, 2, { complete: true })];
  expect(partsSource(archive, parts)(0).counts()).toEqual({
    pages: 2,
    requests: 30,
    throttled: 9,
    retries: 6,
    restarts: 1,
  });
  expect(partsSource(archive, parts.slice(0, 2))(0).counts()).toMatchObject({ pages: 1, restarts: 1 });
  expect(partsSource(archive, parts, 'the archive is full')(0).end()).toEqual({
    complete: false,
    reason: 'source-unavailable',
    message: 'the archive is full',
  });
});

test('a part goes on where the one before stopped, within its own time and that of the whole', async () => {
  const archive = await newArchive();
  const opened: [number, ListingCursor | undefined][] = [];
  const source = sourceOf([[1]], OUT_OF_TIME, opened);
  const first = await listPart(settingsOf(archive, source), ATTEMPT, undefined);
  await listPart(settingsOf(archive, source, 700), ATTEMPT, first);
  expect(opened).toEqual([
    [400, undefined],
    [1000, { nextToken: 'onwards', pages: 1, seen: ['digest'] }],
  ]);
  expect(JSON.stringify(first)).not.toContain('onwards');
});

test('a new pass begins at the first page, and its parts are counted anew', async () => {
  const archive = await newArchive();
  const opened: [number, ListingCursor | undefined][] = [];
  const listed = settingsOf(archive, sourceOf([[1]], OUT_OF_TIME, opened));
  const refused = { ...(await listPart(listed, ATTEMPT, undefined)), next: 'new-pass' as const };
  const first = await listPart(listed, ATTEMPT, refused);
  const second = await listPart(listed, ATTEMPT, first);
  expect([first, second].map(({ pass, number }) => [pass, number])).toEqual([
    [2, 1],
    [2, 2],
  ]);
  expect(opened.map(([, from]) => from?.nextToken)).toEqual([undefined, undefined, 'onwards']);
});

test('users come out of the parts as the service gave them, page by page', async () => {
  const archive = await newArchive();
  const odd = [[{ userId: 'a', createTime: Number.POSITIVE_INFINITY }, null, ['b'], 'c'], [], [{ end: 1 }]];
  const first = await listPart(settingsOf(archive, sourceOf(odd, { complete: true })), ATTEMPT, undefined);
  expect(await read(archive, [first])).toEqual({ pages: odd, end: { complete: true } });
});

test('the users of a part were read by its end, and the listing began with the first part of its last pass', async () => {
  const archive = await newArchive();
  const at = (now: number) => settingsOf(archive, sourceOf([['one'], ['other']], OUT_OF_TIME), now);
  const givenUp = await listPart(at(100), ATTEMPT, undefined);
  const first = await listPart(at(200), ATTEMPT, { ...givenUp, next: 'new-pass' });
  const second = await listPart(at(300), ATTEMPT, first);
  const listing = partsSource(archive, [givenUp, first, second])(0);
  const readAt: unknown[] = [];
  for await (const [user] of listing.pages) readAt.push(user, listing.readAt?.());
  expect(listing.startedAt).toBe(200);
  expect(listing.source).toEqual({ ...SOURCE, kind: 'parts' });
  expect(readAt).toEqual(['one', 200, 'other', 200, 'one', 300, 'other', 300]);
});

test('a part ends by a line that is named as in archives of years ago', async () => {
  const archive = await newArchive();
  const { object } = await listPart(settingsOf(archive, sourceOf([[1]], OUT_OF_TIME)), ATTEMPT, undefined);
  const stored = await archive.read(object.key);
  const lines = gunzipSync(await readBytes(stored ?? { key: object.key, body: Readable.from([]) })).toString();
  expect(lines).toBe(
    `[1]\n${JSON.stringify({
      end: OUT_OF_TIME,
      counts: { pages: 1, requests: 1, throttled: 0, retries: 0 },
      listing: { startedAt: '1970-01-01T00:00:00.000Z', endedAt: '1970-01-01T00:00:00.000Z' },
      source: SOURCE,
      place: { nextToken: 'onwards', pages: 1, seen: ['digest'] },
    })}\n`,
  );
});

describe('a part that is not what was stored', () => {
  const stored = async () => {
    const archive = await newArchive();
    const part = await listPart(settingsOf(archive, sourceOf([[1]], { complete: true })), ATTEMPT, undefined);
    return { archive, part };
  };

  test('stops the reading where it was altered', async () => {
    const { archive, part } = await stored();
    const altered = { ...part, object: { ...part.object, sha256: 'another' } };
    await expect(read(archive, [altered])).rejects.toThrow(
      /^\S+1-0001\.jsonl\.gz was altered: .* the checkpoint of its listing says another/,
    );
  });

  test('stops the reading where it is missing', async () => {
    const { archive, part } = await stored();
    const missing = { ...part, object: { ...part.object, key: 'nowhere.jsonl.gz' } };
    await expect(read(archive, [missing])).rejects.toThrow(
      'nowhere.jsonl.gz is missing, though the checkpoint of its listing names it',
    );
  });

  test.each([
    { name: 'is no gzip', bytes: Buffer.from('no gzip'), message: /can't be read: .*incorrect header check/ },
    { name: 'has no end', bytes: gzipSync('[1]\n'), message: 'has no end: it is no whole part of a listing' },
    {
      name: 'was cut short',
      bytes: gzipSync('[1]\n').subarray(0, -4),
      message: /can't be read: .*unexpected end of file/,
    },
  ])('stops the step where it $name', async ({ bytes, message }) => {
    const archive = await newArchive();
    const key = 'listings/environment=abc/dt=2026-11-24/20261124T020000Z-first/1-0001.jsonl.gz';
    await archive.create(key, { bytes }, 'application/gzip');
    const settings = settingsOf(archive, sourceOf([[1]], { complete: true }));
    await expect(listPart(settings, ATTEMPT, undefined)).rejects.toThrow(message);
  });
});

test('no part at all is no listing', async () => {
  const archive = await newArchive();
  expect(await read(archive, [])).toEqual({
    pages: [],
    end: { complete: false, reason: 'source-unavailable', message: 'nothing was listed' },
  });
  expect(partsSource(archive, [])(0).counts()).toStrictEqual({ pages: 0, requests: 0, throttled: 0, retries: 0 });
});
