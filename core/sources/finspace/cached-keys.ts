import { MINUTE_MS } from '../../../rules/engine/time.ts';
import type { Clock } from '../../model/clock.ts';
import type { AwsCredentials } from './signing.ts';

/** Keys are renewed so long before their end that no request is signed with dying ones. */
const MARGIN_MS = 5 * MINUTE_MS;

/** Keeps keys until shortly before they expire (in milliseconds since the epoch); loads them when they are asked for. */
export const cachedKeys = (
  clock: Clock,
  load: () => Promise<{ readonly keys: AwsCredentials; readonly expiresAt: number }>,
) => {
  let cached: Awaited<ReturnType<typeof load>> | undefined;
  return {
    async current(): Promise<AwsCredentials> {
      if (cached === undefined || clock.now() >= cached.expiresAt - MARGIN_MS) cached = await load();
      return cached.keys;
    },
    renew(): boolean {
      cached = undefined;
      return true;
    },
  };
};
