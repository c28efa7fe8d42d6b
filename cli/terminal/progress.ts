import type { ListingProgress } from '../../core/audit/settings.ts';
import type { ListingEvent } from '../../core/sources/finspace/settings.ts';
import { numberText, plural } from '../../core/text/plain-text.ts';
import type { Terminal } from './terminal.ts';

/** `40 s`, `3 min` */
const timeText = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;

/**
 * Shows a listing as it goes on, on a terminal that somebody watches.
 * @param startedAt in milliseconds since the epoch
 * @param prefix begins the line
 */
export const progressLine = (terminal: Terminal, startedAt: number, prefix = '') => {
  let users = 0;
  let expected: number | undefined;
  let pages = 0;
  let throttled = 0;
  let retries = 0;
  let waiting = '';

  const show = (): void => {
    const seconds = Math.max(0.001, (Date.now() - startedAt) / 1000);
    terminal.redraw(
      [
        `${prefix}${plural(users, 'user')}`,
        plural(pages, 'page'),
        `${numberText(Math.round(users / seconds))} users/s`,
        ...(throttled > 0 ? [`${numberText(throttled)} throttled`] : []),
        ...(retries > 0 ? [`${numberText(retries)} repeated`] : []),
        ...(expected === undefined || users === 0 || users >= expected
          ? []
          : [`about ${timeText((seconds * (expected - users)) / users)} left`]),
        ...(waiting === '' ? [] : [waiting]),
      ].join(' · '),
    );
  };

  return {
    onProgress: (progress: ListingProgress): void => {
      users = progress.users;
      expected = progress.expectedUsers;
      ({ pages, throttled, retries } = progress.counts);
      waiting = '';
      show();
    },
    onEvent: (event: ListingEvent): void => {
      if (event.kind === 'throttled') throttled += 1;
      if (event.kind !== 'retry') return;
      retries += 1;
      waiting = `waiting ${(event.waitMs / 1000).toFixed(1)} s after ${event.failure}`;
      show();
    },
    clear: () => terminal.redraw(''),
  };
};
