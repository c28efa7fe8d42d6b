import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { rules } from '../../rules/index.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { command } from './command.ts';

const newFolder = temporaryFolders();

describe('what is wrong with a command line exits 3 and prints nothing on stdout', () => {
  const whole = [
    ...['run', '--environment', 'abc', '--region', 'us-east-1'],
    ...['--account', '111122223333', '--out', 'nowhere'],
  ];
  test.each([
    { words: [], message: 'Usage: finspace-audit' },
    { words: ['runn'], message: "unknown command 'runn'\n(Did you mean run?)" },
    { words: ['run', '--ouput', 'x'], message: "unknown option '--ouput'\n(Did you mean --out" },
    { words: ['run', '--out'], message: "option '--out <folder>' argument missing" },
    { words: ['run', 'now'], message: 'too many arguments' },
    { words: [...whole, '--account', '123'], message: '--account must be 12 digits, got "123"' },
    { words: [...whole, '--config', 'missing.yaml'], message: "missing.yaml: can't be read (ENOENT)" },
    { words: ['demo', '--users', '129'], message: '--users must be a whole number of 130 to 100000, got "129"' },
    { words: ['demo', '--nights', '11'], message: '--nights must be a whole number of 1 to 10, got "11"' },
    {
      words: ['simulate', '--fault', 'nonsense'],
      message: '--fault must be KIND[@PAGE|@exchange|@groups|@members][xTIMES], got "nonsense"',
    },
    { words: ['rules', 'nonsense'], message: 'the rule must be one of super-user-api-access' },
    { words: ['rules', 'STALE-logn'], message: 'got "STALE-logn"; did you mean stale-login?' },
    { words: ['help', 'foo'], message: "unknown command 'foo'" },
    { words: ['help', 'runn'], message: "unknown command 'runn'\n(Did you mean run?)" },
    { words: ['rules', '--json', '--markdown'], message: 'one of --json and --markdown is allowed, got both' },
  ])('$words', async ({ words, message }) => {
    const { code, stdout, stderr } = await command(words);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  });

  test('an endpoint that is none, without repeating it', async () => {
    const { code, stderr } = await command(whole, { AWS_ENDPOINT_URL_FINSPACE_DATA: 'https://me:secret@host' });
    expect(code).toBe(3);
    expect(stderr).toContain('AWS_ENDPOINT_URL_FINSPACE_DATA must be an http or https URL');
    expect(stderr).not.toContain('secret');
  });

  test.each([
    ['audit.yaml', 'environments: [{ id: abc }]\nrulez: {}\n', 'audit.yaml:2: rulez: unknown key, did you mean rules?'],
    ['waivers.yaml', '- rule: stale-login\n', 'waivers.yaml'],
  ])('a wrong %s, naming the file and the key', async (name, content, message) => {
    const folder = await newFolder();
    await writeFile(join(folder, 'audit.yaml'), 'environments: [{ id: abc }]\n');
    await writeFile(join(folder, name), content);
    const { code, stderr } = await command([...whole, '--config', join(folder, 'audit.yaml')]);
    expect(stderr).toContain(message);
    expect(code).toBe(3);
  });
});

describe('rules', () => {
  test('--markdown prints the catalogue page', async () => {
    const { code, stdout } = await command(['rules', '--markdown']);
    expect(code).toBe(0);
    expect(stdout).toBe(await readFile(resolve(import.meta.dirname, '../../rules/README.md'), 'utf8'));
  });

  test('lists every rule, each on a line of its own', async () => {
    const { code, stdout } = await command(['rules']);
    const lines = stdout.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(lines.slice(1).map((line) => line.split(/ {2,}/)[2])).toEqual(rules.map(({ id }) => id));
  });

  test('--config tells which are on, and their limits', async () => {
    const file = join(await newFolder(), 'audit.yaml');
    await writeFile(
      file,
      'environments: [{ id: abc }]\nrules:\n  stale-login: { maxDays: 7, severity: LOW }\n  long-disabled: { enabled: false }\n',
    );
    const { stdout } = await command(['rules', '--json', '--config', file]);
    const listed: readonly { readonly id: string }[] = JSON.parse(stdout);
    const entry = (id: string) => listed.find((rule) => rule.id === id);
    expect(listed).toHaveLength(rules.length);
    expect(entry('stale-login')).toMatchObject({ state: 'on', severity: 'LOW', options: { maxDays: 7 } });
    expect(entry('long-disabled')).toMatchObject({ state: 'off', reason: 'switched off in the config' });
    expect(entry('email-domain')).toMatchObject({ state: 'not-configured' });
    expect(entry('principal-missing')).toMatchObject({ state: 'off', judges: 'principal', needs: 'iamRoles' });
  });

  test('without a config are those of one that sets nothing', async () => {
    const file = join(await newFolder(), 'audit.yaml');
    await writeFile(file, 'environments: [{ id: abc }]\n');
    const { stdout } = await command(['rules', '--json']);
    expect(JSON.parse(stdout)).toHaveLength(rules.length);
    expect((await command(['rules', '--json', '--config', file])).stdout).toBe(stdout);
  });

  test('explains one', async () => {
    const { code, stdout } = await command(['rules', 'stale-login']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^stale-login: /);
    for (const name of ['Severity', 'State', 'Fails when', 'Options', 'Rationale', 'Remediation', 'Controls'])
      expect(stdout).toMatch(new RegExp(`^${name} {2,}\\S`, 'm'));
  });

  test('--json of one is that one', async () => {
    const { stdout } = await command(['rules', 'stale-login', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ id: 'stale-login', options: { maxDays: 90, privilegedMaxDays: 45 } });
  });
});

test.each([['--help'], ['run', '--help'], ['help', 'run'], ['help']])(
  'help exits 0 and tells the exit codes: %s %s',
  async (...words) => {
    const { code, stdout, stderr } = await command(words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain('Exit codes:');
  },
);

test('colours come where they are forced, and not otherwise', async () => {
  const plain = await command(['rules']);
  const forced = await command(['rules'], { FORCE_COLOR: '1' });
  expect(plain.stdout).not.toContain('\u001b');
  expect(forced.stdout).toContain('\u001b[');
});
