import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readConfigFiles } from '../../../cli/arguments/config-files.ts';
import { measure } from '../../../lambda/metrics.ts';
import { ACCOUNT, anApiUser, aRoleArn, ENVIRONMENT } from '../../support/builders.ts';
import { aRuleFile } from '../../support/custom-rule.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { command } from '../command.ts';
import { invoke } from '../in-process.ts';

const newFolder = temporaryFolders();

const ID = 'x-contractor-api-access';
const NIGHTS = ['2026-10-05T07:00:00Z', '2026-10-06T07:00:00Z', '2026-10-07T07:00:00Z'];
const WORD = ['--attested-by', 'Ada Lovelace', '--statement', 'this is everybody'] as const;

const contractor = (userId: string, emailAddress: unknown) =>
  anApiUser({
    userId,
    emailAddress,
    createTime: Date.parse('2026-09-20T07:00:00Z'),
    lastLoginTime: Date.parse('2026-10-04T07:00:00Z'),
  });

const users = [contractor('u1', 'a@contractor.example.com'), contractor('u2', null), contractor('u3', 'a@example.com')];

/** A folder with a config, a rule beside it, a roster and the archive that nights leave. */
const opened = async (listed: readonly unknown[] = users) => {
  const folder = await newFolder();
  const at = (name: string): string => join(folder, name);
  await mkdir(at('custom-rules'));
  await writeFile(at('audit.yaml'), `environments: [{ id: ${ENVIRONMENT} }]\n`);
  await writeFile(at('plain.yaml'), `environments: [{ id: ${ENVIRONMENT} }]\nrules: { ${ID}: { enabled: false } }\n`);
  await writeFile(at(`custom-rules/${ID}.yaml`), aRuleFile());
  const asked = ['--environment', ENVIRONMENT, '--account', ACCOUNT, '--region', 'us-east-1', '--out', at('out')];
  return {
    at,
    run: async (night: number, ...words: readonly string[]) => {
      const time = Date.parse(NIGHTS[night] ?? '') / 1000;
      // The same bytes twice are no new night.
      await writeFile(at('users.json'), JSON.stringify({ users: listed, night }));
      await utimes(at('users.json'), time, time);
      return invoke(['run', ...asked, '--roster', at('users.json'), ...WORD, ...words]);
    },
    text: (key: string) => readFile(at(`out/${key}`), 'utf8'),
    rulesets: () => readdir(at('out/rulesets')),
  };
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('a rule that operators wrote', () => {
  test('judges, is stored once a version, explained, replayed, reviewed and verified as the others', async () => {
    const { at, run, rulesets, text } = await opened();
    const { code, stdout } = await run(0, '--config', at('audit.yaml'));
    expect(code).toBe(0);
    expect(stdout).toContain(`${ID}: API access of a contractor, 15 days old`);
    await run(1, '--config', at('audit.yaml'));

    const [ruleset = '', ...others] = await rulesets();
    expect(others).toEqual([]);
    const stored = await text(`rulesets/${ruleset}`);
    const manifest = JSON.parse(await text(`chain/environment=${ENVIRONMENT}/000000000002.json`));
    expect(ruleset).toBe(`${manifest.hashes.ruleset}.json`);
    expect(sha256(stored)).toBe(manifest.hashes.ruleset);
    expect(stored).toContain(JSON.stringify(aRuleFile()));
    expect(manifest.objects.ruleset).toEqual({
      key: `rulesets/${ruleset}`,
      sha256: sha256(stored),
      size: Buffer.byteLength(stored),
    });

    // Without the files of the day: what judged stands in the archive.
    const explained = await invoke(['explain', '--out', at('out'), `${ENVIRONMENT}/${ID}/u1`]);
    expect(explained.stdout).toMatch(/true +user\.emailAddress\.domain\(\) == options\.domain/);
    const unknown = await invoke(['explain', '--out', at('out'), 'u2']);
    expect(unknown.stdout).toContain('emailAddress is missing or unusable');
    const packed = await invoke([
      'review',
      '--out',
      at('out'),
      '--from',
      '2026-10-01',
      '--to',
      '2026-10-31',
      '--pack',
      at('pack'),
    ]);
    expect(packed).toMatchObject({ code: 0, stderr: '' });
    const replayed = await invoke([
      'replay',
      '--out',
      at('out'),
      '--config',
      at('audit.yaml'),
      '--against',
      at('plain.yaml'),
    ]);
    expect(replayed.code).toBe(0);
    expect(replayed.stdout).toMatch(new RegExp(`config +HIGH .* u1 +${ID}`));

    expect(await invoke(['verify', '--out', at('out')])).toMatchObject({ code: 0 });
    await writeFile(at(`out/rulesets/${ruleset}`), stored.replace('graceDays', 'graceDay5'));
    const tampered = await invoke(['verify', '--out', at('out')]);
    expect(tampered.code).toBe(2);
    expect(tampered.stdout + tampered.stderr).toContain(`rulesets/${ruleset}`);
  });

  test('may name people in mails where the config asks for it, which the manifest records', async () => {
    const { at, run, text } = await opened();
    const address = 'a@contractor.example.com';
    await writeFile(
      at(`custom-rules/${ID}.yaml`),
      aRuleFile({
        message: '"API access of " + user.emailAddress',
        tests: [{ name: 'no address', user: { apiAccess: 'ENABLED' }, notAssessed: 'emailAddress' }],
      }),
    );
    const refused = await run(0, '--config', at('audit.yaml'));
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toContain(`${ID}.yaml:17: message: must not read emailAddress`);
    expect(refused.stderr).toContain('unless audit.yaml has messages: { names: true }');

    await writeFile(at('audit.yaml'), `environments: [{ id: ${ENVIRONMENT} }]\nmessages: { names: true }\n`);
    expect(await run(0, '--config', at('audit.yaml'))).toMatchObject({ code: 0 });
    const manifest = JSON.parse(await text(`chain/environment=${ENVIRONMENT}/000000000001.json`));
    expect(JSON.parse(await text(manifest.objects.digest.key)).body).toContain(`u1: API access of ${address}`);
    const { config } = readConfigFiles(at('audit.yaml'), Date.parse(NIGHTS[0] ?? ''));
    expect(config.messages).toEqual({ names: true });
    expect(manifest.hashes.config).toBe(sha256(JSON.stringify(config)));

    // The config of the day is another; what judged was let in.
    const explained = await invoke(['explain', '--out', at('out'), `${ENVIRONMENT}/${ID}/u1`]);
    expect(explained.stdout).toMatch(/true +user\.emailAddress\.domain\(\) == options\.domain/);
    const replayed = await invoke(['replay', '--out', at('out'), '--config', at('audit.yaml')]);
    expect(replayed).toMatchObject({ code: 0 });
    expect(await invoke(['replay', '--out', at('out'), '--config', at('plain.yaml')])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('message: must not read emailAddress'),
    });
  });

  test('by its text is part of what is hashed: a changed one is another version', async () => {
    const { at, run, rulesets } = await opened();
    await run(0, '--config', at('audit.yaml'));
    await writeFile(at(`custom-rules/${ID}.yaml`), `# reviewed\n${aRuleFile()}`);
    await run(1, '--config', at('audit.yaml'));
    expect(await rulesets()).toHaveLength(2);
  });

  test('is not left out by mistake where the last run was judged by it', async () => {
    const { at, run } = await opened();
    await run(0, '--config', at('audit.yaml'));
    const { code, stderr } = await run(1);
    expect(code).toBe(3);
    expect(stderr).toContain(`the custom rules ${ID}`);
  });

  test('and counts users stands in all that tells of a night as the others do', async () => {
    const arn = aRoleArn('shared');
    const former = contractor('u4', 'd@example.com');
    const sharing = [...users, { ...former, apiAccess: 'DISABLED' }];
    const { at, run, text } = await opened(sharing.map((user) => ({ ...user, apiAccessPrincipalArn: arn })));
    const few = 'x-few-of-a-role';
    await writeFile(
      at(`custom-rules/${few}.yaml`),
      aRuleFile({
        id: few,
        kind: 'directory',
        options: { most: 2 },
        where: ['user.apiBound'],
        by: 'user.apiAccessPrincipalArn',
        failsWhen: ['count > options.most'],
        message: '"a role of " + string(count) + "; at most " + string(options.most) + " allowed"',
        evidence: undefined,
        tests: [{ name: 'one', users: [{ apiAccess: 'ENABLED', apiAccessPrincipalArn: arn }], passes: 'true' }],
      }),
    );
    const ofUser = 'reason: a trial, owner: o@example.com, approver: p@example.com, expires: 2026-12-31';
    await writeFile(at('waivers.yaml'), `[{ rule: ${ID}, user: u1, ${ofUser} }]\n`);
    const { code, stdout } = await run(0, '--config', at('audit.yaml'));
    expect(code).toBe(0);
    expect(stdout).toContain(`${few}: a role of 3; at most 2 allowed`);
    expect(stdout).toMatch(new RegExp(`waived +u1 +${ID}`));

    const manifest = JSON.parse(await text(`chain/environment=${ENVIRONMENT}/000000000001.json`));
    const csv = await text(manifest.objects.csv.key);
    expect(csv).toContain(`"HIGH","waived","${ID}","user","u1","API access of a contractor, 15 days old"`);
    expect(csv).toContain(`"HIGH","new","${few}","principal","${arn}","a role of 3; at most 2 allowed"`);
    expect(csv).toContain('{""userCount"":3,""userIds"":[""u1"",""u2"",""u3""],""counted"":3,""group"":');
    const report = JSON.parse(await text(manifest.objects.report.key));
    expect(measure({ report }, 1)).toMatchObject({ HighFindings: 2 });
    expect(report.rules.filter(({ id }: { id: string }) => id.startsWith('x-'))).toMatchObject([
      { id: ID, state: 'ran', checked: 3, failed: 1, notAssessed: 1 },
      { id: few, state: 'ran', checked: 1, failed: 1, notAssessed: 0 },
    ]);

    const explained = await invoke(['explain', '--out', at('out'), `${ENVIRONMENT}/${few}/${arn}`]);
    expect(explained.stdout).toMatch(/true +count > options\.most \(count 3, counted 3\)/);
    expect(explained.stdout).toMatch(/Counted +users of whom this holds: user\.apiBound; it is told what/);
    await writeFile(at('plain.yaml'), `environments: [{ id: ${ENVIRONMENT} }]\nrules: { ${few}: { most: 3 } }\n`);
    const words = ['replay', '--out', at('out'), '--config', at('audit.yaml'), '--against', at('plain.yaml')];
    expect((await invoke(words)).stdout).toMatch(new RegExp(`20261005T070000Z.*config +HIGH .*${few}`, 's'));

    const dates = ['--from', '2026-10-01', '--to', '2026-10-31'];
    expect((await invoke(['review', '--out', at('out'), ...dates, '--pack', at('pack')])).code).toBe(0);
    expect(await readFile(at('pack/waivers.csv'), 'utf8')).toContain(`"${ID}","user","u1"`);
    const sheet = await readFile(at('pack/roster.csv'), 'utf8');
    // Each by the role of three and by sharing one; the last only by the role that is left over.
    const open = [...sheet.matchAll(/^"(u\d)".*"(\d)","\w+"\r?$/gm)].map(([, userId, count]) => [userId, count]);
    expect(open).toEqual([
      ['u1', '2'],
      ['u2', '2'],
      ['u3', '2'],
      ['u4', '1'],
    ]);
  });

  test('that breaks on a user leaves the night INCOMPLETE, by its name', async () => {
    const { at, run } = await opened();
    await writeFile(
      at(`custom-rules/${ID}.yaml`),
      aRuleFile({
        failsWhen: ['user.userId == "u3"', '{"x": 1}[user.emailAddress] == 1'],
        tests: [{ name: 'other', user: { userId: 'u1' }, passes: 'true' }],
      }),
    );
    const { code, stdout, stderr } = await run(0, '--config', at('audit.yaml'));
    expect(code).toBe(2);
    expect(stdout + stderr).toMatch(new RegExp(`INCOMPLETE +rule-error.*rule ${ID}: it failed on user u3`, 's'));
    expect(stdout + stderr).not.toContain('such key');
  });

  test('that is wrong stops the command before anything is done', async () => {
    const { at, run } = await opened();
    await writeFile(at(`custom-rules/${ID}.yaml`), aRuleFile({ severity: 'high' }));
    const { code, stderr } = await run(0, '--config', at('audit.yaml'));
    expect(code).toBe(3);
    expect(stderr).toContain(`${ID}.yaml:4: severity: must be one of INFORMATIONAL`);
    expect(await readdir(at(''))).not.toContain('out');
  });

  test('takes options by its defaults’ types, from audit.yaml', async () => {
    const { at, run } = await opened();
    const settings = (value: string) =>
      writeFile(
        at('audit.yaml'),
        `environments: [{ id: ${ENVIRONMENT} }]\nrules: { ${ID}: { graceDays: ${value} } }\n`,
      );
    await settings('15');
    expect((await run(0, '--config', at('audit.yaml'))).stdout).not.toContain('API access of a contractor');
    await settings('1.5');
    expect((await run(1, '--config', at('audit.yaml'))).stderr).toContain(
      `audit.yaml:2: rules.${ID}: graceDays must be a whole number, as its default is, got 1.5`,
    );
  });

  test('stands in the catalogue page of its config', async () => {
    const { at } = await opened();
    const { stdout } = await invoke(['rules', '--markdown', '--config', at('audit.yaml')]);
    expect(stdout).toContain(`### ${ID}`);
  });
});

