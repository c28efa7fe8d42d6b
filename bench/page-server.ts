import { createServer } from 'node:net';
import { lazyDirectory } from '../simulator/directory.ts';
import { type Rate, tokenBucket } from '../simulator/token-bucket.ts';

/** The options that the server is started with, as JSON. */
export interface PageServerOptions {
  readonly users: number;
  /** The instant that the directory's times are counted from, ISO 8601. */
  readonly asOf: string;
  /** The time from a request to its answer, in milliseconds. */
  readonly latencyMs?: number;
  /** The rates that are sustained, one after the other, each for so many requests that are granted; the last for ever. */
  readonly rates?: readonly (Rate & { readonly grants: number })[];
}

const PAGE_SIZE = 100;

const respond = (status: string, body: string): Buffer =>
  Buffer.from(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );

const exchange = respond(
  '200 OK',
  JSON.stringify({
    credentials: { accessKeyId: 'AKIDBENCH', secretAccessKey: 'secret', sessionToken: 'token' },
    durationInMinutes: 60,
  }),
);
const throttled = Buffer.from(
  'HTTP/1.1 429 Too Many Requests\r\nx-amzn-errortype: ThrottlingException\r\ncontent-length: 0\r\n\r\n',
);

const makePages = ({ users, asOf }: PageServerOptions): readonly Buffer[] => {
  const directory = lazyDirectory({ users, seed: 1, asOf: new Date(asOf), accountId: '111122223333' });
  return Array.from({ length: Math.ceil(users / PAGE_SIZE) }, (_, page) => {
    const end = (page + 1) * PAGE_SIZE;
    const records = directory.slice(page * PAGE_SIZE, end);
    return respond('200 OK', JSON.stringify({ users: records, ...(end < users && { nextToken: `${page + 1}` }) }));
  });
};

/** Says whether the service takes the next request; the rate changes as requests are granted. */
const admission = (rates: NonNullable<PageServerOptions['rates']>): (() => boolean) => {
  const phases = rates.map(({ grants, ...rate }) => ({ grants, take: tokenBucket(rate, () => performance.now()) }));
  let granted = 0;
  return () => {
    const [phase] = phases;
    if (phase === undefined) return true;
    if (!phase.take()) return false;
    granted += 1;
    if (granted === phase.grants && phases.length > 1) {
      phases.shift();
      granted = 0;
    }
    return true;
  };
};

const options = JSON.parse(process.argv[2] ?? '') as PageServerOptions;
const pages = makePages(options);
const admit = admission(options.rates ?? []);
let requests = 0;
let rejected = 0;

const answerTo = (head: string): Buffer | undefined => {
  requests += 1;
  if (!admit()) {
    rejected += 1;
    return throttled;
  }
  if (head.startsWith('GET /credentials')) return exchange;
  return pages[Number(/[?&]nextToken=(\d+)/.exec(head)?.[1] ?? 0)];
};

/** The delay that a timer may have, in milliseconds. */
const TIMER_SLACK_MS = 3;

/** Answers to the tenth of a millisecond: a timer alone would add one or two to each page, and they would be taken for the client's. */
const answerAt = (due: number, answer: () => void): void => {
  setTimeout(
    () => {
      while (performance.now() < due);
      answer();
    },
    due - performance.now() - TIMER_SLACK_MS,
  );
};

// No HTTP library, no signature, one write a response: what is measured is the client.
const server = createServer({ noDelay: true }, (socket) => {
  let head = '';
  const answer = (): void => {
    const response = answerTo(head);
    head = '';
    if (response === undefined) socket.destroy();
    else socket.write(response);
  };
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    head += chunk.toString('latin1');
    if (!head.endsWith('\r\n\r\n')) return;
    if (options.latencyMs === undefined) answer();
    else answerAt(performance.now() + options.latencyMs, answer);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
// Asked for the requests since it was asked the last time.
process.on('message', () => {
  process.send?.({ requests, rejected });
  requests = 0;
  rejected = 0;
});
process.on('disconnect', () => process.exit());
