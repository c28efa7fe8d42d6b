import type { Person } from './people.ts';
import { type Random, wholeBetween } from './random.ts';

/** A record as ListUsers gives it; every member is optional, and some hold what they should not. */
export interface UserRecord {
  readonly userId?: string;
  readonly status?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly emailAddress?: string;
  readonly type?: string;
  readonly apiAccess?: string;
  readonly apiAccessPrincipalArn?: string | null;
  /** Times are milliseconds since the epoch; null and 0 are `never` too. */
  readonly createTime?: number | null;
  readonly lastEnabledTime?: number | null;
  readonly lastDisabledTime?: number | null;
  readonly lastModifiedTime?: number | null;
  readonly lastLoginTime?: number | null;
}

/** A position in the directory, and the chance that alone decides about the account there. */
export interface Slot {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The environment's own account. */
  readonly accountId: string;
  readonly index: number;
  readonly person: Person;
  readonly chance: Random;
}

/** An account that every rule passes, with what others are made from. */
export interface SoundAccount extends UserRecord {
  readonly userId: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly emailAddress: string;
  readonly createTime: number;
}

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

const ULID_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const base32 = (value: number, length: number): string =>
  Array.from({ length }, (_, digit) => ULID_ALPHABET.charAt(Math.floor(value / 32 ** (length - 1 - digit)) % 32)).join(
    '',
  );

/** 26 characters: ten of the time, ten of chance, and six of the index, which make it unique. */
const ulid = (time: number, index: number, random: Random): string =>
  base32(time, 10) +
  base32(wholeBetween(random, 0, 32 ** 5 - 1), 5) +
  base32(wholeBetween(random, 0, 32 ** 5 - 1), 5) +
  base32(index, 6);

export const roleArn = (accountId: string, name: string): string => `arn:aws:iam::${accountId}:role/finspace/${name}`;

/** Says that something never happened in one of the ways that the service has: no member, null, or 0. */
export const never = (chance: Random, member: 'lastLoginTime' | 'lastDisabledTime'): UserRecord => {
  const form = chance();
  if (form < 0.4) return {};
  return { [member]: form < 0.7 ? null : 0 };
};

/** An enabled application user without API access, created over 500 days ago and seen within the last 30. */
export const plainAccount = ({ now, index, person, chance }: Slot): SoundAccount => {
  const createTime = now - wholeBetween(chance, 500 * DAY_MS, 1500 * DAY_MS);
  const domain = chance() < 0.2 ? 'research.example.com' : 'example.com';
  return {
    userId: ulid(createTime, index, chance),
    status: 'ENABLED',
    firstName: person.firstName,
    lastName: person.lastName,
    emailAddress: `${person.mailbox}@${domain}`,
    type: 'APP_USER',
    apiAccess: 'DISABLED',
    createTime,
    lastEnabledTime: createTime + 10 * MINUTE_MS,
    lastModifiedTime: createTime + wholeBetween(chance, DAY_MS, 100 * DAY_MS),
    lastLoginTime: now - wholeBetween(chance, HOUR_MS, 30 * DAY_MS),
  };
};

const disabledAccount = (account: SoundAccount, { now, chance }: Slot): UserRecord => {
  const lastDisabledTime = now - wholeBetween(chance, 5 * DAY_MS, 300 * DAY_MS);
  return {
    ...account,
    status: 'DISABLED',
    lastDisabledTime,
    lastModifiedTime: lastDisabledTime,
    lastLoginTime: lastDisabledTime - wholeBetween(chance, DAY_MS, 60 * DAY_MS),
  };
};

/** An account that nobody has enabled, changed or used yet. */
export const untouched = (account: SoundAccount) => {
  const { lastEnabledTime: _, lastModifiedTime: __, lastLoginTime: ___, ...rest } = account;
  return rest;
};

const newAccount = (account: SoundAccount, { now, index, chance }: Slot): UserRecord => {
  const createTime = now - wholeBetween(chance, HOUR_MS, 20 * HOUR_MS);
  return { ...untouched(account), userId: ulid(createTime, index, chance), status: 'CREATING', createTime };
};

/** One of the many that nothing is wrong with: most use the web application, some the API, some left, few are new. */
export const soundAccount = (slot: Slot): UserRecord => {
  const account = plainAccount(slot);
  const { accountId, chance } = slot;
  const walk = chance();
  if (walk < 0.06) return disabledAccount(account, slot);
  if (walk < 0.08) return newAccount(account, slot);
  const usual = { ...account, ...never(chance, 'lastDisabledTime') };
  if (walk < 0.8) return usual;
  const name = `quant-${account.userId.slice(10).toLowerCase()}`;
  return { ...usual, apiAccess: 'ENABLED', apiAccessPrincipalArn: roleArn(accountId, name) };
};
