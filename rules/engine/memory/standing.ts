import type { Severity } from '../severity.ts';
import { NumberList } from './number-list.ts';
import { PathTable } from './text-table.ts';

/** What is remembered of a finding that stood in the last complete run. */
export interface Remembered {
  readonly severity: Severity;
  readonly firstSeen: string;
  readonly runs: number;
  /** It was accepted by a waiver. */
  readonly wasWaived?: true;
}

/** The findings that stood in the last complete run, and which of them failed again in this one. */
export class StandingFindings {
  readonly #ids = new PathTable();
  /** By the number of the id: which of `#kinds` it is. */
  readonly #kindOf = new NumberList();
  /** By the number of the id: 1 where it failed again. */
  readonly #again = new NumberList();
  /** Many findings began on the same night and are alike in all that is remembered. */
  readonly #kinds: Remembered[] = [];
  readonly #kindNumbers = new Map<string, number>();

  remember(id: string, remembered: Remembered): void {
    const { severity, firstSeen, runs, wasWaived = false } = remembered;
    const key = `${severity} ${firstSeen} ${runs} ${wasWaived}`;
    const kind = this.#kindNumbers.get(key) ?? this.#kinds.push(remembered) - 1;
    this.#kindNumbers.set(key, kind);
    this.#kindOf.set(this.#ids.add(id), kind);
  }

  has(id: string): boolean {
    return this.#ids.find(id) !== undefined;
  }

  /** Notes that a finding failed again, and gives what is remembered of it; undefined where it did not stand. */
  fail(id: string): Remembered | undefined {
    const number = this.#ids.find(id);
    if (number === undefined) return undefined;
    this.#again.set(number, 1);
    return this.#kinds[this.#kindOf.at(number)];
  }

  hasFailed(id: string): boolean {
    const number = this.#ids.find(id);
    return number !== undefined && this.#again.at(number) === 1;
  }
}
