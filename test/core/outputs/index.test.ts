import { expect, test } from '@jest/globals';
import { attemptKeys, runKeys } from '../../../core/archive/keys.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import type { Output } from '../../../core/outputs/output.ts';

const AS_OF = new Date('2026-11-24T02:00:00Z');

const keysOf = ({ object }: { readonly object: (output: Output) => string }) =>
  Object.fromEntries(Object.entries(OUTPUTS).map(([name, output]) => [name, object(output)]));

// Archives are kept for years, and tables, queries and people look there.
test('the objects of a run stand where archives have them', () => {
  const dataOf = (area: string): string => `${area}/environment=e/dt=2026-11-24/20261124T020000Z.jsonl.gz`;
  const besideReport = (file: string): string => `reports/environment=e/dt=2026-11-24/20261124T020000Z/${file}`;
  expect(keysOf(runKeys('e', AS_OF))).toEqual({
    snapshot: dataOf('snapshots'),
    principals: dataOf('principals'),
    groups: dataOf('groups'),
    findings: dataOf('findings'),
    csv: besideReport('findings.csv'),
    ocsfFindings: besideReport('findings.ocsf.jsonl'),
    ocsfRoster: besideReport('roster.ocsf.jsonl'),
    oscalResults: besideReport('assessment-results.oscal.json'),
    resolved: dataOf('resolved'),
    report: besideReport('report.json'),
    digest: besideReport('digest.json'),
    users: besideReport('users.html'),
    controls: besideReport('controls.html'),
    html: besideReport('report.html'),
  });
});

test('no two objects of an attempt that did not end complete have one name', () => {
  const keys = Object.values(keysOf(attemptKeys('e', AS_OF, '1')));
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys).toContain('incomplete/environment=e/dt=2026-11-24/20261124T020000Z-1/snapshot.jsonl.gz');
});

test('the page tells each object that it lists apart', () => {
  const labels = Object.values<Output>(OUTPUTS).flatMap(({ label }) => label ?? []);
  expect(labels).not.toContain('');
  expect(new Set(labels).size).toBe(labels.length);
});
