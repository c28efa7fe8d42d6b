import { controls } from './engine/controls.ts';
import { defineUnavailableRule } from './engine/rule.ts';

export default defineUnavailableRule({
  id: 'idle-principal',
  title: 'API principals are used',
  failsWhen:
    'the role of an active user with API access was last used more than `maxDays` (90) ago, or never and was created as long ago',
  needs: 'iam:GetRole',
  severity: 'LOW',
  rationale: 'API access that nobody uses is access whose misuse nobody notices.',
  remediation: 'Ask the owner whether the access is still needed, and turn the API access of the user off if not.',
  controls: controls({ 'NIST-800-53-r5': ['AC-2(3)', 'AC-3', 'IA-4'], 'ISO-27001-2022': ['A.5.16'] }),
});
