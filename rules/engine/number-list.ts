const LEAST_LENGTH = 64;

/**
 * Whole numbers from 0 to 4 294 967 295 by place, in four bytes each and outside of the heap that is collected. What
 * was never set is 0.
 */
export class NumberList {
  #numbers = new Uint32Array(LEAST_LENGTH);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(place: number): number {
    return this.#numbers[place] ?? 0;
  }

  set(place: number, value: number): void {
    if (place >= this.#length) this.#lengthen(place + 1);
    this.#numbers[place] = value;
  }

  /** Gives the new length. */
  push(value: number): number {
    this.set(this.#length, value);
    return this.#length;
  }

  #lengthen(length: number): void {
    this.#length = length;
    const room = this.#numbers.length;
    if (length <= room) return;
    // `transfer` gives the old memory back at once, which a collection would do who knows when.
    const bytes = Math.max(length, room + (room >> 1)) * this.#numbers.BYTES_PER_ELEMENT;
    this.#numbers = new Uint32Array(this.#numbers.buffer.transfer(bytes));
  }
}
