import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import * as z from 'zod';
import { readBundledConfig } from '../../lambda/bundled-config.ts';
import { readBundledRules } from '../../lambda/bundled-rules.ts';
import { FinSpaceAuditor } from '../../lib/finspace-auditor.ts';
import { rules } from '../../rules/index.ts';
import { ENVIRONMENT } from '../support/builders.ts';
import { aRuleFile } from '../support/custom-rule.ts';
import { judge } from '../support/rule-tester.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const ID = 'x-contractor-api-access';

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).optional() }),
  ),
});
const codeSchema = z.object({ Code: z.object({ S3Key: z.string() }), Handler: z.string() });

/** The folder of the auditing function's code, as it is deployed. */
const assetOf = async (file: string): Promise<string> => {
  const app = new App({ outdir: await newFolder(), builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Auditor');
  // The CDK announces each bundling there, whatever it is asked for.
  const announced = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const auditor = new FinSpaceAuditor(stack, 'Audit', { configFile: file });
  announced.mockRestore();
  const assembly = app.synth();
  expect(auditor.function).toBeDefined();
  const { Resources } = templateSchema.parse(assembly.getStackByName('Auditor').template);
  for (const { Type, Properties } of Object.values(Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const folder = join(assembly.directory, `asset.${basename(codeSchema.parse(Properties).Code.S3Key, '.zip')}`);
    if ((await readdir(folder)).includes('waivers.json')) return folder;
  }
  throw new Error('no function audits');
};

describe('the bundle', () => {
  let bare: string;
  let withRule: string;
  beforeAll(async () => {
    const folder = await newFolder();
    const file = join(folder, 'audit.yaml');
    await writeFile(file, `environments: [{ id: ${ENVIRONMENT} }]\n`);
    bare = await assetOf(file);
    await mkdir(join(folder, 'custom-rules'));
    await writeFile(join(folder, `custom-rules/${ID}.yaml`), aRuleFile());
    await writeFile(file, `environments: [{ id: ${ENVIRONMENT} }]\nrules: { ${ID}: { graceDays: 1 } }\n`);
    withRule = await assetOf(file);
  }, 120_000);

  test('has nothing of custom rules where there are none, and else the same code, with what reads them beside it', async () => {
    const [one, two] = [await readdir(bare), await readdir(withRule)];
    expect(two.filter((name) => !one.includes(name)).toSorted()).toEqual([
      'custom-rules.json',
      'custom-rules.mjs',
      'custom-rules.mjs.map',
    ]);
    for (const name of one.filter((file) => file.endsWith('.mjs'))) {
      const code = await readFile(join(bare, name), 'utf8');
      expect(await readFile(join(withRule, name), 'utf8')).toBe(code);
      expect(code).not.toContain('maxAstNodes');
    }
    expect(await readBundledRules(bare)).toBe(rules);
  });

  test('judges by them, with the options that the config gives', async () => {
    const bundled = await readBundledRules(withRule);
    expect(bundled.slice(0, rules.length)).toEqual(rules);
    const own = bundled.slice(rules.length);
    expect(own).toMatchObject([{ id: ID, text: aRuleFile() }]);
    expect(readBundledConfig(withRule).rules).toEqual({ [ID]: { graceDays: 1 } });
    const now = Date.UTC(2026, 9, 1);
    const user = {
      userId: 'u1',
      emailAddress: 'a@contractor.example.com',
      apiAccess: 'ENABLED',
      createTime: now - 2 * 86_400_000,
    };
    const { failures } = judge(own, { users: [user], options: { graceDays: 1 }, context: { now, readAt: now } });
    expect(failures.get('u1')?.violation.message).toBe('API access of a contractor, 2 days old');
  });

  test('whether messages may name people goes along with them', async () => {
    const folder = await newFolder();
    const file = join(folder, 'audit.yaml');
    await mkdir(join(folder, 'custom-rules'));
    const tests = [{ name: 'one', user: { userId: 'u1', emailAddress: 'a@b' }, fails: 'a@b' }];
    const naming = aRuleFile({ options: {}, failsWhen: ['user.active'], message: 'user.emailAddress', tests });
    await writeFile(join(folder, `custom-rules/${ID}.yaml`), naming);
    await writeFile(file, `environments: [{ id: ${ENVIRONMENT} }]\n`);
    await expect(assetOf(file)).rejects.toThrow('message: must not read emailAddress');
    await writeFile(file, `environments: [{ id: ${ENVIRONMENT} }]\nmessages: { names: true }\n`);
    const asset = await assetOf(file);
    expect((await readBundledRules(asset)).at(-1)).toMatchObject({ id: ID, text: naming });
    expect(readBundledConfig(asset).messages).toEqual({ names: true });
  }, 60_000);

  test('a wrong rule never deploys', async () => {
    const folder = await newFolder();
    const file = join(folder, 'audit.yaml');
    await writeFile(file, `environments: [{ id: ${ENVIRONMENT} }]\n`);
    await mkdir(join(folder, 'custom-rules'));
    await writeFile(join(folder, `custom-rules/${ID}.yaml`), aRuleFile({ failsWhen: ['user.emial == "a"'] }));
    await expect(assetOf(file)).rejects.toThrow('user has no member emial');
  });
});
