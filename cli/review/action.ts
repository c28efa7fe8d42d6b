import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Archive } from '../../core/archive/archive.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import { lastCompleteRun } from '../../core/archive/head.ts';
import { followUp } from '../../core/review/follow-up.ts';
import { isTrusted } from '../../core/review/history-text.ts';
import { buildPack } from '../../core/review/pack.ts';
import { PackError } from '../../core/review/pack-manifest.ts';
import { type Reviewers, ReviewersError, readReviewers } from '../../core/review/reviewers.ts';
import { type FilledFile, signOff, WorksheetError } from '../../core/review/sign-off.ts';
import { errorCode } from '../../core/text/error-code.ts';
import { rules } from '../../rules/index.ts';
import { openedArchive } from '../arguments/archive-options.ts';
import { rulesOfRun } from '../arguments/archived-rules.ts';
import { EXIT, type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { type ReviewFlags, readBuildFlags, readFollowUpFlags, readSignOffFlags } from './options.ts';
import { showFollowUp, showPack, showSignOff } from './view.ts';

const readGiven = (flag: string, path: string): Promise<Uint8Array> =>
  readFile(path).catch((error: unknown) => {
    throw new UsageError([
      `${flag} must be a file that can be read, got ${JSON.stringify(path)} (${errorCode(error) ?? String(error)})`,
    ]);
  });

const requireEmpty = async (pack: Archive): Promise<void> => {
  for await (const key of pack.list(''))
    throw new UsageError([`--pack must be a new folder or an empty one, got ${pack.location}, which has ${key}`]);
};

/** Tells what is wrong with the file of reviewers as what is wrong with the command line. */
const refuseReviewers =
  (file = '') =>
  (error: unknown): never => {
    if (!(error instanceof ReviewersError)) throw error;
    throw new UsageError(error.message.split('\n').map((problem) => `${file}: ${problem}`));
  };

const readAssignments = async (file: string): Promise<Reviewers> => {
  const bytes = await readGiven('--reviewers', file);
  return readReviewers(Readable.from([bytes])).catch(refuseReviewers(file));
};

const build = async (flags: ReviewFlags, io: Io) => {
  const { archive: asked, period, pack: folder, reviewers: file } = readBuildFlags(flags, io.env);
  const reviewers = file === undefined ? undefined : await readAssignments(file);
  const pack = folderArchive(folder);
  await requireEmpty(pack);
  const { archive, environmentId } = await openedArchive(asked, io.env);
  const last = await lastCompleteRun(archive, environmentId);
  const judgedBy = last === undefined ? rules : await rulesOfRun(archive, last.manifest);
  const catalogue = new Map(judgedBy.map((rule) => [rule.id, rule]));
  const built = await buildPack(archive, pack, {
    environmentId,
    period,
    rules: catalogue,
    reviewers,
    now: Date.now(),
  }).catch(refuseReviewers(file));
  if (flags.json) writeJson(io.out, { ...built.manifest, manifestSha256: built.sha256 });
  else showPack(built, pack.location, io.out);
  return isTrusted(built.manifest) ? EXIT.ok : EXIT.notComplete;
};

const readFilled = async (name: string): Promise<FilledFile> => ({ name, bytes: await readGiven('--ingest', name) });

const ingest = async (flags: ReviewFlags, io: Io) => {
  const { pack: folder, filled, ...request } = readSignOffFlags(flags, Date.now());
  const pack = folderArchive(folder);
  const [first, ...further] = await Promise.all(filled.map(readFilled));
  if (first === undefined) throw new UsageError(['--ingest must be the path of a filled worksheet, got nothing']);
  try {
    const result = await signOff(pack, { ...request, filled: [first, ...further] });
    if (flags.json) writeJson(io.out, result);
    else showSignOff(result, pack.location, io.out);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof WorksheetError)
      throw new UsageError(
        error.message.split('\n').map((problem) => (further.length > 0 ? problem : `${first.name}: ${problem}`)),
      );
    if (error instanceof PackError) throw new UsageError([error.message]);
    throw error;
  }
};

const follow = async (flags: ReviewFlags, io: Io): Promise<ExitCode> => {
  const { archive: asked, pack: folder, withinDays } = readFollowUpFlags(flags, io.env);
  try {
    const open = async (environmentId: string) =>
      (await openedArchive({ ...asked, environmentId: asked.environmentId ?? environmentId }, io.env)).archive;
    const result = await followUp(folderArchive(folder), open, withinDays, Date.now());
    if (asked.environmentId !== undefined && asked.environmentId !== result.environmentId)
      throw new UsageError([
        `--environment must be ${result.environmentId}, which the pack is of, got ${asked.environmentId}`,
      ]);
    if (flags.json) writeJson(io.out, result);
    else showFollowUp(result, io.out);
    return result.revocations.some(({ isOverdue }) => isOverdue) ? EXIT.problems : EXIT.ok;
  } catch (error) {
    if (error instanceof PackError) throw new UsageError([error.message]);
    throw error;
  }
};

/**
 * `review`: builds the pack of an access review, signs one off, or follows one up. Throws UsageError, also for a file or a
 * pack that is not as it must be, and ArchiveError where there is no run to review.
 */
export const review = (flags: ReviewFlags, io: Io): Promise<ExitCode> => {
  if (flags.ingest !== undefined) return ingest(flags, io);
  return flags.followUp ? follow(flags, io) : build(flags, io);
};
