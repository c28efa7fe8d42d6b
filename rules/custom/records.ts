import { soleAt } from '../conditions/email-address.ts';
import type { Context } from '../engine/context.ts';
import type { Memberships, RiskyPermission, Role, RoleAnswer } from '../engine/facts.ts';
import { readTime } from '../engine/time.ts';
import { DOCUMENTED, type User, type UserFacts, type UserTime } from '../engine/user.ts';
import { MOST_GROUPS } from './bounds.ts';

/** Tells that something which an expression needs can't be told; `reason` stands in reports. */
export class Lack extends Error {
  override readonly name = 'Lack';
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

/** To make one takes longer than all else, and most users of a rule that lack something lack the same. */
const lacks = new Map<string, Lack>();
const MOST_LACKS = 1000;

export const lackOf = (reason: string): Lack => {
  const known = lacks.get(reason);
  if (known !== undefined) return known;
  if (lacks.size === MOST_LACKS) lacks.clear();
  const lack = new Lack(reason);
  lacks.set(reason, lack);
  return lack;
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const documented = (member: 'status' | 'type', value: unknown): string | undefined =>
  DOCUMENTED[member].includes(value) ? textOf(value) : undefined;

/** In place of a user that a run does not have. */
export const NOBODY: UserFacts = {
  id: '',
  hasUserId: false,
  status: undefined,
  type: undefined,
  isSuperUser: undefined,
  isApiBound: undefined,
  principalArn: undefined,
};

/** A user as expressions see it. Whatever is missing, null, empty or unusable is undefined: expressions can't tell it. */
export class KeptRecord {
  declare facts: UserFacts;

  get userId(): string | undefined {
    return this.facts.hasUserId ? this.facts.id : undefined;
  }
  get status(): string | undefined {
    return documented('status', this.facts.status);
  }
  get type(): string | undefined {
    return documented('type', this.facts.type);
  }
  get apiAccess(): string | undefined {
    const isBound = this.facts.isApiBound;
    if (isBound === undefined) return undefined;
    return isBound ? 'ENABLED' : 'DISABLED';
  }
  get apiAccessPrincipalArn(): string | undefined {
    return textOf(this.facts.principalArn);
  }
  get active(): boolean | undefined {
    return this.facts === NOBODY ? undefined : this.facts.status !== 'DISABLED';
  }
  get apiBound(): boolean | undefined {
    return this.facts.isApiBound;
  }
  get superUser(): boolean | undefined {
    return this.facts.isSuperUser;
  }
}

/** The types of its members. */
export const KEPT_FIELDS = {
  userId: 'string',
  status: 'string',
  type: 'string',
  apiAccess: 'string',
  apiAccessPrincipalArn: 'string',
  active: 'bool',
  apiBound: 'bool',
  superUser: 'bool',
} as const satisfies Partial<Record<keyof KeptRecord, string>>;

/** A user of whom the whole record is known. */
export class WholeRecord extends KeptRecord {
  declare user: User;
  declare context: Context;

  get firstName(): string | undefined {
    return textOf(this.user.firstName);
  }
  get lastName(): string | undefined {
    return textOf(this.user.lastName);
  }
  get emailAddress(): string | undefined {
    return textOf(this.user.emailAddress);
  }
  get createTime(): Date | undefined {
    return this.#time('createTime');
  }
  get lastEnabledTime(): Date | undefined {
    return this.#time('lastEnabledTime');
  }
  get lastDisabledTime(): Date | undefined {
    return this.#time('lastDisabledTime');
  }
  get lastModifiedTime(): Date | undefined {
    return this.#time('lastModifiedTime');
  }
  get lastLoginTime(): Date | undefined {
    return this.#time('lastLoginTime');
  }

  /** Tells whether a member that is not there may be all the same, since the records have gaps. */
  isUntold(member: string): boolean {
    return this.context.hasGaps === true && Reflect.get(this.user, member) === undefined;
  }

  #time(member: UserTime): Date | undefined {
    const time = readTime(this.user[member], this.context);
    return typeof time === 'number' ? new Date(time) : undefined;
  }
}

const TIME = 'google.protobuf.Timestamp';

export const WHOLE_FIELDS = {
  ...KEPT_FIELDS,
  firstName: 'string',
  lastName: 'string',
  emailAddress: 'string',
  createTime: TIME,
  lastEnabledTime: TIME,
  lastDisabledTime: TIME,
  lastModifiedTime: TIME,
  lastLoginTime: TIME,
} as const satisfies Partial<Record<keyof WholeRecord, string>>;

/**
 * Facts that are read beside the listing of a user. Of what was not read the members tell nothing, not even that there
 * is none.
 */
abstract class FactsOfUser<T> {
  declare user: UserFacts;
  declare context: Context;

