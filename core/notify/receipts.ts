import type { Receipt } from './channel.ts';

/** Whether a marker has the receipt of a channel, by the channel's name: delivery asks before it sends again, and `verify`. */
export const RECEIPTS = {
  alert: ({ receipt }) => typeof receipt === 'string' && receipt !== '',
  events: ({ events }) => Number.isSafeInteger(events) && Number(events) > 0,
  'security-hub': ({ findings }) => Number.isSafeInteger(findings),
} as const satisfies Record<string, (marker: Receipt) => boolean>;
