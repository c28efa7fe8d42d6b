import type { Context } from '../../rules/engine/context.ts';
import { type GroupRecord, Groups } from '../model/groups.ts';
import { type RoleRecord, Roles } from '../model/roles.ts';
import type { Archive } from './archive.ts';
import { ArchiveError } from './errors.ts';
import { isRecord } from './lines.ts';
import type { Manifest } from './manifest.ts';
import { readRunLines } from './read-run.ts';

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string');

const isGroupRecord = (line: unknown): line is GroupRecord =>
  isRecord(line) &&
  (typeof line.unread === 'string' ||
    (typeof line.permissionGroupId === 'string' &&
      (typeof line.userId === 'string' || isTexts(line.applicationPermissions))));

const isRoleRecord = (line: unknown): line is RoleRecord => isRecord(line) && typeof line.arn === 'string';

/** Reads the lines of one of a run's objects of facts; none where it has no such object. Throws ArchiveError. */
async function* linesOf<R>(
  archive: Archive,
  manifest: Manifest,
  name: 'principals' | 'groups',
  is: (line: unknown) => line is R,
): AsyncGenerator<R> {
  for await (const line of readRunLines(archive, manifest, name)) {
    if (!is(line)) throw new ArchiveError(`${manifest.objects[name]?.key}: a line of it is not what it has there`);
    yield line;
  }
}

export const roleLines = (archive: Archive, manifest: Manifest): AsyncGenerator<RoleRecord> =>
  linesOf(archive, manifest, 'principals', isRoleRecord);

export const groupLines = (archive: Archive, manifest: Manifest): AsyncGenerator<GroupRecord> =>
  linesOf(archive, manifest, 'groups', isGroupRecord);

/** Reads the roles that a run read; undefined where it read none. Throws ArchiveError. */
export const readRoles = async (archive: Archive, manifest: Manifest | undefined): Promise<Roles | undefined> => {
  if (manifest?.objects.principals === undefined) return undefined;
  const roles = new Roles();
  for await (const line of roleLines(archive, manifest)) roles.add(line);
  return roles;
};

/** Reads the permission groups that a run read; undefined where it read none. Throws ArchiveError. */
export const readGroups = async (archive: Archive, manifest: Manifest | undefined): Promise<Groups | undefined> => {
  if (manifest?.objects.groups === undefined) return undefined;
  const groups = new Groups();
  for await (const line of groupLines(archive, manifest)) groups.add(line);
  return groups;
};

/** The facts of a run beside its users, for rules to judge by. */
export type FactsContext = Pick<Context, 'roles' | 'earlierRoles' | 'memberships'>;

/**
 * Reads the facts that a run judged by.
 * @param previous the run that it compared with
 */
export const readFacts = async (
  archive: Archive,
  manifest: Manifest | undefined,
  previous?: Manifest,
): Promise<FactsContext> => ({
  roles: (await readRoles(archive, manifest))?.book,
  earlierRoles: (await readRoles(archive, previous))?.book,
  memberships: await readGroups(archive, manifest),
});
