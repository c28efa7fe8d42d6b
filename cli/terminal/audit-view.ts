import type { AuditResult } from '../../core/audit/result.ts';
import { type Highlight, type HighlightKind, isNews } from '../../core/model/highlights.ts';
import { isFullyJudged, isNobodySeen, notFullyJudged, type Report } from '../../core/model/report.ts';
import { brokeText, causeText, countedHighlights, HIGHLIGHT_WORDS, reservedWords } from '../../core/model/words.ts';
import { numberText, plainLine, plural, truncate } from '../../core/text/plain-text.ts';
import { FINDING_STATES, type Finding } from '../../rules/engine/finding.ts';
import { readPrincipal } from '../../rules/engine/principal.ts';
import { SEVERITIES, type Severity, severityRank } from '../../rules/engine/severity.ts';
import { type Cell, table } from './table.ts';
import { type Format, SEVERITY_FORMATS, type Terminal } from './terminal.ts';

/** The most findings of one rule and kind that are shown; `findings.csv` has them all. */
const MOST_SHOWN = 5;

/** The most findings that are shown, so that a run fits on a screen or two; of many rules each has one. */
const MOST_ROWS = 25;

const MAX_ID = 140;
/** User ids have at most 26 characters. */
const MAX_SUBJECT = 32;
const MAX_TEXT = 400;

const formatOf = (kind: HighlightKind): Format => {
  if (kind === 'resolved') return 'green';
  return isNews(kind) ? 'bold' : 'dim';
};

export const severityCell = (severity: Severity): Cell => ({ text: severity, format: SEVERITY_FORMATS[severity] });

const SHORT: Readonly<Record<Severity, string>> = {
  CRITICAL: 'CRIT',
  HIGH: 'HIGH',
  MEDIUM: 'MED',
  LOW: 'LOW',
  INFORMATIONAL: 'INFO',
};

/** The worst first. */
const COLUMNS = SEVERITIES.toReversed();

/** `+3`, `−1` */
export const signed = (count: number): string => (count < 0 ? `−${numberText(-count)}` : `+${numberText(count)}`);

/** A count that may not be known. */
export const numberCell = (count: number | undefined): string => (count === undefined ? '?' : numberText(count));

/** A count under its severity's short name; a nought is not coloured. */
export const severityCells = (bySeverity: Readonly<Record<Severity, number>> | undefined): readonly Cell[] =>
  COLUMNS.map((severity) => {
    const count = bySeverity?.[severity];
    const text = numberCell(count).padStart(SHORT[severity].length);
    return { text, format: count === undefined || count === 0 ? 'dim' : SEVERITY_FORMATS[severity] };
  });

export const SEVERITY_HEADINGS: readonly string[] = COLUMNS.map((severity) => SHORT[severity]);

/** A user id; of an ARN the end, where ARNs differ. Of environments there is but one. */
export const subjectText = ({ subject }: Pick<Finding, 'subject'>): string => {
  if (subject.kind === 'environment') return 'environment';
  // What stands for an ARN may be what somebody typed, a name among others: as in mails, and a terminal's text may be a log.
  if (subject.kind === 'principal' && readPrincipal(subject.id).kind !== 'role') return '(no role ARN)';
  const id = plainLine(subject.id, MAX_ID);
  if (subject.kind === 'principal' && id.length > MAX_SUBJECT) return `...${id.slice(3 - MAX_SUBJECT)}`;
  return truncate(id, MAX_SUBJECT) || '(no readable id)';
};

/** The message of a finding, or the cause of its resolution. */
const findingText = (finding: Finding): string =>
  finding.state === 'resolved' ? causeText(finding) : plainLine(finding.message, MAX_TEXT);

/**
 * Lists findings, the worst first, some of each rule, with how many more there are of it.
 * @param all the file that has them all
 */
export const findingsTable = (
  terminal: Pick<Terminal, 'paint' | 'width'>,
  highlights: readonly Highlight[],
  all?: string,
): string => {
  const each = Math.max(1, Math.min(MOST_SHOWN, Math.floor(MOST_ROWS / highlights.length)));
  const shown = highlights
    .slice(0, MOST_ROWS)
    .flatMap(({ kind, count, findings }) =>
      findings
        .slice(0, each)
        .map((finding, index, { length }) => ({ kind, finding, more: index === length - 1 ? count - length : 0 })),
    )
    .toSorted((a, b) => severityRank(b.finding.severity) - severityRank(a.finding.severity));
  const rows = shown.map(({ kind, finding, more }): readonly Cell[] => [
    severityCell(finding.severity),
    { text: HIGHLIGHT_WORDS[kind].tag, format: formatOf(kind) },
    subjectText(finding),
    `${plainLine(finding.ruleId, MAX_ID)}: ${findingText(finding)}${more > 0 ? ` (and ${numberText(more)} more)` : ''}`,
  ]);
  const hidden = highlights.reduce((total, { count }) => total + count, 0) - shown.length;
  const rest = `and ${numberText(hidden)} more${all === undefined ? '' : ` in ${all}`}`;
  return (
    table(terminal, ['SEVERITY', 'STATE', 'SUBJECT', 'FINDING'], rows) +
    (hidden === 0 ? '' : `${terminal.paint('dim', rest)}\n`)
  );
};

