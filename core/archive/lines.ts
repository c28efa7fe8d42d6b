import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { parseRecord } from '../model/record.ts';
import type { StoredObject } from './archive.ts';
import { ArchiveError } from './errors.ts';

const MIB = 1024 * 1024;

/**
 * The largest object that is read whole, in bytes: the page of all runs grows by some 300 a run, and every other one
 * is far smaller.
 */
const MOST_BYTES = 64 * MIB;

/** The largest object that is parsed whole, in bytes: parsed, it may take fifty times as many. */
export const MOST_JSON_BYTES = 16 * MIB;

/** Limits of a stored object of lines: whoever can write to an archive can put anything there. */
export interface LineLimits {
  /** In UTF-16 units. A page of the service, the longest thing that becomes a line, has 16 MiB. */
  readonly line: number;
  /** Units that any object may unfold to: those of a million users. */
  readonly unfolded: number;
  /** Units that it may unfold to beyond that for each byte stored; records of users shrink to a tenth or so. */
  readonly ratio: number;
}

const LINE_LIMITS: LineLimits = { line: 32 * MIB, unfolded: 1024 * MIB, ratio: 100 };

/**
 * Yields the JSON lines of a stored `.jsonl.gz` object, parsed one by one.
 * @throws where the object is cut short or is no gzip: a shorter file is never taken for a whole one; and where it is
 * past a limit
 */
export async function* readLines(body: AsyncIterable<Uint8Array>, limits = LINE_LIMITS): AsyncGenerator {
  let stored = 0;
  async function* measured() {
    for await (const chunk of body) {
      stored += chunk.length;
      yield chunk;
    }
  }
  const text = createGunzip();
  text.setEncoding('utf8');
  const fed = pipeline(Readable.from(measured()), text);
  // The loop below throws the same: it reads the other end of the pipeline.
  fed.catch(() => {});

  let unfolded = 0;
  let rest = '';
  for await (const chunk of text as AsyncIterable<string>) {
    unfolded += chunk.length;
    const most = limits.unfolded + limits.ratio * stored;
    if (unfolded > most) throw new Error(`its first ${stored} bytes unfold to more than ${most}, as no records do`);
    let start = 0;
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', start)) {
      yield parseRecord(rest + chunk.slice(start, end));
      rest = '';
      start = end + 1;
    }
    rest += chunk.slice(start);
    if (rest.length > limits.line) throw new Error(`a line is longer than ${limits.line} characters`);
  }
  await fed;
  if (rest !== '') throw new Error('the last line has no end');
}

type Named = Pick<StoredObject, 'key' | 'body'>;

/** Reads the whole of a stored object; throws ArchiveError where it is larger than any that is read so. */
export const readBytes = async ({ key, body }: Named, most = MOST_BYTES): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > most) throw new ArchiveError(`${key} has more than ${most} bytes, the most that are read of it`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Parses JSON; undefined where it is none. */
export const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Whether a parsed value is a JSON object. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The bytes of a stored object of JSON, and what they say. */
export interface ReadJson {
  readonly bytes: Uint8Array;
  readonly value: unknown;
}

/** Reads and parses the whole of a stored object of JSON; throws ArchiveError where it is none or too large. */
export const readJsonBytes = async (stored: Named): Promise<ReadJson> => {
  const bytes = await readBytes(stored, MOST_JSON_BYTES);
  const value = parsedJson(Buffer.from(bytes).toString('utf8'));
  if (value === undefined) throw new ArchiveError(`${stored.key} is no JSON`);
  return { bytes, value };
};

/** Gives what a stored object of JSON says; throws ArchiveError. */
export const readJson = async (stored: Named): Promise<unknown> => (await readJsonBytes(stored)).value;
