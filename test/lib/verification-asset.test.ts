import { symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as z from 'zod';
import { bucketArchive } from '../../core/archive/bucket.ts';
import { OUTPUTS } from '../../core/outputs/index.ts';
import { HOUR_MS } from '../../rules/engine/time.ts';
import { readText } from '../support/archive-tree.ts';
import { type AwsEmulator, startAwsEmulator } from '../support/aws-emulator.ts';
import { ENVIRONMENT } from '../support/builders.ts';
import { deployedCode } from '../support/deployed-code.ts';
import { auditNight, keysOf, night, runOf, SCHEDULE } from '../support/history.ts';
import { type Lambda, startLambda } from '../support/lambda-runtime.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const newFolder = temporaryFolders();
let aws: AwsEmulator;
let lambda: Lambda;
beforeAll(async () => {
  const folder = await newFolder();
  // What the runtime has for the function to load.
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const configFile = join(folder, 'audit.yaml');
  const { cron, timezone } = SCHEDULE;
  const config = `environments: [{ id: ${ENVIRONMENT} }]\nschedule: { cron: "${cron}", timezone: ${timezone} }`;
  await writeFile(configFile, config);
  const accepted = `- { kind: gap, run: ${runOf(3)}, reason: "the service was moved", approver: ciso }`;
  await writeFile(join(folder, 'accepted.yaml'), accepted);
  const { assetDir, handler, variables } = (await deployedCode(folder, { configFile, config }))('Verification');
  const texts = Object.entries(variables).filter((entry): entry is [string, string] => typeof entry[1] === 'string');

  aws = await startAwsEmulator({ bucket: 'evidence', topicName: 'alerts' });
  const archive = bucketArchive(aws.s3, aws.bucket);
  for (const number of [1, 2, 4, 5]) await auditNight(archive, number);
  const env = { ...Object.fromEntries(texts), ...aws.env, AUDIT_BUCKET: aws.bucket };
  lambda = await startLambda({ assetDir, handler, timeoutMs: 900_000, env });
});
afterAll(async () => {
  await lambda.close();
  await aws.close();
});

const answerSchema = z.object({ result: z.array(z.object({ key: z.string(), problems: z.int() })) });

/** Verifies so many hours after the last night. */
const verify = async (hours: number, more: { readonly everything?: true } = {}) => {
  const scheduledTime = new Date(night(5).getTime() + hours * HOUR_MS).toISOString();
  const { result } = answerSchema.parse(await lambda.invoke({ environmentIds: [ENVIRONMENT], scheduledTime, ...more }));
  return result;
};

const reportAt = async (key = ''): Promise<unknown> =>
  JSON.parse(await readText(bucketArchive(aws.s3, aws.bucket), key));

/** The metrics of the function, and the levels of what it logged. */
const logged = () => {
  const lines = lambda
    .logs()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  return {
    measured: lines.filter((line) => 'VerificationProblems' in line),
    verified: lines.filter(({ message }) => message === 'verified'),
  };
};

test('verifies an archive once a week, by what was accepted beside the config, and leaves its report there', async () => {
  const [report, ...others] = await verify(1);
  expect([report?.problems, others]).toEqual([0, []]);
  expect(await reportAt(report?.key)).toMatchObject({
    schemaVersion: 1,
    environmentId: ENVIRONMENT,
    hasOwnKeys: false,
    verification: { runs: 4, problems: [], lastRun: runOf(5) },
  });
  expect(await verify(2)).toEqual([]);
  expect(logged().verified).toMatchObject([{ level: 'INFO', environmentId: ENVIRONMENT, problems: 0 }]);
  expect(logged().measured).toMatchObject([
    {
      environment: ENVIRONMENT,
      service: 'finspace-auditor',
      VerificationProblems: 0,
      _aws: { CloudWatchMetrics: [{ Namespace: 'FinSpaceUserAuditor', Dimensions: [['service', 'environment']] }] },
    },
  ]);
});

test('measures, logs and reports what was altered', async () => {
  const Key = keysOf(2).object(OUTPUTS.report);
  await aws.s3.send(new PutObjectCommand({ Bucket: aws.bucket, Key, Body: '{}' }));
  const [report] = await verify(3, { everything: true });
  expect(report?.problems).toBe(1);
  expect(await reportAt(report?.key)).toMatchObject({
    verification: { runs: 4, problems: [{ kind: 'edited', run: runOf(2), key: Key }] },
  });
  expect(logged().measured.at(-1)).toMatchObject({ environment: ENVIRONMENT, VerificationProblems: 1 });
  expect(logged().verified.at(-1)).toMatchObject({ level: 'ERROR', problems: 1, found: [{ key: Key }] });
});
