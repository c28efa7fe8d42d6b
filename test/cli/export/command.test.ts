import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { OPTIONAL_OUTPUT_NAMES } from '../../../core/model/optional-outputs.ts';
import { EXPORTS } from '../../../core/outputs/exports.ts';
import { OPTIONAL_OUTPUTS } from '../../../core/outputs/index.ts';
import { archiveNights, type NightPlan, nightAt, nightKeys, nightRun } from '../../support/archived-nights.ts';
import { ACCOUNT, anApiUser, aUser, daysAgo, ENVIRONMENT } from '../../support/builders.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();

const BEFORE = join(import.meta.dirname, '../../archives/before');

const USERS = [
  anApiUser({ userId: 'api', type: 'SUPER_USER' }),
  aUser({ userId: 'stale', lastLoginTime: daysAgo(200) }),
  aUser({ userId: 'off', status: 'DISABLED', firstName: '=cmd', lastLoginTime: null }),
];

const CUT = { complete: false, reason: 'deadline', message: 'page 2: no answer' } as const;

const archived = async (...nights: readonly NightPlan[]): Promise<string> => {
  const out = await newFolder();
  await archiveNights(out, nights);
  return out;
};

const exported = async (format: string, out: string, ...words: readonly string[]) => {
  const to = await newFolder();
  const { code, stderr } = await invoke(['export', format, '--out', out, '--to', to, '--json', ...words]);
  const entries = await readdir(to, { recursive: true, withFileTypes: true });
  const files = entries
    .flatMap((one) => (one.isFile() ? [relative(to, join(one.parentPath, one.name))] : []))
    .toSorted();
  return { code, stderr, files, to, textOf: (file: string) => readFile(join(to, file), 'utf8') };
};

let history = '';
beforeAll(async () => {
  const config = { outputs: OPTIONAL_OUTPUT_NAMES };
  history = await archived({ number: 1, users: USERS, config }, { number: 2, users: USERS, config, end: CUT });
});

describe('export', () => {
  test.each(OPTIONAL_OUTPUT_NAMES)('%s makes of the archive the bytes that the run left itself', async (name) => {
    const { code, textOf } = await exported(name, history, '--run', nightRun(1));
    expect(code).toBe(0);
    for (const output of Object.values(OPTIONAL_OUTPUTS[name]))
      expect(await textOf(output.file)).toBe(
        await readFile(join(history, nightKeys(1).object(output)), { encoding: 'utf8' }),
      );
  });

  test.each(['ocsf', 'oscal', 'asff'] as const)('%s reads archives of before', async (name) => {
    const { code, files, textOf } = await exported(name, BEFORE);
    expect(code).toBe(0);
    expect(files).toEqual(EXPORTS[name].map(({ file }) => file).toSorted());
    for (const file of files) expect(await textOf(file)).not.toBe('');
  });

  test.each(['accounts', 'vanta'])('%s reads archives of before, and says who has no id there', async (name) => {
    const { code, stderr } = await exported(name, BEFORE);
    expect(code).toBe(2);
    expect(stderr).toContain('record #15 of run 20250313T060000Z has no userId');
  });

  test('asff names nobody', async () => {
    const { textOf } = await exported('asff', history, '--run', nightRun(1));
    const text = await textOf('findings.asff.jsonl');
    expect(text).toContain('/stale-login/stale/');
    expect(text).not.toMatch(/@|Quagmire|Zebulon/);
  });

  test('accounts has everybody, and nothing that a spreadsheet takes for a formula', async () => {
    const { code, textOf } = await exported('accounts', history, '--run', nightRun(1));
    expect(code).toBe(0);
    const [header, ...lines] = (await textOf('accounts.csv')).trimEnd().split('\r\n');
    expect(header).toMatch(/^"accountId","displayName","givenName"/);
    expect(lines).toHaveLength(USERS.length);
    expect(lines[2]).toMatch(/^"off","'=cmd Quagmire off","'=cmd",.*"DISABLED","true","APP_USER","DISABLED","",/);
  });

  test('vanta has everybody, and says of what the roster does not tell that it is unknown', async () => {
    const { textOf } = await exported('vanta', history, '--run', nightRun(1));
    const { resources } = JSON.parse(await textOf('vanta-users.json'));
    expect(
      resources.map(({ uniqueId, permissionLevel, status, authMethod }: Record<string, unknown>) => [
        ...[uniqueId, permissionLevel, status, authMethod],
      ]),
    ).toEqual([
      ['api', 'ADMIN', 'ACTIVE', 'UNKNOWN'],
      ['stale', 'BASE', 'ACTIVE', 'UNKNOWN'],
      ['off', 'BASE', 'DEACTIVATED', 'UNKNOWN'],
    ]);
    expect(resources[0]).not.toHaveProperty('mfaEnabled');
    expect(resources[0].externalUrl).toBe('https://us-east-1.console.aws.amazon.com/finspace/home');
  });
});

