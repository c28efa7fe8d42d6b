import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { bucketArchive } from '../../core/archive/bucket.ts';
import { lastCompleteRun } from '../../core/archive/head.ts';
import { historyPageKey, keysUnder, OVERVIEW_PAGE, overviewMarker } from '../../core/archive/keys.ts';
import { audit } from '../../core/audit/audit.ts';
import type { AuditResult } from '../../core/audit/result.ts';
import { defaultConfig } from '../../core/config/config.ts';
import { collectNight } from '../../core/overview/collect.ts';
import { verifyEnvironment } from '../../core/verify/verify.ts';
import { composeAuditor } from '../../lambda/composition.ts';
import { readAuditEvent } from '../../lambda/invocation.ts';
import { rules } from '../../rules/index.ts';
import { makeDirectory } from '../../simulator/directory.ts';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { readText } from '../support/archive-tree.ts';
import { type AwsEmulator, startAwsEmulator } from '../support/aws-emulator.ts';
import { auditNight, night, SCHEDULE } from '../support/history.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const ACCOUNT = '111122223333';
const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const BUCKET = 'evidence';

const newFolder = temporaryFolders();
const signedFor = new Set<string | undefined>();
let simulator: Simulator;
let emulator: AwsEmulator;
beforeAll(async () => {
  const users = makeDirectory({ users: 60, seed: 3, asOf: new Date(), accountId: ACCOUNT });
  simulator = await startSimulator({ users });
  emulator = await startAwsEmulator({
    bucket: BUCKET,
    topicName: 'alerts',
    fault: ({ service, region }) => {
      if (service === 's3') signedFor.add(region);
      return undefined;
    },
  });
});
afterAll(async () => {
  await simulator.close();
  await emulator.close();
});

const { env: before } = process;
afterEach(() => {
  process.env = before;
});

interface DeployedStack {
  readonly name: string;
  readonly region: string;
  /** The archive is named in its config, and so is its own no more. */
  readonly takesOver: boolean;
}

/** Makes the audit of a night by the function of a stack, so many minutes ago. */
const auditBy = async ({ name, region, takesOver }: DeployedStack, minutes: number): Promise<AuditResult> => {
  const { accessKeyId, secretAccessKey } = simulator.callerCredentials;
  process.env = {
    ...emulator.env,
    PATH: before.PATH,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL_FINSPACE_DATA: simulator.url,
    AUDIT_BUCKET: BUCKET,
    AUDIT_TOPIC_ARN: emulator.topicArn,
    // As the stack sets it: see `archiveVariables`.
    ...(takesOver && { AUDIT_BUCKET_REGION: 'us-east-1' }),
  };
  const config = {
    ...defaultConfig(rules),
    name,
    environments: [{ id: simulator.environmentId, region: 'us-east-1' }],
    ...(takesOver && { archive: { bucket: BUCKET, key: KEY } }),
  };
  const folder = await newFolder();
  await writeFile(join(folder, 'audit.json'), JSON.stringify(config));
  await writeFile(join(folder, 'waivers.json'), '[]');

  const auditor = composeAuditor(folder, process.env);
  const startedAt = Date.now();
  const event = {
    environmentId: simulator.environmentId,
    scheduledTime: new Date(startedAt - minutes * 60_000).toISOString(),
  };
  const context = {
    invokedFunctionArn: `arn:aws:lambda:${region}:${ACCOUNT}:function:${name}`,
    getRemainingTimeInMillis: () => 900_000,
  };
  const request = readAuditEvent(event, context, auditor.config, { startedAt, random: `n${minutes}` });
  return audit(request, { ...auditor.settingsOf(request), listUsers: auditor.sourceOf(request) });
};

test('auditors of two accounts write to one bucket at the same time: no key is of both, and each chain holds', async () => {
  const archive = bucketArchive(emulator.s3, BUCKET);
  const ids = ['first', 'second'];
  for (const number of [1, 2]) await Promise.all(ids.map((id) => auditNight(archive, number, {}, id)));
  const collecting = ids.map((id, index) =>
    collectNight(archive, {
      environments: [{ id }],
      schedule: SCHEDULE,
      now: night(2).getTime() + 3_600_000,
      auditor: `${index === 0 ? ACCOUNT : '444455556666'}-FinSpaceUserAuditor`,
      graceHours: 2,
      hasPage: index === 0,
      sendAlert: async () => 'sent',
    }),
  );
  expect((await Promise.all(collecting)).map(({ outcome }) => outcome)).toEqual(['told', 'told']);

  const keys = (await keysUnder(archive, '')).filter((key) => !key.includes(simulator.environmentId));
  const ofNobody = keys.filter((key) =>
    ids.every((id) => !key.includes(`/environment=${id}/`) && !key.endsWith(`/environment=${id}.json`)),
  );
  expect(ofNobody).toEqual([
    overviewMarker(`${ACCOUNT}-FinSpaceUserAuditor`, night(2)),
    overviewMarker('444455556666-FinSpaceUserAuditor', night(2)),
    OVERVIEW_PAGE,
  ]);
  for (const id of ids) {
    expect((await lastCompleteRun(archive, id))?.manifest).toMatchObject({ sequence: 2, environmentId: id });
    expect(await readText(archive, historyPageKey(id))).toContain(`"environmentId":"${id}"`);
    expect(await verifyEnvironment(archive, id)).toMatchObject({ problems: [], notes: [] });
  }
  const page = await readText(archive, OVERVIEW_PAGE);
  for (const id of ids) expect(page).toContain(`href="environment=${id}/index.html"`);
});

test('the chain goes on after a rename, a region move and a redeploy', async () => {
  const stacks: readonly DeployedStack[] = [
    { name: 'Auditor', region: 'us-east-1', takesOver: false },
    { name: 'Renamed', region: 'us-east-1', takesOver: true },
    { name: 'Renamed', region: 'eu-west-1', takesOver: true },
    { name: 'Renamed', region: 'eu-west-1', takesOver: true },
  ];
  const results: AuditResult[] = [];
  for (const [index, stack] of stacks.entries()) results.push(await auditBy(stack, (stacks.length - index) * 10));

  expect(results.map(({ report }) => [report.verdict, report.sequence, report.previousRun])).toEqual(
    results.map((_, index) => ['COMPLETE', index + 1, results[index - 1]?.report.run]),
  );
  // Nothing is new but in the first, and what changed in between is not called resolved.
  expect(results.slice(1).map(({ report }) => [report.findings.byState.new, report.findings.byState.resolved])).toEqual(
    results.slice(1).map(() => [0, 0]),
  );
  expect([...signedFor]).toEqual(['us-east-1']);

  const verification = await verifyEnvironment(bucketArchive(emulator.s3, BUCKET), simulator.environmentId);
  expect(verification).toMatchObject({ problems: [], notes: [] });
});
