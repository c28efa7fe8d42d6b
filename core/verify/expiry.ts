import { isMilestone } from '../archive/entry.ts';
import { sequenceOfKey, unfinishedOfKey } from '../archive/keys.ts';
import { endedRetention, type RetentionDuty } from '../model/retention.ts';
import { runInstant } from '../model/run-name.ts';
import { plural } from '../text/plain-text.ts';
import type { Link } from './links.ts';
import type { Note, Problem } from './problem.ts';

/** Settings that decide whether something may have been deleted after its retention. */
export interface ExpirySettings {
  /** The moment of verifying, in milliseconds since the epoch. */
  readonly now: number;
  /** As the config has it; undefined where there is none: then what the chain has noted decides alone. */
  readonly retention?: RetentionDuty | undefined;
}

/** Everything that is gone since it had not to be kept any more. */
export interface Expired {
  /** The last run of which something is gone. */
  readonly run: string;
  /** The last place of the chain that is gone; 0 where all are there. */
  readonly sequence: number;
  /** Nothing of an instant before is owed any more, in milliseconds since the epoch. */
  readonly until: number;
}

/** The instant of what is missing: an unfinished attempt lies before the run that vouches for it. */
const instantOf = ({ run, key }: Problem): number | undefined =>
  runInstant(unfinishedOfKey(key)?.run ?? run ?? '')?.getTime();

/**
 * Sets apart what is missing because its retention has ended and it was to be deleted then: a note tells what nobody can
 * check any more. Whatever had still to be kept stays a problem.
 * @param links in order
 */
export const withoutExpired = (
  links: readonly Link[],
  problems: readonly Problem[],
  { now, retention }: ExpirySettings,
): { readonly problems: readonly Problem[]; readonly notes: readonly Note[]; readonly expired?: Expired } => {
  const noted = links.flatMap(({ claims, run = '' }) =>
    claims === undefined || isMilestone(claims) ? [] : [{ run, retention: claims.retention }],
  );
  const ended = endedRetention(noted, retention, now);
  if (ended === undefined) return { problems, notes: [] };
  const { until, says } = ended;
  const there = new Set(links.map(({ key }) => key));
  // A place that holds another run than it should is there, however old that is.
  const isGone = ({ kind, key }: Problem): boolean => kind === 'orphaned' || (kind === 'missing' && !there.has(key));
  const old = problems.filter((problem) => isGone(problem) && (instantOf(problem) ?? now) <= until);
  const sequence = Math.max(0, ...old.map(({ key }) => sequenceOfKey(key) ?? 0));
  // Whoever misses a place may not know its run. One before a place that has expired is older.
  const expired = new Set([
    ...old,
    ...problems.filter((problem) => {
      const place = sequenceOfKey(problem.key);
      return isGone(problem) && problem.run === null && place !== undefined && place <= sequence;
    }),
  ]);
  if (expired.size === 0) return { problems, notes: [] };

  const run =
    [...expired]
      .map((problem) => problem.run ?? '')
      .toSorted()
      .at(-1) ?? '';
  const places = sequence - links.filter(({ key }) => (sequenceOfKey(key) ?? sequence) < sequence).length;
  const others = [...expired].filter(({ key }) => sequenceOfKey(key) === undefined).length;
  const gone = [
    ...(places > 0 ? [`${plural(places, 'place')} of the chain up to ${sequence}`] : []),
    ...(others > 0 ? [plural(others, 'other object')] : []),
  ];
  const are = places + others === 1 ? 'is' : 'are';
  const message = `${gone.join(' and ')} ${are} not there any more: ${says}; nobody can check now that they were there, whole, signed and in their places`;
  return {
    problems: problems.filter((problem) => !expired.has(problem)),
    notes: [{ kind: 'expired', run, message }],
    expired: { run, sequence, until },
  };
};
