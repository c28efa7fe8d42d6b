import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { audit } from '../../core/audit/audit.ts';
import type { AuditResult } from '../../core/audit/result.ts';
import { type Config, defaultConfig } from '../../core/config/config.ts';
import { findSilence } from '../../core/doctor/silence.ts';
import { systemClock } from '../../core/model/clock.ts';
import type { Alert } from '../../core/notify/channel.ts';
import { digestChannel } from '../../core/notify/channels/digest.ts';
import { attestationText } from '../../core/sources/roster/attestation.ts';
import { composeAuditor, type Edges } from '../../lambda/composition.ts';
import { auditInParts } from '../../lambda/durable-audit.ts';
import { readAuditEvent } from '../../lambda/invocation.ts';
import { rules } from '../../rules/index.ts';
import { startIam } from '../../simulator/iam.ts';
import { soundRole } from '../../simulator/roles.ts';
import { CALLER } from '../../simulator/server.ts';
import { type AwsEmulator, startAwsEmulator } from '../support/aws-emulator.ts';
import { anApiUser, aRoleArn, aUser, ENVIRONMENT } from '../support/builders.ts';
import { executeDurably } from '../support/durable-engine.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const CONTEXT = {
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:auditor',
  getRemainingTimeInMillis: () => 900_000,
};

const FUNCTION_ACCOUNT = '123456789012';
const KEYS = { AWS_ACCESS_KEY_ID: CALLER.accessKeyId, AWS_SECRET_ACCESS_KEY: CALLER.secretAccessKey };

let aws: AwsEmulator;
let denied = false;
let deniedPath: string | undefined;
beforeEach(async () => {
  denied = false;
  deniedPath = undefined;
  aws = await startAwsEmulator({
    bucket: 'evidence',
    topicName: 'alerts',
    fault: ({ path, method }) =>
      (denied && path.startsWith('/evidence') && !path.includes('/', 10)) || (method === 'GET' && path === deniedPath)
        ? { status: 403, code: 'AccessDenied' }
        : undefined,
  });
});
afterEach(() => aws.close());

const users = (...ids: readonly string[]) => ids.map((userId) => aUser({ userId }));

const put = async (key: string, content: string | Uint8Array): Promise<void> => {
  await aws.s3.send(new PutObjectCommand({ Bucket: aws.bucket, Key: key, Body: Buffer.from(content) }));
};

const save = async (name: string, content: string | Uint8Array, isAttested = true): Promise<void> => {
  await put(`rosters/${name}`, content);
  if (!isAttested) return;
  const sha256 = createHash('sha256').update(content).digest('hex');
  const word = { sha256, name: 'Ada Lovelace', statement: 'everybody', at: '2026-10-06T07:00:00Z' };
  await put(`rosters/${name}.attestation.json`, attestationText(name, word));
};

/** The function's auditor, of an environment whose rosters are in the bucket. */
const compose = async (differs: Partial<Config> = {}, edges: Pick<Edges, 'iam' | 'sts'> = {}) => {
  const folder = await newFolder();
  const environments = [{ id: ENVIRONMENT, source: { roster: `s3://${aws.bucket}/rosters/` } }];
  await writeFile(join(folder, 'audit.json'), JSON.stringify({ ...defaultConfig(rules), environments, ...differs }));
  await writeFile(join(folder, 'waivers.json'), '[]');
  const credentials = { accessKeyId: 'emulator', secretAccessKey: 'emulator' };
  const s3 = { endpoint: aws.url, region: 'us-east-1', credentials, forcePathStyle: true };
  return composeAuditor(folder, { AUDIT_BUCKET: aws.bucket, AWS_REGION: 'us-east-1' }, { s3, ...edges });
};

/** Audits a night as the function does; `mails` are those of the night. */
const night = async (
  scheduledTime: string,
  mails: Alert[] | 'refused' = [],
  auditorReady: ReturnType<typeof compose> = compose(),
): Promise<AuditResult> => {
  const auditor = await auditorReady;
  const event = { environmentId: ENVIRONMENT, scheduledTime };
  const request = readAuditEvent(event, CONTEXT, auditor.config, { startedAt: Date.now(), random: 'abcdefgh' });
  const asked = await auditor.openRoster(request);
  if (asked === undefined) throw new Error('FinSpace would be asked');
  const channels = [
    digestChannel(async (alert) => {
      if (mails === 'refused') throw new Error('no mail today');
      mails.push(alert);
      return 'sent';
    }),
  ];
  return audit(asked.request, { ...auditor.settingsOf(request), channels, listUsers: asked.listUsers });
};

