import { expect, test } from '@jest/globals';
import { parseRecord } from '../../../rules/engine/record.ts';
import { isPositionName, nameOf, RECORD_MEMBERS, readUser, USER_TIMES } from '../../../rules/engine/user.ts';
import { anApiUser, aRoleArn, aUser } from '../../support/builders.ts';

test('the members of a record are those that users have, and some of them are times', () => {
  const members = [...new Set([...Object.keys(anApiUser()), 'lastDisabledTime'])].toSorted();
  expect(RECORD_MEMBERS.toSorted()).toStrictEqual(members);
  expect(USER_TIMES.toSorted()).toStrictEqual(members.filter((member) => member.endsWith('Time')));
});

test.each([
  ['#0', true],
  ['#12', true],
  ['##1', false],
  ['#', false],
  ['#1a', false],
  ['a#1', false],
  ['1', false],
])('the id %j stands for a record without one: %j', (id, stands) => {
  expect(isPositionName(id)).toBe(stands);
});

test.each([
  ['u1', 'u1'],
  ['#1', '##1'],
  ['##12', '###12'],
  ['#', '#'],
  ['#1a', '#1a'],
  ['#a#1', '#a#1'],
  ['a#1', 'a#1'],
  ['1', '1'],
])('a user whose userId is %j is named %j', (userId, name) => {
  expect(nameOf(userId)).toBe(name);
});

test('every member stands as the service gave it', () => {
  const record = anApiUser({ lastDisabledTime: 0, lastLoginTime: '2026', firstName: null });
  const { userId: id, apiAccessPrincipalArn: principalArn, ...members } = record;
  expect(readUser(record, 7)).toMatchObject({ ...members, id, principalArn, hasUserId: true, position: 7 });
});

test.each([
  ['ENABLED', true],
  ['CREATING', true],
  ['DISABLED', false],
  ['disabled', true],
  ['PAUSED', true],
  [undefined, true],
  [null, true],
])('status %j is active: %j', (status, isActive) => {
  expect(readUser(aUser({ status }), 0).isActive).toBe(isActive);
});

test.each([
  ['SUPER_USER', true],
  ['APP_USER', false],
  ['super_user', undefined],
  ['', undefined],
  [null, undefined],
  [undefined, undefined],
])('type %j is privileged: %j', (type, isSuperUser) => {
  expect(readUser(aUser({ type }), 0).isSuperUser).toBe(isSuperUser);
});

test.each([
  ['ENABLED', true],
  ['DISABLED', false],
  ['enabled', undefined],
  [true, undefined],
  ['', undefined],
  [null, undefined],
  [undefined, undefined],
])('apiAccess %j is API-bound: %j', (apiAccess, isApiBound) => {
  expect(readUser(aUser({ apiAccess }), 0).isApiBound).toBe(isApiBound);
});

test.each([
  [undefined, undefined, 'none'],
  ['', undefined, 'none'],
  [aRoleArn(), aRoleArn(), 'role'],
  ['*', '*', 'malformed'],
  [5, '5', 'malformed'],
  [0, '0', 'malformed'],
  [false, 'false', 'malformed'],
  [[aRoleArn()], `["${aRoleArn()}"]`, 'malformed'],
  [{}, '{}', 'malformed'],
  [null, undefined, 'none'],
])('principal %j has the ARN %j and is of kind %s', (apiAccessPrincipalArn, principalArn, kind) => {
  expect(readUser(aUser({ apiAccessPrincipalArn }), 0)).toMatchObject({ principalArn, principal: { kind } });
});

test.each([
  ['missing', {}],
  ['null', { userId: null }],
  ['empty', { userId: '' }],
  ['no text', { userId: 5 }],
])('a userId that is %s gives way to the place', (_name, record) => {
  expect(readUser(record, 3)).toMatchObject({ id: '#3', hasUserId: false });
});

test.each([[null], [undefined], ['u1'], [5], [true], [['u1']], [[]]])(
  '%j is a user with every member missing',
  (record) => {
    expect(readUser(record, 0)).toEqual(readUser({}, 0));
  },
);

test.each([
  ['#1', '##1'],
  ['##1', '###1'],
  ['#', '#'],
  ['#one', '#one'],
  ['a#1', 'a#1'],
  ['1', '1'],
])('the user %s is named %s: no record without an id is', (userId, id) => {
  expect(readUser(aUser({ userId }), 1)).toMatchObject({ id, hasUserId: true });
});

test.each(['12345678901234567890', '1.0', '-1e999', '['.repeat(50_000) + ']'.repeat(50_000)])(
  'a principal that is no text is what came: %.40s',
  (principalArn) => {
    const record = parseRecord(`{"userId":"u1","apiAccessPrincipalArn":${principalArn}}`);
    expect(readUser(record, 0).principalArn).toBe(principalArn);
  },
);
