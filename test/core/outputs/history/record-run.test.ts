import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../../core/archive/archive.ts';
import { ArchiveError } from '../../../../core/archive/errors.ts';
import { folderArchive } from '../../../../core/archive/folder.ts';
import { attemptKeys, historyPageKey, runKeys, yearPageKey } from '../../../../core/archive/keys.ts';
import type { Report } from '../../../../core/model/report.ts';
import { runName } from '../../../../core/model/run-name.ts';
import {
  type EarlierYear,
  type HistoryRow,
  historyPage,
  readHistoryPage,
  yearPage,
} from '../../../../core/outputs/history/history-page.ts';
import { type HistoryEntry, readYearPages, recordRun } from '../../../../core/outputs/history/record-run.ts';
import { OUTPUTS } from '../../../../core/outputs/index.ts';
import type { Output } from '../../../../core/outputs/output.ts';
import { readText } from '../../../support/archive-tree.ts';
import { memoryArchive } from '../../../support/memory-archive.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { aReport, counts } from '../../notify/digest/facts.ts';

const newFolder = temporaryFolders();

const { environmentId } = aReport();
const night = (n: number): Date => new Date(Date.UTC(2026, 10, n, 2));

const nightsReport = (n: number, differs: Partial<Report> = {}): Report =>
  aReport({
    run: runName(night(n)),
    asOf: night(n).toISOString(),
    previousRun: runName(night(n - 1)),
    findings: counts({}, { HIGH: n }),
    ...differs,
  });

const firstReport = (n: number): Report => {
  const { previousRun: _, ...report } = nightsReport(n);
  return report;
};

const entry = (report: Report, attempt?: string): HistoryEntry => ({
  environmentId,
  report,
  reportKey: (attempt === undefined
    ? runKeys(environmentId, new Date(report.asOf))
    : attemptKeys(environmentId, new Date(report.asOf), attempt)
  ).object(OUTPUTS.report),
});

const newArchive = async (): Promise<Archive> => folderArchive(await newFolder());

const put = (archive: Archive, key: string, value: unknown) =>
  archive.create(key, { bytes: Buffer.from(JSON.stringify(value)) }, 'application/json');

/** Leaves a run in the archive as a complete audit would. */
const keepRun = async (archive: Archive, report: Report): Promise<void> => {
  const keys = runKeys(environmentId, new Date(report.asOf));
  await put(archive, keys.object(OUTPUTS.report), report);
  await put(archive, keys.manifest, manifestOf(report));
};

/** A manifest of the run, as one of before there was a chain: whoever reads the page's past checks no link. */
const manifestOf = ({ run, asOf, accountId, region, counts: { users } }: Report) => {
  const { object } = runKeys(environmentId, new Date(asOf));
  const objectOf = (output: Output) => ({ key: object(output), sha256: '', size: 0 });
  const objects = {
    snapshot: objectOf(OUTPUTS.snapshot),
    findings: objectOf(OUTPUTS.findings),
    report: objectOf(OUTPUTS.report),
  };
  return {
    schemaVersion: 1,
    run,
    environmentId,
    accountId,
    region,
    asOf,
    verdict: 'COMPLETE',
    counts: { users, pages: 1, duplicates: 0, requests: 1, throttled: 0, retries: 0 },
    objects,
    hashes: { ruleset: '', config: '', waivers: '' },
    rules: {},
    trustedAccounts: [],
  };
};

const namesOf = async (archive: Archive): Promise<readonly string[]> => {
  const page = await readText(archive, historyPageKey(environmentId));
  return (readHistoryPage(page, environmentId)?.rows ?? []).map(([name]) => name);
};

test('each run adds its row, and reads no other run', async () => {
  const archive = await newArchive();
  await recordRun(archive, entry(firstReport(1)));
  await recordRun(
    archive,
    entry(nightsReport(2, { verdict: 'INCOMPLETE', reason: 'deadline', previousRun: runName(night(1)) }), 'try'),
  );
  await recordRun(archive, entry(nightsReport(2)));
  await recordRun(archive, entry(nightsReport(3)));
  expect(await namesOf(archive)).toEqual([
    runName(night(1)),
    `${runName(night(2))}-try`,
    runName(night(2)),
    runName(night(3)),
  ]);
  const page = await readText(archive, historyPageKey(environmentId));
  expect(readHistoryPage(page, environmentId)?.rows.at(-1)).toEqual([
    runName(night(3)),
    'COMPLETE',
    '',
    400,
    0,
    3,
    0,
    0,
    0,
  ]);
});

