import { type Memberships, RISKY_PERMISSIONS, type RiskyPermission } from '../../rules/engine/facts.ts';
import { NumberList } from '../../rules/engine/memory/number-list.ts';
import { TextTable } from '../../rules/engine/memory/text-table.ts';
import { nameOf } from '../../rules/engine/user.ts';

/** One line of a run's object of permission groups: a group, a member of a risky one, or why not all were read. */
export type GroupRecord =
  | {
      readonly permissionGroupId: string;
      readonly name?: unknown;
      readonly applicationPermissions: readonly string[];
      readonly userId?: never;
    }
  /** Whatever its status: whoever is being added or removed is a member. */
  | { readonly permissionGroupId: string; readonly userId: string; readonly membershipStatus?: unknown }
  | { readonly unread: string };

/** Counts of how the permission groups of a run were read. */
export interface GroupCounts {
  readonly groups: number;
  /** Those that have a risky permission. */
  readonly risky: number;
  /** Members of risky groups, counted once a group. */
  readonly members: number;
  /** The reason for which not all were read. */
  readonly unread?: string;
}

/** Tells whether somebody has to know the members of a group with such permissions. */
export const isRisky = (permissions: readonly string[]): boolean =>
  RISKY_PERMISSIONS.some((permission) => permissions.includes(permission));

const NONE: readonly string[] = [];

/** The members of risky permission groups: some twenty bytes a user, and eight a membership. */
export class Groups implements Memberships {
  readonly #numbers = new Map<string, number>();
  readonly #groups: { readonly id: string; readonly permissions: readonly string[] }[] = [];
  readonly #users = new TextTable();
  /** The number of the last membership plus one, by that of the user. */
  readonly #last = new NumberList();
  /** The same of the membership before it, and the number of the group; by the number of the membership. */
  readonly #previous = new NumberList();
  readonly #groupOf = new NumberList();
  /** The user that was asked for last, since several rules ask for each: undefined stands for one in no group. */
  #asked: { readonly userId: string; readonly user: number | undefined } | undefined;
  readonly #listed = new Set<string>();
  #unread: string | undefined;

  get unread(): string | undefined {
    return this.#unread;
  }

  add(record: GroupRecord): void {
    if ('unread' in record) {
      this.#unread ??= record.unread;
      return;
    }
    if (record.userId !== undefined) {
      this.#addMember(record.userId, record.permissionGroupId);
      return;
    }
    const { permissionGroupId: id, applicationPermissions: permissions } = record;
    this.#listed.add(id);
    if (!isRisky(permissions)) return;
    const known = this.#numbers.get(id);
    const group = { id, permissions: [...(this.#groups[known ?? -1]?.permissions ?? []), ...permissions] };
    if (known === undefined) this.#numbers.set(id, this.#groups.push(group) - 1);
    else this.#groups[known] = group;
  }

  #addMember(userId: string, groupId: string): void {
    const group = this.#numbers.get(groupId);
    if (group === undefined) return;
    const user = this.#users.add(nameOf(userId));
    this.#asked = undefined;
    for (let next = this.#last.at(user); next !== 0; next = this.#previous.at(next - 1))
      if (this.#groupOf.at(next - 1) === group) return;
    const membership = this.#groupOf.push(group) - 1;
    this.#previous.set(membership, this.#last.at(user));
    this.#last.set(user, membership + 1);
  }

  groupsOf(userId: string, permission: RiskyPermission): readonly string[] {
    if (this.#asked?.userId !== userId) this.#asked = { userId, user: this.#users.find(userId) };
    const { user } = this.#asked;
    if (user === undefined) return NONE;
    const ids = new Set<string>();
    for (let next = this.#last.at(user); next !== 0; next = this.#previous.at(next - 1)) {
      const group = this.#groups[this.#groupOf.at(next - 1)];
      if (group?.permissions.includes(permission)) ids.add(group.id);
    }
    return [...ids].toSorted();
  }

  counts(): GroupCounts {
    return {
      groups: this.#listed.size,
      risky: this.#groups.length,
      members: this.#groupOf.length,
      ...(this.#unread !== undefined && { unread: this.#unread }),
    };
  }
}
