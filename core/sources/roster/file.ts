import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Archive } from '../../archive/archive.ts';
import { folderArchive } from '../../archive/folder.ts';
import { temporaryFolder } from '../../archive/left-behind.ts';
import { readBytes } from '../../archive/lines.ts';
import { statusOf } from '../../aws/errors.ts';
import { isPrefix, type S3Place, s3Place } from '../../aws/s3-url.ts';
import type { StopReason } from '../../model/listing.ts';
import { errorCode } from '../../text/error-code.ts';
import { nameAndMessageOf } from '../../text/error-message.ts';
import { attestationName, isAttestationName } from './attestation.ts';

/** Thrown where there is no roster to read; the message is for people, and says what to do about it. */
export class RosterError extends Error {
  override readonly name = 'RosterError';
  readonly reason: StopReason;

  constructor(message: string, reason: StopReason = 'source-unavailable') {
    super(message);
    this.reason = reason;
  }
}

/** Says that S3 did not answer, or refused; reads after the place. */
export const notAnswered = (place: string, error: unknown): RosterError =>
  statusOf(error) === 403
    ? new RosterError(
        `${place}: ${nameAndMessageOf(error)}; allow s3:ListBucket on the bucket and s3:GetObject on what is there, and kms:Decrypt on its key`,
        'access-denied',
      )
    : new RosterError(`${place}: ${nameAndMessageOf(error)}`);

/** A file that somebody has saved users in, on a disk or in a bucket. */
export interface SavedFile {
  /** As it was typed, for messages. */
  readonly path: string;
  /** As evidence names it. */
  readonly name: string;
  /** By the disk's or the bucket's clock, in milliseconds since the epoch; undefined: nobody knows. */
  readonly modifiedAt: number | undefined;
  /** Reads it, anew each time. */
  read(): AsyncIterable<Uint8Array>;
  /** The archive and the key that it has there, where it stands as a snapshot does. */
  readonly archived: { readonly archive: Archive; readonly key: string } | undefined;
  /** Reads what attests it, and stands beside it; undefined where nothing does. */
  attestation(): Promise<string | undefined>;
  /** Puts that beside it, where nothing is yet; false where something is. */
  attest(text: string): Promise<boolean>;
  /** Removes what was kept of it for a while. */
  close(): Promise<void>;
}

const SNAPSHOT = /(?:^|\/)(snapshots\/environment=[A-Za-z0-9]+\/dt=\d{4}-\d{2}-\d{2}\/[\w-]+\.jsonl\.gz)$/;

const unreadable = (path: string, error: unknown): RosterError =>
  new RosterError(`${path} can't be read (${errorCode(error) ?? 'unknown error'})`);

const localFile = async (path: string): Promise<SavedFile> => {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!found.isFile()) throw new RosterError(`${path} must be a file`);
  const absolute = resolve(path);
  const [, key] = SNAPSHOT.exec(absolute) ?? [];
  const beside = folderArchive(dirname(absolute));
  return {
    path,
    name: basename(path),
    modifiedAt: found.mtimeMs,
    read: () => createReadStream(path, { highWaterMark: 256 * 1024 }),
    archived: key === undefined ? undefined : { archive: folderArchive(absolute.slice(0, -key.length)), key },
    attestation: () => readFile(attestationName(path), 'utf8').catch(() => undefined),
    attest: async (text) =>
      (await beside.create(attestationName(basename(path)), { bytes: Buffer.from(text) }, 'application/json')) ===
      'created',
    close: async () => {},
  };
};

/** Keeps what comes in on a file for a while: it is read twice. */
const standardInput = async (): Promise<SavedFile> => {
  const folder = await temporaryFolder();
  const path = join(folder.path, 'roster');
  await pipeline(process.stdin, createWriteStream(path));
  return { ...(await localFile(path)), path: '-', name: '-', modifiedAt: undefined, close: folder.remove };
};

interface FoundObject {
  readonly key: string;
  readonly modifiedAt: number;
  /** Whoever reads another one does not read what the time is of. */
  readonly version: string | undefined;
}

/** Lists what stands under a prefix, and gives what was written last; what attests others is none. */
const newestUnder = async (client: S3Client, { bucket, key: prefix }: S3Place): Promise<FoundObject | undefined> => {
  const { paginateListObjectsV2 } = await import('@aws-sdk/client-s3');
  let newest: FoundObject | undefined;
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
    for (const { Key: key = '', LastModified, ETag: version } of Contents) {
      const modifiedAt = LastModified?.getTime() ?? 0;
      if (key.endsWith('/') || isAttestationName(key) || modifiedAt < (newest?.modifiedAt ?? 0)) continue;
      newest = { key, modifiedAt, version };
    }
  }
  return newest;
};

const objectAt = async (client: S3Client, { bucket, key }: S3Place): Promise<FoundObject> => {
  const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
  const { LastModified, ETag: version } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
  return { key, modifiedAt: LastModified?.getTime() ?? 0, version };
};

const bucketFile = async (client: S3Client, url: string, place: S3Place): Promise<SavedFile> => {
  const { bucketArchive } = await import('../../archive/bucket.ts');
  const { bucket } = place;
  const find = isPrefix(place) ? newestUnder(client, place) : objectAt(client, place);
  const found = await find.catch((error: unknown) => {
    throw notAnswered(url, error);
  });
  if (found === undefined) throw new RosterError(`${url} has no object: save a roster there`);
  const { key, modifiedAt, version } = found;
  const archive = bucketArchive(client, bucket);
  const path = `s3://${bucket}/${key}`;
  async function* read(): AsyncGenerator<Uint8Array> {
    const stored = await archive.read(key).catch((error: unknown) => {
      throw notAnswered(url, error);
    });
    if (stored === undefined) throw new RosterError(`${path} went away while it was read`);
    if (stored.version !== version) throw new RosterError(`${path} was changed while it was read: read it anew`);
    yield* stored.body;
  }
  return {
    path,
    name: path,
    modifiedAt,
    read,
    archived: SNAPSHOT.exec(key)?.[1] === key ? { archive, key } : undefined,
    async attestation() {
      const stored = await archive.read(attestationName(key));
      return stored && (await readBytes(stored)).toString('utf8');
    },
    attest: async (text) =>
      (await archive.create(attestationName(key), { bytes: Buffer.from(text) }, 'application/json')) === 'created',
    close: async () => {},
  };
};

/**
 * Finds a saved file: a path, `-` for standard input, or `s3://bucket/key`, of which one that ends in `/` means the newest
 * object there. Throws RosterError.
 */
export const findFile = async (typed: string, s3: () => Promise<S3Client>): Promise<SavedFile> => {
  const place = s3Place(typed);
  if (place !== undefined) return bucketFile(await s3(), typed, place);
  if (typed.startsWith('s3://')) throw new RosterError(`${typed} must be s3://BUCKET/KEY, or s3://BUCKET/PREFIX/`);
  return typed === '-' ? standardInput() : localFile(typed);
};
