import { afterEach, describe, expect, test } from '@jest/globals';
import { type GroupRecord, Groups } from '../../../../core/model/groups.ts';
import { permissionGroups } from '../../../../core/sources/finspace/permission-groups.ts';
import { consequenceOf, FAULT_KINDS, type FaultPlan, LISTS } from '../../../../simulator/faults.ts';
import type { PermissionGroup } from '../../../../simulator/groups.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../../simulator/server.ts';
import { refusal } from './fake-service.ts';

const open: Simulator[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});

const group = (id: string, permissions: readonly string[], users: readonly string[]): PermissionGroup => ({
  permissionGroupId: id,
  name: `group ${id}`,
  applicationPermissions: permissions,
  members: users.map((userId) => ({ userId, membershipStatus: 'ADDITION_SUCCESS' })),
});

const GROUPS = [
  group('g1', ['AccessNotebooks'], ['ada']),
  group('g2', ['ManageUsersAndGroups'], ['bob', 'cyd']),
  group('g/3 ?', ['GetTemporaryCredentials', 'CreateDataset'], ['cyd', 'dan', 'eve']),
];

/** Answers within half a second, where it would wait for ten. */
const REQUEST_TIMEOUT_MS = 500;

const openReading = async (options: SimulatorOptions, deadlineMs = 20_000) => {
  const simulator = await startSimulator(options);
  open.push(simulator);
  const reading = permissionGroups({
    environmentId: simulator.environmentId,
    region: simulator.region,
    endpoint: simulator.url,
    mode: 'exchange',
    loadCredentials: async () => simulator.callerCredentials,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
  })(Date.now() + deadlineMs);
  return { simulator, reading };
};

const read = async (options: SimulatorOptions, deadlineMs?: number) => {
  const { simulator, reading } = await openReading(options, deadlineMs);
  const lines: GroupRecord[] = [];
  const groups = new Groups();
  for await (const line of reading) {
    lines.push(line);
    groups.add(line);
  }
  return { lines, groups, simulator };
};

test('a member that is added after somebody asked for it counts', () => {
  const groups = new Groups();
  groups.add({ permissionGroupId: 'g1', applicationPermissions: ['ManageUsersAndGroups'] });
  expect(groups.groupsOf('ada', 'ManageUsersAndGroups')).toStrictEqual([]);
  groups.add({ permissionGroupId: 'g1', userId: 'ada' });
  expect(groups.groupsOf('ada', 'ManageUsersAndGroups')).toEqual(['g1']);
  expect(groups.groupsOf('bob', 'ManageUsersAndGroups')).toStrictEqual([]);
});

describe('the groups of an environment', () => {
  test('are all listed, and the members of those only by which a user reaches more', async () => {
    const { lines, groups, simulator } = await read({ groups: GROUPS, pageSize: 2 });
    expect(lines.slice(0, 3)).toEqual(
      GROUPS.map(({ permissionGroupId, name, applicationPermissions }) => ({
        permissionGroupId,
        name,
        applicationPermissions,
      })),
    );
    expect(lines.slice(3)).toEqual(
      GROUPS.slice(1).flatMap(({ permissionGroupId, members }) =>
        members.map((member) => ({ permissionGroupId, ...member })),
      ),
    );
    expect(groups.counts()).toEqual({ groups: 3, risky: 2, members: 5 });
    expect(groups.groupsOf('cyd', 'ManageUsersAndGroups')).toEqual(['g2']);
    expect(groups.groupsOf('cyd', 'GetTemporaryCredentials')).toEqual(['g/3 ?']);
    expect(groups.groupsOf('ada', 'GetTemporaryCredentials')).toStrictEqual([]);
    // One exchange for all of them.
    expect(simulator.stats()).toMatchObject({ exchanges: 1, requests: 1 + 2 + 1 + 2 });
  });

  test.each(['ADDITION_SUCCESS', 'ADDITION_IN_PROGRESS', 'REMOVAL_IN_PROGRESS', 'SOMETHING_NEW'])(
    'have a member of status %s',
    async (membershipStatus) => {
      const members = [{ userId: 'ada', membershipStatus }];
      const { groups } = await read({ groups: [{ ...group('g', ['ManageUsersAndGroups'], []), members }] });
      expect(groups.groupsOf('ada', 'ManageUsersAndGroups')).toEqual(['g']);
    },
  );

  test('may be none', async () => {
    expect((await read({})).groups.counts()).toEqual({ groups: 0, risky: 0, members: 0 });
  });

  test.each([
    ['a group without an id', { ...GROUPS[0], permissionGroupId: undefined }, 'has no permissionGroupId'],
    ['permissions that are missing', { ...GROUPS[0], applicationPermissions: undefined }, 'applicationPermissions of'],
    ['permissions that are no texts', { ...GROUPS[0], applicationPermissions: [7] }, 'applicationPermissions of'],
    [
      'permissions of which one is empty',
      { ...GROUPS[0], applicationPermissions: ['a', ''] },
      'applicationPermissions of',
    ],
    ['a member without an id', { ...GROUPS[1], members: [{}] }, 'a member of a permission group has no userId'],
  ])('are unknown for want of %s', async (_, broken, unread) => {
    const { groups } = await read({ groups: [broken as unknown as PermissionGroup] });
    expect(groups.unread).toContain(unread);
  });
});

