import * as z from 'zod/mini';
import { DAY_MS } from '../../../rules/engine/time.ts';
import type { Report } from '../../model/report.ts';
import { runInstant } from '../../model/run-name.ts';
import { GAP, TREND_RUNS, type TrendPoint, trendPoint, usualDistance, WORST_FIRST } from '../../model/trend.ts';
import { plural } from '../../text/plain-text.ts';
import { documentText } from '../html/document.ts';
import { utcText } from '../html/instant.ts';
import { foreign, type Html, html, scriptJson, trusted } from '../html/markup.ts';
import { HISTORY_SCRIPT } from '../html/script.ts';
import { severityWord } from '../html/severity.ts';
import { trendChart } from '../html/trend-chart.ts';

const count = z.int().check(z.gte(0));

/**
 * A run or an unfinished attempt at one, as the page of all runs keeps it: the name of the folder that its report is in
 * (`RUN`, or `RUN-ATTEMPT`), the reason it is not complete (of one that is, `late` or
 * nothing), its users, and what failed, as a trend's point has it.
 */
const historyRow = z.tuple([
  z.string().check(z.regex(/^\d{8}T\d{6}Z(-[\w-]+)?$/)),
  z.enum(['COMPLETE', 'INCOMPLETE', 'FAILED']),
  z.string(),
  count,
  count,
  count,
  count,
  count,
  count,
]);

export type HistoryRow = Readonly<z.infer<typeof historyRow>>;

const history = z.object({ environmentId: z.string(), rows: z.array(historyRow) });

export const historyRowOf = (report: Report, name: string): HistoryRow => {
  const { run, verdict, late, reason = late ? 'late' : '', counts, findings } = report;
  const [, ...failing] = trendPoint(run, findings.bySeverity);
  return [name, verdict, reason, counts.users, ...failing];
};

const DATA_OPENING = '<script type="application/json" id="runs">';
const DATA_CLOSING = '</script>';

/** The rows that a page was made of; undefined where they can't be read from it. */
export const readHistoryPage = (page: string, environmentId: string): readonly HistoryRow[] | undefined => {
  const start = page.indexOf(DATA_OPENING) + DATA_OPENING.length;
  const end = page.indexOf(DATA_CLOSING, start);
  try {
    const { data } = history.safeParse(JSON.parse(page.slice(start, end)));
    return data?.environmentId === environmentId ? data.rows : undefined;
  } catch {
    return undefined;
  }
};

export const runOf = (name: string): string => name.slice(0, 'yyyymmddThhmmssZ'.length);

const isComplete = ([, verdict]: HistoryRow): boolean => verdict === 'COMPLETE';

/** Orders rows by run; of one run the attempts that did not end complete come first, as they were made. */
export const inOrder = (first: HistoryRow, second: HistoryRow): number => {
  const [one] = first;
  const [other] = second;
  if (runOf(one) !== runOf(other)) return one < other ? -1 : 1;
  if (one === other) return 0;
  if (isComplete(first) !== isComplete(second)) return isComplete(first) ? 1 : -1;
  return one < other ? -1 : 1;
};

const instantOf = ([name]: HistoryRow): number => runInstant(runOf(name))?.getTime() ?? 0;

const linkOf = (row: HistoryRow, environmentId: string): string => {
  const [name] = row;
  const day = new Date(runInstant(runOf(name)) ?? 0).toISOString().slice(0, 10);
  const folder = isComplete(row) ? '' : `../../incomplete/environment=${environmentId}/`;
  return `${folder}dt=${day}/${name}/report.html`;
};

export const durationText = (milliseconds: number): string => {
  const hours = Math.round(milliseconds / (DAY_MS / 24));
  return hours < 48 ? plural(hours, 'hour') : plural(Math.round(hours / 24), 'day');
};

/** A row as short as HTML allows: years of runs make thousands of rows. */
const rowText = (row: HistoryRow, environmentId: string): Html => {
  const [name, verdict, reason, users, ...failing] = row;
  const instant = new Date(instantOf(row)).toISOString().slice(0, 16).replace('T', ' ');
  const cells = [users, ...failing].map((value) => html`<td>${value}`);
  const link = html`<a href="${linkOf(row, environmentId)}">${instant}</a>`;
  return verdict === 'COMPLETE'
    ? html`<tr><td>${link}<td>Complete${reason !== '' && html` <b>${reason}</b>`}${cells}\n`
    : html`<tr class="odd" title="${name}"><td>${link}<td><b>${verdict}</b> ${reason}${cells}\n`;
};

