import { S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bucketArchive } from '../../../core/archive/bucket.ts';
import { readBytes } from '../../../core/archive/lines.ts';
import { awsTimeouts } from '../../../core/aws/clients.ts';
import { type AwsEmulator, startAwsEmulator } from '../../support/aws-emulator.ts';

let aws: AwsEmulator;
let asked: string[] = [];
beforeAll(async () => {
  aws = await startAwsEmulator({
    bucket: 'archive',
    topicName: 'alerts',
    onAnswer: ({ path, action }) => {
      if (!path.endsWith('/object') && action !== 'Publish') return undefined;
      asked.push(action ?? path);
      return asked.length % 2 === 1 ? 'silence' : undefined;
    },
  });
  asked = ['so that the write is answered'];
  const content = { bytes: Buffer.from('content') };
  await bucketArchive(aws.s3, aws.bucket).create('object', content, 'text/plain');
});
afterAll(() => aws.close());

const settings = () => ({
  ...awsTimeouts(100),
  endpoint: aws.url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

test('an answer of S3 that never comes is asked for again', async () => {
  asked = [];
  const s3 = new S3Client({ ...settings(), forcePathStyle: true });
  const stored = await bucketArchive(s3, aws.bucket).read('object');
  expect(stored && Buffer.from(await readBytes(stored.body)).toString('utf8')).toBe('content');
  expect(asked).toEqual(['/archive/object', '/archive/object']);
  s3.destroy();
});

test('an alert whose receipt never comes is published again', async () => {
  asked = [];
  const sns = new SNSClient(settings());
  await sns.send(new PublishCommand({ TopicArn: aws.topicArn, Message: 'text' }));
  expect(asked).toEqual(['Publish', 'Publish']);
  sns.destroy();
});
