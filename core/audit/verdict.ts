import type { Milestone } from '../archive/entry.ts';
import type { Manifest } from '../archive/manifest.ts';
import type { Verdict, VerdictReason } from '../model/report.ts';
import { runName } from '../model/run-name.ts';
import { brokeText } from '../model/words.ts';
import { numberText, plainLine, plural } from '../text/plain-text.ts';
import type { History } from './history.ts';
import type { Judgement } from './judging.ts';
import type { JudgedListing } from './listing.ts';
import type { AuditRequest } from './request.ts';

/** The reason for which a run is not complete. */
export interface Shortfall {
  readonly verdict: Exclude<Verdict, 'COMPLETE'>;
  readonly reason: VerdictReason;
  /** The reason in words, with what to do about it. */
  readonly message: string;
}

/** A roster that shrank by fewer users than this is no drop, whatever the percentage. */
const LEAST_ROSTER_DROP = 5;

/** Reasons for which a listing without a page is a failure: nobody answered, or nobody was asked. */
const NOTHING_READ: ReadonlySet<VerdictReason> = new Set(['access-denied', 'source-unavailable', 'config']);

/** The shortfall of a listing that did not end of itself. */
export const listingShortfall = ({ end, counts }: Pick<JudgedListing, 'end' | 'counts'>): Shortfall | undefined => {
  if (end.complete) return undefined;
  const { reason, message } = end;
  const isFailure = counts.pages === 0 && NOTHING_READ.has(reason);
  return { verdict: isFailure ? 'FAILED' : 'INCOMPLETE', reason, message };
};

/**
 * The shortfall of a listing that ended and yet can't be the whole directory.
 * @param maxDropPercent by how many per cent the roster may be smaller than that of the last complete run; undefined
 * where somebody accepted the drop
 */
export const rosterShortfall = (
  users: number,
  last: Manifest | undefined,
  maxDropPercent: number | undefined,
): Shortfall | undefined => {
  if (users === 0) {
    return {
      verdict: 'INCOMPLETE',
      reason: 'empty-roster',
      message: 'the listing ended without a single user, and a FinSpace environment always has one',
    };
  }
  if (last === undefined || maxDropPercent === undefined) return undefined;
  const expected = last.counts.users;
  const gone = expected - users;
  if (gone < LEAST_ROSTER_DROP || gone * 100 <= expected * maxDropPercent) return undefined;
  return {
    verdict: 'INCOMPLETE',
    reason: 'roster-drop',
    message:
      `${plural(users, 'user')} where run ${last.run} had ${numberText(expected)}: more than ${maxDropPercent} % fewer; ` +
      'FinSpace has no deletion, so look into it, then accept it with --accept-roster-drop or acceptRosterDrop in the event',
  };
};

/** The shortfall of a run whose rules failed: nobody knows what they would have found. */
export const ruleShortfall = ({ outcomes }: Pick<Judgement, 'outcomes'>): Shortfall | undefined => {
  const broken = outcomes.filter(({ error }) => error !== undefined);
  if (broken.length === 0) return undefined;
  return {
    verdict: 'INCOMPLETE',
    reason: 'rule-error',
    message: `${broken.map((outcome) => `rule ${outcome.id}: ${brokeText(outcome)}`).join('; ')}; what was wrong stands in report.json`,
  };
};

/** The shortfall of a run for an instant that a later complete run has gone past: nobody can see its users any more. */
export const lateShortfall = ({ asOf, roster }: Pick<AuditRequest, 'asOf' | 'roster'>, later: string): Shortfall => ({
  verdict: 'FAILED',
  reason: 'after-the-fact',
  message:
    `run ${runName(asOf)} comes after the fact: run ${later} is complete, and ` +
    (roster === undefined
      ? "what users were like before it can't be read now"
      : 'a history goes forward only: audit a roster from before it into an archive of its own, the oldest roster first'),
});

/** Whether a run has audited the roster of a request, on an earlier occasion. */
export const hasAudited = ({ source, asOf }: Manifest, { roster }: Pick<AuditRequest, 'roster'>): boolean =>
  roster !== undefined && source?.sha256 === roster.sha256 && Date.parse(source.readAt ?? asOf) < roster.requestedAt;

/** Whether a complete run is what is asked for: of a roster, that it has read the very same for the same request. */
export const isAskedFor = (done: Manifest, request: Pick<AuditRequest, 'roster'>): boolean =>
  request.roster === undefined || (done.source?.sha256 === request.roster.sha256 && !hasAudited(done, request));

/** The shortfall of a run whose roster another one has audited before: nobody looked since. */
export const staleShortfall = ({ run, source }: Manifest): Shortfall => ({
  verdict: 'INCOMPLETE',
  reason: 'stale-roster',
  message: `${source?.file} was audited already, as run ${run}: nothing is known of the directory since. Save a newer roster, and see to whatever should have saved it`,
});

/** The shortfall of a run whose history does not hold: what it would resolve or compare with is not to be believed. */
export const historyShortfall = ({ problem }: Pick<History, 'problem'>): Shortfall | undefined =>
  problem === undefined
    ? undefined
    : {
        verdict: 'INCOMPLETE',
        reason: 'untrusted-history',
        message:
          `the history does not hold: ${problem}; nothing was resolved. Look into it with verify, then go on from a run ` +
          'that holds with --accept-history SHA256 --reason TEXT, or acceptHistory in the event',
      };

/** The shortfall of a run after the chain was closed. */
export const closedShortfall = ({ asOf, reason }: Milestone): Shortfall => ({
  verdict: 'FAILED',
  reason: 'closed',
  message: `the chain of audits was closed on ${asOf.slice(0, 10)}, and nothing was read: ${plainLine(reason)}. finspace-audit reopen goes on`,
});
