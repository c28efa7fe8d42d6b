import type { Context, Options } from '../../rules/engine/context.ts';
import { SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import type { UserRecord } from './builders.ts';

// The catalogue once more, as its contract words it and by other means than the rules use: a record is completed in
// every way that the unknown in it allows, each of the users so made is judged by plain logic, and where the answers
// differ, the rule is not to assess the record.

/** A user of whom everything is known that rules ask for. */
export interface Completed {
  readonly record: UserRecord;
  readonly hasUserId: boolean;
  readonly id: string;
  readonly isActive: boolean;
  readonly status: string;
  readonly type: string;
  readonly apiAccess: string;
  readonly arn: string | undefined;
}

const STATUSES = ['ENABLED', 'DISABLED', 'CREATING'];
const TYPES = ['SUPER_USER', 'APP_USER'];
const API_ACCESSES = ['ENABLED', 'DISABLED'];

const valuesOf = (value: unknown, documented: readonly string[]): readonly string[] =>
  documented.filter((one) => one === value).concat(documented.some((one) => one === value) ? [] : documented);

const arnOf = (value: unknown): string | undefined => {
  if (value === undefined || value === null || value === '') return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
};

/** Every user that a record may stand for. */
export const completions = (entry: unknown, position: number): readonly Completed[] => {
  const isObject = typeof entry === 'object' && entry !== null && !Array.isArray(entry);
  const record = (isObject ? entry : {}) as UserRecord;
  const { userId } = record;
  const hasUserId = typeof userId === 'string' && userId.length > 0;
  return valuesOf(record.status, STATUSES).flatMap((status) =>
    valuesOf(record.type, TYPES).flatMap((type) =>
      valuesOf(record.apiAccess, API_ACCESSES).map((apiAccess) => ({
        record,
        hasUserId,
        // One that is spelled like the name of a position has another `#` before it.
        id: hasUserId ? userId.replace(/^(?=#+\d+$)/, '#') : `#${position}`,
        isActive: record.status !== 'DISABLED',
        status,
        type,
        apiAccess,
        arn: arnOf(record.apiAccessPrincipalArn),
      })),
    ),
  );
};

/** Every choice of one thing from each list. */
export const choices = <T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] =>
  lists.reduce<readonly (readonly T[])[]>(
    (chosen, list) => chosen.flatMap((some) => list.map((one) => [...some, one])),
    [[]],
  );

/** The severity of a failure, false for a pass, undefined where a member is missing that has no known values. */
export type Answer = Severity | false | undefined;

/** The outcome of a rule whose answers for all completions these are. */
export const outcomeOfAll = (answers: readonly Answer[]): string => {
  if (answers.every((answer) => answer === false)) return 'PASS';
  const severities = answers.filter((answer) => answer !== undefined && answer !== false);
  if (severities.length < answers.length) return 'NOT_ASSESSED';
  return `FAIL ${SEVERITIES.findLast((severity) => severities.includes(severity))}`;
};

interface Limits {
  readonly maxDays: number;
  readonly privilegedMaxDays: number;
  readonly maxHours: number;
  readonly max: number;
  readonly min: number;
  readonly allowedDomains: readonly string[];
  readonly trustedAccounts: readonly string[];
  readonly names: readonly string[];
}
const limitsOf = (options: Options): Limits => options as unknown as Limits;

const DAY = 24 * 60 * 60 * 1000;
const SKEW = 5 * 60 * 1000;

const isNever = (time: unknown): boolean => time === undefined || time === null || time === 0;
type Moments = Pick<Context, 'now' | 'readAt'>;
const isUsable = (time: unknown, { now, readAt }: Moments): time is number =>
  typeof time === 'number' &&
  Math.abs(time) !== Number.POSITIVE_INFINITY &&
  time >= 1e11 &&
  time - Math.max(now, readAt) <= SKEW;

const roleOf = (arn: string | undefined) => {
  const [scheme, partition = '', service, region, account = '', ...rest] = (arn ?? '').split(':');
  const [kind, ...path] = rest.join(':').split('/');
  const name = path.pop() ?? '';
  const isRole =
    scheme === 'arn' &&
    /^aws(-[a-z0-9-]+)?$/.test(partition) &&
    service === 'iam' &&
    region === '' &&
    /^[0-9]{12}$/.test(account) &&
    kind === 'role' &&
    path.every((segment) => /^[!-~]+$/.test(segment)) &&
    /^[\w+=,.@-]{1,64}$/.test(name) &&
    !arn?.includes('*');
  return isRole ? { partition, account } : undefined;
};

const isNoAddress = (address: unknown): boolean => address === undefined || address === null || address === '';

const isOfDomain = (domain: string, entry: string): boolean => {
  if (!entry.startsWith('*.')) return domain === entry;
  return domain.endsWith(entry.slice(1)) && domain.split('.').every((label) => label !== '');
};

/** Rules on one user. */
export const ON_USER: Readonly<Record<string, (user: Completed, options: Options, context: Context) => Answer>> = {
  'super-user-api-access': ({ isActive, type, apiAccess }) =>
    isActive && type === 'SUPER_USER' && apiAccess === 'ENABLED' && 'HIGH',

  'stale-login'({ status, type, record: { lastLoginTime } }, options, context) {
    if (status !== 'ENABLED' || isNever(lastLoginTime)) return false;
    if (!isUsable(lastLoginTime, context)) return undefined;
    const { maxDays, privilegedMaxDays } = limitsOf(options);
    return type === 'SUPER_USER'
      ? context.now - lastLoginTime > privilegedMaxDays * DAY && 'HIGH'
      : context.now - lastLoginTime > maxDays * DAY && 'MEDIUM';
  },

  'never-logged-in'({ status, type, apiAccess, arn, record }, options, context) {
    if (status !== 'ENABLED' || !isNever(record.lastLoginTime)) return false;
    const since = [record.createTime, record.lastEnabledTime].filter((time) => isUsable(time, context));
    if (since.length === 0) return undefined;
    if (since.some((time) => context.now - time <= limitsOf(options).maxDays * DAY)) return false;
    if (type === 'SUPER_USER') return 'HIGH';
    return apiAccess === 'ENABLED' && roleOf(arn) ? 'LOW' : 'MEDIUM';
  },

  'principal-outside-account'({ isActive, apiAccess, arn }, options, { partition, trustedAccounts }) {
    const role = roleOf(arn);
    if (role === undefined) return false;
    const trusted = [...trustedAccounts, ...limitsOf(options).trustedAccounts];
    if (role.partition === partition && trusted.includes(role.account)) return false;
    return isActive && apiAccess === 'ENABLED' ? 'CRITICAL' : 'LOW';
  },

  'principal-not-a-role'({ isActive, apiAccess, arn }) {
    if (arn === undefined || roleOf(arn) !== undefined) return false;
    return isActive && apiAccess === 'ENABLED' ? 'HIGH' : 'LOW';
  },

  'api-access-without-principal': ({ isActive, apiAccess, arn }) =>
    isActive && apiAccess === 'ENABLED' && arn === undefined && 'MEDIUM',

  'leftover-principal': ({ apiAccess, arn }) => apiAccess === 'DISABLED' && arn !== undefined && 'LOW',

  'disabled-user-api-access': ({ status, apiAccess }) => status === 'DISABLED' && apiAccess === 'ENABLED' && 'MEDIUM',

  'stuck-creating'({ status, record: { createTime } }, options, context) {
    if (status !== 'CREATING') return false;
    if (!isUsable(createTime, context)) return undefined;
    return context.now - createTime > (limitsOf(options).maxHours * DAY) / 24 && 'LOW';
  },

  'email-domain'({ isActive, type, record: { emailAddress } }, options) {
    if (!isActive) return false;
    if (isNoAddress(emailAddress)) return undefined;
    const [local, domain, ...more] = (typeof emailAddress === 'string' ? emailAddress : '').toLowerCase().split('@');
    const isWhole = typeof emailAddress === 'string' && local && domain && more.length === 0;
    const allowed = limitsOf(options).allowedDomains.map((entry) => entry.toLowerCase());
    if (isWhole && allowed.some((entry) => isOfDomain(domain, entry))) return false;
    return type === 'SUPER_USER' ? 'HIGH' : 'MEDIUM';
  },

  'shared-mailbox'({ isActive, record: { emailAddress } }, options) {
    if (!isActive) return false;
    if (typeof emailAddress !== 'string' || emailAddress === '') return undefined;
    const parts = emailAddress.split('@');
    const [local = ''] = (parts[0] ?? '').toLowerCase().split('+');
    const isListed = limitsOf(options).names.some((name) =>
      [name, `${name}.`, `${name}-`, `${name}_`].some((start, index) =>
        index === 0 ? local === start : local.startsWith(start),
      ),
    );
    return parts.length === 2 && isListed && 'MEDIUM';
  },

  'long-disabled'({ status, record: { lastDisabledTime } }, options, context) {
    if (status !== 'DISABLED') return false;
    if (!isUsable(lastDisabledTime, context)) return undefined;
    return context.now - lastDisabledTime > limitsOf(options).maxDays * DAY && 'INFORMATIONAL';
  },

  'inconsistent-timestamps'({ record }, _options, context) {
    const { createTime, lastEnabledTime, lastDisabledTime, lastModifiedTime, lastLoginTime } = record;
    const times = [createTime, lastEnabledTime, lastDisabledTime, lastModifiedTime, lastLoginTime];
    const isWrong = times.some((time) => !isNever(time) && !isUsable(time, context));
    const isEarly =
      isUsable(createTime, context) && isUsable(lastLoginTime, context) && lastLoginTime + SKEW < createTime;
    return (isWrong || isEarly) && 'LOW';
  },

  'unrecognised-value'({ hasUserId, record }) {
    const isFine =
      hasUserId &&
      STATUSES.some((value) => value === record.status) &&
      TYPES.some((value) => value === record.type) &&
      API_ACCESSES.some((value) => value === record.apiAccess);
    return !isFine && 'MEDIUM';
  },
};

/** Rules on change; undefined stands for a user that was not listed. */
export const ON_CHANGE: Readonly<
  Record<string, (before: Completed | undefined, after: Completed | undefined) => Answer>
> = {
  'promoted-to-super-user': (before, after) => before?.type === 'APP_USER' && after?.type === 'SUPER_USER' && 'HIGH',
  'new-super-user': (before, after) => before === undefined && after?.type === 'SUPER_USER' && 'HIGH',
  'api-access-granted': (before, after) =>
    after?.apiAccess === 'ENABLED' &&
    before?.apiAccess !== 'ENABLED' &&
    (after.type === 'SUPER_USER' ? 'HIGH' : 'MEDIUM'),
  'principal-changed': (before, after) =>
    before?.arn !== undefined && after?.arn !== undefined && before.arn !== after.arn && 'HIGH',
  're-enabled': (before, after) => before?.status === 'DISABLED' && after?.status === 'ENABLED' && 'MEDIUM',
  'vanished-user': (before, after) => before !== undefined && after === undefined && 'HIGH',
};

const groupsBy = (users: readonly Completed[], keyOf: (user: Completed) => string | undefined) => {
  const groups = Map.groupBy(users, keyOf);
  groups.delete(undefined);
  return [...groups].filter(([, members]) => members.length > 1);
};

const emailKey = ({ record: { emailAddress } }: Completed): string | undefined => {
  const [local = '', domain = '', ...more] = (typeof emailAddress === 'string' ? emailAddress : '')
    .toLowerCase()
    .split('@');
  const [untagged = ''] = local.split('+');
  const isWhole = typeof emailAddress === 'string' && untagged !== '' && domain !== '' && more.length === 0;
  return isWhole ? `${untagged}@${domain}` : undefined;
};

const nameKey = ({ record: { firstName, lastName } }: Completed): string | undefined => {
  const names = [firstName, lastName].map((name) =>
    typeof name === 'string'
      ? name
          .normalize('NFKC')
          .toLowerCase()
          .split(/\s/)
          .filter((word) => word !== '')
          .join(' ')
      : '',
  );
  return names.includes('') ? undefined : JSON.stringify(names);
};

const lowest = (users: readonly Completed[]): string => {
  const named = users.filter(({ hasUserId }) => hasUserId);
  return (named.length > 0 ? named : users).map(({ id }) => id).toSorted()[0] ?? '';
};

/** Rules on the whole directory: the subjects that fail. */
export const ON_DIRECTORY: Readonly<
  Record<string, (users: readonly Completed[], options: Options, context: Context) => readonly string[]>
> = {
  'shared-principal': (users) =>
    groupsBy(
      users.filter(({ isActive, apiAccess }) => isActive && apiAccess === 'ENABLED'),
      ({ arn }) => arn,
    ).map(([arn]) => arn ?? ''),
  'too-many-super-users': (users, options, { environmentId }) => {
    const count = users.filter(({ isActive, type }) => isActive && type === 'SUPER_USER').length;
    return count > limitsOf(options).max ? [environmentId] : [];
  },
  'too-few-super-users': (users, options, { environmentId }) => {
    const count = users.filter(({ status, type }) => status === 'ENABLED' && type === 'SUPER_USER').length;
    return count < limitsOf(options).min ? [environmentId] : [];
  },
  'duplicate-person': (users) => {
    const active = users.filter(({ isActive }) => isActive);
    const groups = [...groupsBy(active, emailKey), ...groupsBy(active, nameKey)];
    return [...new Set(groups.map(([, members]) => lowest(members)))];
  },
  'end-of-support': (_users, _options, { now, environmentId }) =>
    now >= Date.parse('2026-10-08T00:00:00Z') ? [environmentId] : [],
};
