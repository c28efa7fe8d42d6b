import * as z from 'zod/mini';
import { DAY_MS } from '../../../rules/engine/time.ts';
import { notFullyJudged, type Report, type Verdict } from '../../model/report.ts';
import { runInstant } from '../../model/run-name.ts';
import {
  GAP,
  isCount,
  TREND_RUNS,
  type TrendPoint,
  trendPoint,
  usualDistance,
  WORST_FIRST,
} from '../../model/trend.ts';
import { reservedWords } from '../../model/words.ts';
import { numberText, plural } from '../../text/plain-text.ts';
import { documentText } from '../html/document.ts';
import { utcText } from '../html/instant.ts';
import { foreign, type Html, html, scriptJson, trusted } from '../html/markup.ts';
import { HISTORY_SCRIPT } from '../html/script.ts';
import { severityWord } from '../html/severity.ts';
import { trendChart } from '../html/trend-chart.ts';

const count = z.int().check(z.gte(0));

const VERDICTS: readonly unknown[] = ['COMPLETE', 'INCOMPLETE', 'FAILED'] satisfies Verdict[];

/**
 * A run or an unfinished attempt at one, as the page of all runs keeps it: the name of the folder that its report is in
 * (`RUN`, or `RUN-ATTEMPT`), the reason it is not complete (of one that is, what is to be known before its numbers: that it
 * is late, say, or nothing), its users, and what failed, as a trend's point has it.
 */
export type HistoryRow = readonly [
  name: string,
  verdict: Verdict,
  reason: string,
  users: number,
  critical: number,
  high: number,
  medium: number,
  low: number,
  informational: number,
];

const ROW_LENGTH = 9;

/** By hand: each run reads hundreds of rows, once, with code that is cold. */
const isRow = (value: unknown): value is HistoryRow => {
  if (!Array.isArray(value) || value.length !== ROW_LENGTH) return false;
  const [name, verdict, reason, ...counts]: readonly unknown[] = value;
  return (
    typeof name === 'string' &&
    /^\d{8}T\d{6}Z(-[\w-]+)?$/.test(name) &&
    VERDICTS.includes(verdict) &&
    typeof reason === 'string' &&
    counts.every(isCount)
  );
};

/** A year whose older runs are on a page of its own: how many there are, and the last complete one, where there is any. */
const earlierYear = z.tuple([
  z.string().check(z.regex(/^\d{4}$/)),
  count,
  count,
  z.string().check(z.regex(/^(\d{8}T\d{6}Z)?$/)),
]);

export type EarlierYear = Readonly<z.infer<typeof earlierYear>>;

const history = z.object({
  environmentId: z.string(),
  rows: z.custom<readonly HistoryRow[]>((value) => Array.isArray(value) && value.every(isRow)),
  earlier: z.optional(z.array(earlierYear)),
});

/** The material of a page of runs, so that the next run can add its own. */
export interface RunsOnPage {
  /** In ascending order. */
  readonly rows: readonly HistoryRow[];
  /** The years before them, in ascending order. */
  readonly earlier: readonly EarlierYear[];
}

export const historyRowOf = (report: Report, name: string): HistoryRow => {
  const { run, verdict, counts, findings, acceptedHistory } = report;
  const unjudged = notFullyJudged(report).length;
  const reserved = [
    ...reservedWords(report),
    ...(acceptedHistory === undefined ? [] : ['history accepted']),
    ...(unjudged === 0 ? [] : [`${plural(unjudged, 'rule')} not fully judged`]),
  ];
  const { reason = reserved.join(', ').toLowerCase() } = report;
  const [, ...failing] = trendPoint(run, findings.bySeverity);
  return [name, verdict, reason, counts.users, ...failing];
};

const DATA_OPENING = '<script type="application/json" id="runs">';
const DATA_CLOSING = '</script>';

/** Reads the material of a page of runs; undefined where it can't be read from it. */
export const readHistoryPage = (page: string, environmentId: string): RunsOnPage | undefined => {
  const start = page.indexOf(DATA_OPENING) + DATA_OPENING.length;
  const end = page.indexOf(DATA_CLOSING, start);
  try {
    const { data } = history.safeParse(JSON.parse(page.slice(start, end)));
    return data?.environmentId === environmentId ? { rows: data.rows, earlier: data.earlier ?? [] } : undefined;
  } catch {
    return undefined;
  }
};

export const runOf = (name: string): string => name.slice(0, 'yyyymmddThhmmssZ'.length);

export const yearOf = (name: string): string => name.slice(0, 'yyyy'.length);

const isComplete = ([, verdict]: HistoryRow): boolean => verdict === 'COMPLETE';

