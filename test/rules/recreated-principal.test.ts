import recreatedPrincipal from '../../rules/recreated-principal.ts';
import { anApiUser, answered, aRoleArn, daysAgo } from '../support/builders.ts';
import { EARLIER_RUN, testRule } from '../support/rule-tester.ts';

const ARN = aRoleArn('role-of-u1');
const users = [anApiUser()];
const night = { users, earlierUsers: users };
const [before, now] = [() => answered({ roleId: 'AROAOLD' }), () => answered({ roleId: 'AROANEW' })];

testRule(recreatedPrincipal, {
  passes: [
    { name: 'the role that it was', ...night, context: { roles: now, earlierRoles: now } },
    { name: 'a role that nobody had before', ...night, context: { roles: now, earlierRoles: () => undefined } },
    { name: 'a role that is gone', ...night, context: { roles: () => answered(null), earlierRoles: before } },
  ],
  fails: [
    {
      name: 'another role of that name',
      ...night,
      context: { roles: now, earlierRoles: before },
      violations: {
        [ARN]: {
          message: `the role was created again, since run ${EARLIER_RUN}`,
          severity: 'HIGH',
          evidence: { roleId: 'AROANEW', roleIdBefore: 'AROAOLD', earlierRun: EARLIER_RUN },
        },
      },
    },
    {
      name: 'a role where there was none',
      ...night,
      context: { roles: now, earlierRoles: () => answered(null) },
      violations: {
        [ARN]: {
          message: `the role was created where there was none, since run ${EARLIER_RUN}`,
          evidence: { roleId: 'AROANEW', roleIdBefore: null },
        },
      },
    },
    {
      name: 'the role as it was last known, however long ago',
      ...night,
      context: {
        roles: now,
        earlierRoles: () => ({
          outdated: { readAt: daysAgo(30), role: { roleId: 'AROAOLD', createdAt: 0, lastUsedAt: null, trust: {} } },
          unread: 'throttled',
        }),
      },
      violations: { [ARN]: { evidence: { roleIdBefore: 'AROAOLD' } } },
    },
    {
      name: 'one on a disabled user only is LOW',
      users: [anApiUser({ status: 'DISABLED' })],
      earlierUsers: users,
      context: { roles: now, earlierRoles: before },
      violations: { [ARN]: { severity: 'LOW' } },
    },
  ],
  notAssessed: [
    { name: 'no earlier run', users, reasons: { vs57phhvijir4kv5rf6ywt: 'no earlier snapshot of roles' } },
    {
      name: 'an earlier run that read no roles',
      ...night,
      context: { earlierRoles: undefined },
      reasons: { vs57phhvijir4kv5rf6ywt: 'no earlier snapshot of roles' },
    },
    {
      name: 'a role that was not read in this run: what stands in for it is what it was',
      ...night,
      context: { roles: () => ({ ...answered({ roleId: 'AROAOLD' }), unread: 'throttled' }), earlierRoles: before },
      reasons: { [ARN]: 'throttled' },
    },
    {
      name: 'a role that was not read in this run, and was not there when it last was: it may be by now',
      ...night,
      context: { roles: () => ({ ...answered(null), unread: 'throttled' }), earlierRoles: () => answered(null) },
      reasons: { [ARN]: 'throttled' },
    },
    {
      name: 'a role of which nothing is told',
      ...night,
      context: { roles: () => ({}), earlierRoles: before },
      reasons: { [ARN]: 'the role was not read' },
    },
    {
      name: 'a role that no earlier run could read',
      ...night,
      context: { roles: now, earlierRoles: () => ({ unread: 'denied' }) },
      reasons: { [ARN]: 'the role was not read in an earlier run' },
    },
  ],
});
