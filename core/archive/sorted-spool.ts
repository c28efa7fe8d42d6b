import { closeSync, openSync, readSync } from 'node:fs';
import { LINE_FEED, MOST_BYTES_A_UNIT, type Spool, type SpoolFolder, type StagedContent } from './staging.ts';

/** Bytes that are held in memory until they are sorted and put aside. */
const MOST_HELD = 4 * 1024 * 1024;

/** Bytes of a part that are read at once. */
const READ_BYTES = 64 * 1024;

/** The lengths of a key and of a line, which stand before the two. */
const HEAD_BYTES = 8;

/** Holds any key, and lone surrogates too. */
const KEY_ENCODING = 'utf16le';

/** A key and a line with its end, as they stand in memory and on disk. */
interface Entry {
  readonly key: string;
  readonly bytes: Buffer;
  /** The beginning of the line in the bytes. */
  readonly lineAt: number;
}

const inOrder = ({ key: a }: Entry, { key: b }: Entry): number => (a < b ? -1 : Number(a > b));

/** Reads the entry that begins there; undefined where the bytes end before it does. */
const readEntry = (bytes: Buffer, at: number): Entry | undefined => {
  if (bytes.length < at + HEAD_BYTES) return undefined;
  const lineAt = HEAD_BYTES + bytes.readUInt32LE(at);
  const end = at + lineAt + bytes.readUInt32LE(at + 4);
  if (bytes.length < end) return undefined;
  const key = bytes.toString(KEY_ENCODING, at + HEAD_BYTES, at + lineAt);
  return { key, bytes: bytes.subarray(at, end), lineAt };
};

function* readChunks({ content }: StagedContent): Generator<Uint8Array> {
  if ('bytes' in content) {
    yield content.bytes;
    return;
  }
  const file = openSync(content.path, 'r');
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(READ_BYTES);
      const length = readSync(file, chunk);
      if (length === 0) return;
      yield chunk.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

/** Reads a part as it is asked for: to wait for each entry would take longer than to read it. */
function* readPart(part: StagedContent): Generator<Entry> {
  let left = Buffer.alloc(0);
  for (const chunk of readChunks(part)) {
    left = Buffer.concat([left, chunk]);
    let at = 0;
    for (let entry = readEntry(left, at); entry !== undefined; entry = readEntry(left, at)) {
      yield entry;
      at += entry.bytes.length;
    }
    left = left.subarray(at);
  }
}

/** Yields the entries of lists that are sorted each, in the order of all; of equal keys those of the first list first. */
function* merged(lists: readonly Iterator<Entry>[]): Generator<Entry> {
  const heads: { readonly list: Iterator<Entry>; head: Entry }[] = [];
  for (const list of lists) {
    const { done, value } = list.next();
    if (!done) heads.push({ list, head: value });
  }
  while (true) {
    const [first, ...others] = heads;
    if (first === undefined) return;
    const least = others.reduce((one, other) => (inOrder(other.head, one.head) < 0 ? other : one), first);
    yield least.head;
    const { done, value } = least.list.next();
    if (done) heads.splice(heads.indexOf(least), 1);
    else least.head = value;
  }
}

function* linesIn(entries: Iterable<Entry>): Generator<Buffer> {
  for (const { bytes, lineAt } of entries) yield bytes.subarray(lineAt);
}

/** Lines that are sorted by their keys, however many there are; a line without one comes first. */
export interface LineSorter extends Pick<Spool, 'write'> {
  /** Gives the bytes of each line with its end, in order, once all were written; reads them from disk as they are asked for. */
  sorted(): Promise<Iterable<Buffer>>;
}

/** Begins to sort lines. What memory is too small for is sorted by parts on disk. */
export const lineSorter = (spools: SpoolFolder): LineSorter => {
  const parts: Promise<StagedContent>[] = [];
  // Outside of the heap: as objects, the lines are what the collector of garbage has most work with.
  let held = Buffer.alloc(0);
  let size = 0;
  let starts: number[] = [];

  const takeHeld = (): readonly Entry[] => {
    const entries = starts.flatMap((start) => readEntry(held, start) ?? []).toSorted(inOrder);
    starts = [];
    return entries;
  };

  const storePart = async (entries: readonly Entry[]): Promise<StagedContent> => {
    const spool = spools.open('part');
    for (const { bytes } of entries) await spool.append(bytes);
    return spool.finish();
  };

  /** Makes room for so many bytes. */
  const makeRoom = (bytes: number): Promise<unknown> | undefined => {
    if (size + bytes <= held.length) return undefined;
    const stored = starts.length === 0 ? undefined : storePart(takeHeld());
    if (stored !== undefined) parts.push(stored);
    held = Buffer.allocUnsafeSlow(Math.max(MOST_HELD, bytes));
    size = 0;
    return stored;
  };

  /** The wait for the disk, of whoever needs no more of it. */
  const waiting = async (stored: Promise<unknown>): Promise<void> => {
    await stored;
  };

  return {
    write(line, key = '') {
      const stored = makeRoom(HEAD_BYTES + key.length * 2 + line.length * MOST_BYTES_A_UNIT + 1);
      const lineAt = HEAD_BYTES + held.write(key, size + HEAD_BYTES, KEY_ENCODING);
      const length = held.write(line, size + lineAt) + 1;
      held.writeUInt32LE(lineAt - HEAD_BYTES, size);
      held.writeUInt32LE(length, size + 4);
      starts.push(size);
      size += lineAt + length;
      held[size - 1] = LINE_FEED;
      return stored && waiting(stored);
    },
    async sorted() {
      const last = takeHeld().values();
      const stored = await Promise.all(parts);
      return linesIn(merged([...stored.map((part) => readPart(part)), last]));
    },
  };
};

/** Opens a file whose lines stand in the order of their keys, in whatever order they come. */
export const sortedSpool = (spools: SpoolFolder, name: string): Spool => {
  const target = spools.open(name);
  const sorter = lineSorter(spools);
  return {
    write: sorter.write,
    async finish() {
      for (const line of await sorter.sorted()) {
        const written = target.append(line);
        if (written !== undefined) await written;
      }
      return target.finish();
    },
  };
};