const FAULTS = FAULT_KINDS.flatMap((fault) =>
  LISTS.filter((list) => list !== 'page').map((operation) => ({
    fault,
    operation,
    consequence: consequenceOf(fault, operation),
  })),
).filter(({ consequence }) => consequence !== undefined);

test.each([
  ['groups', 'ListPermissionGroups: page 4: the service gave the permissionGroups of an earlier page again'],
  ['members', 'ListUsersByPermissionGroup: page 4: the service gave the users of an earlier page again'],
] as const)('a page of %s that comes again is told by what it lists', async (operation, message) => {
  const more = [...GROUPS, group('g4', [], [])];
  const groups = operation === 'groups' ? more : [group('g', ['ManageUsersAndGroups'], ['ada', 'bob', 'cyd'])];
  const faults: FaultPlan = [{ fault: 'repeated-page', operation, page: 2 }];
  const told = await read({ groups, pageSize: 1, faults });
  expect(told.groups.unread).toBe(`permission groups were not read in full: ${message}`);
});

const firstOf = (name: string, status: number, random: () => number) => {
  const reading = permissionGroups({
    environmentId: 'e',
    region: 'us-east-1',
    endpoint: 'https://finspace.example.com',
    mode: 'direct',
    loadCredentials: async () => ({ accessKeyId: 'a', secretAccessKey: 's' }),
    fetch: async () => refusal(status, name),
    random,
  })(Date.now() + 10_000);
  return reading[Symbol.asyncIterator]().next();
};

test('a request that the service takes for wrong leaves the groups unknown, with what may be wrong of it', async () => {
  expect(await firstOf('ValidationException', 400, Math.random)).toEqual({
    done: false,
    value: { unread: expect.stringMatching(/ValidationException \(400\); .*be it the page token$/) },
  });
});

test('a bug is no failure of the service: it is thrown', async () => {
  const bug = new Error('a bug');
  const reading = firstOf('ThrottlingException', 429, () => {
    throw bug;
  });
  await expect(reading).rejects.toBe(bug);
});

test.each(FAULTS)('$fault on $operation is $consequence', async ({ fault, operation, consequence }) => {
  const faults: FaultPlan = [{ fault, operation, times: consequence === 'fatal' ? 1e6 : 1 }];
  const { groups, simulator } = await read({ groups: GROUPS, pageSize: 2, faults }, 10_000);
  expect(simulator.stats().faultsPlayed).toBeGreaterThan(0);
  if (consequence === 'fatal')
    expect(groups.unread).toMatch(/^permission groups were not read in full: List\w+: page \d: (?!deadline)/);
  else {
    expect(groups.unread).toBeUndefined();
    expect(['bob', 'cyd'].map((id) => groups.groupsOf(id, 'ManageUsersAndGroups'))).toEqual([['g2'], ['g2']]);
    expect(groups.groupsOf('eve', 'GetTemporaryCredentials')).toEqual(['g/3 ?']);
  }
});

test('a group that goes while groups are read leaves them unknown', async () => {
  const { simulator, reading } = await openReading({ groups: GROUPS });
  const lines: GroupRecord[] = [];
  for await (const line of reading) {
    lines.push(line);
    simulator.setGroups([]);
  }
  expect(lines.at(-1)).toEqual({
    unread: expect.stringMatching(/ListUsersByPermissionGroup failed: ResourceNotFoundException \(404\); .*gone/),
  });
});
