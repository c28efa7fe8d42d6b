import rule from '../../rules/api-access-without-principal.ts';
import { anApiUser, aUser } from '../support/builders.ts';
import { testRule, UNKNOWN, unknownApiAccess } from '../support/rule-tester.ts';

const unbound = (overrides = {}) => anApiUser({ apiAccessPrincipalArn: undefined, ...overrides });

testRule(rule, {
  passes: [
    { name: 'API access with a role', users: [anApiUser()] },
    { name: 'API access with a malformed principal', users: [unbound({ apiAccessPrincipalArn: ' ' })] },
    { name: 'no API access', users: [aUser()] },
    { name: 'a role, and unknown apiAccess', users: [anApiUser({ apiAccess: undefined })] },
    { name: 'a disabled user of unknown apiAccess', users: [unbound({ status: 'DISABLED', apiAccess: 7 })] },
    { name: 'a disabled user', users: [unbound({ status: 'DISABLED' })] },
  ],
  fails: [
    {
      name: 'the ARN is missing, null or empty',
      users: [
        unbound(),
        unbound({ userId: 'u2', apiAccessPrincipalArn: null }),
        unbound({ userId: 'u3', apiAccessPrincipalArn: '' }),
      ],
      violations: {
        u1: { message: 'API access without an IAM principal', severity: 'MEDIUM', evidence: { apiAccess: 'ENABLED' } },
        u2: {},
        u3: {},
      },
    },
    {
      name: 'users in creation and of an unrecognised status are active',
      users: [unbound({ status: 'CREATING' }), unbound({ userId: 'u2', status: 'PAUSED' })],
      violations: { u1: {}, u2: {} },
    },
  ],
  notAssessed: [
    ...UNKNOWN.map(([name, value]) => ({
      name: `apiAccess is ${name}`,
      users: [unbound({ apiAccess: value })],
      reasons: { u1: unknownApiAccess },
    })),
  ],
});
