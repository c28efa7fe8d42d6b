import { expect, test } from '@jest/globals';
import type { ByteSpool } from '../../../core/archive/staging.ts';
import { EXPORTS, type FileToWrite, filesOf, lakeFilesOf } from '../../../core/outputs/exports.ts';
import { aUser } from '../../support/builders.ts';
import { aFinding, aManifest } from '../../support/findings.ts';
import { aStoredRun } from '../../support/stored-run.ts';

/** Fills a file, on a disk that takes its time; gives what was written, and how much was ever on its way at once. */
const filled = async ({ fill }: FileToWrite) => {
  const parts: (string | Uint8Array)[] = [];
  const counts = { onTheWay: 0, most: 0 };
  const take = async (part: string | Uint8Array): Promise<void> => {
    counts.onTheWay += 1;
    counts.most = Math.max(counts.most, counts.onTheWay);
    await new Promise((done) => setImmediate(done));
    counts.onTheWay -= 1;
    parts.push(part);
  };
  await fill({ write: take, append: take } as unknown as ByteSpool);
  return { parts, most: counts.most };
};

test('the files of an export have the names that integrations look for', () => {
  const files = Object.entries(EXPORTS).map(([name, of]) => [name, ...of.map(({ file }) => file)]);
  expect(files).toEqual([
    ['ocsf', 'findings.ocsf.jsonl', 'roster.ocsf.jsonl'],
    ['oscal', 'assessment-results.oscal.json'],
    ['asff', 'findings.asff.jsonl'],
    ['accounts', 'accounts.csv'],
    ['vanta', 'vanta-users.json'],
  ]);
});

test.each([
  { verdict: 'COMPLETE' as const, lines: 2 },
  { verdict: 'INCOMPLETE' as const, lines: 1 },
])(
  'findings of a run that is $verdict are $lines lines of ASFF: else nothing has ended',
  async ({ verdict, lines }) => {
    const findings = [aFinding({ state: 'resolved', cause: 'fixed' }), aFinding()];
    const [file] = filesOf('asff', aStoredRun({ findings, manifest: aManifest({ verdict }) }));
    const { parts } = file === undefined ? { parts: [] } : await filled(file);
    expect(parts.map((line) => JSON.parse(String(line)).GeneratorId)).toEqual(
      Array.from({ length: lines }, () => 'finspace-user-auditor/stale-login'),
    );
  },
);

test('files are filled at the pace of the disk', async () => {
  const run = aStoredRun({ findings: [aFinding(), aFinding()], records: [aUser(), aUser({ userId: 'u2' })] });
  const names = Object.keys(EXPORTS) as (keyof typeof EXPORTS)[];
  const files = [...names.flatMap((name) => filesOf(name, run)), ...(await lakeFilesOf(run))];
  for (const file of files) {
    const { parts, most } = await filled(file);
    expect(parts.length).toBeGreaterThan(0);
    expect(most).toBe(1);
  }
});