/** Sums up the rows of a year's page. */
export const earlierYearOf = (year: string, rows: readonly HistoryRow[]): EarlierYear => {
  const complete = rows.filter(isComplete);
  return [year, complete.length, rows.length - complete.length, runOf(complete.at(-1)?.[0] ?? '')];
};

/** The most rows on the page of all runs, and those that stay when it has more: each run writes it anew. */
const MOST_ROWS = 300;
const KEPT_ROWS = 150;

/** Tells how many of the oldest rows are to go from the page of all runs: never those of its trend. */
export const rowsToMove = (rows: readonly HistoryRow[]): number => {
  if (rows.length <= MOST_ROWS) return 0;
  const complete = rows.flatMap((row, index) => (isComplete(row) ? [index] : []));
  return Math.min(rows.length - KEPT_ROWS, complete.at(-TREND_RUNS) ?? 0);
};

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

/** The place of a page of runs: the environment, and the way from there to its reports. */
interface PagePlace {
  readonly environmentId: string;
  readonly base: '' | '../';
}

const linkOf = (row: HistoryRow, { environmentId, base }: PagePlace): string => {
  const [name] = row;
  const day = new Date(runInstant(runOf(name)) ?? 0).toISOString().slice(0, 10);
  // Only attempts are named by more than their run; of a complete run whose report.json is gone the page may be there.
  const isRun = isComplete(row) || name === runOf(name);
  const folder = isRun ? '' : `../../incomplete/environment=${environmentId}/`;
  return `${base}${folder}dt=${day}/${name}/report.html`;
};

export const durationText = (milliseconds: number): string => {
  const hours = Math.round(milliseconds / (DAY_MS / 24));
  return hours < 48 ? plural(hours, 'hour') : plural(Math.round(hours / 24), 'day');
};

/** A row as short as HTML allows: years of runs make thousands of rows. */
const rowText = (row: HistoryRow, place: PagePlace): Html => {
  const [name, verdict, reason, users, ...failing] = row;
  const instant = new Date(instantOf(row)).toISOString().slice(0, 16).replace('T', ' ');
  const cells = [users, ...failing].map((value) => html`<td>${value}`);
  const link = html`<a href="${linkOf(row, place)}">${instant}</a>`;
  return verdict === 'COMPLETE'
    ? html`<tr><td>${link}<td>Complete${reason !== '' && html` <b>${reason}</b>`}${cells}\n`
    : html`<tr class="odd" title="${name}"><td>${link}<td><b>${verdict}</b> ${reason}${cells}\n`;
};

/** The last complete run of the years before some rows; undefined where there is none. */
const completeBefore = (earlier: readonly EarlierYear[]): Date | undefined =>
  runInstant(earlier.findLast(([, , , run]) => run !== '')?.[3] ?? '');

/** The rows, the latest first, and between complete runs the gaps, up to the last one of the years before. */
const rowsOf = ({ rows, earlier }: RunsOnPage, place: PagePlace): readonly Html[] => {
  const usual = usualDistance(rows.filter(isComplete).map(instantOf));
  let later: HistoryRow | undefined;
  const gapAfter = (instant: number): Html | false => {
    const distance = later === undefined ? 0 : instantOf(later) - instant;
    const isGap = usual !== undefined && distance > usual * GAP;
    return isGap && html`<tr class="gap"><td colspan="8">No complete run for ${durationText(distance)}\n`;
  };
  const texts = rows.toReversed().map((row) => {
    const gap = isComplete(row) && gapAfter(instantOf(row));
    if (isComplete(row)) later = row;
    return html`${gap}${rowText(row, place)}`;
  });
  const before = completeBefore(earlier);
  return before === undefined ? texts : [...texts, html`${gapAfter(before.getTime())}`];
};

