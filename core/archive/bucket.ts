import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import pRetry from 'p-retry';
import { DAY_MS } from '../../rules/engine/time.ts';
import { connectionRemedyOf } from '../aws/connection.ts';
import { noCredentials } from '../aws/credentials.ts';
import { isTokenExpired } from '../aws/errors.ts';
import { systemClock } from '../model/clock.ts';
import type { Archive, Content } from './archive.ts';
import { SpoolError } from './errors.ts';
import { HINT_DAYS, HINT_TAG } from './hint.ts';
import { spoolFault } from './spool-fault.ts';

/** The status where another write to the same key was under way: S3 asks to try again. */
const CONFLICT_UNDER_WAY = 409;
const PRECONDITION_FAILED = 412;
const NOT_FOUND = 404;
const TOO_MANY = 429;
/** The store does not know what was asked. */
const NOT_KNOWN = 501;

/** The answers of a bucket without a lock, of one where the caller may not lock or tag, and of a store that can't. */
const UNLOCKED: ReadonlySet<number | undefined> = new Set([400, 403, NOT_KNOWN]);

type Keeping = Pick<PutObjectCommandInput, 'ObjectLockMode' | 'ObjectLockRetainUntilDate' | 'Tagging'>;

/** Says that a hint is kept for a day, where the bucket would keep it for as long as evidence. */
const keptBriefly = (): Keeping => ({
  ObjectLockMode: 'GOVERNANCE',
  ObjectLockRetainUntilDate: new Date(systemClock.now() + HINT_DAYS * DAY_MS),
  Tagging: `${HINT_TAG.key}=${HINT_TAG.value}`,
});

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

/** Refusals that pass in spite of their status; the client has corrected its clock by then, and renewed its token. */
const PASSING: ReadonlySet<unknown> = new Set([
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'RequestExpired',
  // For hours after a bucket was made.
  'TemporaryRedirect',
]);

/** Tries with a token that has expired: fresh credentials may bring the same one once or twice, but not for ever. */
const MOST_EXPIRED = 4;

/** Tells whether a request that failed so would fail again. */
const isFinal = (error: unknown): boolean => {
  const status = statusOf(error);
  if (status === undefined)
    return connectionRemedyOf(error) !== undefined || noCredentials(error) !== undefined || error instanceof SpoolError;
  if (PASSING.has(Object(error).name)) return false;
  return (status < 500 && status !== CONFLICT_UNDER_WAY && status !== TOO_MANY) || status === NOT_KNOWN;
};

const LONGEST_PAUSE_MS = 20_000;

/** The time that requests may be made again in, in milliseconds from now. */
export type TimeLeft = () => number;

/** Without a word of how long, a request is made five times: as often as a wait of a few seconds is worth. */
const RETRIES = 4;

/**
 * Opens an archive in an S3 bucket. Files are streamed, and a stream can't be sent twice, so the retries around a request
 * are ours: each opens the file anew, and what breaks off while it is read goes on from the byte that was reached.
 * @param retryPauseMs the first pause between tries of one request, in milliseconds; it doubles each time
 */
