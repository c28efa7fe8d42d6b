import type { SpoolFolder, StagedContent } from '../archive/staging.ts';
import { cellsLine, FORMULA } from '../outputs/csv.ts';
import { documentText } from '../outputs/html/document.ts';
import { foreign, html, scriptJson, trusted } from '../outputs/html/markup.ts';
import { reviewScript } from './page-script.ts';
import type { Days } from './period.ts';
import { ANSWER_COLUMNS, IDENTITY_COLUMNS, type Identity } from './worksheet.ts';

/** The most users of a page, which a browser reads at once; others are on further pages. */
const MOST_USERS = 50_000;

/** The subject of a review. */
export interface PageOf {
  readonly environmentId: string;
  readonly period: Days;
  readonly run: string;
  /** Why its users may not be everybody of its night, in sentences. */
  readonly reservations: readonly string[];
}

/** Stands where the rows do. */
const ROWS = '{{rows}}';

const STYLE = /* css */ `
#tool[hidden] { display: none; }
#tool form, .bar { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: end; margin-bottom: 0.75rem; }
#tool label { display: grid; gap: 0.15rem; font-size: 0.85rem; color: var(--quiet); }
#tool input, #tool select, #tool button { font: inherit; color: var(--text); background: var(--card); border: 1px solid var(--quiet); border-radius: 6px; padding: 0.3rem 0.55rem; min-height: 2.1rem; }
#tool button { cursor: pointer; }
#tool button:disabled, #tool input:disabled { opacity: 0.6; cursor: default; }
#progress { width: 14rem; height: 0.8rem; accent-color: var(--good); }
#whole { height: 8.5rem; overflow: auto; margin: 0.5rem 0 1rem; padding: 0.5rem 1rem; }
#whole p { margin: 0; }
#list { height: calc(100vh - 17rem); min-height: 20rem; overflow: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
#space { position: relative; --row: 118px; }
.user { position: absolute; left: 0; right: 0; height: var(--row); overflow: hidden; padding: 0.5rem 1rem; border-bottom: 1px solid var(--line); border-left: 5px solid var(--warn); display: grid; grid-template-columns: minmax(0, 1fr) 17rem; gap: 0 1rem; }
.user.done { border-left-color: var(--good); }
.user.done.revoke { border-left-color: var(--bad); }
.user:focus-visible { outline-offset: -3px; }
.user p { margin: 0; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.user .needs, .user .state { color: var(--warn); font-weight: 600; font-size: 0.85rem; }
.decide { display: flex; gap: 0.35rem; margin-bottom: 0.35rem; }
.user input { width: 100%; }
#tool .decide button[aria-pressed="true"] { background: var(--text); color: var(--card); font-weight: 650; }
kbd { border: 1px solid var(--line); border-radius: 4px; padding: 0 0.3rem; background: var(--sunk); }
@media (max-width: 48rem) {
  #space { --row: 218px; }
  .user { grid-template-columns: minmax(0, 1fr); align-content: start; }
}
#paper { display: none; }
@media print {
  #paper { display: block; }
  #tool { display: none; }
}
`;

