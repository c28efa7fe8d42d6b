import type { Context } from '../../rules/engine/context.ts';
import { RISKY_PERMISSIONS } from '../../rules/engine/facts.ts';
import { serialiseRecord } from '../../rules/engine/record.ts';
import { readTime } from '../../rules/engine/time.ts';
import type { User } from '../../rules/engine/user.ts';
import type { momentsOf } from './listing.ts';

/** Writes a member of a user: a text as it is, nothing where there is none, and any other value as JSON. */
export const memberText = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : serialiseRecord(value);
};

export const fullNameOf = ({ firstName, lastName }: User): string =>
  [firstName, lastName]
    .map(memberText)
    .filter((name) => name !== '')
    .join(' ');

/** The instant of a time, `never`, or `unusable`. */
export const timeCell = (value: unknown, moments: ReturnType<typeof momentsOf>): string => {
  const time = readTime(value, moments);
  return typeof time === 'number' ? new Date(time).toISOString() : time;
};

const NOT_READ = 'not read';

/** The permission groups by which a user reaches more than its record shows. */
export const groupsCell = ({ id }: User, { memberships }: Context): string => {
  if (memberships === undefined) return NOT_READ;
  const groups = RISKY_PERMISSIONS.flatMap((permission) =>
    memberships.groupsOf(id, permission).map((group) => `${group}: ${permission}`),
  );
  return [...groups, ...(memberships.unread === undefined ? [] : [`${NOT_READ}: ${memberships.unread}`])].join('; ');
};

/** The role that a user is bound to, as IAM told of it. */
export const roleCell = ({ principal }: User, { roles }: Context): string => {
  if (principal.kind !== 'role') return '';
  if (roles === undefined) return NOT_READ;
  const { answer, unread = 'it was not asked for' } = roles(principal.arn) ?? {};
  if (answer === undefined) return `${NOT_READ}: ${unread}`;
  const readAt = `as of ${new Date(answer.readAt).toISOString()}`;
  const { role } = answer;
  if (role === null) return `does not exist, ${readAt}`;
  if (typeof role.lastUsedAt === 'number') return `last used ${new Date(role.lastUsedAt).toISOString()}, ${readAt}`;
  return `${role.lastUsedAt === null ? 'not used within 400 days' : 'exists'}, ${readAt}`;
};
