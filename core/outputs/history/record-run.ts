import type { Archive } from '../../archive/archive.ts';
import { inBatches } from '../../archive/batches.ts';
import { ArchiveError, ifSound } from '../../archive/errors.ts';
import { areaPrefix, attemptOfKey, historyPageKey, yearPageKey, yearPages } from '../../archive/keys.ts';
import { parsedJson, readBytes } from '../../archive/lines.ts';
import { walkRuns } from '../../archive/runs.ts';
import { stagedContent } from '../../archive/staging.ts';
import type { Report } from '../../model/report.ts';
import { runInstant } from '../../model/run-name.ts';
import {
  type EarlierYear,
  earlierYearOf,
  type HistoryRow,
  historyPage,
  historyRowOf,
  inOrder,
  type RunsOnPage,
  readHistoryPage,
  rowsToMove,
  runOf,
  yearOf,
  yearPage,
} from './history-page.ts';

const isReport = (value: unknown): value is Report =>
  typeof value === 'object' && value !== null && 'verdict' in value && 'findings' in value && 'counts' in value;

/** Reads a row; of a run whose report is gone, that it is. */
const readRow = async (archive: Archive, name: string, key: string | undefined): Promise<HistoryRow> => {
  const stored = key === undefined ? undefined : await archive.read(key);
  const report = stored && parsedJson((await readBytes(stored)).toString('utf8'));
  if (isReport(report)) return historyRowOf(report, name);
  return [name, 'FAILED', 'its report.json is missing or no report', 0, 0, 0, 0, 0, 0];
};

/** The folder that a report is in, by whose name the page links to it. */
const folderOf = (key: string): string => key.split('/').at(-2) ?? '';

/** Every run of the chain, and then every unfinished attempt that the archive has. */
const readHistory = async (archive: Archive, environmentId: string): Promise<readonly HistoryRow[]> => {
  const reads: (() => Promise<HistoryRow>)[] = [];
  for await (const { run, stored } of walkRuns(archive, environmentId)) {
    const key = stored?.manifest.objects.report?.key;
    if (runInstant(run) !== undefined) reads.push(() => readRow(archive, key === undefined ? run : folderOf(key), key));
  }
  for await (const key of archive.list(areaPrefix('incomplete', environmentId)))
    if (attemptOfKey(key) !== undefined && key.endsWith('/report.json'))
      reads.push(() => readRow(archive, folderOf(key), key));
  const rows: HistoryRow[] = [];
  for await (const row of inBatches(reads, (read) => read())) rows.push(row);
  return rows;
};

/** The pages of years, in order; one that can't be read is passed over. */
export async function* readYearPages(
  archive: Archive,
  environmentId: string,
): AsyncGenerator<{ readonly key: string; readonly year: string; readonly rows: readonly HistoryRow[] }> {
  const pages = yearPages(environmentId);
  for await (const key of archive.list(pages)) {
    const year = yearOf(key.slice(pages.length));
    if (key !== yearPageKey(environmentId, year)) continue;
    const found = await ifSound(
      () => readPage(archive, environmentId, key),
      () => undefined,
    );
    if (found?.runs !== undefined) yield { key, year, rows: found.runs.rows };
  }
}

export interface HistoryEntry {
  readonly environmentId: string;
  readonly environmentName?: string | undefined;
  readonly report: Report;
  /** The key of its `report.json`. */
  readonly reportKey: string;
}

/** Each conflict means that another run has written a page; a handful is more than ever run at once. */
const TRIES = 5;

/** Reads a page of runs, and the version of it that a swap must meet. */
const readPage = async (archive: Archive, environmentId: string, key: string) => {
  const stored = await archive.read(key);
  const runs = stored && readHistoryPage((await readBytes(stored)).toString('utf8'), environmentId);
  return { runs, version: stored?.version };
};

/** Writes a page of runs that `pageOf` makes of what stands there, until it was not changed meanwhile. */
const rewritePage = async <T>(
  archive: Archive,
  environmentId: string,
  key: string,
  pageOf: (found: RunsOnPage | undefined) => Promise<{ readonly page: string; readonly outcome: T } | undefined>,
): Promise<T | undefined> => {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { runs, version } = await readPage(archive, environmentId, key);
    const made = await pageOf(runs);
    if (made === undefined) return undefined;
    const { content } = stagedContent(made.page);
    if ((await archive.replace(key, content, 'text/html; charset=utf-8', version, 'hint')) === 'replaced')
      return made.outcome;
  }
  throw new ArchiveError(`${key} could not be written: others keep writing it`);
};

