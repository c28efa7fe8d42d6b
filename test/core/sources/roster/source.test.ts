import { describe, expect, test } from '@jest/globals';
import { stoppedClock } from '../../../../core/model/clock.ts';
import { RosterError } from '../../../../core/sources/roster/file.ts';
import type { OpenedRoster } from '../../../../core/sources/roster/open.ts';
import type { RosterParser } from '../../../../core/sources/roster/parsers.ts';
import { noRoster, rosterSource } from '../../../../core/sources/roster/source.ts';
import { trailKind } from '../../../../core/sources/roster/trail.ts';
import { ENVIRONMENT } from '../../../support/builders.ts';
import { openedRoster } from '../../../support/opened-roster.ts';

const openedOf = (content: string, parser?: RosterParser | string): OpenedRoster =>
  openedRoster(content, { name: 'users', asOf: new Date('2026-10-06T07:00:00Z'), parser });

const readAll = async (content: string, parser?: RosterParser | string) => {
  const listing = rosterSource(openedOf(content, parser))(Number.POSITIVE_INFINITY);
  const users: unknown[] = [];
  for await (const page of listing.pages) users.push(...page);
  return { users, end: listing.end() };
};

describe('events of CloudTrail', () => {
  const event = (userId: string) =>
    JSON.stringify({
      eventSource: 'finspace-api.amazonaws.com',
      eventName: 'CreateUser',
      eventTime: '2026-09-01T00:00:00Z',
      responseElements: { userId },
    });
  const MISSING = 'whoever was made before them is missing, and they hold no names';

  test.each<{ name: string; content: string; message: string }>([
    { name: 'of one user', content: event('a'), message: `the events of users tell of 1 user: ${MISSING}` },
    {
      name: 'with the token of more',
      content: `{"Events":[${event('a')},${event('b')}],"NextToken":"t"}`,
      message: `the events of users tell of 2 users: ${MISSING}; it ends with the token of events that are not in it`,
    },
    {
      name: 'that break off',
      content: `{"Events":[${event('a')},${event('b')}`,
      message: `the events of users tell of 2 users: ${MISSING}; it is no whole JSON: the end is missing at character ${event('a').length * 2 + 13}`,
    },
    {
      name: 'of which one can’t be read',
      content: `{"Events":[${event('a')},{"userId" 1}]}`,
      message: `the events of users tell of 1 user: ${MISSING}; it is no JSON at an event`,
    },
  ])('$name are never everybody, and it is told what they lack', async ({ content, message }) => {
    const { end, users } = await readAll(content, trailKind(ENVIRONMENT).parserOf('users', content));
    expect(end).toEqual({ complete: false, reason: 'reconstructed', message });
    expect(users).toHaveLength(message.includes('1 user:') ? 1 : 2);
  });
});

