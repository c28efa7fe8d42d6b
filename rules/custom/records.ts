import { soleAt } from '../conditions/email-address.ts';
import type { Context } from '../engine/context.ts';
import { readTime } from '../engine/time.ts';
import { DOCUMENTED, type User, type UserFacts, type UserTime } from '../engine/user.ts';

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const documented = (member: 'status' | 'type', value: unknown): string | undefined =>
  DOCUMENTED[member].includes(value) ? textOf(value) : undefined;

/** A user as expressions see it. Whatever is missing, null, empty or unusable is undefined: expressions can't tell it. */
export class KeptRecord {
  facts: UserFacts | undefined;

  get userId(): string | undefined {
    return this.facts?.hasUserId ? this.facts.id : undefined;
  }
  get status(): string | undefined {
    return documented('status', this.facts?.status);
  }
  get type(): string | undefined {
    return documented('type', this.facts?.type);
  }
  get apiAccess(): string | undefined {
    const isBound = this.facts?.isApiBound;
    if (isBound === undefined) return undefined;
    return isBound ? 'ENABLED' : 'DISABLED';
  }
  get apiAccessPrincipalArn(): string | undefined {
    return textOf(this.facts?.principalArn);
  }
  get active(): boolean | undefined {
    return this.facts === undefined ? undefined : this.facts.status !== 'DISABLED';
  }
  get apiBound(): boolean | undefined {
    return this.facts?.isApiBound;
  }
  get superUser(): boolean | undefined {
    return this.facts?.isSuperUser;
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
  user: User | undefined;
  context: Context | undefined;

  get firstName(): string | undefined {
    return textOf(this.user?.firstName);
  }
  get lastName(): string | undefined {
    return textOf(this.user?.lastName);
  }
  get emailAddress(): string | undefined {
    return textOf(this.user?.emailAddress);
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

  #time(member: UserTime): Date | undefined {
    if (this.user === undefined || this.context === undefined) return undefined;
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

/** The member of the record that a fact is read from, where it has another name. */
export const FACT_SOURCES: Readonly<Record<string, string>> = {
  active: 'status',
  apiBound: 'apiAccess',
  superUser: 'type',
};

/** A text without exactly one `@` and something on either side: it can't be told which domain it is of. */
export class NoDomain extends Error {
  override readonly name = 'NoDomain';
}

/** The domain of an address, in lower case; throws NoDomain. */
export const domainOf = (address: string): string => {
  const at = soleAt(address);
  if (at < 1 || at === address.length - 1) throw new NoDomain('it has no domain');
  return address.slice(at + 1).toLowerCase();
};