/** Adds rows to others; of one and the same run those that are added count. */
const merged = (rows: readonly HistoryRow[], added: readonly HistoryRow[]): readonly HistoryRow[] => {
  const names = new Set(added.map(([name]) => name));
  return [...rows.filter(([name]) => !names.has(name)), ...added].toSorted(inOrder);
};

/** Moves rows to the pages of their years; gives the years that have one then. */
const moveToYears = async (
  archive: Archive,
  { environmentId, environmentName }: Pick<HistoryEntry, 'environmentId' | 'environmentName'>,
  rows: readonly HistoryRow[],
  earlier: readonly EarlierYear[],
): Promise<readonly EarlierYear[]> => {
  const years = new Map(earlier.map((year) => [year[0], year]));
  for (const [year, moved] of Map.groupBy(rows, ([name]) => yearOf(name))) {
    const before = [...years.values()].filter(([other]) => other < year);
    const moving = await rewritePage(archive, environmentId, yearPageKey(environmentId, year), async (found) => {
      const all = merged(found?.rows ?? [], moved);
      const page = yearPage(environmentId, environmentName, year, { rows: all, earlier: before });
      return { page, outcome: earlierYearOf(year, all) };
    });
    if (moving !== undefined) years.set(year, moving);
  }
  return [...years.values()].toSorted(([one], [other]) => (one < other ? -1 : 1));
};

/** Makes anew what the page of all runs is made of: of what the archive has, whatever no page of a year has. */
const readRuns = async (archive: Archive, environmentId: string): Promise<RunsOnPage> => {
  const onYears = new Set<string>();
  const earlier: EarlierYear[] = [];
  for await (const { year, rows } of readYearPages(archive, environmentId)) {
    earlier.push(earlierYearOf(year, rows));
    for (const [name] of rows) onYears.add(name);
  }
  const rows = await readHistory(archive, environmentId);
  return { rows: rows.filter(([name]) => !onYears.has(name)), earlier };
};

/** Tells whether a row is on the page of all runs, or on that of its year. */
const isKnown = async (
  archive: Archive,
  environmentId: string,
  { rows, earlier }: RunsOnPage,
  run: string,
  isRow: (row: HistoryRow) => boolean,
): Promise<boolean> => {
  if (rows.some(isRow)) return true;
  const year = yearOf(run);
  const isOlder = run <= runOf(rows[0]?.[0] ?? '');
  if (!isOlder || !earlier.some(([known]) => known === year)) return false;
  const { runs } = await readPage(archive, environmentId, yearPageKey(environmentId, year));
  return runs?.rows.some(isRow) === true;
};

/**
 * Puts a run on the page of all runs. The page keeps its own rows, so no other run is read; only where it is not
 * there, can't be read, or lacks the run before (which then died before it could write it), it is made anew from the
 * archive. What it has no room for goes to the pages of years, before it goes from here.
 */
export const recordRun = async (archive: Archive, entry: HistoryEntry): Promise<void> => {
  const { environmentId, environmentName, report, reportKey } = entry;
  const row = historyRowOf(report, folderOf(reportKey));
  const { run, previousRun } = report;

  /** The rows to add this one to; undefined where it is among them. */
  const othersOf = async (known: RunsOnPage | undefined): Promise<RunsOnPage | undefined> => {
    if (known === undefined) return readRuns(archive, environmentId);
    const has = (name: string, isRow: (row: HistoryRow) => boolean) =>
      isKnown(archive, environmentId, known, name, isRow);
    const hasPrevious =
      previousRun === undefined ||
      (await has(previousRun, ([name, verdict]) => verdict === 'COMPLETE' && runOf(name) === previousRun));
    if (!hasPrevious) return readRuns(archive, environmentId);
    return (await has(run, ([name]) => name === row[0])) ? undefined : known;
  };
  await rewritePage(archive, environmentId, historyPageKey(environmentId), async (known) => {
    const others = await othersOf(known);
    if (others === undefined) return undefined;
    const all = merged(others.rows, [row]);
    const moving = rowsToMove(all);
    const earlier = await moveToYears(archive, entry, all.slice(0, moving), others.earlier);
    return {
      page: historyPage(environmentId, environmentName, { rows: all.slice(moving), earlier }),
      outcome: undefined,
    };
  });
};
