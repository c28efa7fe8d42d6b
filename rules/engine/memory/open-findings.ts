import { RESOLUTION_CAUSES, type ResolutionCause } from '../finding.ts';
import type { Severity } from '../severity.ts';
import { NumberList } from './number-list.ts';
import { PathTable } from './text-table.ts';

/** The facts that are kept of a finding that was open at the end of the last complete run. */
export interface OpenFinding {
  readonly severity: Severity;
  readonly firstSeen: string;
  readonly runs: number;
  /** The asOf of the last run that judged it to fail: carried nights left out. */
  readonly lastSeen: string;
  /** It was accepted by a waiver. */
  readonly wasWaived?: true;
  /** It could not be assessed. */
  readonly wasCarried?: true;
}

/** The fate of a finding in this run; `failed-then`: as it is judged now, it failed when it was last seen. */
export type Fate = 'unsettled' | 'failed-again' | 'carried' | 'failed-then' | ResolutionCause;

// By their codes.
const FATES: readonly Fate[] = ['unsettled', 'failed-again', 'carried', 'failed-then', ...RESOLUTION_CAUSES];

/** The findings that were open at the end of the last complete run, and what became of each in this one. */
export class OpenFindings {
  readonly #ids = new PathTable();
  /** The number of its kind, by the number of the id. */
  readonly #kindOf = new NumberList();
  /** The code of its fate, by the number of the id. */
  readonly #fates = new NumberList();
  readonly #regroupedTo = new Map<number, string>();
  /** The number of the reason for which it is carried, from 1 on, by the number of the id. */
  readonly #reasonOf = new NumberList();
  readonly #reasons: string[] = [];
  readonly #reasonNumbers = new Map<string, number>();
  /** The kinds: many findings began with the same run and are alike in all that is kept of them. */
  readonly #kinds: OpenFinding[] = [];
  readonly #kindNumbers = new Map<string, number>();

  add(id: string, finding: OpenFinding): void {
    const { severity, firstSeen, runs, lastSeen, wasWaived = false, wasCarried = false } = finding;
    const key = `${severity} ${firstSeen} ${runs} ${lastSeen} ${wasWaived} ${wasCarried}`;
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
    this.#fates.set(number, FATES.indexOf('failed-again'));
    return this.#kinds[this.#kindOf.at(number)];
  }

  fateOf(id: string): Fate | undefined {
    const number = this.#ids.find(id);
    return number === undefined ? undefined : FATES[this.#fates.at(number)];
  }

  /** Notes what became of a finding, where it did not fail again. */
  settle(id: string, fate: Exclude<Fate, 'failed-again'>, regroupedTo?: string): void {
    const number = this.#ids.find(id);
    if (number === undefined || FATES[this.#fates.at(number)] === 'failed-again') return;
    this.#fates.set(number, FATES.indexOf(fate));
    if (regroupedTo !== undefined) this.#regroupedTo.set(number, regroupedTo);
  }

  /** Notes that nothing can be said of a finding, and why not. */
  carry(id: string, reason: string): void {
    this.settle(id, 'carried');
    const number = this.#ids.find(id);
    if (number === undefined) return;
    const known = this.#reasonNumbers.get(reason) ?? this.#reasons.push(reason);
    this.#reasonNumbers.set(reason, known);
    this.#reasonOf.set(number, known);
  }

  /** The reason for which a finding was carried; undefined where it was not, or for none of its own. */
  carriedFor(id: string): string | undefined {
    const number = this.#ids.find(id);
    return number === undefined ? undefined : this.#reasons[this.#reasonOf.at(number) - 1];
  }

  regroupedTo(id: string): string | undefined {
    const number = this.#ids.find(id);
    return number === undefined ? undefined : this.#regroupedTo.get(number);
  }

  /** The findings that such a thing became of: their ids, and what is kept of each. */
  *withFate(fate: Fate): Generator<OpenFinding & { readonly id: string }> {
    const code = FATES.indexOf(fate);
    for (let number = 0; number < this.#kindOf.length; number += 1) {
      const kind = this.#kinds[this.#kindOf.at(number)];
      if (this.#fates.at(number) === code && kind !== undefined) yield { id: this.#ids.at(number), ...kind };
    }
  }

  /** Tells whether a finding was last seen at an instant and nothing is known yet of what became of it. */
  isUnsettled(id: string, lastSeen: string): boolean {
    const number = this.#ids.find(id);
    return (
      number !== undefined &&
      this.#fates.at(number) === 0 &&
      this.#kinds[this.#kindOf.at(number)]?.lastSeen === lastSeen
    );
  }

  /** Forgets what became of them. */
  beginAnew(): void {
    for (let number = 0; number < this.#kindOf.length; number += 1) this.#fates.set(number, 0);
  }
}
