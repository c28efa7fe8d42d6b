import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { folderArchive } from '../../core/archive/folder.ts';
import { rulesetKey, runKeys } from '../../core/archive/keys.ts';
import type { Manifest, ManifestObject } from '../../core/archive/manifest.ts';
import { jsonText } from '../../core/archive/staging.ts';
import type { GroupRecord } from '../../core/model/groups.ts';
import type { RoleRecord } from '../../core/model/roles.ts';
import { OUTPUTS } from '../../core/outputs/index.ts';
import { HISTORY_VIEWS, type ViewColumn } from '../../lib/history-views.ts';
import { FINDING_STATES, type Finding } from '../../rules/engine/finding.ts';
import { rules } from '../../rules/index.ts';
import { makeNights } from '../../simulator/nights.ts';
import { readJsonLines } from '../support/archive-tree.ts';
import { ACCOUNT, anApiUser, aRoleArn, aUser, type UserRecord } from '../support/builders.ts';
import { ruleOf } from '../support/custom-rule.ts';
import { aManifest } from '../support/findings.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { auditNight } from './history-archive.ts';
import {
  duckdbType,
  glueTables,
  type HistoryDatabase,
  openHistory,
  type Row,
  viewDefinition,
} from './history-database.ts';
import { only, stackTemplate } from './stack-template.ts';

jest.setTimeout(600_000);

const newFolder = temporaryFolders();

const template = stackTemplate('environments: [{ id: abc }, { id: def }, { id: ghi }, { id: jkl }, { id: mno }]');
const tables = glueTables(template);
const ofArchive = tables.filter(({ TableType }) => TableType === 'EXTERNAL_TABLE');
const lineTables = ofArchive.filter(({ Name }) => Name !== 'ruleset_lines');
const views = tables.filter(({ TableType }) => TableType === 'VIRTUAL_VIEW');

const queryOf = (name: string): string => {
  const queries = Object.values(template.findResources('AWS::Athena::NamedQuery'));
  const found = queries.find(({ Properties }) => Properties.Name === name);
  if (found === undefined) throw new Error(`no query is named ${name}`);
  return found.Properties.QueryString;
};

describe('the tables', () => {
  it('find a day of an environment where the archive puts it', () => {
    const bucket = { Ref: only(template, 'AWS::S3::Bucket', 'ArchiveBucket').id };
    const templates = lineTables.map(({ Name, Parameters }) => [Name, Parameters['storage.location.template']]);
    const at = (area: string) => ({
      'Fn::Join': ['', ['s3://', bucket, `/${area}/environment=$\{environment}/dt=$\{dt}/`]],
    });
    expect(Object.fromEntries(templates)).toEqual({
      manifest_lines: at('manifests'),
      snapshot_lines: at('snapshots'),
      principal_lines: at('principals'),
      group_lines: at('groups'),
      finding_lines: at('findings'),
    });
  });

  it('are asked by the name of an environment, for any day there may be', () => {
    expect(lineTables).toHaveLength(5);
    for (const { Parameters, PartitionKeys } of lineTables) {
      expect(PartitionKeys.map(({ Name }) => Name)).toEqual(['environment', 'dt']);
      expect(Parameters).toMatchObject({
        'projection.enabled': 'true',
        'projection.environment.type': 'injected',
        'projection.dt.type': 'date',
        'projection.dt.format': 'yyyy-MM-dd',
        'projection.dt.range': '2021-01-01,NOW',
        'projection.dt.interval': '1',
        'projection.dt.interval.unit': 'DAYS',
      });
    }
  });

  it('find the versions of rules where the archive has them, of whatever day', () => {
    const bucket = { Ref: only(template, 'AWS::S3::Bucket', 'ArchiveBucket').id };
    expect(ofArchive.filter((table) => !lineTables.includes(table))).toMatchObject([
      {
        PartitionKeys: [],
        Parameters: { EXTERNAL: 'TRUE' },
        StorageDescriptor: { Location: { 'Fn::Join': ['', ['s3://', bucket, '/rulesets/']] } },
      },
    ]);
  });

  it('stand in a database whose name needs no quotes', () => {
    const { properties } = only(template, 'AWS::Glue::Database');
    expect(properties.DatabaseInput.Name).toBe('auditor');
    for (const view of views) expect(viewDefinition(view)).toMatchObject({ schema: 'auditor' });
  });
});

