import { S3Client } from '@aws-sdk/client-s3';
import { bucketArchive } from '../lambda/archive/bucket.ts';
import { folderArchive } from '../lambda/archive/folder.ts';
import { archivedEnvironments } from '../lambda/archive/runs.ts';
import { shown } from '../lambda/config-file.ts';
import type { Archive } from '../lambda/ports.ts';
import { UsageError } from './exit-codes.ts';
import { ENVIRONMENT_ID, type FlagReader, isEnvironmentId } from './flags.ts';
import type { Io } from './terminal.ts';

/** The flags that say where an archive is, as they were typed. */
export interface PlaceFlags {
  readonly out?: string;
  readonly bucket?: string;
}

/** The flags of every command that reads an archive, as they were typed. */
export interface ArchiveFlags extends PlaceFlags {
  readonly environment?: string;
}

export type Place =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'bucket'; readonly name: string };

/** What of an archive is to be read. */
export interface ArchiveOptions {
  readonly place: Place;
  /** Undefined: the only one that the archive holds. */
  readonly environmentId: string | undefined;
}

/** The environment of an archive that a command reads. */
export interface ReadingRoom {
  readonly archive: Archive;
  readonly environmentId: string;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Reads where the archive is: exactly one of `--out` and `--bucket`. */
export const readPlace = (read: FlagReader, { out, bucket }: PlaceFlags): Place => {
  const path = read.text('--out', out, 'the path of a folder', (value) => value.trim() !== '');
  const name = read.text('--bucket', bucket, 'the name of an S3 bucket', (value) => BUCKET.test(value));
  if ((out === undefined) === (bucket === undefined)) {
    read.refuse(
      `one of --out FOLDER and --bucket NAME must be given, got ${out === undefined ? 'neither' : 'both'}`,
    );
  }
  return path === undefined ? { kind: 'bucket', name: name ?? '' } : { kind: 'folder', path };
};

/** Reads which environment of which archive a command is about; `read.done` throws where either is wrong. */
export const readArchiveFlags = (read: FlagReader, flags: ArchiveFlags): ArchiveOptions => ({
  environmentId: read.text('--environment', flags.environment, ENVIRONMENT_ID, isEnvironmentId),
  place: readPlace(read, flags),
});

/** @param region of the bucket; undefined: as the AWS SDKs find it */
export const openArchive = (place: Place, env: Io['env'], region?: string): Archive => {
  if (place.kind === 'folder') return folderArchive(place.path);
  // What stands in for S3 on one's own machine has no host name for each bucket.
  const forcePathStyle = (env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL) !== undefined;
  const client = new S3Client({ forcePathStyle, ...(region !== undefined && { region }) });
  return bucketArchive(client, place.name);
};

/**
 * Opens an archive to be read, at the environment that was asked for or at its only one.
 * @throws UsageError where the archive does not hold that environment, or holds several and none was asked for
 */
export const openReadingRoom = async (
  { place, environmentId }: ArchiveOptions,
  env: Io['env'],
): Promise<ReadingRoom> => {
  const archive = openArchive(place, env);
  const environments = await archivedEnvironments(archive);
  if (environments.length === 0) {
    throw new UsageError([
      `${place.kind === 'folder' ? '--out' : '--bucket'} must be an archive, got ${archive.location}, where no run is`,
    ]);
  }
  const [only, another] = environments;
  const asked = environmentId ?? (another === undefined ? only : undefined);
  if (asked !== undefined && environments.includes(asked)) return { archive, environmentId: asked };
  throw new UsageError([
    `--environment must be one of ${environments.join(', ')}, got ${shown(environmentId)}`,
  ]);
};
