/** What came of one mutated input. */
export interface Fuzzed {
  /** In a word, to be counted. */
  readonly outcome: string;
  /** What must not be. */
  readonly problem?: string;
}

export const FUZZ_KINDS = ['responses', 'audits', 'configs'] as const;

export type FuzzKind = (typeof FUZZ_KINDS)[number];
