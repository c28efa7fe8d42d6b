import rule from '../../rules/end-of-support.ts';
import { aUser, ENVIRONMENT } from '../support/builders.ts';
import { testRule } from '../support/rule-tester.ts';

const end = Date.UTC(2026, 9, 8);

testRule(rule, {
  passes: [{ name: 'the last millisecond of the last day', users: [aUser()], context: { now: end - 1 } }],
  fails: [
    {
      name: 'the first instant after the last day',
      users: [aUser()],
      context: { now: end },
      violations: {
        [ENVIRONMENT]: {
          message: 'support for the service ended on 2026-10-07',
          severity: 'INFORMATIONAL',
          evidence: { endOfSupport: '2026-10-07', now: end },
        },
      },
    },
    { name: 'weeks later, with nobody listed', users: [], violations: { [ENVIRONMENT]: {} } },
  ],
});