/** The rows, the latest first, and between complete runs the gaps. */
const rowsOf = (rows: readonly HistoryRow[], environmentId: string): readonly Html[] => {
  const usual = usualDistance(rows.filter(isComplete).map(instantOf));
  let later: HistoryRow | undefined;
  return rows.toReversed().map((row) => {
    const distance = later === undefined || !isComplete(row) ? 0 : instantOf(later) - instantOf(row);
    const isGap = usual !== undefined && distance > usual * GAP;
    if (isComplete(row)) later = row;
    return html`${isGap && html`<tr class="gap"><td colspan="8">No complete run for ${durationText(distance)}\n`}${rowText(row, environmentId)}`;
  });
};

const latestText = (rows: readonly HistoryRow[], environmentId: string): Html => {
  const latest = rows.at(-1);
  const last = rows.findLast(isComplete);
  const [, , , users = 0, ...failing] = last ?? [];
  const found = failing.reduce((total, failed) => total + failed, 0);
  const text =
    last === undefined
      ? html`No run was complete yet.`
      : html`The latest complete run, <a href="${linkOf(last, environmentId)}">${utcText(new Date(instantOf(last)).toISOString())}</a>, judged ${plural(users, 'user')}: <strong>${plural(found, 'finding')} ${found === 1 ? 'stands' : 'stand'}</strong>.`;
  const isBad = latest !== undefined && !isComplete(latest);
  return html`${isBad && html`<p class="card stale">The latest attempt, ${utcText(new Date(instantOf(latest)).toISOString())}, is ${latest[1]}: ${latest[2]}. What it has not seen is unknown.</p>`}<p class="short">${text}</p>`;
};

const latestNotice = (rows: readonly HistoryRow[]): Html => {
  const complete = rows.filter(isComplete);
  const last = complete.at(-1);
  const usual = usualDistance(complete.map(instantOf));
  const due = last === undefined || usual === undefined ? 0 : instantOf(last) + usual * GAP;
  const since = last === undefined ? 'ever' : `since ${utcText(new Date(instantOf(last)).toISOString())}`;
  return html`<p class="card stale" id="stale" data-due="${due}" hidden>This page knows of no complete run ${since}: nobody has looked for longer than is usual.</p>`;
};

const summaryOf = (rows: readonly HistoryRow[]): string => {
  const complete = rows.filter(isComplete).length;
  return `${plural(complete, 'complete run')} and ${plural(rows.length - complete, 'attempt')} that did not end complete.`;
};

/**
 * `index.html`: every run of an environment, with the rows that it was made of, so that the next run can add its own.
 * An aid to find reports, and no evidence.
 * @param rows in ascending order
 */
export const historyPage = (
  environmentId: string,
  environmentName: string | undefined,
  rows: readonly HistoryRow[],
): string => {
  const latest = rows.at(-1);
  const trend = rows
    .filter(isComplete)
    .slice(-TREND_RUNS)
    .map(([name, , , , ...failing]): TrendPoint => [runOf(name), ...failing]);
  return documentText({
    title: `${environmentName ?? environmentId}: FinSpace access audits`,
    verdict: latest?.[1] ?? 'INCOMPLETE',
    runningHead: `${environmentId} - all runs`,
    script: HISTORY_SCRIPT,
    body: html`<a class="skip" href="#runs-title">Skip to the runs</a>
<header class="top"><div class="wrap"><p class="over">FinSpace access audits</p><h1>${foreign(environmentName ?? environmentId)}</h1><p class="where"><span>environment ${environmentId}</span></p></div></header>
<main class="wrap">
${latestNotice(rows)}${latestText(rows, environmentId)}
<section aria-labelledby="trend-title"><h2 id="trend-title">Trend</h2><p class="lead">What stood at the end of the last ${TREND_RUNS} complete runs, by severity.</p><div class="card">${trendChart(trend)}</div></section>
<section aria-labelledby="runs-title"><h2 id="runs-title">Runs</h2><p class="lead">${summaryOf(rows)} The latest first; times in UTC. Counts of a run that is not complete are of what it saw.</p>
<div class="card scroll" tabindex="0" role="region" aria-labelledby="runs-title"><table class="runs"><thead><tr><th scope="col">Run</th><th scope="col">Verdict</th><th scope="col" class="n">Users</th>${WORST_FIRST.map((severity) => html`<th scope="col" class="n">${severityWord(severity)}</th>`)}</tr></thead><tbody>
${rowsOf(rows, environmentId)}</tbody></table></div></section>
</main>
<footer class="wrap">An aid to find reports, rewritten by every run. It is no evidence: that is what the manifests vouch for.</footer>
${trusted(DATA_OPENING + scriptJson({ environmentId, rows }) + DATA_CLOSING)}`,
  });
};