test('a row stands where its run does, however late it comes', async () => {
  const archive = await newArchive();
  await recordRun(archive, entry(firstReport(1)));
  await recordRun(archive, entry(nightsReport(2)));
  await recordRun(archive, entry(nightsReport(2, { verdict: 'FAILED', reason: 'after-the-fact' }), 'late'));
  const runs = [1, 2].map((n) => runName(night(n)));
  expect(await namesOf(archive)).toEqual([runs[0], `${runs[1]}-late`, runs[1]]);
});

test.each([
  { conflicts: 4, ends: 'is written' },
  { conflicts: 5, ends: 'could not be written: others keep writing it' },
])('a page that others have written $conflicts times meanwhile $ends', async ({ conflicts, ends }) => {
  const archive = await newArchive();
  let left = conflicts;
  const contended: Archive = {
    ...archive,
    async replace(...given) {
      left -= 1;
      return left < 0 ? archive.replace(...given) : 'conflict';
    },
  };
  const outcome = await recordRun(contended, entry(firstReport(1))).then(
    () => 'is written',
    (error: unknown) => String(error),
  );
  expect(outcome).toContain(ends);
});

test('a run that is on it already changes nothing', async () => {
  const archive = await newArchive();
  await recordRun(archive, entry(firstReport(1)));
  const before = await archive.read(historyPageKey(environmentId));
  await recordRun(archive, entry(firstReport(1)));
  expect((await archive.read(historyPageKey(environmentId)))?.version).toBe(before?.version);
});

describe('the page is made anew from the archive', () => {
  const withPast = async (page?: string): Promise<Archive> => {
    const archive = await newArchive();
    await keepRun(archive, firstReport(1));
    await keepRun(archive, nightsReport(2));
    const attempt = attemptKeys(environmentId, night(2), 'try');
    await put(archive, attempt.object(OUTPUTS.report), nightsReport(2, { verdict: 'FAILED', reason: 'access-denied' }));
    await put(archive, attempt.manifest, {});
    if (page !== undefined) {
      await archive.create(historyPageKey(environmentId), { bytes: Buffer.from(page) }, 'text/html');
    }
    return archive;
  };

  const pageOfFirst = async (): Promise<string> => {
    const archive = await newArchive();
    await recordRun(archive, entry(firstReport(1)));
    return readText(archive, historyPageKey(environmentId));
  };

  test.each([
    { name: 'where there is none', page: async () => undefined },
    { name: 'where it is none of ours', page: async () => '<p>something else' },
    { name: 'where its rows are cut off', page: async () => (await pageOfFirst()).replace(/"rows":.*/s, '') },
    { name: 'where it lacks the run before', page: pageOfFirst },
  ])('$name', async ({ page }) => {
    const archive = await withPast(await page());
    await recordRun(archive, entry(nightsReport(3)));
    expect(await namesOf(archive)).toEqual([
      runName(night(1)),
      `${runName(night(2))}-try`,
      runName(night(2)),
      runName(night(3)),
    ]);
  });

  test.each([
    { what: 'report', manifest: manifestOf(firstReport(1)) },
    { what: 'manifest', manifest: 'no manifest' },
    { what: 'report, which its manifest does not name,', manifest: { ...manifestOf(firstReport(1)), objects: {} } },
  ])('and says of a run whose $what is gone that it is', async ({ manifest }) => {
    const archive = await newArchive();
    await put(archive, runKeys(environmentId, night(1)).manifest, manifest);
    await recordRun(archive, entry(nightsReport(2)));
    const page = await readText(archive, historyPageKey(environmentId));
    expect(readHistoryPage(page, environmentId)?.rows[0]).toEqual([
      runName(night(1)),
      'FAILED',
      'its report.json is missing or no report',
      0,
      0,
      0,
      0,
      0,
      0,
    ]);
  });
});

