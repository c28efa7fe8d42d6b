import { plainLine, plural } from '../../core/text/plain-text.ts';
import {
  SEVERITY_HEADINGS,
  severityCell,
  severityCells,
  signed,
  subjectText,
} from '../terminal/audit-view.ts';
import { type Cell, table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Comparison, Disagreement, Side } from './comparison.ts';
import type { NightVerdict, Replay, ReplayedNight } from './model.ts';

/** Findings that two configs do not agree on; `--json` has them all. */
const SHOWN = 20;

const MAX_TEXT = 400;

const verdictRow = (run: string, by: string | undefined, verdict: NightVerdict): readonly Cell[] => [
  run,
  ...(by === undefined ? [] : [by]),
  String(verdict.users).padStart('USERS'.length),
  ...severityCells(verdict.findings.bySeverity),
  verdict.alert === undefined ? { text: 'quiet', format: 'dim' } : plainLine(verdict.alert, MAX_TEXT),
];

const nightRows = (
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
  if (against === undefined) return [verdictRow(run, undefined, config)];
  return [verdictRow(run, 'config', config), verdictRow('', 'against', against)];
};

const count = (nights: readonly ReplayedNight[], outcome: ReplayedNight['outcome']): number =>
  nights.filter((night) => night.outcome === outcome).length;

const alertsUnder = (nights: readonly ReplayedNight[], side: 'config' | 'against'): number =>
  nights.filter((night) => night[side]?.alert !== undefined).length;

const SIDES: Readonly<Record<Side, string>> = { config: 'config', against: 'against', both: 'both' };

const differenceText = ({ side, ruleId, againstSeverity, severity, isWaived }: Disagreement): string => {
  const rule = plainLine(ruleId, MAX_TEXT);
  if (side !== 'both') return `${rule}${isWaived ? ' (waived)' : ''}`;
  return againstSeverity === severity
    ? `${rule}: waived under ${isWaived ? 'config' : 'against'} only`
    : `${rule}: ${againstSeverity} under against`;
};

const showComparison = ({ findings, rules }: Comparison, out: Terminal): void => {
  out.line();
  if (findings.length === 0 && rules.length === 0) {
    out.line('Both configs find the same on every night.');
    return;
  }
  out.line(out.paint('bold', `Findings that the configs do not agree on: ${findings.length}`));
  const rows = findings
    .slice(0, SHOWN)
    .map((finding): readonly Cell[] => [
      SIDES[finding.side],
      severityCell(finding.severity),
      finding.firstNight === finding.lastNight
        ? finding.firstNight
        : `${finding.firstNight}..${finding.lastNight}`,
      subjectText(finding),
      differenceText(finding),
    ]);
  if (rows.length > 0) out.write(table(out, ['ONLY UNDER', 'SEVERITY', 'NIGHTS', 'SUBJECT', 'RULE'], rows));
  if (findings.length > SHOWN)
    out.line(out.paint('dim', `and ${findings.length - SHOWN} more; --json has them all`));

  out.line();
  out.line(out.paint('bold', 'By rule'));
  out.write(
    table(
      out,
      ['ONLY CONFIG', 'ONLY AGAINST', 'ALERTS', 'RULE'],
      rules.map(({ ruleId, onlyConfig, onlyAgainst, alertsConfig, alertsAgainst }): readonly Cell[] => [
        String(onlyConfig).padStart('ONLY CONFIG'.length),
        String(onlyAgainst).padStart('ONLY AGAINST'.length),
        signed(alertsAgainst - alertsConfig).padStart('ALERTS'.length),
        plainLine(ruleId, MAX_TEXT),
      ]),
    ),
  );
};

/** A line a night, totals, and where two configs part. */
export const showReplay = ({ environmentId, configs, nights, comparison }: Replay, out: Terminal): void => {
  const isCompared = configs.against !== undefined;
  out.line(out.paint('bold', `Environment ${environmentId}, as if each night had been tonight`));
  out.line(`config   ${configs.config}`);
  if (isCompared) out.line(`against  ${configs.against}`);
  out.line();
  const headings = ['RUN', ...(isCompared ? ['BY'] : []), 'USERS', ...SEVERITY_HEADINGS, 'ALERT'];
  out.write(
    table(
      out,
      headings,
      nights.flatMap((night) => nightRows(night, isCompared)),
    ),
  );

  const alerts = alertsUnder(nights, 'config');
  const others = alertsUnder(nights, 'against');
  const notReplayed = count(nights, 'not-replayed');
  const notComplete = count(nights, 'not-complete');
  out.line();
  out.line(
    [
      `${plural(count(nights, 'replayed'), 'night')} replayed, ${plural(alerts, 'alert')}`,
      ...(isCompared ? [`${others} against (${signed(others - alerts)})`] : []),
      ...(notComplete > 0 ? [`${plural(notComplete, 'night')} without a complete run`] : []),
    ].join(', '),
  );
  if (notReplayed > 0)
    out.line(
      out.paint(['bold', 'red'], `${plural(notReplayed, 'night')} NOT replayed: nothing is known of them`),
    );
  if (comparison !== undefined) showComparison(comparison, out);
};
