import { expect, test } from '@jest/globals';
import { rules } from '../../../rules/index.ts';
import principalChanged from '../../../rules/principal-changed.ts';
import { judge } from '../../support/rule-tester.ts';

const UNTOLD = { userId: 'untold' };
const ENABLED = { userId: 'enabled', status: 'ENABLED', type: 'SUPER_USER', apiAccess: 'ENABLED' };
const DISABLED = { userId: 'disabled', status: 'DISABLED', type: 'APP_USER', apiAccess: 'DISABLED' };

/** By rule: what it makes of a user of whom nothing is told, and of two of whom no time, no address and no ARN is. */
test.each([
  ['super-user-api-access', 'unknown', 'fails', 'passes'],
  ['stale-login', 'unknown', 'unknown', 'passes'],
  ['never-logged-in', 'unknown', 'unknown', 'passes'],
  ['principal-outside-account', 'unknown', 'unknown', 'unknown'],
  ['principal-not-a-role', 'unknown', 'unknown', 'unknown'],
  ['api-access-without-principal', 'unknown', 'unknown', 'passes'],
  ['leftover-principal', 'unknown', 'passes', 'unknown'],
  ['disabled-user-api-access', 'unknown', 'passes', 'passes'],
  ['stuck-creating', 'unknown', 'passes', 'passes'],
  ['shared-mailbox', 'unknown', 'unknown', 'passes'],
  ['long-disabled', 'unknown', 'passes', 'unknown'],
  ['inconsistent-timestamps', 'unknown', 'unknown', 'unknown'],
  ['unrecognised-value', 'unknown', 'passes', 'passes'],
])('what records with gaps lack is neither none nor never to %s', (id, ...expected) => {
  const users = [UNTOLD, ENABLED, DISABLED];
  const asked = rules.filter((rule) => rule.id === id);
  const { failures, reasons } = judge(asked, { users, context: { hasGaps: true } });
  const outcomes = users.map(({ userId }) => {
    if (failures.has(userId)) return 'fails';
    return reasons[userId] === undefined ? 'passes' : 'unknown';
  });
  expect(outcomes).toEqual(expected);
});

test.each([
  ['none before, none told', undefined, undefined, 'passes'],
  ['none before, one told', undefined, 'b', 'passes'],
  ['one before, none told', 'a', undefined, 'apiAccessPrincipalArn is not told'],
  ['one before, another told', 'a', 'b', 'fails'],
])('the earlier run had no gaps: of ARNs, %s', (_, before, after, expected) => {
  const userWith = (arn: string | undefined) => ({ ...ENABLED, apiAccessPrincipalArn: arn });
  const { failures, reasons } = judge([principalChanged], {
    users: [userWith(after)],
    earlierUsers: [userWith(before)],
    context: { hasGaps: true },
  });
  expect(failures.has('enabled') ? 'fails' : (reasons.enabled ?? 'passes')).toBe(expected);
});
