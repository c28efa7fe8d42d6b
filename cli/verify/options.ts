import { ENVIRONMENT_ID, isEnvironmentId } from '../../core/model/environment-id.ts';
import { type ArchiveLocation, readArchiveLocation, readRegion } from '../arguments/archive-place.ts';
import { flagReader } from '../arguments/flags.ts';

/** The flags of `verify` as they were typed. */
export interface VerifyFlags {
  readonly out?: string;
  readonly bucket?: string;
  readonly region?: string;
  readonly environment?: readonly string[];
  readonly publicKey?: readonly string[];
  readonly config?: string;
  readonly json?: true;
}

/** What `verify` is asked to do. */
export interface VerifyOptions {
  readonly place: ArchiveLocation;
  /** Of the bucket; empty for a folder, which has none. */
  readonly region: string;
  /** Empty: every one that the archive or the config has. */
  readonly environmentIds: readonly string[];
  /** None: signatures are not checked. */
  readonly publicKeyFiles: readonly string[];
  readonly configFile: string | undefined;
  readonly isJson: boolean;
}

/** Reads the flags of `verify`. Throws UsageError, which tells everything that is wrong at once. */
export const readVerifyFlags = (
  flags: VerifyFlags,
  env: Readonly<Record<string, string | undefined>>,
): VerifyOptions => {
  const read = flagReader();
  const file = (name: string, value: string | undefined) =>
    read.text(name, value, 'the path of a file', (path) => path.trim() !== '');
  const place = readArchiveLocation(read, flags);
  const region = flags.bucket === undefined ? '' : readRegion(read, flags.region, env);
  if (flags.region !== undefined && flags.bucket === undefined) {
    read.refuse('--region is allowed with --bucket only: a folder has none');
  }
  for (const id of flags.environment ?? []) read.text('--environment', id, ENVIRONMENT_ID, isEnvironmentId);
  for (const path of flags.publicKey ?? []) file('--public-key', path);
  const configFile = file('--config', flags.config);
  read.done();
  return {
    place,
    region,
    environmentIds: [...new Set(flags.environment)],
    publicKeyFiles: flags.publicKey ?? [],
    configFile,
    isJson: flags.json ?? false,
  };
};