describe('the end of a roster', () => {
  const [ADA, BOB] = ['{"userId":"ada"}', '{"userId":"bob"}'] as const;
  const ATTEST =
    'whoever knows that it is attests it, with --attested-by NAME --statement TEXT or beside it with finspace-audit attest';
  const FETCH =
    'fetch the rest with aws finspace-data list-users --max-results 100 --next-token TOKEN, the token that ends it, until a page has none, and give all pages in order';

  const endOf = async (content: string, differs: Partial<OpenedRoster> = {}) => {
    const listing = rosterSource({ ...openedOf(content), ...differs })(Number.POSITIVE_INFINITY);
    for await (const page of listing.pages) expect(page).not.toHaveLength(0);
    return { end: listing.end(), pages: listing.counts().pages };
  };

  test.each<{ content: string; differs?: Partial<OpenedRoster>; pages?: number; reason: string; message: string }>([
    {
      content: `[${ADA}]`,
      reason: 'unproven-end',
      message: `nothing in users shows that it is the whole directory; 1 record is in it: ${ATTEST}`,
    },
    {
      content: `[${ADA},${BOB}]`,
      differs: { notAttested: 'what stands beside it is none' },
      reason: 'unproven-end',
      message: `nothing in users shows that it is the whole directory, and what stands beside it is none; 2 records are in it: ${ATTEST}`,
    },
    {
      content: '[]',
      reason: 'unproven-end',
      message: `nothing in users shows that it is the whole directory; 0 records are in it: ${ATTEST}`,
    },
    {
      content: `{"users":[${ADA}],"nextToken":"t"} {"users":[],"nextToken":"u"}`,
      pages: 2,
      reason: 'truncated-roster',
      message: `users ends with the token of a page that is not in it; 1 record is in it: ${FETCH}`,
    },
    {
      content: `{"users":[${ADA}],"nextToken":"t"} {"users":[${ADA}],"nextToken":"t"}`,
      pages: 2,
      reason: 'repeated-token',
      message: 'users has a page twice; 2 records are in it: save every page once, and give them in order',
    },
    {
      content: `[${ADA}`,
      reason: 'truncated-roster',
      message:
        'users is no whole JSON: the end is missing at character 18; 1 record is in it, and others may be missing: save it anew',
    },
  ])('is told: $message', async ({ content, differs, pages = 1, reason, message }) => {
    expect(await endOf(content, differs)).toStrictEqual({ end: { complete: false, reason, message }, pages });
  });

  test.each([
    { shownBy: { manifest: { key: 'manifests/1.json', sha256: '' } } },
    { shownBy: { attestedBy: { name: 'Ada', statement: 'this is everybody', at: '2026-10-06T07:00:00Z' } } },
  ])('is shown by $shownBy, unless the roster itself says otherwise', async ({ shownBy }) => {
    const { source } = openedOf('[]');
    const whole = { source: { ...source, ...shownBy } };
    expect((await endOf(`[${ADA}]`, whole)).end).toStrictEqual({ complete: true });
    expect((await endOf(`[${ADA}`, whole)).end).toMatchObject({ complete: false, reason: 'truncated-roster' });
  });

  test('is none where the bytes are no more those that were looked over, or can be read no further', async () => {
    const [file] = openedOf(`[${ADA}]`).files;
    if (file === undefined) throw new Error('no file');
    const changed = await endOf(`[${ADA}]`, { files: [{ ...file, sha256: 'another' }] });
    expect(changed.end).toStrictEqual({
      complete: false,
      reason: 'source-unavailable',
      message: 'users was changed while it was read',
    });
    const read = () => {
      throw new Error('the disk is gone');
    };
    const gone = await endOf(`[${ADA}]`, { files: [{ ...file, file: { ...file.file, read } }] });
    expect(gone.end).toStrictEqual({ complete: false, reason: 'source-unavailable', message: 'the disk is gone' });
  });

  test('is torn where bytes are no text, and nobody is lost', async () => {
    const [file] = openedOf('[]').files;
    if (file === undefined) throw new Error('no file');
    async function* read() {
      yield Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]);
    }
    const { end } = await endOf('[]', { files: [{ ...file, file: { ...file.file, read } }] });
    expect(end).toStrictEqual({
      complete: false,
      reason: 'truncated-roster',
      message: 'users has bytes that are no UTF-8; 1 record is in it, and others may be missing: save it anew',
    });
    expect((await readAll(`[${ADA}]`)).users).toStrictEqual([{ userId: 'ada' }]);
  });

  test('is not there before it is read', () => {
    expect(rosterSource(openedOf('[]'))(Number.POSITIVE_INFINITY).end()).toStrictEqual({
      complete: false,
      reason: 'deadline',
      message: 'it was not read to its end',
    });
  });

  test('is that of the last of several files, each of a page at least', async () => {
    const files = [`[${ADA}]`, `{"users":[${BOB}],"nextToken":"t"}`].flatMap((content) => openedOf(content).files);
    expect(await endOf('[]', { files })).toMatchObject({ end: { reason: 'truncated-roster' }, pages: 2 });
  });

  test('is told of its moment, and of no requests', () => {
    const { source, startedAt, readAt, counts } = rosterSource(openedOf('[]'))(0);
    const instant = Date.parse('2026-10-06T07:00:00Z');
    expect({ source, startedAt, readAt: readAt?.(), counts: counts() }).toStrictEqual({
      source: { kind: 'roster', file: 'users', sha256: expect.any(String) },
      startedAt: instant,
      readAt: instant,
      counts: { pages: 0, requests: 0, throttled: 0, retries: 0 },
    });
  });
});

test.each([
  { now: 4, reason: 'unproven-end' },
  { now: 5, reason: 'deadline' },
])('at $now of 5 milliseconds a roster ends for $reason', async ({ now, reason }) => {
  const listing = rosterSource(openedOf('[{"userId":"a"}]'), stoppedClock(now))(5);
  for await (const page of listing.pages) expect(page).toEqual([{ userId: 'a' }]);
  expect(listing.end()).toMatchObject({ complete: false, reason });
});

test('where there is no roster nobody is listed, for the reason that is told', async () => {
  const listing = noRoster(new RosterError('not there', 'access-denied'))(Number.POSITIVE_INFINITY);
  for await (const page of listing.pages) expect(page).toBe('none');
  expect(listing.end()).toEqual({ complete: false, reason: 'access-denied', message: 'not there' });
  expect(listing.counts()).toEqual({ pages: 0, requests: 0, throttled: 0, retries: 0 });
  expect(listing.source).toEqual({ kind: 'roster' });
});
