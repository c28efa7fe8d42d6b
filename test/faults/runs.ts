import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Archive } from '../../core/archive/archive.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import { readBytes } from '../../core/archive/lines.ts';
import { audit } from '../../core/audit/audit.ts';
import type { AuditRequest } from '../../core/audit/request.ts';
import { configuredSettings } from '../../core/audit/settings.ts';
import { defaultConfig } from '../../core/config/config.ts';
import { stoppedClock } from '../../core/model/clock.ts';
import { digestChannel, type SendAlert } from '../../core/notify/channels/digest.ts';
import { rules } from '../../rules/index.ts';
import { ACCOUNT, anApiUser, aUser, daysAgo, ENVIRONMENT, type UserRecord } from '../support/builders.ts';
import { listingOf } from '../support/listing.ts';

/** The users on a page, in a listing of three pages. */
export const PAGE_SIZE = 8;

/** The instants of three runs: the first is over and well, the second is disturbed, the third is still to come. */
export const INSTANTS = [new Date(daysAgo(0)), new Date(daysAgo(-1)), new Date(daysAgo(-2))] as const;

const idOf = (number: number): string => `u${String(number).padStart(2, '0')}`;

const people = (changes: Readonly<Record<string, UserRecord>>): readonly UserRecord[] =>
  Array.from({ length: 3 * PAGE_SIZE }, (_, n) => {
    const userId = idOf(n);
    return aUser({ userId, lastLoginTime: daysAgo(0), ...changes[userId] });
  });

/** The users that fail in both runs, spread over the pages. */
const FAILING = {
  u00: { type: 'SUPER_USER' },
  u03: { lastLoginTime: daysAgo(200) },
  u11: { apiAccess: 'ENABLED' },
  u22: { type: 'SUPER_USER', apiAccess: 'ENABLED', apiAccessPrincipalArn: `arn:aws:iam::${ACCOUNT}:role/a` },
} as const;

/** The directory of the first run, with users that are mended before the second; the last one is then gone. */
export const USERS_BEFORE: readonly UserRecord[] = people({
  ...FAILING,
  u02: { lastLoginTime: daysAgo(200) },
  u10: { apiAccess: 'ENABLED' },
  u20: { emailAddress: 'admin@quagmire.example' },
  u23: { lastLoginTime: daysAgo(200) },
});

/** The directory of the second run: somebody is gone, and somebody is new. */
export const USERS: readonly UserRecord[] = [
  ...people({ ...FAILING, u05: { type: 'SUPER_USER' } }).slice(0, -1),
  anApiUser({ userId: 'u99', lastLoginTime: daysAgo(0) }),
];

export const USER_IDS: readonly unknown[] = USERS.map(({ userId }) => userId);

/** The settings of every run. A roster may shrink as it likes: no other guard hides a listing taken for whole. */
export const SETTINGS = configuredSettings({ ...defaultConfig(rules), maxDropPercent: 100 }, [], ENVIRONMENT);

export const requestOf = (
  asOf: Date,
  { attempt, deadline }: Pick<AuditRequest, 'attempt' | 'deadline'>,
): AuditRequest => ({
  environmentId: ENVIRONMENT,
  accountId: ACCOUNT,
  region: 'us-east-1',
  partition: 'aws',
  asOf,
  attempt,
  deadline,
  acceptRosterDrop: false,
});

/** Makes a run in which nothing goes wrong. */
export const auditUndisturbed = (
  archive: Archive,
  asOf: Date,
  users: readonly UserRecord[],
  sendAlert: SendAlert = () => Promise.resolve('sent'),
) =>
  audit(requestOf(asOf, { attempt: 'undisturbed', deadline: Number.POSITIVE_INFINITY }), {
    ...SETTINGS,
    listUsers: listingOf([users]),
    archive,
    channels: [digestChannel(sendAlert)],
    notifyWaitMs: 0,
    clock: stoppedClock(asOf.getTime()),
  });

/** Opens an archive in a folder of its own, and closes it for good. */
export const openFolder = async (): Promise<{ readonly archive: Archive; close(): Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'finspace-audit-faults-'));
  return { archive: folderArchive(folder), close: () => rm(folder, { recursive: true, force: true }) };
};

/** Every object of an archive, to be put into another. */
export type Objects = ReadonlyMap<string, Uint8Array>;

export const objectsOf = async (archive: Archive): Promise<Objects> => {
  const objects = new Map<string, Uint8Array>();
  for await (const key of archive.list('')) {
    const stored = await archive.read(key);
    if (stored !== undefined) objects.set(key, await readBytes(stored));
  }
  return objects;
};

export const fillArchive = async (archive: Archive, objects: Objects): Promise<void> => {
  await Promise.all([...objects].map(([key, bytes]) => archive.create(key, { bytes }, 'application/octet-stream')));
};
