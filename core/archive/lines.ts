import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/**
 * The JSON lines of a stored `.jsonl.gz` object, parsed one by one.
 * @throws where the object is cut short or is no gzip: a shorter file is never taken for a whole one
 */
export async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator {
  const text = createGunzip();
  text.setEncoding('utf8');
  const fed = pipeline(Readable.from(body), text);
  // Told by the loop below, which reads the other end of the same pipeline.
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

/** The whole of a stored object. */
export const readBytes = async (body: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** The whole of a stored object of JSON, parsed. */
export const readJson = async (body: AsyncIterable<Uint8Array>): Promise<unknown> =>
  JSON.parse(Buffer.from(await readBytes(body)).toString('utf8'));
