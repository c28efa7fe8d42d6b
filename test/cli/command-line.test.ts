import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../lambda/archive/folder.ts';
import { makeDirectory } from '../../simulator/directory.ts';
import { CALLER, type Simulator, startSimulator } from '../../simulator/server.ts';
import { readTree } from '../support/archive-tree.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const BIN = resolve(import.meta.dirname, '../../bin/finspace-audit.ts');
const newFolder = temporaryFolders();

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const command = (words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> =>
  new Promise((done) => {
    const child = execFile(
      process.execPath,
      [BIN, ...words],
      { env: { PATH: process.env.PATH, ...env }, maxBuffer: 1e8 },
      (_error, stdout, stderr) => done({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

const ACCOUNT = '111122223333';
const users = makeDirectory({ users: 250, seed: 7, asOf: new Date(), accountId: ACCOUNT });
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ users });
});
afterAll(() => simulator.close());

const run = async (out: string, ...words: readonly string[]): Promise<Outcome> =>
  command(
    [
      'run',
      '--environment',
      simulator.environmentId,
      '--account',
      ACCOUNT,
      '--region',
      'us-east-1',
      '--out',
      out,
      ...words,
    ],
    {
      AWS_ENDPOINT_URL_FINSPACE_DATA: simulator.url,
      AWS_ACCESS_KEY_ID: CALLER.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CALLER.secretAccessKey,
    },
  );

describe('what is wrong with a command line', () => {
  const whole = [
    'run',
    '--environment',
    'abc',
    '--region',
    'us-east-1',
    '--account',
    ACCOUNT,
    '--out',
    'nowhere',
  ];
  test.each([
    { words: ['runn'], message: "unknown command 'runn'" },
    { words: ['run', '--ouput', 'x'], message: "unknown option '--ouput'" },
    {
      words: ['run', '--out', 'x'],
      message: '--environment must be 1 to 26 letters and digits, got nothing',
    },
    {
      words: whole.slice(0, -2),
      message: 'one of --out FOLDER and --bucket NAME must be given, got neither',
    },
    { words: [...whole, '--bucket', 'some-bucket'], message: 'got both' },
    {
      words: [...whole, '--topic', 'arn:aws:sns:us-east-1:111122223333:t'],
      message: '--topic is allowed with --bucket only',
    },
    { words: [...whole, '--account', '123'], message: '--account must be 12 digits, got "123"' },
    {
      words: [...whole, '--region', 'nowhere'],
      message: '--region must be a region such as us-east-1, got "nowhere"',
    },
    {
      words: [...whole, '--as-of', 'yesterday'],
      message: '--as-of must be a time in ISO 8601 with its zone',
    },
    {
      words: [...whole, '--as-of', '2999-01-01T00:00:00Z'],
      message: 'not in the future, got "2999-01-01T00:00:00Z"',
    },
    {
      words: [...whole, '--fail-on', 'terrible'],
      message: '--fail-on must be one of INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL',
    },
    {
      words: [...whole, '--deadline-seconds', '0'],
      message: '--deadline-seconds must be a whole number of 1 or more, got "0"',
    },
    { words: [...whole, '--config', 'missing.yaml'], message: "missing.yaml: can't be read (ENOENT)" },
    { words: ['demo', '--users', '3'], message: '--users must be a whole number of 130 to 100000, got "3"' },
    {
      words: ['simulate', '--fault', 'nonsense'],
      message: '--fault must be KIND[@PAGE|@exchange][xTIMES], got "nonsense"',
    },
    { words: ['simulate', '--burst', '3'], message: '--burst is allowed with --rate only' },
    { words: ['rules', 'nonsense'], message: 'the rule must be one of super-user-api-access' },
  ])('$words exits 3: $message', async ({ words, message }) => {
    const { code, stdout, stderr } = await command(words);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(existsSync('nowhere')).toBe(false);
  });

  test('a config with an unknown key exits 3, and names file and key', async () => {
    const folder = await newFolder();
    const file = join(folder, 'audit.yaml');
    await writeFile(file, 'environments: [{ id: abc }]\nrulez: {}\n');
    const { code, stderr } = await run(join(folder, 'out'), '--config', file);
    expect(code).toBe(3);
    expect(stderr).toContain('audit.yaml');
    expect(stderr).toContain('rulez');
  });
});

describe('run', () => {
  test('--json prints the report that the archive has, and nothing else', async () => {
    const out = await newFolder();
    const { code, stdout, stderr } = await run(out, '--json');
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      verdict: 'COMPLETE',
      counts: { users: 250, pages: 3 },
      accountId: ACCOUNT,
    });
    expect(stderr).toContain('Subject: FinSpace');
    const tree = await readTree(folderArchive(out));
    const stored = Object.entries(tree).find(([key]) => key.endsWith('/report.json'));
    expect(JSON.parse(stored?.[1] ?? '')).toEqual(report);
  });

  test.each([
    { failOn: 'critical', code: 1 },
    { failOn: 'INFORMATIONAL', code: 1 },
  ])('--fail-on $failOn exits $code', async ({ failOn, code }) => {
    expect((await run(await newFolder(), '--json', '--fail-on', failOn)).code).toBe(code);
  });

  test('is denied: exit 2, no latest, and what to do', async () => {
    const out = await newFolder();
    simulator.setFaults([{ fault: 'denied', times: Number.POSITIVE_INFINITY }]);
    const { code, stdout } = await run(out);
    simulator.setFaults([]);
    expect(code).toBe(2);
    expect(stdout).toContain('FAILED');
    expect(stdout).toContain('access-denied');
    expect(await readdir(out)).toEqual(expect.not.arrayContaining(['latest', 'manifests', 'snapshots']));
  });

  test('names no user, neither by name nor by e-mail address', async () => {
    const { stdout, stderr } = await run(await newFolder());
    const printed = stdout + stderr;
    const personal = users.flatMap((user): unknown[] =>
      typeof user === 'object' && user !== null
        ? ['emailAddress', 'lastName'].map((name) => Reflect.get(user, name))
        : [],
    );
    const told = personal.filter(
      (text) =>
        typeof text === 'string' && text.length > 4 && printed.toLowerCase().includes(text.toLowerCase()),
    );
    expect(personal.length).toBeGreaterThan(400);
    expect(told).toEqual([]);
  });

  test('paints nothing where nobody watches', async () => {
    const { stdout, stderr } = await run(await newFolder());
    expect((stdout + stderr).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

describe('demo', () => {
  test('audits its nights, again into the same folder, and touches nobody else’s', async () => {
    const folder = join(await newFolder(), 'history');
    const words = ['demo', '--nights', '3', '--users', '150', '--out', folder];
    const first = await command(words);
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' });
    expect(first.stdout).toContain('Night 3');
    const again = await command(words);
    expect(again.code).toBe(0);
    const manifests = Object.keys(await readTree(folderArchive(folder))).filter((key) =>
      key.startsWith('manifests/'),
    );
    expect(manifests).toHaveLength(3);

    const other = await newFolder();
    await writeFile(join(other, 'mine.txt'), 'mine');
    const refused = await command(['demo', '--out', other]);
    expect(refused.code).toBe(3);
    expect(await readFile(join(other, 'mine.txt'), 'utf8')).toBe('mine');
  }, 60_000);
});

describe('rules', () => {
  test('--markdown prints the catalogue page', async () => {
    const { stdout } = await command(['rules', '--markdown']);
    expect(stdout).toBe(await readFile(resolve(import.meta.dirname, '../../rules/README.md'), 'utf8'));
  });

  test('--json lists every rule with its state', async () => {
    const { stdout } = await command(['rules', '--json']);
    const states = JSON.parse(stdout).map(({ state }: { state: string }) => state);
    expect(new Set(states)).toEqual(new Set(['on', 'off', 'not-configured']));
  });

  test('one is explained', async () => {
    const { code, stdout } = await command(['rules', 'stale-login']);
    expect(code).toBe(0);
    expect(stdout).toContain('Remediation');
  });
});

test.each([['--help'], ['run', '--help'], ['help', 'run']])(
  'help exits 0 and tells the exit codes: %s %s',
  async (...words) => {
    const { code, stdout } = await command(words);
    expect(code).toBe(0);
    expect(stdout).toContain('Exit codes:');
  },
);