/** A page up to its rows, and from there on. */
const partsOf = (of: PageOf, file: string, reviewer: string): readonly [head: string, tail: string] => {
  const { environmentId, period, run, reservations } = of;
  const name = `worksheet-${environmentId}-${period.to}${file === 'review.html' ? '' : `-${file.replace(/^review-|\.html$/g, '')}`}`;
  const about = {
    key: `finspace-review/${environmentId}/${period.from}/${period.to}/${run}/${file}`,
    columns: IDENTITY_COLUMNS,
    answers: ANSWER_COLUMNS,
    name,
    reviewer,
  };
  const script = reviewScript(FORMULA);
  const text = documentText({
    title: `Access review of ${environmentId}, ${period.from} to ${period.to}`,
    verdict: 'COMPLETE',
    runningHead: `Access review ${run}`,
    style: STYLE,
    script,
    body: html`<a class="skip" href="#list">Skip to the users</a>
<header class="top"><div class="wrap"><p class="over">Access review</p><h1>${environmentId}</h1><p class="where"><span>${period.from} to ${period.to}</span><span>as run ${run} saw it</span>${reviewer !== '' && html`<span>for ${foreign(reviewer)}</span>`}</p></div></header>
<main class="wrap">${
      reservations.length > 0 &&
      html`
<div class="card foreword" role="note">${reservations.map((sentence) => html`<p><strong>${foreign(sentence)}</strong></p>`)}</div>`
    }
<noscript><p class="card">This page needs scripts, and loads nothing. Without them fill in a copy of worksheet.csv.</p></noscript>
<p id="paper">This page is for a screen, and shows on paper nobody: print roster.csv or worksheet.csv, which have everybody.</p>
<div id="tool" hidden>
<p class="lead">In the list: <kbd>k</kbd> keep, <kbd>r</kbd> revoke, <kbd>j</kbd> justify, <kbd>w</kbd> why, <kbd>n</kbd> the next unfinished, arrows to move, <kbd>/</kbd> search. It names people: keep it as the archive is.</p>
<div class="bar"><label>Who decides<input id="reviewer" type="text" autocomplete="name" maxlength="200"></label><label>Progress<progress id="progress" value="0" max="1"></progress></label><p id="count" role="status"></p><button id="export" type="button">Export the worksheet</button><p id="saved" class="quiet"></p></div>
<form id="filter"><label>Search<input id="search" type="search"></label><label>Decision<select id="state"><option value="all">All</option><option value="unfinished">Unfinished</option><option value="keep">Keep</option><option value="revoke">Revoke</option><option value="justify">Justify</option></select></label><label>Users<select id="evidence"><option value="all">Everybody</option><option value="required">Justification needed to keep</option><option value="api">With API access, or unknown</option><option value="findings">With open findings</option><option value="never">Never logged in, or unknown</option><option value="disabled">Disabled</option></select></label></form>
<form id="bulk"><label>Decide together<select id="bulk-decision" required><option value="">Choose</option><option value="keep">Keep</option><option value="revoke">Revoke</option><option value="justify">Justify</option></select></label><label>Why (needed)<input id="bulk-reason" type="text" required maxlength="1000"></label><button id="bulk-go" type="submit">Decide</button><button id="undo" type="button" hidden>Take back</button><p id="said" role="status"></p></form>
<p id="none" hidden>No user is as asked for.</p>
<div id="list" role="grid" aria-label="Users" tabindex="-1"><div id="space" role="rowgroup"></div></div>
<section id="whole" class="card" aria-label="All about the user that is looked at" tabindex="0"></section>
</div>
</main>
${trusted(`<script type="application/json" id="about">${scriptJson(about)}</script>\n<script type="application/json" id="rows">[\n${ROWS}\n]</script>`)}`,
  });
  const [head = '', tail = ''] = text.split(`${ROWS}\n`);
  return [head.trimEnd(), tail.trimEnd()];
};

/**
 * `review.html`: the worksheet in a browser. One page a reviewer, where it is said who reviews whom; else one, or as many as
 * there have to be.
 * @param reviewers in the order of their pages; empty where nobody is named
 */
export const openReviewPages = (spools: SpoolFolder, of: PageOf, reviewers: readonly string[]) => {
  const pages = new Map<string, { readonly spool: ReturnType<SpoolFolder['open']>; readonly tail: string }>();
  let users = 0;

  const fileOf = (reviewer: string): string => {
    if (reviewers.length > 0) return `review-${reviewers.indexOf(reviewer) + 1}.html`;
    const number = Math.floor(users / MOST_USERS) + 1;
    return number === 1 ? 'review.html' : `review-${number}.html`;
  };

  return {
    /** Adds a user with the rules of its open findings. */
    async add(user: Identity, rules: readonly string[], reviewer: string): Promise<void> {
      const file = fileOf(reviewer);
      users += 1;
      let page = pages.get(file);
      const isFirst = page === undefined;
      if (page === undefined) {
        const [head, tail] = partsOf(of, file, reviewer);
        page = { spool: spools.open(file), tail };
        pages.set(file, page);
        await page.spool.write(head);
      }
      const line = cellsLine(IDENTITY_COLUMNS.map((column) => user[column])).trimEnd();
      await page.spool.write(`${isFirst ? '' : ','}${scriptJson([line, rules.join(', ')])}`);
    },
    async finish(): Promise<Readonly<Record<string, StagedContent>>> {
      const files: Record<string, StagedContent> = {};
      for (const [file, { spool, tail }] of pages) {
        await spool.write(tail);
        files[file] = await spool.finish();
      }
      return files;
    },
  };
};

export type ReviewPages = ReturnType<typeof openReviewPages>;
