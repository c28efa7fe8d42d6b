import { Cron } from 'croner';
import type { Config } from '../config/config.ts';

type Schedule = Config['schedule'];

/** A time of the schedule on one day. */
export interface ScheduledNight {
  /** As clocks in the schedule's time zone show it, `2026-11-24 02:00`. */
  readonly localTime: string;
  /** The instants that it may stand for, in milliseconds since the epoch: two where clocks are put back over it. */
  readonly instants: readonly number[];
}

const field = (values: readonly number[], inAll: number): string =>
  values.length === inAll ? '*' : values.join(',');

const cronOf = ({ cron, timezone }: Schedule): Cron =>
  new Cron(
    [
      field(cron.minutes, 60),
      field(cron.hours, 24),
      field(cron.daysOfMonth, 31),
      field(cron.months, 12),
      field(cron.daysOfWeek, 7),
    ].join(' '),
    { timezone, mode: '5-part' },
  );

/** By how much clocks are put back somewhere, in minutes. */
const CLOCK_CHANGES_MINUTES = [30, 60, 120];

/**
 * The times of a schedule after one instant and up to another (milliseconds since the epoch), as EventBridge
 * Scheduler keeps it: a time that the spring's change of clocks leaves out is not run that day, and one that the
 * autumn's repeats is run once. AWS doesn't say at which of the two.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
 */
export function* scheduledNights(
  schedule: Schedule,
  after: number,
  until: number,
): Generator<ScheduledNight> {
  const { cron, timezone } = schedule;
  const clock = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const repeated = new Set<string>();
  const times = cronOf(schedule);

  for (
    let next = times.nextRun(new Date(after));
    next !== null && next.getTime() <= until;
    next = times.nextRun(next)
  ) {
    const instant = next.getTime();
    const localTime = clock.format(next);
    const [hour = 0, minute = 0] = localTime.slice(-5).split(':').map(Number);
    // Where clocks leave a time out, croner gives the end of the gap instead.
    if (!cron.hours.includes(hour) || !cron.minutes.includes(minute) || repeated.delete(localTime)) continue;

    const twins = CLOCK_CHANGES_MINUTES.flatMap((minutes) => [-minutes, minutes])
      .map((minutes) => instant + minutes * 60_000)
      .filter((twin) => clock.format(twin) === localTime);
    if (twins.some((twin) => twin > instant)) repeated.add(localTime);
    yield { localTime, instants: [instant, ...twins].toSorted((a, b) => a - b) };
  }
}