describe('the workgroup', () => {
  const { properties } = only(template, 'AWS::Athena::WorkGroup');
  const results = only(template, 'AWS::S3::Bucket', 'Results');

  it('limits what a query reads, and keeps its answers encrypted in a bucket of their own', () => {
    expect(properties.WorkGroupConfiguration).toMatchObject({
      EnforceWorkGroupConfiguration: true,
      BytesScannedCutoffPerQuery: 107_374_182_400,
      ResultConfiguration: {
        OutputLocation: { 'Fn::Join': ['', ['s3://', { Ref: results.id }, '/']] },
        ExpectedBucketOwner: { Ref: 'AWS::AccountId' },
        EncryptionConfiguration: {
          EncryptionOption: 'SSE_KMS',
          KmsKey: only(template, 'AWS::KMS::Key', 'Encryption').arn,
        },
      },
    });
  });

  it('forgets the answers after 30 days', () => {
    expect(results.properties.LifecycleConfiguration.Rules).toEqual([
      {
        Status: 'Enabled',
        ExpirationInDays: 30,
        NoncurrentVersionExpiration: { NoncurrentDays: 1 },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
      },
    ]);
    expect(results.properties).toMatchObject({
      LoggingConfiguration: {
        DestinationBucketName: { Ref: only(template, 'AWS::S3::Bucket', 'AccessLogs').id },
        LogFilePrefix: 'query-results/',
      },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
    });
  });

  it('has the questions saved, in the database', () => {
    const queries = Object.values(template.findResources('AWS::Athena::NamedQuery'));
    expect(queries.map(({ Properties }) => Properties.Name)).toEqual([
      'open findings by age',
      'mean days to fix',
      'super users over time',
      'who had API access on a day',
    ]);
    for (const { Properties } of queries)
      expect(Properties).toMatchObject({ Database: 'auditor', WorkGroup: properties.Name });
  });
});

const superUser = (userId: string, more: UserRecord = {}) => aUser({ userId, type: 'SUPER_USER', ...more });
const leftover = (userId: string) => aUser({ userId, apiAccessPrincipalArn: aRoleArn(`former-${userId}`) });
const fixed = (userId: string) => aUser({ userId });
const outsider = anApiUser({ userId: 'a2', apiAccessPrincipalArn: aRoleArn('theirs', '999999999999') });
const mailbox = aUser({ userId: 'w1', emailAddress: 'admin@quagmire.example' });
const [s1, s2] = [superUser('s1'), superUser('s2')];
const revocable = anApiUser({ userId: 'd1' });
const disabled: UserRecord = { ...revocable, status: 'DISABLED' };
const dormant = superUser('s9', {
  status: 'DISABLED',
  apiAccess: 'ENABLED',
  apiAccessPrincipalArn: aRoleArn('dormant'),
});
const odd = { userId: 'odd', type: 'OWNER', apiAccess: {}, lastLoginTime: Number.POSITIVE_INFINITY };

const waiverOf = (rule: string, user: string) => ({
  rule,
  user,
  reason: 'known',
  owner: 'the owner',
  approver: 'the approver',
  expires: '2027-03-31',
});
const accepted = [waiverOf('shared-mailbox', 'w1')];

/** The events in environment `abc`; `def` and `ghi` are audited on one day. */
const NIGHTS = [
  {
    asOf: '2026-11-24T02:00:00Z',
    users: [s1, s2, outsider, leftover('l1'), leftover('l2'), leftover('l3'), mailbox, revocable],
  },
  {
    asOf: '2026-11-25T02:00:00Z',
    users: [s1, s2, outsider, fixed('l1'), leftover('l2'), leftover('l3'), mailbox, disabled],
  },
  {
    asOf: '2026-11-26T02:00:00Z',
    users: [s1, s2, superUser('s3'), outsider, leftover('l1'), fixed('l2'), leftover('l3'), mailbox, disabled],
  },
  { asOf: '2026-11-27T02:00:00Z', users: [s1, s2], isCut: true },
  {
    asOf: '2026-11-28T02:00:00Z',
    users: [s1, s2, superUser('s3'), outsider, leftover('l1'), fixed('l2'), fixed('l3'), mailbox, disabled],
  },
  {
    asOf: '2026-11-28T14:00:00Z',
    users: [s1, s2, fixed('a2'), leftover('l1'), fixed('l2'), fixed('l3'), mailbox, disabled],
  },
];

