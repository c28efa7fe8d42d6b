import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../../../core/archive/folder.ts';
import { chainKey, keysUnder, publicKeyKey } from '../../../../core/archive/keys.ts';
import { kmsPublicKey, kmsSigner } from '../../../../core/archive/kms.ts';
import { WRITER } from '../../../../core/archive/left-behind.ts';
import type { Manifest } from '../../../../core/archive/manifest.ts';
import { entryText } from '../../../../core/archive/signature.ts';
import { chooseSource } from '../../../../core/sources/index.ts';
import { attestationText } from '../../../../core/sources/roster/attestation.ts';
import { openRoster, type RosterSettings } from '../../../../core/sources/roster/open.ts';
import { serialiseRecord } from '../../../../rules/engine/record.ts';
import { auditNights, nightAt, nightKeys } from '../../../support/archived-nights.ts';
import { ENVIRONMENT } from '../../../support/builders.ts';
import { forged, unsigned } from '../../../support/forgery.ts';
import { auditNight, keysOf } from '../../../support/history.ts';
import { KMS_KEY_ARN, type Kms, startKms } from '../../../support/kms.ts';
import { listingOf } from '../../../support/listing.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const NOW = Date.UTC(2026, 10, 24, 9);
const AS_OF = new Date('2026-10-06T07:00:00Z');
const WORD = { name: 'Ada Lovelace', statement: 'this is everybody' };

const ada = { userId: 'ada', status: 'ENABLED', createTime: 1700000000000 };
const bob = { userId: 'bob', firstName: 'Zoë', lastLoginTime: 1710000000000 };

/** Saves files, and gives their paths. */
const save = async (files: Readonly<Record<string, string | Uint8Array>>): Promise<readonly string[]> => {
  const folder = await newFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return Object.keys(files).map((name) => join(folder, name));
};

const open = (from: readonly string[], differs: Partial<RosterSettings> = {}) =>
  openRoster({
    from,
    environmentId: ENVIRONMENT,
    asOf: AS_OF,
    s3: () => Promise.reject<S3Client>(new Error('S3 was asked')),
    now: NOW,
    ...differs,
  });

/** Reads a roster to its end; users as they are kept. */
const read = async (from: readonly string[], differs: Partial<RosterSettings> = {}) => {
  const roster = await open(from, differs);
  const listing = chooseSource(roster)(Number.POSITIVE_INFINITY);
  const users: string[] = [];
  for await (const page of listing.pages) users.push(...page.map(serialiseRecord));
  const end = listing.end();
  return {
    users,
    end,
    reason: end.complete ? 'complete' : end.reason,
    source: listing.source,
    counts: listing.counts(),
  };
};

const json = JSON.stringify;
const lines = (...records: readonly unknown[]): string => records.map((record) => `${json(record)}\n`).join('');
const EVERYBODY = [json(ada), json(bob)];

const COLUMNS =
  'apiAccess,apiAccessPrincipalArn,createTime,emailAddress,firstName,lastDisabledTime,lastEnabledTime,lastLoginTime,lastModifiedTime,lastName,status,type,userId';
const row = (user: Readonly<Record<string, string | number>>, separator: string, missing = ''): string =>
  COLUMNS.split(',')
    .map((name) => String(user[name] ?? missing))
    .join(separator);

/** The same users, with their members in the order of the columns. */
const IN_COLUMNS = [
  '{"createTime":1700000000000,"status":"ENABLED","userId":"ada"}',
  '{"firstName":"Zoë","lastLoginTime":1710000000000,"userId":"bob"}',
];

