/**
 * Finds the rate that a service sustains from the requests that it refuses.
 *
 * Limits of this kind are token buckets: tokens come at a steady rate, a full bucket keeps a burst of them, a request
 * takes one or is refused. Neither rate nor burst is known, but a refusal shows much: at that moment the bucket was
 * empty. So whatever was granted between two refusals is what flowed in, and the mean gap between grants is the gap
 * that the service sustains: if anything it is too long, since tokens that overflow a full bucket are never seen. And
 * the gap before a refusal was too short. The truth lies between the two, and the next gap is their geometric mean.
 *
 * - Until the first refusal nothing is paced; the first gap after it is a guess at a common limit.
 * - Refused again at once, the gap grows fivefold: few requests find even a very slow limit.
 * - Where the two bounds are close, the gap is held for long (`HOLD`); where they are not, briefly. Then it shrinks
 *   faster and faster: one refusal in some fifty requests, and a limit that was raised is found soon.
 *
 * States are immutable, times are milliseconds on the caller's clock, requests follow one another.
 */
export interface Pace {
  /** The gap from one request to the next; 0 while nothing was refused. */
  readonly gapMs: number;
  /** The time at which the last request was due: the next is due a gap later, however late the last one was. */
  readonly dueAt: number;
  readonly sentAt: number;
  /** The time that the last request took: gaps can't be shorter. */
  readonly tookMs: number;
  /** Time and grants since the refusal from which the sustained gap is measured. */
  readonly measuredMs: number;
  readonly grants: number;
  /** Grants since the last refusal of all. */
  readonly run: number;
  /** Refusals without a grant in between. */
  readonly streak: number;
  /** Grants for which the gap is held. */
  readonly hold: number;
  /** The longest gap that was too short. */
  readonly tooShortMs: number;
  /** The last gap that was measured, to return to after a long outage. */
  readonly settledMs: number;
}

const FIRST_GAP_MS = 50;
const LONGEST_GAP_MS = 20_000;
const STREAK_GROWTH = 5;
/** The part of that growth that a grant after a streak takes back: the truth lies between the last two gaps. */
const STREAK_RETURN = 1.5;
/** A streak of more refusals than this was no search for the limit, but an outage. */
const LONG_STREAK = 3;
/** The least that a gap grows by when it was too short. */
const LEAST_GROWTH = 1.06;
const HOLD = 40;
const SHORT_HOLD = 6;
/** Bounds are close where the lower is more than this of the upper. */
const CLOSE = 0.6;
/** Fewer grants measure too roughly: the measurement then goes on over the refusal. */
const ENOUGH_GRANTS = 10;
const ACCELERATION = 0.025;
const MOST_SPEED_UP = 1.2;
/** The random part of the wait after a refusal, of the gap: clients that were refused together come back apart. */
const JITTER = 0.25;

export const UNPACED: Pace = {
  gapMs: 0,
  dueAt: 0,
  sentAt: 0,
  tookMs: 0,
  measuredMs: 0,
  grants: 0,
  run: 0,
  streak: 0,
  hold: 0,
  tooShortMs: 0,
  settledMs: FIRST_GAP_MS,
};

/** Gives the milliseconds that the next request has to wait. */
export const waitMs = ({ gapMs, dueAt }: Pace, now: number): number =>
  gapMs === 0 ? 0 : Math.max(0, dueAt + gapMs - now);

/** Records that a request is sent. */
export const sent = (pace: Pace, now: number): Pace => {
  // A gap far longer than planned was someone else's wait, and says nothing about the service's rate.
  const longest = 2 * Math.max(pace.gapMs, pace.tookMs);
  return {
    ...pace,
    dueAt: Math.max(pace.dueAt + pace.gapMs, now - pace.gapMs),
    sentAt: now,
    measuredMs: pace.measuredMs + Math.min(now - pace.sentAt, longest),
  };
};

/** Records that the request was not refused for its rate. */
export const granted = (pace: Pace, now: number): Pace => {
  const found =
    pace.streak > 1
      ? {
          ...pace,
          gapMs: pace.streak > LONG_STREAK ? Math.sqrt(pace.gapMs * pace.settledMs) : pace.gapMs / STREAK_RETURN,
          hold: 0,
          dueAt: pace.sentAt,
        }
      : pace;
  const run = found.run + 1;
  const speedUp = Math.min(MOST_SPEED_UP, 1 + ACCELERATION * Math.max(0, run - found.hold));
  return {
    ...found,
    gapMs: found.gapMs / speedUp,
    tookMs: now - found.sentAt,
    grants: found.grants + 1,
    run,
    streak: 0,
  };
};

const afterRun = (pace: Pace) => {
  // Half a grant is the mean of what was left in the bucket when the measurement began and when it ended.
  const sustainedMs = pace.measuredMs / (pace.grants + 0.5);
  const refusedMs = Math.max(pace.gapMs, pace.tookMs);
  // Where more was granted than the old bound allows, the limit has been raised since.
  const tooShortMs = sustainedMs < pace.tooShortMs ? refusedMs : Math.max(pace.tooShortMs, refusedMs);
  const isClose = tooShortMs > CLOSE * sustainedMs && pace.grants >= 3;
  const gapMs = Math.max(tooShortMs * LEAST_GROWTH, Math.sqrt(tooShortMs * sustainedMs));
  const measurement = pace.grants >= ENOUGH_GRANTS ? { measuredMs: 0, grants: 0 } : {};
  return { gapMs, tooShortMs, settledMs: gapMs, hold: isClose ? HOLD : SHORT_HOLD, ...measurement };
};

const afterRefusal = (pace: Pace) => {
  if (pace.gapMs === 0) return { gapMs: FIRST_GAP_MS, measuredMs: 0, grants: 0 };
  if (pace.run === 0) return { gapMs: Math.min(LONGEST_GAP_MS, pace.gapMs * STREAK_GROWTH), tooShortMs: pace.gapMs };
  return afterRun(pace);
};

/** Records that the request was refused for its rate. `random` is from 0 to 1. */
export const refused = (pace: Pace, now: number, random: number): Pace => {
  const next = { ...pace, tookMs: now - pace.sentAt, run: 0, streak: pace.streak + 1 };
  const { gapMs, ...rest } = afterRefusal({ ...next, run: pace.run });
  return { ...next, ...rest, gapMs, dueAt: pace.sentAt + random * JITTER * gapMs };
};
