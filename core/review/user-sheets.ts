import { isPrivileged } from '../../rules/conditions/users.ts';
import type { Context } from '../../rules/engine/context.ts';
import { memberAsGiven } from '../../rules/engine/record.ts';
import { isAtLeast } from '../../rules/engine/severity.ts';
import { USER_TIMES, type User } from '../../rules/engine/user.ts';
import type { ArchivedUser } from '../archive/repeated-records.ts';
import type { SpoolFolder } from '../archive/staging.ts';
import type { momentsOf } from '../model/listing.ts';
import { fullNameOf, groupsCell, memberText, roleCell, timeCell } from '../model/user-text.ts';
import type { OpenCount } from './open-findings.ts';
import { REVIEWERS_FILE } from './pack-manifest.ts';
import type { ReviewPages } from './page.ts';
import type { Reviewers } from './reviewers.ts';
import { openSheet } from './sheet.ts';
import { type Identity, WORKSHEET_COLUMNS } from './worksheet.ts';

const WHO = ['userId', 'firstName', 'lastName', 'emailAddress'] as const;
const ACCESS = ['type', 'status', 'apiAccess', 'apiAccessPrincipalArn'] as const;
const FINDINGS = ['openFindings', 'worstSeverity'] as const;

type Moments = ReturnType<typeof momentsOf>;

type Time = (typeof USER_TIMES)[number];

const whoCells = ({ id, firstName, lastName, emailAddress }: User) => ({
  userId: id,
  firstName: memberText(firstName),
  lastName: memberText(lastName),
  emailAddress: memberText(emailAddress),
});

const accessCells = ({ type, status, apiAccess, principalArn }: User) => ({
  type: memberText(type),
  status: memberText(status),
  apiAccess: memberText(apiAccess),
  apiAccessPrincipalArn: principalArn ?? '',
});

const findingCells = ({ count, worst }: OpenCount) => ({ openFindings: count, worstSeverity: worst ?? '' });

const timeCells = ({ user, record }: ArchivedUser, moments: Moments) =>
  Object.fromEntries(
    USER_TIMES.flatMap((member) => [
      [member, timeCell(user[member], moments)],
      [`${member}Raw`, memberText(memberAsGiven(Object(record), member))],
    ]),
  ) as Record<Time | `${Time}Raw`, string>;

/** Names the privileges of a user; empty where it has none, as far as is known. */
const privilegeOf = (user: User, context: Context): readonly string[] => {
  if (user.isSuperUser) return ['SUPER_USER'];
  return isPrivileged(user, context) ? ['ManageUsersAndGroups by a permission group'] : [];
};

/** Names the members of which the record gives no documented value, so that nobody can tell what they allow. */
const unknownOf = ({ isSuperUser, isApiBound }: User): readonly string[] => [
  ...(isSuperUser === undefined ? ['type not known'] : []),
  ...(isApiBound === undefined ? ['apiAccess not known'] : []),
];

const privilegesOf = (user: User, context: Context): string =>
  [...privilegeOf(user, context), ...(user.isApiBound ? ['API access'] : []), ...unknownOf(user)].join(' and ');

const reachCells = (user: User, context: Context) => ({
  permissionGroups: groupsCell(user, context),
  role: roleCell(user, context),
});

/** The reason that a user is kept only with a justification; empty where none is needed. */
const justificationToKeep = (user: User, { worst }: OpenCount, context: Context): string => {
  const reasons = [
    ...privilegeOf(user, context),
    ...(worst !== undefined && isAtLeast(worst, 'HIGH') ? [`open ${worst} finding`] : []),
  ];
  return reasons.length === 0 ? '' : `required: ${reasons.join(' and ')}`;
};

