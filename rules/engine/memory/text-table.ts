import { NumberList } from './number-list.ts';

const LEAST_SLOTS = 64;
/** Below this, slots are so few that memory does not matter: they become four times as many at once. */
const FEW_SLOTS = 16_384;
/** The share of the slots that may be filled. */
const MOST_FULL = 0.8;

const CHUNK_BITS = 18;
const CHUNK_BYTES = 1 << CHUNK_BITS;
/** The first chunk, the next ones of which are each twice as large: a night of few users has many small tables. */
const FIRST_CHUNK_BYTES = 1 << 12;
/** The most bytes that a UTF-16 code unit takes here. */
const UNIT_BYTES = 3;
/** Ends a text; no unit has it. */
const END = 0xff;

/** Reads the text that begins at an offset of a chunk. */
const read = (bytes: Uint8Array, from: number): string => {
  let text = '';
  for (let offset = from; bytes[offset] !== END; offset += 1) {
    const byte = bytes[offset] ?? 0;
    if (byte < 0x80) {
      text += String.fromCharCode(byte);
      continue;
    }
    const low = ((bytes[offset + 1] ?? 0) << 7) | (bytes[offset + 2] ?? 0);
    text += String.fromCharCode(((byte & 0x7f) << 14) | low);
    offset += UNIT_BYTES - 1;
  }
  return text;
};

/** Writes a text, a code unit below 128 as it is and any other in three bytes, and gives the offset after its end. */
const write = (bytes: Uint8Array, from: number, text: string): number => {
  let offset = from;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      bytes[offset] = unit;
      offset += 1;
      continue;
    }
    bytes[offset] = 0x80 | (unit >> 14);
    bytes[offset + 1] = (unit >> 7) & 0x7f;
    bytes[offset + 2] = unit & 0x7f;
    offset += UNIT_BYTES;
  }
  bytes[offset] = END;
  return offset + 1;
};

