import type { Archive } from '../archive/archive.ts';
import { verificationKey } from '../archive/keys.ts';
import { readPublicKey } from '../archive/signature.ts';
import { jsonText, stagedContent } from '../archive/staging.ts';
import { storeOnce } from '../archive/store.ts';
import { readVerification, verificationKeys } from '../archive/verifications.ts';
import type { Config } from '../config/config.ts';
import { runInstant } from '../model/run-name.ts';
import { dueOf } from './gaps.ts';
import { type AcceptedFault, type Verification, verifyEnvironment } from './verify.ts';

/** The report that the function that verifies leaves in the archive each time. */
export interface VerificationReport {
  readonly schemaVersion: 1;
  readonly environmentId: string;
  /** The instant that it was asked for: ISO 8601, UTC. */
  readonly verifiedAt: string;
  /** The report before, which says what was read by then; missing where everything was read. */
  readonly previous?: string;
  /** Nights after this run, and lateness of runs after it, were looked for; missing where of all. */
  readonly since?: string;
  /** Whether signatures were held against keys that the config gives: else against those that the archive has recorded. */
  readonly hasOwnKeys: boolean;
  readonly verification: Verification;
}

/** A report, and where it stands. */
export interface ReportedVerification {
  readonly key: string;
  readonly report: VerificationReport;
}

export interface VerificationRequest {
  readonly environmentId: string;
  /** Names the report. */
  readonly at: Date;
  /** Whether objects and nights that a verification before looked at are looked at again. */
  readonly isWhole: boolean;
  readonly config: Config;
  readonly accepted: readonly AcceptedFault[];
}

/**
 * Verifies an environment's whole chain, and of its objects and nights what no verification before has looked at; leaves a
 * report in the archive.
 */
export const verifyAndReport = async (
  archive: Archive,
  { environmentId, at, isWhole, config, accepted }: VerificationRequest,
): Promise<ReportedVerification> => {
  const key = verificationKey(environmentId, at);
  const before = (await verificationKeys(archive, environmentId)).findLast((other) => other < key);
  const previous = isWhole || before === undefined ? undefined : await readVerification(archive, before);
  const since = runInstant(previous?.lastRun ?? '')?.getTime();
  const publicKeys = (config.signing?.publicKeys ?? []).map((publicKey) => readPublicKey(Buffer.from(publicKey)));
  const now = at.getTime();

  const verification = await verifyEnvironment(archive, environmentId, {
    publicKeys,
    mayBeginUnsigned: true,
    accepted,
    due: { ...dueOf(config, environmentId, now), since },
    readUpTo: previous?.readUpTo ?? 0,
    expiry: { now, retention: config.retention },
  });
  const report: VerificationReport = {
    schemaVersion: 1,
    environmentId,
    verifiedAt: at.toISOString(),
    ...(previous !== undefined && { previous: previous.key }),
    ...(previous?.lastRun !== undefined && { since: previous.lastRun }),
    hasOwnKeys: publicKeys.length > 0,
    verification,
  };
  await storeOnce(archive, key, stagedContent(jsonText(report)));
  return { key, report };
};
