import { walkAttempts } from '../../core/archive/runs.ts';
import { reservations } from '../../core/model/words.ts';
import { selectUsers, TRAITS } from '../../core/review/selection.ts';
import { plainLine } from '../../core/text/plain-text.ts';
import {
  type ArchiveFlags,
  type OpenedArchive,
  openedArchive,
  readArchiveFlags,
} from '../arguments/archive-options.ts';
import { rulesOfRun } from '../arguments/archived-rules.ts';
import { flagReader } from '../arguments/flags.ts';
import { findAnyRun, readRunFlag } from '../arguments/run-name.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';
import { listAsCsv, listAsJson, listAsTable, titleOf } from './view.ts';

/** The flags of `users` as they were typed. */
export interface UsersFlags extends ArchiveFlags {
  readonly apiAccess?: true;
  readonly privileged?: true;
  readonly stale?: true;
  readonly csv?: true;
  readonly run?: string;
}

/** Says of the last run that others came after it, which did not end complete. */
const laterText = async ({ archive, environmentId }: OpenedArchive, run: string): Promise<readonly string[]> => {
  let last: string | undefined;
  for await (const { run: later, report } of walkAttempts(archive, environmentId, run))
    if (later > run)
      last = `${later} is ${report?.verdict ?? 'INCOMPLETE'}${report?.reason ? `: ${report.reason}` : ''}`;
  return last === undefined ? [] : [`this is not the last look: run ${last}; what changed since ${run} is not known`];
};

/** `users`: lists who has access, as a run saw it. Throws UsageError and ArchiveError. */
export const users = async (flags: UsersFlags, io: Io): Promise<ExitCode> => {
  const read = flagReader();
  const options = readArchiveFlags(read, flags, io.env);
  const asked = readRunFlag(read, flags.run);
  if (flags.csv && flags.json) read.refuse('one of --csv and --json is allowed, got both');
  read.done();

  const opened = await openedArchive(options, io.env);
  const manifest = await findAnyRun(opened, asked);
  const traits = TRAITS.filter((trait) => flags[trait]);
  const catalogue = new Map((await rulesOfRun(opened.archive, manifest)).map((rule) => [rule.id, rule]));
  const selection = await selectUsers(opened.archive, manifest, traits, catalogue);
  // Read to the end once before anything is said: only there is the snapshot known to be what its manifest says.
  const counts = { selected: 0, unknown: 0, disabled: 0 };
  for await (const { user, unknown } of selection.users()) {
    counts.selected += 1;
    if (unknown !== undefined) counts.unknown += 1;
    if (!user.isActive) counts.disabled += 1;
  }

  const isComplete = manifest.verdict === 'COMPLETE';
  const { memberships } = selection.context;
  const notes = [
    ...(isComplete
      ? []
      : [
          `run ${manifest.run} is ${manifest.verdict}: ${manifest.reason ?? 'no reason given'}; who is not listed is not known`,
        ]),
    ...reservations(manifest),
    ...(asked === 'latest' ? await laterText(opened, manifest.run) : []),
    ...(memberships === undefined && (flags.apiAccess || flags.privileged)
      ? ['permission groups were not read: who reaches further by one is not known']
      : []),
  ];
  const listing = { manifest, traits, selection, counts, notes };
  if (flags.json) await listAsJson(listing, io.out);
  else if (flags.csv) await listAsCsv(listing, io.out);
  else await listAsTable(listing, io.out);
  if (!flags.json) for (const note of notes) io.err.line(plainLine(note));
  if (flags.csv) io.err.line(titleOf(listing));
  return isComplete ? EXIT.ok : EXIT.notComplete;
};
