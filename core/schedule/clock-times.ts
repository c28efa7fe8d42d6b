import { Cron } from 'croner';
import { cronFields } from './cron.ts';

/**
 * Yields the times that a cron expression names after one time and up to another, as clocks show them that never
 * change: each in milliseconds since the epoch, as if the clock were in UTC.
 */
export function* clockTimes(cron: string, after: number, until: number): Generator<number> {
  // With an offset in place of a time zone croner needs no `Intl`, and is five times as fast.
  const times = new Cron(cronFields(cron).join(' '), { utcOffset: 0, mode: '5-part' });
  for (let next = times.nextRun(new Date(after)); next !== null && next.getTime() <= until; next = times.nextRun(next))
    yield next.getTime();
}
