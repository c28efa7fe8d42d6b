import type { RoleBook, RoleFacts } from '../../rules/engine/facts.ts';
import { NumberList } from '../../rules/engine/memory/number-list.ts';
import { PathTable } from '../../rules/engine/memory/text-table.ts';

/** One line of a run's object of roles: what IAM answered about an ARN, and when; or why it gave no answer. */
export interface RoleRecord {
  readonly arn: string;
  /** The reason for which the run has no answer of its own; an answer beside it is that of an earlier run. */
  readonly unread?: string;
  /** The answer beside `unread` is too old to judge by: it tells the role that it was. */
  readonly isOutdated?: true;
  /** The instant of the answer: ISO 8601, UTC. */
  readonly readAt?: string;
  /** False: IAM knows no such role. */
  readonly exists?: boolean;
  /** The role of that name has another ARN. */
  readonly arnOfName?: string;
  readonly roleId?: string;
  readonly createdAt?: string;
  /** Null: not within the 400 days that IAM tells of. Missing: it was not asked. */
  readonly lastUsedAt?: string | null;
  /** The trust policy. */
  readonly trust?: unknown;
}

const instantOf = (text: string | null | undefined): number | undefined => {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
};

/** The facts that a line has: of what is no answer, that there is none. */
const factsOf = ({ unread, isOutdated, readAt, exists, roleId, ...role }: RoleRecord): RoleFacts => {
  const time = instantOf(readAt);
  const isAnswer = time !== undefined && (exists === false || (exists === true && typeof roleId === 'string'));
  if (!isAnswer) return { unread: unread ?? 'the archive has no answer of IAM' };
  const { createdAt, lastUsedAt, trust } = role;
  const answer = {
    readAt: time,
    role: exists
      ? {
          roleId: roleId ?? '',
          createdAt: instantOf(createdAt),
          lastUsedAt: lastUsedAt === null ? null : instantOf(lastUsedAt),
          trust,
        }
      : null,
  };
  return { ...(unread !== undefined && { unread }), ...(isOutdated ? { outdated: answer } : { answer }) };
};

/** Counts of how the roles of a run were read. */
export interface RoleCounts {
  /** Distinct ARNs of own and trusted accounts. */
  readonly principals: number;
  /** Answered in this run. */
  readonly read: number;
  /** Judged by the answer of a run of under 7 days before. */
  readonly standIns: number;
  /** The instant of the oldest of those answers: ISO 8601, UTC. */
  readonly standInsFrom?: string;
  /** Not judged. */
  readonly unread: number;
  /** The reason of most that are not judged. */
  readonly reason?: string;
  /** The number of those that have another reason. */
  readonly otherReasons?: number;
}

/**
 * The roles of a run by their ARNs. Those that have no answer, which may be many, take a number each besides the ARN.
 */
export class Roles {
  readonly #arns = new PathTable();
  readonly #answered = new Map<number, RoleFacts>();
  /** The number of the reason, by that of the ARN. */
  readonly #reasonOf = new NumberList();
  readonly #reasons: RoleFacts[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #unread = new Map<string, number>();
  #length = 0;
  #read = 0;
  #standIns = 0;
  #oldest = Number.POSITIVE_INFINITY;

  add(record: RoleRecord): void {
    const number = this.#arns.add(record.arn);
    const facts = factsOf(record);
    const { answer, unread, outdated } = facts;
    this.#count(facts);
    if (answer !== undefined || outdated !== undefined) this.#answered.set(number, facts);
    else this.#reasonOf.set(number, this.#reasonNumber(unread ?? ''));
    this.#length = Math.max(this.#length, number + 1);
  }

  #count({ answer, unread = '' }: RoleFacts): void {
    if (answer === undefined) this.#unread.set(unread, (this.#unread.get(unread) ?? 0) + 1);
    else if (unread === '') this.#read += 1;
    else {
      this.#standIns += 1;
      this.#oldest = Math.min(this.#oldest, answer.readAt);
    }
  }

  #reasonNumber(unread: string): number {
    const known = this.#numbers.get(unread);
    if (known !== undefined) return known;
    const number = this.#reasons.push({ unread }) - 1;
    this.#numbers.set(unread, number);
    return number;
  }

  readonly book: RoleBook = (arn) => {
    const number = this.#arns.find(arn);
    return number === undefined ? undefined : (this.#answered.get(number) ?? this.#reasons[this.#reasonOf.at(number)]);
  };

  /** ARNs with an answer, this run's or an earlier one's, and when IAM gave it. */
  *answered(): Generator<readonly [arn: string, readAt: number]> {
    for (const [number, { answer, outdated }] of this.#answered)
      yield [this.#arns.at(number), (answer ?? outdated)?.readAt ?? 0];
  }

  counts(): RoleCounts {
    const [read, standIns] = [this.#read, this.#standIns];
    const unread = this.#length - read - standIns;
    const [[reason, most] = ['', 0]] = [...this.#unread].toSorted(([, one], [, other]) => other - one);
    return {
      principals: this.#length,
      read,
      standIns,
      ...(standIns > 0 && { standInsFrom: new Date(this.#oldest).toISOString() }),
      unread,
      ...(unread > 0 && { reason }),
      ...(unread > most && { otherReasons: unread - most }),
    };
  }
}
