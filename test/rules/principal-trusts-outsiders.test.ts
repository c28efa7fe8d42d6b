import principalTrustsOutsiders from '../../rules/principal-trusts-outsiders.ts';
import { anApiUser, answered, aRoleArn, aTrustPolicy } from '../support/builders.ts';
import { testRule } from '../support/rule-tester.ts';

const ARN = aRoleArn('role-of-u1');
const users = [anApiUser()];
const trusting = (overrides: object) => ({ roles: () => answered({ trust: aTrustPolicy(overrides) }) });
const NAMED = { Principal: { AWS: '999988887777' } };
const EXTERNAL_ID = { Condition: { StringEquals: { 'sts:ExternalId': 'secret' } } };

testRule(principalTrustsOutsiders, {
  passes: [
    { name: 'its own account', users },
    {
      name: 'a trusted account',
      users,
      context: { ...trusting(NAMED), trustedAccounts: new Set(['111122223333', '999988887777']) },
    },
    { name: 'no such role, which another rule tells of', users, context: { roles: () => answered(null) } },
  ],
  fails: [
    {
      name: 'everybody',
      users,
      context: trusting({ Principal: '*' }),
      violations: { [ARN]: { message: 'the trust policy lets in everybody', severity: 'HIGH' } },
    },
    {
      name: 'everybody who knows an external id: it makes nobody known',
      users,
      context: trusting({ Principal: '*', ...EXTERNAL_ID }),
      violations: { [ARN]: { severity: 'HIGH' } },
    },
    {
      name: 'a named account',
      users,
      context: trusting(NAMED),
      violations: { [ARN]: { message: 'the trust policy lets in account 999988887777', severity: 'HIGH' } },
    },
    {
      name: 'a named account with an external id',
      users,
      context: trusting({ ...NAMED, ...EXTERNAL_ID }),
      violations: { [ARN]: { severity: 'MEDIUM' } },
    },
    {
      name: 'the worst of several',
      users,
      context: {
        roles: () =>
          answered({
            trust: {
              Statement: [
                { Effect: 'Allow', Action: 'sts:AssumeRole', ...NAMED, ...EXTERNAL_ID },
                { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: ['*', '888877776666'] } },
                { Effect: 'Deny', Action: '*', Principal: '*' },
              ],
            },
          }),
      },
      violations: {
        [ARN]: {
          message: 'the trust policy lets in account 999988887777, everybody, account 888877776666',
          severity: 'HIGH',
          evidence: { hasDeny: true },
        },
      },
    },
    ...[3, 4, 5].map((count) => ({
      name: `${count} outsiders, of whom at most three are named`,
      users,
      context: trusting({ Principal: { AWS: Array.from({ length: count }, (_, n) => `99998888777${n}`) } }),
      violations: {
        [ARN]: {
          message:
            'the trust policy lets in account 999988887770, account 999988887771, account 999988887772' +
            (count === 3 ? '' : ` and ${count - 3} more`),
        },
      },
    })),
    {
      name: 'on a disabled user only',
      users: [anApiUser({ status: 'DISABLED' })],
      context: trusting({ Principal: '*' }),
      violations: { [ARN]: { severity: 'LOW' } },
    },
  ],
  notAssessed: [
    {
      name: 'a policy that nothing can be made of',
      users,
      context: { roles: () => answered({ trust: undefined }) },
      reasons: { [ARN]: 'its trust policy is of a form that is not known' },
    },
    {
      name: 'a role that was not read',
      users,
      context: { roles: () => ({ unread: 'throttled' }) },
      reasons: { [ARN]: 'throttled' },
    },
  ],
});
