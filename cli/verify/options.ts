import { type LocationFlags, locationToRead } from '../arguments/archive-options.ts';
import { flagReader } from '../arguments/flags.ts';
import type { Io } from '../terminal/terminal.ts';

/** The flags of `verify` as they were typed. */
export interface VerifyFlags extends LocationFlags {
  readonly region?: string;
  /** Default: every one that the archive or the config has. */
  readonly environment?: readonly string[];
  /** None: signatures are not checked. */
  readonly publicKey?: readonly string[];
  readonly config?: string;
  /** Each `N:SHA256`, or the path of a file that holds some. */
  readonly head?: readonly string[];
  /** Files of CloudTrail's events. */
  readonly signEvents?: readonly string[];
  readonly json?: true;
}

/** Reads the flags of `verify`. Throws UsageError, which lists everything that is wrong at once. */
export const readVerifyFlags = (flags: VerifyFlags, env: Io['env']) => {
  const read = flagReader();
  const { location, region } = locationToRead(read, flags, env);
  for (const id of flags.environment ?? []) read.environmentId('--environment', id);
  for (const path of flags.publicKey ?? []) read.path('--public-key', path, 'file');
  for (const path of flags.signEvents ?? []) read.path('--sign-events', path, 'file');
  const configFile = read.path('--config', flags.config, 'file');
  read.done();
  return {
    location,
    region,
    environmentIds: [...new Set(flags.environment)],
    publicKeyFiles: flags.publicKey ?? [],
    configFile,
    heads: flags.head ?? [],
    signEventFiles: flags.signEvents ?? [],
  };
};
