import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Report } from '../../../core/model/report.ts';
import { type AwsEmulator, startAwsEmulator } from '../../support/aws-emulator.ts';
import { ACCOUNT, aUser, ENVIRONMENT } from '../../support/builders.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { command } from '../command.ts';

const newFolder = temporaryFolders();

const WORD = ['--attested-by', 'Ada Lovelace', '--statement', 'this is everybody'];
const users = ['u1', 'u2'].map((userId) => aUser({ userId }));

let aws: AwsEmulator;
let isPutDenied = false;
beforeEach(async () => {
  isPutDenied = false;
  aws = await startAwsEmulator({
    bucket: 'rosters',
    topicName: 'alerts',
    fault: ({ method, path }) =>
      isPutDenied && method === 'PUT' && path.endsWith('.attestation.json')
        ? { status: 403, code: 'AccessDenied' }
        : undefined,
  });
});
afterEach(() => aws.close());

/** Audits a roster in a process of its own, and gives the report. */
const run = async (words: readonly string[], { input = '', temporary = '' } = {}) => {
  const audited = ['--environment', ENVIRONMENT, '--account', ACCOUNT, '--region', 'us-east-1', '--json'];
  const env = { ...aws.env, ...(temporary !== '' && { TMPDIR: temporary }) };
  const { code, stdout, stderr } = await command(['run', ...audited, ...words], env, undefined, input);
  return { ...(stdout !== '' && (JSON.parse(stdout) as Report)), code, stderr };
};

const attest = (place: string) => command(['attest', '--region', 'us-east-1', '--roster', place, ...WORD], aws.env);

const put = (key: string, body: string | Uint8Array) =>
  aws.s3.send(new PutObjectCommand({ Bucket: aws.bucket, Key: key, Body: body }));

describe('a roster that comes in', () => {
  test('is audited where its moment is given, and nothing of it is left behind', async () => {
    const [out, temporary] = [await newFolder(), await newFolder()];
    const asOf = ['--as-of', '2026-10-06T07:00:00Z'];
    const input = JSON.stringify({ users });
    expect(await run(['--roster', '-', '--out', out, ...asOf, ...WORD], { input, temporary })).toMatchObject({
      code: 0,
      verdict: 'COMPLETE',
      counts: { users: 2 },
      source: { file: '-', instantFrom: 'given' },
    });
    expect(await run(['--roster', '-', '--out', out], { input, temporary })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('--roster - does not say when it was listed: --as-of must be given, got nothing'),
    });
    expect(await run(['--roster', '-', '--out', out, ...asOf], { temporary })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('--roster - must be users as ListUsers gives them'),
    });
    expect((await readdir(temporary)).filter((name) => name.startsWith('finspace-audit'))).toEqual([]);
  });

  test('can’t be attested beside it', async () => {
    expect(await attest('-')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('nothing can stand beside it'),
    });
  });
});

describe('a roster in a bucket', () => {
  test.each([
    { name: 'by its key', place: 's3://rosters/in/users.json.gz' },
    { name: 'as the newest of a prefix', place: 's3://rosters/in/' },
  ])('is audited $name, and COMPLETE once it is attested beside it', async ({ place }) => {
    await put('in/users.json.gz', gzipSync(JSON.stringify({ users })));
    const out = join(await newFolder(), 'history');
    expect(await run(['--roster', place, '--out', out])).toMatchObject({ code: 2, reason: 'unproven-end' });
    expect(await attest(place)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        's3://rosters/in/users.json.gz.attestation.json attests s3://rosters/in/users.json.gz',
      ),
    });
    const key = 'in/users.json.gz.attestation.json';
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: aws.bucket, Key: key }));
    expect(JSON.parse((await Body?.transformToString()) ?? '')).toMatchObject({
      file: 's3://rosters/in/users.json.gz',
      attestedBy: 'Ada Lovelace',
    });
    expect(await run(['--roster', place, '--out', out])).toMatchObject({
      code: 0,
      verdict: 'COMPLETE',
      source: { file: 's3://rosters/in/users.json.gz', instantFrom: 'file', attestedBy: { name: 'Ada Lovelace' } },
    });
    expect(await attest(place)).toMatchObject({ code: 2, stderr: expect.stringContaining('is there already') });
  });

  test('that is not there is refused, and one beside which nobody may write is not attested', async () => {
    const out = await newFolder();
    expect(await run(['--roster', 's3://rosters/in/users.json', '--out', out])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('--roster s3://rosters/in/users.json: NotFound'),
    });
    await put('in/users.json', JSON.stringify({ users }));
    isPutDenied = true;
    expect(await attest('s3://rosters/in/')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/not attested: s3:\/\/rosters\/in\/users\.json\.attestation\.json.*AccessDenied/),
    });
  });
});
