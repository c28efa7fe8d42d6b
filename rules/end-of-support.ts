import { controls } from './engine/controls.ts';
import { defineDirectoryRule } from './engine/rule.ts';

/**
 * The last day of FinSpace, as AWS announced it:
 * https://docs.aws.amazon.com/finspace/latest/userguide/amazon-finspace-end-of-support.html
 */
const LAST_DAY = '2026-10-07';
const AFTER_LAST_DAY = Date.UTC(2026, 9, 8);

export default defineDirectoryRule({
  id: 'end-of-support',
  title: 'The service is supported',
  failsWhen: `the day ${LAST_DAY}, the announced end of Amazon FinSpace, is over (UTC); the finding is about the environment`,
  severity: 'INFORMATIONAL',
  rationale:
    'Nobody fixes a service past its end, and access to it may stop at any time, to its users and to this audit.',
  remediation:
    'Move data and users to a supported service and record when the environment will be gone. Keep the archive of this audit for as long as the records have to be kept.',
  controls: controls({ 'NIST-800-53-r5': ['SA-22'] }),
  options: {},
  about: 'environment',

  limit: (_facts, _options, { now }) => ({ text: `the day ${LAST_DAY} is over (UTC)`, holds: now >= AFTER_LAST_DAY }),

  violation: (_group, _options, { now }) => ({
    message: `support for the service ended on ${LAST_DAY}`,
    evidence: { endOfSupport: LAST_DAY, now },
  }),
});
