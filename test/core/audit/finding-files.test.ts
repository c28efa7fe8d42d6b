import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createSpoolFolder, linesOf, type SpoolFolder, type StagedContent } from '../../../core/archive/staging.ts';
import { openFindingFiles } from '../../../core/audit/finding-files.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import type { RecentlyResolved } from '../../../rules/engine/lifecycle.ts';
import { aFinding } from '../../support/findings.ts';

let spools: SpoolFolder;
beforeEach(async () => {
  spools = await createSpoolFolder();
});
afterEach(() => spools.remove());

const textOf = async ({ content }: StagedContent): Promise<string> => {
  const bytes = 'path' in content ? await readFile(content.path) : Buffer.from(content.bytes);
  return (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString('utf8');
};

const of = (id: string, severity: Finding['severity'], message = 'm'): Finding =>
  aFinding({ subject: { kind: 'user', id }, severity, message });

const keepAll = async (findings: readonly Finding[], resolved: readonly RecentlyResolved[] = []) => {
  const files = openFindingFiles(spools);
  for (const finding of findings) await files.keep(finding, files.textsOf(finding, undefined));
  return files.finish(resolved);
};

test('findings are kept as they come, and in the sheet beneath its head from the most severe', async () => {
  const findings = [of('a', 'LOW'), of('b', 'CRITICAL'), of('c', 'HIGH')];
  const { findings: kept, csv } = await keepAll(findings);
  const lines: unknown[] = [];
  for await (const line of linesOf(kept)) lines.push(line);
  expect(lines).toEqual(findings);
  const [head, ...rows] = (await textOf(csv)).split('\r\n');
  expect(head).toContain('"severity","state","rule"');
  expect(rows.map((row) => row.split('","')[4])).toEqual(['b', 'c', 'a', undefined]);
});

test('of no findings there is a sheet of a head alone', async () => {
  const { findings, csv } = await keepAll([]);
  expect(await textOf(findings)).toBe('');
  expect(await textOf(csv)).toMatch(/^"severity",[^\r\n]*\r\n$/);
});

test('what resolved is kept a line each', async () => {
  const resolved = ['x', 'y'].map(
    (id) => ({ id, resolvedAt: '2026-11-24T02:00:00.000Z' }) as unknown as RecentlyResolved,
  );
  const { resolved: kept } = await keepAll([], resolved);
  const lines: unknown[] = [];
  for await (const line of linesOf(kept)) lines.push(line);
  expect(lines).toEqual(resolved);
});

test('whoever writes faster than the disk takes it is held back, by whichever file', async () => {
  const files = openFindingFiles(spools);
  const message = 'x'.repeat(100_000);
  const waits: unknown[] = [];
  for (let number = 0; number < 200; number += 1) {
    const finding = of(`u${number}`, 'LOW', message);
    waits.push(files.keep(finding, files.textsOf(finding, undefined)));
  }
  expect(waits.filter((wait) => wait instanceof Promise).length).toBeGreaterThan(0);
  await Promise.all(waits);
  const { csv } = await files.finish([]);
  expect((await textOf(csv)).match(/,"u\d+",/g)).toHaveLength(200);
});
