import type { Archive } from '../../core/archive/archive.ts';
import { archivedEnvironments } from '../../core/archive/environments.ts';
import { shown } from '../../core/config/schema.ts';
import { UsageError } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';
import { type ArchiveLocation, type LocationFlags, openArchive, readArchiveLocation } from './archive-location.ts';
import type { FlagReader } from './flags.ts';

/** The flags of every command that reads an archive, as they were typed. */
export interface ArchiveFlags extends LocationFlags {
  readonly environment?: string;
}

/** The archive that is to be read, and the environment. */
export interface ArchiveOptions {
  readonly location: ArchiveLocation;
  /** Undefined: the only one that the archive holds. */
  readonly environmentId: string | undefined;
}

/** The environment of an archive that a command reads. */
export interface OpenedArchive {
  readonly archive: Archive;
  readonly environmentId: string;
}

/** Reads which environment of which archive a command is about; `read.done` throws where either is wrong. */
export const readArchiveFlags = (read: FlagReader, flags: ArchiveFlags): ArchiveOptions => ({
  environmentId: read.environmentId('--environment', flags.environment),
  location: readArchiveLocation(read, flags),
});

/**
 * Opens an archive to be read, at the environment that was asked for or at its only one.
 * @throws UsageError where the archive does not hold that environment, or holds several and none was asked for
 */
export const openedArchive = async (
  { location, environmentId }: ArchiveOptions,
  env: Io['env'],
): Promise<OpenedArchive> => {
  const archive = await openArchive(location, env);
  const environments = await archivedEnvironments(archive);
  if (environments.length === 0) {
    throw new UsageError([
      `${location.kind === 'folder' ? '--out' : '--bucket'} must be an archive, got ${archive.location}, where no run is`,
    ]);
  }
  const [only, another] = environments;
  const asked = environmentId ?? (another === undefined ? only : undefined);
  if (asked !== undefined && environments.includes(asked)) return { archive, environmentId: asked };
  throw new UsageError([`--environment must be one of ${environments.join(', ')}, got ${shown(environmentId)}`]);
};
