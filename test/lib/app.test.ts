import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as z from 'zod';

const APP = resolve(import.meta.dirname, '../../bin/auditor.ts');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'app-'));
});
afterEach(() => rm(folder, { recursive: true }));

const appSchema = z.object({ context: z.record(z.string(), z.unknown()) });

/** The flags of the CDK that the project deploys with. */
const deployedContext = async () => appSchema.parse(JSON.parse(await readFile('cdk.json', 'utf8'))).context;

/** Runs the app as the CDK's command line does, in a folder that holds these files. */
const run = async (files: Readonly<Record<string, string>>, context: Readonly<Record<string, unknown>> = {}) => {
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
  const env = {
    ...process.env,
    CDK_OUTDIR: join(folder, 'out'),
    CDK_CONTEXT_JSON: JSON.stringify({ ...(await deployedContext()), 'aws:cdk:bundling-stacks': [], ...context }),
    CDK_VALIDATION: 'false',
  };
  return new Promise<{ code: number; stderr: string }>((done) => {
    const child = execFile(process.execPath, [APP], { cwd: folder, env }, (_error, _stdout, stderr) =>
      done({ code: child.exitCode ?? -1, stderr }),
    );
  });
};

const reportSchema = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string(),
      violations: z.array(z.unknown()),
      suppressedViolations: z.array(
        z.object({ reason: z.string(), acknowledgedId: z.string(), acknowledgedAt: z.string() }),
      ),
    }),
  ),
});
const metadataSchema = z.record(z.string(), z.array(z.object({ type: z.string(), data: z.unknown() })));

/** Lists all that the app has acknowledged, whether a rule asked for it or not: `PATH RULE`. */
const acknowledged = async (): Promise<readonly string[]> => {
  const files = (await readdir(join(folder, 'out'))).filter((name) => name.endsWith('.metadata.json'));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, 'out', name), 'utf8')));
  const metadata = texts.flatMap((text) => Object.entries(metadataSchema.parse(JSON.parse(text))));
  return metadata.flatMap(([path, entries]) =>
    entries
      .filter(({ type }) => type === 'aws:cdk:acknowledged-rules')
      .flatMap(({ data }) => Object.keys(z.record(z.string(), z.string()).parse(data)))
      .map((id) => `${path.replace(/^\//, '')} ${id}`),
  );
};

const FINE = 'environments: [{ id: abc }]';

const KEY = 'arn:aws:kms:eu-west-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab';
/** Every setting at once that makes something of the stack. */
const ALL_SETTINGS = `
replicateTo: { bucket: their-copy, account: "444455556666", key: "${KEY}" }
auditors: ["arn:aws:iam::444455556666:role/examiner", "arn:aws:iam::111122223333:user/auditors/one"]
breakGlassRoleArn: arn:aws:iam::111122223333:role/break-glass
trustedAccounts: ["222233334444"]
retention: { years: 12, lock: compliance, acknowledgedYears: 12, afterRetention: delete }
`;

