import type { Severity } from '../severity.ts';
import { NumberList } from './number-list.ts';
import { PathTable } from './text-table.ts';

/** The facts that are kept of a finding that was open at the end of the last complete run. */
export interface OpenFinding {
  readonly severity: Severity;
  readonly firstSeen: string;
  readonly runs: number;
  /** It was accepted by a waiver. */
  readonly wasWaived?: true;
}

/** The findings that were open at the end of the last complete run, and which of them failed again in this one. */
export class OpenFindings {
  readonly #ids = new PathTable();
  /** The number of its kind, by the number of the id. */
  readonly #kindOf = new NumberList();
  /** 1 where it failed again, by the number of the id. */
  readonly #again = new NumberList();
  /** The kinds: many findings began with the same run and are alike in all that is kept of them. */
  readonly #kinds: OpenFinding[] = [];
  readonly #kindNumbers = new Map<string, number>();

  add(id: string, finding: OpenFinding): void {
    const { severity, firstSeen, runs, wasWaived = false } = finding;
    const key = `${severity} ${firstSeen} ${runs} ${wasWaived}`;
    const kind = this.#kindNumbers.get(key) ?? this.#kinds.push(finding) - 1;
    this.#kindNumbers.set(key, kind);
    this.#kindOf.set(this.#ids.add(id), kind);
  }

  has(id: string): boolean {
    return this.#ids.find(id) !== undefined;
  }

  /** Notes that a finding failed again, and gives what is kept of it; undefined where it was not open. */
  failAgain(id: string): OpenFinding | undefined {
    const number = this.#ids.find(id);
    if (number === undefined) return undefined;
    this.#again.set(number, 1);
    return this.#kinds[this.#kindOf.at(number)];
  }

  hasFailedAgain(id: string): boolean {
    const number = this.#ids.find(id);
    return number !== undefined && this.#again.at(number) === 1;
  }
}
