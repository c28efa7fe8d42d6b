import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { bucketArchive } from '../../../../core/archive/bucket.ts';
import { OUTPUTS } from '../../../../core/outputs/index.ts';
import { chooseSource } from '../../../../core/sources/index.ts';
import { attestationText } from '../../../../core/sources/roster/attestation.ts';
import { openRoster } from '../../../../core/sources/roster/open.ts';
import { rosterS3 } from '../../../../core/sources/roster/s3-client.ts';
import { auditNights, nightAt, nightKeys } from '../../../support/archived-nights.ts';
import { type AwsEmulator, type AwsFault, type AwsRequest, startAwsEmulator } from '../../../support/aws-emulator.ts';
import { ENVIRONMENT } from '../../../support/builders.ts';

let aws: AwsEmulator;
let fault: (request: AwsRequest) => AwsFault | undefined;
beforeEach(async () => {
  fault = () => undefined;
  aws = await startAwsEmulator({ bucket: 'rosters', topicName: 'alerts', fault: (request) => fault(request) });
});
afterEach(() => aws.close());

const put = (key: string, ...ids: readonly string[]) =>
  aws.s3.send(
    new PutObjectCommand({ Bucket: aws.bucket, Key: key, Body: JSON.stringify(ids.map((userId) => ({ userId }))) }),
  );

const settings = () => ({
  endpoint: aws.url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'emulator', secretAccessKey: 'emulator' },
  forcePathStyle: true,
});

const open = (s3 = rosterS3(settings()), place = `s3://${aws.bucket}/in/`) =>
  openRoster({ from: [place], environmentId: ENVIRONMENT, s3: async () => s3, now: Date.now() });

const SECOND = '2026-10-06T07:00:00Z';

/** A client that is told of these times for objects of a prefix, by their keys; of the same second for all others. */
const toldOf = (times: Readonly<Record<string, string>> = {}): S3Client => {
  const client = new S3Client(settings());
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { Contents = [] } = answer.output as { Contents?: { Key?: string; LastModified?: Date }[] };
      for (const object of Contents) object.LastModified = new Date(times[object.Key ?? ''] ?? SECOND);
      return answer;
    },
    { step: 'initialize' },
  );
  return client;
};

test('of two objects of one second the one of the later name is the newest, and attestations and folders are none', async () => {
  await put('in/b.json', 'u1');
  await put('in/a.json', 'u1');
  await put('in/c.json.attestation.json', 'u1');
  await put('in/d/', 'u1');
  expect((await open(toldOf())).source).toMatchObject({
    file: 's3://rosters/in/b.json',
    instant: '2026-10-06T07:00:00.000Z',
    instantFrom: 'file',
  });
});

test('an object of a later name that was written before is not the newest', async () => {
  for (const name of ['a', 'b', 'c']) await put(`in/${name}.json`, 'u1');
  const s3 = toldOf({ 'in/a.json': '2026-10-06T06:59:58Z', 'in/c.json': '2026-10-06T06:59:59Z' });
  expect((await open(s3)).source).toMatchObject({ file: 's3://rosters/in/b.json' });
});

test('the word beside an object counts, and another is not put in its place', async () => {
  const key = 'in/a.json';
  await put(key, 'u1');
  const from = `s3://${aws.bucket}/${key}`;
  const { files } = await open(rosterS3(settings()), from);
  const at = new Date().toISOString();
  const textOf = (name: string) =>
    attestationText(from, { sha256: files[0]?.sha256 ?? '', name, statement: 'this is everybody', at });
  expect(await files[0]?.file.attest(textOf('Ada'))).toBe(true);
  expect(await files[0]?.file.attest(textOf('Bob'))).toBe(false);
  for (const place of [from, `s3://${aws.bucket}/in/`])
    expect((await open(rosterS3(settings()), place)).source.attestedBy).toStrictEqual({
      name: 'Ada',
      statement: 'this is everybody',
      at,
    });
});

test('a word beside an object that may not be read is told, and does not pass for none', async () => {
  await put('in/a.json', 'u1');
  fault = ({ path }) => (path.includes('.attestation.json') ? { status: 403, code: 'AccessDenied' } : undefined);
  await expect(open(rosterS3(settings()), 's3://rosters/in/a.json')).rejects.toMatchObject({
    name: 'RosterError',
    reason: 'access-denied',
    message: expect.stringMatching(/^s3:\/\/rosters\/in\/a\.json: AccessDenied/),
  });
});

