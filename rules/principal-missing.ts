import { roleCondition } from './conditions/roles.ts';
import { controls } from './engine/controls.ts';
import { definePrincipalRule } from './engine/rule.ts';

export default definePrincipalRule({
  id: 'principal-missing',
  title: 'API principals exist',
  failsWhen:
    "the ARN is a well-formed role ARN of the environment's own account, or of a trusted one that may be asked, and IAM does not know the role (`NoSuchEntity`); not assessed where IAM denies access or throttles",
  severity: 'HIGH',
  severityNote: '`LOW` where no active user reaches the API by it',
  rationale:
    'The name of a deleted role is free. Whoever may create roles can create that one again and act as the user.',
  remediation: 'Remove the ARN and turn the API access of the user off, or bind the user to a role that exists.',
  controls: controls({ 'NIST-800-53-r5': ['AC-2(3)', 'AC-3', 'IA-4'], 'ISO-27001-2022': ['A.5.16'] }),
  options: {},

  when: [
    roleCondition(
      () => 'IAM does not know the role',
      ({ role }) => role === null,
    ),
  ],

  violation: () => ({ message: 'the role does not exist: IAM does not know it', evidence: {} }),
});
