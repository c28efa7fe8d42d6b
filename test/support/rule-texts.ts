/** The texts that every rule has of itself, for rules that tests make. */
export const RULE_TEXTS = {
  title: 'Users are as they should be',
  failsWhen: 'they are not',
  severity: 'MEDIUM',
  rationale: 'why',
  remediation: 'what to do',
  controls: [],
} as const;
