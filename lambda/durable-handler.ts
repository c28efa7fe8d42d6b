import { withDurableExecution } from '@aws/durable-execution-sdk-js';
import { readBundledRules } from './bundled-rules.ts';
import { composeAuditor } from './composition.ts';
import { auditInParts } from './durable-audit.ts';
import { byEvent } from './invocation.ts';

// Once a cold start.
const auditor = composeAuditor(import.meta.dirname, process.env, {}, await readBundledRules(import.meta.dirname));

/** Audits one environment whose listing may take longer than an invocation, or examines whether it could. */
export const handler = withDurableExecution((event: unknown, context) =>
  byEvent(auditor.examine, () => auditInParts(event, context, auditor))(event, context.lambdaContext),
);
