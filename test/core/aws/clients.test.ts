import { Readable } from 'node:stream';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { bucketArchive } from '../../../core/archive/bucket.ts';
import { readBytes } from '../../../core/archive/lines.ts';
import { awsClient } from '../../../core/aws/clients.ts';
import { diagnosticClients } from '../../../core/doctor/clients.ts';
import { type AwsEmulator, startAwsEmulator } from '../../support/aws-emulator.ts';
import { productFilesWith } from '../../support/product-code.ts';

let aws: AwsEmulator;
let asked: string[] = [];
let isExpired = false;
let failures = 0;
beforeAll(async () => {
  aws = await startAwsEmulator({
    bucket: 'archive',
    topicName: 'alerts',
    fault: ({ action, path }) => {
      if (action === 'Publish' && failures > 0) {
        failures -= 1;
        return { status: 500, code: 'InternalError' };
      }
      if (!isExpired || (action !== 'Publish' && !path.endsWith('/object'))) return undefined;
      isExpired = false;
      return { status: 403, code: 'ExpiredToken' };
    },
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

test('a service that fails as often as the SDK itself would try is asked once more', async () => {
  asked = ['so that it is answered'];
  failures = 3;
  const sns = awsClient(SNSClient, settings());
  await sns.send(new PublishCommand({ TopicArn: aws.topicArn, Message: 'text' }));
  expect(failures).toBe(0);
  sns.destroy();
});

describe('a token that has expired', () => {
  /** A client's settings, and how often they were asked for credentials. */
  const renewed = () => {
    let times = 0;
    const credentials = async () => {
      times += 1;
      return { ...settings().credentials, expiration: new Date(Date.now() + 3_600_000) };
    };
    return { settings: { ...settings(), credentials }, times: () => times };
  };

  test('is renewed, and what it was for is done', async () => {
    asked = ['so that it is answered'];
    const caller = renewed();
    const sns = awsClient(SNSClient, caller.settings);
    isExpired = true;
    await sns.send(new PublishCommand({ TopicArn: aws.topicArn, Message: 'text' }));
    expect(caller.times()).toBe(2);
    sns.destroy();
  });

  test('is renewed, and a stream is left to whoever opened it', async () => {
    const caller = renewed();
    const s3 = awsClient(S3Client, { ...caller.settings, forcePathStyle: true });
    isExpired = true;
    const put = new PutObjectCommand({
      Bucket: aws.bucket,
      Key: 'object',
      Body: Readable.from(['x']),
      ContentLength: 1,
    });
    // The SDK says on the console that it can't send a stream again.
    jest.spyOn(console, 'warn').mockReturnValueOnce(undefined);
    await expect(s3.send(put)).rejects.toMatchObject({ name: 'ExpiredToken' });
    expect(caller.times()).toBe(2);
    s3.destroy();
  });

  test('is the only refusal that is tried with others', async () => {
    const caller = renewed();
    const sns = awsClient(SNSClient, caller.settings);
    await expect(sns.send(new PublishCommand({ TopicArn: 'nowhere', Message: 'text' }))).rejects.toThrow(
      'does not exist',
    );
    expect(caller.times()).toBe(1);
    sns.destroy();
  });
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
