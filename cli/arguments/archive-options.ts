import type { Archive } from '../../core/archive/archive.ts';
import { archivedEnvironments } from '../../core/archive/environments.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import { awsClient } from '../../core/aws/clients.ts';
import { isRegion } from '../../core/aws/partition.ts';
import { shown } from '../../core/config/schema.ts';
import { UsageError } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';
import type { FlagReader } from './flags.ts';

/** The flags that say where an archive is, as they were typed. */
export interface LocationFlags {
  readonly out?: string;
  readonly bucket?: string;
}

/** The location of an archive. */
export type ArchiveLocation =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'bucket'; readonly name: string };

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** Reads `--region`, or AWS_REGION in its place. */
export const readRegion = (read: FlagReader, region: string | undefined, env: Io['env']): string => {
  const name = region === undefined ? '--region (or AWS_REGION)' : '--region';
  return read.text(name, region ?? env.AWS_REGION ?? '', 'a region such as us-east-1', isRegion) ?? '';
};

/** Reads `--out` and `--bucket`, of which one must be given. */
export const readArchiveLocation = (read: FlagReader, { out, bucket }: LocationFlags): ArchiveLocation => {
  const path = read.path('--out', out, 'folder');
  const name = read.text('--bucket', bucket, 'the name of an S3 bucket', (value) => BUCKET.test(value));
  if ((out === undefined) === (bucket === undefined)) {
    read.refuse(`one of --out FOLDER and --bucket NAME must be given, got ${out === undefined ? 'neither' : 'both'}`);
  }
  return path === undefined ? { kind: 'bucket', name: name ?? '' } : { kind: 'folder', path };
};

/**
 * Opens an archive; a folder without loading any of the AWS SDK.
 * @param region of the bucket; undefined: as the AWS SDKs find it
 */
export const openArchive = async (location: ArchiveLocation, env: Io['env'], region?: string): Promise<Archive> => {
  if (location.kind === 'folder') return folderArchive(location.path);
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { bucketArchive } = await import('../../core/archive/bucket.ts');
  // What stands in for S3 on one's own machine has no host name for each bucket.
  const forcePathStyle = (env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL) !== undefined;
  return bucketArchive(awsClient(S3Client, { forcePathStyle, ...(region !== undefined && { region }) }), location.name);
};

/** The flags of every command that reads an archive, as they were typed. */
export interface ArchiveFlags extends LocationFlags {
  /** Default: the only one that the archive holds. */
  readonly environment?: string;
  readonly json?: true;
}

/** The environment of an archive that a command reads. */
export interface OpenedArchive {
  readonly archive: Archive;
  readonly environmentId: string;
}

/** Reads which environment of which archive a command is about; `read.done` throws where either is wrong. */
export const readArchiveFlags = (read: FlagReader, flags: ArchiveFlags) => ({
  environmentId: read.environmentId('--environment', flags.environment),
  location: readArchiveLocation(read, flags),
});

/** The archive that is to be read, and the environment. */
export type ArchiveOptions = ReturnType<typeof readArchiveFlags>;

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
