import rule from '../../rules/long-disabled.ts';
import { aUser, daysAgo, NOW } from '../support/builders.ts';
import { testRule, UNKNOWN, unknownStatus } from '../support/rule-tester.ts';

const disabled = (lastDisabledTime: unknown) => [aUser({ status: 'DISABLED', lastDisabledTime })];

testRule(rule, {
  passes: [
    { name: 'disabled exactly 365 days ago', users: disabled(daysAgo(365)) },
    { name: 'enabled, though disabled long ago', users: [aUser({ lastDisabledTime: daysAgo(900) })] },
    { name: 'enabled and never disabled', users: [aUser()] },
    { name: 'no status, and not long ago', users: [aUser({ status: null, lastDisabledTime: daysAgo(1) })] },
    { name: 'within a longer limit', users: disabled(daysAgo(700)), options: { maxDays: 700 } },
  ],
  fails: [
    {
      name: 'a millisecond longer than 365 days',
      users: disabled(daysAgo(365) - 1),
      violations: {
        u1: {
          message: 'disabled over 365 days ago; noted past 365',
          severity: 'INFORMATIONAL',
          evidence: { lastDisabledTime: daysAgo(365) - 1, disabledDays: 365, notedPastDays: 365 },
        },
      },
    },
    {
      name: 'past a shorter limit',
      users: disabled(daysAgo(31)),
      options: { maxDays: 30 },
      violations: { u1: { message: 'disabled 31 days ago; noted past 30' } },
    },
  ],
  notAssessed: [
    ...UNKNOWN.map(([name, status]) => ({
      name: `status is ${name}`,
      users: [aUser({ status, lastDisabledTime: daysAgo(900) })],
      reasons: { u1: unknownStatus },
    })),
    ...[
      ['missing', undefined],
      ['null', null],
      ['0', 0],
      ['in seconds', daysAgo(400) / 1000],
      ['over 5 minutes after now', NOW + 300_001],
    ].map(([name, time]) => ({
      name: `lastDisabledTime is ${name}`,
      users: disabled(time),
      reasons: { u1: 'lastDisabledTime is missing or unusable' },
    })),
  ],
});
