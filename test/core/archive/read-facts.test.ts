import { describe, expect, test } from '@jest/globals';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { groupLines, readFacts, readGroups, readRoles, roleLines } from '../../../core/archive/read-facts.ts';
import { archiveObjects } from '../../support/archived-run.ts';
import { aRoleArn } from '../../support/builders.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const ARN = aRoleArn('one');
const role = { arn: ARN, readAt: '2026-01-01T02:00:00.000Z', exists: false };
const group = { permissionGroupId: 'g', applicationPermissions: ['CreateDataset', 'ManageUsersAndGroups'] };
const member = { permissionGroupId: 'g', userId: 'a' };
const unread = { unread: 'access denied' };

const all = async (lines: AsyncIterable<unknown>): Promise<readonly unknown[]> => {
  const read: unknown[] = [];
  for await (const line of lines) read.push(line);
  return read;
};

describe('facts beside the users of a run', () => {
  test('are its roles, those of the run before, and its groups', async () => {
    const archive = memoryArchive();
    const before = await archiveObjects(archive, 1, { principals: [{ ...role, exists: undefined }] });
    const manifest = await archiveObjects(archive, 2, { principals: [role], groups: [group, member] });
    const { roles, earlierRoles, memberships } = await readFacts(archive, manifest, before);
    expect(roles?.(ARN)).toMatchObject({ answer: { role: null } });
    expect(earlierRoles?.(ARN)).toMatchObject({ unread: 'the archive has no answer of IAM' });
    expect(memberships?.groupsOf('a', 'ManageUsersAndGroups')).toEqual(['g']);
  });

  test('are none of no run, and of a run that read none', async () => {
    const archive = memoryArchive();
    const manifest = await archiveObjects(archive, 1, {});
    for (const run of [undefined, manifest])
      expect([await readRoles(archive, run), await readGroups(archive, run)]).toStrictEqual([undefined, undefined]);
    expect(Object.values(await readFacts(archive, manifest, manifest))).toStrictEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([
    { name: 'a group without permissions', line: { ...group, applicationPermissions: [] } },
    { name: 'a group', line: group },
    { name: 'a member', line: member },
    { name: 'why none were read', line: unread },
  ])('of groups may be $name', async ({ line }) => {
    const archive = memoryArchive();
    const manifest = await archiveObjects(archive, 1, { groups: [line] });
    expect(await all(groupLines(archive, manifest))).toEqual([line]);
  });

  test.each([
    { name: 'null', line: null },
    { name: 'of no group', line: { userId: 'a' } },
    { name: 'of a group alone', line: { permissionGroupId: 'g' } },
    { name: 'of a member whose id is no text', line: { permissionGroupId: 'g', userId: 1 } },
    { name: 'of permissions that are no list', line: { ...group, applicationPermissions: 'ManageUsersAndGroups' } },
    { name: 'of a permission that is no text', line: { ...group, applicationPermissions: ['CreateDataset', 1] } },
    { name: 'of an id that is no text', line: { ...group, permissionGroupId: 1 } },
    { name: 'of a reason that is no text', line: { unread: 1 } },
  ])('are none of groups: $name', async ({ line }) => {
    const archive = memoryArchive();
    const manifest = await archiveObjects(archive, 1, { groups: [line] });
    const read = all(groupLines(archive, manifest));
    await expect(read).rejects.toThrow(ArchiveError);
    await expect(read).rejects.toThrow(`${manifest.objects.groups?.key}: a line of it is not what it has there`);
  });

  test.each([{ line: null }, { line: { roleId: 'a' } }, { line: { arn: 1 } }])(
    'are none of roles: $line',
    async ({ line }) => {
      const archive = memoryArchive();
      const manifest = await archiveObjects(archive, 1, { principals: [role, line] });
      await expect(all(roleLines(archive, manifest))).rejects.toThrow('a line of it is not what it has there');
    },
  );
});
