import { type ArchiveFlags, readArchiveFlags } from '../arguments/archive-options.ts';
import { flagReader, isReason, REASON_ALLOWED } from '../arguments/flags.ts';
import type { Io } from '../terminal/terminal.ts';

/** The flags of `close` and `reopen` as they were typed. */
export interface CloseFlags extends ArchiveFlags {
  readonly reason?: string;
  readonly config?: string;
}

/** Reads the flags of `close` and `reopen`. Throws UsageError, which lists everything that is wrong at once. */
export const readCloseFlags = (flags: CloseFlags, env: Io['env']) => {
  const read = flagReader();
  const options = readArchiveFlags(read, flags, env);
  const reason = read.text('--reason', flags.reason ?? '', REASON_ALLOWED, isReason);
  const configFile = read.path('--config', flags.config, 'file');
  read.done();
  return { ...options, reason: reason ?? '', configFile };
};
