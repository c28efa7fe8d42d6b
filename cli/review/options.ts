import { isAbsolute, relative, resolve } from 'node:path';
import { isDay } from '../../core/config/config.ts';
import { type ArchiveFlags, readArchiveFlags } from '../arguments/archive-options.ts';
import { type FlagReader, flagReader, isNotBlank } from '../arguments/flags.ts';
import type { Io } from '../terminal/terminal.ts';

/** The flags of `review` as they were typed. */
export interface ReviewFlags extends ArchiveFlags {
  readonly from?: string;
  readonly to?: string;
  readonly pack?: string;
  readonly ingest?: string;
  readonly reviewer?: string;
  readonly signedOffAt?: string;
}

const isWithin = (folder: string, path: string): boolean => {
  const fromFolder = relative(resolve(folder), resolve(path));
  return !fromFolder.startsWith('..') && !isAbsolute(fromFolder);
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
  if (flags.reviewer !== undefined) read.refuse('--reviewer is allowed with --ingest only');
  if (flags.signedOffAt !== undefined) read.refuse('--signed-off-at is allowed with --ingest only');
  if (pack !== '' && archive.location.kind === 'folder' && isWithin(archive.location.path, pack))
    read.refuse('--pack must be a folder outside of the archive');
  read.done();
  return { archive, period: { from, to }, pack };
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
  const filled = read.text('--ingest', flags.ingest, 'the path of a filled worksheet', isNotBlank) ?? '';
  const reviewer = read.text('--reviewer', flags.reviewer ?? '', 'the name of who signs the review off', isNotBlank);
  const signedOffAt = read.pastTime('--signed-off-at', flags.signedOffAt, now) ?? new Date(now);
  read.done();
  return { pack, filled, reviewer: reviewer?.trim() ?? '', signedOffAt };
};