const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

describe('a night of an environment whose rosters are in a bucket', () => {
  test('audits the newest object, says which, and speaks for its moment', async () => {
    await save('a.json', JSON.stringify(users('u1', 'u2')));
    // S3 tells times to the second.
    await systemClock.sleep(1100);
    await save('b.json.gz', gzipSync(JSON.stringify({ users: users('u1', 'u2', 'u3') })));
    const { report } = await night(minutesAgo(1));
    expect(report).toMatchObject({
      verdict: 'COMPLETE',
      counts: { users: 3 },
      source: {
        kind: 'roster',
        file: 's3://evidence/rosters/b.json.gz',
        parser: 'json',
        instant: report.asOf,
        instantFrom: 'file',
        attestedBy: { name: 'Ada Lovelace', statement: 'everybody', at: '2026-10-06T07:00:00Z' },
      },
    });
    expect(Date.now() - Date.parse(report.asOf)).toBeLessThan(60_000);
  });

  test('takes an object for stale that another night has audited, and for done what the same night has', async () => {
    await save('a.json', JSON.stringify(users('u1')));
    const due = minutesAgo(1);
    const mails: Alert[] = [];
    const first = await night(due, mails);
    expect(first.report.verdict).toBe('COMPLETE');
    // Lambda delivers an event more than once.
    expect(await night(due, mails)).toMatchObject({ wasDone: true, head: first.head });
    expect(mails).toHaveLength(1);

    await systemClock.sleep(1100);
    const next = await night(new Date().toISOString(), mails);
    expect(next.report).toMatchObject({ verdict: 'INCOMPLETE', reason: 'stale-roster', counts: { users: 0 } });
    expect(mails.at(-1)?.subject).toContain('stale-roster');
    const told = mails.length;
    await systemClock.sleep(1100);
    await night(new Date().toISOString(), mails);
    expect(mails).toHaveLength(told + 1);

    await save('b.json', JSON.stringify(users('u1', 'u2')));
    const later = await night(new Date().toISOString(), mails);
    expect(later.report).toMatchObject({ verdict: 'COMPLETE', previousRun: first.report.run });
  });

  test('reads the roles of its users from IAM, where that is asked for, and FinSpace is not', async () => {
    const [sound, gone] = ['sound', 'gone'].map((name) => aRoleArn(name, FUNCTION_ACCOUNT)) as [string, string];
    const iam = await startIam({ accountId: FUNCTION_ACCOUNT, roles: [soundRole(sound, Date.now())] });
    Object.assign(process.env, KEYS);
    try {
      const bound = [sound, gone].map((apiAccessPrincipalArn) =>
        anApiUser({ userId: apiAccessPrincipalArn, apiAccessPrincipalArn }),
      );
      await save('a.json', JSON.stringify(bound));
      const environments = [
        { id: ENVIRONMENT, source: { roster: `s3://${aws.bucket}/rosters/` }, enrich: { iamRoles: { accounts: [] } } },
      ];
      const edges = { iam: { endpoint: iam.url }, sts: { endpoint: iam.url } };
      const { report, objects } = await night(minutesAgo(1), [], compose({ environments }, edges));
      expect(report).toMatchObject({ verdict: 'COMPLETE', enriched: { iamRoles: { principals: 2, read: 2 } } });
      expect(report.rules).toContainEqual(expect.objectContaining({ id: 'principal-missing', checked: 2, failed: 1 }));
      expect(objects.principals?.key).toContain('principals/');
    } finally {
      for (const name of Object.keys(KEYS)) delete process.env[name];
      await iam.close();
    }
  });

  test('tells of a run of which nobody could be told, though nothing newer was saved', async () => {
    await save('a.json', JSON.stringify(users('u1')));
    const first = await night(minutesAgo(1), 'refused');
    expect(first.deliveries).toMatchObject({ alert: { outcome: 'failed' } });
    await systemClock.sleep(1100);
    const mails: Alert[] = [];
    const next = await night(new Date().toISOString(), mails);
    expect(next.report.reason).toBe('stale-roster');
    expect(mails.map(({ subject }) => subject)).toEqual([
      expect.stringContaining('stale-roster'),
      expect.stringContaining('first audit'),
    ]);
  });

  test('that nobody has attested is INCOMPLETE', async () => {
    await save('a.json', JSON.stringify(users('u1')), false);
    expect((await night(minutesAgo(1))).report).toMatchObject({ verdict: 'INCOMPLETE', reason: 'unproven-end' });
  });

  test.each<{ name: string; prepare: () => Promise<void>; reason: string; message: string }>([
    {
      name: 'there is none',
      prepare: async () => {},
      reason: 'source-unavailable',
      message: 's3://evidence/rosters/ has no object: save a roster there',
    },
    {
      name: 'it is none',
      prepare: () => save('a.yaml', 'users: []\n'),
      reason: 'source-unavailable',
      message: 'got YAML: save it with',
    },
    {
      name: 'it is of a time to come',
      prepare: () =>
        save(
          'a.json',
          JSON.stringify({
            users: users('u1'),
            ResponseMetadata: { HTTPHeaders: { date: 'Thu, 01 Jan 2099 00:00:00 GMT' } },
          }),
        ),
      reason: 'source-unavailable',
      message: 'the instant of s3://evidence/rosters/a.json must be at most 5 minutes ahead of the clock',
    },
    {
      name: 'nobody may read what stands beside it',
      prepare: async () => {
        await save('a.json', JSON.stringify(users('u1')));
        deniedPath = '/evidence/rosters/a.json.attestation.json';
      },
      reason: 'access-denied',
      message: 'allow s3:ListBucket on the bucket and s3:GetObject',
    },
    {
      name: 'nobody may list the bucket',
      prepare: async () => {
        denied = true;
      },
      reason: 'access-denied',
      message: 'allow s3:ListBucket on the bucket',
    },
  ])('is FAILED where $name', async ({ prepare, reason, message }) => {
    await prepare();
    const auditor = await compose();
    const due = minutesAgo(1);
    const request = readAuditEvent({ environmentId: ENVIRONMENT, scheduledTime: due }, CONTEXT, auditor.config, {
      startedAt: Date.now(),
      random: 'abcdefgh',
    });
    const asked = await auditor.openRoster(request);
    const listing = asked?.listUsers(Number.POSITIVE_INFINITY);
    expect(asked?.request.asOf).toEqual(request.asOf);
    expect(listing?.counts().pages).toBe(0);
    expect(listing?.end()).toEqual({ complete: false, reason, message: expect.stringContaining(message) });
  });

  test('owes no run that it has made, though its roster is older than the night', async () => {
    await save('a.json', JSON.stringify(users('u1')));
    await systemClock.sleep(1100);
    await night(new Date().toISOString());
    const auditor = await compose();
    const { archive } = auditor.settingsOf({
      environmentId: ENVIRONMENT,
      region: 'us-east-1',
      accountId: '123456789012',
      deadline: Date.now() + 60_000,
    });
    const now = Date.now();
    const minute = new Date(now - 60_000).getUTCMinutes();
    const schedule = { cron: `${minute} * * * *`, timezone: 'UTC' };
    expect(await findSilence(archive, ENVIRONMENT, { schedule, graceHours: 0, now })).toBeUndefined();
  });
});