  /** Gives what was read, or the reason for which it was not. */
  protected abstract read(): T | Lack;

  /** That reason; not for expressions. */
  get unread(): Lack | undefined {
    const found = this.read();
    return found instanceof Lack ? found : undefined;
  }

  protected get told(): T {
    const found = this.read();
    if (found instanceof Lack) throw found;
    return found;
  }
}

/** The permission groups that a user is in, by the permission that they have; the risky ones are read. */
export class GroupsOfUser extends FactsOfUser<Memberships> {
  get ManageUsersAndGroups(): readonly string[] {
    return this.#with('ManageUsersAndGroups');
  }
  get GetTemporaryCredentials(): readonly string[] {
    return this.#with('GetTemporaryCredentials');
  }

  protected read(): Memberships | Lack {
    const { memberships } = this.context;
    if (memberships === undefined) return lackOf('permission groups were not read');
    if (memberships.unread !== undefined) return lackOf(memberships.unread);
    return this.user.hasUserId ? memberships : lackOf('userId is missing');
  }

  #with(permission: RiskyPermission): readonly string[] {
    const groups = this.told.groupsOf(this.user.id, permission);
    if (groups.length > MOST_GROUPS) throw lackOf(`over ${MOST_GROUPS} groups have ${permission}`);
    return groups;
  }
}

export const GROUPS_FIELDS = {
  ManageUsersAndGroups: 'list<string>',
  GetTemporaryCredentials: 'list<string>',
} as const satisfies Record<RiskyPermission, string>;

/** The role that a user reaches the API by, as IAM tells of it. */
export class RoleOfUser extends FactsOfUser<RoleAnswer> {
  get exists(): boolean {
    return this.#role !== null;
  }
  get roleId(): string | undefined {
    return this.#role?.roleId;
  }
  get createTime(): Date | undefined {
    return dateOf(this.#role?.createdAt);
  }
  /** Undefined: not within the 400 days that IAM tells of. */
  get lastUsedTime(): Date | undefined {
    const role = this.#role;
    if (role !== null && role.lastUsedAt === undefined) throw lackOf('the last use of the role was not read');
    return dateOf(role?.lastUsedAt);
  }

  protected read(): RoleAnswer | Lack {
    const { roles } = this.context;
    const { principalArn } = this.user;
    if (roles === undefined) return lackOf('roles were not read');
    if (principalArn === undefined) return lackOf('apiAccessPrincipalArn is missing or unusable');
    const facts = roles(principalArn);
    if (facts === undefined) return lackOf('apiAccessPrincipalArn is no role of an own or trusted account');
    return facts.answer ?? lackOf(facts.unread ?? 'the role was not read');
  }

  get #role(): Role | null {
    return this.told.role;
  }
}

const dateOf = (time: number | null | undefined): Date | undefined =>
  typeof time === 'number' ? new Date(time) : undefined;

export const ROLE_FIELDS = {
  exists: 'bool',
  roleId: 'string',
  createTime: TIME,
  lastUsedTime: TIME,
} as const satisfies Partial<Record<keyof RoleOfUser, string>>;

/** The member of the record that a fact is read from, where it has another name. */
export const FACT_SOURCES: Readonly<Record<string, string>> = { apiBound: 'apiAccess', superUser: 'type' };

/** A text without exactly one `@` and something on either side: it can't be told which domain it is of. */
export const NO_DOMAIN = new Lack('text has no domain');

/** The domain of an address, in lower case; throws NO_DOMAIN. */
export const domainOf = (address: string): string => {
  const at = soleAt(address);
  if (at < 1 || at === address.length - 1) throw NO_DOMAIN;
  return address.slice(at + 1).toLowerCase();
};
