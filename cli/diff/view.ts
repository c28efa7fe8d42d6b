import { causeText } from '../../core/model/words.ts';
import { numberText, oneLine, plainLine, truncate } from '../../core/text/plain-text.ts';
import { serialiseRecord } from '../../rules/engine/record.ts';
import { severityCell, subjectText } from '../terminal/audit-view.ts';
import { type Cell, table } from '../terminal/table.ts';
import type { Format, Terminal } from '../terminal/terminal.ts';
import type { DiffFinding, FindingDiff } from './finding-diff.ts';
import type { DiffChange, UserDiff } from './user-diff.ts';

export interface Diff {
  readonly environmentId: string;
  readonly from: string;
  readonly to: string;
  /** The criteria that differ between the two runs: rules, config, waivers. */
  readonly judgedBy: readonly string[];
  readonly users: UserDiff<DiffChange>;
  readonly findings: FindingDiff;
  /** Why the users of either run may not be everybody of its night, in sentences. */
  readonly notes: readonly string[];
  /**
   * The changes that are left out unless all was asked for: users who merely logged in, findings that are merely
   * older.
   */
  readonly leftOut: { readonly logins: number; readonly ages: number } | undefined;
}

/** The most rows of each kind; `--json` has them all. */
const MOST_SHOWN = 20;

const MAX_TEXT = 400;

/** Smaller numbers are no times in milliseconds of the last fifty years, and are shown as they are. */
const LEAST_TIME = 100_000_000_000;
const MAX_TIME = 8.64e15;

const memberText = (member: string, value: unknown): string => {
  if (value === undefined) return '(missing)';
  if (typeof value === 'string') return truncate(oneLine(value), MAX_TEXT) || '(empty)';
  const isTime = typeof value === 'number' && value >= LEAST_TIME && value <= MAX_TIME;
  if (isTime && member.endsWith('Time')) return new Date(value).toISOString();
  return truncate(oneLine(serialiseRecord(value)), MAX_TEXT);
};

const changeText = (change: DiffChange): string => {
  const member = plainLine(change.member, MAX_TEXT);
  if ('masked' in change) return `${member} (masked)`;
  return `${member} ${memberText(change.member, change.from)} → ${memberText(change.member, change.to)}`;
};

const userText = (id: string): string => subjectText({ subject: { kind: 'user', id } });

/** Shows a heading, the first rows and the number of the others; nothing at all where there is none. */
const showRows = <T>(
  out: Terminal,
  heading: string,
  format: Format,
  all: readonly T[],
  rowOf: (one: T) => readonly Cell[],
): void => {
  if (all.length === 0) return;
  out.line();
  out.line(out.paint(['bold', ...[format].flat()] as Format, `${heading}: ${numberText(all.length)}`));
  out.write(table(out, undefined, all.slice(0, MOST_SHOWN).map(rowOf)));
  if (all.length > MOST_SHOWN)
    out.line(out.paint('dim', `and ${numberText(all.length - MOST_SHOWN)} more; --json has them all`));
};

const findingRow = (finding: DiffFinding, text: string): readonly Cell[] => [
  severityCell(finding.severity),
  subjectText(finding),
  `${plainLine(finding.ruleId, MAX_TEXT)}: ${text}`,
];

/** New, open and reopened say how old a finding is, which is no difference. */
const acceptanceText = ({ state }: DiffFinding): string => (state === 'waived' ? 'waived' : 'not waived');

/** Nothing but the parts that differ. */
const differenceText = (from: DiffFinding, to: DiffFinding): string => {
  const parts: readonly (readonly [string, string])[] = [
    [from.severity, to.severity],
    [acceptanceText(from), acceptanceText(to)],
    [plainLine(from.message, MAX_TEXT), plainLine(to.message, MAX_TEXT)],
  ];
  return parts
    .filter(([fromText, toText]) => fromText !== toText)
    .map(([fromText, toText]) => `${fromText} → ${toText}`)
    .join('; ');
};

const leftOutText = (count: number | undefined, what: string): string =>
  count === undefined || count === 0 ? '' : `, ${numberText(count)} ${what} (--all shows them)`;

const showUsers = ({ users: { came, gone, changed, unchanged, untraceable }, leftOut }: Diff, out: Terminal): void => {
  showRows(out, 'Users that came', 'green', came, (id) => [userText(id)]);
  showRows(out, 'Users that went', 'red', gone, (id) => [userText(id)]);
  showRows(out, 'Users that changed', 'yellow', changed, ({ id, members }) => [
    userText(id),
    members.map(changeText).join('; '),
  ]);
  const { from, to } = untraceable;
  out.line();
  out.line(
    `Users: ${numberText(came.length)} came, ${numberText(gone.length)} went, ${numberText(changed.length)} changed${leftOutText(leftOut?.logins, 'logged in')}, ${numberText(unchanged)} are as they were.`,
  );
  if (from + to > 0) {
    out.line(
      `Records without a userId: ${from} before, ${to} after. They stand as #N, their place in the listing, and can't be followed from one to the other.`,
    );
  }
};

const showFindings = ({ findings, judgedBy, leftOut }: Diff, out: Terminal): void => {
  const { resolved, different, unchanged, untraceable } = findings;
  showRows(out, 'New findings', 'red', findings.new, (one) => findingRow(one, plainLine(one.message, MAX_TEXT)));
  showRows(out, 'Resolved findings', 'green', resolved, (one) =>
    findingRow(one, one.cause === undefined ? 'resolved in between' : causeText(one)),
  );
  showRows(out, 'Findings that differ', 'yellow', different, ({ from, to }) =>
    findingRow(to, differenceText(from, to)),
  );
  out.line();
  out.line(
    `Findings: ${numberText(findings.new.length)} new, ${numberText(resolved.length)} resolved, ${numberText(different.length)} differ${leftOutText(leftOut?.ages, 'merely older')}, ${numberText(unchanged)} are as they were.`,
  );
  const { from, to } = untraceable;
  if (from + to > 0) {
    out.line(`Findings on records without a userId are not compared: ${from} before, ${to} after.`);
  }
  if (judgedBy.length > 0) {
    out.line(`Not judged alike: the ${judgedBy.join(', ')} of the two runs differ, and findings may for that.`);
  }
};

export const showDiff = (diff: Diff, out: Terminal): void => {
  out.line(out.paint('bold', `Environment ${diff.environmentId}: from ${diff.from} to ${diff.to}`));
  showUsers(diff, out);
  showFindings(diff, out);
  for (const note of diff.notes) out.line(plainLine(note));
};
