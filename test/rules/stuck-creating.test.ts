import rule from '../../rules/stuck-creating.ts';
import { aUser, hoursAgo, NOW } from '../support/builders.ts';
import { testRule, UNKNOWN, unknownStatus } from '../support/rule-tester.ts';

const creating = (createTime: unknown) => [aUser({ status: 'CREATING', createTime })];

testRule(rule, {
  passes: [
    { name: 'in creation for exactly 24 hours', users: creating(hoursAgo(24)) },
    { name: 'enabled, created long ago', users: [aUser()] },
    { name: 'enabled, without a createTime', users: [aUser({ createTime: undefined })] },
    { name: 'no status, created a short time ago', users: [aUser({ status: null, createTime: hoursAgo(1) })] },
    { name: 'within a longer limit', users: creating(hoursAgo(48)), options: { maxHours: 48 } },
  ],
  fails: [
    {
      name: 'a millisecond longer than 24 hours',
      users: creating(hoursAgo(24) - 1),
      violations: {
        u1: {
          message: 'in creation for over 24 hours; at most 24 allowed',
          severity: 'LOW',
          evidence: { createTime: hoursAgo(24) - 1, creatingHours: 24, allowedHours: 24 },
        },
      },
    },
    {
      name: 'past a shorter limit',
      users: creating(hoursAgo(2)),
      options: { maxHours: 1 },
      violations: { u1: { message: 'in creation for 2 hours; at most 1 allowed', evidence: { creatingHours: 2 } } },
    },
  ],
  notAssessed: [
    ...UNKNOWN.map(([name, status]) => ({
      name: `status is ${name}`,
      users: [aUser({ status })],
      reasons: { u1: unknownStatus },
    })),
    ...[
      ['missing', undefined],
      ['null', null],
      ['0', 0],
      ['in seconds', hoursAgo(25) / 1000],
      ['over 5 minutes after now', NOW + 300_001],
    ].map(([name, createTime]) => ({
      name: `createTime is ${name}`,
      users: creating(createTime),
      reasons: { u1: 'createTime is missing or unusable' },
    })),
  ],
});
