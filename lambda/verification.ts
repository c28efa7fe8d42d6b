import * as z from 'zod/mini';
import type { Archive } from '../core/archive/archive.ts';
import { runOfKey } from '../core/archive/keys.ts';
import { verificationKeys } from '../core/archive/verifications.ts';
import { wholeSecond } from '../core/audit/request.ts';
import { type Accepted, acceptedFaults } from '../core/config/accepted.ts';
import type { Config } from '../core/config/config.ts';
import { runInstant } from '../core/model/run-name.ts';
import { nameAndMessageOf } from '../core/text/error-message.ts';
import { type ReportedVerification, verifyAndReport } from '../core/verify/verification-report.ts';
import { DAY_MS, HOUR_MS } from '../rules/engine/time.ts';

const verificationEvent = z.strictObject({
  environmentIds: z.array(z.string()),
  scheduledTime: z.iso.datetime({ offset: true }),
  /** For people who invoke by hand: all objects and nights, those too that were looked at before. */
  everything: z.optional(z.boolean()),
});

/** The files that were bundled with the code. */
export interface BundledConfig {
  readonly config: Config;
  readonly accepted: readonly Accepted[];
}

export interface VerificationEdges {
  readonly archive: Archive;
  readonly files: BundledConfig;
  /** Whether there is time to begin with another environment. */
  readonly hasTime: () => boolean;
  readonly onVerified: (verified: ReportedVerification) => void;
}

/** Whoever was verified so short a while ago has had its turn this week. */
const SAME_WEEK_MS = 2 * DAY_MS;

const wasVerified = async (archive: Archive, environmentId: string, now: number): Promise<boolean> => {
  const last = (await verificationKeys(archive, environmentId)).at(-1) ?? '';
  return (runInstant(runOfKey(last) ?? '')?.getTime() ?? 0) > now - SAME_WEEK_MS;
};

/**
 * Verifies the archives of environments whose turn has not been this week, as many as there is time for: the schedule asks
 * every hour of a day. Each hour begins with another one, so that one that can't be verified keeps none from its turn.
 * @throws where one could not be verified, once the others were
 */
export const verifyByEvent = async (
  event: unknown,
  { archive, files: { config, accepted }, hasTime, onVerified }: VerificationEdges,
): Promise<void> => {
  const { environmentIds, scheduledTime, everything = false } = z.parse(verificationEvent, event);
  const known = config.environments.map(({ id }) => id);
  const strange = environmentIds.find((id) => !known.includes(id));
  if (strange !== undefined)
    throw new Error(`event.environmentIds must be of ${known.join(', ')}, got ${JSON.stringify(strange)}`);

  const now = Date.parse(scheduledTime);
  const first = Math.floor(now / HOUR_MS) % Math.max(1, environmentIds.length);
  const failures: string[] = [];
  for (const environmentId of [...environmentIds.slice(first), ...environmentIds.slice(0, first)]) {
    if (!hasTime()) break;
    try {
      if (!everything && (await wasVerified(archive, environmentId, now))) continue;
      const request = { environmentId, at: wholeSecond(now), isWhole: everything, config };
      onVerified(await verifyAndReport(archive, { ...request, accepted: acceptedFaults(accepted) }));
    } catch (error) {
      failures.push(`${environmentId}: ${nameAndMessageOf(error)}`);
    }
  }
  if (failures.length > 0) throw new Error(`not verified: ${failures.join('; ')}`);
};