test('a page that is made anew names no entry that nobody can read, and a run by the folder that its report is in', async () => {
  const archive = memoryArchive();
  const report = firstReport(1);
  const { object } = runKeys(environmentId, night(1), 'attempt');
  const manifest = manifestOf(report);
  const objects = { ...manifest.objects, report: { key: object(OUTPUTS.report), sha256: '', size: 0 } };
  await put(archive, runKeys(environmentId, night(1)).manifest, { ...manifest, objects });
  await put(archive, object(OUTPUTS.report), report);
  await put(archive, `chain/environment=${environmentId}/000000000002.json`, 'no entry');
  await recordRun(archive, entry(nightsReport(3)));
  expect(await namesOf(archive)).toEqual([`${runName(night(1))}-attempt`, runName(night(3))]);
});

test('two runs at once are both on it', async () => {
  const archive = await newArchive();
  await recordRun(archive, entry(firstReport(1)));
  const failed = (name: string) =>
    entry(nightsReport(2, { verdict: 'FAILED', reason: 'config', previousRun: runName(night(1)) }), name);
  await Promise.all([recordRun(archive, failed('a')), recordRun(archive, failed('b'))]);
  expect(await namesOf(archive)).toHaveLength(3);
});

test('the page is no evidence: the archive is told so, and keeps its old versions briefly', async () => {
  const archive = await newArchive();
  const kept: unknown[] = [];
  const telling: Archive = {
    ...archive,
    replace: (key, content, type, version, as) => {
      kept.push([type, as]);
      return archive.replace(key, content, type, version, as);
    },
  };
  await recordRun(telling, entry(firstReport(1)));
  expect(kept).toEqual([['text/html; charset=utf-8', 'hint']]);
});

