import { S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bucketArchive } from '../../../core/archive/bucket.ts';
import { readBytes } from '../../../core/archive/lines.ts';
import { awsClient } from '../../../core/aws/clients.ts';
import { diagnosticClients } from '../../../core/doctor/clients.ts';
import { type AwsEmulator, startAwsEmulator } from '../../support/aws-emulator.ts';
import { productFilesWith } from '../../support/product-code.ts';

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

const SILENCE_MS = 100;

const settings = () => ({
  endpoint: aws.url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

test('an answer of S3 that never comes is asked for again', async () => {
  asked = [];
  const s3 = awsClient(S3Client, { ...settings(), forcePathStyle: true }, { silenceMs: SILENCE_MS });
  const stored = await bucketArchive(s3, aws.bucket).read('object');
  expect(stored && Buffer.from(await readBytes(stored)).toString('utf8')).toBe('content');
  expect(asked).toEqual(['/archive/object', '/archive/object']);
  s3.destroy();
});

test('an alert whose receipt never comes is published again', async () => {
  asked = [];
  const sns = awsClient(SNSClient, settings(), { silenceMs: SILENCE_MS });
  await sns.send(new PublishCommand({ TopicArn: aws.topicArn, Message: 'text' }));
  expect(asked).toEqual(['Publish', 'Publish']);
  sns.destroy();
});

test('a service may be silent for 15 seconds, and take 5 to be reached', async () => {
  const { sts, sns, scheduler } = await diagnosticClients({ region: 'us-east-1' });
  const s3 = awsClient(S3Client, { region: 'us-east-1' });
  for (const client of [s3, sts, sns, scheduler]) {
    const { requestHandler } = client.config;
    // The handler reads its settings with the first request, before the network is asked.
    await requestHandler.handle(Object(undefined)).catch(() => undefined);
    expect(Object(requestHandler).httpHandlerConfigs()).toMatchObject({
      connectionTimeout: 5000,
      socketTimeout: 15_000,
    });
  }
});

test('every client is made where it is given its time-outs', async () => {
  expect(await productFilesWith(/\bnew \w*Client\b/)).toEqual(['core/aws/clients.ts']);
});
