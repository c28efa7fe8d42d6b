import { DOCUMENTED, isSuperUser, positionName, type User, type UserFacts } from '../user.ts';
import { NumberList } from './number-list.ts';
import { PathTable, TextTable } from './text-table.ts';

// By their codes; 0 is any value that is not documented, and none.
const STATUSES = [undefined, ...DOCUMENTED.status];
const TYPES = [undefined, ...DOCUMENTED.type];
const TRUTHS = [undefined, false, true] as const;

// One user's facts in one integer, lowest bits first: status now (2), seen now (1), then the facts of the baseline:
// known (1), status (2), type (2), API-bound (2).
const NOW_STATUS = 0b11;
const SEEN = 1 << 2;
const KNOWN = 1 << 3;
const STATUS_SHIFT = 4;
const TYPE_SHIFT = 6;
const API_BOUND_SHIFT = 8;

const code = (values: readonly unknown[], value: unknown): number => Math.max(0, values.indexOf(value));

/** The relation of a record to those before it: of a new user, the same as one, or another of the same user. */
export type Arrival = 'new' | 'same' | 'differs';

/** The state of a user in the listing in progress, by its last record. */
export type Presence = 'active' | 'disabled' | 'gone';

/**
 * The users of two listings, that of the last complete run (the baseline) and the one in progress: some fifty bytes a
 * user, so that a million of each take little memory. Knows which users came already, what the baseline has of each,
 * and who has gone.
 */
export class Roster {
  readonly #ids = new TextTable();
  /** The facts, by the number of the id. */
  readonly #facts = new NumberList();
  readonly #arns = new PathTable();
  /** The number of the ARN plus one, 0 for none, by the number of the id. */
  readonly #arnOf = new NumberList();
  /** The number of the id plus one, 0 for none, by the position in the listing. */
  readonly #arrivals = new NumberList();
  /** The fingerprint of the last record, by the number of the id. */
  readonly #fingerprints = new NumberList();

  /** Adds a user of the baseline. Records without a userId take no part. */
  addBaseline(user: UserFacts): void {
    if (!user.hasUserId) return;
    const number = this.#ids.add(user.id);
    this.#facts.set(
      number,
      KNOWN +
        (code(STATUSES, user.status) << STATUS_SHIFT) +
        (code(TYPES, user.type) << TYPE_SHIFT) +
        (code(TRUTHS, user.isApiBound) << API_BOUND_SHIFT),
    );
    this.#arnOf.set(number, user.principalArn === undefined ? 0 : this.#arns.add(user.principalArn) + 1);
  }

  /**
   * Takes a record of the listing in progress; it has a position where it is not the same as the last of its user.
   * @param fingerprint 32 bits of the record: one of four thousand million that differ is taken for the same
   */
  arrive(user: User, fingerprint: number): Arrival {
    if (!user.hasUserId) {
      this.#arrivals.push(0);
      return 'new';
    }
    const number = this.#ids.add(user.id);
    const facts = this.#facts.at(number);
    const cameBefore = (facts & SEEN) !== 0;
    if (cameBefore && this.#fingerprints.at(number) === fingerprint) return 'same';
    this.#fingerprints.set(number, fingerprint);
    this.#facts.set(number, (facts & ~NOW_STATUS) | SEEN | code(STATUSES, user.status));
    this.#arrivals.push(number + 1);
    return cameBefore ? 'differs' : 'new';
  }

  /** The id of the user at a position of the listing in progress. */
  idAt(position: number): string {
    const number = this.#arrivals.at(position);
    return number === 0 ? positionName(position) : this.#ids.at(number - 1);
  }

  /** The facts of a user of the baseline. */
  baselineOf(id: string): UserFacts | undefined {
    const number = this.#ids.find(id);
    if (number === undefined || (this.#facts.at(number) & KNOWN) === 0) return undefined;
    return this.#read(id, number);
  }

  presenceOf(id: string): Presence {
    const number = this.#ids.find(id);
    const facts = number === undefined ? 0 : this.#facts.at(number);
    if ((facts & SEEN) === 0) return 'gone';
    return STATUSES[facts & NOW_STATUS] === 'DISABLED' ? 'disabled' : 'active';
  }

  /** The users of the baseline. */
  *baseline(): Generator<UserFacts> {
    for (let number = 0; number < this.#ids.size; number += 1) {
      if ((this.#facts.at(number) & KNOWN) !== 0) yield this.#read(this.#ids.at(number), number);
    }
  }

  /** The users of the baseline that did not come. */
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
      isSuperUser: isSuperUser(type),
      isApiBound: TRUTHS[(facts >> API_BOUND_SHIFT) & 0b11],
      principalArn: arn === 0 ? undefined : this.#arns.at(arn - 1),
    };
  }
}