describe('a page that has too many rows', () => {
  /** The page of so many nights, the last on 1 February of 2026. */
  const pageOfNights = async (nights: number, earlier: readonly EarlierYear[] = []): Promise<Archive> => {
    const archive = memoryArchive();
    const rows = Array.from({ length: nights }, (_, index): HistoryRow => {
      const at = new Date(Date.UTC(2026, 1, 1 - (nights - 1 - index), 2));
      return [runName(at), 'COMPLETE', '', 400, 0, 1, 0, 0, 0];
    });
    const page = historyPage(environmentId, undefined, { rows, earlier });
    await archive.create(historyPageKey(environmentId), { bytes: Buffer.from(page) }, 'text/html');
    return archive;
  };

  const pageAt = async (archive: Archive, key: string) => readHistoryPage(await readText(archive, key), environmentId);

  const nightAfter = (days: number): Report => {
    const at = (day: number) => new Date(Date.UTC(2026, 1, 1 + day, 2));
    return nightsReport(1, {
      run: runName(at(days)),
      asOf: at(days).toISOString(),
      previousRun: runName(at(days - 1)),
    });
  };

  test('moves the oldest to the pages of their years, and keeps the others', async () => {
    const archive = await pageOfNights(800);
    await recordRun(archive, entry(nightAfter(1)));
    const [index, first, second, third] = await Promise.all([
      pageAt(archive, historyPageKey(environmentId)),
      ...['2023', '2024', '2025'].map((year) => pageAt(archive, yearPageKey(environmentId, year))),
    ]);
    expect(index?.rows).toHaveLength(150);
    expect(index?.rows.at(-1)?.[0]).toBe('20260202T020000Z');
    expect(index?.earlier).toEqual([
      ['2023', 37, 0, '20231231T020000Z'],
      ['2024', 366, 0, '20241231T020000Z'],
      ['2025', 248, 0, '20250905T020000Z'],
    ]);
    expect([first, second, third].map((page) => page?.rows.length)).toEqual([37, 366, 248]);
    expect(third?.earlier.map(([year]) => year)).toEqual(['2023', '2024']);
    await recordRun(archive, entry(nightAfter(2)));
    expect((await pageAt(archive, historyPageKey(environmentId)))?.rows).toHaveLength(151);
  });

  test('moves to a year that has a page already, which is none of those before itself', async () => {
    const archive = await pageOfNights(301, [['2025', 1, 0, '20250102T020000Z']]);
    await recordRun(archive, entry(nightAfter(1)));
    const year = await pageAt(archive, yearPageKey(environmentId, '2025'));
    expect(year?.rows).toHaveLength(152);
    expect(year?.earlier).toStrictEqual([]);
  });

  test('is the only one that the nights after read and write', async () => {
    const archive = await pageOfNights(20, [['2026', 1, 0, '20260101T020000Z']]);
    const touched: string[] = [];
    const noting: Archive = {
      ...archive,
      read(key) {
        touched.push(key);
        return archive.read(key);
      },
      replace(key, ...rest) {
        touched.push(key);
        return archive.replace(key, ...rest);
      },
    };
    for (const days of [1, 2]) await recordRun(noting, entry(nightAfter(days)));
    expect(new Set(touched)).toEqual(new Set([historyPageKey(environmentId)]));
  });

  test('adds to the page of a year what moves later', async () => {
    const archive = await pageOfNights(500, [
      ['2025', 1, 0, '20250102T020000Z'],
      ['2023', 37, 0, '20231231T020000Z'],
    ]);
    const before = ['20240918T020000Z-try', '20240918T020000Z'].map(
      (name, index): HistoryRow => [name, index === 0 ? 'FAILED' : 'COMPLETE', '', 400, 0, 1, 0, 0, 0],
    );
    const page = yearPage(environmentId, undefined, '2024', { rows: before, earlier: [] });
    await archive.create(yearPageKey(environmentId, '2024'), { bytes: Buffer.from(page) }, 'text/html');
    await recordRun(archive, entry(nightAfter(1)));
    const year = await pageAt(archive, yearPageKey(environmentId, '2024'));
    expect(year?.rows.slice(0, 3).map(([name]) => name)).toEqual([
      '20240918T020000Z-try',
      '20240918T020000Z',
      '20240920T020000Z',
    ]);
    expect(year?.earlier.map(([other]) => other)).toEqual(['2023']);
    expect((await pageAt(archive, historyPageKey(environmentId)))?.earlier).toEqual([
      ['2023', 37, 0, '20231231T020000Z'],
      ['2024', 104, 1, '20241231T020000Z'],
      ['2025', 248, 0, '20250905T020000Z'],
    ]);
  });

  test('of which one run could write the years and not itself, is not told twice', async () => {
    const archive = await pageOfNights(501);
    const dying: Archive = {
      ...archive,
      replace: (key, ...rest) =>
        key === historyPageKey(environmentId) ? Promise.reject(new Error('dead')) : archive.replace(key, ...rest),
    };
    await expect(recordRun(dying, entry(nightAfter(1)))).rejects.toThrow('dead');
    await recordRun(archive, entry(nightAfter(1)));
    const index = await pageAt(archive, historyPageKey(environmentId));
    const year = await pageAt(archive, yearPageKey(environmentId, '2025'));
    expect(index?.earlier.reduce((sum, [, complete]) => sum + complete, 0)).toBe(352);
    expect(new Set(year?.rows.map(([name]) => name)).size).toBe(year?.rows.length);
  });

  test('a run on the page of a year changes nothing', async () => {
    const archive = await pageOfNights(501);
    await recordRun(archive, entry(nightAfter(1)));
    const before = await readText(archive, historyPageKey(environmentId));
    await recordRun(archive, entry(nightAfter(-400)));
    expect(await readText(archive, historyPageKey(environmentId))).toBe(before);
  });

  test('a run on the page of the only year that has one changes nothing, and a run on none is added', async () => {
    const archive = await pageOfNights(301);
    await recordRun(archive, entry(nightAfter(1)));
    expect((await pageAt(archive, historyPageKey(environmentId)))?.earlier.map(([year]) => year)).toEqual(['2025']);
    const before = await readText(archive, historyPageKey(environmentId));
    await recordRun(archive, entry(nightAfter(-299)));
    expect(await readText(archive, historyPageKey(environmentId))).toBe(before);
    const unknown = entry(nightAfter(-298), 'try');
    await recordRun(archive, unknown);
    expect((await namesOf(archive))[0]).toBe(`${nightAfter(-298).run}-try`);
  });

  test('and an attempt at its oldest run, which moved before that, is not told twice', async () => {
    const archive = await pageOfNights(301);
    await recordRun(archive, entry(nightAfter(1)));
    const [oldest = ''] = await namesOf(archive);
    const days = Math.round(
      (Date.parse(`${oldest.slice(0, 4)}-${oldest.slice(4, 6)}-${oldest.slice(6, 8)}`) - Date.UTC(2026, 1, 1)) /
        86_400_000,
    );
    const row: HistoryRow = [`${oldest}-try`, 'FAILED', 'config', 0, 0, 0, 0, 0, 0];
    const key = yearPageKey(environmentId, '2025');
    const stored = await archive.read(key);
    const rows = (await pageAt(archive, key))?.rows ?? [];
    const page = yearPage(environmentId, undefined, '2025', { rows: [...rows, row], earlier: [] });
    await archive.replace(key, { bytes: Buffer.from(page) }, 'text/html', stored?.version);
    const before = await readText(archive, historyPageKey(environmentId));
    await recordRun(archive, entry(nightAfter(days), 'try'));
    expect(await readText(archive, historyPageKey(environmentId))).toBe(before);
  });

  test('has each year once, whatever else lies beside its page', async () => {
    const archive = await pageOfNights(301);
    await recordRun(archive, entry(nightAfter(1)));
    const key = yearPageKey(environmentId, '2025');
    await archive.create(`${key}.copy`, { bytes: Buffer.from(await readText(archive, key)) }, 'text/html');
    const years: string[] = [];
    for await (const { year } of readYearPages(archive, environmentId)) years.push(year);
    expect(years).toEqual([...new Set(years)]);
    expect(years).toContain('2025');
  });

  test.each([
    { name: 'is gone', read: async () => undefined },
    { name: "can't be read", read: () => Promise.reject(new ArchiveError('damaged')) },
  ])('of which a year $name, is made anew without it where it lacks a run', async ({ read }) => {
    const archive = await pageOfNights(301, []);
    await recordRun(archive, entry(nightAfter(1)));
    const key = yearPageKey(environmentId, '2025');
    const lost = await archive.read(historyPageKey(environmentId));
    await archive.replace(historyPageKey(environmentId), { bytes: Buffer.from('') }, 'text/html', lost?.version);
    const damaged: Archive = { ...archive, read: (one) => (one === key ? read() : archive.read(one)) };
    await recordRun(damaged, entry(nightAfter(2)));
    expect(await pageAt(archive, historyPageKey(environmentId))).toEqual({
      rows: [expect.arrayContaining([nightAfter(2).run])],
      earlier: [],
    });
  });

  test('of which a year is gone takes a run of that year', async () => {
    const archive = await pageOfNights(301);
    await recordRun(archive, entry(nightAfter(1)));
    const key = yearPageKey(environmentId, '2025');
    const without: Archive = { ...archive, read: async (one) => (one === key ? undefined : archive.read(one)) };
    await recordRun(without, entry(nightAfter(-299)));
    expect(await namesOf(archive)).toContain(nightAfter(-299).run);
  });

  test('that was lost is made anew, with the years that have pages and without their rows', async () => {
    const archive = await pageOfNights(501);
    await keepRun(archive, nightAfter(-400));
    await recordRun(archive, entry(nightAfter(1)));
    await put(archive, yearPageKey(environmentId, '2019'), 'no page');
    const copy = await readText(archive, yearPageKey(environmentId, '2025'));
    await archive.create(`${yearPageKey(environmentId, '2025')}.bak`, { bytes: Buffer.from(copy) }, 'text/html');
    const { earlier } = (await pageAt(archive, historyPageKey(environmentId))) ?? {};
    const lost = await archive.read(historyPageKey(environmentId));
    await archive.replace(historyPageKey(environmentId), { bytes: Buffer.from('') }, 'text/html', lost?.version);
    await recordRun(archive, entry(firstReport(1)));
    expect(await pageAt(archive, historyPageKey(environmentId))).toMatchObject({ rows: [expect.anything()], earlier });
  });
});