describe('rules test and rules new', () => {
  test('a new rule passes its own tests, and is no longer once its condition is another', async () => {
    const folder = await newFolder();
    const cli = (...words: readonly string[]) => command(['rules', ...words], {}, folder);
    expect(await cli('test')).toMatchObject({ code: 3, stderr: expect.stringContaining('got nothing') });
    expect(await cli('new', 'x-mine')).toMatchObject({ code: 0 });
    expect(await cli('new', 'x-mine')).toMatchObject({ code: 3, stderr: expect.stringContaining('ID must be new') });
    for (const id of ['mine', `x-${'a'.repeat(99)}`])
      expect(await cli('new', id)).toMatchObject({ code: 3, stderr: expect.stringContaining('ID must be x-') });
    expect(await cli('new', `x-${'a'.repeat(98)}`)).toMatchObject({ code: 0 });
    expect(await cli('test')).toMatchObject({ code: 0, stdout: expect.stringContaining('x-mine: 3 tests passed') });

    const file = join(folder, 'custom-rules/x-mine.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace('graceDays: 7', 'graceDays: 8'));
    expect(await cli('test', 'custom-rules/x-mine.yaml')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(
        'custom-rules/x-mine.yaml:16: tests[0]: test "older than the days of grace" must',
      ),
    });
    expect(await cli('test', 'none.yaml')).toMatchObject({ code: 3, stderr: expect.stringContaining('ENOENT') });
  }, 60_000);

  test('a new rule goes where the config beside it looks for rules', async () => {
    const folder = await newFolder();
    const cli = (...words: readonly string[]) => command(['rules', ...words], {}, folder);
    const config = (customRules: string) =>
      writeFile(join(folder, 'audit.yaml'), `environments: [{ id: ${ENVIRONMENT} }]\ncustomRules: ${customRules}\n`);
    await config('own');
    expect(await cli('new', 'x-mine')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^own\/x-mine.yaml: /) });
    expect(await cli('test')).toMatchObject({ code: 0, stdout: expect.stringContaining('x-mine: 3 tests passed') });
    for (const [name, told] of [
      ['audit.yaml', 'audit.yaml must be a folder of rules, got a file'],
      ['../own', 'audit.yaml:2: customRules: must be a folder beside this file, got "../own"'],
    ] as const) {
      await config(name);
      expect(await cli('new', 'x-other')).toMatchObject({ code: 3, stderr: `finspace-audit: ${told}\n` });
    }
  }, 60_000);

  test('rules are tested as the config beside them, or the one that is named, lets them be', async () => {
    const folder = await newFolder();
    const cli = (...words: readonly string[]) => command(['rules', 'test', ...words], {}, folder);
    await mkdir(join(folder, 'own'));
    const file = 'own/x-mine.yaml';
    const tests = [{ name: 'one', user: { emailAddress: 'a@b' }, fails: 'a@b' }];
    const naming = { id: 'x-mine', failsWhen: ['user.active'], message: 'user.emailAddress', tests };
    await writeFile(join(folder, file), aRuleFile(naming));
    const settings = `environments: [{ id: ${ENVIRONMENT} }]\ncustomRules: own\n`;
    await writeFile(join(folder, 'audit.yaml'), settings);
    await writeFile(join(folder, 'naming.yaml'), `${settings}messages: { names: true }\n`);
    const passed = { code: 0, stdout: expect.stringContaining('x-mine: 1 test passed') };
    const refused = { code: 3, stderr: expect.stringContaining(`${file}:15: message: must not read emailAddress`) };
    expect(await cli()).toMatchObject(refused);
    expect(await cli(file)).toMatchObject(refused);
    expect(await cli('--config', 'naming.yaml')).toMatchObject(passed);
    expect(await cli(file, '--config', 'naming.yaml')).toMatchObject(passed);
    expect(await cli('--config', 'none.yaml')).toMatchObject({ code: 3, stderr: expect.stringContaining('none.yaml') });
  }, 60_000);
});
