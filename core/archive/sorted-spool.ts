import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { readLines } from './lines.ts';
import type { Spool, SpoolFolder } from './staging.ts';

/** Characters that are held in memory until they are sorted and put aside. */
const MOST_HELD = 8 * 1024 * 1024;

type Line = readonly [key: string, line: string];

const inOrder = ([a]: Line, [b]: Line): number => (a < b ? -1 : Number(a > b));

/** Yields the lines of lists that are sorted each, in the order of all; of equal keys those of the first list first. */
async function* merged(lists: readonly AsyncIterable<unknown>[]): AsyncGenerator<Line> {
  const heads: { readonly lines: AsyncIterator<unknown>; head: Line }[] = [];
  for (const list of lists) {
    const lines = list[Symbol.asyncIterator]();
    const { done, value } = await lines.next();
    if (!done) heads.push({ lines, head: value as Line });
  }
  while (true) {
    const [first, ...others] = heads;
    if (first === undefined) return;
    const least = others.reduce((one, other) => (inOrder(other.head, one.head) < 0 ? other : one), first);
    yield least.head;
    const { done, value } = await least.lines.next();
    if (done) heads.splice(heads.indexOf(least), 1);
    else least.head = value as Line;
  }
}

/**
 * Opens a file whose lines stand in the order of their keys, however many there are and in whatever order they come; a
 * line without one comes first. What memory is too small for is sorted by parts on disk.
 */
export const sortedSpool = (spools: SpoolFolder, name: string): Spool => {
  const target = spools.open(name);
  const parts: Promise<AsyncIterable<unknown>>[] = [];
  let held: Line[] = [];
  let characters = 0;

  const takeHeld = (): readonly Line[] => {
    const lines = held.toSorted(inOrder);
    held = [];
    characters = 0;
    return lines;
  };

  /** The wait for the disk, of whoever needs no more of it. */
  const storing = async (stored: Promise<unknown>): Promise<void> => {
    await stored;
  };

  const storePart = async (lines: readonly Line[]): Promise<AsyncIterable<unknown>> => {
    const spool = spools.open('part.jsonl.gz');
    for (const line of lines) await spool.write(JSON.stringify(line));
    const { content } = await spool.finish();
    return readLines('path' in content ? createReadStream(content.path) : Readable.from([content.bytes]));
  };

  return {
    write(line, key = '') {
      held.push([key, line]);
      characters += line.length + key.length;
      if (characters < MOST_HELD) return undefined;
      const stored = storePart(takeHeld());
      parts.push(stored);
      return storing(stored);
    },
    async finish() {
      const last = takeHeld();
      if (parts.length === 0) for (const [, line] of last) await target.write(line);
      else {
        parts.push(storePart(last));
        for await (const [, line] of merged(await Promise.all(parts))) await target.write(line);
      }
      return target.finish();
    },
  };
};
