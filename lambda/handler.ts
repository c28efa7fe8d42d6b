import { randomUUID } from 'node:crypto';
import { audit } from './audit.ts';
import { auditor } from './auditor.ts';
import { answerOf, attemptName, type Invocation, readInvocation } from './invocation.ts';

/** Audits one environment: what the schedule invokes. Rejects where the run is not complete or nobody was told. */
export const handler = async (event: unknown, context: Invocation) => {
  const startedAt = Date.now();
  const attempt = attemptName(startedAt, randomUUID());
  const request = readInvocation(event, context, auditor.config, startedAt, attempt);
  const listUsers = auditor.listUsersOf(request);
  const result = await audit(request, { ...auditor.settingsOf(request), listUsers });
  auditor.onResult(result, startedAt);
  return answerOf(result);
};
