import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { Report } from '../../core/model/report.ts';
import { measure } from '../../lambda/metrics.ts';
import { aReport, counts } from '../core/notify/digest/facts.ts';

const COST = { Requests: 7, Throttles: 2, DurationSeconds: 12.5 };

const measureReport = (differs: Partial<Report>) =>
  measure(
    {
      report: aReport({
        counts: { users: 400, pages: 4, duplicates: 0, requests: 7, throttled: 2, retries: 1 },
        findings: counts({ open: 15 }, { CRITICAL: 1, HIGH: 2, MEDIUM: 3, LOW: 4, INFORMATIONAL: 5 }),
        ...differs,
      }),
    },
    12.5,
  );

describe('the measurements', () => {
  it('of a complete run are what it found and what it cost', () => {
    expect(measureReport({})).toEqual({
      CompleteRuns: 1,
      ...COST,
      Users: 400,
      CriticalFindings: 1,
      HighFindings: 2,
      MediumFindings: 3,
      LowFindings: 4,
      InformationalFindings: 5,
      OldestOpenCriticalAgeDays: 0,
    });
  });

  it.each([
    ['INCOMPLETE', { IncompleteRuns: 1 }],
    ['FAILED', { FailedRuns: 1 }],
  ] as const)('of a run that is %s are that it was, what it cost, and no findings', (verdict, told) => {
    expect(measureReport({ verdict, reason: 'access-denied' })).toEqual({ CompleteRuns: 0, ...told, ...COST });
  });

  it.each([
    { since: '2026-11-24T02:00:00.000Z', days: 0 },
    { since: '2026-11-22T14:00:00.000Z', days: 1.5 },
  ])('tell that the oldest CRITICAL stands for $days days', ({ since, days }) => {
    const findings = { ...counts({}), oldestOpenCritical: since };
    expect(measureReport({ findings })).toMatchObject({ OldestOpenCriticalAgeDays: days });
  });
});

/** Gives what a call prints, in a process of its own. */
const published = async (call: string): Promise<Readonly<Record<string, unknown>>> => {
  const code = `import { publishMetrics, publishPart } from ${JSON.stringify(new URL('../../lambda/metrics.ts', import.meta.url).href)};
    ${call}`;
  const env = {
    PATH: process.env.PATH,
    POWERTOOLS_METRICS_NAMESPACE: 'FinSpaceAudit',
    POWERTOOLS_SERVICE_NAME: 'audit',
  };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], { env });
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
};

it('a part of a listing is published as its pages, of its environment', async () => {
  expect(await published("publishPart('e1', { pages: 7 });")).toMatchObject({ environment: 'e1', ListedPages: 7 });
});

it.each([
  { name: 'a listing is measured at the moment that it speaks for', isSaved: false, days: 19 },
  { name: 'a saved roster is measured when it is audited: CloudWatch drops what is older', isSaved: true, days: 0 },
])('$name', async ({ isSaved, days }) => {
  const asOf = new Date(Date.now() - 19 * 86_400_000).toISOString();
  const report = aReport({ asOf, verdict: 'INCOMPLETE', reason: 'stale-roster' });
  const told = await published(`publishMetrics(${JSON.stringify({ report })}, 1, ${isSaved});`);
  const { _aws: embedded } = told as { _aws?: { Timestamp: number } };
  expect(told).toMatchObject({ IncompleteRuns: 1 });
  expect(Math.round((Date.now() - (embedded?.Timestamp ?? 0)) / 86_400_000)).toBe(days);
});
