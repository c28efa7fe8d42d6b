/** Kinds of what is wrong with an archive: an undisturbed one has none of them. */
export type ProblemKind =
  | 'edited'
  | 'missing'
  | 'orphaned'
  | 'skipped'
  | 'forked'
  | 'reordered'
  | 'latest'
  | 'gap'
  | 'late'
  | 'unsigned'
  | 'bad-signature'
  | 'unreadable'
  | 'no-runs'
  | 'unwitnessed'
  | 'vanished';

/** Kinds of what a cut-off attempt leaves and the next run mends or passes by, and of what can't be checked. */
export type NoteKind =
  | 'orphaned'
  | 'leftover'
  | 'latest-behind'
  | 'uncopied'
  | 'owed'
  | 'unchecked'
  | 'skipped-time'
  | 'accepted-history'
  | 'accepted'
  | 'closed'
  | 'reopened';

/** Something that an archive shows to whoever verifies it. */
export interface Observation<Kind extends string> {
  readonly kind: Kind;
  /** The run it concerns; of a gap the run that is not there. */
  readonly run?: string;
  /** The object it is about. */
  readonly key?: string;
  /** Lower case, no full stop; reads after the key. Names nobody. */
  readonly message: string;
}

export type Problem = Observation<ProblemKind>;
export type Note = Observation<NoteKind>;

/** The outcome of a check. */
export interface Observations {
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
}
