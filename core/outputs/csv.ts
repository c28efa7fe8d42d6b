import type { Finding } from '../../rules/engine/finding.ts';
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
  ['controls', ({ controls }) => controls.join(' ')],
  ['evidence', ({ evidence }) => JSON.stringify(evidence)],
  ['id', ({ id }) => id],
];

/**
 * Texts that a spreadsheet could take for a formula: it looks at the first character, and some skip white space before
 * it. Apostrophes before it count, so that the guard can be taken off again without mistake.
 */
const FORMULA = /^'*[\s\p{Cf}]*[=+\-@|%\t\r\n＝＋－＠]/u;

/** The beginning of most texts; to test them for more takes longer than the rest of a line. */
const HARMLESS = /^[\w{]/;

/** Quotes a cell; a text that a spreadsheet could take for a formula gets an apostrophe before it. */
export const cell = (value: string | number): string => {
  if (typeof value === 'number') return `"${value}"`;
  const guard = !HARMLESS.test(value) && FORMULA.test(value) ? "'" : '';
  return `"${guard}${value.includes('"') ? value.replaceAll('"', '""') : value}"`;
};

/** The text of a cell without the apostrophe that `cell` put before it, and some spreadsheets take off themselves. */
export const unguarded = (text: string): string =>
  text.startsWith("'") && FORMULA.test(text.slice(1)) ? text.slice(1) : text;

/** Cells as a line, which ends in CR LF (RFC 4180) once the writer has added the LF. */
export const cellsLine = (cells: readonly (string | number)[]): string => `${cells.map(cell).join(',')}\r`;

/** `findings.csv`: a finding a line, for spreadsheets. */
export const csvOutput: FindingOutput = {
  area: 'reports',
  file: 'findings.csv',
  label: 'Findings for spreadsheets',
  header: `${COLUMNS.map(([name]) => name).join(',')}\r`,
  line: (finding) => cellsLine(COLUMNS.map(([, read]) => read(finding))),
};
