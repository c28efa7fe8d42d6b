import { expect, test } from '@jest/globals';
import { fullNameOf, groupsCell, memberText, roleCell } from '../../../core/model/user-text.ts';
import type { RoleFacts } from '../../../rules/engine/facts.ts';
import { readUser } from '../../../rules/engine/user.ts';
import { aContext, anApiUser, answered, aUser, daysAgo } from '../../support/builders.ts';
import { memberships } from '../../support/memberships.ts';

test.each([
  { value: undefined, text: '' },
  { value: null, text: '' },
  { value: 'a "b"', text: 'a "b"' },
  { value: 1.5, text: '1.5' },
  { value: { a: [false] }, text: '{"a":[false]}' },
])('a member of a user that is $value is written $text', ({ value, text }) => {
  expect(memberText(value)).toBe(text);
});

test.each([
  { user: { firstName: 'Ann', lastName: 'Lee' }, name: 'Ann Lee' },
  { user: { firstName: 'Ann', lastName: '' }, name: 'Ann' },
  { user: { firstName: null, lastName: 'Lee' }, name: 'Lee' },
  { user: { firstName: 7, lastName: undefined }, name: '7' },
])('the name of $user is $name', ({ user, name }) => {
  expect(fullNameOf(readUser(aUser(user), 0))).toBe(name);
});

const AT = 'as of 2026-11-24T02:00:00.000Z';

test.each<{ name: string; facts?: RoleFacts | undefined; cell: string }>([
  { name: 'nobody asked for', facts: undefined, cell: 'not read: it was not asked for' },
  { name: 'was refused', facts: { unread: 'refused' }, cell: 'not read: refused' },
  {
    name: 'is only known from long ago',
    facts: { unread: 'cut', outdated: { readAt: 0, role: null } },
    cell: 'not read: cut',
  },
  { name: 'does not exist', facts: answered(null), cell: `does not exist, ${AT}` },
  { name: 'was used', facts: answered({ lastUsedAt: daysAgo(1) }), cell: `last used 2026-11-23T02:00:00.000Z, ${AT}` },
  { name: 'was not used', facts: answered({ lastUsedAt: null }), cell: `not used within 400 days, ${AT}` },
  { name: 'is there', facts: answered({ lastUsedAt: undefined }), cell: `exists, ${AT}` },
])('a role that $name is told as $cell', ({ facts, cell }) => {
  expect(roleCell(readUser(anApiUser(), 0), aContext({ roles: () => facts }))).toBe(cell);
});

test('what has no role, or is told of none, has no role to tell of', () => {
  expect(roleCell(readUser(aUser({ apiAccessPrincipalArn: 'nobody' }), 0), aContext({ roles: () => answered() }))).toBe(
    '',
  );
  expect(roleCell(readUser(anApiUser(), 0), aContext({ roles: undefined }))).toBe('not read');
});

test.each([
  { name: 'groups were not read', members: undefined, cell: 'not read' },
  { name: 'nobody is in one', members: memberships({}), cell: '' },
  {
    name: 'it is in several',
    members: memberships({ u1: { g1: 'GetTemporaryCredentials', g2: 'ManageUsersAndGroups' } }),
    cell: 'g2: ManageUsersAndGroups; g1: GetTemporaryCredentials',
  },
  {
    name: 'not all were read',
    members: memberships({ u1: { g1: 'GetTemporaryCredentials' } }, 'cut'),
    cell: 'g1: GetTemporaryCredentials; not read: cut',
  },
])('the groups of a user where $name', ({ members, cell }) => {
  expect(groupsCell(readUser(aUser(), 0), aContext({ memberships: members }))).toBe(cell);
});
