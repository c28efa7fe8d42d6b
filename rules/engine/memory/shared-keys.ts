/** A key that two or more users have, such as an ARN or a name. */
export interface SharedKey {
  readonly key: string;
  /** The positions of its users, in the order of the listing. */
  readonly positions: readonly number[];
}

// One slot of the table: the two halves of the fingerprint, and the owner.
const LOW = 1;
const OWNER = 2;
const SLOT = 3;

const LEAST_SLOTS = 1024;
/** The share of the table that may be filled. */
const MOST_FULL = 0.8;

/** Spreads the last units of a key over the whole word. */
const finish = (hash: number): number => {
  const once = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b);
  return twice ^ (twice >>> 16);
};

/**
 * Finds what users have in common, in one pass over a directory of any size. A key is remembered by a 64-bit
 * fingerprint (some 20 bytes) rather than as text: the texts of a million users would take most of the memory there
 * is. Users that share a key are always found; that two of a million keys are taken for one although they differ
 * happens in one run of some 30 million.
 */
export class SharedKeys {
  /** Open addressing; the owner is the position of the first user of the key plus one, 0 where the slot is free. */
  #slots = new Int32Array(LEAST_SLOTS * SLOT);
  #size = 0;
  #high = 0;
  #low = 0;
  /** The keys that two or more users have, by the owner. */
  readonly #shared = new Map<number, { key: string; positions: number[] }>();

  /** The number of different keys. */
  get size(): number {
    return this.#size;
  }

  /** @param position in the listing of the user that has the key; no user has two keys here */
  add(position: number, key: string): void {
    const slot = this.#slotOf(key);
    const owner = this.#slots[slot + OWNER] ?? 0;
    if (owner !== 0) {
      this.#share(owner, key, position);
      return;
    }
    this.#fill(slot, this.#high, this.#low, position + 1);
    this.#size += 1;
    if (this.#size * SLOT > this.#slots.length * MOST_FULL) this.#grow();
  }

  /** The keys that two or more users have, in the order in which the second user came. */
  shared(): readonly SharedKey[] {
    return [...this.#shared.values()];
  }

  /** The users that have a key. */
  positionsOf(key: string): readonly number[] {
    const owner = this.#slots[this.#slotOf(key) + OWNER] ?? 0;
    return owner === 0 ? [] : (this.#shared.get(owner)?.positions ?? [owner - 1]);
  }

  /** The slot that has a key, or the free one where it belongs; its fingerprint is left in `#high` and `#low`. */
  #slotOf(key: string): number {
    let high = 0x3c6ef372;
    let low = 0x1b873593;
    // Two units at a time: it takes half as long.
    for (let index = 0; index < key.length; index += 2) {
      const next = index + 1 < key.length ? key.charCodeAt(index + 1) : 0;
      const units = key.charCodeAt(index) | (next << 16);
      high = Math.imul(high ^ units, 0x297a2d39);
      high ^= high >>> 14;
      low = Math.imul(low + units, 0x85ebca77);
      low ^= low >>> 15;
    }
    this.#high = finish(high);
    this.#low = finish(low ^ key.length);
    return this.#find(this.#high, this.#low);
  }

  #share(owner: number, key: string, position: number): void {
    const sharing = this.#shared.get(owner);
    if (sharing !== undefined) {
      sharing.positions.push(position);
      return;
    }
    this.#shared.set(owner, { key, positions: [owner - 1, position] });
  }

  /** The slot that has the fingerprint, or the free one where it belongs. */
  #find(high: number, low: number): number {
    const slots = this.#slots;
    const end = slots.length;
    let slot = Math.floor(((low >>> 0) / 2 ** 32) * (end / SLOT)) * SLOT;
    while (slots[slot + OWNER] !== 0 && (slots[slot] !== high || slots[slot + LOW] !== low)) {
      slot = slot + SLOT === end ? 0 : slot + SLOT;
    }
    return slot;
  }

  #fill(slot: number, high: number, low: number, owner: number): void {
    this.#slots[slot] = high;
    this.#slots[slot + LOW] = low;
    this.#slots[slot + OWNER] = owner;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(Math.ceil((old.length / SLOT) * 1.5) * SLOT);
    for (let slot = 0; slot < old.length; slot += SLOT) {
      const [high = 0, low = 0, owner = 0] = [old[slot], old[slot + LOW], old[slot + OWNER]];
      if (owner !== 0) this.#fill(this.#find(high, low), high, low, owner);
    }
    // Gives the memory back at once, which a collection would do who knows when.
    old.buffer.transfer(0);
  }
}
