import { zstdCompressSync } from 'node:zlib';
import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { serialiseRecord } from '../../rules/engine/record.ts';

/** The content of a column or of a member of one: one value, members, or a list of either. Each may be missing. */
export type Column = Leaf | Columns | readonly [Column];

/** Columns by their names, in their order. */
export interface Columns {
  readonly [name: string]: Column;
}

type Leaf = 'text' | 'flag' | 'whole' | 'long' | 'json';

const TEXT: Omit<SchemaElement, 'name'> = { type: 'BYTE_ARRAY', converted_type: 'UTF8' };

/** `json` as its text: no two rows need to have the same members. */
const TYPES: Readonly<Record<Leaf, Omit<SchemaElement, 'name'>>> = {
  text: TEXT,
  flag: { type: 'BOOLEAN' },
  whole: { type: 'INT32' },
  long: { type: 'INT64' },
  json: TEXT,
};

const isLeaf = (column: Column): column is Leaf => typeof column === 'string';
const isList = (column: Column): column is readonly [Column] => Array.isArray(column);

/** The schema of a column: https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists for lists. */
const schemaOf = (name: string, column: Column): readonly SchemaElement[] => {
  if (isLeaf(column)) return [{ name, repetition_type: 'OPTIONAL', ...TYPES[column] }];
  if (!isList(column)) return [{ name, repetition_type: 'OPTIONAL', ...groupOf(column) }, ...membersOf(column)];
  return [
    { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...schemaOf('element', column[0]),
  ];
};

const groupOf = (columns: Columns) => ({ num_children: Object.keys(columns).length });

const membersOf = (columns: Columns): readonly SchemaElement[] =>
  Object.entries(columns).flatMap(([name, column]) => schemaOf(name, column));

/** Puts a value as its column holds it. Throws where a member has no column: it would be lost without a word. */
const heldAs = (place: string, column: Column, value: unknown): unknown => {
  if (value === undefined || value === null) return undefined;
  if (column === 'json') return serialiseRecord(value);
  if (column === 'long') return BigInt(value as number);
  if (isLeaf(column)) return value;
  if (isList(column)) return (value as readonly unknown[]).map((one) => heldAs(place, column[0], one));
  const members: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const of = Object.hasOwn(column, name) ? column[name] : undefined;
    if (of === undefined) throw new Error(`there is no column for ${place}${name}`);
    members[name] = heldAs(`${place}${name}.`, of, member);
  }
  return members;
};

/** Rows that are held in memory until they are written together: a few tens of megabytes. */
const ROWS_AT_ONCE = 10_000;

/** The largest page, uncompressed, but for its last row; Security Lake wants 1 MB at most. */
const PAGE_BYTES = 512 * 1024;

/** Makes a Parquet file of rows, in their order, by parts of it; compressed by Zstandard. The same rows give the same bytes. */
export async function* parquetBytes(columns: Columns, rows: AsyncIterable<object>): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter();
  const file = new ParquetWriter({
    writer,
    schema: [{ name: 'event', ...groupOf(columns) }, ...membersOf(columns)],
    codec: 'ZSTD',
    compressors: { ZSTD: (page) => zstdCompressSync(page) },
    createdBy: 'finspace-user-auditor',
  });
  const names = Object.keys(columns);
  let held: Readonly<Record<string, unknown>>[] = [];
  const taken = (): Uint8Array => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    return bytes;
  };
  const writeHeld = async (): Promise<Uint8Array> => {
    const columnData = names.map((name) => ({ name, data: held.map((row) => row[name]) }));
    await file.write({ columnData, rowGroupSize: ROWS_AT_ONCE, pageSize: PAGE_BYTES });
    held = [];
    return taken();
  };

  for await (const row of rows) {
    held.push(heldAs('', columns, row) as Readonly<Record<string, unknown>>);
    if (held.length === ROWS_AT_ONCE) yield await writeHeld();
  }
  yield await writeHeld();
  await file.finish();
  yield taken();
}
