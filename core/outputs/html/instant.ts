import { type Html, html } from './markup.ts';

/** `2026-11-24 02:00 UTC` */
export const utcText = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

/** `2026-11-23 21:00 America/New_York`: the same instant where the schedule was written. */
export const zonedText = (iso: string, timeZone: string): string => {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  // In parts, since what stands between them differs from one version of ICU to the next.
  const parts = new Map(format.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => (parts.get(type) ?? '').padStart(2, '0');
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')} ${timeZone}`;
};

export const day = (iso: string): Html => html`<time datetime="${iso}">${iso.slice(0, 10)}</time>`;
