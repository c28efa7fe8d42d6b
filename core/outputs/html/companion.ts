import { runInstant } from '../../model/run-name.ts';
import { forewords, reservations } from '../../model/words.ts';
import type { RunFacts } from '../output.ts';
import { documentText } from './document.ts';
import { utcText } from './instant.ts';
import { foreign, type Html, html } from './markup.ts';
import { REPORT_SCRIPT } from './script.ts';

/** A link of a page's navigation. */
export interface PageLink {
  readonly href: string;
  readonly text: string;
}

/** The pages that show a run in another way than its report. */
export const VIEWS = {
  users: { href: 'users.html', text: 'By user' },
  controls: { href: 'controls.html', text: 'By control' },
} satisfies Record<string, PageLink>;

export interface CompanionParts {
  readonly view?: keyof typeof VIEWS;
  /** `Users with findings`; the heading, and the beginning of the title. */
  readonly heading: string;
  readonly links: readonly PageLink[];
  /** The id of what can be skipped to. */
  readonly skipTo: string;
  readonly body: Html;
}

/** Says once more, on each page, that not everything was seen. */
const shortfallNote = ({ report: { verdict, reason } }: RunFacts): Html | undefined =>
  verdict === 'COMPLETE'
    ? undefined
    : html`<div class="card foreword" role="note"><p><strong>${verdict}: not everything was seen (${reason ?? 'no reason given'}).</strong> Nobody is compliant for not being named here.</p></div>`;

/** Says once more, on each page, why the users of a run may not be everybody of its night, or are from elsewhere. */
const reservationsNote = ({ report }: RunFacts): Html | undefined => {
  const sentences = [...new Set([...forewords(report), ...reservations(report)])];
  if (sentences.length === 0) return undefined;
  return html`<div class="card foreword" role="note">${sentences.map((sentence) => html`<p><strong>${foreign(sentence)}</strong></p>`)}</div>`;
};

/** Makes a page that stands beside a run's report. */
export const companionPage = (facts: RunFacts, { view, heading, links, skipTo, body }: CompanionParts): string => {
  const { report, environmentName } = facts;
  const { verdict, environmentId, accountId, region, run } = report;
  const name = environmentName ?? environmentId;
  const instant = runInstant(run);
  const others = Object.values(VIEWS).filter((other) => view === undefined || other !== VIEWS[view]);
  return documentText({
    title: `${verdict === 'COMPLETE' ? '' : `${verdict} - `}${heading}: ${name}, ${report.asOf.slice(0, 10)}`,
    verdict,
    runningHead: `${verdict} - ${environmentId} - ${run}`,
    script: REPORT_SCRIPT,
    body: html`<a class="skip" href="#${skipTo}">Skip to the list</a>
<header class="top"><div class="wrap"><p class="over">FinSpace access audit of ${foreign(name)}</p><h1>${heading}</h1><p class="where"><span>environment ${environmentId}</span><span>account ${accountId}</span><span>${region}</span><span>${instant === undefined ? run : utcText(instant.toISOString())}</span></p>
<nav aria-label="Pages of this run"><a href="report.html">Report</a>${[...others, ...links].map(({ href, text }) => html`<a href="${href}">${text}</a>`)}</nav></div></header>
<main class="wrap">
${shortfallNote(facts)}${reservationsNote(facts)}${body}
</main>
<footer class="wrap">Written by the audit of run ${run}. This page may name people: handle it as the archive that it is from.</footer>`,
  });
};
