import type { FindingCounts, Verdict } from '../../core/model/report.ts';
import { runInstant } from '../../core/model/run-name.ts';
import { plainLine, plural } from '../../core/text/plain-text.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import { DAY_MS } from '../../rules/engine/time.ts';
import {
  numberCell,
  SEVERITY_HEADINGS,
  severityCell,
  severityCells,
  signed,
  subjectText,
} from '../terminal/audit-view.ts';
import { type Cell, table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** A run or an unfinished attempt at one. */
export interface RunEntry {
  readonly run: string;
  /** Tells attempts at the same run apart. */
  readonly attempt?: string | undefined;
  /** `UNTRUSTED`: what is stored is altered, missing or unreadable; `EXPIRED`: deleted after its retention. */
  readonly verdict: Verdict | 'UNTRUSTED' | 'EXPIRED';
  readonly reason?: string | undefined;
  /** It was listed long after the night it stands for. */
  readonly late?: true;
  /** That everybody was listed is somebody's word alone. */
  readonly attested?: true;
  /** The history before it does not hold, and somebody let it go on. */
  readonly acceptedHistory?: true;
  /** The ids of the rules that are on and had no answer for somebody; absent where all had. */
  readonly notFullyJudged?: readonly string[];
  /** The reason, for people, that it is not complete or not to be trusted. */
  readonly message?: string | undefined;
  readonly users?: number;
  readonly findings?: FindingCounts;
  /** The difference from the complete run before; absent where that can't be read. */
  readonly drift?: { readonly users?: number | undefined; readonly new: number; readonly resolved: number } | undefined;
  /** Events of the change rules. */
  readonly changes?: number;
}

/** The findings of the last complete run that have been open longest. */
export interface LongestOpen {
  readonly run: string;
  /** The number of all that are open. */
  readonly count: number;
  /** As the run's entry has it. */
  readonly notFullyJudged?: readonly string[];
  readonly findings: readonly Pick<Finding, 'ruleId' | 'severity' | 'subject' | 'firstSeen' | 'runs' | 'state'>[];
}

export interface ListedHistory {
  readonly environmentId: string;
  readonly entries: readonly RunEntry[];
  readonly longestOpen?: LongestOpen;
  /** The end of the chain, as `N:SHA256`; missing where it does not hold. */
  readonly head?: string;
  /** There where the history was closed. */
  readonly closing?: { readonly asOf: string; readonly reason: string };
}

const MAX_TEXT = 400;

/** The changes since the run before, or the reason that nothing can be said of them. */
const changesText = (entry: RunEntry): string =>
  [
    ...(entry.late ? ['LATE'] : []),
    ...(entry.attested ? ['ATTESTED, NOT SEEN'] : []),
    ...(entry.acceptedHistory ? ['HISTORY ACCEPTED'] : []),
    driftText(entry),
    ...unjudgedText(entry),
  ].join(', ');

const unjudgedText = ({ notFullyJudged = [] }: RunEntry): readonly string[] =>
  notFullyJudged.length === 0 ? [] : [`${plural(notFullyJudged.length, 'rule')} not fully judged`];

const driftText = ({ verdict, reason, message, drift, changes = 0 }: RunEntry): string => {
  if (verdict !== 'COMPLETE') {
    const text = plainLine([reason, message].filter((part) => part !== undefined).join(': '), MAX_TEXT);
    return text === '' ? 'no reason given' : text;
  }
  if (drift === undefined) return 'the first: nothing to compare with';
  const users = drift.users === undefined ? '?' : signed(drift.users);
  const parts = [
    `+${drift.new} −${drift.resolved}`,
    ...(users === '+0' ? [] : [`users ${users}`]),
    ...(changes === 0 ? [] : [plural(changes, 'change')]),
  ];
  return parts.length === 1 && drift.new + drift.resolved === 0 ? 'nothing' : parts.join(', ');
};

const verdictCell = ({ verdict, late, attested, acceptedHistory }: RunEntry): Cell => {
  if (verdict === 'COMPLETE')
    return { text: verdict, format: late || attested || acceptedHistory ? 'yellow' : 'green' };
  return { text: verdict, format: verdict === 'EXPIRED' ? 'yellow' : ['bold', 'white', 'bgRed'] };
};

const showLongestOpen = ({ run, count, findings, notFullyJudged }: LongestOpen, out: Terminal): void => {
  out.line();
  if (count === 0) {
    out.line(`Nothing stands open in run ${run}${notFullyJudged ? ', among what was judged' : ''}.`);
    return;
  }
  const now = runInstant(run)?.getTime() ?? 0;
  const rows = findings.map(({ ruleId, severity, subject, firstSeen, runs }): readonly Cell[] => {
    const days = Math.floor((now - Date.parse(firstSeen)) / DAY_MS);
    return [
      severityCell(severity),
      plainLine(firstSeen.slice(0, 10)),
      plural(days, 'day'),
      plural(runs, 'run'),
      subjectText({ subject }),
      plainLine(ruleId, MAX_TEXT),
    ];
  });
  out.line(out.paint('bold', `Open longest, of ${plural(count, 'finding')} in run ${run}`));
  out.write(table(out, ['SEVERITY', 'SINCE', 'AGE', 'STOOD IN', 'SUBJECT', 'RULE'], rows));
};

/** Shows a line a run, and below them the findings that have been open longest. */
export const showHistory = (
  { environmentId, entries, longestOpen, head, closing }: ListedHistory,
  location: string,
  out: Terminal,
): void => {
  out.line(`${out.paint('bold', `Environment ${environmentId}`)}  ${location}`);
  out.line();
  if (entries.length === 0) {
    out.line('No run is there of that time.');
    return;
  }
  const rows = entries.map((entry): readonly Cell[] => [
    entry.run,
    verdictCell(entry),
    numberCell(entry.users).padStart('USERS'.length),
    ...severityCells(entry.verdict !== 'COMPLETE' && entry.users === 0 ? undefined : entry.findings?.bySeverity),
    changesText(entry),
  ]);
  out.write(table(out, ['RUN', 'VERDICT', 'USERS', ...SEVERITY_HEADINGS, 'SINCE THE RUN BEFORE'], rows));

  const unfinished = entries.filter(({ verdict }) => verdict === 'INCOMPLETE' || verdict === 'FAILED').length;
  const untrusted = entries.filter(({ verdict }) => verdict === 'UNTRUSTED').length;
  if (unfinished > 0) {
    out.line();
    out.line(`${plural(unfinished, 'attempt')} not complete: nothing is to be read as fixed there`);
  }
  if (untrusted > 0) {
    out.line();
    out.line(out.paint(['bold', 'red'], `${untrusted} not to be trusted: not what was written to the archive`));
  }
  if (longestOpen !== undefined) showLongestOpen(longestOpen, out);
  if (closing !== undefined || head !== undefined) out.line();
  if (closing !== undefined) out.line(`Closed on ${closing.asOf.slice(0, 10)}: ${plainLine(closing.reason, MAX_TEXT)}`);
  if (head !== undefined) out.line(`Head: ${head}`);
};
