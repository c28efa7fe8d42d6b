import type { Finding } from '../../../rules/engine/finding.ts';
import type { SpoolFolder } from '../../archive/staging.ts';
import type { ShownUsers } from '../../model/user-order.ts';
import type { Output, RunFacts } from '../output.ts';
import { companionPage } from './companion.ts';
import { controlsOutput, controlsPage } from './controls.ts';
import { findingCells } from './finding-row.ts';
import {
  FindingPages,
  type FurtherPage,
  findingsFilter,
  highlightPages,
  type Row,
  reportFile,
  rowOf,
  showingOf,
} from './findings.ts';
import { isSevere, placesAmong } from './groups.ts';
import { htmlOutput, reportPage } from './html.ts';
import { html } from './markup.ts';
import { besideLinks } from './page-series.ts';
import { rowSorter } from './row-sorter.ts';
import { MOST_USERS, type UserRow, UserRows, type UserSources, usersFile, usersOutput, usersPages } from './users.ts';

/** The material of pages besides the facts of a run. */
export interface PageSources extends UserSources {
  /** Every finding. */
  findings(): AsyncIterable<Finding>;
  readonly spools: SpoolFolder;
}

/** A page of a run, and the name that the manifest gives it. */
export interface Page {
  readonly name: string;
  readonly output: Output;
  readonly text: string;
}

/** Writes a page as soon as it is made: of many, none waits in memory for the others. */
export type KeepPage = (page: Page) => Promise<void>;

/** The name of a further page in the manifest; the first of them is 2. */
export const furtherName = (name: string, page: number): string => `${name}-${page}`;

const furtherReport = (facts: RunFacts, pages: FindingPages, { page, hasNext, sections }: FurtherPage): Page => {
  const text = companionPage(facts, {
    heading: `Critical and high findings, page ${page}`,
    // The first is linked as the report.
    links: besideLinks(reportFile(1), page, hasNext, 2),
    skipTo: 'findings',
    body: html`<section id="findings" aria-labelledby="findings-title"><h2 id="findings-title">Findings</h2>
<p class="lead">Goes on from <a href="${reportFile(page - 1)}">page ${page - 1}</a>; the worst stand first.${hasNext && html` More are on <a href="${reportFile(page + 1)}">page ${page + 1}</a>.`}</p>
${findingsFilter(pages)}${sections}<p class="card empty" id="none" hidden>Nothing that is shown here matches.</p></section>`,
  });
  return { name: furtherName('html', page), output: { ...htmlOutput, file: reportFile(page) }, text };
};

/** The rows of a run's findings, each in the order in which pages have them. */
interface PageRows {
  readonly severe: Iterable<Row>;
  /** Undefined where there was no time for them. */
  readonly ofUsers: Iterable<UserRow> | undefined;
}

/** Makes the rows of all pages while findings are read once, however many there are. */
const makeRows = async (facts: RunFacts, sources: PageSources, shown: ShownUsers): Promise<PageRows> => {
  const { findings, spools, hasTime } = sources;
  const showing = showingOf(facts);
  const placeOf = placesAmong(facts);
  const severe = rowSorter<Row>(spools);
  let ofUsers: UserRows | undefined = new UserRows(facts, shown, spools);
  for await (const finding of findings()) {
    if (!hasTime()) ofUsers = undefined;
    const isOfUser = ofUsers?.has(finding) === true;
    if (!isOfUser && !isSevere(finding)) continue;
    const cells = findingCells(finding, showing);
    if (isSevere(finding)) await severe.write(rowOf(cells), placeOf(finding));
    if (isOfUser) await ofUsers?.write(cells);
  }
  return { severe: await severe.sorted(), ofUsers: await ofUsers?.sorted() };
};

/**
 * Makes the pages that stand beside a run's report, and then the report.
 * @param sources undefined where nobody was judged
 * @param listed gives the facts with the evidence that is stored by then
 */
export const writePages = async (
  facts: RunFacts,
  sources: PageSources | undefined,
  keep: KeepPage,
  listed: () => RunFacts,
): Promise<void> => {
  const pages = sources === undefined ? highlightPages(facts) : new FindingPages(facts);
  if (sources !== undefined) {
    const keepFurther = async (further: FurtherPage | undefined): Promise<void> => {
      if (further !== undefined) await keep(furtherReport(facts, pages, further));
    };
    const shown = sources.userOrder.worst(MOST_USERS);
    const { severe, ofUsers } = await makeRows(facts, sources, shown);
    for (const row of severe) await keepFurther(pages.addSevere(row));
    await keepFurther(pages.finish(facts, showingOf(facts)));
    for await (const { page, text } of usersPages(facts, sources, shown, ofUsers))
      await keep({
        name: page === 1 ? 'users' : furtherName('users', page),
        output: { ...usersOutput, file: usersFile(page) },
        text,
      });
    await keep({ name: 'controls', output: controlsOutput, text: controlsPage(facts, pages) });
  }
  await keep({ name: 'html', output: htmlOutput, text: reportPage(listed(), pages, sources !== undefined) });
};
