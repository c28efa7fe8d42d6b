import { expect, test } from '@jest/globals';
import { readUser } from '../../rules/engine/user.ts';
import rule from '../../rules/principal-outside-account.ts';
import { ACCOUNT, aContext, anApiUser, aRoleArn, aUser } from '../support/builders.ts';
import { testRule } from '../support/rule-tester.ts';

const foreign = '999988887777';
const outside = (overrides = {}) => anApiUser({ apiAccessPrincipalArn: aRoleArn('analyst', foreign), ...overrides });
const china = anApiUser({ apiAccessPrincipalArn: `arn:aws-cn:iam::${ACCOUNT}:role/analyst` });

testRule(rule, {
  passes: [
    { name: "a role of the environment's own account", users: [anApiUser()] },
    { name: 'no principal', users: [aUser({ apiAccess: 'ENABLED' })] },
    {
      name: 'a foreign user ARN: not a role',
      users: [outside({ apiAccessPrincipalArn: `arn:aws:iam::${foreign}:user/x` })],
    },
    {
      name: 'an account that the config trusts',
      users: [outside()],
      context: { trustedAccounts: new Set([ACCOUNT, foreign]) },
    },
    { name: 'an account that the rule trusts', users: [outside()], options: { trustedAccounts: [foreign] } },
    { name: "the environment's partition, whichever it is", users: [china], context: { partition: 'aws-cn' } },
  ],
  fails: [
    {
      name: 'a role of a foreign account',
      users: [outside(), anApiUser({ userId: 'u2' })],
      violations: {
        u1: {
          message: `API principal is a role of account ${foreign}, which is not trusted`,
          severity: 'CRITICAL',
          evidence: { apiAccessPrincipalArn: aRoleArn('analyst', foreign), account: foreign },
        },
      },
    },
    {
      name: 'its own account in another partition',
      users: [china],
      violations: {
        u1: { message: 'API principal is a role of partition aws-cn; the environment is in aws', severity: 'CRITICAL' },
      },
    },
    {
      name: 'a trusted account in another partition',
      users: [anApiUser({ apiAccessPrincipalArn: `arn:aws-us-gov:iam::${foreign}:role/analyst` })],
      options: { trustedAccounts: [foreign] },
      violations: { u1: { severity: 'CRITICAL' } },
    },
    {
      name: 'users that are disabled or not API-bound, and that may be neither',
      users: [
        outside({ status: 'DISABLED' }),
        outside({ userId: 'u2', apiAccess: 'DISABLED' }),
        outside({ userId: 'u3', apiAccess: undefined, status: 'DISABLED' }),
        outside({ userId: 'u4', status: 'PAUSED' }),
        outside({ userId: 'u5', apiAccess: undefined }),
      ],
      violations: {
        u1: { severity: 'LOW' },
        u2: { severity: 'LOW' },
        u3: { severity: 'LOW' },
        u4: { severity: 'CRITICAL' },
        u5: { severity: 'CRITICAL' },
      },
    },
  ],
  notAssessed: [
    {
      name: 'a user of whom no ARN is told',
      users: [aUser()],
      context: { hasGaps: true },
      reasons: { u1: 'apiAccessPrincipalArn is not told' },
    },
  ],
});

test('it can’t be told of nobody’s role whose it is', () => {
  const [, isForeign] = rule.kind === 'user' ? rule.when : [];
  const holds = isForeign?.alternatives?.map((one) => one.holds(readUser(aUser(), 0), rule.options, aContext()));
  expect(holds).toStrictEqual([undefined, undefined]);
});

test.each([['99998888777'], ['9999888877776'], ['999988887777 '], [''], ['9999-8888-77']])(
  'trusts no account %j',
  (account) => {
    expect(rule.kind === 'user' && rule.optionsError?.({ trustedAccounts: [ACCOUNT, account, '?'] })).toBe(
      `trustedAccounts must list account ids of 12 digits, got ${JSON.stringify(account)}`,
    );
  },
);
