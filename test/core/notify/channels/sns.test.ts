import { createServer } from 'node:http';
import { SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Alert } from '../../../../core/notify/channel.ts';
import { snsAlerts } from '../../../../core/notify/channels/sns.ts';

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:audits';

const ALERT: Alert = {
  subject: 'FinSpace research: 1 new (worst HIGH), 1 open',
  body: 'First line\nSecond line: é 🦊 & = +\n',
  attributes: { environment: 'vs57phhvijir4kv5rf6ywt', verdict: 'COMPLETE', maxSeverity: 'HIGH' },
};

const received: Record<string, string>[] = [];
const answers: (readonly [status: number, body: string])[] = [];

const server = createServer((request, response) => {
  const chunks: Uint8Array[] = [];
  request.on('data', (chunk: Uint8Array) => chunks.push(chunk));
  request.on('end', () => {
    received.push(Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString('utf8'))));
    const [status, body] = answers.shift() ?? [500, ''];
    response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
  });
});

const published = (receipt: string): readonly [number, string] => [
  200,
  `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>${receipt}</PublishResult></PublishResponse>`,
];

const refused = (status: number, code: string): readonly [number, string] => [
  status,
  `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>simulated</Message></Error></ErrorResponse>`,
];

let client: SNSClient;

beforeEach(async () => {
  received.length = 0;
  answers.length = 0;
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  client = new SNSClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${address.port}`,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  });
});

afterEach(async () => {
  client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

test('publishes subject, body and attributes, and gives the message id', async () => {
  answers.push(published('<MessageId>message-1</MessageId>'));

  await expect(snsAlerts(client, TOPIC)(ALERT)).resolves.toBe('message-1');

  const [{ Version: _, ...request } = {}] = received;
  expect(request).toEqual({
    Action: 'Publish',
    TopicArn: TOPIC,
    Subject: ALERT.subject,
    Message: ALERT.body,
    'MessageAttributes.entry.1.Name': 'environment',
    'MessageAttributes.entry.1.Value.DataType': 'String',
    'MessageAttributes.entry.1.Value.StringValue': 'vs57phhvijir4kv5rf6ywt',
    'MessageAttributes.entry.2.Name': 'verdict',
    'MessageAttributes.entry.2.Value.DataType': 'String',
    'MessageAttributes.entry.2.Value.StringValue': 'COMPLETE',
    'MessageAttributes.entry.3.Name': 'maxSeverity',
    'MessageAttributes.entry.3.Value.DataType': 'String',
    'MessageAttributes.entry.3.Value.StringValue': 'HIGH',
  });
});

test('a passing error is retried', async () => {
  answers.push(refused(500, 'InternalError'), published('<MessageId>message-2</MessageId>'));

  await expect(snsAlerts(client, TOPIC)(ALERT)).resolves.toBe('message-2');
  expect(received).toHaveLength(2);
});

test.each([
  ['a refusal', refused(403, 'AuthorizationError'), { name: 'AuthorizationErrorException' }],
  ['an answer without a message id', published(''), { message: `SNS answered without a message id for ${TOPIC}` }],
] as const)('%s is no receipt', async (_, answer, error) => {
  answers.push(answer);

  await expect(snsAlerts(client, TOPIC)(ALERT)).rejects.toMatchObject(error);
});