export const bucketArchive = (client: S3Client, bucket: string, retryPauseMs = 200, timeLeft?: TimeLeft): Archive => {
  let wasAnswered = false;

  /** Makes a request until it succeeds, would fail again, or the time is over. */
  const persistently = async <T>(request: () => Promise<T>): Promise<T> => {
    let expired = 0;
    const worthAnother = (error: unknown): boolean => {
      wasAnswered ||= statusOf(error) !== undefined;
      if (isTokenExpired(error)) {
        expired += 1;
        return expired < MOST_EXPIRED;
      }
      // Of a host that has never answered the client itself has made sure, by its own tries.
      return !isFinal(error) && (wasAnswered || timeLeft === undefined);
    };
    const limits =
      timeLeft === undefined
        ? { retries: RETRIES }
        : { retries: Number.POSITIVE_INFINITY, maxRetryTime: Math.max(0, timeLeft()) };
    const answer = await pRetry(request, {
      ...limits,
      minTimeout: retryPauseMs,
      maxTimeout: LONGEST_PAUSE_MS,
      shouldRetry: ({ error }) => worthAnother(error),
    });
    wasAnswered = true;
    return answer;
  };

  /**
   * Sends content. What the disk refuses of a file fails this request, and is no fault of the bucket: in a stream of the
   * client it would end the process.
   */
  const send = async (content: Content, input: Omit<PutObjectCommandInput, 'Body' | 'ContentLength'>) => {
    if ('bytes' in content)
      return client.send(new PutObjectCommand({ ...input, Body: content.bytes, ContentLength: content.bytes.length }));
    const opened = await open(content.path).catch((error: unknown) => {
      throw spoolFault(error);
    });
    const file = opened.createReadStream();
    const ended = new AbortController();
    const broken = new Promise<never>((_resolve, reject) => {
      file.once('error', (error) => {
        reject(spoolFault(error));
        ended.abort();
      });
    });
    const command = new PutObjectCommand({ ...input, Body: file.pipe(new PassThrough()), ContentLength: content.size });
    try {
      return await Promise.race([broken, client.send(command, { abortSignal: ended.signal })]);
    } catch (error) {
      // Of what was answered the rest is sent still, so that the connection can be used again.
      if (statusOf(error) === undefined) file.destroy();
      throw error;
    }
  };

  /** Tells whether the object is there by this write: its answer got lost, and made again it met itself. */
  const isWrittenBy = async (key: string, write: string): Promise<boolean> => {
    try {
      const { Metadata } = await persistently(() => client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })));
      return Metadata?.write === write;
    } catch (error) {
      if (statusOf(error) === NOT_FOUND) return false;
      throw error;
    }
  };

  /** Tells whether it was put: false where the condition does not hold. */
  const put = async (
    key: string,
    content: Content,
    contentType: string,
    condition: Pick<PutObjectCommandInput, 'IfMatch' | 'IfNoneMatch'>,
    keeping: Keeping = {},
  ): Promise<boolean> => {
    const write = randomUUID();
    try {
      await persistently(() =>
        send(content, {
          Bucket: bucket,
          Key: key,
          ContentType: contentType,
          Metadata: { write },
          ChecksumAlgorithm: 'SHA256',
          ...condition,
          ...keeping,
        }),
      );
      return true;
    } catch (error) {
      const status = statusOf(error);
      // There is nothing to match.
      if (condition.IfMatch !== undefined && status === NOT_FOUND) return false;
      if (keeping.Tagging !== undefined && UNLOCKED.has(status)) return put(key, content, contentType, condition);
      if (status !== PRECONDITION_FAILED) throw error;
      return isWrittenBy(key, write);
    }
  };

  /** Asks for an object from a byte on, and for that very version of it where a part of it was read. */
  const get = async (key: string, from?: { readonly byte: number; readonly version: string }) => {
    const range = from && { Range: `bytes=${from.byte}-`, IfMatch: from.version };
    const { Body, ETag, ContentLength } = await persistently(() =>
      client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...range })),
    );
    if (!(Body instanceof Readable) || ETag === undefined)
      throw new Error(`s3://${bucket}/${key} came without a body or an ETag`);
    // Whoever reads it is told; until then nobody listens, and what nobody hears ends the process.
    Body.on('error', () => undefined);
    return { body: Body, version: ETag, size: ContentLength };
  };

  /** Reads a body to its end; where it breaks off, it goes on from the byte that was reached. */
  async function* resumed(key: string, first: Awaited<ReturnType<typeof get>>): AsyncGenerator<Uint8Array> {
    const { version, size } = first;
    let byte = 0;
    let { body } = first;
    /** Tries in a row that gave not a byte. */
    let idle = 0;
    for (;;) {
      try {
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          idle = 0;
          byte += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        idle += 1;
        // At its end is what is no break: a checksum that does not hold.
        if (byte === size || idle > RETRIES) throw error;
      }
      ({ body } = await get(key, { byte, version }));
    }
  }

  return {
    location: `s3://${bucket}`,

    async read(key) {
      try {
        const first = await get(key);
        return { key, body: resumed(key, first), version: first.version };
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },

    async has(key) {
      try {
        await persistently(() => client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })));
        return true;
      } catch (error) {
        if (statusOf(error) === NOT_FOUND) return false;
        throw error;
      }
    },

    async create(key, content, contentType) {
      return (await put(key, content, contentType, { IfNoneMatch: '*' })) ? 'created' : 'exists';
    },

    async replace(key, content, contentType, version, as) {
      const condition = version === undefined ? { IfNoneMatch: '*' } : { IfMatch: version };
      const keeping = as === 'hint' ? keptBriefly() : {};
      return (await put(key, content, contentType, condition, keeping)) ? 'replaced' : 'conflict';
    },

    async *list(prefix, after) {
      const asked = { Bucket: bucket, Prefix: prefix, StartAfter: after };
      let token: { readonly ContinuationToken?: string } | undefined = {};
      while (token !== undefined) {
        const command: ListObjectsV2Command = new ListObjectsV2Command({ ...asked, ...token });
        const page = await persistently(() => client.send(command));
        for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
        token =
          page.NextContinuationToken === undefined ? undefined : { ContinuationToken: page.NextContinuationToken };
      }
    },
  };
};
