import { is, was, wasThere } from './conditions/changes.ts';
import { apiAccessDisabled, apiBound, isPrivileged } from './conditions/users.ts';
import { anyOf, not } from './engine/condition.ts';
import { controls } from './engine/controls.ts';
import { defineChangeRule } from './engine/rule.ts';

export default defineChangeRule({
  id: 'api-access-granted',
  title: 'No API access is granted unnoticed',
  failsWhen: 'the user was there and not API-bound, or was not there, and its `apiAccess` is now `ENABLED`',
  severity: 'MEDIUM',
  severityNote: '`HIGH` for privileged users',
  rationale:
    'API access lets a role read the data of a user without a login. Each grant should be one that somebody asked for.',
  remediation: 'Find out who granted the access and on whose approval. Turn it off if nobody approved.',
  controls: controls({
    'NIST-800-53-r5': ['AC-2(4)', 'AU-6'],
    'CIS-v8.1': ['6.1'],
    'ISO-27001-2022': ['A.5.18'],
    'PCI-DSS-4.0.1': ['8.2.4'],
    'NYDFS-500.7': ['(c)'],
  }),
  options: {},

  when: [
    is('apiAccess is ENABLED now', apiBound),
    anyOf('it was not in the earlier run', [
      not('the user was not there', wasThere),
      was('the user was there without API access', apiAccessDisabled),
    ]),
  ],

  violation: ({ before, after }, _options, context) => ({
    message: before === undefined ? 'new, with API access' : 'API access granted',
    evidence: { isNew: before === undefined, type: after?.type, apiAccessPrincipalArn: after?.principalArn },
    ...((after === undefined || isPrivileged(after, context) !== false) && { severity: 'HIGH' }),
  }),
});
