import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { temporaryFolders } from '../support/temporary-folder.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const EXAMPLES = join(PROJECT, 'examples');

const newFolder = temporaryFolders();

interface Synthesised {
  readonly template: Template;
  /** The names of the files beside the code, of all functions. */
  readonly beside: readonly string[];
}

/** Synthesises an example as its user does: by the CDK's command line, in its folder. */
const synthesised = async (name: string): Promise<Synthesised> => {
  // Of the projects that it is copied to, some are of CommonJS: npm init makes such.
  expect(JSON.parse(await readFile(join(EXAMPLES, name, 'cdk.json'), 'utf8'))).toEqual({ app: 'node app.mts' });
  const out = await newFolder();
  const said = await new Promise<string>((done, fail) => {
    const words = ['synth', '--quiet', '--output', out];
    const cwd = join(EXAMPLES, name);
    execFile(join(PROJECT, 'node_modules/.bin/cdk'), words, { cwd }, (error, stdout, stderr) =>
      error === null ? done(stdout + stderr) : fail(new Error(stdout + stderr)),
    );
  });
  expect(said).not.toMatch(/\b(?:warning|error)\b/i);
  const template = Template.fromJSON(JSON.parse(await readFile(join(out, 'AccessAudit.template.json'), 'utf8')));
  const assets = (await readdir(out)).filter((entry) => entry.startsWith('asset.'));
  const files = await Promise.all(assets.map((asset) => readdir(join(out, asset))));
  return { template, beside: files.flat().filter((file) => file.endsWith('.json')) };
};

/** The parts that matter of each, by its folder. */
const EXPECTED: Readonly<Record<string, (stack: Synthesised) => void>> = {
  minimal: ({ template, beside }) => {
    template.resourcePropertiesCountIs('AWS::Scheduler::Schedule', { ScheduleExpression: 'cron(30 4 * * ? *)' }, 1);
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: { ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'GOVERNANCE' } } } },
    });
    // Of alerts, and of alarms.
    template.resourcePropertiesCountIs('AWS::SNS::Subscription', { Endpoint: 'access-governance@example.com' }, 2);
    expect(beside).not.toContain('custom-rules.json');
  },

  'many-accounts': ({ template }) => {
    template.resourcePropertiesCountIs('AWS::Scheduler::Schedule', { ScheduleExpression: 'cron(30 4 * * ? *)' }, 3);
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'sts:AssumeRole',
            Resource: ['222233334444', '333344445555'].map((id) => `arn:aws:iam::${id}:role/FinSpaceAuditReader`),
          }),
        ]),
      },
    });
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Endpoint: 'access-governance@example.com',
      FilterPolicy: { audience: [{ exists: false }] },
    });
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Endpoint: 'https://pager.example.com/hook',
      FilterPolicy: { $or: Match.arrayWith([{ band: ['CRITICAL-CRITICAL'] }]) },
    });
    template.hasOutput('RoleArn', {});
  },

  'own-bucket-and-topic': ({ template }) => {
    const [[key] = ['']] = Object.entries(template.findResources('AWS::KMS::Key', { DeletionPolicy: 'Retain' }));
    const [[bucket] = [''], ...others] = Object.entries(
      template.findResources('AWS::S3::Bucket', { Properties: { ObjectLockEnabled: true } }),
    );
    const [[topic] = ['']] = Object.entries(
      template.findResources('AWS::SNS::Topic', { Properties: { KmsMasterKeyId: { 'Fn::GetAtt': [key, 'Arn'] } } }),
    );
    expect(others).toEqual([]);
    expect([key, bucket, topic]).toEqual(['Key', 'Evidence', 'AccessAlerts'].map((id) => expect.stringMatching(id)));
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ AUDIT_BUCKET: { Ref: bucket }, AUDIT_TOPIC_ARN: { Ref: topic } }) },
    });
    template.hasResourceProperties('AWS::SNS::Subscription', { TopicArn: { Ref: topic }, Protocol: 'email' });
    template.hasResourceProperties('AWS::Logs::LogGroup', {
      KmsKeyId: { 'Fn::GetAtt': [key, 'Arn'] },
      RetentionInDays: 731,
    });
  },

  'custom-rules': ({ beside }) => expect(beside).toContain('custom-rules.json'),
};

test('each is synthesised here, and stands in the list of examples', async () => {
  const folders = (await readdir(EXAMPLES, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name);
  expect(names.toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  const page = await readFile(join(EXAMPLES, 'README.md'), 'utf8');
  expect(names.filter((name) => !page.includes(`[${name}](${name})`))).toEqual([]);
});

describe.each(Object.entries(EXPECTED))('%s', (name, matters) => {
  let stack: Synthesised;
  beforeAll(async () => {
    stack = await synthesised(name);
  });

  test('has what matters in its template', () => {
    expect(stack.template.findResources('AWS::Scheduler::Schedule')).not.toEqual({});
    matters(stack);
  });
});
