const CHUNK_BITS = 14;
const CHUNK_LENGTH = 1 << CHUNK_BITS;

/**
 * Whole numbers from 0 to 4 294 967 295 by index, in four bytes each and outside of the heap that is collected. A
 * number that was never set is 0. It grows by chunks, so that nothing is ever there twice.
 */
export class NumberList {
  readonly #chunks: Uint32Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    return this.#chunks[index >>> CHUNK_BITS]?.[index & (CHUNK_LENGTH - 1)] ?? 0;
  }

  set(index: number, value: number): void {
    const chunkIndex = index >>> CHUNK_BITS;
    while (this.#chunks.length <= chunkIndex) this.#chunks.push(new Uint32Array(CHUNK_LENGTH));
    const chunk = this.#chunks[chunkIndex];
    if (chunk !== undefined) chunk[index & (CHUNK_LENGTH - 1)] = value;
    this.#length = Math.max(this.#length, index + 1);
  }

  /** Gives the new length. */
  push(value: number): number {
    this.set(this.#length, value);
    return this.#length;
  }

  *[Symbol.iterator](): Generator<number> {
    for (let index = 0; index < this.#length; index += 1) yield this.at(index);
  }
}
