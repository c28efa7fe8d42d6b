import type { Finding } from '../../rules/engine/finding.ts';

const COLUMNS = [
  'severity',
  'state',
  'rule',
  'subjectKind',
  'subject',
  'message',
  'firstSeen',
  'lastSeen',
  'runs',
  'resolvedAt',
  'cause',
  'waivedUntil',
  'controls',
  'evidence',
  'id',
] as const;

/**
 * What a spreadsheet could take for a formula: it looks at the first character, and some skip white space before they
 * look. Apostrophes before it count, so that the guard can be taken off again without mistake.
 */
const FORMULA = /^'*[\s\p{Cf}]*[=+\-@|%\t\r\n＝＋－＠]/u;

/** What most texts begin with; to look for more takes longer than the rest of a line. */
const HARMLESS = /^[\w{]/;

/** One cell. A text that a spreadsheet could take for a formula gets an apostrophe before it. */
export const cell = (value: string | number): string => {
  const text = String(value);
  const isFormula = typeof value === 'string' && !HARMLESS.test(text) && FORMULA.test(text);
  return `"${isFormula ? "'" : ''}${text.replaceAll('"', '""')}"`;
};

/** The text of a cell without the apostrophe that `cell` put before it, and some spreadsheets take off themselves. */
export const unguarded = (text: string): string =>
  text.startsWith("'") && FORMULA.test(text.slice(1)) ? text.slice(1) : text;

/** Cells as a line, which ends in CR LF (RFC 4180) once the writer has added the LF. */
export const cellsLine = (cells: readonly (string | number)[]): string => `${cells.map(cell).join(',')}\r`;

/** The first line of `findings.csv`. */
export const csvHeader = `${COLUMNS.join(',')}\r`;

/** A finding as a line of `findings.csv`. */
export const csvLine = (finding: Finding): string => {
  const cells: Record<(typeof COLUMNS)[number], string | number> = {
    severity: finding.severity,
    state: finding.state,
    rule: finding.ruleId,
    subjectKind: finding.subject.kind,
    subject: finding.subject.id,
    message: finding.message,
    firstSeen: finding.firstSeen,
    lastSeen: finding.lastSeen,
    runs: finding.runs,
    resolvedAt: finding.resolvedAt ?? '',
    cause: finding.cause ?? '',
    waivedUntil: finding.waiver?.expires ?? '',
    controls: finding.controls.join(' '),
    evidence: JSON.stringify(finding.evidence),
    id: finding.id,
  };
  return cellsLine(COLUMNS.map((column) => cells[column]));
};
