import type { Finding } from './finding.ts';
import type { Severity } from './severity.ts';
import { DAY_MS } from './time.ts';

/** The days after which people are reminded of an open finding, again and again, by severity. */
export type Reminders = Readonly<Record<Severity, number | 'off'>>;

/** Rounds, since days are an hour shorter or longer where clocks change. */
const daysOpen = (firstSeen: string, asOf: string): number =>
  Math.round((Date.parse(asOf) - Date.parse(firstSeen)) / DAY_MS);

/**
 * Tells whether a reminder of an open finding came due after the last complete run; one of a run that was missed is
 * made up for.
 * @param previousAsOf of the last complete run, and `asOf` of this one: ISO 8601, UTC
 */
export const isReminderDue = (
  { state, severity, firstSeen }: Pick<Finding, 'state' | 'severity' | 'firstSeen'>,
  reminders: Reminders,
  previousAsOf: string,
  asOf: string,
): boolean => {
  const interval = reminders[severity];
  if (state !== 'open' || interval === 'off') return false;
  const due = (instant: string): number => Math.floor(daysOpen(firstSeen, instant) / interval);
  return due(asOf) > due(previousAsOf);
};
