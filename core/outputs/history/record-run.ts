import type { Archive } from '../../archive/archive.ts';
import { ArchiveError } from '../../archive/errors.ts';
import { areaPrefix, attemptOfKey, historyPageKey } from '../../archive/keys.ts';
import { parsedJson, readBytes } from '../../archive/lines.ts';
import { walkRuns } from '../../archive/runs.ts';
import { evidenceOf } from '../../archive/staging.ts';
import type { Report } from '../../model/report.ts';
import { runInstant } from '../../model/run-name.ts';
import { type HistoryRow, historyPage, historyRowOf, inOrder, readHistoryPage, runOf } from './history-page.ts';

/** The number of reports that are read at a time where the page has to be made anew. */
const AT_ONCE = 16;

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

/** Every run of the chain and every unfinished attempt that the archive has. */
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
  for (let next = 0; next < reads.length; next += AT_ONCE) {
    rows.push(...(await Promise.all(reads.slice(next, next + AT_ONCE).map((read) => read()))));
  }
  return rows.toSorted(inOrder);
};

export interface HistoryEntry {
  readonly environmentId: string;
  readonly environmentName?: string | undefined;
  readonly report: Report;
  /** The key of its `report.json`. */
  readonly reportKey: string;
}

/**
 * Puts a run on the page of all runs. The page keeps its own rows, so no other run is read; only where it is not
 * there, can't be read, or lacks the run before (which then died before it could write it), it is made anew from the
 * archive.
 */
export const recordRun = async (archive: Archive, entry: HistoryEntry): Promise<void> => {
  const { environmentId, environmentName, report, reportKey } = entry;
  const key = historyPageKey(environmentId);
  const row = historyRowOf(report, folderOf(reportKey));
  // Each conflict means that another run has written it; a handful is more than ever run at once.
  for (let tries = 0; tries < 5; tries += 1) {
    const stored = await archive.read(key);
    const text = stored && (await readBytes(stored)).toString('utf8');
    const known = text === undefined ? undefined : readHistoryPage(text, environmentId);
    const { previousRun } = report;
    const hasPrevious =
      previousRun === undefined ||
      known?.some(([name, verdict]) => verdict === 'COMPLETE' && runOf(name) === previousRun) === true;
    if (hasPrevious && known?.some(([name]) => name === row[0])) return;

    const others = known !== undefined && hasPrevious ? known : await readHistory(archive, environmentId);
    const rows = [...others.filter(([name]) => name !== row[0]), row].toSorted(inOrder);
    const { content } = evidenceOf(historyPage(environmentId, environmentName, rows));
    const outcome = await archive.replace(key, content, 'text/html; charset=utf-8', stored?.version, 'hint');
    if (outcome === 'replaced') return;
  }
  throw new ArchiveError(`${key} could not be written: others keep writing it`);
};
