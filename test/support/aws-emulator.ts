import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { buildApp } from 'fauxqs';
import * as z from 'zod';

/** A request to the emulator, as a fault sees it before it is answered. */
export interface AwsRequest {
  readonly service: 's3' | 'sns' | 'sqs';
  readonly method: string;
  /** `/BUCKET/KEY` for S3, decoded. */
  readonly path: string;
  /** The region that it is signed for. */
  readonly region?: string;
  readonly headers: IncomingHttpHeaders;
  /** The SNS action, such as `Publish`. */
  readonly action?: string;
}

/** An error that is answered instead of what the service would answer. */
export interface AwsFault {
  readonly status: number;
  readonly code: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PublishedMessage {
  readonly subject: string | undefined;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The body of a very large object: it comes in pieces, and none of it is kept. */
const zeros = function* (size: number): Generator<Uint8Array> {
  const piece = new Uint8Array(1024 * 1024);
  for (let left = size; left > 0; left -= piece.length) yield piece.subarray(0, left);
};

export interface AwsEmulatorOptions {
  readonly bucket: string;
  readonly topicName: string;
  /** Asked before every request; what it gives is the answer. `reset`: there is none, the connection breaks. */
  readonly fault?: (request: AwsRequest) => AwsFault | 'reset' | undefined;
  /** Asked before every GET of S3: a size is that of an object of zeros, which comes in the place of what is there. */
  readonly enlarged?: (path: string) => number | undefined;
  /**
   * Called for every request that has taken effect, before its answer is sent; `reset` breaks the connection instead,
   * `cut` does so halfway through the body, and `silence` sends nothing until the client goes away.
   */
  readonly onAnswer?: (request: AwsRequest) => 'reset' | 'silence' | 'cut' | undefined;
}

export interface AwsEmulator {
  readonly url: string;
  readonly bucket: string;
  readonly topicArn: string;
  readonly s3: S3Client;
  readonly sns: SNSClient;
  /** Adds a topic beside the first, and gives its ARN. */
  readonly createTopic: (name: string) => Promise<string>;
  /** The messages published to the topic, in order. */
  readonly messages: () => Promise<readonly PublishedMessage[]>;
  /** Subscribes with a filter policy; the result gives what came through it so far. */
  readonly subscribe: (filterPolicy?: object) => Promise<() => Promise<readonly PublishedMessage[]>>;
  /** Follows the link of a mail that asks to confirm a subscription, as people and mail scanners do. */
  readonly followLink: (topicArn: string, address: string) => void;
  /** The environment that leads the clients of the AWS SDK here. */
  readonly env: Readonly<Record<string, string>>;
  readonly close: () => Promise<void>;
}

/** Sub-resources that fauxqs takes for the object itself, and so would overwrite it. */
const UNSUPPORTED = [
  'acl',
  'cors',
  'encryption',
  'legal-hold',
  'logging',
  'notification',
  'object-lock',
  'policy',
  'publicAccessBlock',
  'replication',
  'retention',
  'tagging',
  'versioning',
  'versions',
];

const CREDENTIALS = { accessKeyId: 'emulator', secretAccessKey: 'emulator' };
const REGION = 'us-east-1';

const envelope = z.object({
  Subject: z.string().optional(),
  Message: z.string(),
  MessageAttributes: z.record(z.string(), z.object({ Value: z.string() })).optional(),
});
const queueState = z.object({ messages: z.object({ ready: z.array(z.object({ body: z.string() })) }) });

const publishedMessage = (text: string): PublishedMessage => {
  const { Subject, Message, MessageAttributes = {} } = envelope.parse(JSON.parse(text));
  const attributes = Object.entries(MessageAttributes).map(([name, { Value }]) => [name, Value] as const);
  return { subject: Subject, body: Message, attributes: Object.fromEntries(attributes) };
};

const errorXml = ({ code }: AwsFault, service: AwsRequest['service']): string => {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${code}</Message></Error>`;
  return service === 's3' ? error : `<ErrorResponse>${error}<RequestId>0</RequestId></ErrorResponse>`;
};

const valueIn = (xml: string, pattern: RegExp): string => pattern.exec(xml)?.[1] ?? '';

/** The people who confirmed a subscription by mail, as `TOPIC ENDPOINT`, and whether by a signed request. */
type Confirmations = ReadonlyMap<string, boolean>;

/** A subscription that a person has to confirm has no ARN before, which fauxqs gives it. */
const withoutUnconfirmed = (xml: string, confirmed: Confirmations): string =>
  xml.replaceAll(/<member>[\s\S]*?<\/member>/g, (member) => {
    const who = `${valueIn(member, /<TopicArn>([^<]*)/)} ${valueIn(member, /<Endpoint>([^<]*)/)}`;
    return member.includes('<Protocol>email<') && !confirmed.has(who)
      ? member.replace(/<SubscriptionArn>[^<]*/, '<SubscriptionArn>PendingConfirmation')
      : member;
  });

/** Says of a subscription whether its confirmation was signed, which fauxqs says of every one. */
const withAuthentication = (xml: string, confirmed: Confirmations): string => {
  const of = (name: string) => valueIn(xml, new RegExp(`<key>${name}</key><value>([^<]*)`));
  return confirmed.get(`${of('TopicArn')} ${of('Endpoint')}`) === false
    ? xml.replace(/(ConfirmationWasAuthenticated<\/key><value>)true/, '$1false')
    : xml;
};

const formSchema = z.record(z.string(), z.string()).catch({});

/** The subjects and bodies that SNS refuses and fauxqs takes: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const publishFault = ({ Subject, ...form }: Readonly<Record<string, string>>): AwsFault | undefined => {
  const isSubjectWrong = Subject !== undefined && !/^[\x21-\x7e][\x20-\x7e]{0,98}$/.test(Subject);
  const isValueEmpty = Object.entries(form).some(
    ([name, value]) => name.startsWith('MessageAttributes.') && value === '',
  );
  return isSubjectWrong || isValueEmpty ? { status: 400, code: 'InvalidParameter' } : undefined;
};

/** Reads what a request is about. */
const readRequest = ({
  headers,
  method,
  url,
  body,
}: {
  readonly headers: IncomingHttpHeaders;
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}) => {
  const { pathname, searchParams } = new URL(url, 'http://emulator');
  const isForm = headers['content-type']?.includes('x-www-form-urlencoded') ?? false;
  const form = isForm ? formSchema.parse(body) : {};
  const [, region] = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(headers.authorization ?? '') ?? [];
  const asked: AwsRequest = {
    ...(region !== undefined && { region }),
    service: isForm ? 'sns' : pathname === '/' ? 'sqs' : 's3',
    method,
    path: decodeURIComponent(pathname),
    headers,
    ...(form.Action !== undefined && { action: form.Action }),
  };
  return { asked, form, pathname, searchParams };
};

/** Marks what the emulator asks itself: no client's request, so no fault befalls it. */
const OWN = { 'x-emulator': 'own' };

const isOwn = ({ headers }: { readonly headers: IncomingHttpHeaders }): boolean => 'x-emulator' in headers;

const withoutQuotes = (etag: unknown): string => String(etag).replaceAll('"', '');

/**
 * S3, SNS and whose keys STS takes them for, on loopback: fauxqs, with conditional writes that hold, errors for what it would do wrong, and faults.
 * It takes any credentials, and no object over 11 MiB.
 */
export const startAwsEmulator = async ({
  bucket,
  topicName,
  fault = () => undefined,
  enlarged = () => undefined,
  onAnswer = () => undefined,
}: AwsEmulatorOptions): Promise<AwsEmulator> => {
  const app = buildApp({ logger: false, defaultRegion: REGION });
  const topics = new Set<string | undefined>();
  const confirmations = new Map<string, boolean>();

  const silenced = new WeakSet<ServerResponse>();
  // The server believes that it has answered, and may try to again.
  const silence = (response: ServerResponse): void => {
    silenced.add(response);
    const nothing = () => response;
    Object.assign(response, { writeHead: nothing, write: nothing, end: nothing });
  };
  app.addHook('onSend', async (request, reply, payload) => {
    if (isOwn(request) || silenced.has(reply.raw)) return payload;
    const { asked } = readRequest(request);
    const fate = reply.statusCode < 300 ? onAnswer(asked) : undefined;
    if (fate === 'reset') request.raw.socket.resetAndDestroy();
    if (fate === 'silence') silence(reply.raw);
    if (fate === 'cut' && (typeof payload === 'string' || payload instanceof Uint8Array)) {
      const body = Buffer.from(payload);
      const { socket } = request.raw;
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value);
      reply.raw.writeHead(reply.statusCode, { 'content-length': body.length });
      reply.raw.write(body.subarray(0, body.length / 2), () => socket.destroySoon());
      silence(reply.raw);
      return '';
    }
    if (typeof payload !== 'string') return payload;
    if (asked.action === 'ListSubscriptionsByTopic') return withoutUnconfirmed(payload, confirmations);
    return asked.action === 'GetSubscriptionAttributes' ? withAuthentication(payload, confirmations) : payload;
  });
  app.addHook('preHandler', async (request, reply) => {
    const { headers, method } = request;
    const { asked: question, form, pathname, searchParams } = readRequest(request);
    const { service } = question;
    const refuse = (answer: AwsFault) =>
      reply
        .code(answer.status)
        .headers({ ...answer.headers })
        .type('application/xml')
        .send(errorXml(answer, service));

    const asked = isOwn(request) ? undefined : fault(question);
    if (asked === 'reset') {
      request.raw.socket.resetAndDestroy();
      return reply.hijack();
    }
    if (asked !== undefined) return refuse(asked);

    const size = method === 'GET' && service === 's3' ? enlarged(question.path) : undefined;
    if (size !== undefined)
      return reply.headers({ 'content-length': size, etag: '"zeros"' }).send(Readable.from(zeros(size)));

    if (form.Action === 'Publish') {
      const refused = publishFault(form);
      if (refused !== undefined) return refuse(refused);
    }
    if (form.Action === 'ConfirmSubscription') {
      // The token of a mail is the address here.
      confirmations.set(`${form.TopicArn} ${form.Token}`, form.AuthenticateOnUnsubscribe === 'true');
      const arn = `<SubscriptionArn>${form.TopicArn}:confirmed</SubscriptionArn>`;
      return reply
        .type('application/xml')
        .send(
          `<ConfirmSubscriptionResponse><ConfirmSubscriptionResult>${arn}</ConfirmSubscriptionResult></ConfirmSubscriptionResponse>`,
        );
    }
    // fauxqs has no subscriptions of a topic that it does not have, and no error.
    if (form.Action === 'ListSubscriptionsByTopic' && !topics.has(form.TopicArn))
      return refuse({ status: 404, code: 'NotFound' });
    if (UNSUPPORTED.some((name) => searchParams.has(name))) return refuse({ status: 501, code: 'NotImplemented' });

    const { 'if-match': match, 'if-none-match': noneMatch } = headers;
    const isWrite = method === 'PUT' || (method === 'POST' && searchParams.has('uploadId'));
    if (!isWrite || (match === undefined && noneMatch === undefined)) return undefined;

    // The body is read by now, and fauxqs answers in memory: no other request comes between this check and the write.
    const stored = await app.inject({ method: 'HEAD', url: pathname, headers: { ...OWN, host: headers.host } });
    const exists = stored.statusCode === 200;
    if (noneMatch !== undefined && exists) return refuse({ status: 412, code: 'PreconditionFailed' });
    if (match !== undefined && !exists) return refuse({ status: 404, code: 'NoSuchKey' });
    if (match !== undefined && withoutQuotes(stored.headers.etag) !== withoutQuotes(match))
      return refuse({ status: 412, code: 'PreconditionFailed' });
    return undefined;
  });

  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const settings = { endpoint: url, region: REGION, credentials: CREDENTIALS };
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const sns = new SNSClient(settings);

  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const createTopic: AwsEmulator['createTopic'] = async (name) => {
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: name }));
    topics.add(TopicArn);
    return TopicArn;
  };
  const topicArn = await createTopic(topicName);

  let queues = 0;
  const subscribe: AwsEmulator['subscribe'] = async (filterPolicy) => {
    queues += 1;
    const name = `subscriber-${queues}`;
    await app.inject({
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.CreateQueue' },
      payload: JSON.stringify({ QueueName: name }),
    });
    await sns.send(
      new SubscribeCommand({
        TopicArn: topicArn,
        Protocol: 'sqs',
        Endpoint: `arn:aws:sqs:${REGION}:000000000000:${name}`,
        ...(filterPolicy && { Attributes: { FilterPolicy: JSON.stringify(filterPolicy) } }),
      }),
    );
    return async () => {
      const { body } = await app.inject(`/_fauxqs/queues/${name}`);
      return queueState.parse(JSON.parse(body)).messages.ready.map((message) => publishedMessage(message.body));
    };
  };

  return {
    url,
    bucket,
    topicArn,
    s3,
    sns,
    createTopic,
    followLink: (topic, address) => {
      confirmations.set(`${topic} ${address}`, false);
    },
    messages: await subscribe(),
    subscribe,
    env: {
      AWS_ENDPOINT_URL_S3: url,
      AWS_ENDPOINT_URL_SNS: url,
      AWS_ENDPOINT_URL_STS: url,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    },
    close: async () => {
      s3.destroy();
      sns.destroy();
      await app.close();
    },
  };
};
