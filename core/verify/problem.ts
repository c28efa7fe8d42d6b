/** What is wrong with an archive: an undisturbed one has none of these. */
export const PROBLEM_KINDS = [
  'edited',
  'missing',
  'orphaned',
  'skipped',
  'forked',
  'reordered',
  'latest',
  'gap',
  'unsigned',
  'bad-signature',
  'unreadable',
  'no-runs',
] as const;

export type ProblemKind = (typeof PROBLEM_KINDS)[number];

/** What an attempt that was cut off leaves and the next run mends or passes by, and what could not be checked. */
export type NoteKind = 'orphaned' | 'leftover' | 'latest-behind' | 'undelivered' | 'unchecked';

/** Something that an archive shows to whoever verifies it. */
export interface Remark<Kind extends string> {
  readonly kind: Kind;
  /** The run it concerns; of a gap the run that is not there. */
  readonly run?: string;
  /** The object it is about. */
  readonly key?: string;
  /** Lower case, no full stop; reads after the key. Names nobody. */
  readonly message: string;
}

export type Problem = Remark<ProblemKind>;
export type Note = Remark<NoteKind>;
