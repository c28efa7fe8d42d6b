import { principalPresent } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineUserRule } from './engine/rule.ts';

export default defineUserRule({
  id: 'principal-not-a-role',
  title: 'API principals are well-formed role ARNs',
  failsWhen:
    'an ARN is present and is not `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`: an IAM user, `root`, a session of an assumed role, a wildcard or a malformed text is not',
  severity: 'HIGH',
  severityNote: '`LOW` unless the user is active and API-bound',
  rationale:
    'FinSpace binds API access to an IAM role. What else stands there either does not work or binds more than one role, and nobody can say who acts as the user.',
  remediation: 'Set the ARN of one IAM role of a trusted account, or turn the API access of the user off.',
  controls: controls({ 'NIST-800-53-r5': ['AC-3', 'IA-2', 'IA-5'], 'ISO-27001-2022': ['A.5.15'], 'SOC-2': ['CC6.1'] }),
  options: {},

  when: [
    principalPresent,
    {
      text: () => 'apiAccessPrincipalArn is not a well-formed role ARN',
      holds: ({ principal }) => principal.kind !== 'role',
    },
  ],

  violation: ({ principalArn, isActive, isApiBound, status, apiAccess }) => ({
    message: 'API principal is not a well-formed role ARN',
    evidence: { status, apiAccess, apiAccessPrincipalArn: principalArn },
    ...((!isActive || isApiBound === false) && { severity: 'LOW' }),
  }),
});
