/** The faults of a history past mending that people may accept, each with the kinds that `verify` has for it. */
export const ACCEPTED_KINDS = { fork: ['forked', 'skipped', 'reordered'], gap: ['gap'], late: ['late'] } as const;

/** A fault of the history that somebody accepted: told each time, and no problem any more. */
export interface Accepted {
  readonly kind: keyof typeof ACCEPTED_KINDS;
  readonly run: string;
  readonly reason: string;
  readonly approver: string;
}

/** Gives accepted faults the kinds that `verify` has for them. */
export const acceptedFaults = (accepted: readonly Accepted[]) =>
  accepted.map(({ kind, ...fault }) => ({ kinds: ACCEPTED_KINDS[kind], ...fault }));
