import { DAY_MS } from '../../rules/engine/time.ts';

/** Reads the clock of a time zone, to the minute, in the form of `clockTimes`. */
export const clockOf = (timeZone: string): ((instant: number) => number) => {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return (instant) => Date.parse(`${clock.format(instant).replace(' ', 'T')}Z`);
};

/** The instants that a clock time may be: clocks are at most 14 hours from UTC, and change once in a while. */
const candidates = (clockTime: number, read: (instant: number) => number): readonly number[] => {
  // The one offset is that before a change of clocks, the other that after it.
  const offsets = [clockTime - DAY_MS, clockTime + DAY_MS].map((instant) => read(instant) - instant);
  return [...new Set(offsets)].map((offset) => clockTime - offset);
};

/** Finds the instants at which a clock shows a time, the earlier one first: none where it is put forward over it, two where it is put back. */
export const instantsAt = (clockTime: number, read: (instant: number) => number): readonly number[] =>
  candidates(clockTime, read).filter((instant) => read(instant) === clockTime);

/** Gives the end of days in a time zone: the first instant that is no longer `YYYY-MM-DD` there. */
export const dayEnds = (timeZone: string): ((day: string) => number) => {
  const read = clockOf(timeZone);
  const known = new Map<string, number>();
  return (day) => {
    const midnight = Date.parse(`${day}T00:00:00Z`) + DAY_MS;
    // Where clocks are put forward over midnight, the day ends as they are.
    const end = known.get(day) ?? instantsAt(midnight, read)[0] ?? candidates(midnight, read)[0] ?? midnight;
    known.set(day, end);
    return end;
  };
};
