import rule from '../../rules/re-enabled.ts';
import { aUser, ENVIRONMENT } from '../support/builders.ts';
import { EARLIER_RUN, testRule, UNKNOWN, unknownStatus } from '../support/rule-tester.ts';

const disabled = aUser({ status: 'DISABLED' });

testRule(rule, {
  passes: [
    { name: 'stayed enabled', earlierUsers: [aUser()], users: [aUser()] },
    { name: 'stayed disabled', earlierUsers: [disabled], users: [disabled] },
    { name: 'was disabled meanwhile', earlierUsers: [aUser()], users: [disabled] },
    { name: 'was in creation', earlierUsers: [aUser({ status: 'CREATING' })], users: [aUser()] },
    { name: 'was of unknown status, is disabled', earlierUsers: [aUser({ status: null })], users: [disabled] },
    { name: 'has no status any more', earlierUsers: [aUser()], users: [aUser({ status: undefined })] },
    { name: 'a new user', earlierUsers: [], users: [aUser()] },
    { name: 'a disabled user that is gone', earlierUsers: [disabled], users: [] },
  ],
  fails: [
    {
      name: 'was disabled, is enabled',
      earlierUsers: [disabled],
      users: [aUser()],
      violations: {
        u1: {
          message: `enabled again, since run ${EARLIER_RUN}`,
          severity: 'MEDIUM',
          evidence: { statusBefore: 'DISABLED', status: 'ENABLED' },
        },
      },
    },
  ],
  notAssessed: [
    ...UNKNOWN.flatMap(([name, status]) => [
      {
        name: `the earlier status was ${name}`,
        earlierUsers: [aUser({ status })],
        users: [aUser()],
        reasons: { u1: `in the earlier run ${unknownStatus}` },
      },
      {
        name: `the status is ${name}`,
        earlierUsers: [disabled],
        users: [aUser({ status })],
        reasons: { u1: unknownStatus },
      },
    ]),
    { name: 'no earlier run', users: [disabled], reasons: { [ENVIRONMENT]: 'no earlier snapshot' } },
  ],
});
