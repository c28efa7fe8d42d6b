import { Readable } from 'node:stream';

/**
 * Begins to read at once, and goes on while nobody takes: until so many bytes wait. What it throws, it throws once it is
 * taken from. Destroy it where it is not read to its end.
 */
export const readAhead = (chunks: AsyncIterable<Uint8Array>, mostBytes: number): Readable => {
  const ahead = Readable.from(chunks, { objectMode: false, highWaterMark: mostBytes });
  // Nobody listens yet.
  ahead.on('error', () => {});
  ahead.read(0);
  return ahead;
};
