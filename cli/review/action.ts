import { readFile } from 'node:fs/promises';
import type { Archive } from '../../core/archive/archive.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import { lastCompleteRun } from '../../core/archive/head.ts';
import { isTrusted } from '../../core/review/history-text.ts';
import { buildPack } from '../../core/review/pack.ts';
import { PackError } from '../../core/review/pack-manifest.ts';
import { signOff, WorksheetError } from '../../core/review/sign-off.ts';
import { errorCode } from '../../core/text/error-code.ts';
import { rules } from '../../rules/index.ts';
import { openedArchive } from '../arguments/archive-options.ts';
import { rulesOfRun } from '../arguments/archived-rules.ts';
import { EXIT, type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { type ReviewFlags, readBuildFlags, readSignOffFlags } from './options.ts';
import { showPack, showSignOff } from './view.ts';

const requireEmpty = async (pack: Archive): Promise<void> => {
  for await (const key of pack.list(''))
    throw new UsageError([`--pack must be a new folder or an empty one, got ${pack.location}, which has ${key}`]);
};

const build = async (flags: ReviewFlags, io: Io) => {
  const { archive: asked, period, pack: folder } = readBuildFlags(flags, io.env);
  const pack = folderArchive(folder);
  await requireEmpty(pack);
  const { archive, environmentId } = await openedArchive(asked, io.env);
  const last = await lastCompleteRun(archive, environmentId);
  const judgedBy = last === undefined ? rules : await rulesOfRun(archive, last.manifest);
  const catalogue = new Map(judgedBy.map((rule) => [rule.id, rule]));
  const built = await buildPack(archive, pack, { environmentId, period, rules: catalogue });
  if (flags.json) writeJson(io.out, { ...built.manifest, manifestSha256: built.sha256 });
  else showPack(built, pack.location, io.out);
  return isTrusted(built.manifest) ? EXIT.ok : EXIT.notComplete;
};

const ingest = async (flags: ReviewFlags, io: Io) => {
  const { pack: folder, filled, ...request } = readSignOffFlags(flags, Date.now());
  const pack = folderArchive(folder);
  const bytes = await readFile(filled).catch((error: unknown) => {
    throw new UsageError([
      `--ingest must be a file that can be read, got ${JSON.stringify(filled)} (${errorCode(error) ?? String(error)})`,
    ]);
  });
  try {
    const result = await signOff(pack, { ...request, filled: bytes });
    if (flags.json) writeJson(io.out, result);
    else showSignOff(result, pack.location, io.out);
    return EXIT.ok;
  } catch (error) {
    if (error instanceof WorksheetError)
      throw new UsageError(error.message.split('\n').map((problem) => `${filled}: ${problem}`));
    if (error instanceof PackError) throw new UsageError([error.message]);
    throw error;
  }
};

/**
 * `review`: builds the pack of an access review, or signs one off. Throws UsageError, also for a worksheet or a pack that
 * is not as it must be, and ArchiveError where there is no run to review.
 */
export const review = (flags: ReviewFlags, io: Io): Promise<ExitCode> =>
  flags.ingest === undefined ? build(flags, io) : ingest(flags, io);
