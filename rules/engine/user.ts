import type { Truth } from './condition.ts';
import { type Principal, readPrincipal } from './principal.ts';
import { memberText } from './record.ts';

export type Status = 'ENABLED' | 'DISABLED' | 'CREATING';

/** The documented values: https://docs.aws.amazon.com/finspace/latest/data-api/API_User.html */
const VALUES = {
  status: ['ENABLED', 'DISABLED', 'CREATING'] satisfies readonly Status[],
  type: ['SUPER_USER', 'APP_USER'],
  apiAccess: ['ENABLED', 'DISABLED'],
};

/** The same by member, to be asked for any value. */
export const DOCUMENTED: Readonly<Record<keyof typeof VALUES, readonly unknown[]>> = VALUES;

/**
 * A user as rules see it. Members of the record stand here as the service gave them, so each may be missing or of
 * any JSON type.
 */
export interface User extends UserFacts {
  /** The zero-based position in the listing. */
  readonly position: number;
  /** `ENABLED` or `DISABLED`, as a rule. */
  readonly apiAccess: unknown;
  /** As the service gave it; it names a person. */
  readonly firstName: unknown;
  /** As the service gave it; it names a person. */
  readonly lastName: unknown;
  /** As the service gave it; it names a person. */
  readonly emailAddress: unknown;
  /** When the user was made, in milliseconds since the epoch, as a rule. */
  readonly createTime: unknown;
  /** When it was last enabled, the same. */
  readonly lastEnabledTime: unknown;
  /** When it was last disabled, the same. */
  readonly lastDisabledTime: unknown;
  /** When it was last changed, the same. */
  readonly lastModifiedTime: unknown;
  /** When it last logged in, the same. */
  readonly lastLoginTime: unknown;
  /** Not `DISABLED`: an unrecognised status counts as active, since an auditor errs towards looking. */
  readonly isActive: boolean;
  /** The ARN by which it reaches the API, taken apart. */
  readonly principal: Principal;
}

/** The members that hold times. */
export const USER_TIMES = [
  'createTime',
  'lastEnabledTime',
  'lastDisabledTime',
  'lastModifiedTime',
  'lastLoginTime',
] as const satisfies readonly (keyof User)[];

export type UserTime = (typeof USER_TIMES)[number];

/** The members of a record that FinSpace documents, in the order in which they are shown. */
export const RECORD_MEMBERS = [
  'userId',
  'status',
  'type',
  'apiAccess',
  'apiAccessPrincipalArn',
  'firstName',
  'lastName',
  'emailAddress',
  ...USER_TIMES,
] as const;

/** The facts of a user that are kept from one run to the next. */
export interface UserFacts {
  /** Names the user: its `userId`, or else its place in the listing. */
  readonly id: string;
  /** Whether the record has a `userId`: else its place in the listing names it. */
  readonly hasUserId: boolean;
  /** `ENABLED`, `DISABLED` or `CREATING`, as a rule. */
  readonly status: unknown;
  /** `SUPER_USER` or `APP_USER`, as a rule. */
  readonly type: unknown;
  /** Its `type` is `SUPER_USER`; undefined where it is missing or not documented. */
  readonly isSuperUser: Truth;
  /** Its `apiAccess` is `ENABLED`; undefined where it is missing or not documented. */
  readonly isApiBound: Truth;
  /** The ARN as text, or undefined where there is none. */
  readonly principalArn: string | undefined;
}

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The name that stands for the id of a record without one. */
export const positionName = (position: number): string => `#${position}`;

/** Tells whether an id stands for a record without one. */
export const isPositionName = (id: string): boolean => /^#\d+$/.test(id);

const LIKE_POSITION = /^#+\d+$/;

/** The `userId`, with another `#` before one that is spelled like the name of a position: each names one subject. */
export const nameOf = (userId: string): string =>
  userId.startsWith('#') && LIKE_POSITION.test(userId) ? `#${userId}` : userId;

/** Tells whether a member has the first of its two documented values, or the second. */
const isFirst = (value: unknown, [first, second]: readonly unknown[]): Truth => {
  if (value === first) return true;
  return value === second ? false : undefined;
};

export const isSuperUser = (type: unknown): Truth => isFirst(type, DOCUMENTED.type);

/** The ARN of a record: what is no text stands there as its JSON, as the service gave it, which is no ARN. */
const arnOf = (members: Members): string | undefined => {
  const { apiAccessPrincipalArn: arn } = members;
  if (arn === undefined || arn === null) return undefined;
  return typeof arn === 'string' ? arn : memberText(members, 'apiAccessPrincipalArn');
};

/** Reads one entry of the listing. Nothing is refused: what is no object is a user with every member missing. */
export const readUser = (record: unknown, position: number): User => {
  const members: Members = isMembers(record) ? record : {};
  const { userId, status, type, apiAccess } = members;
  const hasUserId = typeof userId === 'string' && userId !== '';
  const principal = readPrincipal(arnOf(members));

  return {
    id: hasUserId ? nameOf(userId) : positionName(position),
    hasUserId,
    position,
    status,
    type,
    apiAccess,
    firstName: members.firstName,
    lastName: members.lastName,
    emailAddress: members.emailAddress,
    createTime: members.createTime,
    lastEnabledTime: members.lastEnabledTime,
    lastDisabledTime: members.lastDisabledTime,
    lastModifiedTime: members.lastModifiedTime,
    lastLoginTime: members.lastLoginTime,
    isActive: status !== 'DISABLED',
    isSuperUser: isSuperUser(type),
    isApiBound: isFirst(apiAccess, DOCUMENTED.apiAccess),
    principal,
    principalArn: principal.kind === 'none' ? undefined : principal.arn,
  };
};
