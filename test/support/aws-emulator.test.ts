import { GetObjectCommand, PutObjectCommand, PutObjectTaggingCommand } from '@aws-sdk/client-s3';
import { PublishCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AwsEmulator, type AwsFault, type AwsRequest, startAwsEmulator } from './aws-emulator.ts';

let aws: AwsEmulator;
let fault: (request: AwsRequest) => AwsFault | undefined = () => undefined;

beforeAll(async () => {
  aws = await startAwsEmulator({ bucket: 'archive', topicName: 'alerts', fault: (request) => fault(request) });
});
beforeEach(() => {
  fault = () => undefined;
});
afterAll(() => aws.close());

const put = (key: string, body: string, conditions: { IfMatch?: string; IfNoneMatch?: string } = {}) =>
  aws.s3.send(new PutObjectCommand({ Bucket: aws.bucket, Key: key, Body: body, ...conditions }));

const get = async (key: string) => {
  const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: aws.bucket, Key: key }));
  return Body?.transformToString();
};

const publish = (subject: string, attributes: Record<string, string> = {}) =>
  aws.sns.send(
    new PublishCommand({
      TopicArn: aws.topicArn,
      Subject: subject,
      Message: 'body',
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      ),
    }),
  );

describe('the emulated bucket', () => {
  it('gives what was put', async () => {
    await put('plain key/ü=1', 'text');
    expect(await get('plain key/ü=1')).toBe('text');
  });

  it('creates an object once, however many try', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => put('once', `writer ${index}`, { IfNoneMatch: '*' })),
    );
    const refusals = tries.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refusals).toHaveLength(49);
    for (const refusal of refusals) expect(refusal).toMatchObject({ name: 'PreconditionFailed' });
  });

  it('replaces the version that the writer knows, and no other', async () => {
    const { ETag: first = '' } = await put('pointer', '1');
    await put('pointer', '2', { IfMatch: first });
    await expect(put('pointer', '3', { IfMatch: first })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(put('absent', '1', { IfMatch: first })).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await get('pointer')).toBe('2');
  });

  it('refuses what would overwrite the object', async () => {
    await put('tagged', 'text');
    const tagging = new PutObjectTaggingCommand({
      Bucket: aws.bucket,
      Key: 'tagged',
      Tagging: { TagSet: [{ Key: 'a', Value: 'b' }] },
    });
    await expect(aws.s3.send(tagging)).rejects.toMatchObject({ name: 'NotImplemented' });
    expect(await get('tagged')).toBe('text');
  });

  it('plays faults', async () => {
    fault = ({ service, method, path }) =>
      service === 's3' && method === 'PUT' && path === '/archive/faulty'
        ? { status: 403, code: 'AccessDenied' }
        : undefined;
    await expect(put('faulty', 'text')).rejects.toMatchObject({ name: 'AccessDenied' });
    await put('sound', 'text');
  });
});

describe('the emulated topic', () => {
  it('keeps messages, and filters them by their attributes', async () => {
    const high = await aws.subscribe({ maxSeverity: ['HIGH'] });
    await publish('first', { maxSeverity: 'LOW' });
    await publish('second', { maxSeverity: 'HIGH' });

    expect((await aws.messages()).map(({ subject }) => subject)).toEqual(['first', 'second']);
    expect(await high()).toEqual([{ subject: 'second', body: 'body', attributes: { maxSeverity: 'HIGH' } }]);
  });

  it.each([
    { name: 'a subject of 100 characters', subject: 'x'.repeat(100), attributes: {} },
    { name: 'a subject with a line break', subject: 'one\ntwo', attributes: {} },
    { name: 'a subject that is not ASCII', subject: 'für', attributes: {} },
    { name: 'an empty attribute', subject: 'x', attributes: { verdict: '' } },
  ])('refuses $name', async ({ subject, attributes }) => {
    await expect(publish(subject, attributes)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('takes a subject of 99 characters', async () => {
    expect(await publish('x'.repeat(99))).toHaveProperty('MessageId');
  });

  it('plays faults', async () => {
    fault = ({ action }) => (action === 'Publish' ? { status: 403, code: 'AuthorizationError' } : undefined);
    await expect(publish('x')).rejects.toMatchObject({ name: 'AuthorizationErrorException' });
  });
});
