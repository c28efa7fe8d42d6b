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
 * One cell. A text that a spreadsheet could take for a formula gets an apostrophe before it: spreadsheets look at
 * the first character, and some skip white space before they look.
 */
export const cell = (value: string | number): string => {
  const text = String(value);
  const safe =
    typeof value === 'string' && /^[\s\p{Cf}]*[=+\-@|%\t\r\n＝＋－＠]/u.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
};

/** The first line of `findings.csv`; lines end in CR LF (RFC 4180) once the writer has added the LF. */
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
  return `${COLUMNS.map((column) => cell(cells[column])).join(',')}\r`;
};
