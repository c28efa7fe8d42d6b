/** Kinds of what is wrong with an archive: an undisturbed one has none of them. */
export const PROBLEM_KINDS = [
  'edited',
  'missing',
  'orphaned',
  'skipped',
  'forked',
  'reordered',
  'latest',
  'gap',
  'late',
  'unsigned',
  'bad-signature',
  'unreadable',
  'no-runs',
  'unwitnessed',
  'vanished',
] as const;

export type ProblemKind = (typeof PROBLEM_KINDS)[number];

/** Kinds of what a cut-off attempt leaves and the next run mends or passes by, and of what can't be checked. */
export type NoteKind =
  | 'orphaned'
  | 'leftover'
  | 'latest-behind'
  | 'uncopied'
  | 'owed'
  | 'unchecked'
  | 'unrecorded'
  | 'skipped-time'
  | 'accepted-history'
  | 'accepted'
  | 'expired'
  | 'closed'
  | 'reopened';

/** Something that is wrong. Each names what it is about, so that machines can tell one from the other. */
export interface Problem {
  readonly kind: ProblemKind;
  /** The run that it concerns, of a gap the one that is not there; null where it is of no run, or nobody knows of which. */
  readonly run: string | null;
  /** The object that it is about; of what is missing, the key at which it would be, or that of the place before it. */
  readonly key: string;
  /** Lower case, no full stop; reads after the key. Names nobody. */
  readonly message: string;
}

/** Something that whoever verifies is told, and that is no problem. */
export interface Note {
  readonly kind: NoteKind;
  readonly run?: string | null;
  readonly key?: string;
  /** As a problem's. */
  readonly message: string;
}

/** The outcome of a check. */
export interface Observations {
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
}
