import { type Alert, ARCHIVE_PLACEHOLDER, type Channel } from '../channel.ts';

/** Sends a digest; resolves with the receipt once it was accepted. */
export type SendAlert = (alert: Alert) => Promise<string>;

/** The name of the channel that carries digests to people. */
export const ALERT = 'alert';

/** Carries digests to people, by whatever sends them. */
export const digestChannel = (send: SendAlert): Channel => ({
  name: ALERT,
  isResent: true,
  prepare({ digest, archiveLocation }) {
    if (digest === undefined) return undefined;
    const body = digest.body.replaceAll(ARCHIVE_PLACEHOLDER, archiveLocation);
    return async () => ({ subject: digest.subject, receipt: await send({ ...digest, body }) });
  },
});