test('an environment without a source is FinSpace’s', async () => {
  const auditor = await compose({ environments: [{ id: ENVIRONMENT }] });
  const request = readAuditEvent(
    { environmentId: ENVIRONMENT, scheduledTime: minutesAgo(1) },
    CONTEXT,
    auditor.config,
    { startedAt: Date.now(), random: 'abcdefgh' },
  );
  expect(await auditor.openRoster(request)).toBeUndefined();
});

test('an execution of several invocations reads the roster in one of them, and asks FinSpace nothing', async () => {
  await save('a.json', JSON.stringify(users('u1', 'u2')));
  const auditor = await compose();
  const results: AuditResult[] = [];
  const deadlines: number[] = [];
  const execution = await executeDurably(
    (event, context) =>
      auditInParts(event, context, {
        ...auditor,
        settingsOf: (request) => ({ ...auditor.settingsOf(request), channels: [digestChannel(async () => 'sent')] }),
        openRoster: (request) => {
          deadlines.push(request.deadline);
          return auditor.openRoster(request);
        },
        sourceOf: () => {
          throw new Error('FinSpace was asked');
        },
        onResult: (result) => results.push(result),
      }),
    { environmentId: ENVIRONMENT, scheduledTime: minutesAgo(1) },
  );
  expect(execution).toEqual({ status: 'SUCCEEDED', error: undefined });
  expect(results.map(({ report }) => report)).toMatchObject([
    { verdict: 'COMPLETE', counts: { users: 2 }, source: { kind: 'roster', file: 's3://evidence/rosters/a.json' } },
  ]);
  expect(deadlines.map((deadline) => Math.round((deadline - Date.now()) / 60_000))).toEqual([10]);
});