test('an object that is named is of the moment at which the bucket took it', async () => {
  const before = Date.now();
  await put('in/a.json', 'u1');
  const { asOf } = await open(rosterS3(settings()), 's3://rosters/in/a.json');
  expect(Math.abs(asOf.getTime() - before)).toBeLessThan(60_000);
});

test.each([
  {
    name: 'is not there',
    refusal: undefined,
    reason: 'source-unavailable',
    says: /^s3:\/\/rosters\/in\/a\.json: NotFound/,
  },
  {
    name: 'may not be read',
    refusal: { status: 403, code: 'AccessDenied' },
    reason: 'access-denied',
    says: /^s3:\/\/rosters\/in\/a\.json: .*; allow s3:ListBucket on the bucket and s3:GetObject on what is there, and kms:Decrypt on its key$/,
  },
])('an object that $name is told: $reason', async ({ refusal, reason, says }) => {
  fault = () => refusal;
  await expect(open(rosterS3(settings()), 's3://rosters/in/a.json')).rejects.toMatchObject({
    name: 'RosterError',
    reason,
    message: expect.stringMatching(says),
  });
});

test('a snapshot of an archive in a bucket is whole by its manifest, and a copy of it elsewhere is a file as others are', async () => {
  await auditNights(bucketArchive(aws.s3, aws.bucket), [{ number: 1, users: ['u1'] }]);
  const Key = nightKeys(1).object(OUTPUTS.snapshot);
  const { source } = await open(rosterS3(settings()), `s3://${aws.bucket}/${Key}`);
  expect(source).toMatchObject({ instantFrom: 'manifest', instant: nightAt(1).toISOString() });

  const stored = await aws.s3.send(new GetObjectCommand({ Bucket: aws.bucket, Key }));
  const Body = (await stored.Body?.transformToByteArray()) ?? '';
  await aws.s3.send(new PutObjectCommand({ Bucket: aws.bucket, Key: `copies/${Key}`, Body }));
  const copy = await open(rosterS3(settings()), `s3://${aws.bucket}/copies/${Key}`);
  expect(copy.source).not.toHaveProperty('manifest');
});

test('a prefix under which nothing is but what attests has no roster', async () => {
  await put('in/a.json.attestation.json', 'u1');
  await expect(open()).rejects.toMatchObject({
    name: 'RosterError',
    message: 's3://rosters/in/ has no object: save a roster there',
  });
});

/** A client by whose request of a kind an object changes right after it was answered. */
const changingAfter = (name: string, change: () => Promise<unknown> = () => put('in/a.json', 'u1', 'u2')): S3Client => {
  const client = new S3Client(settings());
  let isDone = false;
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const answer = await next(args);
        if (commandName === name && !isDone) {
          isDone = true;
          await change();
        }
        return answer;
      },
    { step: 'initialize' },
  );
  return client;
};

test.each([
  { asked: 'ListObjectsV2Command', place: 's3://rosters/in/' },
  { asked: 'HeadObjectCommand', place: 's3://rosters/in/a.json' },
])('an object that changes after $asked has another time than was told', async ({ asked, place }) => {
  await put('in/a.json', 'u1');
  await expect(open(changingAfter(asked), place)).rejects.toMatchObject({
    name: 'RosterError',
    message: 's3://rosters/in/a.json was changed while it was read: read it anew',
  });
});

test.each([
  { moment: 'found', asked: 'ListObjectsV2Command' },
  { moment: 'hashed', asked: 'GetObjectCommand' },
])('an object that goes away after it was $moment is told', async ({ asked }) => {
  await put('in/a.json', 'u1');
  const remove = () => aws.s3.send(new DeleteObjectCommand({ Bucket: aws.bucket, Key: 'in/a.json' }));
  await expect(open(changingAfter(asked, remove))).rejects.toMatchObject({
    name: 'RosterError',
    message: 's3://rosters/in/a.json went away while it was read',
  });
});

test('a bucket of another region is asked there', async () => {
  await put('in/a.json', 'u1');
  const regions = new Set<string>();
  fault = ({ region = '' }) => {
    regions.add(region);
    return region === 'eu-west-1'
      ? undefined
      : { status: 301, code: 'PermanentRedirect', headers: { 'x-amz-bucket-region': 'eu-west-1' } };
  };
  const listing = chooseSource(await open())(Number.POSITIVE_INFINITY);
  const users: unknown[] = [];
  for await (const page of listing.pages) users.push(...page);
  expect(users).toEqual([{ userId: 'u1' }]);
  expect([...regions]).toEqual(['us-east-1', 'eu-west-1']);
});