describe('the app', () => {
  it.each([
    [1, 'single', 'few'],
    [1, 'durable', 'few'],
    [3, 'single', 'few'],
    [61, 'single', 'few'],
    [4, 'durable', 'all'],
    [61, 'single', 'all'],
  ])(
    'synthesises %i environments of %s listings with %s settings, and three packs of rules accept it',
    async (count, mode, settings) => {
      const elsewhere =
        'region: eu-west-1, assumeRoleArn: "arn:aws:iam::222233334444:role/audited", externalId: agreed';
      const asked = '{ id: "222233334444", roleArn: "arn:aws:iam::222233334444:role/reader", externalId: agreed }';
      const sources =
        settings === 'few'
          ? ['', elsewhere]
          : [
              'enrich: { iamRoles: true, permissionGroups: true }',
              `${elsewhere}, enrich: { iamRoles: { accounts: [${asked}] } }`,
              `source: { roster: "s3://their-rosters/finspace/", key: "${KEY}" }`,
              'source: { roster: "s3://our-rosters/finspace/" }, enrich: { iamRoles: true }',
            ];
      const environments = Array.from(
        { length: count },
        (_, index) => `{ ${[`id: environment${index}`, sources[index % sources.length]].filter(Boolean).join(', ')} }`,
      );
      const alerts = [
        '{ email: a@example.com }',
        '{ email: b@example.com, minSeverity: HIGH }',
        '{ https: "https://hooks.example.com/a" }',
        '{ email: a@example.com, digest: all }',
        '{ https: "https://hooks.example.com/b", digest: all }',
        '{ sqs: "arn:aws:sqs:us-east-1:111122223333:tickets" }',
        '{ lambda: "arn:aws:lambda:us-east-1:111122223333:function:paging" }',
      ];
      const signing = '{ key: arn:aws:kms:us-east-1:111122223333:alias/audit }';
      const text = `environments: [${environments.join(', ')}]\nalerts: [${alerts.join(', ')}]\nevents: { bus: default }\nsigning: ${signing}\nlisting: { mode: ${mode} }\narchiveWriters: [{ account: "444455556666", auditor: Other, environments: [theirs] }]${settings === 'few' ? '' : ALL_SETTINGS}`;
      expect(await run({ 'audit.yaml': text })).toEqual({ code: 0, stderr: '' });
      const templates = (await readdir(join(folder, 'out'))).filter((name) => name.endsWith('.template.json'));
      expect(templates).toEqual(
        count <= 60
          ? ['FinSpaceUserAuditor.template.json']
          : ['FinSpaceUserAuditor-2.template.json', 'FinSpaceUserAuditor.template.json'],
      );

      expect(await deployedContext()).toMatchObject({ '@aws-cdk/core:validateAgainstDefaultRules': true });
      const report = await readFile(join(folder, 'out/validation-report.json'), 'utf8');
      const { pluginReports } = reportSchema.parse(JSON.parse(report));
      expect(pluginReports).toMatchObject([
        { pluginName: 'AwsSolutions', violations: [] },
        { pluginName: 'NIST.800.53.R5', violations: [] },
        { pluginName: 'Serverless', violations: [] },
      ]);
      const reasons = pluginReports.flatMap(({ suppressedViolations }) => suppressedViolations);
      for (const { reason } of reasons) expect(reason.length).toBeGreaterThan(30);
      const needed = reasons.map(({ acknowledgedAt, acknowledgedId }) => `${acknowledgedAt} ${acknowledgedId}`);
      expect(new Set(await acknowledged())).toEqual(new Set(needed));
    },
  );

  it('fails for a wrong key with a message that names it, and nothing else', async () => {
    expect(await run({ 'audit.yaml': `${FINE}\nretention: { yeers: 7 }` })).toEqual({
      code: 1,
      stderr:
        'audit.yaml:2: retention.yeers: unknown key, did you mean years? (allowed: years, lock, afterRetention, acknowledgedYears)\n',
    });
  });

  const stacksFile = async () => JSON.parse(await readFile(join(folder, 'stacks.json'), 'utf8'));

  it('writes which stack has which environment, and makes another stack of a file with another name', async () => {
    const files = { 'audit.yaml': FINE, 'other.yaml': 'name: Other\nenvironments: [{ id: def }]' };
    expect(await run(files)).toMatchObject({ code: 0 });
    const own = { lock: 'governance', stacks: { FinSpaceUserAuditor: ['abc'] } };
    expect(await stacksFile()).toEqual({ FinSpaceUserAuditor: own });

    expect(await run(files, { config: 'other.yaml' })).toMatchObject({ code: 0 });
    expect(await readdir(join(folder, 'out'))).toContain('Other.template.json');
    expect(await stacksFile()).toEqual({
      FinSpaceUserAuditor: own,
      Other: { lock: 'governance', stacks: { Other: ['def'] } },
    });
  });

  it('fails where a second file would overwrite the first, and leaves what is written as it is', async () => {
    await run({ 'audit.yaml': FINE });
    const before = await stacksFile();
    const { code, stderr } = await run({ 'audit.yaml': 'environments: [{ id: def }]' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^stacks\.json: .*: environment abc is not in the config: .*\n$/);
    expect(await stacksFile()).toEqual(before);
  });

  it('fails where the lock of a deployed archive is switched off', async () => {
    await run({ 'audit.yaml': FINE });
    const { code, stderr } = await run({ 'audit.yaml': `${FINE}\nretention: { lock: off }` });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^retention\.lock: must be governance or compliance, got "off": /);
  });

  it('reads the file that context names, and the waivers beside it', async () => {
    const files = { 'other.yaml': FINE, 'waivers.yaml': '- { rule: stale-login }' };
    const { code, stderr } = await run(files, { config: 'other.yaml' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^waivers\.yaml:1: \[0\]\.user: must be .*, got nothing\n/);
  });

  it('names a file that is not there', async () => {
    const { code, stderr } = await run({});
    expect(code).toBe(1);
    expect(stderr).toMatch(/^audit\.yaml: can't be read.*\n$/);
  });
});