/** Hashes a text to 32 bits, of which the upper ones tell its slot. */
const hashOf = (bytes: Uint8Array, from: number): number => {
  let hash = 0x1b873593;
  for (let offset = from; bytes[offset] !== END; offset += 1) {
    hash = Math.imul(hash ^ (bytes[offset] ?? 0), 0x297a2d39);
    hash ^= hash >>> 14;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return (hash ^ (hash >>> 15)) >>> 0;
};

/** The slot where a text is looked for first. */
const slotOf = (hash: number, slots: number): number => Math.floor((hash / 2 ** 32) * slots);

/** Distinguishes most texts without comparing them: eight bits, never 0. */
const tagOf = (hash: number): number => hash & 0xff || 1;

const isSame = (one: Uint8Array, from: number, other: Uint8Array, otherFrom: number): boolean => {
  let length = 0;
  while (one[from + length] === other[otherFrom + length]) {
    if (one[from + length] === END) return true;
    length += 1;
  }
  return false;
};

/**
 * Numbers texts from 0 on, and gives them back. It does what a map to numbers would, exactly, in a third of the
 * memory: the strings of a million users are what the collector of garbage has most work with, and these are bytes
 * that it does not look at.
 */
export class TextTable {
  /** A text stands in one chunk as a whole. */
  readonly #chunks = [new Uint8Array(FIRST_CHUNK_BYTES)];
  /** The beginning of each text: the chunk, and in the lower bits the position within. */
  readonly #starts = new NumberList();
  /** The beginning of the next one, in the last chunk. */
  #next = 0;
  /** Open addressing; the number of the text, where the slot is not free. */
  #slots = new Uint32Array(LEAST_SLOTS);
  /** The tag of the text in each slot, 0 where it is free. */
  #tags = new Uint8Array(LEAST_SLOTS);
  /** The text that was added last, which is often asked for next, and its number. */
  #latest: { readonly text: string; readonly number: number } | undefined;

  get size(): number {
    return this.#starts.length;
  }

  /** The number of a text: its own, or a new one. */
  add(text: string): number {
    const number = this.#add(text);
    this.#latest = { text, number };
    return number;
  }

  #add(text: string): number {
    const end = this.#write(text);
    const hash = this.#hash();
    const slot = this.#seek(hash);
    if (this.#tags[slot] !== 0) return this.#slots[slot] ?? 0;
    const number = this.#starts.push((this.#chunks.length - 1) * CHUNK_BYTES + this.#next) - 1;
    this.#fill(slot, hash, number);
    this.#next = end;
    if (this.size > this.#slots.length * MOST_FULL) this.#grow();
    return number;
  }

  /** The number of a text, or undefined where it was never added. */
  find(text: string): number | undefined {
    if (this.#latest?.text === text) return this.#latest.number;
    this.#write(text);
    const slot = this.#seek(this.#hash());
    return this.#tags[slot] === 0 ? undefined : this.#slots[slot];
  }

  /** The text of a number. */
  at(number: number): string {
    const start = this.#starts.at(number);
    return read(this.#chunk(start >>> CHUNK_BITS), start & (CHUNK_BYTES - 1));
  }

  #chunk(index: number): Uint8Array {
    return this.#chunks[index] ?? new Uint8Array([END]);
  }

  /** Writes a text behind the others, where it stands until another is written, and gives its end. */
  #write(text: string): number {
    const most = text.length * UNIT_BYTES + 1;
    const { length } = this.#chunk(this.#chunks.length - 1);
    // Behind a long text there may be room, to which no position leads.
    if (this.#next + most > length || this.#next >= CHUNK_BYTES) {
      this.#chunks.push(new Uint8Array(Math.max(most, Math.min(2 * length, CHUNK_BYTES))));
      this.#next = 0;
    }
    return write(this.#chunk(this.#chunks.length - 1), this.#next, text);
  }

  /** Hashes the text behind the others. */
  #hash(): number {
    return hashOf(this.#chunk(this.#chunks.length - 1), this.#next);
  }

  /** The slot of the text behind the others: the one that holds it, or the free one for it. */
  #seek(hash: number): number {
    const tags = this.#tags;
    const tag = tagOf(hash);
    let slot = slotOf(hash, tags.length);
    for (let found = tags[slot]; found !== 0; found = tags[slot]) {
      if (found === tag && this.#isWritten(this.#slots[slot] ?? 0)) return slot;
      slot = slot + 1 === tags.length ? 0 : slot + 1;
    }
    return slot;
  }

  /** Tells whether the text behind the others is the one of a number. */
  #isWritten(number: number): boolean {
    const start = this.#starts.at(number);
    const chunk = this.#chunk(start >>> CHUNK_BITS);
    return isSame(chunk, start & (CHUNK_BYTES - 1), this.#chunk(this.#chunks.length - 1), this.#next);
  }

  #fill(slot: number, hash: number, number: number): void {
    this.#tags[slot] = tagOf(hash);
    this.#slots[slot] = number;
  }

  #grow(): void {
    const [slots, tags] = [this.#slots, this.#tags];
    const length = Math.ceil(slots.length * (slots.length < FEW_SLOTS ? 4 : 1.5));
    this.#slots = new Uint32Array(length);
    this.#tags = new Uint8Array(length);
    for (let number = 0; number < this.size; number += 1) {
      const start = this.#starts.at(number);
      const hash = hashOf(this.#chunk(start >>> CHUNK_BITS), start & (CHUNK_BYTES - 1));
      let slot = slotOf(hash, length);
      while (this.#tags[slot] !== 0) slot = slot + 1 === length ? 0 : slot + 1;
      this.#fill(slot, hash, number);
    }
    // Gives the memory back at once, which a collection would do who knows when.
    slots.buffer.transfer(0);
    tags.buffer.transfer(0);
  }
}

/** As a TextTable, for texts that have much in common up to their last slash, such as ARNs and the ids of findings. */
export class PathTable {
  readonly #heads = new TextTable();
  /** `NUMBER/TAIL`: the number of the head, and what follows it. */
  readonly #paths = new TextTable();

  add(path: string): number {
    const cut = path.lastIndexOf('/') + 1;
    return this.#paths.add(`${this.#heads.add(path.slice(0, cut))}/${path.slice(cut)}`);
  }

  find(path: string): number | undefined {
    const cut = path.lastIndexOf('/') + 1;
    const head = this.#heads.find(path.slice(0, cut));
    return head === undefined ? undefined : this.#paths.find(`${head}/${path.slice(cut)}`);
  }

  at(number: number): string {
    const path = this.#paths.at(number);
    const cut = path.indexOf('/');
    return this.#heads.at(Number(path.slice(0, cut))) + path.slice(cut + 1);
  }
}
