import { DAY_MS, HOUR_MS, roleArn, type UserRecord } from './accounts.ts';
import { BLOCK, lazyDirectory, type UserKind } from './directory.ts';
import { makeGroups, type PermissionGroup } from './groups.ts';
import { seededRandom, wholeBetween } from './random.ts';
import { makeRoles, type Role } from './roles.ts';

export interface NightsOptions {
  /** 1 to 10; default 5, which is where the script ends: the nights after are quiet. */
  readonly nights?: number;
  /** The number of users on the first night, at least 130; default 400. */
  readonly users?: number;
  readonly seed: number;
  /** The instant of the first night; the others follow day by day. */
  readonly firstNight: Date;
  /** The environment's own account: 12 digits. */
  readonly accountId: string;
}

/** A directory as one night finds it. */
export interface Night {
  readonly asOf: Date;
  readonly users: readonly UserRecord[];
  /** The roles of the environment's account that IAM knows. */
  readonly roles: readonly Role[];
  readonly groups: readonly PermissionGroup[];
  /** Tells people what happened since the night before; names nobody. */
  readonly story: string;
}

/** The most nights: later on, users who were sound on the first might have been away for too long. */
const MAX_NIGHTS = 10;

/** The greatest age of the last login of those who come back every other day. */
const REGULAR_MS = 45 * DAY_MS;

interface Moment {
  /** The instant of the night's audit, in milliseconds since the epoch. */
  readonly now: number;
  readonly accountId: string;
}

/** Those to whom something happens. */
const PARTS = [
  'joiner',
  'promoted',
  'granted',
  'rebound',
  'revived',
  'leaver',
  'returner',
  'tidied',
  'outsider',
  'vanishing',
] as const;

type Part = (typeof PARTS)[number];

/** Undefined is a user who is gone. */
type Change = (user: UserRecord, moment: Moment) => UserRecord | undefined;

interface Act {
  readonly story: string;
  readonly changes: Readonly<Partial<Record<Part, Change>>>;
  /** From that night on, one role is another than it was. */
  readonly recreates?: true;
}

const withoutApi: Change = (user) => {
  const { apiAccessPrincipalArn: _, ...rest } = user;
  return { ...rest, apiAccess: 'DISABLED' };
};

const join: Change = (user, { now }) => {
  const { lastLoginTime: _, ...rest } = user;
  return { ...rest, createTime: now - 9 * HOUR_MS, lastEnabledTime: now - 9 * HOUR_MS };
};

const QUIET: Act = { story: 'a quiet night: people worked, and nothing changed', changes: {} };

/** The events before each night. */
const SCRIPT: readonly Act[] = [
  { story: 'the first night: there is nothing to compare with', changes: {} },
  {
    story:
      'somebody joined, a user was given API access, another logged in after months, a leaver who had never logged in was disabled, and a leftover principal was removed',
    changes: {
      joiner: join,
      granted: (user, { accountId }) => ({
        ...user,
        apiAccess: 'ENABLED',
        apiAccessPrincipalArn: roleArn(accountId, 'granted'),
      }),
      returner: (user, { now }) => ({ ...user, lastLoginTime: now - 10 * HOUR_MS }),
      leaver: (user, { now }) => ({ ...user, status: 'DISABLED', lastDisabledTime: now - 8 * HOUR_MS }),
      tidied: withoutApi,
    },
  },
  QUIET,
  {
    story:
      'a user became a super user, a principal was replaced, a disabled user was enabled again, the leftover principal came back, and a role was deleted and created again',
    recreates: true,
    changes: {
      promoted: (user) => ({ ...user, type: 'SUPER_USER' }),
      rebound: (user, { accountId }) => ({ ...user, apiAccessPrincipalArn: roleArn(accountId, 'replaced') }),
      revived: (user, { now }) => ({
        ...user,
        status: 'ENABLED',
        lastEnabledTime: now - 8 * HOUR_MS,
        lastLoginTime: now - 7 * HOUR_MS,
      }),
      tidied: (user, { accountId }) => ({ ...user, apiAccessPrincipalArn: roleArn(accountId, 'former') }),
    },
  },
  {
    story: 'a user bound to another account lost its API access, and a user with a shared mailbox vanished',
    changes: { outsider: withoutApi, vanishing: () => undefined },
  },
];

type Cast = Readonly<Record<Part, UserRecord>>;

const isPlain = (user: UserRecord): boolean => user.status === 'ENABLED' && user.apiAccess === 'DISABLED';

