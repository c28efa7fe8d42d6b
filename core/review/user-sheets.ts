import { isAtLeast } from '../../rules/engine/severity.ts';
import { readTime } from '../../rules/engine/time.ts';
import { USER_TIMES, type User } from '../../rules/engine/user.ts';
import type { Evidence, SpoolFolder } from '../archive/staging.ts';
import { serialiseRecord } from '../model/record.ts';
import type { OpenFindings } from './open-findings.ts';
import { openSheet } from './sheet.ts';
import { WORKSHEET_COLUMNS } from './worksheet-columns.ts';

const WHO = ['userId', 'firstName', 'lastName', 'emailAddress'] as const;
const ACCESS = ['type', 'status', 'apiAccess', 'apiAccessPrincipalArn'] as const;
const FINDINGS = ['openFindings', 'worstSeverity'] as const;

type Time = (typeof USER_TIMES)[number];

/** A member as a cell: a text as it is, nothing where there is none, and any other value as JSON. */
export const textOf = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : serialiseRecord(value);
};

const timeText = (value: unknown, now: number): string => {
  const time = readTime(value, now);
  return typeof time === 'number' ? new Date(time).toISOString() : time;
};

const whoCells = ({ id, firstName, lastName, emailAddress }: User) => ({
  userId: id,
  firstName: textOf(firstName),
  lastName: textOf(lastName),
  emailAddress: textOf(emailAddress),
});

const accessCells = ({ type, status, apiAccess, principalArn }: User) => ({
  type: textOf(type),
  status: textOf(status),
  apiAccess: textOf(apiAccess),
  apiAccessPrincipalArn: principalArn ?? '',
});

const findingCells = ({ count, worst }: OpenFindings) => ({
  openFindings: count,
  worstSeverity: worst ?? '',
});

const timeCells = (user: User, now: number) =>
  Object.fromEntries(
    USER_TIMES.flatMap((member) => [
      [member, timeText(user[member], now)],
      [`${member}Raw`, textOf(user[member])],
    ]),
  ) as Record<Time | `${Time}Raw`, string>;

const nameOf = ({ firstName, lastName }: User): string =>
  [firstName, lastName]
    .map(textOf)
    .filter((name) => name !== '')
    .join(' ');

/** Why a user is kept only with a justification; nothing where none is needed. */
const justificationToKeep = ({ isPrivileged }: User, { worst }: OpenFindings): string => {
  const reasons = [
    ...(isPrivileged ? ['SUPER_USER'] : []),
    ...(worst !== undefined && isAtLeast(worst, 'HIGH') ? [`open ${worst} finding`] : []),
  ];
  return reasons.length === 0 ? '' : `required: ${reasons.join(' and ')}`;
};

/** The files of a pack that have a line a user. */
export interface UserSheets {
  add(user: User, findings: OpenFindings): Promise<void>;
  counts(): {
    readonly users: number;
    readonly superUsers: number;
    readonly apiBound: number;
    readonly neverLoggedIn: number;
    readonly lastLoginUnknown: number;
    readonly justificationRequired: number;
  };
  finish(): Promise<
    Readonly<Record<'roster.csv' | 'privileged.csv' | 'never-logged-in.csv' | 'worksheet.csv', Evidence>>
  >;
}

/** @param now the reviewed run's instant, in milliseconds since the epoch */
export const openUserSheets = async (spools: SpoolFolder, now: number): Promise<UserSheets> => {
  const times = USER_TIMES.flatMap((member) => [member, `${member}Raw`] as const);
  const roster = await openSheet(spools, 'roster.csv', [...WHO, ...ACCESS, ...times, ...FINDINGS]);
  const privileged = await openSheet(spools, 'privileged.csv', [
    ...WHO,
    'because',
    ...ACCESS,
    'lastLogin',
    ...FINDINGS,
  ]);
  const neverLoggedIn = await openSheet(spools, 'never-logged-in.csv', [
    ...WHO,
    'lastLogin',
    'createTime',
    'lastEnabledTime',
    ...ACCESS,
    ...FINDINGS,
  ]);
  const worksheet = await openSheet(spools, 'worksheet.csv', WORKSHEET_COLUMNS);
  const counts = {
    superUsers: 0,
    apiBound: 0,
    neverLoggedIn: 0,
    lastLoginUnknown: 0,
    justificationRequired: 0,
  };

  return {
    async add(user, findings) {
      const who = whoCells(user);
      const access = accessCells(user);
      const told = findingCells(findings);
      const time = timeCells(user, now);
      const lastLogin = time.lastLoginTime;
      await roster.add({ ...who, ...access, ...time, ...told });

      if (user.isPrivileged) counts.superUsers += 1;
      if (user.isApiBound) counts.apiBound += 1;
      if (user.isPrivileged || user.isApiBound) {
        const because = [
          ...(user.isPrivileged ? ['SUPER_USER'] : []),
          ...(user.isApiBound ? ['API access'] : []),
        ].join(' and ');
        await privileged.add({ ...who, because, ...access, lastLogin, ...told });
      }

      // Where the time can't be told, neither can that they ever did.
      if (lastLogin === 'never') counts.neverLoggedIn += 1;
      if (lastLogin === 'unusable') counts.lastLoginUnknown += 1;
      if (lastLogin === 'never' || lastLogin === 'unusable') {
        const { createTime, lastEnabledTime } = time;
        await neverLoggedIn.add({ ...who, lastLogin, createTime, lastEnabledTime, ...access, ...told });
      }

      const required = justificationToKeep(user, findings);
      if (required !== '') counts.justificationRequired += 1;
      await worksheet.add({
        userId: user.id,
        name: nameOf(user),
        emailAddress: who.emailAddress,
        ...access,
        lastLogin,
        ...told,
        justificationToKeep: required,
        decision: '',
        justification: '',
        reviewer: '',
      });
    },
    counts: () => ({ users: roster.rows, ...counts }),
    finish: async () => ({
      'roster.csv': await roster.finish(),
      'privileged.csv': await privileged.finish(),
      'never-logged-in.csv': await neverLoggedIn.finish(),
      'worksheet.csv': await worksheet.finish(),
    }),
  };
};
