import type { Archive } from '../../core/archive/archive.ts';
import type { TimeLeft } from '../../core/archive/bucket.ts';
import { archivedEnvironments } from '../../core/archive/environments.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import { isRegion } from '../../core/aws/region.ts';
import { shown } from '../../core/text/shown.ts';
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

const REGION = 'a region such as us-east-1';

/** Reads `--region`, or what stands for it in the environment; undefined where only a profile may name one. */
export const readRegion = (read: FlagReader, region: string | undefined, env: Io['env']): string | undefined => {
  const [name, value] = [
    ['--region', region] as const,
    // The SDKs take the first; the AWS CLI the second, too, and people have set what the CLI takes.
    ...(['AWS_REGION', 'AWS_DEFAULT_REGION'] as const).map((variable) => [variable, env[variable]] as const),
  ].find(([, given]) => given !== undefined) ?? ['--region', undefined];
  return read.text(name, value, REGION, isRegion);
};

/** Gives a region that was read, or that of the profile, as the AWS SDKs find it. Throws UsageError. */
export const regionOrProfiles = async (region: string | undefined): Promise<string> => {
  if (region !== undefined) return region;
  const { awsClient } = await import('../../core/aws/clients.ts');
  const { STSClient } = await import('@aws-sdk/client-sts');
  const found = await awsClient(STSClient)
    .config.region()
    .catch(() => undefined);
  if (found !== undefined && isRegion(found)) return found;
  throw new UsageError([
    `--region must be ${REGION}, got ${shown(found)}: AWS_REGION and AWS_DEFAULT_REGION are not set, and the profile has none`,
  ]);
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
 * Opens an archive; a folder without loading any of the AWS SDK. Throws UsageError where nothing tells the region.
 * @param region of the bucket; undefined: that of the profile
 * @param timeLeft for requests to a bucket that may pass when they are made again; undefined: a few seconds
 */
export const openArchive = async (
  location: ArchiveLocation,
  env: Io['env'],
  region?: string,
  timeLeft?: TimeLeft,
): Promise<Archive> => {
  if (location.kind === 'folder') return folderArchive(location.path);
  const { awsClient } = await import('../../core/aws/clients.ts');
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { bucketArchive } = await import('../../core/archive/bucket.ts');
  // What stands in for S3 on one's own machine has no host name for each bucket.
  const forcePathStyle = (env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL) !== undefined;
  const client = awsClient(S3Client, { forcePathStyle, region: await regionOrProfiles(region) });
  return bucketArchive(client, location.name, undefined, timeLeft);
};

/** The flags of every command that reads an archive, as they were typed. */
export interface ArchiveFlags extends LocationFlags {
  readonly region?: string;
  /** Default: the only one that the archive holds. */
  readonly environment?: string;
  readonly json?: true;
}

/** The environment of an archive that a command reads. */
export interface OpenedArchive {
  readonly archive: Archive;
  readonly environmentId: string;
}

/** Reads where the archive is that a command reads; `read.done` throws where that is wrong. */
export const locationToRead = (
  read: FlagReader,
  flags: Pick<ArchiveFlags, keyof LocationFlags | 'region'>,
  env: Io['env'],
) => {
  const location = readArchiveLocation(read, flags);
  if (flags.region !== undefined && flags.bucket === undefined)
    read.refuse('--region is allowed with --bucket only: a folder has none');
  return { location, region: location.kind === 'folder' ? undefined : readRegion(read, flags.region, env) };
};

/** Reads which environment of which archive a command is about; `read.done` throws where either is wrong. */
export const readArchiveFlags = (read: FlagReader, flags: ArchiveFlags, env: Io['env']) => ({
  environmentId: read.environmentId('--environment', flags.environment),
  ...locationToRead(read, flags, env),
});

/** The archive that is to be read, and the environment. */
export type ArchiveOptions = ReturnType<typeof readArchiveFlags>;

/**
 * Opens an archive to be read, at the environment that was asked for or at its only one.
 * @throws UsageError where the archive does not hold that environment, or holds several and none was asked for
 */
export const openedArchive = async (
  { location, region, environmentId }: ArchiveOptions,
  env: Io['env'],
): Promise<OpenedArchive> => {
  const archive = await openArchive(location, env, region);
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
