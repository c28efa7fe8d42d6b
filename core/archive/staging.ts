import { createHash, type Hash, hash as hashAtOnce } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Content } from './archive.ts';
import { temporaryFolder } from './left-behind.ts';
import { parsedLines, readLines, type StoredLine, unfolded } from './lines.ts';
import { spoolFault } from './spool-fault.ts';

/** Content ready to be stored, with the digest that the manifest states. */
export interface StagedContent {
  readonly content: Content;
  /** Hexadecimal SHA-256 of the bytes as stored. */
  readonly sha256: string;
  readonly size: number;
}

export const sha256Of = (bytes: Uint8Array | string): string => hashAtOnce('sha256', bytes);

/**
 * Reads a body to its end, for its hash and its length.
 * @param most bytes that it should have: what has more is read no further, and has the hash of its beginning
 */
export const digestOfBody = async (
  body: AsyncIterable<Uint8Array>,
  most = Number.POSITIVE_INFINITY,
): Promise<Omit<StagedContent, 'content'>> => {
  let first: Uint8Array | undefined;
  let hash: Hash | undefined;
  let size = 0;
  for await (const chunk of body) {
    // Most come in one.
    if (first === undefined) first = chunk;
    else {
      hash ??= createHash('sha256').update(first);
      hash.update(chunk);
    }
    size += chunk.length;
    if (size > most) break;
  }
  return { sha256: hash?.digest('hex') ?? sha256Of(first ?? ''), size };
};

/** The hash of a JSON value, as manifests name the criteria of a run. */
export const hashOf = (value: unknown): string => sha256Of(JSON.stringify(value));

/** A JSON value as the archive keeps it: indented, for people who open it. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Text or bytes held in memory, as evidence. */
export const stagedContent = (held: string | Uint8Array): StagedContent => {
  const bytes = typeof held === 'string' ? Buffer.from(held) : held;
  return { content: { bytes }, sha256: sha256Of(bytes), size: bytes.length };
};

const bodyOf = ({ content }: StagedContent): AsyncIterable<Uint8Array> =>
  'path' in content ? createReadStream(content.path) : Readable.from([content.bytes]);

/** Reads the JSON lines of evidence that a spool of a `.gz` file gave. */
export const linesOf = (evidence: StagedContent): AsyncIterable<unknown> => readLines(bodyOf(evidence));

/**
 * Reads the same, some at a time.
 * @param isWanted tells whether a line is to be parsed
 */
export const lineBatchesOf = (
  evidence: StagedContent,
  isWanted: (text: string) => boolean,
): AsyncIterable<readonly StoredLine[]> => parsedLines(unfolded(bodyOf(evidence)), undefined, undefined, isWanted);

/** A file of lines that grows on disk until it can be stored in the archive. */
export interface Spool {
  /**
   * Adds a line; await what it returns, it holds the writer back to the disk's pace.
   * @param key its place among the others, where the file is sorted
   */
  write(line: string, key?: string): Promise<void> | undefined;
  finish(): Promise<StagedContent>;
}

/** A file that takes bytes as well, in the order in which they come. */
export interface ByteSpool extends Spool {
  /** Adds bytes as they are, which nobody changes any more; await what it returns. */
  append(bytes: Uint8Array): Promise<void> | undefined;
}

/** Lines are handed on in pieces of about as many bytes: one write a line is what gzip is slowest at. */
const PIECE_BYTES = 64 * 1024;

/** Bytes that may wait for gzip and the disk: these work on other threads, and are to have work while this one has none. */
const WAITING_BYTES = 16 * PIECE_BYTES;

/** The gzip level: it takes 40 % less CPU than the usual 6, and lines of users grow by a tenth. */
const LEVEL = 4;

export const LINE_FEED = 0x0a;

/** UTF-8 takes no more bytes for a UTF-16 unit. */
export const MOST_BYTES_A_UNIT = 3;

const openSpool = (path: string, isGzipped: boolean): ByteSpool => {
  const hash = createHash('sha256');
  let size = 0;
  const measure = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  const waiting = { writableHighWaterMark: WAITING_BYTES };
  const head = isGzipped ? createGzip({ ...waiting, chunkSize: PIECE_BYTES, level: LEVEL }) : new PassThrough(waiting);
  const written = pipeline(head, measure, createWriteStream(path)).catch((error: unknown) => {
    throw spoolFault(error);
  });
  // `finish` rejects where the disk fails, and so does the write that waits for it.
  written.catch(() => {});
  /** Pieces that gzip has read, to be filled again: new ones are what makes V8 collect its whole heap most often. */
  const spare: Buffer<ArrayBuffer>[] = [];
  let piece = Buffer.allocUnsafe(PIECE_BYTES);
  let length = 0;
  // All who write meanwhile share it: Node warns of more than ten listeners.
  let drained: Promise<void> | undefined;

  /** @param onRead called once gzip has read the bytes; of a file that is not gzipped the disk may still read them then */
  const handOn = (bytes: Uint8Array, onRead?: () => void): Promise<void> | undefined => {
    if (head.write(bytes, onRead)) return undefined;
    drained ??= Promise.race([new Promise<void>((resolve) => head.once('drain', resolve)), written]).finally(() => {
      drained = undefined;
    });
    return drained;
  };

  const flush = (): Promise<void> | undefined => {
    if (length === 0) return undefined;
    const full = piece;
    const bytes = full.subarray(0, length);
    piece = spare.pop() ?? Buffer.allocUnsafe(PIECE_BYTES);
    length = 0;
    return handOn(bytes, isGzipped ? () => spare.push(full) : undefined);
  };

  return {
    append(bytes) {
      const flushed = length + bytes.length > PIECE_BYTES ? flush() : undefined;
      if (bytes.length > PIECE_BYTES) return handOn(bytes) ?? flushed;
      piece.set(bytes, length);
      length += bytes.length;
      return flushed;
    },
    write(line) {
      const most = line.length * MOST_BYTES_A_UNIT + 1;
      if (most > PIECE_BYTES) return this.append(Buffer.from(`${line}\n`));
      const flushed = length + most > PIECE_BYTES ? flush() : undefined;
      // Each line by itself, and its end too: to join texts first costs many times as much.
      length += piece.write(line, length);
      piece[length] = LINE_FEED;
      length += 1;
      return flushed;
    },
    async finish() {
      await flush();
      head.end();
      await written;
      return { content: { path, size }, sha256: hash.digest('hex'), size };
    },
  };
};

/** A temporary folder for the spools of one run; remove it when they are stored. */
export interface SpoolFolder {
  /** Opens a file, gzipped where its name ends in `.gz`. */
  open(name: string): ByteSpool;
  remove(): Promise<void>;
}

export const createSpoolFolder = async (): Promise<SpoolFolder> => {
  const { path, remove } = await temporaryFolder().catch((error: unknown) => {
    throw spoolFault(error);
  });
  let opened = 0;
  return {
    open(name) {
      opened += 1;
      return openSpool(join(path, `${opened}-${name}`), name.endsWith('.gz'));
    },
    remove,
  };
};
