import { plainLine } from '../lambda/alerts/plain-text.ts';
import type { AuditResult } from '../lambda/audit.ts';
import type { Highlight } from '../lambda/report/highlights.ts';
import type { Report } from '../lambda/report/report.ts';
import { SEVERITIES } from '../rules/engine/severity.ts';
import { type Cell, table } from './table.ts';
import { SEVERITY_FORMATS, type Terminal } from './terminal.ts';

/** Subjects of one rule and kind that are shown; findings.csv has them all. */
const SHOWN = 3;

const MAX_CELL = 200;

const rowsOf = ({ ruleId, kind, count, findings }: Highlight): readonly (readonly Cell[])[] => {
  const rows = findings
    .slice(0, SHOWN)
    .map(({ severity, subject, message }): readonly Cell[] => [
      { text: severity, format: SEVERITY_FORMATS[severity] },
      kind,
      ruleId,
      plainLine(subject.kind === 'principal' ? 'an ARN' : subject.id, MAX_CELL),
      plainLine(message, MAX_CELL),
    ]);
  const hidden = count - rows.length;
  return hidden === 0
    ? rows
    : [...rows, ['', kind, ruleId, '', { text: `and ${hidden} more`, format: 'dim' }]];
};

/** The findings of a run, the worst first, some of each rule. */
export const findingsTable = (terminal: Terminal, highlights: readonly Highlight[]): string =>
  table(terminal, ['severity', 'state', 'rule', 'subject', 'finding'], highlights.flatMap(rowsOf));

/** "2 CRITICAL, 14 HIGH", or that there is none. */
export const failingText = ({ findings: { bySeverity } }: Report, paint: Terminal['paint']): string => {
  const parts = SEVERITIES.toReversed()
    .filter((severity) => bySeverity[severity] > 0)
    .map((severity) => `${paint(SEVERITY_FORMATS[severity], `${bySeverity[severity]}`)} ${severity}`);
  return parts.length === 0 ? 'nothing fails' : parts.join(', ');
};

/** A verdict, which no colour-blind or colourless reader can take for another. */
export const verdictText = ({ verdict, reason, message = '' }: Report, paint: Terminal['paint']): string =>
  verdict === 'COMPLETE'
    ? paint(['bold', 'green'], verdict)
    : `${paint(['bold', 'white', 'bgRed'], ` ${verdict} `)} ${reason}: ${plainLine(message, 2 * MAX_CELL)}`;

const ALERTS: Readonly<Record<AuditResult['alert']['outcome'], string>> = {
  sent: 'digest sent',
  quiet: 'quiet: nothing changed',
  'already-sent': 'digest sent before',
  failed: 'DIGEST NOT SENT',
};

export const alertText = ({ alert }: AuditResult): string => ALERTS[alert.outcome];
