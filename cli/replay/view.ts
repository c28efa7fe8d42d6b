import type { FindingCounts } from '../../core/model/report.ts';
import { numberText, plainLine, plural } from '../../core/text/plain-text.ts';
import { SEVERITY_HEADINGS, severityCell, severityCells, signed, subjectText } from '../terminal/audit-view.ts';
import { type Cell, table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { ConfigComparison, Disagreement } from './comparison.ts';

/** A run under one config, in short. */
export interface ReplaySummary {
  readonly users: number;
  readonly findings: FindingCounts;
  /** The subject of the digest; undefined: people would have been left in peace. */
  readonly alert: string | undefined;
}

export interface ReplayedNight {
  readonly run: string;
  /** `not-complete`: no attempt at the run was, so there is no whole listing to judge. */
  readonly outcome: 'replayed' | 'not-replayed' | 'not-complete';
  /** The reason that it was not replayed. */
  readonly message?: string;
  readonly config?: ReplaySummary;
  readonly against?: ReplaySummary | undefined;
}

export interface Replay {
  readonly environmentId: string;
  /** The files that the runs are judged by, for people. */
  readonly configs: { readonly config: string; readonly against: string | undefined };
  readonly nights: readonly ReplayedNight[];
  readonly comparison: ConfigComparison | undefined;
}

/** The most findings that are shown; `--json` has them all. */
const MOST_SHOWN = 20;

const MAX_TEXT = 400;

const summaryRow = (run: string, by: string | undefined, summary: ReplaySummary): readonly Cell[] => [
  run,
  ...(by === undefined ? [] : [by]),
  numberText(summary.users).padStart('USERS'.length),
  ...severityCells(summary.findings.bySeverity),
  summary.alert === undefined ? { text: 'quiet', format: 'dim' } : plainLine(summary.alert, MAX_TEXT),
];

const runRows = (
  { run, outcome, message = '', config, against }: ReplayedNight,
  isCompared: boolean,
): readonly (readonly Cell[])[] => {
  if (config === undefined) {
    const blanks = Array.from({ length: SEVERITY_HEADINGS.length }, () => '');
    const reason = plainLine(message, MAX_TEXT);
    const last: Cell =
      outcome === 'not-complete'
        ? { text: `no complete run, nothing to replay: ${reason}`, format: 'dim' }
        : { text: `NOT REPLAYED: ${reason}`, format: ['bold', 'red'] };
    return [[run, ...(isCompared ? [''] : []), '', ...blanks, last]];
  }
  if (against === undefined) return [summaryRow(run, undefined, config)];
  return [summaryRow(run, 'config', config), summaryRow('', 'against', against)];
};

const countOf = (runs: readonly ReplayedNight[], outcome: ReplayedNight['outcome']): number =>
  runs.filter((run) => run.outcome === outcome).length;

const alertsUnder = (runs: readonly ReplayedNight[], side: 'config' | 'against'): number =>
  runs.filter((run) => run[side]?.alert !== undefined).length;

const disagreementText = ({ side, ruleId, againstSeverity, severity, isWaived }: Disagreement): string => {
  const rule = plainLine(ruleId, MAX_TEXT);
  if (side !== 'both') return `${rule}${isWaived ? ' (waived)' : ''}`;
  return againstSeverity === severity
    ? `${rule}: waived under ${isWaived ? 'config' : 'against'} only`
    : `${rule}: ${againstSeverity} under against`;
};

const showComparison = ({ findings, rules }: ConfigComparison, out: Terminal): void => {
  out.line();
  if (findings.length === 0 && rules.length === 0) {
    out.line('Both configs find the same on every night that was replayed.');
    return;
  }
  out.line(out.paint('bold', `Findings that the configs do not agree on: ${numberText(findings.length)}`));
  const rows = findings
    .slice(0, MOST_SHOWN)
    .map((finding): readonly Cell[] => [
      finding.side,
      severityCell(finding.severity),
      finding.firstNight === finding.lastNight ? finding.firstNight : `${finding.firstNight}..${finding.lastNight}`,
      subjectText(finding),
      disagreementText(finding),
    ]);
  if (rows.length > 0) out.write(table(out, ['ONLY UNDER', 'SEVERITY', 'NIGHTS', 'SUBJECT', 'RULE'], rows));
  if (findings.length > MOST_SHOWN)
    out.line(out.paint('dim', `and ${numberText(findings.length - MOST_SHOWN)} more; --json has them all`));

  out.line();
  out.line(out.paint('bold', 'By rule'));
  const byRule = rules.map(({ ruleId, onlyConfig, onlyAgainst, alertsConfig, alertsAgainst }): readonly Cell[] => [
    numberText(onlyConfig).padStart('ONLY CONFIG'.length),
    numberText(onlyAgainst).padStart('ONLY AGAINST'.length),
    signed(alertsAgainst - alertsConfig).padStart('ALERTS'.length),
    plainLine(ruleId, MAX_TEXT),
  ]);
  out.write(table(out, ['ONLY CONFIG', 'ONLY AGAINST', 'ALERTS', 'RULE'], byRule));
};

/** Shows a line a run, the totals, and the findings that two configs do not agree on. */
export const showReplay = ({ environmentId, configs, nights: runs, comparison }: Replay, out: Terminal): void => {
  const isCompared = configs.against !== undefined;
  out.line(out.paint('bold', `Environment ${environmentId}, as if each night had been tonight`));
  out.line(`config   ${configs.config}`);
  if (isCompared) out.line(`against  ${configs.against}`);
  out.line();
  const headings = ['RUN', ...(isCompared ? ['BY'] : []), 'USERS', ...SEVERITY_HEADINGS, 'ALERT'];
  const rows = runs.flatMap((run) => runRows(run, isCompared));
  out.write(table(out, headings, rows));

  const alerts = alertsUnder(runs, 'config');
  const others = alertsUnder(runs, 'against');
  const notReplayed = countOf(runs, 'not-replayed');
  const notComplete = countOf(runs, 'not-complete');
  out.line();
  out.line(
    [
      `${plural(countOf(runs, 'replayed'), 'night')} replayed, ${plural(alerts, 'alert')}`,
      ...(isCompared ? [`${numberText(others)} against (${signed(others - alerts)})`] : []),
      ...(notComplete > 0 ? [`${plural(notComplete, 'night')} without a complete run`] : []),
    ].join(', '),
  );
  if (notReplayed > 0)
    out.line(out.paint(['bold', 'red'], `${plural(notReplayed, 'night')} NOT replayed: nothing is known of them`));
  if (comparison !== undefined) showComparison(comparison, out);
};
