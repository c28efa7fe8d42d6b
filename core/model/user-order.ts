import type { Finding } from '../../rules/engine/finding.ts';
import { NumberList } from '../../rules/engine/memory/number-list.ts';
import { TextTable } from '../../rules/engine/memory/text-table.ts';
import type { Severity } from '../../rules/engine/severity.ts';
import { WORST_FIRST } from './trend.ts';

/** A class of a user's findings: by severity what stands, and apart what is waived or was told once. */
export type UserStanding = Severity | 'apart';

/** The worst first. */
export const USER_STANDINGS: readonly UserStanding[] = [...WORST_FIRST, 'apart'];

/** The bits of a count; more findings of a user are as bad as the most that fit. */
const COUNT_BITS = 8;
const MOST_COUNTED = 2 ** COUNT_BITS - 1;

/** The counts that one number has room for. */
const COUNTS_A_NUMBER = 3;
const NUMBER = 2 ** (COUNT_BITS * COUNTS_A_NUMBER);

/** Gives the class of a user's finding; undefined where it is none any more, or of something else than a user. */
export const standingOf = ({ state, severity, subject }: Finding): UserStanding | undefined => {
  if (subject.kind !== 'user' || state === 'resolved') return undefined;
  return state === 'waived' || state === 'event' ? 'apart' : severity;
};

/** Those whom pages show, and how many they leave out. */
export interface ShownUsers {
  /** The ids, the worst first. */
  readonly ids: readonly string[];
  /** Those who are left out, by the worst that stands of theirs, the worst first. */
  readonly leftOut: readonly (readonly [worst: UserStanding, count: number])[];
}

/**
 * Counts the findings of each user, to know whose are the worst: by the number of those that stand, of the worst severity
 * first. A user takes its id and some 16 bytes, since there may be a million of them.
 */
export class UserOrder {
  readonly #ids = new TextTable();
  /** The counts of the three worst standings, by the number of the user, and those of the others. */
  readonly #severe = new NumberList();
  readonly #others = new NumberList();

  /** The number of those who have findings. */
  get size(): number {
    return this.#ids.size;
  }

  add(finding: Finding): void {
    const standing = standingOf(finding);
    if (standing === undefined) return;
    const user = this.#ids.add(finding.subject.id);
    const place = USER_STANDINGS.indexOf(standing);
    const counts = place < COUNTS_A_NUMBER ? this.#severe : this.#others;
    const unit = 2 ** (COUNT_BITS * (COUNTS_A_NUMBER - 1 - (place % COUNTS_A_NUMBER)));
    const before = counts.at(user);
    const isFull = Math.floor(before / unit) % (MOST_COUNTED + 1) === MOST_COUNTED;
    counts.set(user, isFull ? before : before + unit);
  }

  /** Gives the worst users; of equals those whose findings came first, in the order of their ids. */
  worst(most: number): ShownUsers {
    const scores = new Float64Array(this.size);
    for (let user = 0; user < scores.length; user += 1)
      scores[user] = this.#severe.at(user) * NUMBER + this.#others.at(user);
    const least = most === 0 ? Number.POSITIVE_INFINITY : (scores.toSorted().at(-most) ?? 0);
    let ties = most - scores.reduce((count, score) => count + Number(score > least), 0);
    const shown: { readonly id: string; readonly score: number }[] = [];
    const leftOut = new Map<UserStanding, number>();
    for (const [user, score] of scores.entries()) {
      const isTie = score === least;
      if (score > least || (isTie && ties > 0)) {
        shown.push({ id: this.#ids.at(user), score });
        if (isTie) ties -= 1;
      } else {
        const worst = USER_STANDINGS[worstOf(score)] ?? 'apart';
        leftOut.set(worst, (leftOut.get(worst) ?? 0) + 1);
      }
    }
    return {
      ids: shown.toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)).map(({ id }) => id),
      leftOut: USER_STANDINGS.flatMap((worst) =>
        leftOut.has(worst) ? [[worst, leftOut.get(worst) ?? 0] as const] : [],
      ),
    };
  }
}

/** The place of the worst standing that a score counts. */
const worstOf = (score: number): number => {
  let place = 0;
  while (place < USER_STANDINGS.length && score < 2 ** (COUNT_BITS * (USER_STANDINGS.length - 1 - place))) place += 1;
  return place;
};
