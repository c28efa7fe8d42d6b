import type { SendAlert } from './digest.ts';

/** The width of the digest's own lines with the bar before them. */
const WIDTH = 80;

/** Prints digests as they would be mailed; the receipt says that nobody was mailed. */
export const terminalAlerts =
  (write: (text: string) => void): SendAlert =>
  ({ subject, body }) => {
    const lines = [`Subject: ${subject}`, '', ...body.trimEnd().split('\n')];
    const bar = '─'.repeat(WIDTH - 1);
    write([`┌${bar}`, ...lines.map((line) => `│ ${line}`.trimEnd()), `└${bar}`, ''].join('\n'));
    return Promise.resolve('terminal');
  };