let folder: string;
let history: HistoryDatabase;

const store = async (key: string, content: Uint8Array | string): Promise<void> => {
  const path = join(folder, key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

beforeAll(async () => {
  folder = await newFolder();
  const archive = folderArchive(folder);
  for (const night of NIGHTS) await auditNight(archive, { environmentId: 'abc', waivers: accepted, ...night });
  const asOf = '2026-11-28T02:00:00Z';
  await auditNight(archive, { environmentId: 'def', asOf, users: [s1, dormant, null, 'no record', ['odd'], odd] });
  // Somebody has put objects where the run would have its own: the manifest names others.
  const planted = runKeys('ghi', new Date(asOf));
  await store(planted.object(OUTPUTS.findings), gzipSync('{"id":"ghi/x/planted","ruleId":"x","state":"open"}\n'));
  await store(planted.object(OUTPUTS.snapshot), gzipSync('{"userId":"planted","type":"SUPER_USER"}\n'));
  await auditNight(archive, {
    environmentId: 'ghi',
    asOf,
    users: [s1, s2],
    waivers: [waiverOf('end-of-support', 'ghi')],
  });
  // A rule of an operator, who calls it otherwise from the second night on; and what is no rule where rules stand.
  const own = (title: string) => [ruleOf('user.superUser', { title })];
  const catalogue = rules.map((rule) => (rule.id === 'end-of-support' ? { ...rule, title: 'Of before' } : rule));
  await auditNight(archive, { environmentId: 'mno', asOf, users: [s1, s2], catalogue, own: own("It's a rule") });
  await auditNight(archive, {
    environmentId: 'mno',
    asOf: '2026-11-29T02:00:00Z',
    users: [s1, s2],
    own: own('Renamed'),
  });
  await store(rulesetKey('0'.repeat(64)), '{');

  // An attempt that died before its manifest.
  const last = runKeys('abc', new Date('2026-11-28T14:00:00Z'));
  const dead = runKeys('abc', new Date('2026-11-29T02:00:00Z'));
  for (const name of ['snapshot', 'findings'] as const) {
    await mkdir(dirname(join(folder, dead.object(OUTPUTS[name]))), { recursive: true });
    await cp(join(folder, last.object(OUTPUTS[name])), join(folder, dead.object(OUTPUTS[name])));
  }

  // A run whose lines are none of ours.
  const strange = runKeys('jkl', new Date(asOf));
  const named = { objects: { findings: { key: strange.object(OUTPUTS.findings) } } };
  await store(strange.manifest, `${JSON.stringify({ schemaVersion: 1, ...named }, null, 2)}\n`);
  await store(strange.object(OUTPUTS.findings), gzipSync('null\n{"id":"jkl/x/y","state":"waiting"}\n'));
  history = await openHistory(template, folder);
});
afterAll(() => history.close());

const ask = (name: string, ...days: readonly string[]) => history.rows(queryOf(name), days);
const of = (environment: string, rows: readonly Row[]): readonly Row[] =>
  rows.filter((row) => row.environment === environment);
/** Whether a run may not have seen everybody of its night. */
const RESERVED = ['is_late', 'is_attested'];
const pick = (rows: readonly Row[], ...columns: readonly string[]) =>
  rows.map((row) => columns.map((name) => row[name]));

it('tell of the rules of operators as of the others', async () => {
  const rows = of('mno', await ask('open findings by age', '2026-11-28'));
  expect(pick(rows, 'severity', 'rule_id', 'subject_id')).toEqual(
    expect.arrayContaining([
      ['HIGH', 'x-contractor-api-access', 's1'],
      ['HIGH', 'x-contractor-api-access', 's2'],
    ]),
  );
});

it('call a rule of an operator as it was called when it judged, and one of the catalogue by its title', async () => {
  const titleOf = (id: string) => rules.find((rule) => rule.id === id)?.title;
  const titles = async (environment: string, day: string) =>
    new Map(
      pick(of(environment, await ask('open findings by age', day)), 'rule_id', 'rule_title').map(([id, title]) => [
        id,
        title,
      ]),
    );
  expect((await titles('mno', '2026-11-28')).get('x-contractor-api-access')).toBe("It's a rule");
  expect((await titles('mno', '2026-11-29')).get('x-contractor-api-access')).toBe('Renamed');
  expect((await titles('mno', '2026-11-28')).get('end-of-support')).toBe('Of before');
  expect((await titles('mno', '2026-11-29')).get('end-of-support')).toBe(titleOf('end-of-support'));
  expect((await titles('abc', '2026-11-28')).get('leftover-principal')).toBe(titleOf('leftover-principal'));
});

it('have the rules of each version in which operators wrote some, with their text', async () => {
  const rows = await history.rows('SELECT * FROM rulesets');
  expect(new Set(pick(rows, 'ruleset_sha256').flat()).size).toBe(2);
  expect(rows).toHaveLength(2 * (rules.length + 1));
  const own = rows.filter(({ rule_text }) => rule_text !== null);
  expect(pick(own, 'rule_id', 'severity', 'state')).toEqual(Array(2).fill(['x-contractor-api-access', 'HIGH', 'on']));
});

describe('open findings by age', () => {
  const columns = ['age_days', 'severity', 'rule_id', 'subject_id', 'state', 'run_count'];

  it('are those of the last run of the day that fail and are not waived, the oldest first', async () => {
    const rows = of('abc', await ask('open findings by age', '2026-11-28'));
    expect(new Set(rows.map(({ run }) => run))).toEqual(new Set(['20261128T140000Z']));
    expect(pick(rows, ...columns)).toEqual([
      [4.5, 'INFORMATIONAL', 'end-of-support', 'abc', 'open', 5],
      [4.5, 'LOW', 'leftover-principal', 'l1', 'open', 4],
      [3.5, 'MEDIUM', 'disabled-user-api-access', 'd1', 'open', 4],
    ]);
  });

  it('are as old as when they were first seen, where they came back', async () => {
    const rows = of('abc', await ask('open findings by age', '2026-11-26'));
    expect(pick(rows, ...columns)).toContainEqual([2, 'LOW', 'leftover-principal', 'l1', 'reopened', 2]);
  });

  it('tell an environment without a complete run on the day from one with nothing open', async () => {
    const parts = ['environment', 'run', 'finding_id'];
    expect(pick(await ask('open findings by age', '2026-11-27'), ...parts)).toEqual([
      ['abc', null, null],
      ['def', null, null],
      ['ghi', null, null],
      ['jkl', null, null],
      ['mno', null, null],
    ]);
    const rows = await ask('open findings by age', '2026-11-28');
    expect(pick(of('ghi', rows), ...parts, ...RESERVED)).toEqual([['ghi', '20261128T020000Z', null, false, false]]);
  });

  it('are none of an attempt that left no manifest', async () => {
    const rows = of('abc', await ask('open findings by age', '2026-11-29'));
    expect(pick(rows, 'run', 'finding_id')).toEqual([[null, null]]);
  });

  it('include what is no finding, and what is in a state that nobody knows', async () => {
    const rows = of('jkl', await ask('open findings by age', '2026-11-28'));
    expect(pick(rows, 'state', 'finding_id')).toEqual([
      ['waiting', 'jkl/x/y'],
      ['unreadable', null],
    ]);
  });
});

describe('mean days to fix', () => {
  const columns = ['rule_id', 'severity', 'outcome', 'findings', 'mean_days', 'longest_days'];

  it('tell by rule how findings ended, and count as open what came back', async () => {
    const rows = of('abc', await ask('mean days to fix', '2026-11-24', '2026-11-28'));
    expect(pick(rows, ...columns)).toEqual([
      ['disabled-user-api-access', 'MEDIUM', 'open', 1, 3.5, 3.5],
      ['end-of-support', 'INFORMATIONAL', 'open', 1, 4.5, 4.5],
      ['leftover-principal', 'LOW', 'fixed', 2, 3, 4],
      ['leftover-principal', 'LOW', 'open', 1, 4.5, 4.5],
      ['principal-outside-account', 'CRITICAL', 'fixed', 1, 4.5, 4.5],
      ['shared-mailbox', 'MEDIUM', 'waived', 1, 4.5, 4.5],
    ]);
  });

  it('know nothing of what happens after the last day', async () => {
    const rows = await ask('mean days to fix', '2026-11-24', '2026-11-25');
    expect(pick(rows, ...columns)).toEqual([
      ['disabled-user-api-access', 'MEDIUM', 'open', 1, 0, 0],
      ['end-of-support', 'INFORMATIONAL', 'open', 1, 1, 1],
      ['leftover-principal', 'LOW', 'fixed', 1, 1, 1],
      ['leftover-principal', 'LOW', 'open', 2, 1, 1],
      ['principal-outside-account', 'CRITICAL', 'open', 1, 1, 1],
      ['shared-mailbox', 'MEDIUM', 'waived', 1, 1, 1],
    ]);
  });

  it('pass over no line that is no finding', async () => {
    const rows = of('jkl', await ask('mean days to fix', '2026-11-28', '2026-11-28'));
    expect(pick(rows, 'rule_id', 'outcome', 'findings')).toEqual([
      [null, 'open', 1],
      [null, 'unreadable', 1],
    ]);
  });
});

describe('super users over time', () => {
  const columns = ['run', 'super_users', 'active_super_users', 'super_users_with_api_access', 'unrecognised', 'users'];

  it('are counted in every complete run, and in no other', async () => {
    const rows = of('abc', await ask('super users over time', '2026-11-24', '2026-11-29'));
    expect(pick(rows, ...columns)).toEqual([
      ['20261124T020000Z', 2, 2, 0, 0, 8],
      ['20261125T020000Z', 2, 2, 0, 0, 8],
      ['20261126T020000Z', 3, 3, 0, 0, 9],
      ['20261128T020000Z', 3, 3, 0, 0, 9],
      ['20261128T140000Z', 2, 2, 0, 0, 8],
    ]);
  });

  it('are none that somebody put where the objects of a run would be', async () => {
    const rows = of('ghi', await ask('super users over time', '2026-11-28', '2026-11-28'));
    expect(pick(rows, ...columns, ...RESERVED)).toEqual([['20261128T020000Z', 2, 2, 0, 0, 2, false, false]]);
  });

  it('stand beside how many records have no known type, those that are no objects too', async () => {
    const rows = of('def', await ask('super users over time', '2026-11-28', '2026-11-28'));
    expect(pick(rows, ...columns)).toEqual([['20261128T020000Z', 2, 1, 1, 4, 6]]);
  });

  it('are none of a run without its snapshot, which is told', async () => {
    const rows = of('jkl', await ask('super users over time', '2026-11-28', '2026-11-28'));
    expect(pick(rows, ...columns)).toEqual([['20261128T020000Z', 0, 0, 0, 0, 0]]);
  });
});

describe('who had API access on a day', () => {
  it('had it in the last run of the day, the disabled among them', async () => {
    const rows = await ask('who had API access on a day', '2026-11-26');
    expect(pick(of('abc', rows), 'user_id', 'email_address', 'status', 'api_access_principal_arn')).toEqual([
      ['a2', outsider.emailAddress, 'ENABLED', 'arn:aws:iam::999999999999:role/theirs'],
      ['d1', disabled.emailAddress, 'DISABLED', disabled.apiAccessPrincipalArn],
    ]);
    const later = await ask('who had API access on a day', '2026-11-28');
    expect(pick(of('abc', later), 'run', 'user_id')).toEqual([['20261128T140000Z', 'd1']]);
  });

  it('may have been those of whom it is not known', async () => {
    const rows = of('def', await ask('who had API access on a day', '2026-11-28'));
    const answers = pick(rows, 'user_id', 'api_access', 'record');
    expect(answers).toHaveLength(5);
    expect(answers).toEqual(
      expect.arrayContaining([
        [null, null, '"no record"'],
        [null, null, '["odd"]'],
        [null, null, 'null'],
        ['odd', null, '{"userId":"odd","type":"OWNER","apiAccess":{},"lastLoginTime":1e999}'],
        ['s9', 'ENABLED', JSON.stringify(dormant)],
      ]),
    );
  });

  it('was nobody, or nobody knows: a run tells the two apart', async () => {
    const nobody = of('ghi', await ask('who had API access on a day', '2026-11-28'));
    expect(pick(nobody, 'run', 'record', ...RESERVED)).toEqual([['20261128T020000Z', null, false, false]]);
    const unknown = of('ghi', await ask('who had API access on a day', '2026-11-26'));
    expect(pick(unknown, 'run', 'record')).toEqual([[null, null]]);
  });
});

/** The member of a line that a column stands for. */
const pathOf = ({ sql }: ViewColumn): string | undefined => /'\$\.([\w.]+)'/.exec(sql)?.[1];

const memberOf = (line: unknown, path: string): unknown =>
  path.split('.').reduce((value: unknown, name) => (value as Row | null)?.[name], line);

/** A member as its column gives it. */
const cellOf = ({ type }: ViewColumn, value: unknown): unknown => {
  if (type === 'boolean') return value === true;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return type === 'bigint' ? value : String(value);
  return typeof value === 'string' ? value : null;
};

describe('the views', () => {
  it('give the columns and types that the catalogue says', async () => {
    expect(views.map(({ Name }) => Name)).toEqual([
      ...['runs', 'snapshots', 'principals', 'groups', 'rulesets', 'findings'],
    ]);
    for (const view of views) {
      const described = pick(await history.rows(`DESCRIBE ${view.Name}`), 'column_name', 'column_type');
      const { Columns } = view.StorageDescriptor;
      expect(described).toEqual(Columns.map(({ Name, Type }) => [Name, duckdbType(Type)]));
      expect(viewDefinition(view).columns).toEqual(
        Columns.map(({ Name, Type }) => ({ name: Name, type: Type === 'string' ? 'varchar' : Type })),
      );
    }
  });

  describe('over the nights of a real directory', () => {
    const nights = makeNights({
      users: 130,
      seed: 7,
      firstNight: new Date('2026-11-24T02:00:00Z'),
      accountId: ACCOUNT,
    });
    let real: HistoryDatabase;
    const lines: Record<string, unknown[]> = { snapshots: [], principals: [], groups: [], findings: [] };

    beforeAll(async () => {
      const place = await newFolder();
      const archive = folderArchive(place);
      for (const { asOf, users, roles, groups } of nights) {
        await auditNight(archive, { environmentId: 'abc', asOf: asOf.toISOString(), users, roles, groups });
      }
      for await (const key of archive.list('')) {
        const area = key.slice(0, key.indexOf('/'));
        lines[area]?.push(...(await readJsonLines(archive, key)));
      }
      real = await openHistory(template, place);
    });
    afterAll(() => real.close());

    it.each(['principals', 'groups', 'findings'])(
      'give every line of the %s, each member in its column',
      async (name) => {
        const columns = HISTORY_VIEWS.find((view) => view.name === name)?.columns ?? [];
        const whole = columns.at(-1)?.name ?? '';
        const rows = await real.rows(`SELECT * FROM ${name}`);
        const inOrder = (texts: readonly unknown[]) => texts.map(String).toSorted();
        expect(inOrder(rows.map((row) => row[whole]))).toEqual(
          inOrder((lines[name] ?? []).map((line) => JSON.stringify(line))),
        );
        for (const row of rows) {
          const line = JSON.parse(String(row[whole]));
          for (const column of columns) {
            const path = pathOf(column);
            if (path !== undefined)
              expect([column.name, row[column.name]]).toEqual([column.name, cellOf(column, memberOf(line, path))]);
          }
        }
      },
    );

    it.each([
      { name: 'snapshots', whole: [] as readonly string[] },
      { name: 'principals', whole: ['trust'] },
      { name: 'groups', whole: ['applicationPermissions'] },
      { name: 'findings', whole: ['evidence', 'controls'] },
    ])('have a column for every member of the $name but those read out of the line', ({ name, whole }) => {
      const columns = HISTORY_VIEWS.find((view) => view.name === name)?.columns ?? [];
      const covered = new Set([...columns.map((column) => pathOf(column)?.split('.')[0]), ...whole]);
      const members = new Set((lines[name] ?? []).flatMap((line) => Object.keys(line as object)));
      expect([...members].filter((member) => !covered.has(member))).toEqual([]);
    });

    it('count as the files do', async () => {
      const counted = await real.rows(`SELECT dt, count(*) AS users FROM snapshots GROUP BY dt ORDER BY dt`);
      expect(pick(counted, 'users')).toEqual(nights.map(({ users }) => [users.length]));
      const rows = await real.rows(queryOf('super users over time'), ['2026-11-24', '2026-11-28']);
      const supers = nights.map(({ users }) => users.filter(({ type }) => type === 'SUPER_USER').length);
      expect(pick(rows, 'super_users')).toEqual(supers.map((count) => [count]));
    });
  });

  it('show findings of every state, resolved ones with their end, accepted ones with their waiver', async () => {
    const rows = await history.rows(`SELECT * FROM findings WHERE environment = 'abc' ORDER BY finding_id, run`);
    expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(FINDING_STATES));
    const resolved = rows.filter(({ state }) => state === 'resolved');
    expect(pick(resolved, 'subject_id', 'resolved_at', 'cause')).toEqual([
      ['l1', '2026-11-25T02:00:00.000Z', 'fixed'],
      ['l2', '2026-11-26T02:00:00.000Z', 'fixed'],
      ['l3', '2026-11-28T02:00:00.000Z', 'fixed'],
      ['a2', '2026-11-28T14:00:00.000Z', 'fixed'],
    ]);
    const waived = rows.filter(({ state }) => state === 'waived');
    expect(pick(waived, 'waiver_approver', 'waiver_ticket')).toEqual(waived.map(() => ['the approver', null]));
    expect(waived).toHaveLength(5);
  });

  describe('know every member that a line or a manifest may have', () => {
    /** A value with all that it may have: the compiler asks for what is new. */
    type Whole<T> = T extends readonly unknown[]
      ? T
      : T extends object
        ? { readonly [K in keyof T]-?: Whole<Exclude<T[K], undefined>> }
        : T;

    const FINDING: Whole<Finding> = {
      id: 'pqr/stale-login/u1',
      ruleId: 'stale-login',
      severity: 'HIGH',
      state: 'waived',
      subject: { kind: 'user', id: 'u1' },
      message: 'a message',
      evidence: {},
      controls: [],
      firstSeen: '2026-11-20T02:00:00.000Z',
      lastSeen: '2026-11-21T02:00:00.000Z',
      runs: 5,
      carried: true,
      carriedFor: 'a reason',
      assessedAgain: true,
      escalatedFrom: 'LOW',
      loweredFrom: 'CRITICAL',
      waiverBegan: true,
      waiverEnded: true,
      resolvedAt: '2026-11-22T02:00:00.000Z',
      cause: 'regrouped',
      regroupedTo: 'u2',
      waiver: { reason: 'r', ticket: 't', owner: 'o', approver: 'a', expires: '2027-03-31' },
    };
    const ROLE: Whole<RoleRecord> = {
      arn: aRoleArn(),
      unread: 'a reason',
      isOutdated: true,
      readAt: '2026-11-20T02:00:00.000Z',
      exists: true,
      arnOfName: aRoleArn('other'),
      roleId: 'AROA',
      createdAt: '2026-11-21T02:00:00.000Z',
      lastUsedAt: '2026-11-22T02:00:00.000Z',
      trust: {},
    };
    const GROUPS: readonly GroupRecord[] = [
      { permissionGroupId: 'g1', name: 'a name', applicationPermissions: [] },
      { permissionGroupId: 'g1', userId: 'u1', membershipStatus: 'ADDITION_SUCCESS' },
      { unread: 'a reason' },
    ];
    const MANIFEST: Required<Omit<Manifest, 'objects'>> = {
      ...aManifest({ environmentId: 'pqr', run: '20261128T020000Z', asOf: '2026-11-28T02:00:00.000Z' }),
      counts: { ...aManifest().counts, users: 1234 },
      partition: 'aws-cn',
      listing: { startedAt: '2026-11-28T02:00:01.000Z', endedAt: '2026-11-28T02:00:09.000Z' },
      late: true,
      source: {
        kind: 'roster',
        attestedBy: { name: 'A. Person', statement: 'all of "them"', at: '2026-11-28T01:00:00.000Z' },
      },
      reason: 'closed',
      retention: { years: 7, afterRetention: 'keep' },
      code: { version: '1.2.3', sha256: 'c' },
      sequence: 42,
      previous: { run: '20261127T020000Z', key: 'k', sha256: 'd' },
      acceptedHistory: { sha256: 'e', reason: 'a reason', problem: 'a problem' },
      unfinished: [],
      signature: { scheme: 2, keyId: 'k', algorithm: 'ECDSA_SHA_256', value: 's' },
    };
    const LINES: Readonly<Record<string, readonly object[]>> = {
      findings: [FINDING],
      principals: [ROLE],
      groups: GROUPS,
    };

    /** The texts, numbers and booleans of a value, by their paths. */
    const scalarsOf = (value: object, path = ''): readonly (readonly [path: string, value: unknown])[] =>
      Object.entries(value).flatMap(([name, one]) => {
        if (Array.isArray(one) || one === null || one === undefined) return [];
        return typeof one === 'object' ? scalarsOf(one, `${path}${name}.`) : [[`${path}${name}`, one] as const];
      });
    const snakeCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

    let whole: HistoryDatabase;
    beforeAll(async () => {
      const place = await newFolder();
      const keys = runKeys('pqr', new Date(MANIFEST.asOf));
      const objects: Record<string, ManifestObject> = {};
      const put = async (key: string, content: string | Uint8Array) => {
        await mkdir(dirname(join(place, key)), { recursive: true });
        await writeFile(join(place, key), content);
      };
      for (const name of ['findings', 'principals', 'groups'] as const) {
        const key = keys.object(OUTPUTS[name]);
        objects[name] = { key, sha256: 'a', size: 1 };
        await put(key, gzipSync((LINES[name] ?? []).map((line) => `${JSON.stringify(line)}\n`).join('')));
      }
      await put(keys.manifest, jsonText({ ...MANIFEST, objects }));
      whole = await openHistory(template, place);
    });
    afterAll(() => whole.close());

    it.each(Object.keys(LINES))('of %s', async (name) => {
      const columns = HISTORY_VIEWS.find((view) => view.name === name)?.columns ?? [];
      const rows = await whole.rows(`SELECT * FROM ${name}`);
      for (const line of LINES[name] ?? []) {
        const row = rows.find((one) => Object.values(one).includes(JSON.stringify(line)));
        for (const [path, value] of scalarsOf(line)) {
          const column = columns.find((one) => pathOf(one) === path);
          expect([path, column && row?.[column.name]]).toEqual([path, column ? cellOf(column, value) : 'in a column']);
        }
      }
    });

    it.each(['principals', 'groups', 'findings'])('of %s, and of each that its run saw so much', async (name) => {
      const rows = await whole.rows(`SELECT * FROM ${name}`);
      expect(new Set(pick(rows, ...RESERVED).map(String))).toEqual(new Set(['true,true']));
    });

    it('of a run, but for what is the same of all that are there', async () => {
      const SAME = ['schemaVersion', 'verdict', 'reason'];
      const [row] = await whole.rows('SELECT * FROM runs');
      const { environmentId, asOf, ...own } = MANIFEST;
      expect(row).toMatchObject({ environment: environmentId, as_of: '2026-11-28T02:00:00Z' });
      for (const [name, value] of scalarsOf(own)) {
        if (name.includes('.') || SAME.includes(name)) continue;
        const column = { partition: 'partition_name', late: 'is_late' }[name] ?? snakeCase(name);
        expect([name, row?.[column]]).toEqual([name, value]);
      }
      expect(asOf).toContain('2026-11-28');
      expect(row).toMatchObject({
        users: 1234,
        listing_started_at: MANIFEST.listing.startedAt,
        listing_ended_at: MANIFEST.listing.endedAt,
        source_kind: 'roster',
        is_attested: true,
        ruleset_sha256: MANIFEST.hashes.ruleset,
      });
    });
  });

  it('say of a run what its manifest does, and of what an older version did not note nothing', async () => {
    const columns = 'users, is_late, source_kind, is_attested, listing_started_at';
    const [said] = await history.rows(`SELECT ${columns} FROM runs WHERE environment = 'ghi'`);
    expect(said).toMatchObject({ users: 2, is_late: false, listing_started_at: expect.any(String) });
    const [old] = await history.rows(`SELECT ${columns} FROM runs WHERE environment = 'jkl'`);
    expect(old).toEqual({ users: null, is_late: null, source_kind: null, is_attested: null, listing_started_at: null });
  });
});
