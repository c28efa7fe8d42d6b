import { limitsError } from './conditions/limits.ts';
import { active, superUser } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineDirectoryRule } from './engine/rule.ts';

export default defineDirectoryRule({
  id: 'too-many-super-users',
  title: 'Super users are few',
  failsWhen: 'there are more than `max` active super users; the finding is about the environment',
  severity: 'MEDIUM',
  rationale:
    'Every super user can read all data and grant itself and others anything. Each one more is one more account whose loss is the loss of the environment.',
  remediation:
    'Make super users that do not administer the environment application users, in permission groups that grant what they need.',
  controls: controls({
    'NIST-800-53-r5': ['AC-6(5)'],
    'CIS-v8.1': ['5.4'],
    'ISO-27001-2022': ['A.8.2'],
    'NYDFS-500.7': ['(a)(2)'],
  }),
  options: { max: 3 },
  about: 'environment',
  optionsError: (options) => limitsError(options),

  counts: [active, superUser],
  limit: ({ count }, { max }) => ({ text: `there are more than ${max} such users: ${count}`, holds: count > max }),

  violation: ({ count, users }, { max }) => ({
    message: `${count} active super users; at most ${max} allowed`,
    evidence: { ...users, max },
  }),
});
