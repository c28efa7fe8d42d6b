import { serialiseRecord } from '../../core/model/record.ts';
import { CAUSE_WORDS } from '../../core/model/words.ts';
import { oneLine, plainLine, truncate } from '../../core/text/plain-text.ts';
import { severityCell, subjectText } from '../terminal/audit-view.ts';
import { type Cell, table } from '../terminal/table.ts';
import type { Format, Terminal } from '../terminal/terminal.ts';
import type { ToldFinding } from './finding-diff.ts';
import type { Diff, ToldChange } from './model.ts';

/** Of each kind; `--json` has them all. */
const SHOWN = 20;

const MAX_TEXT = 400;

/** The first that is a time in milliseconds of this century or so; shorter numbers are told as they are. */
const LEAST_TIME = 100_000_000_000;
const MAX_TIME = 8.64e15;

const valueText = (member: string, value: unknown): string => {
  if (value === undefined) return '(missing)';
  if (typeof value === 'string') return truncate(oneLine(value), MAX_TEXT) || '(empty)';
  const isTime = typeof value === 'number' && value >= LEAST_TIME && value <= MAX_TIME;
  if (isTime && member.endsWith('Time')) return new Date(value).toISOString();
  return truncate(oneLine(serialiseRecord(value)), MAX_TEXT);
};

const changeText = (change: ToldChange): string => {
  const member = plainLine(change.member, MAX_TEXT);
  if ('masked' in change) return `${member} (masked)`;
  return `${member} ${valueText(change.member, change.from)} → ${valueText(change.member, change.to)}`;
};

const idText = (id: string): string => subjectText({ subject: { kind: 'user', id } });

const more = (out: Terminal, count: number): void => {
  if (count > SHOWN) out.line(out.paint('dim', `and ${count - SHOWN} more; --json has them all`));
};

/** A heading, the first rows, and how many more there are; nothing at all where there are none. */
const show = <T>(
  out: Terminal,
  heading: string,
  format: Format,
  all: readonly T[],
  rowOf: (one: T) => readonly Cell[],
): void => {
  if (all.length === 0) return;
  out.line();
  out.line(out.paint(['bold', ...[format].flat()] as Format, `${heading}: ${all.length}`));
  out.write(table(out, undefined, all.slice(0, SHOWN).map(rowOf)));
  more(out, all.length);
};

const findingRow = (finding: ToldFinding, text: string): readonly Cell[] => [
  severityCell(finding.severity),
  subjectText(finding),
  `${plainLine(finding.ruleId, MAX_TEXT)}: ${text}`,
];

/** New, open and reopened tell its age, which is no difference. */
const acceptance = ({ state }: ToldFinding): string => (state === 'waived' ? 'waived' : 'not waived');

/** What differs, and nothing else. */
const differenceText = (from: ToldFinding, to: ToldFinding): string => {
  const parts: readonly (readonly [string, string])[] = [
    [from.severity, to.severity],
    [acceptance(from), acceptance(to)],
    [plainLine(from.message, MAX_TEXT), plainLine(to.message, MAX_TEXT)],
  ];
  return parts
    .filter(([before, after]) => before !== after)
    .map(([before, after]) => `${before} → ${after}`)
    .join('; ');
};

/** Many users log in between two runs; what else happened comes first. */
const isMoreThanALogin = ({ members }: { readonly members: readonly ToldChange[] }): boolean =>
  members.some(({ member }) => member !== 'lastLoginTime');

const showUsers = ({ users: { came, gone, changed, unchanged, untraceable } }: Diff, out: Terminal): void => {
  show(out, 'Users that came', 'green', came, (id) => [idText(id)]);
  show(out, 'Users that went', 'red', gone, (id) => [idText(id)]);
  const telling = changed.filter(isMoreThanALogin);
  const logins = changed.filter((user) => !isMoreThanALogin(user));
  show(out, 'Users that changed', 'yellow', [...telling, ...logins], ({ id, members }) => [
    idText(id),
    members.map(changeText).join('; '),
  ]);
  const { from, to } = untraceable;
  out.line();
  out.line(
    `Users: ${came.length} came, ${gone.length} went, ${changed.length} changed (${logins.length} by a login alone), ${unchanged} are as they were.`,
  );
  if (from + to > 0) {
    out.line(
      `Records without a userId: ${from} before, ${to} after. They stand as #N, their place in the listing, and can't be followed from one to the other.`,
    );
  }
};

const showFindings = ({ findings, judgedBy }: Diff, out: Terminal): void => {
  const { resolved, different, unchanged, untraceable } = findings;
  show(out, 'New findings', 'red', findings.new, (one) => findingRow(one, plainLine(one.message, MAX_TEXT)));
  show(out, 'Resolved findings', 'green', resolved, (one) =>
    findingRow(one, one.cause === undefined ? 'resolved in between' : CAUSE_WORDS[one.cause]),
  );
  show(out, 'Findings that differ', 'yellow', different, ({ from, to }) =>
    findingRow(to, differenceText(from, to)),
  );
  out.line();
  out.line(
    `Findings: ${findings.new.length} new, ${resolved.length} resolved, ${different.length} differ, ${unchanged} are as they were.`,
  );
  const { from, to } = untraceable;
  if (from + to > 0) {
    out.line(`Findings on records without a userId are not compared: ${from} before, ${to} after.`);
  }
  if (judgedBy.length > 0) {
    out.line(
      `Not judged alike: the ${judgedBy.join(', ')} of the two runs differ, and findings may for that.`,
    );
  }
};

export const showDiff = (diff: Diff, out: Terminal): void => {
  out.line(out.paint('bold', `Environment ${diff.environmentId}: from ${diff.from} to ${diff.to}`));
  showUsers(diff, out);
  showFindings(diff, out);
};
