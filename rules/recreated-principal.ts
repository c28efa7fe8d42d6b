import { controls } from './engine/controls.ts';
import { defineUnavailableRule } from './engine/rule.ts';

export default defineUnavailableRule({
  id: 'recreated-principal',
  title: 'API principals stay the roles they were',
  failsWhen: 'the unique id of the role is not the one of the last snapshot, while the ARN is the same',
  needs: 'iam:GetRole',
  severity: 'HIGH',
  rationale:
    'A role that was deleted and created again has the same ARN and may be trusted to somebody else. Nothing in FinSpace shows the difference.',
  remediation: 'Find out who created the role again and why. Turn the API access of the user off if nobody knows.',
  controls: controls({ 'NIST-800-53-r5': ['AC-2(3)', 'AC-3', 'IA-4'], 'ISO-27001-2022': ['A.5.16'] }),
});
