import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UNFOLDED_AT_ONCE } from '../../archive/lines.ts';
import { encodingOf } from '../../text/decode.ts';
import { messageOf } from '../../text/error-message.ts';

/** Thrown where a saved file can't be what somebody saved; its message reads after the file's name. */
export class TornFile extends Error {
  override readonly name = 'TornFile';
}

const startsWith = (bytes: Uint8Array, ...start: readonly number[]): boolean =>
  start.every((byte, index) => bytes[index] === byte);

/** Gives the first bytes, of which there are some if there are any at all, and a way to read all of them. */
const peeked = async (pieces: AsyncIterable<Uint8Array>, least: number) => {
  const iterator = pieces[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < least) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    first.push(value);
    length += value.length;
  }
  const head = Buffer.concat(first);
  async function* all(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { head, all: all() };
};

async function* unzipped(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { head, all } = await peeked(pieces, 2);
  if (!startsWith(head, 0x1f, 0x8b)) {
    yield* all;
    return;
  }
  let size = 0;
  let failure: unknown;
  async function* measured() {
    try {
      for await (const piece of all) {
        size += piece.length;
        yield piece;
      }
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  const gunzip = createGunzip({ chunkSize: UNFOLDED_AT_ONCE });
  const fed = pipeline(Readable.from(measured()), gunzip);
  // The loop below throws the same: it reads the other end of the pipeline.
  fed.catch(() => {});
  try {
    for await (const piece of gunzip) yield piece as Uint8Array;
    await fed;
  } catch (error) {
    if (failure !== undefined) throw failure;
    throw new TornFile(`is no whole gzip file (${messageOf(error)})`);
  }
  if (gunzip.bytesWritten < size) throw new TornFile('goes on after the end of its gzip data');
}

/**
 * Decodes a saved file as it is read, gzipped or not, in UTF-8 or, as PowerShell writes it, UTF-16, with a byte order mark or
 * without. Throws TornFile where it is neither, once all was read: a sign for what could not be read is in somebody's name.
 */
export async function* decoded(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const { head, all } = await peeked(unzipped(pieces), 2);
  const encoding = encodingOf(head);
  let decoder = new TextDecoder(encoding, { fatal: true });
  let isTorn = false;
  const textOf = (piece?: Uint8Array): string => {
    try {
      return decoder.decode(piece, { stream: piece !== undefined });
    } catch {
      isTorn = true;
      decoder = new TextDecoder(encoding);
      return decoder.decode(piece, { stream: piece !== undefined });
    }
  };
  for await (const piece of all) yield textOf(piece);
  yield textOf();
  if (isTorn) throw new TornFile(`has bytes that are no ${encoding.toUpperCase()}`);
}

/** Yields the lines of a text, without their ends; the last one as well where its end is missing. */
export async function* linesOfText(texts: AsyncIterable<string>, most: number): AsyncGenerator<readonly string[]> {
  const withoutCr = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
  let rest = '';
  for await (const text of texts) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield lines.map(withoutCr);
    if (rest.length > most) throw new TornFile(`has a line of over ${most} characters`);
  }
  if (rest !== '') yield [withoutCr(rest)];
}
