import type { Manifest } from '../../core/archive/manifest.ts';
import { readRunLines } from '../../core/archive/read-run.ts';
import { keepInfinite } from '../../core/model/record.ts';
import { plainLine } from '../../core/text/plain-text.ts';
import { USER_TIMES } from '../../rules/engine/user.ts';
import { rules } from '../../rules/index.ts';
import { type ArchiveFlags, openedArchive, readArchiveFlags } from '../arguments/archive-options.ts';
import { flagReader } from '../arguments/flags.ts';
import { findRun } from '../arguments/run-name.ts';
import { EXIT, type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';
import { diffFindings } from './finding-diff.ts';
import type { Diff, ToldChange } from './model.ts';
import { diffUsers, type MemberChange } from './user-diff.ts';
import { showDiff } from './view.ts';

/** The flags of `diff` as they were typed. */
export interface DiffFlags extends ArchiveFlags {
  readonly names?: true;
  readonly json?: true;
}

/** The members that name nobody; what the service may add some day is not known to be one. */
const IMPERSONAL: ReadonlySet<string> = new Set([
  'status',
  'type',
  'apiAccess',
  'apiAccessPrincipalArn',
  ...USER_TIMES,
]);

/** An address may stand where none belongs, such as in the name of a role. */
const withoutAddresses = (value: unknown): unknown => (typeof value === 'string' ? plainLine(value) : value);

const isPlainValue = (value: unknown): boolean => typeof value !== 'object' || value === null;

const masked = ({ member, from, to }: MemberChange): ToldChange =>
  IMPERSONAL.has(member) && isPlainValue(from) && isPlainValue(to)
    ? { member, from: withoutAddresses(from), to: withoutAddresses(to) }
    : { member, masked: true };

const HASHED = { ruleset: 'rules', config: 'config', waivers: 'waivers' } as const;

const judgedBy = (from: Manifest, to: Manifest): readonly string[] =>
  (Object.keys(HASHED) as (keyof typeof HASHED)[])
    .filter((name) => from.hashes[name] !== to.hashes[name])
    .map((name) => HASHED[name]);

/** `diff`: what changed between two runs. Throws UsageError, and ArchiveError where either can't be read whole. */
export const diff = async (from: string, to: string, flags: DiffFlags, io: Io): Promise<ExitCode> => {
  const read = flagReader();
  const options = readArchiveFlags(read, flags);
  read.done();

  const room = await openedArchive(options, io.env);
  const { manifest: before } = await findRun(room, from);
  const { manifest: after } = await findRun(room, to);
  if (before.run >= after.run)
    throw new UsageError([`the first RUN must be before the second, got ${before.run} and ${after.run}`]);

  const lines = (manifest: Manifest, name: 'snapshot' | 'findings') =>
    readRunLines(room.archive, manifest, name);
  const users = await diffUsers(lines(before, 'snapshot'), lines(after, 'snapshot'));
  const catalogue = new Map(rules.map((rule) => [rule.id, rule]));
  const told: Diff = {
    environmentId: room.environmentId,
    from: before.run,
    to: after.run,
    judgedBy: judgedBy(before, after),
    users: {
      ...users,
      changed: users.changed.map(({ id, members }) => ({
        id,
        members: flags.names ? members : members.map(masked),
      })),
    },
    findings: await diffFindings(lines(before, 'findings'), lines(after, 'findings'), catalogue),
  };
  if (flags.json) io.out.line(JSON.stringify(told, keepInfinite, 2));
  else showDiff(told, io.out);
  return EXIT.ok;
};
