/** The outcome of one mutated input. */
export interface Fuzzed {
  /** One word, to be counted. */
  readonly outcome: string;
  /** Names what must not be. */
  readonly problem?: string;
}

export const FUZZ_KINDS = ['responses', 'audits', 'configs', 'rosters'] as const;

export type FuzzKind = (typeof FUZZ_KINDS)[number];