describe('users are read of what people saved', () => {
  test.each<{ name: string; parser: string; content: string | Uint8Array; users?: readonly string[] }>([
    { name: 'one page', parser: 'json', content: json({ users: [ada, bob] }) },
    { name: 'one page, as the AWS CLI indents it', parser: 'json', content: json({ users: [ada, bob] }, null, 4) },
    {
      name: 'a page whose list has a user a line',
      parser: 'json',
      content: `{"users":[\n${json(ada)},\n${json(bob)}\n]}`,
    },
    { name: 'an array', parser: 'json', content: json([ada, bob]) },
    { name: 'an array, with a byte order mark', parser: 'json', content: `\ufeff${json([ada, bob])}` },
    {
      name: 'what PowerShell makes of it, in UTF-16',
      parser: 'json',
      content: Buffer.from(`\ufeff${json([ada, bob])}`, 'utf16le'),
    },
    {
      name: 'UTF-16 of the other order',
      parser: 'json',
      content: Buffer.from(`\ufeff${json([ada, bob])}`, 'utf16le').swap16(),
    },
    {
      name: 'characters of which two pieces of the file have a half each',
      parser: 'json',
      content: json([{ userId: `x${'ë'.repeat(140_000)}` }]),
      users: [json({ userId: `x${'ë'.repeat(140_000)}` })],
    },
    {
      name: 'lines of which two pieces of the file have a part each',
      parser: 'json-lines',
      content: lines(ada, { userId: 'x'.repeat(300_000) }, bob),
      users: [json(ada), json({ userId: 'x'.repeat(300_000) }), json(bob)],
    },
    {
      name: 'pages in one file',
      parser: 'json',
      content: json({ users: [ada], nextToken: 't' }, null, 1) + json({ users: [bob] }, null, 1),
    },
    { name: 'a list of pages', parser: 'json', content: json([{ users: [ada], nextToken: 't' }, { users: [bob] }]) },
    { name: 'a page a line', parser: 'json-lines', content: lines({ users: [ada], nextToken: 't' }, { users: [bob] }) },
    { name: 'JSON lines', parser: 'json-lines', content: lines(ada, bob) },
    {
      name: 'JSON lines, with blank ones and the last without its end',
      parser: 'json-lines',
      content: `${json(ada)}\r\n\r\n \t\n${json(bob)}`,
    },
    { name: 'one user', parser: 'json', content: json(ada, null, 2), users: [json(ada)] },
    {
      name: 'what boto3 answers',
      parser: 'json',
      content: json({ ResponseMetadata: { HTTPStatusCode: 200 }, users: [ada, bob] }),
    },
    {
      name: '--output text',
      parser: 'text',
      content: `USERS\t${row(ada, '\t')}\nUSERS\t${row(bob, '\t')}\n`,
      users: IN_COLUMNS,
    },
    {
      name: '--output text --query users',
      parser: 'text',
      content: `${row(ada, '\t', 'None')}\r\n${row(bob, '\t', 'None')}\r\n`,
      users: IN_COLUMNS,
    },
    {
      name: '--output text that ends between CR and LF',
      parser: 'text',
      content: `${row(ada, '\t', 'None')}\r\n${row(bob, '\t', 'None')}\r`,
      users: IN_COLUMNS,
    },
    {
      name: '--output text of somebody whose name is None',
      parser: 'text',
      content: `USERS\t${row({ ...bob, lastName: 'None' }, '\t')}\n`,
      users: ['{"firstName":"Zoë","lastLoginTime":1710000000000,"lastName":"None","userId":"bob"}'],
    },
    {
      name: 'CSV files one after the other',
      parser: 'csv',
      content: `${COLUMNS}\n${row(ada, ',')}\n${COLUMNS}\n${row(bob, ',')}\n`,
      users: IN_COLUMNS,
    },
    {
      name: 'CSV files one after the other, each with its mark and an order of its own',
      parser: 'csv',
      content: `\ufeff${COLUMNS}\n${row(ada, ',')}\n\ufeff${COLUMNS.split(',').toReversed().join(',')}\n${row(bob, ',').split(',').toReversed().join(',')}\n`,
      users: [IN_COLUMNS[0] ?? '', '{"userId":"bob","lastLoginTime":1710000000000,"firstName":"Zoë"}'],
    },
    {
      name: 'CSV with a tab in it',
      parser: 'csv',
      content: `${COLUMNS}\n${row({ userId: 'ada', firstName: 'A\tda' }, ',')}\n`,
      users: [json({ firstName: 'A\tda', userId: 'ada' })],
    },
    {
      name: '--output text --query [users,nextToken], of the last page',
      parser: 'text',
      content: `None\n${row(ada, '\t', 'None')}\n${row(bob, '\t', 'None')}\n`,
      users: IN_COLUMNS,
    },
    {
      name: 'CSV, with a blank line',
      parser: 'csv',
      content: `${COLUMNS}\n${row(ada, ',')}\n\n${row(bob, ',')}\n`,
      users: IN_COLUMNS,
    },
    {
      name: 'CSV of another order, quoted, by ;',
      parser: 'csv',
      content: `"${COLUMNS.split(',').toReversed().join('";"')}"\r\n"ada"${';'.repeat(12)}\r\n`,
      users: ['{"userId":"ada"}'],
    },
    {
      name: 'numbers that no double holds',
      parser: 'json',
      content: '[{"createTime":1700000000000.0,"n":12345678901234567890}]',
      users: ['{"createTime":1700000000000.0,"n":12345678901234567890}'],
    },
    {
      name: 'digits that are no time',
      parser: 'csv',
      content: `${COLUMNS}\n,,0.5,,7,,,,,,,,42`,
      users: ['{"createTime":0.5,"firstName":"7","userId":"42"}'],
    },
    {
      name: 'a time that a spreadsheet has shortened',
      parser: 'csv',
      content: `${COLUMNS}\n,,1.70E+12,,,,,,,,,,ada`,
      users: ['{"createTime":"1.70E+12","userId":"ada"}'],
    },
    {
      name: 'records that nobody expects',
      parser: 'json',
      content: '[{"userId":"ada","users":1}, {"__proto__":{"a":1}}, null, 7]',
      users: ['{"userId":"ada","users":1}', '{"__proto__":{"a":1}}', 'null', '7'],
    },
  ])('$name, gzipped or not', async ({ parser, content, users = EVERYBODY }) => {
    for (const bytes of [content, gzipSync(content)]) {
      const [path = ''] = await save({ roster: bytes });
      const seen = await read([path], { attestation: WORD });
      expect(seen).toMatchObject({ users, source: { parser } });
    }
  });

  test('several files, one after the other, as the pages of one', async () => {
    const pages = [json({ users: [ada], nextToken: 't' }), json({ users: [bob] })];
    const paths = await save({ 'page-1.json': pages[0] ?? '', 'page-2.json': pages[1] ?? '' });
    const { users, source, counts, end } = await read(paths, { attestation: WORD });
    expect({ users, end, counts }).toEqual({
      users: EVERYBODY,
      end: { complete: true },
      counts: { pages: 2, requests: 0, throttled: 0, retries: 0 },
    });
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(source).toEqual({
      kind: 'roster',
      file: 'page-1.json and 1 more',
      sha256: sha256(pages.join('')),
      parser: 'json',
      files: pages.map((page, index) => ({ file: `page-${index + 1}.json`, sha256: sha256(page), parser: 'json' })),
      instant: AS_OF.toISOString(),
      instantFrom: 'given',
      readAt: new Date(NOW).toISOString(),
      attestedBy: { ...WORD, at: new Date(NOW).toISOString() },
    });
  });
});