describe('ocsf --parquet', () => {
  const placesOf = (run: string, day: string) =>
    ['findings', 'roster'].map(
      (name) =>
        `ext/finspace-${name}/region=us-east-1/accountId=${ACCOUNT}/eventDay=${day}/${ENVIRONMENT}-${run}.parquet`,
    );
  const countOf = async (file: string): Promise<number> => {
    const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
    const reader = await duckdb.runAndReadAll(`SELECT count(*)::INT AS events FROM '${file}'`);
    return Number(reader.getRowObjectsJS()[0]?.events);
  };

  test('makes of each class a file where Security Lake looks for it, with the events of the lines', async () => {
    const lines = await exported('ocsf', history, '--run', nightRun(1));
    const { code, files, to } = await exported('ocsf', history, '--run', nightRun(1), '--parquet');
    expect(code).toBe(0);
    expect(files).toEqual(placesOf(nightRun(1), nightRun(1).slice(0, 8)));
    const counts = await Promise.all(files.map((file) => countOf(join(to, file))));
    const texts = await Promise.all(lines.files.map((file) => lines.textOf(file)));
    expect(counts).toEqual(texts.map((text) => text.trimEnd().split('\n').length));
  });

  test('of a run that is not complete says so', async () => {
    const { code, stderr, files } = await exported('ocsf', history, '--run', nightRun(2), '--parquet');
    expect({ code, files }).toEqual({ code: 2, files: placesOf(nightRun(2), nightRun(2).slice(0, 8)) });
    expect(stderr).toContain('what it did not see is not in there');
  });

  test('reads archives of before', async () => {
    expect(await exported('ocsf', BEFORE, '--parquet')).toMatchObject({ code: 0, files: { length: 2 } });
  });
});

describe('accounts and vanta are refused, and nothing is written', () => {
  test.each(['accounts', 'vanta'])('%s of a run that is not complete', async (name) => {
    const { code, stderr, files } = await exported(name, history, '--run', nightRun(2));
    expect({ code, files }).toEqual({ code: 2, files: [] });
    expect(stderr).toContain(`run ${nightRun(2)} is INCOMPLETE: deadline; whoever is missing would be deactivated`);
  });

  test.each(['accounts', 'vanta'])('%s of a run that is late', async (name) => {
    const late = await archived({ number: 1, users: USERS, listedAt: nightAt(2) });
    const { code, stderr, files } = await exported(name, late);
    expect({ code, files }).toEqual({ code: 2, files: [] });
    expect(stderr).toContain(`run ${nightRun(1)} is late`);
  });

  test.each(['accounts', 'vanta'])('%s of a run with somebody who has no id', async (name) => {
    const nameless = await archived({ number: 1, users: [...USERS, aUser({ userId: null })] });
    const { code, stderr, files } = await exported(name, nameless);
    expect({ code, files }).toEqual({ code: 2, files: [] });
    expect(stderr).toContain('record #3');
  });

  test.each(['accounts', 'vanta'])('%s of a run with records of one user that differ', async (name) => {
    const differing = await archived({ number: 1, users: [...USERS, aUser({ userId: 'stale', status: 'DISABLED' })] });
    const { code, stderr, files } = await exported(name, differing);
    expect({ code, files }).toEqual({ code: 2, files: [] });
    expect(stderr).toContain(`of 1 user run ${nightRun(1)} has records that differ`);
  });

  test.each(['accounts', 'vanta'])('%s of a roster that is attested, not seen', async (name) => {
    const out = await newFolder();
    const roster = join(import.meta.dirname, '../../../examples/users.json');
    const words = ['--roster', roster, '--attested-by', 'A. Person', '--statement', 'all of them', '--defaults'];
    const where = ['--environment', 'abc', '--account', '111122223333', '--region', 'us-east-1', '--out', out];
    await invoke(['run', ...where, ...words]);
    const { code, stderr, files } = await exported(name, out);
    expect({ code, files }).toEqual({ code: 2, files: [] });
    expect(stderr).toContain('is attested, not seen');
  });
});

test('a run that is not complete is exported as far as it saw, and said to be', async () => {
  const { code, stderr, files } = await exported('ocsf', history, '--run', nightRun(2));
  expect({ code, files }).toEqual({ code: 2, files: ['findings.ocsf.jsonl', 'roster.ocsf.jsonl'] });
  expect(stderr).toContain('what it did not see is not in there');
});

test('of a run that was late says so, to programs too', async () => {
  const late = await archived({ number: 1, users: USERS, listedAt: nightAt(2) });
  const words = ['export', 'asff', '--out', late, '--to', join(await newFolder(), 'files'), '--json'];
  const { stdout, stderr } = await invoke(words);
  expect(JSON.parse(stdout).notes).toEqual([expect.stringMatching(/^LATE: listed 24 hours after the night/)]);
  expect(stderr).toContain('LATE: listed 24 hours');
});

test('what is there already stays', async () => {
  const { to, textOf } = await exported('asff', history, '--run', nightRun(1));
  const before = await textOf('findings.asff.jsonl');
  const { code, stderr } = await invoke(['export', 'asff', '--out', history, '--to', to]);
  expect(code).toBe(3);
  expect(stderr).toContain('--to must be a folder without findings.asff.jsonl');
  expect(await textOf('findings.asff.jsonl')).toBe(before);
});

test.each([
  [['ocfs', '--to', 'x'], 'FORMAT must be one of ocsf, oscal, asff, accounts, vanta, got "ocfs"'],
  [['oscal', '--to', 'x', '--parquet'], '--parquet goes with ocsf only, got "oscal"'],
  [['ocsf'], '--to must be the path of a folder, got nothing'],
  [['ocsf', '--to', 'x', '--run', 'last'], '--run must be a run as 20261124T020000Z'],
])('%j is refused', async (words, message) => {
  const { code, stderr } = await invoke(['export', ...words, '--out', history]);
  expect(code).toBe(3);
  expect(stderr).toContain(message);
});
