import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { folderArchive } from '../../core/archive/folder.ts';
import { makeDirectory } from '../../simulator/directory.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { readTree } from '../support/archive-tree.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { ACCOUNT, BIN, command, type ProcessResult, runEnv, runWords } from './command.ts';

const newFolder = temporaryFolders();

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({
    users: makeDirectory({ users: 250, seed: 7, asOf: new Date(), accountId: ACCOUNT }),
  });
});
afterEach(() => simulator.setFaults([]));
afterAll(() => simulator.close());

/** Runs a command line in a shell, with what follows it there; gives the exit code of the command itself. */
const inShell = (words: readonly string[], rest: string): Promise<ProcessResult> =>
  new Promise((done) => {
    const line = `"$0" "$@" ${rest}; exit "\${PIPESTATUS[0]}"`;
    const child = execFile(
      'bash',
      ['--norc', '-c', line, process.execPath, BIN, ...words],
      { env: { PATH: process.env.PATH, ...runEnv(simulator) } },
      (_error, stdout, stderr) => done({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });

/** The ends of an output that nobody reads, or that takes nothing; `full` where it fails for another reason than that. */
const ENDS = [
  { rest: '| true', full: false },
  { rest: '| head -1', full: false },
  { rest: '2>&1 | true', full: false },
  { rest: '>&- 2>&-', full: false },
  { rest: '>/dev/full', full: true },
  { rest: '>/dev/full 2>/dev/full', full: true },
] as const;

describe('whatever happens to the output', () => {
  let altered: string;
  beforeAll(async () => {
    altered = await newFolder();
    await command([...runWords(simulator), '--out', altered, '--json'], runEnv(simulator));
    const [key = ''] = Object.keys(await readTree(folderArchive(altered))).filter((one) =>
      one.endsWith('findings.csv'),
    );
    await writeFile(join(altered, key), `${await readFile(join(altered, key), 'utf8')} `);
  });

  test.each(ENDS)('$rest: a run that is not complete exits 2, and has told people', async ({ rest }) => {
    const out = await newFolder();
    simulator.setFaults([{ fault: 'denied', page: 1 }]);
    const { code } = await inShell([...runWords(simulator), '--out', out], rest);
    const keys = Object.keys(await readTree(folderArchive(out)));
    expect({ code, alerts: keys.filter((key) => key.startsWith('alerts/')).length }).toEqual({ code: 2, alerts: 1 });
  });

  test.each(ENDS)('$rest: findings exit 1, problems 2, a wrong command line 3', async ({ rest }) => {
    const run = [...runWords(simulator), '--out', await newFolder(), '--fail-on', 'LOW'];
    expect((await inShell(run, rest)).code).toBe(1);
    expect((await inShell(['verify', '--out', altered], rest)).code).toBe(2);
    expect((await inShell(['rules', 'nonsense'], rest)).code).toBe(3);
  });

  test.each(ENDS)('$rest: what went well exits 0, or 4 where the output can not be written', async ({ rest, full }) => {
    const { code, stderr } = await inShell(['rules'], rest);
    expect(code).toBe(full ? 4 : 0);
    expect(stderr).toBe(rest === '>/dev/full' ? 'finspace-audit: the output could not be written (ENOSPC)\n' : '');
  });
});

describe('a terminal is told without controls', () => {
  const CONTROLS = '\u001b[2J\u009b31m\u202e';
  const service = createServer((_, response) => {
    response.writeHead(400).end(`<Error><Code>Strange${CONTROLS}</Code><Message>${CONTROLS}</Message></Error>`);
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => {
      service.listen(0, '127.0.0.1', resolve);
    });
  });
  afterAll(() => {
    service.close();
  });

  test.each([
    ['what was typed', ['rules', CONTROLS], 3],
    ['a command', [CONTROLS], 3],
    ['a file', ['rules', '--config', `${CONTROLS}.yaml`], 3],
    ['what a service says', ['verify', '--bucket', 'evidence', '--region', 'us-east-1'], 2],
  ])('%s', async (_, words, code) => {
    const result = await command(words, {
      ...runEnv(simulator),
      FORCE_COLOR: '1',
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
    });
    expect(result.code).toBe(code);
    expect(result.stderr).not.toMatch(/[^\P{C}\n]/u);
    expect(result.stderr).not.toBe('');
  });
});

describe('a fault of the program exits 70, with one line to send', () => {
  const faulty = (code: string, ...words: readonly string[]): Promise<ProcessResult> =>
    command(words, { NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(code)}"` });

  test.each([
    ['in a command', 'JSON.stringify = () => null.of("jane@example.com")', 'TypeError: Cannot read properties of null'],
    [
      'behind it',
      'JSON.stringify = () => { setImmediate(() => { throw new RangeError("for jane@example.com") }); return "" }',
      'RangeError: for [e-mail]',
    ],
    ['in a promise', 'JSON.stringify = () => { Promise.reject(new Error("lost")); return "" }', 'Error: lost'],
    ['that waits for ever', 'process.stdout.write = () => true', 'it waits for what never comes'],
  ])('%s', async (_, code, message) => {
    const result = await faulty(code, 'rules', '--json');
    expect(result.stderr).toMatch(
      /^finspace-audit: a fault of the program's own: .*; version \S+, Node v\S+, .*Send this line.*\n$/,
    );
    expect(result.stderr).toContain(message);
    expect(result.code).toBe(70);
  });

  test('it names the places in the code, and no path of the machine', async () => {
    const { stderr } = await faulty('JSON.stringify = () => null.of', 'rules', '--json');
    expect(stderr).toMatch(/ at cli\/rules\/action\.ts:\d+:\d+/);
    expect(stderr).not.toContain('file:');
  });

  test('code that is not there', async () => {
    const missing =
      'import { registerHooks } from "node:module"; registerHooks({ resolve(name, context, next) { if (name === "commander") throw new Error("no commander"); return next(name, context) } })';
    const { code, stderr } = await faulty(missing, 'rules');
    expect({ code, stderr }).toEqual({ code: 70, stderr: expect.stringContaining('no commander') });
  });
});
