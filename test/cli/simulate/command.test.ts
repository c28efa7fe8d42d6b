import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readSimulateFlags, type SimulateFlags } from '../../../cli/simulate/options.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { command, start } from '../command.ts';

const newFolder = temporaryFolders();

const FLAGS: SimulateFlags = { port: '0', users: '400', seed: '1', environment: 'abc' };

describe('faults', () => {
  test.each([
    ['denied', { fault: 'denied', operation: 'page', times: 1 }],
    ['denied@2', { fault: 'denied', operation: 'page', page: 2, times: 1 }],
    ['reset@0x3', { fault: 'reset', operation: 'page', page: 0, times: 3 }],
    ['expired-credentials', { fault: 'expired-credentials', operation: 'page', times: 1 }],
    ['expired-credentialsx2', { fault: 'expired-credentials', operation: 'page', times: 2 }],
    ['empty-200x2', { fault: 'empty-200', operation: 'page', times: 2 }],
    ['denied@groups', { fault: 'denied', operation: 'groups', times: 1 }],
    ['repeated-page@membersx2', { fault: 'repeated-page', operation: 'members', times: 2 }],
    ['denied@exchangexinf', { fault: 'denied', operation: 'exchange', times: Number.POSITIVE_INFINITY }],
  ])('%s', (fault, expected) => {
    expect(readSimulateFlags({ ...FLAGS, fault: [fault] }).faults).toEqual([expected]);
  });

  test.each(['', 'nonsense', 'denied@', 'denied@-1', 'denied@x2', 'deniedx', 'denied@1.5', 'repeated-token@exchange'])(
    'none: %j',
    (fault) => {
      expect(() => readSimulateFlags({ ...FLAGS, fault: [fault] })).toThrow(
        `--fault must be KIND[@PAGE|@exchange|@groups|@members][xTIMES], got ${JSON.stringify(fault)}; KIND is one of throttle, `,
      );
    },
  );
});

test.each([
  [{ port: '65536' }, '--port must be a whole number of 0 to 65535, got "65536"'],
  [{ users: '1000001' }, '--users must be a whole number of 0 to 1000000, got "1000001"'],
  [{ users: '-1' }, '--users must be a whole number of 0 to 1000000, got "-1"'],
  [{ seed: '1.5' }, '--seed must be a whole number of 0 or more, got "1.5"'],
  [{ rate: '0' }, '--rate must be a whole number of 1 to 1000000, got "0"'],
  [{ rate: '1', burst: '0' }, '--burst must be a whole number of 1 to 1000000, got "0"'],
  [{ burst: '1' }, '--burst is allowed with --rate only'],
  [{ environment: 'a-b' }, '--environment must be 1 to 26 letters and digits, got "a-b"'],
] as const)('wrong flags: %j', (flags, message) => {
  expect(() => readSimulateFlags({ ...FLAGS, ...flags })).toThrow(message);
});

/** Reads the variables that the printed lines set, and the command that they end in. */
const readInstructions = (printed: string) => ({
  env: Object.fromEntries(
    [...printed.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  ),
  words: /^npx finspace-audit (.*)$/m.exec(printed)?.[1]?.split(' ') ?? [],
});

test('what it prints can be pasted: a denied page makes `run` exit 2, and the next one exit 0', async () => {
  const simulating = start(['simulate', '--users', '250', '--environment', 'pasted1', '--fault', 'denied@2']);
  const { env, words } = readInstructions(await simulating.until('--out simulated-history\n'));
  const out = join(await newFolder(), 'history');
  const run = () => command([...words.slice(0, -1), out, '--json'], env);

  const denied = await run();
  const passed = await run();
  const ended = await simulating.end('SIGINT');

  expect(denied.code).toBe(2);
  expect(JSON.parse(denied.stdout)).toMatchObject({
    environmentId: 'pasted1',
    verdict: 'INCOMPLETE',
    reason: 'access-denied',
    counts: { users: 200 },
  });
  expect(passed.code).toBe(0);
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
  expect(ended.stdout).toMatch(/^Ended after 8 requests: 5 pages, .* 1 fault\.$/m);
});

test('a port that is taken exits 3, and SIGTERM ends it as well', async () => {
  const simulating = start(['simulate', '--users', '0']);
  const port = /127\.0\.0\.1:(\d+)/.exec(await simulating.until('--out simulated-history\n'))?.[1] ?? '';
  const { code, stderr } = await command(['simulate', '--port', port]);
  expect(stderr).toContain(`--port must be one that is free and allowed, got "${port}" (EADDRINUSE)`);
  expect(code).toBe(3);
  expect((await simulating.end('SIGTERM')).code).toBe(0);
});

test('--json prints where it is, and what it was asked', async () => {
  const simulating = start(['simulate', '--users', '3', '--environment', 'abc', '--json']);
  const printed = await simulating.until('\n');
  expect(JSON.parse(printed)).toEqual({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    environmentId: 'abc',
    accountId: '111122223333',
    region: 'us-east-1',
    accessKeyId: expect.any(String),
    secretAccessKey: expect.any(String),
  });
  const { stdout } = await simulating.end('SIGINT');
  expect(JSON.parse(stdout.slice(printed.length))).toMatchObject({ requests: 0, pages: 0 });
});
