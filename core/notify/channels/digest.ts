import type { Band } from '../../model/band.ts';
import { type Alert, ARCHIVE_PLACEHOLDER, type Channel } from '../channel.ts';
import { RECEIPTS } from '../receipts.ts';

/** Sends a digest; resolves with the receipt once it was accepted. */
export type SendAlert = (alert: Alert) => Promise<string>;

/** The name of the channel that carries digests to people; those of bands add their label. */
const ALERT = 'alert';

/** Says what the chain has come to: whoever keeps the mail can prove that nothing up to it is gone. */
const headLines = (head: string): string =>
  `  Head:         ${head}\n  Keep this mail: verify --head ${head}\n  proves that nothing up to this audit is gone.\n`;

/**
 * Carries digests to people, by whatever sends them.
 * @param findUnheard undefined where somebody hears for sure, such as at a terminal
 * @param band carries those of some severities alone
 */
export const digestChannel = (send: SendAlert, findUnheard?: Channel['findUnheard'], band?: Band): Channel => ({
  name: band === undefined ? ALERT : `${ALERT}-${band.label}`,
  needsDigest: true,
  ...(band && { band }),
  ...(findUnheard && { findUnheard }),
  hasReceipt: (marker) => RECEIPTS[ALERT](marker) && marker.band === band?.label,
  prepare({ digest, head, archive }) {
    const alert = band === undefined ? digest : digest?.bands?.[band.label];
    if (alert === undefined) return undefined;
    const { subject, attributes } = alert;
    const text = alert.body.replaceAll(ARCHIVE_PLACEHOLDER, archive.location);
    // Added as it is sent: the manifest names the digest, which therefore can't hold the manifest's own hash.
    const body = head === undefined ? text : `${text}${headLines(head)}`;
    return async () => ({
      subject,
      ...(band && { band: band.label }),
      receipt: await send({ subject, body, attributes }),
    });
  },
});
