import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { folderArchive } from '../core/archive/folder.ts';
import { keysUnder } from '../core/archive/keys.ts';
import { readBytes } from '../core/archive/lines.ts';

/** The options that the server is started with, as JSON. */
export interface BucketServerOptions {
  /** The archive that it serves. */
  readonly folder: string;
  readonly bucket: string;
  /** The time from a request to its answer, in milliseconds. */
  readonly latencyMs: number;
}

/** The most keys that S3 lists at a time. */
const MOST_KEYS = 1000;

const { folder, bucket, latencyMs } = JSON.parse(process.argv[2] ?? '') as BucketServerOptions;
const archive = folderArchive(folder);
const keys = await keysUnder(archive, '');

/** As S3 answers ListObjectsV2. A token is the last key that was given; keys of an archive need no escaping. */
const listed = (query: URLSearchParams): string => {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const found = keys.filter((key) => key.startsWith(prefix) && key > after);
  const page = found.slice(0, MOST_KEYS);
  const isCut = found.length > page.length;
  const next = isCut ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
  const contents = page.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('');
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${isCut}</IsTruncated>${next}${contents}</ListBucketResult>`;
};

const NO_SUCH_KEY = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>';

interface Answer {
  readonly status: number;
  readonly body: Uint8Array | string;
}

const answerTo = async ({ pathname, searchParams }: URL): Promise<Answer> => {
  if (searchParams.has('list-type')) return { status: 200, body: listed(searchParams) };
  const stored = await archive.read(decodeURIComponent(pathname).slice(`/${bucket}/`.length));
  return stored === undefined ? { status: 404, body: NO_SUCH_KEY } : { status: 200, body: await readBytes(stored) };
};

// No signature is checked, and nothing is written: what is measured is a reader.
const server = createServer(async (request, response) => {
  const wait = setTimeout(latencyMs);
  const { status, body } = await answerTo(new URL(request.url ?? '', 'http://localhost'));
  await wait;
  const etag = `"${createHash('md5').update(body).digest('hex')}"`;
  response.writeHead(status, { etag, 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  process.send?.({ url: `http://127.0.0.1:${port}`, objects: keys.length });
});
process.on('disconnect', () => process.exit());
