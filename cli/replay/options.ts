import { isDay } from '../../core/config/config.ts';
import { type ArchiveFlags, readArchiveFlags } from '../arguments/archive-options.ts';
import { flagReader } from '../arguments/flags.ts';
import { isRunName, isRunOrDay } from '../arguments/run-name.ts';

/** The flags of `replay` as they were typed. */
export interface ReplayFlags extends ArchiveFlags {
  readonly from?: string;
  readonly to?: string;
  readonly config?: string;
  readonly waivers?: string;
  readonly against?: string;
  readonly json?: true;
}

/** An end of a stretch of runs, as somebody named it. */
export interface RunBound {
  /** The beginning of run names: `20261124`, or the whole of one, `20261124T020000Z`. */
  readonly prefix: string;
  /** A whole name: that run has to be there. */
  readonly isRun: boolean;
}

const boundOf = (text: string | undefined): RunBound | undefined =>
  text === undefined
    ? undefined
    : { prefix: isDay(text) ? text.replaceAll('-', '') : text, isRun: isRunName(text) };

/** Reads the flags of `replay`. Throws UsageError. */
export const readReplayFlags = (flags: ReplayFlags) => {
  const read = flagReader();
  const archive = readArchiveFlags(read, flags);
  const allowed = 'a run as 20261124T020000Z or a day as 2026-11-24';
  const from = boundOf(read.text('--from', flags.from, allowed, isRunOrDay));
  const to = boundOf(read.text('--to', flags.to, allowed, isRunOrDay));
  for (const name of ['config', 'waivers', 'against'] as const) read.path(`--${name}`, flags[name], 'file');
  if (from !== undefined && to !== undefined && from.prefix.slice(0, to.prefix.length) > to.prefix)
    read.refuse(`--from must not be after --to, got ${flags.from} and ${flags.to}`);
  read.done();
  return { archive, from, to };
};
