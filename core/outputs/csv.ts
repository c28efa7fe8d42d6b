import type { Finding } from '../../rules/engine/finding.ts';
import { serialiseRecord } from '../../rules/engine/record.ts';
import { SEVERITIES, severityRank } from '../../rules/engine/severity.ts';
import type { FindingOutput } from './output.ts';

const COLUMNS: readonly (readonly [name: string, read: (finding: Finding) => string | number])[] = [
  ['severity', ({ severity }) => severity],
  ['state', ({ state }) => state],
  ['rule', ({ ruleId }) => ruleId],
  ['subjectKind', ({ subject }) => subject.kind],
  ['subject', ({ subject }) => subject.id],
  ['message', ({ message }) => message],
  ['firstSeen', ({ firstSeen }) => firstSeen],
  ['lastSeen', ({ lastSeen }) => lastSeen],
  ['runs', ({ runs }) => runs],
  ['resolvedAt', ({ resolvedAt = '' }) => resolvedAt],
  ['cause', ({ cause = '' }) => cause],
  ['waivedUntil', ({ waiver }) => waiver?.expires ?? ''],
  ['waiverReason', ({ waiver }) => waiver?.reason ?? ''],
  ['waiverOwner', ({ waiver }) => waiver?.owner ?? ''],
  ['waiverApprover', ({ waiver }) => waiver?.approver ?? ''],
  ['waiverTicket', ({ waiver }) => waiver?.ticket ?? ''],
  ['controls', ({ controls }) => controls.join(' ')],
  ['evidence', ({ evidence }) => serialiseRecord(evidence)],
  ['id', ({ id }) => id],
  [
    'notJudged',
    ({ carried, carriedFor }) => (carried ? (carriedFor ?? 'could not be judged, and stands as it did') : ''),
  ],
];

/**
 * Texts that a spreadsheet could take for a formula: it looks at the first character, and some skip white space before
 * it. Apostrophes before it count, so that the guard can be taken off again without mistake.
 */
export const FORMULA = /^'*[\s\p{Cf}]*[=+\-@|%\t\r\n＝＋－＠]/u;

/** The beginning of most texts; to test them for more takes longer than the rest of a line. */
const HARMLESS = /^[\w{]/;

/**
 * Ends a cell for a reader that splits at something else than commas, and keeps no quotes that it does not begin with.
 */
const SEPARATOR = /[;\t\r\n]/;

/** The beginnings of cells for such a reader; quotes, of which it may drop some, stand before a formula as spaces do. */
const CELLS = /(?<=[;\t\r\n])/;

const INNER_FORMULA = /^['"\v\f\p{Z}\p{Cf}]*[=+\-@|%＝＋－＠]/u;

/** Changes what follows each separator, where it could be taken for a formula. */
const eachInner = (text: string, change: (inner: string) => string): string =>
  text
    .split(CELLS)
    .map((inner, index) => (index === 0 ? inner : change(inner)))
    .join('');

/**
 * Quotes a cell; a text that a spreadsheet could take for a formula gets an apostrophe before it, also where only a
 * reader that splits at semicolons or tabs would come upon it.
 */
export const cell = (value: string | number): string => {
  if (typeof value === 'number') return `"${value}"`;
  const guard = !HARMLESS.test(value) && FORMULA.test(value) ? "'" : '';
  const text = SEPARATOR.test(value)
    ? eachInner(value, (inner) => (INNER_FORMULA.test(inner) ? `'${inner}` : inner))
    : value;
  return `"${guard}${text.includes('"') ? text.replaceAll('"', '""') : text}"`;
};

/** The text of a cell without the apostrophes that `cell` put there, of which some spreadsheets take off the first. */
export const unguarded = (text: string): string => {
  const own = text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
  return eachInner(own, (inner) => (inner.startsWith("'") && INNER_FORMULA.test(inner) ? inner.slice(1) : inner));
};

/** Cells as a line, which ends in CR LF (RFC 4180) once the writer has added the LF. */
export const cellsLine = (cells: readonly (string | number)[]): string => `${cells.map(cell).join(',')}\r`;

const MILDEST = SEVERITIES.length - 1;

/** `findings.csv`: a finding a line, for spreadsheets, by severity, rule and subject. */
export const csvOutput: FindingOutput = {
  area: 'reports',
  file: 'findings.csv',
  label: 'Findings for spreadsheets',
  header: `${COLUMNS.map(([name]) => `"${name}"`).join(',')}\r`,
  keyOf: ({ severity, ruleId, subject }) => `${MILDEST - severityRank(severity)}${ruleId} ${subject.id}`,
  line: (finding) => cellsLine(COLUMNS.map(([, read]) => read(finding))),
};
