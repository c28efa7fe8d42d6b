import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/**
 * Yields the JSON lines of a stored `.jsonl.gz` object, parsed one by one.
 * @throws where the object is cut short or is no gzip: a shorter file is never taken for a whole one
 */
export async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator {
  const text = createGunzip();
  text.setEncoding('utf8');
  const fed = pipeline(Readable.from(body), text);
  // The loop below throws the same: it reads the other end of the pipeline.
  fed.catch(() => {});

  let rest = '';
  for await (const chunk of text) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line);
  }
  await fed;
  if (rest !== '') throw new Error('the last line has no end');
}

/** Reads the whole of a stored object. */
export const readBytes = async (body: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** Reads and parses the whole of a stored object of JSON. */
export const readJson = async (body: AsyncIterable<Uint8Array>): Promise<unknown> =>
  JSON.parse(Buffer.from(await readBytes(body)).toString('utf8'));

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
