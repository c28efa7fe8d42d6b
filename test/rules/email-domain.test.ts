import { expect, test } from '@jest/globals';
import rule from '../../rules/email-domain.ts';
import { configureRules } from '../../rules/engine/configure.ts';
import { aUser } from '../support/builders.ts';
import { memberships } from '../support/memberships.ts';
import { judge, testRule } from '../support/rule-tester.ts';

const options = { allowedDomains: ['example.com', '*.bank.example', 'Partner.Example'] };
const at = (emailAddress: unknown, overrides = {}) => [aUser({ emailAddress, ...overrides })];
const notAllowed = { u1: { message: 'domain of the e-mail address is none of the allowed ones' } };
const malformed = { u1: { message: 'e-mail address is malformed' } };

testRule(rule, {
  passes: [
    { name: 'an allowed domain', users: at('ada.love@example.com'), options },
    {
      name: 'another case than the list has',
      users: [...at('ADA@EXAMPLE.COM'), ...at('ada@partner.example')],
      options,
    },
    {
      name: 'a subdomain, and one of a subdomain',
      users: [...at('ada@uk.bank.example'), ...at('ada@a.uk.Bank.example')],
      options,
    },
    { name: 'a disabled user of another domain', users: at('ada@evil.example', { status: 'DISABLED' }), options },
    { name: 'a disabled user without an address', users: at(undefined, { status: 'DISABLED' }), options },
    { name: 'a local part of one letter', users: at('a@example.com'), options },
    { name: 'a domain of one label', users: at('ada@intranet'), options: { allowedDomains: ['intranet'] } },
  ],
  fails: [
    {
      name: 'another domain',
      users: [...at('ada.love@evil.example'), aUser({ userId: 'u2', emailAddress: 'bob@example.com' })],
      options,
      violations: { u1: { ...notAllowed.u1, severity: 'MEDIUM', evidence: { emailAddress: 'ada.love@evil.example' } } },
    },
    {
      name: 'a super user of another domain',
      users: at('ada@evil.example', { type: 'SUPER_USER' }),
      options,
      violations: { u1: { severity: 'HIGH' } },
    },
    {
      name: 'a user who manages users and groups',
      users: [...at('ada@evil.example'), ...at('bob@evil.example', { userId: 'u2' })],
      options,
      context: {
        memberships: memberships({ u1: { g1: 'ManageUsersAndGroups' }, u2: { g1: 'GetTemporaryCredentials' } }),
      },
      violations: { u1: { severity: 'HIGH' }, u2: { severity: 'MEDIUM' } },
    },
    {
      name: 'a user who may manage them: groups were cut',
      users: at('ada@evil.example'),
      options,
      context: { memberships: memberships({}, 'ListPermissionGroups was cut') },
      violations: { u1: { severity: 'HIGH' } },
    },
    {
      name: 'of unknown type: it may be a super user',
      users: at('ada@evil.example', { type: undefined }),
      options,
      violations: { u1: { severity: 'HIGH' } },
    },
    {
      name: 'users in creation and of an unrecognised status are active',
      users: [
        ...at('ada@evil.example', { status: 'CREATING' }),
        ...at('ada@evil.example', { userId: 'u2', status: null }),
      ],
      options,
      violations: { ...notAllowed, u2: {} },
    },
    ...[
      ['the apex of a wildcard', 'ada@bank.example'],
      ['a subdomain of an exact domain', 'ada@uk.example.com'],
      ['a domain that only ends alike', 'ada@notexample.com'],
      ['a domain that ends like the parent of a wildcard', 'ada@notbank.example'],
      ['a domain of one letter more than the parent of a wildcard', 'ada@xbank.example'],
      ['a subdomain of what ends an exact domain', 'ada@uk.ample.com'],
      ['a domain that goes on', 'ada@example.com.evil.example'],
      ['an empty label before the parent', 'ada@.bank.example'],
      ['two dots before the parent', 'ada@uk..bank.example'],
      ['a space behind', 'ada@example.com '],
      ['the wildcard itself, as an exact domain', 'ada@example.*'],
    ].map(([name = '', address]) => ({ name, users: at(address), options, violations: notAllowed })),
    ...[
      ['no @', 'example.com'],
      ['two @', 'ada@evil@example.com'],
      ['no local part', '@example.com'],
      ['no domain', 'ada@'],
      ['an @ alone', '@'],
      ['a number', 5],
      ['a list', ['ada@example.com']],
    ].map(([name, address]) => ({
      name: `malformed: ${String(name)}`,
      users: at(address),
      options,
      violations: malformed,
    })),
  ],
  notAssessed: [
    { name: 'an empty address', users: at(''), options, reasons: { u1: 'no e-mail address' } },
    { name: 'no address', users: at(undefined), options, reasons: { u1: 'no e-mail address' } },
    { name: 'a null address', users: at(null), options, reasons: { u1: 'no e-mail address' } },
  ],
});

test('is not configured without domains', () => {
  expect(configureRules([rule])).toMatchObject([{ state: 'not-configured', reason: 'needs allowedDomains' }]);
  const { failures, outcomes } = judge([rule], { users: at('ada@evil.example') });
  expect(failures.size).toBe(0);
  expect(outcomes).toMatchObject([{ state: 'not-configured', checked: 0 }]);
});

test.each([
  '@example.com',
  '',
  '*.',
  '*',
  '.example.com',
  'example.',
  'a..b',
  'exa mple.com',
  '*.*.com',
  'a.*.com',
  '*example.com',
  'a@b.c',
])('allows no domain %j', (entry) => {
  expect(rule.kind === 'user' && rule.optionsError?.({ allowedDomains: ['example.com', entry, '?'] })).toBe(
    `allowedDomains must list domains such as example.com or *.example.com, got ${JSON.stringify(entry)}`,
  );
});
