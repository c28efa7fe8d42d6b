import { positionName, type User, type UserFacts } from '../user.ts';
import { NumberList } from './number-list.ts';
import { PathTable, TextTable } from './text-table.ts';

const STATUSES = [undefined, 'ENABLED', 'DISABLED', 'CREATING'] as const;
const TYPES = [undefined, 'SUPER_USER', 'APP_USER'] as const;

// One user's facts in one integer, lowest bits first: status now (2), seen now (1), then the facts of the earlier
// run: known (1), status (2), type (2), API-bound (1).
const NOW_STATUS = 0b11;
const SEEN = 1 << 2;
const KNOWN = 1 << 3;
const STATUS_SHIFT = 4;
const TYPE_SHIFT = 6;
const API_BOUND = 1 << 8;

const code = (values: readonly unknown[], value: unknown): number => Math.max(0, values.indexOf(value));

/** What became of a user: where its subject's finding went, so to speak. */
export type Whereabouts = 'active' | 'disabled' | 'gone';

/**
 * The users of two listings, the earlier one and the one in progress: some fifty bytes a user, so that a million of
 * each take little memory. Knows which users came already, what the earlier run knew of each, and who has gone.
 */
export class Roster {
  readonly #ids = new TextTable();
  /** By the number of the id. */
  readonly #facts = new NumberList();
  readonly #arns = new PathTable();
  /** By the number of the id: the number of the ARN plus one, 0 is none. */
  readonly #arnOf = new NumberList();
  /** By the place of arrival: the number of the id plus one, 0 is none. */
  readonly #arrivals = new NumberList();

  /** Remembers a user of the earlier listing. Records without a userId take no part. */
  remember(user: UserFacts): void {
    if (!user.hasUserId) return;
    const number = this.#ids.add(user.id);
    this.#facts.set(
      number,
      KNOWN +
        (code(STATUSES, user.status) << STATUS_SHIFT) +
        (code(TYPES, user.type) << TYPE_SHIFT) +
        (user.isApiBound ? API_BOUND : 0),
    );
    this.#arnOf.set(number, user.principalArn === undefined ? 0 : this.#arns.add(user.principalArn) + 1);
  }

  /** Takes a user of the listing in progress: false when its userId came before. */
  arrive(user: User): boolean {
    if (!user.hasUserId) {
      this.#arrivals.push(0);
      return true;
    }
    const number = this.#ids.add(user.id);
    const facts = this.#facts.at(number);
    if ((facts & SEEN) !== 0) return false;
    this.#facts.set(number, facts + SEEN + code(STATUSES, user.status));
    this.#arrivals.push(number + 1);
    return true;
  }

  /** The id of the user that arrived after so many others. */
  arrival(place: number): string {
    const number = this.#arrivals.at(place);
    return number === 0 ? positionName(place) : this.#ids.at(number - 1);
  }

  /** What the earlier run knew of a user. */
  before(id: string): UserFacts | undefined {
    const number = this.#ids.find(id);
    if (number === undefined || (this.#facts.at(number) & KNOWN) === 0) return undefined;
    return this.#read(id, number);
  }

  whereabouts(id: string): Whereabouts {
    const number = this.#ids.find(id);
    const facts = number === undefined ? 0 : this.#facts.at(number);
    if ((facts & SEEN) === 0) return 'gone';
    return STATUSES[facts & NOW_STATUS] === 'DISABLED' ? 'disabled' : 'active';
  }

  /** The users of the earlier listing that did not come. */
  *gone(): Generator<UserFacts> {
    for (let number = 0; number < this.#ids.size; number += 1) {
      if ((this.#facts.at(number) & SEEN) === 0) yield this.#read(this.#ids.at(number), number);
    }
  }

  #read(id: string, number: number): UserFacts {
    const facts = this.#facts.at(number);
    const type = TYPES[(facts >> TYPE_SHIFT) & 0b11];
    const arn = this.#arnOf.at(number);
    return {
      id,
      hasUserId: true,
      status: STATUSES[(facts >> STATUS_SHIFT) & 0b11],
      type,
      isPrivileged: type === 'SUPER_USER',
      isApiBound: (facts & API_BOUND) !== 0,
      principalArn: arn === 0 ? undefined : this.#arns.at(arn - 1),
    };
  }
}
