import { DAY_MS, type UserRecord } from './accounts.ts';
import { seededRandom, wholeBetween } from './random.ts';

/** A role as IAM gives it. */
export interface Role {
  readonly Arn: string;
  readonly RoleId: string;
  readonly CreateDate: string;
  /** Absent where it was not used within 400 days. */
  readonly LastUsedDate?: string;
  readonly AssumeRolePolicyDocument: object;
}

const instant = (time: number): string => new Date(time).toISOString().replace('.000Z', 'Z');

const trusting = (principal: unknown, condition?: object) => ({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole', ...(condition && { Condition: condition }) },
  ],
});

/** 32 bits of a text, so that a role is the same whoever else there is. */
const hashOf = (text: string): number =>
  Buffer.from(text).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);

/** A role that nothing is wrong with: its own account may assume it, and did so a few days ago. */
export const soundRole = (arn: string, now: number): Role => {
  const random = seededRandom(hashOf(arn));
  return {
    Arn: arn,
    RoleId: `AROA${hashOf(arn).toString(36).toUpperCase().padStart(16, 'X')}`,
    CreateDate: instant(now - wholeBetween(random, 500 * DAY_MS, 900 * DAY_MS)),
    LastUsedDate: instant(now - wholeBetween(random, DAY_MS, 20 * DAY_MS)),
    AssumeRolePolicyDocument: trusting({ AWS: `arn:aws:iam::${arn.split(':')[4]}:root` }),
  };
};

/** The faults of one role in so many, in turn; the others are sound. */
const FAULTS: readonly ((role: Role, now: number) => Role | undefined)[] = [
  () => undefined,
  (role) => ({ ...role, AssumeRolePolicyDocument: trusting({ AWS: '*' }) }),
  (role) => ({
    ...role,
    AssumeRolePolicyDocument: trusting(
      { AWS: 'arn:aws:iam::999988887777:root' },
      { StringEquals: { 'sts:ExternalId': 'vendor' } },
    ),
  }),
  (role, now) => ({ ...role, LastUsedDate: instant(now - 200 * DAY_MS) }),
];

const FAULTY_EVERY = 5;

/** The roles of an account that users are bound to. */
const arnsOf = (users: readonly UserRecord[], accountId: string): readonly string[] => {
  const prefix = `arn:aws:iam::${accountId}:role/`;
  const arns = users.flatMap(({ apiAccessPrincipalArn: arn }) =>
    arn?.startsWith(prefix) && !arn.includes('*') ? [arn] : [],
  );
  return [...new Set(arns)];
};

/**
 * The roles of one account that the users of a directory are bound to, as its IAM knows them.
 * @param first the users as they once were: something is wrong with one in five of their roles, and with no later one
 */
export const makeRoles = (
  users: readonly UserRecord[],
  { accountId, now, first = users }: { accountId: string; now: number; first?: readonly UserRecord[] },
): readonly Role[] => {
  const faults = new Map(
    arnsOf(first, accountId)
      .filter((_, index) => index % FAULTY_EVERY === 0)
      .map((arn, index) => [arn, FAULTS[index % FAULTS.length]] as const),
  );
  return arnsOf(users, accountId).flatMap((arn) => {
    const role = soundRole(arn, now);
    const fault = faults.get(arn);
    return (fault === undefined ? role : fault(role, now)) ?? [];
  });
};
