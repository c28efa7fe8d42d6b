import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from '@jest/globals';
import { findingLines, userLines } from '../../../core/outputs/ocsf.ts';
import type { StoredRun } from '../../../core/outputs/output.ts';
import { parquetBytes } from '../../../core/outputs/parquet.ts';
import { LAKE_FILES, lakePath } from '../../../core/outputs/security-lake.ts';
import { FINDING_STATES } from '../../../rules/engine/finding.ts';
import { record } from '../../support/awkward-records.ts';
import { ACCOUNT, anApiUser, aUser, ENVIRONMENT } from '../../support/builders.ts';
import { aFinding, aManifest, findingsOfAllKinds } from '../../support/findings.ts';
import * as fc from '../../support/properties.ts';
import { aStoredRun } from '../../support/stored-run.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();
const duckdb = await (await DuckDBInstance.create(':memory:')).connect();

const rowsOf = async (sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> =>
  (await duckdb.runAndReadAll(sql)).getRowObjectsJS();

const written = async (path: string, parts: AsyncIterable<Uint8Array>): Promise<string> => {
  const file = join(await newFolder(), path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, parts);
  return file;
};

const all = <T>(parts: AsyncIterable<T>): Promise<readonly T[]> => Readable.from(parts).toArray();

const bytesOf = async function* bytes(source: string, run: StoredRun): AsyncGenerator<Uint8Array> {
  for (const file of LAKE_FILES) if (file.source === source) yield* file.bytes(run);
};

/** A row as the event that it is of: what is null there is no member, and what is JSON is what it says. */
const eventOf = (value: unknown, name = ''): unknown => {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map((one) => eventOf(one));
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' && ['unmapped', 'data'].includes(name) ? JSON.parse(value) : value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([member, held]) => [member, eventOf(held, member)]));
};

/** Texts as UTF-8 has them, which knows no half of a pair. */
const wellFormed = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (name, held) =>
    typeof held === 'string' && !['unmapped', 'data'].includes(name) ? held.toWellFormed() : held,
  );

const LINES: Readonly<Record<string, typeof findingLines>> = {
  'finspace-findings': findingLines,
  'finspace-roster': userLines,
};

/** The events of a run by their source, as the lines have them. */
const eventsOf = async (run: StoredRun) => {
  const events: Record<string, readonly unknown[]> = {};
  for (const [source, lines] of Object.entries(LINES))
    events[source] = (await all(lines(run))).map((line) => wellFormed(JSON.parse(line)));
  return events;
};

/** The same, as the files have them. */
const readBack = async (run: StoredRun) => {
  const events: Record<string, readonly unknown[]> = {};
  for (const { source, bytes } of LAKE_FILES) {
    const file = await written(lakePath(source, run.manifest), bytes(run));
    const rows = await rowsOf(`SELECT * FROM read_parquet('${file}', hive_partitioning = false)`);
    events[source] = rows.map((row) => wellFormed(eventOf(row)));
  }
  return events;
};

test('each class of OCSF is a source of its own, whose name Security Lake takes', () => {
  expect(LAKE_FILES.map(({ source }) => source)).toEqual(Object.keys(LINES));
  for (const { source } of LAKE_FILES) expect(source).toMatch(/^[\w-]{1,20}$/);
});