/** Gives the parts to the first users who fit. */
const castFrom = (
  users: readonly UserRecord[],
  newcomers: readonly UserRecord[],
  kindOf: (user: UserRecord) => UserKind | undefined,
): Cast => {
  const first = (
    part: Part,
    among: readonly UserRecord[],
    kind: UserKind,
    fits: (user: UserRecord) => boolean = () => true,
    skip = 0,
  ): UserRecord => {
    const user = among.filter((candidate) => kindOf(candidate) === kind && fits(candidate))[skip];
    if (user === undefined) throw new RangeError(`no user of this directory fits the part ${part}`);
    return user;
  };

  return {
    joiner: first('joiner', newcomers, 'sound', isPlain),
    promoted: first('promoted', users, 'sound', isPlain),
    granted: first('granted', users, 'sound', isPlain, 1),
    rebound: first('rebound', users, 'sound', ({ apiAccess }) => apiAccess === 'ENABLED'),
    revived: first('revived', users, 'sound', ({ status }) => status === 'DISABLED'),
    leaver: first('leaver', users, 'never-logged-in'),
    returner: first('returner', users, 'stale-login'),
    tidied: first('tidied', users, 'leftover-principal'),
    outsider: first('outsider', users, 'principal-outside-account'),
    vanishing: first('vanishing', users, 'shared-mailbox'),
  };
};

/** A day goes by: the account of a newcomer is ready, and many of those who use FinSpace log in. */
const dayLater = (user: UserRecord, now: number, random: () => number): UserRecord => {
  const { status, createTime, lastLoginTime } = user;
  const yesterday = now - DAY_MS;
  if (status === 'CREATING' && typeof createTime === 'number' && createTime > yesterday - DAY_MS)
    return { ...user, status: 'ENABLED', lastEnabledTime: yesterday + HOUR_MS };

  const isRegular =
    status === 'ENABLED' &&
    typeof lastLoginTime === 'number' &&
    lastLoginTime > now - REGULAR_MS &&
    lastLoginTime <= now;
  if (!isRegular || random() < 0.5) return user;
  return { ...user, lastLoginTime: now - wholeBetween(random, HOUR_MS, 16 * HOUR_MS) };
};

const act = (users: readonly UserRecord[], { changes }: Act, cast: Cast, moment: Moment) => {
  const changeOf = new Map(PARTS.map((part) => [cast[part].userId, changes[part]]));
  const present = changes.joiner === undefined ? users : [...users, cast.joiner];
  return present
    .map((user) => {
      const change = changeOf.get(user.userId);
      if (change === undefined) return user;
      const changed = change(user, moment);
      return changed && { ...changed, lastModifiedTime: moment.now - 7 * HOUR_MS };
    })
    .filter((user) => user !== undefined);
};

/** A role that users have on every night. */
const STEADY = 3;

/** The roles with another in place of one: the same name, and another unique id. */
const recreated = (roles: readonly Role[]): readonly Role[] =>
  roles.map((role, index) => (index === STEADY ? { ...role, RoleId: `${role.RoleId.slice(0, -1)}9` } : role));

/**
 * A directory over some nights, changing as a real one does: whatever a change rule looks for happens once, findings are
 * fixed and one comes back. On a quiet night only the login times of regular users move. Throws RangeError where the
 * numbers are out of bounds.
 */
export const makeNights = (options: NightsOptions): readonly Night[] => {
  const { nights = SCRIPT.length, users = 400, seed, firstNight, accountId } = options;
  if (!Number.isInteger(nights) || nights < 1 || nights > MAX_NIGHTS)
    throw new RangeError(`nights must be a whole number from 1 to ${MAX_NIGHTS}, got ${nights}`);
  if (!Number.isInteger(users) || users < BLOCK)
    throw new RangeError(`users must be a whole number from ${BLOCK}, got ${users}`);

  const directory = lazyDirectory({ users: users + BLOCK, seed, asOf: firstNight, accountId });
  const people = [...directory];
  const kinds = new Map(people.map(({ userId }, index) => [userId, directory.kindAt(index)]));
  const cast = castFrom(people.slice(0, users), people.slice(users), ({ userId }) => kinds.get(userId));

  const made: Night[] = [];
  let isRecreated = false;
  for (let night = 0; night < nights; night += 1) {
    const asOf = new Date(firstNight.getTime() + night * DAY_MS);
    const now = asOf.getTime();
    const random = seededRandom(seed, night);
    const before = made.at(-1)?.users.map((user) => dayLater(user, now, random)) ?? people.slice(0, users);
    const scene = SCRIPT[night] ?? QUIET;
    const present = act(before, scene, cast, { now, accountId });
    isRecreated ||= scene.recreates === true;
    const roles = makeRoles(present, { accountId, now: firstNight.getTime(), first: people.slice(0, users) });
    made.push({
      asOf,
      users: present,
      roles: isRecreated ? recreated(roles) : roles,
      groups: makeGroups(people.slice(0, users)),
      story: scene.story,
    });
  }
  return made;
};
