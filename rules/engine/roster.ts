import type { User, UserFacts } from './user.ts';

const STATUSES = [undefined, 'ENABLED', 'DISABLED', 'CREATING'] as const;
const TYPES = [undefined, 'SUPER_USER', 'APP_USER'] as const;

// One user's facts in one integer, lowest bits first: status now (2), seen now (1), then the facts of the earlier
// run: known (1), status (2), type (2), API-bound (1), and the number of its ARN (0 is none).
const NOW_STATUS = 0b11;
const SEEN = 1 << 2;
const KNOWN = 1 << 3;
const STATUS_SHIFT = 4;
const TYPE_SHIFT = 6;
const API_BOUND = 1 << 8;
const ARN_UNIT = 1 << 9;

const code = (values: readonly unknown[], value: unknown): number => Math.max(0, values.indexOf(value));

/** What became of a user: where its subject's finding went, so to speak. */
export type Whereabouts = 'active' | 'disabled' | 'gone';

/**
 * The users of two listings, the earlier one and the one in progress: an integer a user, so that a million of each
 * take one map. Knows which users came already, what the earlier run knew of each, and who has gone.
 */
export class Roster {
  readonly #users = new Map<string, number>();
  readonly #arns: string[] = [''];
  readonly #arnNumbers = new Map<string, number>();

  /** Remembers a user of the earlier listing. Records without a userId take no part. */
  remember(user: UserFacts): void {
    if (!user.hasUserId) return;
    this.#users.set(
      user.id,
      KNOWN +
        (code(STATUSES, user.status) << STATUS_SHIFT) +
        (code(TYPES, user.type) << TYPE_SHIFT) +
        (user.isApiBound ? API_BOUND : 0) +
        this.#arnNumber(user.principalArn) * ARN_UNIT,
    );
  }

  /** Takes a user of the listing in progress: false when its userId came before. */
  arrive(user: User): boolean {
    if (!user.hasUserId) return true;
    const facts = this.#users.get(user.id) ?? 0;
    if ((facts & SEEN) !== 0) return false;
    this.#users.set(user.id, facts + SEEN + code(STATUSES, user.status));
    return true;
  }

  /** What the earlier run knew of a user. */
  before(id: string): UserFacts | undefined {
    const facts = this.#users.get(id);
    return facts === undefined || (facts & KNOWN) === 0 ? undefined : this.#read(id, facts);
  }

  whereabouts(id: string): Whereabouts {
    const facts = this.#users.get(id) ?? 0;
    if ((facts & SEEN) === 0) return 'gone';
    return STATUSES[facts & NOW_STATUS] === 'DISABLED' ? 'disabled' : 'active';
  }

  /** The users of the earlier listing that did not come. */
  *gone(): Generator<UserFacts> {
    for (const [id, facts] of this.#users) if ((facts & SEEN) === 0) yield this.#read(id, facts);
  }

  #arnNumber(arn: string | undefined): number {
    if (arn === undefined) return 0;
    const known = this.#arnNumbers.get(arn);
    if (known !== undefined) return known;
    const number = this.#arns.push(arn) - 1;
    this.#arnNumbers.set(arn, number);
    return number;
  }

  #read(id: string, facts: number): UserFacts {
    const type = TYPES[(facts >> TYPE_SHIFT) & 0b11];
    const arnNumber = Math.floor(facts / ARN_UNIT);
    return {
      id,
      hasUserId: true,
      status: STATUSES[(facts >> STATUS_SHIFT) & 0b11],
      type,
      isPrivileged: type === 'SUPER_USER',
      isApiBound: (facts & API_BOUND) !== 0,
      principalArn: arnNumber === 0 ? undefined : this.#arns[arnNumber],
    };
  }
}
