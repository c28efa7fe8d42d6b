import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { parseRecord } from '../../rules/engine/record.ts';
import type { StoredObject } from './archive.ts';
import { ArchiveError } from './errors.ts';

const MIB = 1024 * 1024;

/**
 * The largest object that is read whole, in bytes: a page of runs that another version has written grows by some 300 a run, and
 * every other one is far smaller.
 */
const MOST_BYTES = 64 * MIB;

/** The largest object that is parsed whole, in bytes: parsed, it may take fifty times as many. */
export const MOST_JSON_BYTES = 16 * MIB;

/** Limits of a stored object of lines, in bytes: whoever can write to an archive can put anything there. */
export interface LineLimits {
  /** A page of the service, the longest thing that becomes a line, has 16 MiB. */
  readonly line: number;
  /** Any object may unfold to so many: those of a million users. */
  readonly unfolded: number;
  /** It may unfold to so many beyond that for each byte stored; records of users shrink to a tenth or so. */
  readonly ratio: number;
}

const LINE_LIMITS: LineLimits = { line: 32 * MIB, unfolded: 1024 * MIB, ratio: 100 };

/** Bytes that are unfolded at once: each time costs a turn of the event loop, by the usual 16 KB a fifteenth of an audit's CPU. */
export const UNFOLDED_AT_ONCE = 128 * 1024;

const LINE_FEED = 0x0a;

/** A line of a stored object as it stands there, and what it says. */
export interface StoredLine {
  readonly text: string;
  /** Undefined where nobody wanted it to be parsed. */
  readonly record: unknown;
}

/**
 * Unfolds a stored `.gz` object.
 * @throws where it is cut short or is no gzip: a shorter file is never taken for a whole one; and where it is past a limit
 */
export async function* unfolded(body: AsyncIterable<Uint8Array>, limits = LINE_LIMITS): AsyncGenerator<Buffer> {
  let stored = 0;
  async function* measured() {
    for await (const chunk of body) {
      stored += chunk.length;
      yield chunk;
    }
  }
  const unzipped = createGunzip({ chunkSize: UNFOLDED_AT_ONCE });
  const fed = pipeline(Readable.from(measured()), unzipped);
  // The loop below throws the same: it reads the other end of the pipeline.
  fed.catch(() => {});

  let size = 0;
  for await (const chunk of unzipped as AsyncIterable<Buffer>) {
    size += chunk.length;
    const most = limits.unfolded + limits.ratio * stored;
    if (size > most) throw new Error(`its first ${stored} bytes unfold to more than ${most}, as no records do`);
    yield chunk;
  }
  await fed;
}

/** The most lines that are known from before. */
const MOST_KNOWN = 20_000;

/**
 * Yields the JSON lines of unfolded bytes, parsed, some at a time. Throws where the last has no end, or one is too long.
 * @param known the first lines of what was read before, which those of this take the place of: one that stands where it
 * stood is not parsed again, and whoever is given its record changes nothing in it
 * @param isWanted tells whether a line is to be parsed
 */
export async function* parsedLines(
  chunks: AsyncIterable<Buffer>,
  limits = LINE_LIMITS,
  known?: StoredLine[],
  isWanted: (text: string) => boolean = () => true,
): AsyncGenerator<readonly StoredLine[]> {
  let position = 0;
  let rest: Buffer[] = [];
  let restLength = 0;
  for await (const chunk of chunks) {
    const lines: StoredLine[] = [];
    let fault: { readonly error: unknown } | undefined;
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const text =
        restLength === 0
          ? chunk.toString('utf8', start, end)
          : Buffer.concat([...rest, chunk.subarray(start, end)]).toString('utf8');
      try {
        const before = known?.[position];
        const line = before?.text === text ? before : { text, record: isWanted(text) ? parseRecord(text) : undefined };
        if (known !== undefined && position < MOST_KNOWN) known[position] = line;
        position += 1;
        lines.push(line);
      } catch (error) {
        fault = { error };
        break;
      }
      if (restLength > 0) rest = [];
      restLength = 0;
      start = end + 1;
    }
    // What stands before a line that is none is told first.
    if (lines.length > 0) yield lines;
    if (fault !== undefined) throw fault.error;
    if (start === chunk.length) continue;
    rest.push(chunk.subarray(start));
    restLength += chunk.length - start;
    if (restLength > limits.line) throw new Error(`a line is longer than ${limits.line} bytes`);
  }
  if (restLength > 0) throw new Error('the last line has no end');
}

/**
 * Yields the JSON lines of a stored `.jsonl.gz` object, parsed one by one.
 * @throws where the object can't be unfolded, or is past a limit
 */
export async function* readLines(body: AsyncIterable<Uint8Array>, limits = LINE_LIMITS): AsyncGenerator {
  for await (const lines of parsedLines(unfolded(body, limits), limits)) for (const { record } of lines) yield record;
}

type Named = Pick<StoredObject, 'key' | 'body'>;

/** Reads the whole of a stored object; throws ArchiveError where it is larger than any that is read so. */
export const readBytes = async ({ key, body }: Named, most = MOST_BYTES): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > most) throw new ArchiveError(`${key} has more than ${most} bytes, the most that are read of it`);
    chunks.push(chunk);
  }
  const [only, ...others] = chunks;
  // Most come in one piece, which need not be copied.
  if (only !== undefined && others.length === 0) return Buffer.from(only.buffer, only.byteOffset, only.length);
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
  readonly bytes: Buffer;
  readonly value: unknown;
}

/** Reads and parses the whole of a stored object of JSON; throws ArchiveError where it is none or too large. */
export const readJsonBytes = async (stored: Named): Promise<ReadJson> => {
  const bytes = await readBytes(stored, MOST_JSON_BYTES);
  const value = parsedJson(bytes.toString('utf8'));
  if (value === undefined) throw new ArchiveError(`${stored.key} is no JSON`);
  return { bytes, value };
};

/** Gives what a stored object of JSON says; throws ArchiveError. */
export const readJson = async (stored: Named): Promise<unknown> => (await readJsonBytes(stored)).value;
