import rule from '../../rules/leftover-principal.ts';
import { anApiUser, aRoleArn, aUser } from '../support/builders.ts';
import { testRule, UNKNOWN, unknownApiAccess } from '../support/rule-tester.ts';

testRule(rule, {
  passes: [
    { name: 'API access with a principal', users: [anApiUser()] },
    { name: 'neither of the two', users: [aUser()] },
    {
      name: 'the ARN is null or empty',
      users: [aUser({ apiAccessPrincipalArn: null }), aUser({ apiAccessPrincipalArn: '' })],
    },
    { name: 'no principal, and unknown apiAccess', users: [aUser({ apiAccess: undefined })] },
  ],
  fails: [
    {
      name: 'a principal without API access, active or not, well-formed or not',
      users: [
        anApiUser({ apiAccess: 'DISABLED' }),
        anApiUser({ userId: 'u2', apiAccess: 'DISABLED', status: 'DISABLED' }),
        anApiUser({ userId: 'u3', apiAccess: 'DISABLED', apiAccessPrincipalArn: ' ' }),
      ],
      violations: {
        u1: {
          message: 'API access is disabled, yet an IAM principal is still set',
          severity: 'LOW',
          evidence: { apiAccessPrincipalArn: aRoleArn('role-of-u1') },
        },
        u2: {},
        u3: {},
      },
    },
  ],
  notAssessed: [
    ...UNKNOWN.map(([name, value]) => ({
      name: `apiAccess is ${name}`,
      users: [anApiUser({ apiAccess: value })],
      reasons: { u1: unknownApiAccess },
    })),
  ],
});
