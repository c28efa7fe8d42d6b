import { type Principal, readPrincipal } from './principal.ts';

/**
 * A user as rules see it. Members of the record stand here as the service gave them, so each may be missing or of
 * any JSON type; https://docs.aws.amazon.com/finspace/latest/data-api/API_User.html names them.
 */
export interface User extends UserFacts {
  /** The zero-based place in the listing. */
  readonly position: number;
  readonly apiAccess: unknown;
  readonly firstName: unknown;
  readonly lastName: unknown;
  readonly emailAddress: unknown;
  readonly createTime: unknown;
  readonly lastEnabledTime: unknown;
  readonly lastDisabledTime: unknown;
  readonly lastModifiedTime: unknown;
  readonly lastLoginTime: unknown;
  /** Not `DISABLED`: an unrecognised status counts as active, since an auditor errs towards looking. */
  readonly isActive: boolean;
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

/** What is remembered of a user from one run to the next. */
export interface UserFacts {
  /** The `userId`, or `#N` for the record at place N that has none. */
  readonly id: string;
  readonly hasUserId: boolean;
  readonly status: unknown;
  readonly type: unknown;
  /** `type` is `SUPER_USER`. */
  readonly isPrivileged: boolean;
  /** `apiAccess` is `ENABLED`. */
  readonly isApiBound: boolean;
  /** The ARN as text, or undefined where there is none. */
  readonly principalArn: string | undefined;
}

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What stands for the id of a record without one. */
export const positionName = (position: number): string => `#${position}`;

/** Reads one entry of the listing. Nothing is refused: what is no object is a user with every member missing. */
export const readUser = (record: unknown, position: number): User => {
  const members: Members = isMembers(record) ? record : {};
  const { userId, status, type, apiAccess } = members;
  const hasUserId = typeof userId === 'string' && userId !== '';
  const principal = readPrincipal(members.apiAccessPrincipalArn);

  return {
    id: hasUserId ? userId : positionName(position),
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
    isPrivileged: type === 'SUPER_USER',
    isApiBound: apiAccess === 'ENABLED',
    principal,
    principalArn: principal.kind === 'none' ? undefined : principal.arn,
  };
};
