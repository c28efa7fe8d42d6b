import { basename } from 'node:path';
import type { Archive } from '../../core/archive/archive.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { readFindings } from '../../core/archive/read-findings.ts';
import { usersOf } from '../../core/archive/read-users.ts';
import { readReport } from '../../core/archive/runs.ts';
import { createSpoolFolder } from '../../core/archive/staging.ts';
import { reservations } from '../../core/model/words.ts';
import { NotWhole } from '../../core/outputs/accounts.ts';
import { EXPORTS, type ExportName, type FileToWrite, filesOf, lakeFilesOf } from '../../core/outputs/exports.ts';
import type { StoredRun } from '../../core/outputs/output.ts';
import { plainLine } from '../../core/text/plain-text.ts';
import { type ArchiveFlags, openedArchive, readArchiveFlags } from '../arguments/archive-options.ts';
import { rulesOfRun } from '../arguments/archived-rules.ts';
import { flagReader } from '../arguments/flags.ts';
import { findAnyRun, readRunFlag } from '../arguments/run-name.ts';
import { EXIT, type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';

/** The flags of `export` as they were typed. */
export interface ExportFlags extends ArchiveFlags {
  readonly run?: string;
  readonly to?: string;
  readonly parquet?: true;
}

const NAMES = Object.keys(EXPORTS) as readonly ExportName[];

const storedRun = async (archive: Archive, manifest: Manifest): Promise<StoredRun> => ({
  manifest,
  report: await readReport(archive, manifest),
  rules: new Map((await rulesOfRun(archive, manifest)).map((rule) => [rule.id, rule])),
  findings: () => readFindings(archive, manifest),
  users: () => usersOf(archive, manifest),
});

/** Makes all files before it gives one away: of a run that can't be read whole there is none. */
const writeFiles = async (files: readonly FileToWrite[], folder: string) => {
  const target = folderArchive(folder);
  const spools = await createSpoolFolder();
  try {
    const made = [];
    for (const { path, fill } of files) {
      const spool = spools.open(basename(path));
      await fill(spool);
      made.push({ file: path, evidence: await spool.finish() });
    }
    for (const { file, evidence } of made) {
      const outcome = await target.create(file, evidence.content, 'application/json');
      if (outcome === 'exists') throw new UsageError([`--to must be a folder without ${file}, got ${folder}`]);
    }
    return made.map(({ file, evidence: { sha256, size } }) => ({ file, sha256, size }));
  } finally {
    await spools.remove();
  }
};

/** `export`: makes files for other tools of an archived run. Throws UsageError, and ArchiveError where it can't be read. */
export const exportRun = async (format: string, flags: ExportFlags, io: Io): Promise<ExitCode> => {
  const read = flagReader();
  const options = readArchiveFlags(read, flags, io.env);
  const name = NAMES.find((one) => one === format);
  if (name === undefined) read.refuse(`FORMAT must be one of ${NAMES.join(', ')}, got ${JSON.stringify(format)}`);
  if (flags.parquet && name !== 'ocsf') read.refuse(`--parquet goes with ocsf only, got ${JSON.stringify(format)}`);
  const asked = readRunFlag(read, flags.run);
  const folder = read.path('--to', flags.to ?? '', 'folder');
  read.done();
  if (name === undefined || folder === undefined) return EXIT.usage;

  const opened = await openedArchive(options, io.env);
  const manifest = await findAnyRun(opened, asked);
  const { run, verdict, reason } = manifest;
  const notes = reservations(manifest);
  try {
    const stored = await storedRun(opened.archive, manifest);
    const files = await writeFiles(flags.parquet ? await lakeFilesOf(stored) : filesOf(name, stored), folder);
    if (flags.json) writeJson(io.out, { run, verdict, notes, folder, files });
    else for (const { file, sha256, size } of files) io.out.line(`${file}  ${size} bytes, SHA-256 ${sha256}`);
  } catch (error) {
    if (!(error instanceof NotWhole)) throw error;
    io.err.line(
      plainLine(`${name}: ${error.message}; whoever is missing would be deactivated, so nothing was written`),
    );
    return EXIT.notComplete;
  }
  for (const note of notes) io.err.line(plainLine(note));
  if (verdict === 'COMPLETE') return EXIT.ok;
  io.err.line(
    plainLine(`run ${run} is ${verdict}: ${reason ?? 'no reason given'}; what it did not see is not in there`),
  );
  return EXIT.notComplete;
};
