import { globSync } from 'node:fs';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';

const tableSchema = z.object({
  TableInput: z.object({
    Name: z.string(),
    TableType: z.enum(['EXTERNAL_TABLE', 'VIRTUAL_VIEW']),
    Parameters: z.record(z.string(), z.unknown()),
    PartitionKeys: z.array(z.object({ Name: z.string(), Type: z.literal('string') })).default([]),
    StorageDescriptor: z.object({
      Location: z.unknown().optional(),
      Columns: z.array(z.object({ Name: z.string(), Type: z.string() })),
    }),
    ViewOriginalText: z.string().default(''),
  }),
});

export type GlueTable = z.infer<typeof tableSchema>['TableInput'];

/** The tables and views of a template, in the order in which they are made. */
export const glueTables = (template: Template): readonly GlueTable[] =>
  Object.values(template.findResources('AWS::Glue::Table')).map(
    ({ Properties }) => tableSchema.parse(Properties).TableInput,
  );

const viewSchema = z.object({
  originalSql: z.string(),
  catalog: z.string(),
  schema: z.string(),
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
});

/** The definition that Athena reads out of the text of a view. */
export const viewDefinition = ({ ViewOriginalText }: GlueTable): z.infer<typeof viewSchema> => {
  const [, base64 = ''] = /^\/\* Presto View: (\S+) \*\/$/.exec(ViewOriginalText) ?? [];
  return viewSchema.parse(JSON.parse(Buffer.from(base64, 'base64').toString('utf8')));
};

/** Functions of Trino that have another name here, or do another thing. */
const TRINO = [
  `CREATE MACRO json_parse(text) AS CAST(text AS JSON)`,
  `CREATE MACRO from_iso8601_timestamp(text) AS CAST(text AS TIMESTAMPTZ)`,
  `CREATE MACRO json_extract_scalar(json, path) AS
     CASE WHEN json_type(json, path) IN ('OBJECT', 'ARRAY') THEN NULL ELSE json_extract_string(json, path) END`,
];

const DUCKDB_TYPES: Readonly<Record<string, string>> = { string: 'VARCHAR', bigint: 'BIGINT', boolean: 'BOOLEAN' };

export const duckdbType = (glueType: string): string => {
  const type = DUCKDB_TYPES[glueType];
  if (type === undefined) throw new Error(`no type of DuckDB for ${glueType}`);
  return type;
};

const locationSchema = z.object({
  'Fn::Join': z.tuple([z.literal(''), z.tuple([z.literal('s3://'), z.unknown(), z.string()])]),
});

/** Reads a folder as Athena reads the bucket: as the table says where, what columns and what partitions there are. */
const lineTableSql = ({ Name, Parameters, PartitionKeys, StorageDescriptor }: GlueTable, folder: string) => {
  const NONE = PartitionKeys.map(({ Name: name }) => `NULL::VARCHAR AS ${name}`);
  const location = locationSchema.parse(Parameters['storage.location.template'] ?? StorageDescriptor.Location);
  const glob = join(folder, location['Fn::Join'][1][2].replaceAll(/\$\{\w+\}/g, '*'), '*');
  const columns = StorageDescriptor.Columns.map(({ Name: name, Type }) => `'${name}': '${duckdbType(Type)}'`);
  const partitions = PartitionKeys.map(({ Name: name, Type }) => `${name}: '${duckdbType(Type)}'`);
  // Athena finds no lines where there are no files, where DuckDB refuses.
  if (globSync(glob).length === 0)
    return `CREATE VIEW ${Name} AS SELECT ${['NULL::VARCHAR AS line', 'NULL::VARCHAR AS "$path"', ...NONE].join(', ')} WHERE false`;
  const hive = partitions.length === 0 ? '' : `, hive_partitioning = true, hive_types = {${partitions.join(', ')}}`;
  return `CREATE VIEW ${Name} AS
    SELECT * EXCLUDE (filename), filename AS "$path"
    FROM read_csv('${glob}', columns = {${columns.join(', ')}}, auto_detect = false, header = false,
      delim = chr(1), quote = '', escape = '', filename = true${hive})`;
};

export type Row = Readonly<Record<string, unknown>>;

/** DuckDB in the place of Athena, over an archive in a folder. */
export interface HistoryDatabase {
  rows(sql: string, parameters?: readonly string[]): Promise<readonly Row[]>;
  close(): void;
}

const plain = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);

export const openHistory = async (template: Template, folder: string): Promise<HistoryDatabase> => {
  const connection: DuckDBConnection = await (await DuckDBInstance.create(':memory:')).connect();
  const tables = glueTables(template);
  const made = tables.map((table) =>
    table.TableType === 'EXTERNAL_TABLE'
      ? lineTableSql(table, folder)
      : `CREATE VIEW ${table.Name} AS ${viewDefinition(table).originalSql.replaceAll('array(json)', 'JSON[]')}`,
  );
  for (const sql of [...TRINO, ...made]) await connection.run(sql);
  return {
    async rows(sql, parameters = []) {
      const reader = await connection.runAndReadAll(sql, [...parameters]);
      return reader
        .getRowObjectsJS()
        .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
    },
    close: () => connection.closeSync(),
  };
};