const latestText = (rows: readonly HistoryRow[], place: PagePlace): Html => {
  const latest = rows.at(-1);
  const last = rows.findLast(isComplete);
  const [, , reserved = '', users = 0, ...failing] = last ?? [];
  const found = failing.reduce((total, failed) => total + failed, 0);
  const text =
    last === undefined
      ? html`No run was complete yet.`
      : html`The latest complete run, <a href="${linkOf(last, place)}">${utcText(new Date(instantOf(last)).toISOString())}</a>${reserved !== '' && html` (<b>${reserved}</b>)`}, judged ${plural(users, 'user')}: <strong>${plural(found, 'finding')} ${found === 1 ? 'stands' : 'stand'}</strong>.`;
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

const countedText = (complete: number, attempts: number): string =>
  `${plural(complete, 'complete run')} and ${plural(attempts, 'attempt')} that did not end complete.`;

const summaryOf = (rows: readonly HistoryRow[], earlier: readonly EarlierYear[]): string => {
  const years = [earlierYearOf('', rows), ...earlier];
  const complete = years.reduce((sum, [, runs]) => sum + runs, 0);
  const attempts = years.reduce((sum, [, , runs]) => sum + runs, 0);
  const here = earlier.length === 0 ? '' : ` The last ${numberText(rows.length)} of them stand here.`;
  return `${countedText(complete, attempts)}${here}`;
};

const HEADS = [
  html`<th scope="col">Run</th><th scope="col">Verdict</th><th scope="col" class="n">Users</th>`,
  ...WORST_FIRST.map((severity) => html`<th scope="col" class="n">${severityWord(severity)}</th>`),
];

const runsSection = (summary: string, runs: RunsOnPage, place: PagePlace): Html =>
  html`<section aria-labelledby="runs-title"><h2 id="runs-title">Runs</h2><p class="lead">${summary} The latest first; times in UTC. Counts of a run that is not complete are of what it saw.</p>
<div class="card scroll" tabindex="0" role="region" aria-label="Runs, as a table"><table class="runs"><thead><tr>${HEADS}</tr></thead><tbody>
${rowsOf(runs, place)}</tbody></table></div></section>`;

const earlierSection = (earlier: readonly EarlierYear[]): Html | false =>
  earlier.length > 0 &&
  html`
<section aria-labelledby="earlier-title"><h2 id="earlier-title">Earlier runs</h2><ul>${earlier
    .toReversed()
    .map(
      ([year, complete, attempts]) =>
        html`<li><a href="year=${year}/index.html">${year}</a>: ${countedText(complete, attempts)}`,
    )}</ul></section>`;

interface PageParts {
  readonly environmentId: string;
  readonly environmentName: string | undefined;
  readonly runs: RunsOnPage;
  readonly runningHead: string;
  readonly over: string;
  readonly script: string;
  readonly body: Html;
}

/** A page of runs, with what it is made of. */
const pageText = ({ environmentId, environmentName, runs, runningHead, over, script, body }: PageParts): string =>
  documentText({
    title: `${environmentName ?? environmentId}: FinSpace access audits`,
    verdict: runs.rows.at(-1)?.[1] ?? 'INCOMPLETE',
    runningHead: `${environmentId} - ${runningHead}`,
    script,
    body: html`<a class="skip" href="#runs-title">Skip to the runs</a>
<header class="top"><div class="wrap"><p class="over">${over}</p><h1>${foreign(environmentName ?? environmentId)}</h1><p class="where"><span>environment ${environmentId}</span></p></div></header>
<main class="wrap">
${body}
</main>
<footer class="wrap">An aid to find reports, rewritten by runs. It is no evidence: that is what the manifests vouch for.</footer>
${trusted(DATA_OPENING + scriptJson({ environmentId, ...runs }) + DATA_CLOSING)}`,
  });

/**
 * `index.html`: the runs of an environment, with the rows that it was made of, so that the next run can add its own; those of
 * years before are on pages of their own. An aid to find reports, and no evidence.
 */
export const historyPage = (environmentId: string, environmentName: string | undefined, runs: RunsOnPage): string => {
  const { rows, earlier } = runs;
  const place: PagePlace = { environmentId, base: '' };
  const trend = rows
    .filter(isComplete)
    .slice(-TREND_RUNS)
    .map(([name, , , , ...failing]): TrendPoint => [runOf(name), ...failing]);
  const shown = trend.length < TREND_RUNS ? 'each complete run' : `the last ${TREND_RUNS} complete runs`;
  return pageText({
    environmentId,
    environmentName,
    runs,
    runningHead: 'all runs',
    over: 'FinSpace access audits',
    script: HISTORY_SCRIPT,
    body: html`${latestNotice(rows)}${latestText(rows, place)}
<section aria-labelledby="trend-title"><h2 id="trend-title">Trend</h2><p class="lead">What stood at the end of ${shown}, by severity.</p><div class="card">${trendChart(trend)}</div></section>
${runsSection(summaryOf(rows, earlier), runs, place)}${earlierSection(earlier)}`,
  });
};

/** The page of the runs of a year that have no room on the page of all; `runs.earlier` are the years before. */
export const yearPage = (
  environmentId: string,
  environmentName: string | undefined,
  year: string,
  runs: RunsOnPage,
): string =>
  pageText({
    environmentId,
    environmentName,
    runs,
    runningHead: year,
    over: `FinSpace access audits, ${year}`,
    script: '',
    body: html`<p class="short">Runs of ${year}; <a href="../index.html">the later ones</a> stand on the page of all runs.</p>
${runsSection(summaryOf(runs.rows, []), runs, { environmentId, base: '../' })}`,
  });
