import { limitsError } from './conditions/limits.ts';
import { hasStatus, superUser } from './conditions/users.ts';
import { controls } from './engine/controls.ts';
import { defineDirectoryRule } from './engine/rule.ts';

export default defineDirectoryRule({
  id: 'too-few-super-users',
  title: 'More than one super user can administer the environment',
  failsWhen: 'there are fewer than `min` super users whose `status` is `ENABLED`; the finding is about the environment',
  severity: 'INFORMATIONAL',
  rationale:
    'With one super user, an environment is one lost login away from having no administrator: nobody could disable a user that has left.',
  remediation: 'Name a second super user, or write down how one would be made in an emergency and waive the finding.',
  controls: controls({}),
  options: { min: 2 },
  about: 'environment',
  optionsError: (options) => limitsError(options),

  counts: [hasStatus('ENABLED'), superUser],
  limit: ({ count }, { min }) => ({ text: `there are fewer than ${min} such users: ${count}`, holds: count < min }),

  violation: ({ count, users }, { min }) => ({
    message: `${count} enabled super user${count === 1 ? '' : 's'}; at least ${min} expected`,
    evidence: { ...users, min },
  }),
});
