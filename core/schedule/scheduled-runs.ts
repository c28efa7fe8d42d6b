import { DAY_MS, MINUTE_MS } from '../../rules/engine/time.ts';
import { clockTimes } from './clock-times.ts';
import type { Schedule } from './schedule.ts';
import { clockOf, instantsAt } from './zoned-clock.ts';

/** A run that a schedule asks for. */
export interface ScheduledRun {
  /** The time that clocks in the schedule's time zone show, `2026-11-24 02:00`. */
  readonly localTime: string;
  /** The instants that it may stand for, in milliseconds since the epoch: two where clocks are put back over it. */
  readonly instants: readonly number[];
}

/** Writes a time of `clockTimes` as people do: `2026-11-24 02:00`. */
const localTimeOf = (clockTime: number): string => new Date(clockTime).toISOString().slice(0, 16).replace('T', ' ');

/**
 * Yields the runs of a schedule after one instant and up to another (milliseconds since the epoch), as EventBridge
 * Scheduler keeps it: a time that the spring's change of clocks leaves out is not run that day, and one that the
 * autumn's repeats is run once. AWS doesn't say at which of the two instants; the first counts here.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
 */
export function* scheduledRuns({ cron, timezone }: Schedule, after: number, until: number): Generator<ScheduledRun> {
  const read = clockOf(timezone);
  for (const clockTime of clockTimes(cron, read(after), until + DAY_MS)) {
    const instants = instantsAt(clockTime, read);
    const [first] = instants;
    if (first === undefined || first <= after || first > until) continue;
    yield { localTime: localTimeOf(clockTime), instants };
  }
}

/** A time of a schedule that its clocks don't show once. */
export interface DisturbedTime {
  readonly localTime: string;
  /** `skipped`: clocks are put forward over it, and nothing runs. `repeated`: they are put back over it. */
  readonly kind: 'skipped' | 'repeated';
}

/** Yields the times of a schedule, after one instant and up to another, over which its clocks are put forward or back. */
export function* disturbedTimes({ cron, timezone }: Schedule, after: number, until: number): Generator<DisturbedTime> {
  const read = clockOf(timezone);
  const offsetAt = (instant: number): number => read(instant) - instant;
  // Clocks are read to the minute.
  const toMinute = (instant: number): number => instant - (instant % MINUTE_MS);
  for (let day = toMinute(after); day < until; day += DAY_MS) {
    const end = toMinute(Math.min(day + DAY_MS, until));
    const change = Math.abs(offsetAt(day) - offsetAt(end));
    if (change === 0) continue;
    for (const clockTime of clockTimes(cron, read(day) - change, read(end) + change)) {
      const { length } = instantsAt(clockTime, read);
      if (length !== 1) yield { localTime: localTimeOf(clockTime), kind: length === 0 ? 'skipped' : 'repeated' };
    }
  }
}
