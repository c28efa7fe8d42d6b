/** The columns about a user; a reviewer changes none of them. */
export const IDENTITY_COLUMNS = [
  'userId',
  'name',
  'emailAddress',
  'type',
  'status',
  'apiAccess',
  'apiAccessPrincipalArn',
  'lastLogin',
  'openFindings',
  'worstSeverity',
  'justificationToKeep',
] as const;

/** The columns that a reviewer fills in. */
export const ANSWER_COLUMNS = ['decision', 'justification', 'reviewer'] as const;

export const WORKSHEET_COLUMNS = [...IDENTITY_COLUMNS, ...ANSWER_COLUMNS] as const;

export const DECISIONS = ['keep', 'revoke', 'justify'] as const;

export type Decision = (typeof DECISIONS)[number];

/** A text as every spreadsheet gives it back: line ends differ by the machine, and half a character is none. */
export const asSpread = (text: string): string => text.toWellFormed().replaceAll(/\r\n?/g, '\n');
