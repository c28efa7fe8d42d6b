import { expect, test } from '@jest/globals';
import type { Report } from '../../../core/model/report.ts';
import { digestOf, digestOutput } from '../../../core/outputs/digest.ts';
import type { RunFacts } from '../../../core/outputs/output.ts';
import { aHighlight, aReport } from '../notify/digest/facts.ts';
import { someRunFacts } from './html/run-facts.ts';

const TROUBLE = { kind: 'unused', rule: 'stale-login', user: 'u1', expires: '2027-03-31' } as const;
const UNREAD: Partial<Report> = {
  enriched: { iamRoles: { principals: 2, read: 1, standIns: 0, unread: 1, reason: 'AccessDenied' } },
};

/** The last complete run, with this report; undefined where that is gone. */
const before = (report: Report | undefined): Pick<RunFacts, 'last'> => ({
  last: { key: 'manifests/before.json', sha256: 'e', report } as unknown as NonNullable<RunFacts['last']>,
});

test.each<{ readonly name: string; readonly facts: Partial<RunFacts>; readonly isSent: boolean }>([
  { name: 'in which nothing changed', facts: before(aReport()), isSent: false },
  { name: 'with a finding that is new', facts: { highlights: [aHighlight('new')] }, isSent: true },
  ...[
    { what: 'a waiver to see to', differs: { waiverTroubles: [TROUBLE] } },
    { what: 'a role that was not read', differs: UNREAD },
  ].flatMap(({ what, differs }) => {
    const report = aReport(differs);
    return [
      { name: `with ${what}`, facts: { report, ...before(aReport()) }, isSent: true },
      { name: `with ${what}, as told before`, facts: { report, ...before(report) }, isSent: false },
      { name: `with ${what}, after a run whose report is gone`, facts: { report, ...before(undefined) }, isSent: true },
      { name: `with ${what}, after none that is known`, facts: { report }, isSent: true },
    ];
  }),
])('a run $name has a digest: $isSent', ({ facts, isSent }) => {
  const given = someRunFacts(facts);
  const digest = digestOf(given);
  expect(digest !== undefined).toBe(isSent);
  expect(JSON.parse(digestOutput.write(given) ?? 'null')).toEqual(digest ?? null);
});

test('a digest leads to the report, wherever the archive is', () => {
  const digest = digestOf(someRunFacts({ highlights: [aHighlight('new')] }));
  expect(digest?.body).toContain(
    '{archive}/reports/environment=vs57phhvijir4kv5rf6ywt/dt=2026-11-24/20261124T020000Z/report.html',
  );
});
