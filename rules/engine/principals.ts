import type { Truth } from './condition.ts';
import type { Context } from './context.ts';
import { type IdAt, lowestIds } from './directory.ts';
import { NumberList } from './memory/number-list.ts';
import { PathTable } from './memory/text-table.ts';
import type { PrincipalSubject } from './rule.ts';
import type { User } from './user.ts';

// What is known of the users of a role, in one number.
const MAY_BE_IN_USE = 1;
const IS_IN_USE = 2;

const USE: readonly Truth[] = [false, undefined, true, true];

const NOT_ASKED = 'the role was not read';

/** Tells whether rules on roles are about the principal of a user: a role of an own or trusted account. */
export const isJudgedRole = ({ principal }: Pick<User, 'principal'>, context: Context): boolean =>
  principal.kind === 'role' &&
  principal.partition === context.partition &&
  context.trustedAccounts.has(principal.account);

/** The roles that stand on the users of a listing: some sixty bytes a role, and eight a user. */
export class Principals {
  readonly #context: Context;
  readonly #arns = new PathTable();
  /** By the number of the ARN. */
  readonly #use = new NumberList();
  /** The position of the last user that came with it, plus one; by the number of the ARN. */
  readonly #last = new NumberList();
  /** The number of its users, by that of the ARN. */
  readonly #count = new NumberList();
  /** The same of the user that came before, by position. */
  readonly #previous = new NumberList();

  constructor(context: Context) {
    this.#context = context;
  }

  see(user: User): void {
    if (!isJudgedRole(user, this.#context) || user.principalArn === undefined) return;
    const number = this.#arns.add(user.principalArn);
    const use = user.isActive && user.isApiBound !== false ? (user.isApiBound ? IS_IN_USE : MAY_BE_IN_USE) : 0;
    this.#use.set(number, this.#use.at(number) | use);
    this.#count.set(number, this.#count.at(number) + 1);
    this.#previous.set(user.position, this.#last.at(number));
    this.#last.set(number, user.position + 1);
  }

  /** The ARNs, in the order in which they came first. */
  *arns(): Generator<string> {
    for (let number = 0; number < this.#last.length; number += 1) yield this.#arns.at(number);
  }

  /** @param isWhole whether every user was seen: else another may use what these do not */
  *subjects(idAt: IdAt, isWhole: boolean): Generator<PrincipalSubject> {
    for (let number = 0; number < this.#last.length; number += 1) yield this.#subject(number, idAt, isWhole);
  }

  /** The role of an ARN; undefined where it stands on nobody. */
  subjectOf(arn: string, idAt: IdAt): PrincipalSubject | undefined {
    const number = this.#arns.find(arn);
    return number === undefined ? undefined : this.#subject(number, idAt, true);
  }

  #subject(number: number, idAt: IdAt, isWhole: boolean): PrincipalSubject {
    const arn = this.#arns.at(number);
    const isInUse = USE[this.#use.at(number)];
    const isUseUnseen = isInUse === false && !isWhole;
    const { roles, earlierRoles } = this.#context;
    return {
      arn,
      ...(isUseUnseen ? { isInUse: undefined, isUseUnseen } : { isInUse }),
      users: { userCount: this.#count.at(number), userIds: lowestIds(this.#ids(number, idAt)) },
      facts: roles?.(arn) ?? { unread: NOT_ASKED },
      before: earlierRoles?.(arn),
    };
  }

  *#ids(number: number, idAt: IdAt): Generator<string> {
    for (let next = this.#last.at(number); next !== 0; next = this.#previous.at(next - 1)) yield idAt(next - 1);
  }
}
