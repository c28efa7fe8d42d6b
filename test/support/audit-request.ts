import type { AuditRequest } from '../../core/audit/request.ts';
import { ACCOUNT, ENVIRONMENT, NOW } from './builders.ts';

/** A request to audit the environment of these tests, with all the time there is. */
export const anAuditRequest = (differs: Partial<AuditRequest> = {}): AuditRequest => ({
  environmentId: ENVIRONMENT,
  accountId: ACCOUNT,
  region: 'us-east-1',
  partition: 'aws',
  asOf: new Date(NOW),
  attempt: 'attempt',
  deadline: Number.POSITIVE_INFINITY,
  acceptRosterDrop: false,
  ...differs,
});
