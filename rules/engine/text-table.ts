import { NumberList } from './number-list.ts';

const LEAST_SLOTS = 64;
const LEAST_BYTES = 1024;
/** The most bytes that a UTF-16 code unit takes here. */
const UNIT_BYTES = 3;
/** How full the slots may be. */
const MOST_FULL = 0.8;

/**
 * Numbers texts from 0 on, and gives them back. It does what a map to numbers would, exactly, in a third of the
 * memory: the strings of a million users are what the collector of garbage has most work with, and these are bytes
 * that it does not look at.
 */
export class TextTable {
  /** The texts one after the other: a code unit below 128 as it is, any other in three bytes. */
  #bytes = new Uint8Array(LEAST_BYTES);
  /** Where each text begins, and at last where the next one will. */
  readonly #starts = new NumberList();
  /** Open addressing; the number of the text plus one, 0 where the slot is free. */
  #slots = new Uint32Array(LEAST_SLOTS);

  constructor() {
    this.#starts.push(0);
  }

  get size(): number {
    return this.#starts.length - 1;
  }

  /** The number of a text: its own, or a new one. */
  add(text: string): number {
    const end = this.#write(text);
    const slot = this.#seek(end);
    const known = this.#slots[slot] ?? 0;
    if (known !== 0) return known - 1;
    this.#starts.push(end);
    this.#slots[slot] = this.size;
    if (this.size > this.#slots.length * MOST_FULL) this.#grow();
    return this.size - 1;
  }

  /** The number of a text, or undefined where it was never added. */
  find(text: string): number | undefined {
    const known = this.#slots[this.#seek(this.#write(text))] ?? 0;
    return known === 0 ? undefined : known - 1;
  }

  /** The text of a number. */
  at(number: number): string {
    const end = this.#starts.at(number + 1);
    let text = '';
    let place = this.#starts.at(number);
    while (place < end) {
      const byte = this.#byte(place);
      const isWide = byte >= 0x80;
      text += String.fromCharCode(
        isWide ? ((byte & 0x7f) << 14) | (this.#byte(place + 1) << 7) | this.#byte(place + 2) : byte,
      );
      place += isWide ? UNIT_BYTES : 1;
    }
    return text;
  }

  #byte(place: number): number {
    return this.#bytes[place] ?? 0;
  }

  /** Writes a text behind the others, where it stands until another is written, and gives its end. */
  #write(text: string): number {
    let place = this.#starts.at(this.size);
    const most = place + text.length * UNIT_BYTES;
    if (most > this.#bytes.length) {
      const room = Math.max(most, this.#bytes.length + (this.#bytes.length >> 1));
      this.#bytes = new Uint8Array(this.#bytes.buffer.transfer(room));
    }
    const bytes = this.#bytes;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit < 0x80) {
        bytes[place] = unit;
        place += 1;
        continue;
      }
      bytes[place] = 0x80 | (unit >> 14);
      bytes[place + 1] = (unit >> 7) & 0x7f;
      bytes[place + 2] = unit & 0x7f;
      place += UNIT_BYTES;
    }
    return place;
  }

  /** The slot of the text behind the others, which ends at `end`: the one that holds it, or the free one for it. */
  #seek(end: number): number {
    const slots = this.#slots;
    const start = this.#starts.at(this.size);
    let slot = this.#firstSlot(start, end);
    for (;;) {
      const known = slots[slot] ?? 0;
      if (known === 0 || this.#isSame(known - 1, start, end)) return slot;
      slot = slot + 1 === slots.length ? 0 : slot + 1;
    }
  }

  #firstSlot(start: number, end: number): number {
    const bytes = this.#bytes;
    let hash = end - start;
    for (let place = start; place < end; place += 1) {
      hash = Math.imul(hash ^ (bytes[place] ?? 0), 0x297a2d39);
      hash ^= hash >>> 14;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
    return Math.floor(((hash ^ (hash >>> 15)) >>> 0) * (this.#slots.length / 2 ** 32));
  }

  #isSame(number: number, start: number, end: number): boolean {
    const bytes = this.#bytes;
    const shift = this.#starts.at(number) - start;
    if (this.#starts.at(number + 1) !== end + shift) return false;
    for (let place = start; place < end; place += 1) {
      if (bytes[place] !== bytes[place + shift]) return false;
    }
    return true;
  }

  #grow(): void {
    const length = this.#slots.length + (this.#slots.length >> 1);
    // Gives the old memory back at once, which a collection would do who knows when.
    this.#slots.buffer.transfer(0);
    this.#slots = new Uint32Array(length);
    for (let number = 0; number < this.size; number += 1) {
      let slot = this.#firstSlot(this.#starts.at(number), this.#starts.at(number + 1));
      while (this.#slots[slot] !== 0) slot = slot + 1 === length ? 0 : slot + 1;
      this.#slots[slot] = number + 1;
    }
  }
}
