import { randomUUID } from 'node:crypto';
import { audit } from '../core/audit/audit.ts';
import { auditor } from './auditor.ts';
import { answerOf, byEvent, readInvocation } from './invocation.ts';

/** Audits one environment, or looks whether it could. Rejects where a run is not complete or nobody was told. */
export const handler = byEvent(auditor.examine, async (event, context) => {
  const startedAt = auditor.clock.now();
  const request = readInvocation(event, context, auditor.config, startedAt, randomUUID());
  const listUsers = auditor.listUsersOf(request);
  const result = await audit(request, { ...auditor.settingsOf(request), listUsers });
  auditor.onResult(result, startedAt);
  return answerOf(result);
});
