import { isAbsolute, relative, resolve } from 'node:path';
import { isDay } from '../../core/config/config.ts';
import type { Days } from '../../core/review/period.ts';
import { type ArchiveFlags, type ArchiveOptions, readArchiveFlags } from '../arguments/archive-options.ts';
import { flagReader, isNotBlank } from '../arguments/flags.ts';

/** The flags of `review` as they were typed. */
export interface ReviewFlags extends ArchiveFlags {
  readonly from?: string;
  readonly to?: string;
  readonly pack?: string;
  readonly ingest?: string;
  readonly reviewer?: string;
  readonly signedOffAt?: string;
}

/** The task that `review` is asked for. */
export type ReviewOptions =
  | { readonly task: 'build'; readonly archive: ArchiveOptions; readonly period: Days; readonly pack: string }
  | {
      readonly task: 'sign-off';
      readonly pack: string;
      readonly filled: string;
      readonly reviewer: string;
      readonly signedOffAt: Date;
    };

const isWithin = (folder: string, path: string): boolean => {
  const fromFolder = relative(resolve(folder), resolve(path));
  return !fromFolder.startsWith('..') && !isAbsolute(fromFolder);
};

const BUILD_FLAGS = ['out', 'bucket', 'environment', 'from', 'to'] as const;
const SIGN_OFF_FLAGS = { reviewer: '--reviewer', signedOffAt: '--signed-off-at' } as const;

/**
 * Reads the flags of `review`. Throws UsageError.
 * @param now in milliseconds since the epoch: when a review is signed off, unless the flags say; never later
 */
export const readReviewFlags = (flags: ReviewFlags, now: number): ReviewOptions => {
  const read = flagReader();
  const pack = read.path('--pack', flags.pack ?? '', 'folder') ?? '';

  if (flags.ingest === undefined) {
    const archive = readArchiveFlags(read, flags);
    const from = read.text('--from', flags.from ?? '', 'a day as 2026-11-01', isDay) ?? '';
    const to = read.text('--to', flags.to ?? '', 'a day as 2026-11-30', isDay) ?? '';
    if (from > to && to !== '') read.refuse(`--from must not be after --to, got ${from} and ${to}`);
    for (const name of Object.keys(SIGN_OFF_FLAGS) as (keyof typeof SIGN_OFF_FLAGS)[])
      if (flags[name] !== undefined) read.refuse(`${SIGN_OFF_FLAGS[name]} is allowed with --ingest only`);
    if (pack !== '' && archive.location.kind === 'folder' && isWithin(archive.location.path, pack))
      read.refuse('--pack must be a folder outside of the archive');
    read.done();
    return { task: 'build', archive, period: { from, to }, pack };
  }

  for (const name of BUILD_FLAGS)
    if (flags[name] !== undefined) read.refuse(`--${name} is not allowed with --ingest: the pack says what it is of`);
  const filled = read.text('--ingest', flags.ingest, 'the path of a filled worksheet', isNotBlank) ?? '';
  const reviewer = read.text('--reviewer', flags.reviewer ?? '', 'the name of who signs the review off', isNotBlank);
  const signedOffAt = read.pastTime('--signed-off-at', flags.signedOffAt, now);
  read.done();
  return {
    task: 'sign-off',
    pack,
    filled,
    reviewer: reviewer?.trim() ?? '',
    signedOffAt: signedOffAt ?? new Date(now),
  };
};
