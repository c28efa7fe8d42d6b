import type { Context } from '../../rules/engine/context.ts';
import type { Role, RoleFacts } from '../../rules/engine/facts.ts';
import { DAY_MS, HOUR_MS } from '../../rules/engine/time.ts';

/** The instant that test runs speak for. */
export const NOW = Date.UTC(2026, 10, 24, 2);

export const ENVIRONMENT = 'vs57phhvijir4kv5rf6ywt';
export const ACCOUNT = '111122223333';

/** Milliseconds since the epoch. */
export const daysAgo = (days: number): number => NOW - days * DAY_MS;

/** Milliseconds since the epoch. */
export const hoursAgo = (hours: number): number => NOW - hours * HOUR_MS;

export const aRoleArn = (name = 'analyst', account = ACCOUNT): string => `arn:aws:iam::${account}:role/${name}`;

/** One entry of a ListUsers page. */
export type UserRecord = Readonly<Record<string, unknown>>;

const nameOf = ({ userId }: UserRecord): string => (typeof userId === 'string' ? userId : 'u1');

/**
 * A user that no rule has anything against. What is told apart by the userId stays apart; a member overridden with
 * undefined is missing.
 */
export const aUser = (overrides: UserRecord = {}): UserRecord => {
  const name = nameOf(overrides);
  return {
    userId: 'u1',
    status: 'ENABLED',
    type: 'APP_USER',
    apiAccess: 'DISABLED',
    firstName: 'Zebulon',
    lastName: `Quagmire ${name}`,
    emailAddress: `zebulon.${name}@quagmire.example`,
    createTime: daysAgo(400),
    lastEnabledTime: daysAgo(400),
    lastModifiedTime: daysAgo(100),
    lastLoginTime: daysAgo(1),
    ...overrides,
  };
};

/** An active user whose API access is bound to a role of its own account. */
export const anApiUser = (overrides: UserRecord = {}): UserRecord =>
  aUser({ apiAccess: 'ENABLED', apiAccessPrincipalArn: aRoleArn(`role-of-${nameOf(overrides)}`), ...overrides });

export const aContext = (overrides: Partial<Context> = {}): Context => ({
  now: NOW,
  readAt: overrides.now ?? NOW,
  environmentId: ENVIRONMENT,
  partition: 'aws',
  trustedAccounts: new Set([ACCOUNT]),
  ...overrides,
});

/** The trust policy of a role that its own account may assume. */
export const aTrustPolicy = (overrides: object = {}) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'sts:AssumeRole', ...overrides },
  ],
});

/** A role that no rule has anything against. */
export const aRole = (overrides: Partial<Role> = {}): Role => ({
  roleId: 'AROAEXAMPLEROLE00001',
  createdAt: daysAgo(500),
  lastUsedAt: daysAgo(1),
  trust: aTrustPolicy(),
  ...overrides,
});

/** IAM's answer of tonight; null: that there is no such role. */
export const answered = (role: Partial<Role> | null = {}): RoleFacts => ({
  answer: { readAt: NOW, role: role === null ? null : aRole(role) },
});

/** Facts beside the listing by which nobody fails: every role is sound, and nobody is in a risky group. */
export const soundFacts = (): Pick<Context, 'roles' | 'earlierRoles' | 'memberships'> => ({
  roles: () => answered(),
  earlierRoles: () => answered(),
  memberships: { unread: undefined, groupsOf: () => [] },
});
