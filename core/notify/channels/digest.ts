import { type Alert, ARCHIVE_PLACEHOLDER, type Channel } from '../channel.ts';

/** Sends a digest; resolves with the receipt once it was accepted. */
export type SendAlert = (alert: Alert) => Promise<string>;

/** The name of the channel that carries digests to people. */
export const ALERT = 'alert';

/** Says what the chain has come to: whoever keeps the mail can prove that nothing up to it is gone. */
const headLines = (head: string): string =>
  `  Head:         ${head}\n  Keep this mail: verify --head ${head}\n  proves that nothing up to this audit is gone.\n`;

/**
 * Carries digests to people, by whatever sends them.
 * @param findUnheard undefined where somebody hears for sure, such as at a terminal
 */
export const digestChannel = (send: SendAlert, findUnheard?: Channel['findUnheard']): Channel => ({
  name: ALERT,
  needsDigest: true,
  ...(findUnheard && { findUnheard }),
  hasReceipt: ({ receipt }) => typeof receipt === 'string' && receipt !== '',
  prepare({ digest, head, archive }) {
    if (digest === undefined) return undefined;
    const text = digest.body.replaceAll(ARCHIVE_PLACEHOLDER, archive.location);
    // Added as it is sent: the manifest names the digest, which therefore can't hold the manifest's own hash.
    const body = head === undefined ? text : `${text}${headLines(head)}`;
    return async () => ({ subject: digest.subject, receipt: await send({ ...digest, body }) });
  },
});