describe('a Parquet file', () => {
  test('has every finding, with its times and nested members', async () => {
    const options = { maxDays: 60, names: ['a', 'b'], none: [], isStrict: true };
    const manifest = aManifest({ rules: { 'stale-login': { state: 'on', options } } });
    const findings = [
      ...findingsOfAllKinds(),
      aFinding({ message: 'ünï ​\u0000 "quoted" 😀', evidence: { a: [], b: null, c: { d: 1.5, e: 'x' } } }),
    ];
    const run = aStoredRun({ findings, manifest });
    expect(await readBack(run)).toEqual(await eventsOf(run));
  });

  test('has every user, whatever the service gave', async () => {
    const two = aStoredRun({ records: [anApiUser(), aUser({ userId: 'u2', status: null })] });
    expect(await readBack(two)).toEqual(await eventsOf(two));
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 8 }), async (records) => {
        const run = aStoredRun({ records });
        expect(await readBack(run)).toEqual(await eventsOf(run));
      }),
      { numRuns: 30 },
    );
  });

  test.each(FINDING_STATES)(
    'of a run that is not complete has what is %s, unless that closes something',
    async (state) => {
      const run = aStoredRun({ findings: [aFinding({ state })], manifest: aManifest({ verdict: 'INCOMPLETE' }) });
      expect(await readBack(run)).toEqual(await eventsOf(run));
    },
  );

  test('has its times as whole numbers of milliseconds, and structs and lists as such', async () => {
    const run = aStoredRun({ findings: [aFinding()] });
    const file = await written('findings.parquet', bytesOf('finspace-findings', run));
    const [row] = await rowsOf(
      `SELECT epoch_ms("time") AS at, finding_info.analytic.uid AS rule, compliance.checks[1].status AS status,
        resources[1].uid AS subject, json_extract_string(unmapped, '$.state') AS state,
        typeof("time") AS type FROM '${file}'`,
    );
    expect(row).toEqual({
      at: new Date(run.manifest.asOf),
      rule: 'stale-login',
      status: 'Fail',
      subject: 'u1',
      state: 'open',
      type: 'BIGINT',
    });
  });

  test('stands where Security Lake looks for it, so that the place says account, region and day', async () => {
    const run = aStoredRun({ findings: [aFinding(), aFinding()] });
    const { manifest } = run;
    const folder = await newFolder();
    for (const { source, bytes } of LAKE_FILES) {
      const path = join(folder, lakePath(source, manifest));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes(run));
    }
    expect(lakePath('finspace-findings', manifest)).toBe(
      `ext/finspace-findings/region=us-east-1/accountId=${ACCOUNT}/eventDay=20261124/${ENVIRONMENT}-20261124T020000Z.parquet`,
    );
    const [row] = await rowsOf(
      `SELECT count(*) AS events, any_value(region) AS region, any_value(accountId) AS account, any_value(eventDay) AS day
        FROM read_parquet('${folder}/ext/finspace-findings/**', hive_partitioning = true, hive_types_autocast = false)`,
    );
    expect(row).toEqual({ events: 2n, region: 'us-east-1', account: ACCOUNT, day: '20261124' });
  });

  test('is compressed by Zstandard, and has the same bytes for the same run', async () => {
    const run = aStoredRun({ findings: findingsOfAllKinds() });
    for (const { bytes } of LAKE_FILES) {
      const [first, again] = await Promise.all([all(bytes(run)), all(bytes(run))]);
      expect(again).toEqual(first);
    }
    const file = await written('findings.parquet', bytesOf('finspace-findings', run));
    const codecs = await rowsOf(`SELECT DISTINCT compression FROM parquet_metadata('${file}')`);
    expect(codecs).toEqual([{ compression: 'ZSTD' }]);
    const [about] = await rowsOf(`SELECT created_by FROM parquet_file_metadata('${file}')`);
    expect(about).toEqual({ created_by: 'finspace-user-auditor' });
    const [root] = await rowsOf(`SELECT name FROM parquet_schema('${file}')`);
    expect(root).toEqual({ name: 'event' });
  });

  test('of nobody has the columns all the same', async () => {
    const run = aStoredRun({});
    expect(await readBack(run)).toEqual(await eventsOf(run));
  });
});

describe('rows', () => {
  const many = (count: number, seen: { count: number }) =>
    (async function* rows() {
      for (; seen.count < count; seen.count += 1) yield { number: seen.count };
    })();

  test.each([
    [10_000, [10_000]],
    [10_001, [10_000, 1]],
    [20_000, [10_000, 10_000]],
  ])('are held %i at most, and written together', async (count, groups) => {
    const file = await written('numbers.parquet', parquetBytes({ number: 'whole' }, many(count, { count: 0 })));
    expect(await rowsOf(`SELECT count(*) AS rows, sum(number) AS sum FROM '${file}'`)).toEqual([
      { rows: BigInt(count), sum: BigInt((count * (count - 1)) / 2) },
    ]);
    const sizes = await rowsOf(
      `SELECT DISTINCT row_group_id, row_group_num_rows AS rows FROM parquet_metadata('${file}') ORDER BY 1`,
    );
    expect(sizes.map(({ rows }) => Number(rows))).toEqual(groups);
  });

  test('are asked for as the file takes them', async () => {
    const seen = { count: 0 };
    const parts = parquetBytes({ number: 'whole' }, many(50_000, seen));
    await parts.next();
    expect(seen.count).toBeLessThan(10_000);
    await parts.next();
    expect(seen.count).toBeLessThan(20_000);
    await parts.return(undefined);
  });

  const rowsOfOne = (row: object) =>
    (async function* one() {
      yield row;
    })();

  test.each(['y', 1])('with a member that has no column are refused: %j would be lost', async (value) => {
    const row = { a: [{ b: 'x', toString: value }] };
    await expect(all(parquetBytes({ a: [{ b: 'text' }] }, rowsOfOne(row)))).rejects.toThrow(
      /^there is no column for a\.toString$/,
    );
  });

  test('have nothing where a member is null or missing, of whatever type it is', async () => {
    const columns = { text: 'text', long: 'long', json: 'json', list: ['text'], group: { flag: 'flag' } } as const;
    const row = { text: null, long: undefined, json: null, list: null, group: undefined };
    const file = await written('nothing.parquet', parquetBytes(columns, rowsOfOne(row)));
    expect(await rowsOf(`SELECT * FROM '${file}'`)).toEqual([
      { text: null, long: null, json: null, list: null, group: null },
    ]);
  });

  test('have the schema that the format asks for, lists by its three levels', async () => {
    const columns = { flag: 'flag', whole: 'whole', long: 'long', names: ['text'] } as const;
    const file = await written('schema.parquet', parquetBytes(columns, rowsOfOne({ flag: true })));
    const schema = await rowsOf(`SELECT name, type, repetition_type AS has FROM parquet_schema('${file}') OFFSET 1`);
    expect(schema.map(({ name, type, has }) => [name, type, has])).toEqual([
      ['flag', 'BOOLEAN', 'OPTIONAL'],
      ['whole', 'INT32', 'OPTIONAL'],
      ['long', 'INT64', 'OPTIONAL'],
      ['names', null, 'OPTIONAL'],
      ['list', null, 'REPEATED'],
      ['element', 'BYTE_ARRAY', 'OPTIONAL'],
    ]);
  });
});
