import { randomUUID } from 'node:crypto';
import { audit } from '../core/audit/audit.ts';
import { readBundledRules } from './bundled-rules.ts';
import { composeAuditor } from './composition.ts';
import { auditAnswer, byEvent, readAuditEvent } from './invocation.ts';

// Once a cold start.
const auditor = composeAuditor(import.meta.dirname, process.env, {}, await readBundledRules(import.meta.dirname));

/** Audits one environment, or examines whether it could. Rejects where a run is not complete or nobody was notified. */
export const handler = byEvent(auditor.examine, async (event, context) => {
  const startedAt = auditor.clock.now();
  const request = readAuditEvent(event, context, auditor.config, { startedAt, random: randomUUID() });
  const asked = (await auditor.openRoster(request)) ?? { request, listUsers: auditor.sourceOf(request) };
  const result = await audit(asked.request, { ...auditor.settingsOf(request), listUsers: asked.listUsers });
  auditor.onResult(result, startedAt);
  return auditAnswer(result);
});
