import { expect, test } from '@jest/globals';
import { configureRules } from '../../rules/engine/configure.ts';
import rule from '../../rules/shared-mailbox.ts';
import { aUser } from '../support/builders.ts';
import { testRule } from '../support/rule-tester.ts';

const at = (emailAddress: unknown, overrides = {}) => [aUser({ emailAddress, ...overrides })];

testRule(rule, {
  passes: [
    ...[
      ['a person', 'ada.love@example.com'],
      ['a word that begins like a listed name', 'opsgenie@example.com'],
      ['a digit right behind a listed name', 'test2@example.com'],
      ['a listed name at the end', 'ada.support@example.com'],
      ['a listed name as the domain', 'ada@support.example.com'],
      ['a listed name as the tag', 'ada+support@example.com'],
      ['no @', 'support'],
      ['no @, and a separator', 'support-x'],
      ['two @', 'support@a@example.com'],
      ['a tag alone', '+support@example.com'],
      ['no local part', '@example.com'],
    ].map(([name = '', address]) => ({ name, users: at(address) })),
    { name: 'a disabled user', users: at('support@example.com', { status: 'DISABLED' }) },
    { name: 'a disabled user without an address', users: at(undefined, { status: 'DISABLED' }) },
    { name: 'a name that is not listed any more', users: at('support@example.com'), options: { names: ['desk'] } },
  ],
  fails: [
    {
      name: 'a listed name',
      users: [...at('support@example.com'), aUser({ userId: 'u2' })],
      violations: {
        u1: {
          message: 'e-mail address is named like a shared mailbox',
          severity: 'MEDIUM',
          evidence: { emailAddress: 'support@example.com', matchedName: 'support' },
        },
      },
    },
    {
      name: 'two listed names',
      users: at('svc.mail.x@example.com'),
      options: { names: ['svc', 'svc.mail'] },
      violations: { u1: { evidence: { matchedName: 'svc' } } },
    },
    ...[
      ['another case', 'Support@example.com', 'support'],
      ['a tag', 'support+emea@example.com', 'support'],
      ['a dot behind', 'ops.emea@example.com', 'ops'],
      ['a hyphen behind', 'Ops-Emea@example.com', 'ops'],
      ['an underscore behind', 'svc_reporting@example.com', 'svc'],
      ['a listed name with a hyphen', 'no-reply@example.com', 'no-reply'],
      ['a plus behind the @', 'root@exa+mple.com', 'root'],
      ['no domain', 'admin@', 'admin'],
    ].map(([name = '', address, matchedName]) => ({
      name,
      users: at(address),
      violations: { u1: { evidence: { matchedName } } },
    })),
    {
      name: 'a listed name of the operator',
      users: at('desk@x.y'),
      options: { names: ['desk'] },
      violations: { u1: {} },
    },
    {
      name: 'users in creation and of an unrecognised status are active',
      users: [...at('root@x.y', { status: 'CREATING' }), ...at('root@x.y', { userId: 'u2', status: undefined })],
      violations: { u1: {}, u2: {} },
    },
  ],
  notAssessed: [
    { name: 'an empty address', users: at(''), reasons: { u1: 'no e-mail address' } },
    { name: 'no address', users: at(undefined), reasons: { u1: 'no e-mail address' } },
    { name: 'a null address', users: at(null), reasons: { u1: 'no e-mail address' } },
    { name: 'a number', users: at(5), reasons: { u1: 'the e-mail address is not a text' } },
  ],
});

const mailboxes =
  'admin administrator root ops operations support helpdesk team info noreply no-reply service svc system test shared';

test('lists the usual names', () => {
  expect(rule.kind === 'user' && rule.options).toEqual({ names: mailboxes.split(' ') });
});

test('is not configured without names', () => {
  expect(configureRules([rule], { 'shared-mailbox': { names: [] } })).toMatchObject([{ state: 'not-configured' }]);
});

test.each(['Support', '', 'a@b', 'a+b', 'a b'])('lists no name %j', (name) => {
  expect(rule.kind === 'user' && rule.optionsError?.({ names: ['root', name, 'a b c'] })).toBe(
    `names must list local parts in lower case, without @ and +, got ${JSON.stringify(name)}`,
  );
});
