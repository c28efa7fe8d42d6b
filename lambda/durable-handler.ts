import { withDurableExecution } from '@aws/durable-execution-sdk-js';
import { auditor } from './auditor.ts';
import { auditInParts } from './durable-audit.ts';
import { byEvent } from './invocation.ts';

/**
 * Audits one environment whose listing may take longer than an invocation, or looks whether it could: what the schedule
 * invokes.
 */
export const handler = withDurableExecution((event: unknown, context) =>
  byEvent(auditor.examine, () => auditInParts(event, context, auditor))(event, context.lambdaContext),
);
