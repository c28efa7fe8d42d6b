import { expect, test } from '@jest/globals';
import { tallyFindings } from '../../../core/review/open-findings.ts';
import { FINDING_STATES, type Finding } from '../../../rules/engine/finding.ts';
import { readUser } from '../../../rules/engine/user.ts';
import { anApiUser, aRoleArn, aUser } from '../../support/builders.ts';
import { aFinding, aWaiver } from '../../support/findings.ts';

const onUser = (id: string, differs: Partial<Finding> = {}) => aFinding({ subject: { kind: 'user', id }, ...differs });
const onRole = (name: string, differs: Partial<Finding> = {}) =>
  aFinding({ subject: { kind: 'principal', id: aRoleArn(name) }, ...differs });

const bound = (userId: string, role: string) =>
  readUser(anApiUser({ userId, apiAccessPrincipalArn: aRoleArn(role) }), 0);

test('a user has its own open findings and those on its principal that it counts in, each rule once', () => {
  const tally = tallyFindings((ruleId, { id }) => ruleId !== 'shared-role' || id === 'ada');
  const findings = [
    onUser('ada', { ruleId: 'idle-user', severity: 'MEDIUM' }),
    onUser('ada', { ruleId: 'idle-user', severity: 'LOW' }),
    onUser('bob', { ruleId: 'idle-user', severity: 'CRITICAL' }),
    onRole('both', { ruleId: 'shared-role', severity: 'HIGH' }),
    onRole('both', { ruleId: 'foreign-role', severity: 'LOW' }),
    onRole('another', { ruleId: 'foreign-role', severity: 'CRITICAL' }),
  ];
  for (const finding of findings) tally.add(finding);

  expect(tally.of(bound('ada', 'both'))).toEqual({
    count: 4,
    worst: 'HIGH',
    rules: ['idle-user', 'shared-role', 'foreign-role'],
  });
  expect(tally.of(bound('cyd', 'both'))).toEqual({ count: 1, worst: 'LOW', rules: ['foreign-role'] });
  expect(tally.of(readUser(aUser({ userId: 'dan' }), 0))).toEqual({ count: 0, worst: undefined });
  expect(tally.bySeverity()).toEqual({ INFORMATIONAL: 0, LOW: 2, MEDIUM: 1, HIGH: 1, CRITICAL: 2 });
});

test.each(FINDING_STATES.map((state) => ({ state, isOpen: !['resolved', 'waived', 'event'].includes(state) })))(
  'a finding that is $state is open: $isOpen',
  ({ state, isOpen }) => {
    const tally = tallyFindings(() => true);
    tally.add(onUser('ada', { state, ...(state === 'waived' && { waiver: aWaiver }) }));
    expect(tally.of(readUser(aUser({ userId: 'ada' }), 0)).count).toBe(isOpen ? 1 : 0);
  },
);
