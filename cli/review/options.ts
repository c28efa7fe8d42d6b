import { isAbsolute, relative, resolve } from 'node:path';
import { isDay } from '../../core/model/run-name.ts';
import { type ArchiveFlags, readArchiveFlags } from '../arguments/archive-options.ts';
import { type FlagReader, flagReader, isNotBlank } from '../arguments/flags.ts';
import type { Io } from '../terminal/terminal.ts';

/** The flags of `review` as they were typed. */
export interface ReviewFlags extends ArchiveFlags {
  readonly from?: string;
  readonly to?: string;
  readonly pack?: string;
  readonly ingest?: readonly string[];
  readonly reviewers?: string;
  readonly followUp?: true;
  readonly withinDays?: string;
  readonly reviewer?: string;
  readonly signedOffAt?: string;
}

const isWithin = (folder: string, path: string): boolean => {
  const fromFolder = relative(resolve(folder), resolve(path));
  return !fromFolder.startsWith('..') && !isAbsolute(fromFolder);
};

/** Flags of building, signing off and following up that stand in no other's place. */
const ONLY = {
  ingest: ['reviewer', 'signedOffAt'],
  followUp: ['withinDays'],
  build: ['from', 'to', 'reviewers'],
} as const;

const NAMES = {
  reviewer: '--reviewer',
  signedOffAt: '--signed-off-at',
  withinDays: '--within-days',
  from: '--from',
  to: '--to',
  reviewers: '--reviewers',
} as const;

/** Refuses the flags that are of another work than the one that is asked for. */
const refuseOthers = (read: FlagReader, flags: ReviewFlags, work: keyof typeof ONLY): void => {
  const own = { ingest: '--ingest', followUp: '--follow-up', build: 'a pack that is to be built' };
  for (const other of ['ingest', 'followUp', 'build'] as const)
    for (const name of other === work ? [] : ONLY[other])
      if (flags[name] !== undefined) read.refuse(`${NAMES[name]} is allowed with ${own[other]} only`);
};

const BUILD_FLAGS = ['out', 'bucket', 'region', 'environment', 'from', 'to'] as const;

const readPack = (read: FlagReader, flags: ReviewFlags): string =>
  read.path('--pack', flags.pack ?? '', 'folder') ?? '';

/** Reads the flags of a pack that is to be built. Throws UsageError. */
export const readBuildFlags = (flags: ReviewFlags, env: Io['env']) => {
  const read = flagReader();
  const pack = readPack(read, flags);
  const archive = readArchiveFlags(read, flags, env);
  const from = read.text('--from', flags.from ?? '', 'a day as 2026-11-01', isDay) ?? '';
  const to = read.text('--to', flags.to ?? '', 'a day as 2026-11-30', isDay) ?? '';
  if (from > to && to !== '') read.refuse(`--from must not be after --to, got ${from} and ${to}`);
  const reviewers = read.path('--reviewers', flags.reviewers, 'file');
  refuseOthers(read, flags, 'build');
  if (pack !== '' && archive.location.kind === 'folder' && isWithin(archive.location.path, pack))
    read.refuse('--pack must be a folder outside of the archive');
  read.done();
  return { archive, period: { from, to }, pack, reviewers };
};

/**
 * Reads the flags of a review that is to be signed off. Throws UsageError.
 * @param now in milliseconds since the epoch: when it is signed off, unless the flags say; never later
 */
export const readSignOffFlags = (flags: ReviewFlags, now: number) => {
  const read = flagReader();
  const pack = readPack(read, flags);
  for (const name of BUILD_FLAGS)
    if (flags[name] !== undefined) read.refuse(`--${name} is not allowed with --ingest: the pack says what it is of`);
  const filled = flags.ingest ?? [];
  for (const path of filled) read.text('--ingest', path, 'the path of a filled worksheet', isNotBlank);
  if (flags.reviewers !== undefined || flags.withinDays !== undefined) refuseOthers(read, flags, 'ingest');
  if (flags.followUp) read.refuse('one of --ingest and --follow-up is allowed, got both');
  const reviewer = read.text('--reviewer', flags.reviewer ?? '', 'the name of who signs the review off', isNotBlank);
  const signedOffAt = read.pastTime('--signed-off-at', flags.signedOffAt, now) ?? new Date(now);
  read.done();
  return { pack, filled, reviewer: reviewer?.trim() ?? '', signedOffAt };
};

/** The days that a revocation may take where nobody says. */
const WITHIN_DAYS = 30;

/** Reads the flags of a review that is to be followed up. Throws UsageError. */
export const readFollowUpFlags = (flags: ReviewFlags, env: Io['env']) => {
  const read = flagReader();
  const pack = readPack(read, flags);
  const archive = readArchiveFlags(read, flags, env);
  const withinDays = read.whole('--within-days', flags.withinDays, 1, 3650) ?? WITHIN_DAYS;
  refuseOthers(read, flags, 'followUp');
  read.done();
  return { archive, pack, withinDays };
};
