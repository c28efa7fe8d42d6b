const CHUNK_BITS = 14;
const CHUNK_LENGTH = 1 << CHUNK_BITS;

/**
 * Whole numbers from 0 to 4 294 967 295 by place, in four bytes each and outside of the heap that is collected. What
 * was never set is 0. It grows by chunks, so that nothing is ever there twice.
 */
export class NumberList {
  readonly #chunks: Uint32Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(place: number): number {
    return this.#chunks[place >>> CHUNK_BITS]?.[place & (CHUNK_LENGTH - 1)] ?? 0;
  }

  set(place: number, value: number): void {
    const index = place >>> CHUNK_BITS;
    while (this.#chunks.length <= index) this.#chunks.push(new Uint32Array(CHUNK_LENGTH));
    const chunk = this.#chunks[index];
    if (chunk !== undefined) chunk[place & (CHUNK_LENGTH - 1)] = value;
    this.#length = Math.max(this.#length, place + 1);
  }

  /** Gives the new length. */
  push(value: number): number {
    this.set(this.#length, value);
    return this.#length;
  }
}
