import type { AlertRecipient } from '../../core/config/config.ts';

/** Whether a recipient gets alarms too: a queue and a function have a program behind them that was written to read alerts. */
export const hearsAlarms = ({ protocol }: AlertRecipient): boolean =>
  protocol === 'email' || protocol === 'https';
