import { type ArchiveLocation, readArchiveLocation, readRegion } from '../arguments/archive-location.ts';
import { flagReader } from '../arguments/flags.ts';
import type { Io } from '../terminal/terminal.ts';

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

/** The environments that `verify` is asked to check, and what to hold them against. */
export interface VerifyRequest {
  readonly location: ArchiveLocation;
  /** The bucket's region; empty for a folder, which has none. */
  readonly region: string;
  /** Empty: every one that the archive or the config has. */
  readonly environmentIds: readonly string[];
  /** None: signatures are not checked. */
  readonly publicKeyFiles: readonly string[];
  readonly configFile: string | undefined;
  readonly isJson: boolean;
}

/** Reads the flags of `verify`. Throws UsageError, which lists everything that is wrong at once. */
export const readVerifyFlags = (flags: VerifyFlags, env: Io['env']): VerifyRequest => {
  const read = flagReader();
  const location = readArchiveLocation(read, flags);
  const region = flags.bucket === undefined ? '' : readRegion(read, flags.region, env);
  if (flags.region !== undefined && flags.bucket === undefined) {
    read.refuse('--region is allowed with --bucket only: a folder has none');
  }
  for (const id of flags.environment ?? []) read.environmentId('--environment', id);
  for (const path of flags.publicKey ?? []) read.path('--public-key', path, 'file');
  const configFile = read.path('--config', flags.config, 'file');
  read.done();
  return {
    location,
    region,
    environmentIds: [...new Set(flags.environment)],
    publicKeyFiles: flags.publicKey ?? [],
    configFile,
    isJson: flags.json ?? false,
  };
};