/** Counts the findings of each rule and severity, the worst first, without what resolved. */
export const rulesTable = (
  terminal: Pick<Terminal, 'paint' | 'width'>,
  highlights: readonly Highlight[],
  titles: ReadonlyMap<string, string>,
): string => {
  const standing = highlights.filter(({ kind }) => kind !== 'resolved');
  const byRule = Map.groupBy(standing, ({ ruleId }) => ruleId);
  const rows = COLUMNS.flatMap((severity) =>
    [...byRule].flatMap(([ruleId, members]): readonly (readonly Cell[])[] => {
      const count = members.reduce((total, { severities }) => total + (severities[severity] ?? 0), 0);
      const title = titles.get(ruleId) ?? '';
      const cells = [severityCell(severity), numberText(count).padStart('FAILING'.length), plainLine(ruleId, MAX_ID)];
      return count === 0 ? [] : [[...cells, title]];
    }),
  );
  return table(terminal, ['SEVERITY', 'FAILING', 'RULE', 'WHAT IS REQUIRED'], rows);
};

/** `2 CRITICAL, 14 HIGH`, or that nothing fails of what was seen and judged. */
export const failingText = (report: Report, paint: Terminal['paint']): string => {
  const { verdict, findings } = report;
  const parts = COLUMNS.filter((severity) => findings.bySeverity[severity] > 0).map((severity) =>
    paint(SEVERITY_FORMATS[severity], `${numberText(findings.bySeverity[severity])} ${severity}`),
  );
  if (parts.length > 0) return parts.join(', ');
  if (isNobodySeen(report)) return 'not known, nobody was seen';
  if (verdict !== 'COMPLETE') return 'nothing among what was seen';
  return notFullyJudged(report).length > 0 ? 'nothing among what was judged' : 'nothing';
};

/** `3 new, 1 resolved, 14 open`. */
export const statesText = ({ findings: { byState } }: Report): string => {
  const present = FINDING_STATES.filter((state) => byState[state] > 0).map((state) =>
    countedHighlights(state, byState[state]),
  );
  return present.length === 0 ? 'no findings' : present.join(', ');
};

/** A verdict that nobody can take for another, even without colour, nor for more than it says. */
export const verdictText = (
  report: Pick<Report, 'verdict' | 'reason' | 'late' | 'source'>,
  paint: Terminal['paint'],
): string => {
  const { verdict, reason } = report;
  if (verdict !== 'COMPLETE') return `${paint(['bold', 'white', 'bgRed'], ` ${verdict} `)} ${reason ?? ''}`;
  const reserved = reservedWords(report);
  return paint(['bold', reserved.length === 0 ? 'green' : 'yellow'], [verdict, ...reserved].join(', '));
};

/** The users that a listing saw, and the requests that it took. */
export const listingText = ({ counts, verdict }: Report): string => {
  const { users, pages, duplicates, conflicting = 0, requests, throttled, retries } = counts;
  const seen = `${plural(users, 'user')} on ${plural(pages, 'page')}`;
  const cost = [
    plural(requests, 'request'),
    ...(throttled > 0 ? [`${numberText(throttled)} throttled`] : []),
    ...(retries > 0 ? [`${numberText(retries)} repeated`] : []),
    ...(duplicates > 0 ? [`${plural(duplicates, 'duplicate record')} left out`] : []),
    ...(conflicting > 0 ? [`${plural(conflicting, 'user')} with records that differ`] : []),
  ];
  return `${verdict === 'COMPLETE' ? seen : `only ${seen} seen`}; ${cost.join(', ')}`;
};

/** The delivery of the digest. */
export const alertText = ({ deliveries }: Pick<AuditResult, 'deliveries'>): string => {
  // Of several that are for some severities each, one that failed is what matters.
  const alert = Object.values(deliveries).find(({ outcome }) => outcome === 'failed') ?? deliveries.alert;
  switch (alert?.outcome) {
    case 'quiet':
      return 'nothing to tell, nobody is mailed';
    case 'already-sent':
      return 'told before';
    case 'failed':
      return `NOT SENT: ${plainLine(alert.message, MAX_TEXT)}`;
    default:
      return alert?.distrusted === undefined
        ? 'sent'
        : `sent, though ${plainLine(alert.distrusted, MAX_TEXT)} is there, which does not speak for it`;
  }
};

/** The rules that could not judge everybody, with the reason; those that share one stand together. */
export const unjudgedText = ({ rules }: Report): string => {
  const unjudged = rules.filter((outcome) => !isFullyJudged(outcome));
  const byReason = Map.groupBy(unjudged, (outcome) => {
    const { state, notAssessed, reason = 'no reason given', error } = outcome;
    const what = state === 'ran' ? `${numberText(notAssessed)} not assessed` : state;
    return `${what}: ${plainLine(error === undefined ? reason : brokeText(outcome), MAX_TEXT)}`;
  });
  return [...byReason]
    .map(([reason, outcomes]) => `${outcomes.map(({ id }) => plainLine(id, MAX_ID)).join(', ')} (${reason})`)
    .join('; ');
};
