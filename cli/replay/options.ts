import { type ArchiveFlags, readArchiveFlags } from '../arguments/archive-options.ts';
import { flagReader } from '../arguments/flags.ts';
import { isRunOrDay } from '../arguments/run-name.ts';
import type { Io } from '../terminal/terminal.ts';

/** The flags of `replay` as they were typed. */
export interface ReplayFlags extends ArchiveFlags {
  readonly from?: string;
  readonly to?: string;
  readonly config?: string;
  readonly waivers?: string;
  readonly against?: string;
}

/** A run as it is named, or the beginning of the names that the runs of a day have. */
const prefixOf = (runOrDay: string | undefined): string | undefined => runOrDay?.replaceAll('-', '');

/** Reads the flags of `replay`. Throws UsageError. */
export const readReplayFlags = (flags: ReplayFlags, env: Io['env']) => {
  const read = flagReader();
  const archive = readArchiveFlags(read, flags, env);
  const allowed = 'a run as 20261124T020000Z or a day as 2026-11-24';
  const from = prefixOf(read.text('--from', flags.from, allowed, isRunOrDay));
  const to = prefixOf(read.text('--to', flags.to, allowed, isRunOrDay));
  for (const name of ['config', 'waivers', 'against'] as const) read.path(`--${name}`, flags[name], 'file');
  if (from !== undefined && to !== undefined && from.slice(0, to.length) > to)
    read.refuse(`--from must not be after --to, got ${flags.from} and ${flags.to}`);
  read.done();
  return { archive, stretch: { from, to } };
};
