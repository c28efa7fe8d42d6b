import { beforeEach, expect, test } from '@jest/globals';
import { Groups } from '../../../core/model/groups.ts';

let groups: Groups;
beforeEach(() => {
  groups = new Groups();
});

const add = (permissionGroupId: string, permissions: readonly string[], ...users: readonly string[]): void => {
  groups.add({ permissionGroupId, applicationPermissions: permissions });
  for (const userId of users) groups.add({ permissionGroupId, userId });
};

test('a user is in the groups that have a permission, by their ids', () => {
  add('g1', ['ManageUsersAndGroups'], 'ann');
  add('g3', ['ManageUsersAndGroups'], 'ann', 'bob');
  add('g2', ['GetTemporaryCredentials', 'ManageUsersAndGroups'], 'ann');
  const groupsOf = (user: string) => groups.groupsOf(user, 'ManageUsersAndGroups');
  expect(groupsOf('ann')).toEqual(['g1', 'g2', 'g3']);
  expect(groupsOf('bob')).toEqual(['g3']);
  expect(groupsOf('cy')).toEqual([]);
  expect(groups.groupsOf('ann', 'GetTemporaryCredentials')).toEqual(['g2']);
});

test('a group without a risky permission has no members that anybody has to know', () => {
  add('g1', ['ViewAuditData'], 'ann');
  add('g2', ['ManageUsersAndGroups'], 'bob');
  expect(groups.groupsOf('ann', 'ManageUsersAndGroups')).toEqual([]);
  expect(groups.counts()).toStrictEqual({ groups: 2, risky: 1, members: 1 });
});

test('a group that is listed again has the permissions of both records', () => {
  add('g1', ['ManageUsersAndGroups'], 'ann');
  add('g1', ['GetTemporaryCredentials'], 'bob');
  for (const user of ['ann', 'bob'])
    for (const permission of ['ManageUsersAndGroups', 'GetTemporaryCredentials'] as const)
      expect(groups.groupsOf(user, permission)).toEqual(['g1']);
  expect(groups.counts()).toMatchObject({ groups: 1, risky: 1, members: 2 });
});

test('a member that is listed again is counted once a group', () => {
  add('g1', ['ManageUsersAndGroups'], 'ann', 'bob', 'ann');
  add('g2', ['ManageUsersAndGroups'], 'ann');
  expect(groups.counts()).toMatchObject({ members: 3 });
  expect(groups.groupsOf('ann', 'ManageUsersAndGroups')).toEqual(['g1', 'g2']);
});

test.each(['g1', 'g2', 'g3'])(
  'a member of several groups that is listed again in %s is counted once in it',
  (again) => {
    add('g1', ['ManageUsersAndGroups'], 'bob', 'ann');
    add('g2', ['ManageUsersAndGroups'], 'ann');
    add('g3', ['ManageUsersAndGroups'], 'ann');
    groups.add({ permissionGroupId: again, userId: 'ann' });
    expect(groups.counts()).toMatchObject({ members: 4 });
  },
);

test('a member of another group is one of the first group too', () => {
  add('g1', ['ManageUsersAndGroups'], 'bob');
  add('g2', ['ManageUsersAndGroups'], 'ann');
  groups.add({ permissionGroupId: 'g1', userId: 'ann' });
  expect(groups.groupsOf('ann', 'ManageUsersAndGroups')).toEqual(['g1', 'g2']);
});

test('a membership that comes after the user was asked for counts', () => {
  add('g1', ['ManageUsersAndGroups']);
  expect(groups.groupsOf('ann', 'ManageUsersAndGroups')).toEqual([]);
  groups.add({ permissionGroupId: 'g1', userId: 'ann' });
  expect(groups.groupsOf('ann', 'ManageUsersAndGroups')).toEqual(['g1']);
});

test('the first reason for which not all were read is told', () => {
  groups.add({ unread: 'cut' });
  groups.add({ unread: 'refused' });
  expect(groups.unread).toBe('cut');
  expect(groups.counts()).toStrictEqual({ groups: 0, risky: 0, members: 0, unread: 'cut' });
});
