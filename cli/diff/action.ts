import type { Manifest } from '../../core/archive/manifest.ts';
import { readFindings } from '../../core/archive/read-findings.ts';
import { recordsOf } from '../../core/archive/read-users.ts';
import { reservations } from '../../core/model/words.ts';
import { plainLine } from '../../core/text/plain-text.ts';
import { USER_TIMES } from '../../rules/engine/user.ts';
import { type ArchiveFlags, openedArchive, readArchiveFlags } from '../arguments/archive-options.ts';
import { rulesOfRun } from '../arguments/archived-rules.ts';
import { flagReader } from '../arguments/flags.ts';
import { findRun } from '../arguments/run-name.ts';
import { EXIT, type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { diffFindings, isMerelyOlder } from './finding-diff.ts';
import { type DiffChange, diffUsers, type MemberChange, type UserDiff } from './user-diff.ts';
import { type Diff, showDiff } from './view.ts';

/** The flags of `diff` as they were typed. */
export interface DiffFlags extends ArchiveFlags {
  readonly names?: true;
  /** Logins, and findings that are merely older, too. */
  readonly all?: true;
}

/** The members that name nobody; one that the service may add some day is not known to be of them. */
const IMPERSONAL: ReadonlySet<string> = new Set([
  'status',
  'type',
  'apiAccess',
  'apiAccessPrincipalArn',
  ...USER_TIMES,
]);

/** An address may stand where none belongs, such as in the name of a role. */
const withoutAddresses = (value: unknown): unknown => (typeof value === 'string' ? plainLine(value) : value);

const isPlainValue = (value: unknown): boolean => typeof value !== 'object' || value === null || JSON.isRawJSON(value);

const maskedChange = ({ member, from, to }: MemberChange): DiffChange =>
  IMPERSONAL.has(member) && isPlainValue(from) && isPlainValue(to)
    ? { member, from: withoutAddresses(from), to: withoutAddresses(to) }
    : { member, masked: true };

/** A login can't be unmade: a time that went, went back or is none any more is another change. */
const isLogin = ({ member, from, to }: MemberChange): boolean =>
  member === 'lastLoginTime' && Number.isFinite(to) && (typeof from !== 'number' || Number(to) > from);

/** Most users log in between two runs, which says nothing of their access. */
const withoutLogins = (changed: UserDiff['changed']): UserDiff['changed'] =>
  changed
    .map(({ id, members }) => ({ id, members: members.filter((change) => !isLogin(change)) }))
    .filter(({ members }) => members.length > 0);

const differingCriteria = ({ hashes: from }: Manifest, { hashes: to }: Manifest): readonly string[] =>
  (['ruleset', 'config', 'waivers'] as const)
    .filter((name) => from[name] !== to[name])
    .map((name) => (name === 'ruleset' ? 'rules' : name));

/** `diff`: shows what changed between two runs. Throws UsageError, and ArchiveError where either can't be read whole. */
export const diff = async (from: string, to: string, flags: DiffFlags, io: Io): Promise<ExitCode> => {
  const read = flagReader();
  const options = readArchiveFlags(read, flags, io.env);
  read.done();

  const opened = await openedArchive(options, io.env);
  const { archive, environmentId } = opened;
  const { manifest: older } = await findRun(opened, from);
  const { manifest: newer } = await findRun(opened, to);
  if (older.run >= newer.run)
    throw new UsageError([`the first RUN must be before the second, got ${older.run} and ${newer.run}`]);

  const users = await diffUsers(recordsOf(archive, older), recordsOf(archive, newer));
  const changed = flags.all ? users.changed : withoutLogins(users.changed);
  const catalogue = new Map((await rulesOfRun(archive, newer)).map((rule) => [rule.id, rule]));
  const findings = await diffFindings(readFindings(archive, older), readFindings(archive, newer), catalogue);
  const different = flags.all ? findings.different : findings.different.filter((pair) => !isMerelyOlder(pair));
  const result: Diff = {
    environmentId,
    from: older.run,
    to: newer.run,
    judgedBy: differingCriteria(older, newer),
    notes: [older, newer].flatMap((manifest) => reservations(manifest).map((text) => `Run ${manifest.run}: ${text}`)),
    users: {
      ...users,
      changed: changed.map(({ id, members }) => ({ id, members: flags.names ? members : members.map(maskedChange) })),
    },
    findings: { ...findings, different },
    leftOut: flags.all
      ? undefined
      : { logins: users.changed.length - changed.length, ages: findings.different.length - different.length },
  };
  if (flags.json) writeJson(io.out, result);
  else showDiff(result, io.out);
  return EXIT.ok;
};
