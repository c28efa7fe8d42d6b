import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { parseConfig } from '../../core/config/read-config.ts';
import { FinSpaceAuditor, QuotaChecks } from '../../lib/index.ts';
import { measuredTemplate, QUOTAS, usages } from '../../lib/quotas.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { appTemplates, only } from './stack-template.ts';

jest.setTimeout(120_000);

const newFolder = temporaryFolders();

/** As long as they may be: ids, names, and a role of another account each. */
const environmentsOf = (count: number): string => {
  const lines = Array.from({ length: count }, (_, index) => {
    const id = `e${index}`.padEnd(26, 'x');
    const role = `arn:aws:iam::222233334444:role/${`reader${index}`.padEnd(40, 'x')}`;
    return `  - { id: ${id}, name: ${'n'.repeat(64)}, assumeRoleArn: "${role}", externalId: agreed }`;
  });
  return `environments:\n${lines.join('\n')}\n`;
};

const ALERTS = `alerts:
  - { email: a@example.com, minSeverity: HIGH }
  - { https: "https://hooks.example.com/a", minSeverity: HIGH }
  - { https: "https://hooks.example.com/b", digest: all }
  - { sqs: "arn:aws:sqs:us-east-1:111122223333:tickets" }
  - { lambda: "arn:aws:lambda:us-east-1:111122223333:function:paging" }
`;

const measured = (text: string) =>
  usages(
    Object.fromEntries(
      Object.entries(appTemplates(text)).map(([name, template]) => [
        name,
        measuredTemplate(JSON.stringify(template.toJSON(), undefined, 1), name),
      ]),
    ),
  );

const shareOf = ({ quota, amount }: ReturnType<typeof usages>[number]): number => amount / quota.limit;

describe('the stacks of many environments', () => {
  it.each([
    { count: 1, stacks: 1 },
    { count: 15, stacks: 1 },
    { count: 60, stacks: 1 },
    { count: 61, stacks: 2 },
    { count: 150, stacks: 3 },
    { count: 1000, stacks: 17 },
  ])('stay within four fifths of every quota: $count in $stacks', ({ count, stacks }) => {
    const found = measured(environmentsOf(count) + ALERTS);
    expect(new Set(found.map(({ stack }) => stack)).size).toBe(stacks);
    // A quota that nothing was measured on would say nothing.
    const known = [...QUOTAS.map(({ name }) => name), 'reserved concurrency'];
    const unmeasured = known.filter((name) => found.every(({ quota }) => quota.name !== name));
    expect(unmeasured.filter((name) => !/managed polic/.test(name))).toEqual([]);
    expect(found.filter((usage) => shareOf(usage) >= 0.8).map(({ quota, amount }) => [quota.name, amount])).toEqual([]);
  });

  /** Of as many environments as one stack takes: what each of them has, by its number. */
  const full = (of: (index: number) => string): string => {
    const lines = Array.from({ length: 60 }, (_, index) => `  - { id: ${`e${index}`.padEnd(26, 'x')}, ${of(index)} }`);
    const trusted = lines.map((_, index) => `"${accountOf(index)}"`);
    return `environments:\n${lines.join('\n')}\ntrustedAccounts: [${trusted.join(', ')}]\n`;
  };
  const accountOf = (index: number): string => String(111_122_220_000 + index);
  const roleOf = (index: number): string => `arn:aws:iam::${accountOf(index)}:role/${'reader'.padEnd(64, 'x')}`;
  const asking = (index: number): string =>
    `enrich: { iamRoles: { accounts: [{ id: "${accountOf(index)}", roleArn: "${roleOf(index)}" }] } }`;

  it.each([
    {
      name: 'an account, a bucket and a key of its own',
      text: full((index) => {
        const key = `arn:aws:kms:ap-southeast-1:${accountOf(index)}:key/${String(index).padStart(36, '0')}`;
        const roster = `s3://${`rosters-${index}-`.padEnd(63, 'x')}/finspace/saved/e${index}/`;
        return `source: { roster: "${roster}", key: "${key}" }, account: "${accountOf(index)}", ${asking(index)}`;
      }),
    },
    {
      name: 'a role of another account, and asks a further one',
      text: full((index) => `assumeRoleArn: "${roleOf(index)}", externalId: agreed, ${asking((index + 1) % 60)}`),
    },
  ])('can be deployed where each has $name', ({ text }) => {
    const found = measured(text);
    expect(found.filter(({ quota }) => /managed polic/.test(quota.name)).length).toBeGreaterThan(1);
    expect(found.filter((usage) => shareOf(usage) > 1).map(({ quota, amount }) => [quota.name, amount])).toEqual([]);
  });

  it('have patterns and policies of the same size, however many there are', () => {
    const amounts = (count: number) =>
      measured(`environments: [${Array.from({ length: count }, (_, index) => `{ id: e${index} }`).join(', ')}]`)
        .filter(({ quota }) => /pattern|polic/.test(quota.name))
        .map(({ name, amount }) => [name, amount]);
    expect(amounts(60)).toEqual(amounts(1));
  });

  it('let the auditors of thirty other accounts write to one archive', () => {
    const writers = Array.from({ length: 30 }, (_, index) => {
      const account = String(111_122_220_000 + index);
      return `  - { account: "${account}", auditor: FinSpaceUserAuditor, environments: [${`w${index}`.padEnd(26, 'x')}] }`;
    });
    const found = measured(`${environmentsOf(1)}archiveWriters:\n${writers.join('\n')}\n`).filter(({ quota }) =>
      /^bytes of a (bucket|key) policy$/.test(quota.name),
    );
    expect(found.length).toBeGreaterThan(1);
    expect(found.filter((usage) => shareOf(usage) > 1).map(({ quota, amount }) => [quota.name, amount])).toEqual([]);
  });

  it('share the archive, the keys and the topics of the first, by parameters of fixed names and no export', () => {
    const [first, second] = Object.values(appTemplates(environmentsOf(61)));
    if (first === undefined || second === undefined) throw new Error('there are not two stacks');
    const written = Object.values(first.findResources('AWS::SSM::Parameter')).map(({ Properties }) => Properties.Name);
    const read = Object.values<{ Type: string; Default: string }>(second.toJSON().Parameters)
      .filter(({ Type, Default }) => Type === 'AWS::SSM::Parameter::Value<String>' && !Default.startsWith('/cdk-'))
      .map(({ Default }) => Default);
    expect(written).toHaveLength(5);
    expect(new Set(read)).toEqual(new Set(written));
    for (const name of written) expect(name).toMatch(/^\/finspace-user-auditor\/FinSpaceUserAuditor\/[a-z-]+$/);
    expect(JSON.stringify(first.toJSON().Outputs)).not.toContain('Export');
    for (const type of ['AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::SNS::Topic', 'AWS::Glue::Database'])
      expect(second.findResources(type)).toEqual({});
    expect(Object.keys(second.findResources('AWS::Scheduler::Schedule'))).toHaveLength(3);
    expect(only(second, 'AWS::Lambda::Function', 'AuditFunction').properties).toMatchObject({
      ReservedConcurrentExecutions: 1,
    });
  });

  it('can all be asked for in the history of the first', () => {
    const [first] = Object.values(appTemplates(environmentsOf(61)));
    const queries = Object.values(first?.findResources('AWS::Athena::NamedQuery') ?? {});
    expect(queries).toHaveLength(4);
    for (const { Properties } of queries) expect(Properties.QueryString).toContain('e60xxx');
  });
});

