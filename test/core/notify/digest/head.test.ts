import { expect, test } from '@jest/globals';
import type { Report } from '../../../../core/model/report.ts';
import { runName } from '../../../../core/model/run-name.ts';
import type { TrendPoint } from '../../../../core/model/trend.ts';
import { headAlert } from '../../../../core/notify/digest/head.ts';
import { DAY_MS } from '../../../../rules/engine/time.ts';
import { aReport, counts } from './facts.ts';

const AS_OF = Date.parse(aReport().asOf);

/** A trend of runs that were so many days before the one that is told. */
const trendOf = (daysBefore: readonly number[]): readonly TrendPoint[] =>
  daysBefore.map((days) => [runName(new Date(AS_OF - days * DAY_MS)), 0, 0, 0, 0, 0]);

const nightly = Array.from({ length: 40 }, (_, index) => 39 - index);

const attested = {
  kind: 'roster',
  attestedBy: { name: 'Ada', statement: 'all', at: '2026-11-24T02:00:00.000Z' },
} as const;

test.each<{ name: string; report: Partial<Report>; subject: RegExp; says: readonly string[] }>([
  {
    name: 'how often somebody looked',
    report: { trend: trendOf(nightly) },
    subject: /: nothing changed for a month$/,
    says: ['31 audits were complete since 2026-10-25; the longest time between two of them is 24 hours.'],
  },
  {
    name: 'for how long nobody looked',
    report: { trend: trendOf(nightly.filter((days) => days < 8 || days > 20)) },
    subject: /: nothing changed for a month, 14 days unseen$/,
    says: ['18 audits were complete since 2026-10-25; the longest time between two of them is 14 days.'],
  },
  {
    name: 'a time in which nobody looked that began before',
    report: { trend: trendOf([72, 71, 70, 0]) },
    subject: /: nothing changed for a month, 70 days unseen$/,
    says: ['2 audits were complete since 2026-09-15; the longest time between two of them is 70 days.'],
  },
  {
    name: 'no gap that was over before',
    report: { trend: trendOf([80, ...nightly]) },
    subject: /: nothing changed for a month$/,
    says: [],
  },
  {
    name: 'no gap that was over as the month began',
    report: { trend: trendOf([80, ...nightly.filter((days) => days <= 30)]) },
    subject: /: nothing changed for a month$/,
    says: [],
  },
  {
    name: 'the longest of the times in which nobody looked, in days that were over',
    report: { trend: trendOf([...nightly.filter((days) => days > 28), 24, 23, 22, 21, 7.25, 6.25, 5.25]) },
    subject: /: nothing changed for a month, 13 days unseen$/,
    says: [],
  },
  {
    name: 'that somebody looked twice',
    report: { trend: trendOf([1, 0]) },
    subject: /: nothing changed for a month$/,
    says: ['2 audits were complete since 2026-11-23; the longest time between two of them is 24 hours.'],
  },
  {
    name: 'that a trend is missing',
    report: {},
    subject: /: nothing changed for a month$/,
    says: ['How often somebody looked is not known.'],
  },
  {
    name: 'that the roster is attested',
    report: { source: attested },
    subject: /: ATTESTED, nothing changed for a month$/,
    says: ['ATTESTED, NOT SEEN: that the saved roster is the whole directory is the word of Ada'],
  },
  {
    name: 'what stands, what is accepted and what was not judged or read',
    report: {
      findings: counts({ open: 3, waived: 2 }, { HIGH: 3 }),
      rules: [{ id: 'stale-login', severity: 'MEDIUM', state: 'ran', checked: 1, failed: 0, notAssessed: 4 }],
      enriched: { iamRoles: { principals: 2, read: 0, standIns: 0, unread: 2, reason: 'AccessDenied' } },
    },
    subject: /: nothing changed for a month$/,
    says: [
      'Failing now: CRITICAL 0, HIGH 3,',
      'Accepted by waivers: 2.',
      'NOT FULLY JUDGED - stale-login: 4 subjects not assessed',
      'Roles: 0 of 2 roles read; 2 NOT READ and not judged (AccessDenied)',
    ],
  },
])('after a quiet month the mail says $name', ({ report, subject, says }) => {
  const mail = headAlert(aReport(report));
  expect(mail.subject).toMatch(subject);
  for (const text of says) expect(mail.body.replaceAll(/\s+/g, ' ')).toContain(text);
});

test('the mail after a quiet month, whole', () => {
  const { subject, body } = headAlert(aReport({ source: attested, trend: trendOf(nightly) }));
  expect(subject).toBe('FinSpace vs57phhvijir4kv5rf6ywt: ATTESTED, nothing changed for a month');
  expect(body.split('\n')).toEqual([
    'FinSpace environment vs57phhvijir4kv5rf6ywt',
    'From audit to audit nothing changed for a month, so nobody was mailed. 31',
    'audits were complete since 2026-10-25; the longest time between two of them is',
    '24 hours.',
    '',
    'ATTESTED, NOT SEEN: that the saved roster is the whole directory is the word',
    'of Ada, given on 2026-11-24: "all".',
    '',
    '  Failing now: CRITICAL 0, HIGH 0, MEDIUM 0, LOW 0, INFORMATIONAL 0.',
    '  Accepted by waivers: 0.',
    '',
    'THIS AUDIT',
    '  Run:          20261124T020000Z',
    '  As of:        2026-11-24T02:00:00.000Z',
    '',
  ]);
});

test('has a subject that SNS takes, whatever it says', () => {
  const { subject } = headAlert(
    aReport({ environmentId: 'e'.repeat(26), source: attested, trend: trendOf([9002, 9001, 9000, 0]) }),
  );
  expect(subject.length).toBeLessThan(100);
  expect(subject).toMatch(/ATTESTED.* 9,000 days unseen$/);
});

test('reaches everybody who hears of what is mildest, in words that SNS filters by', () => {
  const { environmentId, verdict } = aReport();
  expect(headAlert(aReport()).attributes).toStrictEqual({
    environment: environmentId,
    verdict,
    maxSeverity: 'INFORMATIONAL',
    leastSeverity: 'INFORMATIONAL',
  });
});
