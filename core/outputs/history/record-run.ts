import type { Archive } from '../../archive/archive.ts';
import { ArchiveError } from '../../archive/errors.ts';
import { areaPrefix, historyPageKey, runKeys } from '../../archive/keys.ts';
import { readBytes } from '../../archive/lines.ts';
import { evidenceOf } from '../../archive/staging.ts';
import type { Report } from '../../model/report.ts';
import { runInstant } from '../../model/run-name.ts';
import { OUTPUTS } from '../index.ts';
import { type HistoryRow, historyPage, historyRowOf, inOrder, readHistoryPage } from './history-page.ts';

/** The number of reports that are read at a time where the page has to be made anew. */
const AT_ONCE = 16;

const isReport = (value: unknown): value is Report =>
  typeof value === 'object' && value !== null && 'verdict' in value && 'findings' in value && 'counts' in value;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** A row from a run's report; of a run whose report is gone, that it is. */
const readRow = async (archive: Archive, key: string, run: string, attempt?: string): Promise<HistoryRow> => {
  const stored = await archive.read(key);
  const report = stored && parsed(Buffer.from(await readBytes(stored.body)).toString('utf8'));
  if (isReport(report)) return historyRowOf(report, attempt);
  const name = attempt === undefined ? run : `${run}-${attempt}`;
  return [name, 'FAILED', 'its report.json is missing or no report', 0, 0, 0, 0, 0, 0];
};

/** `RUN-ATTEMPT` of a key below `incomplete/`. */
const ATTEMPT = /\/(?<run>\d{8}T\d{6}Z)-(?<attempt>[\w-]+)\/report\.json$/;

/** Every run and every unfinished attempt that the archive has. */
const readHistory = async (archive: Archive, environmentId: string): Promise<readonly HistoryRow[]> => {
  const reads: (() => Promise<HistoryRow>)[] = [];
  for await (const key of archive.list(areaPrefix('manifests', environmentId))) {
    const run = key.slice(key.lastIndexOf('/') + 1, -'.json'.length);
    const asOf = runInstant(run);
    if (asOf === undefined) continue;
    reads.push(() => readRow(archive, runKeys(environmentId, asOf).object(OUTPUTS.report), run));
  }
  for await (const key of archive.list(areaPrefix('incomplete', environmentId))) {
    const { run, attempt } = ATTEMPT.exec(key)?.groups ?? {};
    if (run !== undefined) reads.push(() => readRow(archive, key, run, attempt));
  }
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
  /** There where the run is not complete. */
  readonly attempt?: string | undefined;
}

/**
 * Puts a run on the page of all runs. The page keeps its own rows, so no other run is read; only where it is not
 * there, can't be read, or lacks the run before (which then died before it could write it), it is made anew from the
 * archive.
 */
export const recordRun = async (archive: Archive, entry: HistoryEntry): Promise<void> => {
  const { environmentId, environmentName, report, attempt } = entry;
  const key = historyPageKey(environmentId);
  const row = historyRowOf(report, attempt);
  // Each conflict means that another run has written it; a handful is more than ever run at once.
  for (let tries = 0; tries < 5; tries += 1) {
    const stored = await archive.read(key);
    const text = stored && Buffer.from(await readBytes(stored.body)).toString('utf8');
    const known = text === undefined ? undefined : readHistoryPage(text, environmentId);
    const has = (name: string | undefined): boolean =>
      name === undefined || known?.some(([one]) => one === name) === true;
    if (known !== undefined && has(row[0]) && has(report.previousRun)) return;

    const others = known !== undefined && has(report.previousRun) ? known : await readHistory(archive, environmentId);
    const rows = [...others.filter(([name]) => name !== row[0]), row].toSorted(inOrder);
    const { content } = evidenceOf(historyPage(environmentId, environmentName, rows));
    const outcome = await archive.replace(key, content, 'text/html; charset=utf-8', stored?.version);
    if (outcome === 'replaced') return;
  }
  throw new ArchiveError(`${key} could not be written: others keep writing it`);
};
