import rule from '../../rules/api-access-without-principal.ts';
import { anApiUser, aUser } from '../support/builders.ts';
import { testRule } from '../support/rule-tester.ts';

const unbound = (overrides = {}) => anApiUser({ apiAccessPrincipalArn: undefined, ...overrides });

testRule(rule, {
  passes: [
    { name: 'API access with a role', users: [anApiUser()] },
    { name: 'API access with a malformed principal', users: [unbound({ apiAccessPrincipalArn: ' ' })] },
    { name: 'no API access', users: [aUser()] },
    { name: 'apiAccess is missing', users: [aUser({ apiAccess: undefined })] },
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
        u1: {
          message: 'API access without an IAM principal',
          severity: 'MEDIUM',
          evidence: { apiAccess: 'ENABLED' },
        },
        u2: {},
        u3: {},
      },
    },
    {
      name: 'a user in creation is active',
      users: [unbound({ status: 'CREATING' })],
      violations: { u1: {} },
    },
  ],
});