describe('the construct by itself', () => {
  const auditorOf = (count: number): Stack => {
    const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Theirs');
    stack.node.setContext('aws:cdk:bundling-stacks', []);
    const auditor = new FinSpaceAuditor(stack, 'Audit', {
      config: parseConfig(environmentsOf(count), 'audit.yaml', []),
      configFile: '/audit.yaml',
    });
    return Stack.of(auditor);
  };

  it('takes as many as a stack, and refuses one more with the number', () => {
    expect(Object.keys(Template.fromStack(auditorOf(60)).findResources('AWS::Scheduler::Schedule'))).toHaveLength(62);
    expect(() => auditorOf(61)).toThrow('environments: must be at most 60 in one stack, got 61');
  });
});

describe('a synthesis', () => {
  /** Synthesises an auditor of so many recipients; the result has what the check says. */
  const checked = async (recipients: number) => {
    const file = join(await newFolder(), 'audit.yaml');
    const emails = Array.from(
      { length: recipients },
      (_, index) => `  - { email: a${index}@example.com, minSeverity: HIGH }`,
    );
    await writeFile(file, `environments: [{ id: abc }]\nalerts:\n${emails.join('\n')}\n`);
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [] }, builtinCloudFormationValidation: false });
    const checks = new QuotaChecks();
    const validate = jest.spyOn(checks, 'validate');
    Validations.of(app).addPlugins(checks);
    const auditor = new FinSpaceAuditor(new Stack(app, 'Theirs'), 'Audit', { configFile: file });
    expect(auditor.node.path).toBe('Theirs/Audit');
    const synth = () => app.synth();
    return { synth, violations: () => validate.mock.results.flatMap(({ value }) => Object(value).violations) };
  };

  it('is silent where all is well', async () => {
    const { synth, violations } = await checked(100);
    synth();
    expect(violations()).toEqual([]);
  });

  it('warns from four fifths of a quota on', async () => {
    const { synth, violations } = await checked(160);
    synth();
    expect(violations()).toMatchObject([
      {
        severity: 'warning',
        description: expect.stringContaining('filter policies of a topic must be at most 200, got 160'),
      },
    ]);
  });

  it('fails past it, with the number and where AWS says so', async () => {
    const { synth, violations } = await checked(201);
    expect(synth).toThrow(/filter policies of a topic must be at most 200, got 201 \(https:\/\/docs\.aws\.amazon\.com/);
    expect(violations()).toContainEqual(expect.objectContaining({ severity: 'error' }));
  });
});
