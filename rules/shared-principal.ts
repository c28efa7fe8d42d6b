import { active, apiBound, isShared, principalPresent } from './conditions/conditions.ts';
import { namedUsers } from './conditions/user-ids.ts';
import { controls } from './engine/controls.ts';
import { SharedKeys } from './engine/memory/shared-keys.ts';
import { defineDirectoryRule } from './engine/rule.ts';

export default defineDirectoryRule({
  id: 'shared-principal',
  title: 'Each API principal belongs to one user',
  failsWhen: 'the same ARN stands on two or more active, API-bound users; the finding is about the ARN',
  severity: 'HIGH',
  rationale:
    'The service tells callers apart by their role alone. When two users have the same one, what is done through the API cannot be traced to either, and each may act with the permissions of the other.',
  remediation: 'Give each user a role of its own, and turn API access off for those that do not need it.',
  controls: controls({
    'NIST-800-53-r5': ['IA-2', 'IA-4', 'AC-2'],
    'ISO-27001-2022': ['A.5.16'],
    'SOC-2': ['CC6.1'],
    'PCI-DSS-4.0.1': ['8.2.1', '8.2.2'],
  }),
  options: {},
  about: 'principal',

  clauses: (user) => [active(user), apiBound(user), principalPresent(user)],
  keys: ({ principalArn }) => ({ apiAccessPrincipalArn: principalArn }),
  limit: isShared,

  begin() {
    const arns = new SharedKeys();
    return {
      see({ isActive, isApiBound, principalArn }, place) {
        if (isActive && isApiBound && principalArn !== undefined) arns.add(place, principalArn);
      },
      judge: (idAt) => ({
        checked: arns.size,
        violations: arns.shared().map(({ key, places }) => ({
          subject: { kind: 'principal', id: key },
          violation: {
            message: `API principal of ${places.length} active users`,
            evidence: { apiAccessPrincipalArn: key, ...namedUsers(places.map(idAt)) },
          },
        })),
      }),
    };
  },
});
