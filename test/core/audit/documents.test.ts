import { expect, test } from '@jest/globals';
import { criteriaOf } from '../../../core/audit/criteria.ts';
import { unjudgedReport } from '../../../core/audit/documents.ts';
import { configuredSettings } from '../../../core/audit/settings.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { stoppedClock } from '../../../core/model/clock.ts';
import { rules } from '../../../rules/index.ts';
import { ACCOUNT, ENVIRONMENT, NOW } from '../../support/builders.ts';

test('the report of a run that judged nobody says of everything that it was not seen', () => {
  const request = {
    environmentId: ENVIRONMENT,
    accountId: ACCOUNT,
    region: 'us-east-1',
    partition: 'aws',
    asOf: new Date(NOW),
    attempt: 'attempt',
    deadline: NOW,
    acceptRosterDrop: false,
  };
  const settings = configuredSettings(defaultConfig(rules), [], ENVIRONMENT);
  const moment = NOW + 5000;
  const report = unjudgedReport(request, { ...settings, clock: stoppedClock(moment) }, criteriaOf(request, settings), {
    verdict: 'FAILED',
    reason: 'closed',
    message: 'm',
  });
  const at = new Date(moment).toISOString();
  expect(report).toMatchObject({
    verdict: 'FAILED',
    reason: 'closed',
    listing: { startedAt: at, endedAt: at },
    trend: [],
  });
  expect(new Set(Object.values(report.counts))).toEqual(new Set([0]));
  expect(report.rules.filter(({ state, checked, failed }) => state === 'ran' || checked + failed > 0)).toStrictEqual(
    [],
  );
  for (const member of ['source', 'waiverTroubles', 'sequence', 'previousRun', 'late'])
    expect(report).not.toHaveProperty(member);
});
