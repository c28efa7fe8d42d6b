import { HOUR_MS } from '../../rules/engine/time.ts';
import type { Archive } from '../archive/archive.ts';
import { ArchiveError } from '../archive/errors.ts';
import { OVERVIEW_PAGE } from '../archive/keys.ts';
import { readBytes } from '../archive/lines.ts';
import { gapsBetween, readTrend, trendInstants } from '../model/trend.ts';
import { durationText } from '../outputs/history/history-page.ts';
import { documentText } from '../outputs/html/document.ts';
import { utcText } from '../outputs/html/instant.ts';
import { foreign, type Html, html } from '../outputs/html/markup.ts';
import { HISTORY_SCRIPT } from '../outputs/html/script.ts';
import { severityBadge } from '../outputs/html/severity.ts';
import { plural } from '../text/plain-text.ts';
import { type EnvironmentState, worstStanding } from './read.ts';
import { changeTexts, isAttested, lackText, oddityText, savedText, standingText, worstRules } from './words.ts';

/** The page lies in `reports/`, and links stay in there. */
const linkTo = (key: string): string => key.replace(/^reports\//, '');

const stateText = (state: EnvironmentState): Html => {
  if (state.unseen !== undefined) return html`<b>NOT SEEN</b> ${state.unseen}`;
  if (state.isClosed) return html`Closed: nobody looks any more`;
  const reserved = [oddityText(state), savedText(state), lackText(state)].filter((text) => text !== '').join('; ');
  return html`Complete${reserved !== '' && html` <b>${reserved}</b>`}`;
};

const worstText = (state: EnvironmentState): Html => {
  if (state.last === undefined) return html`unknown`;
  const worst = worstStanding(state);
  return worst === undefined ? html`none` : html`${severityBadge(worst)} ${worstRules(state)}`;
};

const nightText = ({ last }: EnvironmentState, now: number): Html => {
  if (last === undefined) return html`never`;
  const instant = utcText(last.report.asOf);
  const link = last.pageKey === undefined ? html`${instant}` : html`<a href="${linkTo(last.pageKey)}">${instant}</a>`;
  const age = durationText(Math.max(0, now - Date.parse(last.report.asOf)));
  return html`${link}<br><span class="quiet">${age} before this page</span>`;
};

const SPARK = { width: 96, height: 22 };

/** Draws what stood at the end of the last complete runs as a line, and the gaps between them. */
const trendText = ({ last }: EnvironmentState): Html => {
  const trend = readTrend(last?.report) ?? [];
  const totals = trend.map(([, ...counts]) => counts.reduce((total, count) => total + count, 0));
  const gaps = gapsBetween(trendInstants(trend)).map(([from, to]) => to - from);
  const longest = durationText(Math.max(...gaps));
  const gapsText = gaps.length === 0 ? 'no gap' : `${plural(gaps.length, 'gap')}, the longest ${longest}`;
  if (totals.length < 2) return html`no trend yet`;
  const most = Math.max(1, ...totals);
  const points = totals.map((total, index) => {
    const x = 1 + (index * (SPARK.width - 2)) / (totals.length - 1);
    return `${x.toFixed(1)},${(SPARK.height - 1 - (total * (SPARK.height - 2)) / most).toFixed(1)}`;
  });
  const label = `${totals[0]} to ${totals.at(-1)} in ${plural(totals.length, 'run')}`;
  return html`<svg viewBox="0 0 ${SPARK.width} ${SPARK.height}" width="${SPARK.width}" height="${SPARK.height}" role="img" aria-label="Findings that stand: ${label}"><polyline points="${points.join(' ')}" fill="none" stroke="currentColor" stroke-width="1.5"/></svg><br>${label}<br>${gaps.length === 0 ? html`<span class="quiet">${gapsText}</span>` : html`<b>${gapsText}</b>`}`;
};

const rowText = (state: EnvironmentState, now: number): Html => {
  const { environmentId, name, last, unseen } = state;
  const [latest = 'nothing'] = changeTexts(state);
  const page = `environment=${environmentId}/index.html`;
  return html`<tr${unseen !== undefined && html` class="odd"`}><td><a href="${page}">${foreign(name ?? environmentId)}</a>${name !== undefined && html`<br><span class="quiet">${environmentId}</span>`}<td>${stateText(state)}<td>${nightText(state, now)}<td>${worstText(state)}<td>${last === undefined ? 'unknown' : standingText(last.report) || 'nothing'}<td>${trendText(state)}<td>${last === undefined ? 'unknown' : latest}<td class="n">${last?.report.counts.users ?? '?'}\n`;
};

/**
 * Says how many were seen; nothing is said to be fine of those that were not, and a word about one is a word.
 * @param isBrief leaves out how many were seen, and how many nobody looks at any more
 */
export const summaryOf = (states: readonly EnvironmentState[], isBrief = false): string => {
  const unseen = states.filter((state) => state.unseen !== undefined).length;
  const closed = states.filter(({ isClosed }) => isClosed).length;
  const attested = states.filter((state) => state.unseen === undefined && !state.isClosed && isAttested(state)).length;
  return [
    ...(unseen === 0 ? [] : [`${unseen} NOT SEEN`]),
    ...(isBrief ? [] : [`${plural(states.length - unseen - closed - attested, 'environment')} seen`]),
    ...(attested === 0 ? [] : [`${attested} attested, not seen`]),
    ...(isBrief || closed === 0 ? [] : [`${closed} closed`]),
  ].join(', ');
};

/**
 * `reports/index.html`: every environment of an archive, the worst first. It names no user, so that whoever may not read
 * names may have it; an aid, and no evidence.
 * @param due when the next runs are to be there, in milliseconds since the epoch
 */
export const overviewPage = (states: readonly EnvironmentState[], now: number, due: number): string => {
  const written = utcText(new Date(now).toISOString());
  const isAllSeen = states.every(({ unseen }) => unseen === undefined);
  return documentText({
    title: 'FinSpace access audits: all environments',
    verdict: isAllSeen ? 'COMPLETE' : 'INCOMPLETE',
    runningHead: 'all environments',
    script: HISTORY_SCRIPT,
    body: html`<a class="skip" href="#environments-title">Skip to the environments</a>
<header class="top"><div class="wrap"><p class="over">FinSpace access audits</p><h1>All environments</h1><p class="where"><span>as of ${written}</span></p></div></header>
<main class="wrap">
<p class="card stale" id="stale" data-due="${due}" hidden>Written at ${written}. Nights were due since then, and this page knows nothing of them.</p>
<p class="short"><strong>${summaryOf(states)}</strong>.</p>
<section aria-labelledby="environments-title"><h2 id="environments-title">Environments</h2><p class="lead">What was not seen comes first, then what fails worst. Counts are of the last complete run: findings that stand and nobody has waived.</p>
<div class="card scroll" tabindex="0" role="region" aria-label="Table of environments"><table class="runs overview"><thead><tr><th scope="col">Environment</th><th scope="col">Last night</th><th scope="col">Last complete run</th><th scope="col">Worst finding</th><th scope="col">Standing</th><th scope="col">Trend and gaps</th><th scope="col">What changed</th><th scope="col" class="n">Users</th></tr></thead><tbody>
${states.map((state) => rowText(state, now))}</tbody></table></div></section>
</main>
<footer class="wrap">An aid to find reports. It is no evidence: that is what the manifests vouch for.</footer>`,
  });
};

/** The time for which a page is believed where no schedule says when the next run is due. */
export const BELIEVED_MS = 26 * HOUR_MS;

/** Writes the page of all environments over the last one, whoever wrote that. */
export const writeOverviewPage = async (archive: Archive, page: string): Promise<void> => {
  // Each conflict means that somebody else has written it; a handful is more than ever do at once.
  for (let tries = 0; tries < 5; tries += 1) {
    const stored = await archive.read(OVERVIEW_PAGE);
    if (stored !== undefined) await readBytes(stored);
    const content = { bytes: Buffer.from(page) };
    if (
      (await archive.replace(OVERVIEW_PAGE, content, 'text/html; charset=utf-8', stored?.version, 'hint')) ===
      'replaced'
    )
      return;
  }
  throw new ArchiveError(`${OVERVIEW_PAGE} could not be written: others keep writing it`);
};
