import { expect, test } from '@jest/globals';
import { evidenceSection } from '../../../../core/outputs/html/evidence.ts';
import type { RunFacts } from '../../../../core/outputs/output.ts';
import { aReport } from '../../notify/digest/facts.ts';
import { someRunFacts, wordsOf } from './run-facts.ts';

const rowsOf = (facts: RunFacts) =>
  [...evidenceSection(facts).markup.matchAll(/<tr><td>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    wordsOf(row).replaceAll('&#39;', "'").trim(),
  );

test('each object is listed with its hash and its size, and the manifests, of which this one has no hash yet', () => {
  const last = { key: 'manifests/before.json', sha256: 'e'.repeat(64), report: aReport() } as NonNullable<
    RunFacts['last']
  >;
  const facts = someRunFacts({ last });
  const [first, ...others] = rowsOf(facts);
  expect(first).toBe(
    `Snapshot: every user record as the service gave it snapshots/snapshot.jsonl.gz ${'a'.repeat(64)} 1000 B`,
  );
  expect(others.slice(-2)).toEqual([
    `This run's manifest ${facts.keys.manifest} written after this page: it holds this page's own SHA-256, which therefore can't stand here`,
    `Manifest of the last complete run before manifests/before.json ${'e'.repeat(64)}`,
  ]);
  expect(evidenceSection(facts).markup).toContain(`<td class="hash"><code>${'e'.repeat(64)}</code></td>`);
  expect(evidenceSection(facts).markup).toContain('<td class="hash">written after this page');
  expect(rowsOf(someRunFacts())).toHaveLength(others.length);
});
