import type { Report } from '../../model/report.ts';
import type { Output, RunFacts } from '../output.ts';
import { VIEWS } from './companion.ts';
import { controlsSection } from './controls.ts';
import { documentText } from './document.ts';
import { evidenceSection } from './evidence.ts';
import { findingsSection, highlightPages, reportFile } from './findings.ts';
import { foreign, type Html, html } from './markup.ts';
import { rulesSection, waiversSection } from './rules.ts';
import { REPORT_SCRIPT } from './script.ts';
import { trendChart } from './trend-chart.ts';
import { forewordsCard, head, runFacts } from './verdict.ts';

const titleOf = ({ report, environmentName }: RunFacts): string => {
  const { verdict, environmentId, asOf } = report;
  const name = `${environmentName ?? environmentId}, ${asOf.slice(0, 10)}: FinSpace access audit`;
  return verdict === 'COMPLETE' ? name : `${verdict} - ${name}`;
};

/** The page of all runs, from where this one stands. */
const historyLink = ({ verdict, environmentId }: Report): string =>
  verdict === 'COMPLETE' ? '../../index.html' : `../../../../reports/environment=${environmentId}/index.html`;

const trendSection = ({ report }: RunFacts): Html => {
  const { trend = [], previousRun, verdict } = report;
  const isCut = previousRun !== undefined && !trend.some(([run]) => run === previousRun);
  return html`<section id="trend" aria-labelledby="trend-title"><h2 id="trend-title">Trend</h2>
<p class="lead">What stood at the end of the last complete runs, by severity; changes, which are told once, are not in it.${verdict !== 'COMPLETE' && ' This run is not complete and is not in it.'}${isCut && html` <strong>There is no earlier trend</strong>: the report of run ${previousRun} carries none.`}</p>
<div class="card">${trendChart(trend)}</div></section>`;
};

/**
 * `report.html`: the run as people read it. The same facts give the same bytes.
 * @param pages the findings, laid out; where undefined, those of the highlights
 * @param hasViews whether the pages stand beside it that show the run in another way
 */
export const reportPage = (facts: RunFacts, pages = highlightPages(facts), hasViews = false): string => {
  const { report, environmentName } = facts;
  const { verdict, environmentId, accountId, region, run } = report;
  return documentText({
    title: titleOf(facts),
    verdict,
    runningHead: `${verdict} - ${environmentId} - ${run}`,
    script: REPORT_SCRIPT,
    body: html`<a class="skip" href="#findings">Skip to the findings</a>
<header class="top"><div class="wrap"><p class="over">FinSpace access audit</p><h1>${foreign(environmentName ?? environmentId)}</h1><p class="where"><span>environment ${environmentId}</span><span>account ${accountId}</span><span>${region}</span></p>
<nav aria-label="On this page"><a href="#trend">Trend</a><a href="#findings">Findings</a><a href="#rules">Rules</a><a href="#controls">Controls</a><a href="#evidence">Evidence</a>${hasViews && Object.values(VIEWS).map(({ href, text }) => html`<a href="${href}">${text}</a>`)}<a href="${historyLink(report)}">All runs</a></nav></div></header>
<main class="wrap">
<section aria-label="Verdict and summary">${forewordsCard(report)}${head(facts)}<div class="card">${runFacts(facts)}</div></section>
${trendSection(facts)}
${findingsSection(facts, pages)}
${waiversSection(facts)}
${rulesSection(facts, pages)}
${controlsSection(facts, pages, hasViews)}
${evidenceSection(facts)}
</main>
<footer class="wrap">Written by the audit of run ${run}. This page may name people: handle it as the archive that it is from.</footer>`,
  });
};

/** `report.html`. */
export const htmlOutput: Output = { area: 'reports', file: reportFile(1), furtherLabel: 'Critical and high findings' };