describe('the end is proven, attested, or neither', () => {
  test.each<{
    name: string;
    files: Readonly<Record<string, string | Uint8Array>>;
    alone: string;
    attested: string;
    says?: RegExp;
  }>([
    {
      name: 'a page without a token',
      files: { a: json({ users: [ada] }) },
      alone: 'unproven-end',
      attested: 'complete',
      says: /^nothing in a shows that it is the whole directory; 1 record is in it.*--attested-by NAME --statement TEXT/,
    },
    {
      name: 'a page whose token is null',
      files: { a: json({ users: [ada], nextToken: null }) },
      alone: 'unproven-end',
      attested: 'complete',
    },
    { name: 'an array', files: { a: json([ada, bob]) }, alone: 'unproven-end', attested: 'complete' },
    { name: 'an empty array', files: { a: '[]' }, alone: 'unproven-end', attested: 'complete' },
    {
      name: 'a user with a member that is new',
      files: { a: json({ ...ada, team: 'x' }) },
      alone: 'unproven-end',
      attested: 'complete',
    },
    {
      name: 'users in a row, each on several lines',
      files: { a: json(ada, null, 2) + json(bob, null, 2) },
      alone: 'unproven-end',
      attested: 'complete',
    },
    {
      name: 'what the SDK for JavaScript answers',
      files: { a: json({ $metadata: { httpStatusCode: 200 }, users: [ada] }) },
      alone: 'unproven-end',
      attested: 'complete',
    },
    {
      name: 'a page with a token, and then the rest as an array',
      files: { a: json({ users: [ada], nextToken: 't' }), b: json([bob]) },
      alone: 'unproven-end',
      attested: 'complete',
    },
    {
      name: 'a token in an array of users',
      files: { a: json([ada, { nextToken: 't' }]) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a page without users, but with a text beside its token',
      files: { a: json({ note: 'x', nextToken: 't' }), b: json({ users: [bob] }) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a page with a token',
      files: { a: json({ nextToken: 't', users: [ada, bob] }) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /2 records are in it: fetch the rest with aws finspace-data list-users --max-results 100 --next-token/,
    },
    {
      name: 'pages whose last has a token',
      files: { a: json({ users: [ada] }), b: json({ users: [bob], nextToken: 't' }) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a token and no users',
      files: { a: json([ada]), b: json({ nextToken: 't' }) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /ends with the token of a page/,
    },
    {
      name: 'a list of pages whose last has a token',
      files: { a: json([{ users: [ada], nextToken: 't' }]) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a token, and then an empty list',
      files: { a: json({ users: [ada], nextToken: 't' }), b: '[]' },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a token of --output text',
      files: { a: `t0k/en==\nUSERS\t${row(ada, '\t')}\n` },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /ends with the token of a page that is not in it; 1 record is in it/,
    },
    {
      name: 'pages of --output text whose last has no token',
      files: { a: `t\n${row(ada, '\t')}\n`, b: `None\n${row(bob, '\t')}\n\n` },
      alone: 'unproven-end',
      attested: 'complete',
    },
    {
      name: 'a page of --output text that was saved twice',
      files: { a: `t\n${row(ada, '\t')}\n`, b: `t\n${row(ada, '\t')}\n`, c: `${row(bob, '\t')}\n` },
      alone: 'repeated-token',
      attested: 'repeated-token',
    },
    {
      name: 'a page that was saved twice',
      files: {
        a: json({ users: [ada], nextToken: 't' }),
        b: json({ users: [ada], nextToken: 't' }),
        c: json({ users: [bob] }),
      },
      alone: 'repeated-token',
      attested: 'repeated-token',
    },
    {
      name: 'a token that is no text',
      files: { a: json({ users: [ada], nextToken: 7 }) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a member spelt otherwise',
      files: { a: json({ users: [ada], NextToken: 't' }) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a member spelt otherwise, before the users',
      files: { a: json({ NextToken: 't', users: [ada] }) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a page that names an error',
      files: { a: json({ users: [ada], message: 'Internal failure' }) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /has a page with a strange member message/,
    },
    {
      name: 'a page with the type of an error',
      files: { a: json({ __type: 'InternalServerException', users: [ada] }) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a token, and something else than users',
      files: { a: json({ user: [ada], nextToken: 't' }), b: json({ users: [bob] }) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'users that are no list',
      files: { a: json({ users: { a: ada } }) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a file that breaks off',
      files: { a: json({ users: [ada, bob] }, null, 4).slice(0, -3) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /2 records are in it, and others may be missing/,
    },
    {
      name: 'a gzip that breaks off',
      files: { a: gzipSync(lines(ada, bob)).subarray(0, -8) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a line that breaks off',
      files: { a: `${json(ada)}\n{"userId":"x","sta\n${json(bob)}\n` },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /is no JSON on line 2; 3 records are in it/,
    },
    {
      name: 'bytes that are no UTF-8',
      files: { a: Buffer.from(`${lines(ada)}{"userId":"Zo\xeb"}\n`, 'latin1') },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'two lists of users on a page',
      files: { a: '{"users":[{"userId":"ada"}],"users":[{"userId":"bob"}]}' },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /^a has two lists of users on one page; 2 records are in it/,
    },
    {
      name: 'an empty list within a list',
      files: { a: '[{"userId":"ada"},[]]' },
      alone: 'unproven-end',
      attested: 'complete',
    },
    {
      name: 'a page after the last one',
      files: { a: json({ users: [ada] }), b: json({ users: [bob] }) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /has a page after the one that ends the listing/,
    },
    {
      name: 'a last page that is given twice',
      files: { a: json({ users: [ada], nextToken: 't' }), b: json({ users: [bob] }), c: json({ users: [bob] }) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a token, and then a CSV of nobody',
      files: { a: json({ users: [ada], nextToken: 't' }), b: `${COLUMNS}\n` },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    { name: 'a CSV', files: { a: `${COLUMNS}\n${row(ada, ',')}\n` }, alone: 'unproven-end', attested: 'complete' },
    ...['x', ',x'].map((narrow) => ({
      name: `a CSV with the row ${narrow}`,
      files: { a: `${COLUMNS}\n${row(ada, ',')}\n${narrow}\n` },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /cells on line 3, where 13 are needed; 2 records are in it/,
    })),
    {
      name: 'a gzipped CSV that breaks off',
      files: { a: gzipSync(`${COLUMNS}\n${row(ada, ',')}\n`).subarray(0, -8) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /^a is no whole gzip file/,
    },
    {
      name: 'a CSV of which one quote makes a single cell',
      files: { a: `${COLUMNS}\n"${'x'.repeat(1024 * 1024 + 1)}` },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /line 2: cell 1 must have at most 1048576 characters/,
    },
    {
      name: 'a text beside a user that names a member',
      files: { a: json([{ userId: 'ada', firstName: 'userId' }]) },
      alone: 'unproven-end',
      attested: 'complete',
    },
    {
      name: 'a text that looks like a member, and members within one',
      files: { a: json([{ userId: 'ada', firstName: '","userId":"bob"', rest: { userId: 'eve' } }]) },
      alone: 'unproven-end',
      attested: 'complete',
    },
    {
      name: 'what somebody noted beside the users',
      files: { a: json({ users: [ada], savedBy: 'me', nextToken: '', hasMore: false, next_token: null }) },
      alone: 'unproven-end',
      attested: 'complete',
    },
    {
      name: 'gzip files one after the other',
      files: { a: Buffer.concat([gzipSync(lines(ada)), gzipSync(lines(bob))]) },
      alone: 'unproven-end',
      attested: 'complete',
      says: /2 records are in it/,
    },
    {
      name: 'a gzip file with something behind it',
      files: { a: Buffer.concat([gzipSync(lines(ada)), Buffer.from('x')]) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a gzip file with zeros behind it',
      files: { a: Buffer.concat([gzipSync(lines(ada)), Buffer.alloc(8)]) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /^a goes on after the end of its gzip data; 1 record is in it/,
    },
    {
      name: 'UTF-16 with half a character at its end',
      files: { a: Buffer.concat([Buffer.from(`\ufeff${json([ada])}`, 'utf16le'), Buffer.from('x')]) },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a row of another width',
      files: { a: `USERS\t${row(ada, '\t')}\nUSERS\tx\n` },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /1 cells on line 2/,
    },
    {
      name: 'a CSV that breaks off in quotes',
      files: { a: `${COLUMNS}\n${row(ada, ',')}\n"x` },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
    },
    {
      name: 'a CSV whose further header has another column',
      files: { a: `${COLUMNS}\n${row(ada, ',')}\n${COLUMNS},age\n` },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /has 14 cells on line 3, where 13 are needed/,
    },
    {
      name: 'a text that breaks off within an id',
      files: { a: `USERS\t${row(ada, '\t')}\nUSERS\t${row(bob, '\t').slice(0, -1)}` },
      alone: 'truncated-roster',
      attested: 'truncated-roster',
      says: /^a ends without a line end behind the last cell of line 2, .*; 2 records are in it/,
    },
  ])('$name', async ({ files, alone, attested, says }) => {
    const paths = await save(files);
    const { reason, end } = await read(paths);
    expect(reason).toBe(alone);
    if (says !== undefined) expect(end).toMatchObject({ message: expect.stringMatching(says) });
    expect((await read(paths, { attestation: WORD })).reason).toBe(attested);
  });

  test.each([
    [
      'a user is a page as well',
      '[{"userId":"eve","users":[{"userId":"ada"}]},{"userId":"bob"}]',
      ['{"userId":"ada"}', '{"userId":"eve"}', '{"userId":"bob"}'],
    ],
    [
      'a page is within a page',
      '{"users":[{"users":[{"userId":"ada"}]},{"userId":"bob"}]}',
      ['{"users":[{"userId":"ada"}]}', '{"userId":"bob"}'],
    ],
  ])('nobody is lost where %s', async (_name, a, users) => {
    const [path = ''] = await save({ a });
    expect((await read([path])).users).toEqual(users);
  });

  test.each([
    ['a torn line', `{"userId":"ada"}\n{"userId":"x","sta\n{"userId":"bob"}\n`, '{"userId":"x","sta'],
    [
      'a row of another width',
      `${row({ userId: 'ada' }, '\t')}\nUSERS\tx\ty\n${row({ userId: 'bob' }, '\t')}\n`,
      'x\ty',
    ],
  ])('%s is a record that nobody can read, and no other user is lost', async (_name, a, unreadable) => {
    const [path = ''] = await save({ a });
    expect((await read([path])).users).toEqual(['{"userId":"ada"}', json(unreadable), '{"userId":"bob"}']);
  });

  test.each<{ name: string; beside: (sha256: string) => string; reason: string; says?: string }>([
    {
      name: 'its own word',
      beside: (sha256) => attestationText('a', { sha256, ...WORD, at: AS_OF.toISOString() }),
      reason: 'complete',
    },
    {
      name: 'that of other bytes',
      beside: () => attestationText('a', { sha256: 'f'.repeat(64), ...WORD, at: AS_OF.toISOString() }),
      reason: 'unproven-end',
      says: 'attests other bytes',
    },
    {
      name: 'a word that is yet to be given',
      beside: (sha256) => attestationText('a', { sha256, ...WORD, at: new Date(NOW + 600_000).toISOString() }),
      reason: 'unproven-end',
      says: 'is no attestation: attestedAt must be at most 5 minutes ahead of the clock',
    },
    {
      name: 'the word of nobody whom anybody can see',
      beside: (sha256) => attestationText('a', { sha256, ...WORD, name: '\u200b', at: AS_OF.toISOString() }),
      reason: 'unproven-end',
      says: 'is no attestation: attestedBy',
    },
    { name: 'no word at all', beside: () => '{}', reason: 'unproven-end', says: 'is no attestation: schemaVersion' },
    { name: 'what is no JSON', beside: () => 'yes', reason: 'unproven-end', says: 'is no attestation: all of it' },
  ])('$name beside it', async ({ beside, reason, says }) => {
    const [path = ''] = await save({ 'a.json': json([ada]) });
    await writeFile(
      `${path}.attestation.json`,
      beside(
        createHash('sha256')
          .update(json([ada]))
          .digest('hex'),
      ),
    );
    const seen = await read([path]);
    expect(seen.reason).toBe(reason);
    if (says !== undefined) expect(seen.end).toMatchObject({ message: expect.stringContaining(says) });
    else expect(seen.source.attestedBy).toEqual({ ...WORD, at: AS_OF.toISOString() });
  });
});

test('the word that is put beside a file counts, and another is not put in its place', async () => {
  const [path = ''] = await save({ 'a.json': json([ada]) });
  const { files } = await open([path]);
  const at = AS_OF.toISOString();
  const textOf = (name: string) => attestationText('a', { sha256: files[0]?.sha256 ?? '', ...WORD, name, at });
  expect(await files[0]?.file.attest(textOf('Ada'))).toBe(true);
  expect(await files[0]?.file.attest(textOf('Bob'))).toBe(false);
  expect((await read([path])).source.attestedBy).toStrictEqual({ ...WORD, name: 'Ada', at });
});

test('the word beside one of several files is no word on all of them', async () => {
  const content = json({ users: [ada], nextToken: 't' });
  const paths = await save({ 'a.json': content, 'b.json': json({ users: [bob] }) });
  const sha256 = createHash('sha256').update(content).digest('hex');
  for (const path of paths)
    await writeFile(`${path}.attestation.json`, attestationText('a', { sha256, ...WORD, at: AS_OF.toISOString() }));
  const { reason, source } = await read(paths);
  expect(reason).toBe('unproven-end');
  expect(source).not.toHaveProperty('attestedBy');
});

describe('a snapshot of an archive', () => {
  const archived = async () => {
    const folder = await newFolder();
    const archive = folderArchive(folder);
    await auditNights(archive, [{ number: 1, users: ['odd', ada, bob] }]);
    const [snapshot = ''] = (await keysUnder(archive, 'snapshots/')).map((key) => join(folder, key));
    return { folder, archive, snapshot };
  };

  test('is whole where its manifest says that it is of a complete run, and of that moment', async () => {
    const { snapshot } = await archived();
    const seen = await read([snapshot], { asOf: undefined });
    expect(seen).toMatchObject({
      users: ['"odd"', ...EVERYBODY],
      end: { complete: true },
      source: { instant: nightAt(1).toISOString(), instantFrom: 'manifest', manifest: { sha256: expect.any(String) } },
    });
    // Whoever attests it says nothing that is not seen.
    expect((await read([snapshot], { asOf: nightAt(1), attestation: WORD })).source).not.toHaveProperty('attestedBy');
  });

  test('is whole by a manifest that does not tell where its users were listed', async () => {
    const { folder, snapshot } = await archived();
    const { source: _service, ...older } = JSON.parse(
      await readFile(join(folder, nightKeys(1).manifest), 'utf8'),
    ) as Manifest;
    for (const place of [nightKeys(1).manifest, chainKey(ENVIRONMENT, 1)])
      await writeFile(join(folder, place), entryText(older));
    const { reason, source } = await read([snapshot], { asOf: undefined, attestation: WORD });
    expect(reason).toBe('complete');
    expect(source).not.toHaveProperty('attestedBy');
  });

  test('of a run whose roster was attested is attested by the same word, and not seen', async () => {
    const folder = await newFolder();
    const archive = folderArchive(folder);
    const source = { kind: 'roster', attestedBy: { ...WORD, at: AS_OF.toISOString() } } as const;
    await auditNight(archive, 1, { listUsers: (deadline) => ({ ...listingOf([[ada, bob]])(deadline), source }) });
    const [snapshot = ''] = await keysUnder(archive, 'snapshots/');
    for (const attestation of [undefined, { name: 'Somebody else', statement: 'I too' }])
      expect(await read([join(folder, snapshot)], { asOf: undefined, attestation })).toMatchObject({
        end: { complete: true },
        source: { instantFrom: 'manifest', attestedBy: source.attestedBy },
      });
  });

  test('is a file as others are where it is one of several', async () => {
    const { snapshot } = await archived();
    const [other = ''] = await save({ 'b.json': json([bob]) });
    const { reason, source } = await read([snapshot, other], { asOf: nightAt(1) });
    expect(reason).toBe('unproven-end');
    expect(source).not.toHaveProperty('manifest');
  });

  test('is of no other moment than its manifest says', async () => {
    const { snapshot } = await archived();
    await expect(read([snapshot], { asOf: AS_OF })).rejects.toThrow(
      `is of ${nightAt(1).toISOString()} by its manifest: --as-of must be that, or left out, got 2026-10-06T07:00:00.000Z`,
    );
  });

  test.each<{ name: string; change: (at: { folder: string; snapshot: string }) => Promise<string> }>([
    {
      name: 'that stands elsewhere',
      change: async ({ snapshot }) => {
        const [copy = ''] = await save({ [basename(snapshot)]: await readFile(snapshot) });
        return copy;
      },
    },
    {
      name: 'under a name that is no run’s',
      change: async ({ snapshot }) => {
        const other = join(dirname(snapshot), 'other.jsonl.gz');
        await writeFile(other, await readFile(snapshot));
        return other;
      },
    },
    {
      name: 'whose manifest is gone',
      change: async ({ folder, snapshot }) => {
        await rm(join(folder, nightKeys(1).manifest));
        return snapshot;
      },
    },
    {
      name: 'whose manifest says of it that it is not whole',
      change: async ({ folder, snapshot }) => {
        const stored = JSON.parse(await readFile(join(folder, nightKeys(1).manifest), 'utf8')) as Manifest;
        for (const place of [nightKeys(1).manifest, chainKey(ENVIRONMENT, 1)])
          await writeFile(join(folder, place), entryText({ ...stored, verdict: 'INCOMPLETE' }));
        return snapshot;
      },
    },
    {
      name: 'of which its manifest does not speak',
      change: async ({ folder, snapshot }) => {
        const stored = JSON.parse(await readFile(join(folder, nightKeys(1).manifest), 'utf8')) as Manifest;
        for (const place of [nightKeys(1).manifest, chainKey(ENVIRONMENT, 1)])
          await writeFile(join(folder, place), entryText({ ...stored, objects: {} }));
        return snapshot;
      },
    },
    {
      name: 'that was altered',
      change: async ({ snapshot }) => {
        await writeFile(snapshot, gzipSync(lines(ada)));
        return snapshot;
      },
    },
  ])('$name is a file as others are', async ({ change }) => {
    const path = await change(await archived());
    expect((await read([path])).reason).toBe('unproven-end');
  });

  test('whose manifest has no place in the chain is refused', async () => {
    const { folder, snapshot } = await archived();
    await writeFile(join(folder, chainKey(ENVIRONMENT, 1)), 'another');
    await expect(read([snapshot])).rejects.toThrow('its manifest does not hold: it has no place in its chain');
    expect(await readFile(join(folder, nightKeys(1).manifest), 'utf8')).toContain('COMPLETE');
  });

  describe('of a run that was signed', () => {
    const environment = process.env;
    let kms: Kms;
    beforeAll(async () => {
      kms = await startKms();
      process.env = { ...environment, ...kms.env };
    });
    afterAll(async () => {
      process.env = environment;
      await kms.close();
    });

    const signing = () => ({
      signManifestDigest: kmsSigner(KMS_KEY_ARN, 'ECDSA_SHA_256'),
      loadPublicKey: kmsPublicKey(KMS_KEY_ARN),
    });

    test('is whole without a signature where signing began after its run', async () => {
      const folder = await newFolder();
      const archive = folderArchive(folder);
      await auditNight(archive, 1);
      await auditNight(archive, 2, signing());
      const [first = '', second = ''] = await keysUnder(archive, 'snapshots/');
      for (const key of [first, second])
        expect(await read([join(folder, key)], { asOf: undefined })).toMatchObject({
          reason: 'complete',
          source: { instantFrom: 'manifest' },
        });
    });

    test.each<{ name: string; tamper: (manifest: Manifest) => object; key?: string; says?: RegExp }>([
      { name: 'is whole where the signature holds against the key that is recorded', tamper: (manifest) => manifest },
      { name: 'is refused where another key has signed it', tamper: forged, says: /the signature of .* does not hold/ },
      { name: 'is refused where it has none, though the run before has', tamper: unsigned, says: /has no signature/ },
      {
        name: 'is refused where what is recorded is no key',
        tamper: (manifest) => manifest,
        key: 'none',
        says: /is no public key/,
      },
    ])('$name', async ({ tamper, key, says }) => {
      const folder = await newFolder();
      const archive = folderArchive(folder);
      for (const number of [1, 2]) await auditNight(archive, number, signing());
      const keys = keysOf(2);
      const stored = JSON.parse(await readFile(join(folder, keys.manifest), 'utf8')) as Manifest;
      const text = entryText(tamper(stored) as Manifest);
      for (const place of [keys.manifest, keys.copy]) await writeFile(join(folder, place), text);
      if (key !== undefined) await writeFile(join(folder, publicKeyKey(KMS_KEY_ARN)), key);
      const path = join(folder, stored.objects.snapshot?.key ?? '');
      const seen = read([path], { asOf: undefined });
      if (says === undefined)
        expect(await seen).toMatchObject({ reason: 'complete', source: { instantFrom: 'manifest' } });
      else await expect(seen).rejects.toThrow(says);
    });
  });

  test('of another environment is refused', async () => {
    const { snapshot } = await archived();
    await expect(read([snapshot], { environmentId: 'another' })).rejects.toThrow('must be of environment another');
  });
});

describe('the moment of a roster', () => {
  const answered = (date: string) =>
    json({ users: [], ResponseMetadata: { HTTPHeaders: { server: 'x', date } } }, null, 2);
  const FIRST = 'Tue, 06 Oct 2026 06:00:00 GMT';
  const LAST = 'Tue, 06 Oct 2026 06:00:09 GMT';

  test.each<{ name: string; content: string | Uint8Array; asOf?: Date; instant: string; instantFrom: string }>([
    {
      name: 'the one that is given',
      content: answered(LAST),
      asOf: AS_OF,
      instant: AS_OF.toISOString(),
      instantFrom: 'given',
    },
    {
      name: 'that of the last answer',
      content: answered(LAST) + answered(FIRST),
      instant: '2026-10-06T06:00:09.000Z',
      instantFrom: 'response',
    },
    {
      name: 'that of the last answer, a day after the first',
      content: answered('Mon, 05 Oct 2026 06:00:09 GMT') + answered(LAST),
      instant: '2026-10-06T06:00:09.000Z',
      instantFrom: 'response',
    },
    {
      name: 'that of an answer in a file that breaks off behind it',
      content: gzipSync(answered(LAST)).subarray(0, -8),
      instant: '2026-10-06T06:00:09.000Z',
      instantFrom: 'response',
    },
    { name: 'that of the file', content: json([ada]), instant: '2026-10-01T12:00:00.000Z', instantFrom: 'file' },
    {
      name: 'the one that is given, a day after the answer',
      content: answered('Mon, 05 Oct 2026 07:00:00 GMT'),
      asOf: AS_OF,
      instant: AS_OF.toISOString(),
      instantFrom: 'given',
    },
    {
      name: 'that of an answer in another zone',
      content: answered('Tue, 06 Oct 2026 08:00:09 +0200'),
      instant: '2026-10-06T06:00:09.000Z',
      instantFrom: 'response',
    },
    {
      name: 'that of the file where an answer names no zone',
      content: answered('Tue, 06 Oct 2026 06:00:09'),
      instant: '2026-10-01T12:00:00.000Z',
      instantFrom: 'file',
    },
    {
      name: 'that of the file where an answer names a day alone',
      content: answered('06-10-2026'),
      instant: '2026-10-01T12:00:00.000Z',
      instantFrom: 'file',
    },
    {
      name: 'that of the file where an answer has none',
      content: answered('soon'),
      instant: '2026-10-01T12:00:00.000Z',
      instantFrom: 'file',
    },
  ])('is $name', async ({ content, asOf, instant, instantFrom }) => {
    const [path = ''] = await save({ roster: content });
    await utimes(path, NOW / 1000, Date.UTC(2026, 9, 1, 12) / 1000 + 0.5);
    const { source } = await read([path], { asOf });
    expect(source).toMatchObject({ instant, instantFrom });
  });

  test.each<{ name: string; contents: readonly string[]; instant: string; instantFrom: string }>([
    {
      name: 'that of the last answer in any of them',
      contents: [answered(FIRST), answered(LAST), answered(FIRST), json([ada])],
      instant: '2026-10-06T06:00:09.000Z',
      instantFrom: 'response',
    },
    {
      name: 'that of the file that was saved last',
      contents: [json([ada]), json([bob]), json([ada])],
      instant: '2026-10-01T12:00:02.000Z',
      instantFrom: 'file',
    },
    {
      name: 'that of an answer which comes in two pieces',
      contents: [json({ users: [{ ...ada, firstName: 'x'.repeat(256 * 1024 - 150) }] }) + answered(LAST)],
      instant: '2026-10-06T06:00:09.000Z',
      instantFrom: 'response',
    },
  ])('of several files is $name', async ({ contents, instant, instantFrom }) => {
    const paths = await save(Object.fromEntries(contents.map((content, index) => [`page-${index}`, content])));
    for (const [index, path] of paths.entries())
      await utimes(path, NOW / 1000, Date.UTC(2026, 9, 1, 12) / 1000 + (index === 1 ? 2 : 1));
    const { source } = await read(paths, { asOf: undefined });
    expect(source).toMatchObject({ instant, instantFrom });
  });

  test('is never one that the answer contradicts, nor one that is yet to come', async () => {
    const before = answered('Mon, 05 Oct 2026 06:59:59 GMT');
    const after = answered('Tue, 06 Oct 2026 07:00:00 GMT');
    const [path = '', last = '', both = '', later = ''] = await save({
      roster: before,
      last: after,
      both: before + after,
      later: answered('Tue, 24 Nov 2026 09:05:01 GMT'),
    });
    await expect(read([path])).rejects.toThrow(
      'roster was answered at 2026-10-05T06:59:59.000Z, as it says: --as-of must be within a day of that, or left out, got',
    );
    // One listing takes no day.
    for (const from of [[path, last], [last, path], [both]])
      await expect(read(from, { asOf: undefined })).rejects.toThrow(
        'was answered from 2026-10-05T06:59:59.000Z to 2026-10-06T07:00:00.000Z: pages of one listing must be of one day',
      );
    await expect(read([both])).rejects.toThrow('was answered at 2026-10-05T06:59:59.000Z, as it says: --as-of must be');
    await expect(read([later], { asOf: undefined })).rejects.toThrow(
      'the instant of later must be at most 5 minutes ahead of the clock',
    );
  });

  test('is the time of all that a rule knows, and the listing’s', async () => {
    const [path = ''] = await save({ roster: json([ada]) });
    const listing = chooseSource(await open([path]))(0);
    expect([listing.startedAt, listing.readAt?.()]).toEqual([AS_OF.getTime(), AS_OF.getTime()]);
  });
});

describe('what is no roster is refused', () => {
  test.each([
    ['nothing', '', /^\S+roster must be users as .*, got nothing: save it with aws finspace-data list-users/],
    ['a pickle', Buffer.from('80049514000000', 'hex'), /pickle, which runs what it holds.*json\.dump/],
    ['a pickle that has a tab in it', Buffer.from('800495140000007d0994', 'hex'), /got a Python pickle/],
    ['a spreadsheet', Buffer.from('PK\u0003\u0004'), /got something else/],
    [
      'a gzip file of which nothing can be read',
      Buffer.from('1f8b0800', 'hex'),
      /^\S+roster is no whole gzip file \(.*unexpected end of file\): save it anew$/,
    ],
    ['CSV of ids alone', 'userId\nada\n', /^\S+roster must have the columns .*got 1, without apiAccess, .*, type$/],
  ])('%s', async (_name, content, message) => {
    const [path = ''] = await save({ roster: content });
    await expect(read([path])).rejects.toThrow(message);
  });

  test('a file that is not there, and a folder', async () => {
    await expect(read(['/nowhere/users.json'])).rejects.toThrow("/nowhere/users.json can't be read (ENOENT)");
    await expect(read([await newFolder()])).rejects.toThrow(/must be a file/);
    for (const place of ['s3://', 's3://rosters', 's3://R/users.json'])
      await expect(read([place])).rejects.toThrow(`${place} must be s3://BUCKET/KEY, or s3://BUCKET/PREFIX/`);
  });
});

test('a file that changes while it is read is none', async () => {
  const [path = ''] = await save({ 'a.json': json([ada]) });
  const roster = await open([path], { attestation: WORD });
  await writeFile(path, json([bob]));
  const listing = chooseSource(roster)(Number.POSITIVE_INFINITY);
  for await (const page of listing.pages) expect(page).toHaveLength(1);
  expect(listing.end()).toMatchObject({
    complete: false,
    reason: 'source-unavailable',
    message: expect.stringContaining('was changed while'),
  });
});

test('a file that goes away before it is read is none', async () => {
  const [path = ''] = await save({ 'a.json': json([ada]) });
  const listing = chooseSource(await open([path], { attestation: WORD }))(Number.POSITIVE_INFINITY);
  await rm(path);
  for await (const page of listing.pages) expect(page).toHaveLength(0);
  expect(listing.end()).toMatchObject({ complete: false, reason: 'source-unavailable' });
});

test('a file that has no pages counts as one', async () => {
  const paths = await save({ a: json([ada]), b: lines(bob, ada), c: json({ users: [], nextToken: 't' }) });
  expect((await read(paths)).counts).toMatchObject({ pages: 3 });
});

test('a roster for which there is no time is cut', async () => {
  const [path = ''] = await save({ 'a.json': json([ada]) });
  const listing = chooseSource(await open([path], { attestation: WORD }))(0);
  for await (const page of listing.pages) expect(page).toHaveLength(1);
  expect(listing.end()).toMatchObject({ complete: false, reason: 'deadline' });
});

describe('what comes in on standard input', () => {
  const { stdin } = process;
  afterEach(() => {
    Object.defineProperty(process, 'stdin', { value: stdin, configurable: true });
  });
  /** The folders for temporary files that this process has. */
  const kept = async () => (await readdir(tmpdir())).filter((name) => name.startsWith(`finspace-audit-${WRITER}`));
  const comesIn = (text: string) =>
    Object.defineProperty(process, 'stdin', { value: Readable.from([text]), configurable: true });

  test('is read as a file is, and not kept when it is closed', async () => {
    const before = await kept();
    comesIn(json([ada, bob]));
    const roster = await open(['-'], { attestation: WORD });
    expect(roster.source).toMatchObject({ file: '-', instantFrom: 'given' });
    expect(roster.source).not.toHaveProperty('files');
    const users: unknown[] = [];
    for await (const page of chooseSource(roster)(Number.POSITIVE_INFINITY).pages) users.push(...page);
    expect(users).toStrictEqual([ada, bob]);
    expect(await kept()).toHaveLength(before.length + 1);
    await roster.close();
    expect(await kept()).toStrictEqual(before);
  });

  test('is of no moment by itself, and not kept where it is refused', async () => {
    const before = await kept();
    comesIn(json([ada]));
    await expect(open(['-'], { asOf: undefined })).rejects.toThrow(
      '- does not say when it was listed: --as-of must be given, got nothing',
    );
    expect(await kept()).toStrictEqual(before);
  });
});
