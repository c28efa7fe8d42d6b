import { expect, test } from '@jest/globals';
import { criteriaOf } from '../../../core/audit/criteria.ts';
import { configuredSettings } from '../../../core/audit/settings.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { rules } from '../../../rules/index.ts';
import { anAuditRequest } from '../../support/audit-request.ts';
import { ACCOUNT, ENVIRONMENT, NOW } from '../../support/builders.ts';

const REQUEST = anAuditRequest();

const { timeZone: _timeZone, ...SETTINGS } = configuredSettings(defaultConfig(rules), [], ENVIRONMENT);

test.each([
  { roster: undefined, hasGaps: undefined },
  { roster: { sha256: 'a', requestedAt: NOW, hasGaps: false }, hasGaps: undefined },
  { roster: { sha256: 'a', requestedAt: NOW, hasGaps: true }, hasGaps: true },
])('what users lack is unknown where they were put together: $roster', ({ roster, hasGaps }) => {
  expect(criteriaOf({ ...REQUEST, ...(roster && { roster }) }, SETTINGS).context.hasGaps).toBe(hasGaps);
});

test.each([
  { timeZone: undefined, end: '2026-11-25T00:00:00.000Z' },
  { timeZone: 'Asia/Tokyo', end: '2026-11-24T15:00:00.000Z' },
])('a waiver ends with a day of the zone of the schedule, or of UTC: $timeZone', ({ timeZone, end }) => {
  const { dayEnd } = criteriaOf(REQUEST, { ...SETTINGS, ...(timeZone && { timeZone }) });
  expect(new Date(dayEnd('2026-11-24')).toISOString()).toBe(end);
});

test('the roles of the own account and of those that are trusted are welcome', () => {
  const { context } = criteriaOf(REQUEST, { ...SETTINGS, trustedAccounts: ['444455556666'] });
  expect([...context.trustedAccounts]).toEqual([ACCOUNT, '444455556666']);
});
