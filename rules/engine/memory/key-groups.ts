import { NumberList } from './number-list.ts';
import type { SharedKey } from './shared-keys.ts';
import { PathTable } from './text-table.ts';

/**
 * The users of each key, who may be one alone: as SharedKeys, but with the texts of all keys, which takes some sixty bytes
 * a user where each has its own.
 */
export class KeyGroups {
  readonly #keys = new PathTable();
  /** The position of the last user with a key plus one, by the number of the key. */
  readonly #last = new NumberList();
  /** The same of the user before, by the position of a user. */
  readonly #previous = new NumberList();

  /** The number of different keys. */
  get size(): number {
    return this.#last.length;
  }

  /** @param position in the listing of the user that has the key; no user has two keys here */
  add(position: number, key: string): void {
    const number = this.#keys.add(key);
    this.#previous.set(position, this.#last.at(number));
    this.#last.set(number, position + 1);
  }

  /** The keys, in the order in which they came first. */
  *shared(): Generator<SharedKey> {
    for (let number = 0; number < this.size; number += 1)
      yield { key: this.#keys.at(number), positions: this.#positions(number) };
  }

  /** The users that have a key. */
  positionsOf(key: string): readonly number[] {
    const number = this.#keys.find(key);
    return number === undefined ? [] : this.#positions(number);
  }

  /** In the order of the listing. */
  #positions(number: number): readonly number[] {
    const last = this.#last.at(number);
    const positions = [last - 1];
    for (let next = this.#previous.at(last - 1); next !== 0; next = this.#previous.at(next - 1))
      positions.push(next - 1);
    // Most are of one.
    return positions.length === 1 ? positions : positions.reverse();
  }
}
