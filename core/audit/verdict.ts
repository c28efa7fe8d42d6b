import type { Manifest } from '../archive/manifest.ts';
import type { Verdict, VerdictReason } from '../model/report.ts';
import type { Judgement } from './judging.ts';
import type { Look, Run } from './run.ts';

/** Why a run is not complete. */
export interface Shortfall {
  readonly verdict: Exclude<Verdict, 'COMPLETE'>;
  readonly reason: VerdictReason;
  /** In words, with what to do about it. */
  readonly message: string;
}

/** A roster that shrank by fewer users than this is no drop, whatever the percentage. */
const LEAST_ROSTER_DROP = 5;

/** Where the listing did not end of itself. */
export const cutOf = ({ end, counts }: Look): Shortfall | undefined => {
  if (end.complete) return undefined;
  const { reason, message } = end;
  const isFailure = counts.pages === 0 && (reason === 'access-denied' || reason === 'source-unavailable');
  return { verdict: isFailure ? 'FAILED' : 'INCOMPLETE', reason, message };
};

/** Where the listing ended and yet can't be the whole directory. */
export const shrinkageOf = (
  { request, settings }: Run,
  users: number,
  last: Manifest | undefined,
): Shortfall | undefined => {
  if (users === 0) {
    return {
      verdict: 'INCOMPLETE',
      reason: 'empty-roster',
      message: 'the listing ended without a single user, and a FinSpace environment always has one',
    };
  }
  const before = last?.counts.users ?? 0;
  const gone = before - users;
  const isDrop = gone >= LEAST_ROSTER_DROP && gone * 100 > before * settings.maxDropPercent;
  if (!isDrop || request.acceptRosterDrop) return undefined;
  return {
    verdict: 'INCOMPLETE',
    reason: 'roster-drop',
    message:
      `${users} users where run ${last?.run} had ${before}: more than ${settings.maxDropPercent} % fewer; ` +
      'FinSpace has no deletion, so look into it, then accept it with --accept-roster-drop or acceptRosterDrop in the event',
  };
};

/** Where a rule broke down: what it would have found nobody knows. */
export const ruleErrorOf = ({ outcomes }: Judgement): Shortfall | undefined => {
  const broken = outcomes.filter(({ error }) => error !== undefined).map(({ id }) => id);
  if (broken.length === 0) return undefined;
  return {
    verdict: 'INCOMPLETE',
    reason: 'rule-error',
    message: `${broken.join(', ')} failed while judging; what it threw stands in report.json`,
  };
};