const TIMES = USER_TIMES.flatMap((member) => [member, `${member}Raw`] as const);
const ROSTER_COLUMNS = [...WHO, ...ACCESS, ...TIMES, ...FINDINGS] as const;
const REACH = ['permissionGroups', 'role'] as const;
const PRIVILEGED_COLUMNS = [...WHO, 'because', ...ACCESS, ...REACH, 'lastLogin', ...FINDINGS] as const;
const LOGIN_TIMES = ['lastLogin', 'createTime', 'lastEnabledTime'] as const;
const NEVER_LOGGED_IN_COLUMNS = [...WHO, ...LOGIN_TIMES, ...ACCESS, ...FINDINGS] as const;

/**
 * The files of a pack that have a line a user.
 * @param context of the reviewed run
 * @param pages the worksheet in a browser; undefined: none
 * @param reviewers who reviews whom; undefined: whoever does
 */
export const openUserSheets = async (
  spools: SpoolFolder,
  context: Context,
  pages?: Pick<ReviewPages, 'add'>,
  reviewers?: Pick<Reviewers, 'assign'>,
) => {
  const roster = await openSheet(spools, 'roster.csv', ROSTER_COLUMNS);
  const privileged = await openSheet(spools, 'privileged.csv', PRIVILEGED_COLUMNS);
  const neverLoggedIn = await openSheet(spools, 'never-logged-in.csv', NEVER_LOGGED_IN_COLUMNS);
  const worksheet = await openSheet(spools, 'worksheet.csv', WORKSHEET_COLUMNS);
  const assigned = reviewers && (await openSheet(spools, REVIEWERS_FILE, ['userId', 'reviewer']));
  const counts = {
    superUsers: 0,
    apiBound: 0,
    privilegeUnknown: 0,
    neverLoggedIn: 0,
    lastLoginUnknown: 0,
    justificationRequired: 0,
  };
  let effectiveSuperUsers = 0;

  return {
    async add(listed: ArchivedUser, findings: OpenCount): Promise<void> {
      const { user } = listed;
      const who = whoCells(user);
      const access = accessCells(user);
      const open = findingCells(findings);
      const time = timeCells(listed, context);
      const reach = reachCells(user, context);
      const { lastLoginTime: lastLogin, createTime, lastEnabledTime } = time;
      await roster.add({ ...who, ...access, ...time, ...open });

      const privileges = privilegesOf(user, context);
      if (user.isSuperUser) counts.superUsers += 1;
      else if (isPrivileged(user, context)) effectiveSuperUsers += 1;
      if (user.isApiBound) counts.apiBound += 1;
      if (unknownOf(user).length > 0) counts.privilegeUnknown += 1;
      if (privileges !== '')
        await privileged.add({ ...who, because: privileges, ...access, ...reach, lastLogin, ...open });

      // An unusable time proves no login.
      if (lastLogin === 'never') counts.neverLoggedIn += 1;
      if (lastLogin === 'unusable') counts.lastLoginUnknown += 1;
      if (lastLogin === 'never' || lastLogin === 'unusable')
        await neverLoggedIn.add({ ...who, lastLogin, createTime, lastEnabledTime, ...access, ...open });

      const required = justificationToKeep(user, findings, context);
      if (required !== '') counts.justificationRequired += 1;
      const identity: Identity = {
        userId: user.id,
        name: fullNameOf(user),
        emailAddress: who.emailAddress,
        ...access,
        ...reach,
        lastLogin,
        ...open,
        openFindings: String(open.openFindings),
        justificationToKeep: required,
      };
      const reviewer = reviewers?.assign(identity) ?? '';
      await assigned?.add({ userId: user.id, reviewer });
      await pages?.add(identity, findings.rules ?? [], reviewer);
      await worksheet.add({ ...identity, decision: '', justification: '', reviewer: '' });
    },
    counts: () => ({
      users: roster.rows,
      ...counts,
      ...(context.memberships !== undefined && { effectiveSuperUsers }),
    }),
    finish: async () => ({
      'roster.csv': await roster.finish(),
      'privileged.csv': await privileged.finish(),
      'never-logged-in.csv': await neverLoggedIn.finish(),
      'worksheet.csv': await worksheet.finish(),
      ...(assigned && { [REVIEWERS_FILE]: await assigned.finish() }),
    }),
  };
};
