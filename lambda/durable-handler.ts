import { withDurableExecution } from '@aws/durable-execution-sdk-js';
import { auditor } from './auditor.ts';
import { auditInParts } from './durable-audit.ts';

/** Audits one environment whose listing may take longer than an invocation: what the schedule invokes. */
export const handler = withDurableExecution((event, context) => auditInParts(event, context, auditor));
