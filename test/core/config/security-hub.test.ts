import { expect, test } from '@jest/globals';
import { securityHubOf } from '../../../core/config/security-hub.ts';

const [OWN, OTHER] = ['111122223333', '222233334444'];
const role = { arn: `arn:aws:iam::${OTHER}:role/audited`, accountId: OTHER, externalId: 'agreed' };
const environments = [
  { id: 'own' },
  { id: 'far', region: 'eu-west-1' },
  { id: 'other', role, region: 'eu-west-1' },
  { id: 'saved', accountId: OTHER, source: { roster: 's3://bucket/rosters/' } },
];

test.each([
  { id: 'own', by: 'environment', place: { accountId: OWN, region: 'us-east-1', isByRole: false } },
  { id: 'far', by: 'environment', place: { accountId: OWN, region: 'eu-west-1', isByRole: false } },
  { id: 'other', by: 'environment', place: { accountId: OTHER, region: 'eu-west-1', isByRole: true } },
  // Nobody reads it there, so nobody may tell it there.
  { id: 'saved', by: 'environment', place: { accountId: OWN, region: 'us-east-1', isByRole: false } },
  { id: 'own', by: 'auditor', place: { accountId: OWN, region: 'us-east-1', isByRole: false } },
  { id: 'other', by: 'auditor', place: { accountId: OWN, region: 'us-east-1', isByRole: false } },
] as const)('$id is told in $place by account: $by', ({ id, by, place }) => {
  const { region = 'us-east-1', ...environment } = environments.find((one) => one.id === id) ?? {};
  const isOther = 'role' in environment || 'accountId' in environment;
  const audited = { environmentId: id, region, accountId: isOther ? OTHER : OWN };
  const config = { environments, securityHub: { account: by } };
  expect(securityHubOf(config, { ...audited, ...(isOther && { auditorAccountId: OWN }) }, 'us-east-1')).toEqual(place);
  expect(securityHubOf({ environments }, audited, 'us-east-1')).toBeUndefined();
});

test('where nobody knows the region of the auditor, it is that of the environment', () => {
  const audited = { environmentId: 'far', region: 'eu-west-1', accountId: OWN };
  expect(securityHubOf({ environments, securityHub: { account: 'auditor' } }, audited, undefined)).toEqual({
    accountId: OWN,
    region: 'eu-west-1',
    isByRole: false,
  });
});
