import { expect, test } from '@jest/globals';
import { hasStatus, isPrivileged, memberWith, privileged } from '../../../rules/conditions/users.ts';
import type { Truth } from '../../../rules/engine/condition.ts';
import type { Memberships } from '../../../rules/engine/facts.ts';
import { DOCUMENTED, readUser, type Status } from '../../../rules/engine/user.ts';
import { aContext, aUser, type UserRecord } from '../../support/builders.ts';
import { memberships } from '../../support/memberships.ts';
import { UNKNOWN, unknownType } from '../../support/rule-tester.ts';

const CUT = 'ListPermissionGroups was cut';
const MANAGES = memberships({ u1: { g1: 'ManageUsersAndGroups' } });
const GETS = memberships({ u1: { g1: 'GetTemporaryCredentials' } });

const userOf = (record: UserRecord) => readUser(aUser(record), 0);

const ofStatus = (DOCUMENTED.status as readonly Status[]).flatMap((wanted) =>
  DOCUMENTED.status.map((status) => ({ wanted, status, holds: status === wanted })),
);

test.each(ofStatus)('whether $status is $wanted: $holds', ({ wanted, status, holds }) => {
  expect(hasStatus(wanted).holds(userOf({ status }), {}, aContext())).toBe(holds);
});

test.each(UNKNOWN)('of a status that is %s nobody knows which it is', (_name, status) => {
  expect(hasStatus('ENABLED').holds(userOf({ status }), {}, aContext())).toBeUndefined();
});

// The reason is a rest: a row that is shorter than the parameters of its test would have it wait for a callback.
test.each<[name: string, record: UserRecord, memberships: Memberships | undefined, is: Truth, reason?: string]>([
  ['a super user', { type: 'SUPER_USER' }, undefined, true],
  ['an application user, where groups are not read', {}, undefined, false],
  ['of no known type, where groups are not read', { type: null }, undefined, undefined, unknownType],
  ['a super user in no group', { type: 'SUPER_USER' }, memberships({}), true],
  ['a super user, whatever groups there are', { type: 'SUPER_USER' }, memberships({}, CUT), true],
  ['a super user without a userId', { type: 'SUPER_USER', userId: undefined }, memberships({}), true],
  ['an application user in no group', {}, memberships({}), false],
  ['of no known type, in no group', { type: null }, memberships({}), undefined, unknownType],
  ['whoever manages users and groups', {}, MANAGES, true],
  ['whoever does, of no known type', { type: null }, MANAGES, true],
  ['whoever does, as far as groups were read', {}, { ...MANAGES, unread: CUT }, true],
  ['whoever may do something else', {}, GETS, false],
  ['whoever did, and is disabled', { status: 'DISABLED' }, MANAGES, false],
  ['a disabled one, whatever groups there are', { status: 'DISABLED' }, memberships({}, CUT), false],
  ['an application user, where groups were cut', {}, memberships({}, CUT), undefined, CUT],
  ['of no known type, where groups were cut', { type: null }, memberships({}, CUT), undefined, unknownType],
  ['an application user without a userId', { userId: '' }, memberships({}), undefined, 'userId is missing'],
])('privileged: %s', (_name, record, given, is, ...[reason]) => {
  const context = aContext({ memberships: given });
  const user = userOf(record);
  expect(isPrivileged(user, context)).toBe(is);
  expect(privileged.holds(user, {}, context)).toBe(is);
  if (is === undefined) expect(privileged.unknown?.(user, {}, context)).toBe(reason);
});

test.each([
  ['are read', memberships({}), 'type is SUPER_USER, or the user is in a group with ManageUsersAndGroups'],
  ['are not', undefined, 'type is SUPER_USER'],
])('privileged is said as it is meant where groups %s', (_name, given, text) => {
  expect(privileged.text({}, aContext({ memberships: given }))).toBe(text);
});

test.each<[name: string, record: UserRecord, memberships: Memberships | undefined, is: Truth, reason?: string]>([
  ['a member', {}, GETS, true],
  ['a member, as far as groups were read', {}, { ...GETS, unread: CUT }, true],
  ['of no group', {}, memberships({}), false],
  ['of a group with another permission', {}, MANAGES, false],
  ['of none that was read', {}, memberships({}, CUT), undefined, CUT],
  ['without a userId', { userId: null }, GETS, undefined, 'userId is missing'],
  ['without a userId, where groups are not read', { userId: null }, undefined, undefined, 'userId is missing'],
  ['where groups are not read', {}, undefined, undefined, 'permission groups were not read'],
])('a member of a group with a permission: %s', (_name, record, given, is, ...[reason]) => {
  const { holds, unknown } = memberWith('GetTemporaryCredentials');
  const context = aContext({ memberships: given });
  expect(holds(userOf(record), {}, context)).toBe(is);
  if (is === undefined) expect(unknown?.(userOf(record), {}, context)).toBe(reason);
});
