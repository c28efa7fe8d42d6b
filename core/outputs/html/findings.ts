import { FRAMEWORKS } from '../../../rules/engine/controls.ts';
import type { Rule } from '../../../rules/engine/rule.ts';
import type { Severity } from '../../../rules/engine/severity.ts';
import { kindOf } from '../../model/highlights.ts';
import { momentsOf } from '../../model/listing.ts';
import { WORST_FIRST } from '../../model/trend.ts';
import { faultText, HIGHLIGHT_WORDS } from '../../model/words.ts';
import { numberText, plural } from '../../text/plain-text.ts';
import type { RunFacts } from '../output.ts';
import { filterForm } from './filter.ts';
import { type FindingCells, findingCells, findingRow, KIND_ORDER, type Showing, type Shown } from './finding-row.ts';
import { type FindingGroup, findingGroups, groupKeyOf } from './groups.ts';
import { type Html, html, prose, trusted } from './markup.ts';
import { furtherPages, PAGE_BYTES, pageFile, pageLinks } from './page-series.ts';
import { severityBadge } from './severity.ts';

/** Findings of one group and kind that are shown where a page needs not have all; the CSV beside it has them. */
const SHOWN = 40;

/** Bytes that the severe findings of the report may take, and those that the others may. */
const SEVERE_BYTES = 1_000_000;
const OTHER_BYTES = 400_000;

/** Bytes for the head of a table, and for what says where its other rows are. */
const REST_BYTES = 1000;

/** Critical groups of as many findings are open from the start: the others are a click away, and a page is not endless. */
const OPEN = 10;

export const showingOf = ({ report, areNamesShown = true }: Pick<RunFacts, 'report' | 'areNamesShown'>): Showing => ({
  moments: momentsOf(report),
  areNamesShown,
});

/** A finding as pages show it. */
export interface Row {
  /** The key of its group. */
  readonly group: string;
  readonly markup: string;
}

export const rowOf = (cells: FindingCells): Row => ({
  group: groupKeyOf(cells.finding),
  markup: findingRow(cells).markup,
});

const REPORT = 'report.html';

/** The file that a page of the report is in; the first is 1. */
export const reportFile = (page: number): string => pageFile(REPORT, page);

/** A part of a group on a page. */
interface Part {
  readonly group: FindingGroup;
  readonly rows: string[];
  /** The rows of the group on the pages before. */
  readonly before: number;
}

const frameworkName = (control: string): string => {
  const [framework = '', ...clause] = control.split(':');
  return `${FRAMEWORKS[framework as keyof typeof FRAMEWORKS] ?? framework} ${clause.join(':')}`;
};

const advice = (rule: Rule | undefined): Html | undefined =>
  rule &&
  html`<dl class="advice"><div><dt>Why it matters</dt><dd>${prose(rule.rationale)}</dd></div><div><dt>What to do</dt><dd>${prose(rule.remediation)}</dd></div>${rule.controls.length > 0 && html`<div class="all"><dt>Gives evidence for</dt>${rule.controls.map((control) => html`<dd class="clause">${frameworkName(control)}</dd>`)}</div>`}</dl>`;

const tallies = ({ counts }: FindingGroup): Html =>
  html`<span class="tallies">${counts.map(([kind, count], index) => html`${index > 0 && ', '}<strong>${numberText(count)}</strong> ${HIGHLIGHT_WORDS[kind].tag}`)}</span>`;

const groupId = ({ ruleId, severity, isResolved }: FindingGroup): string =>
  `rule-${ruleId}-${isResolved ? 'resolved-' : ''}${severity.toLowerCase()}`;

/** Lays a run's findings out on pages, each within its bytes. */
export class FindingPages {
  readonly groups: readonly FindingGroup[];
  readonly #rules: ReadonlyMap<string, Rule>;
  readonly #byKey: ReadonlyMap<string, FindingGroup>;
  /** The pages that have rows of a group, and how many each. */
  readonly #pagesOf = new Map<string, Map<number, number>>();
  readonly #heads = new Map<FindingGroup, number>();
  readonly #hasCsv: boolean;
  #page = 1;
  #parts: Part[] = [];
  #bytes = 0;
  #first: readonly Part[] | undefined;

  constructor(facts: RunFacts) {
    this.groups = findingGroups(facts);
    this.#byKey = new Map(this.groups.map((group) => [group.key, group]));
    this.#rules = new Map(facts.rules.map(({ rule }) => [rule.id, rule]));
    this.#hasCsv = facts.evidence.some(({ name }) => name === 'csv');
  }

  /** The number of pages so far. */
  get count(): number {
    return this.#page;
  }

  /**
   * Puts a severe finding on the page that is being filled, in the order in which they stand.
   * @returns the page before where this one did not fit on it any more
   */
  addSevere(row: Row): FurtherPage | undefined {
    const group = this.#byKey.get(row.group);
    if (group === undefined) throw new Error(`no finding of group ${row.group} was counted`);
    const head = this.#headBytes(group);
    const own = Buffer.byteLength(row.markup);
    const bytes = this.#parts.at(-1)?.group === group ? own : own + head;
    const isFull = this.#bytes > 0 && this.#bytes + bytes > (this.#page === 1 ? SEVERE_BYTES : PAGE_BYTES);
    const done = isFull ? this.#turn() : undefined;
    this.#put(group, row, isFull ? own + head : bytes);
    return done;
  }

  /**
   * Ends the severe findings, and puts others on the first page as far as they go.
   * @returns the last of the further pages; undefined where there is none
   */
  finish({ highlights }: Pick<RunFacts, 'highlights'>, showing: Showing): FurtherPage | undefined {
    const last = this.#page;
    const done = last === 1 ? undefined : this.#furtherPage(false);
    const parts = this.#first ?? this.#parts;
    this.#page = 1;
    this.#parts = [...parts];
    this.#bytes = 0;
    for (const group of this.groups.filter(({ isSevere }) => !isSevere)) {
      this.#parts.push({ group, rows: [], before: 0 });
      this.#bytes += this.#headBytes(group);
      for (const row of rowsOf(group, highlights, showing)) {
        const bytes = Buffer.byteLength(row.markup);
        if (this.#bytes + bytes > OTHER_BYTES) break;
        this.#put(group, row, bytes);
      }
    }
    this.#page = last;
    return done;
  }

  /** Links to a group of the report: to the first page that has some of it. */
  hrefOf(group: FindingGroup): string {
    const [page = 1] = this.#pagesOf.get(group.key)?.keys() ?? [];
    return `${reportFile(page)}#${groupId(group)}`;
  }

  /** Counts by severity what no page has, the worst first. */
  leftOut(): readonly (readonly [severity: Severity, count: number])[] {
    return WORST_FIRST.flatMap((severity) => {
      const groups = this.groups.filter((group) => group.severity === severity && !group.isResolved);
      const count = groups.reduce((sum, group) => sum + group.total - this.#shownOf(group), 0);
      return count === 0 ? [] : [[severity, count] as const];
    });
  }

  /** The sections of the first page, once it was finished. */
  firstPage(): Html {
    return this.#sections(this.#parts, 1);
  }

  /** The bytes that a part of a group takes besides its rows. */
  #headBytes(group: FindingGroup): number {
    const known =
      this.#heads.get(group) ?? Buffer.byteLength(this.#section({ group, rows: [], before: 0 }, 1, true).markup);
    this.#heads.set(group, known);
    return known + REST_BYTES;
  }

  #put(group: FindingGroup, { markup }: Row, bytes: number): void {
    const onPages = this.#pagesOf.get(group.key) ?? new Map<number, number>();
    let part = this.#parts.at(-1);
    if (part?.group !== group) {
      part = { group, rows: [], before: [...onPages.values()].reduce((sum, count) => sum + count, 0) };
      this.#parts.push(part);
    }
    this.#bytes += bytes;
    part.rows.push(markup);
    onPages.set(this.#page, (onPages.get(this.#page) ?? 0) + 1);
    this.#pagesOf.set(group.key, onPages);
  }

  #turn(): FurtherPage | undefined {
    const done = this.#page === 1 ? undefined : this.#furtherPage(true);
    this.#first ??= this.#parts;
    this.#page += 1;
    this.#parts = [];
    this.#bytes = 0;
    return done;
  }

  #furtherPage(hasNext: boolean): FurtherPage {
    return { page: this.#page, hasNext, sections: this.#sections(this.#parts, this.#page) };
  }

  #shownOf({ key }: FindingGroup): number {
    return [...(this.#pagesOf.get(key)?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  }

  #sections(parts: readonly Part[], page: number): Html {
    const seen = new Set<string>();
    return html`${parts.map((part) => {
      const isFirst = !seen.has(part.group.ruleId);
      seen.add(part.group.ruleId);
      return this.#section(part, page, isFirst);
    })}`;
  }

  /** Says which of a group's findings are not here, and where they are. */
  #rest({ group, rows, before }: Part, page: number): Html | undefined {
    const after = group.total - before - rows.length;
    if (group.isSevere) {
      if (before === 0 && after === 0) return undefined;
      const sides = [...(before > 0 ? ['before'] : []), ...(after > 0 ? ['after'] : [])].join(' and ');
      // Only the first page is written when all others are.
      const others = [...(this.#pagesOf.get(group.key)?.keys() ?? [])].filter((other) => other !== 1);
      const where = page === 1 ? pageLinks(REPORT, others) : html`the pages ${sides} this one`;
      return html`<p class="rest" data-elsewhere="${before + after}">${numberText(before + 1)} to ${numberText(before + rows.length)} of ${numberText(group.total)}; the others are on ${where}.</p>`;
    }
    if (after === 0) return undefined;
    const where = this.#hasCsv ? html` <a href="findings.csv">findings.csv</a> beside this page has them all.` : '';
    return html`<p class="rest" data-hidden="${after}">And ${plural(after, 'further finding')} of this rule and severity.${where}</p>`;
  }

  #section(part: Part, page: number, isFirst: boolean): Html {
    const { group, rows, before } = part;
    const { ruleId, severity, isResolved, total } = group;
    const rule = this.#rules.get(ruleId);
    const isOpen = severity === 'CRITICAL' && !isResolved && total <= OPEN;
    const table =
      rows.length > 0 &&
      html`<table class="findings" data-sortable><caption class="label">Findings of ${ruleId}, ${severity.toLowerCase()}${isResolved && ', resolved'}</caption><thead><tr><th scope="col">State</th><th scope="col">Subject</th><th scope="col">Finding and evidence</th><th scope="col">Age</th></tr></thead><tbody>
${rows.map(trusted)}</tbody></table>`;
    return html`<details class="card rule" id="${groupId(group)}" data-group="${ruleId}"${isOpen && trusted(' open')}><summary><h3>${severityBadge(severity)} ${isResolved && 'Resolved: '}${faultText(ruleId, rule?.fault)}: ${numberText(total)}${before > 0 && ', continued'}</h3>${tallies(group)}</summary>
<p class="required">${rule === undefined ? 'A rule that has left the catalogue' : `Required: ${rule.title}`} <code class="quiet">${ruleId}</code></p>${isFirst && advice(rule)}
${table}${this.#rest(part, page)}</details>\n`;
  }
}

/** A page beside the first. */
export interface FurtherPage {
  /** From 2. */
  readonly page: number;
  readonly hasNext: boolean;
  readonly sections: Html;
}

/** The findings of a group that a page needs not have all of, in the order of kinds. */
const rowsOf = ({ key }: FindingGroup, highlights: RunFacts['highlights'], showing: Showing): readonly Row[] => {
  const findings = highlights.flatMap(({ findings: of }) => of).filter((finding) => groupKeyOf(finding) === key);
  const byKind = Map.groupBy(findings, kindOf);
  return KIND_ORDER.flatMap((kind) => (byKind.get(kind) ?? []).slice(0, SHOWN)).map((finding) =>
    rowOf(findingCells(finding, showing)),
  );
};

/** Lays out what the highlights have, where nothing else is there to be read. */
export const highlightPages = (facts: RunFacts): FindingPages => {
  const pages = new FindingPages(facts);
  const showing = showingOf(facts);
  for (const group of pages.groups.filter((one) => one.isSevere))
    for (const row of rowsOf(group, facts.highlights, showing)) pages.addSevere(row);
  pages.finish(facts, showing);
  return pages;
};

const kindsOf = (groups: readonly FindingGroup[]): readonly Shown[] =>
  KIND_ORDER.filter((kind) => groups.some(({ counts }) => counts.some(([of]) => of === kind)));

const leftOutText = (pages: FindingPages): Html | undefined => {
  const leftOut = pages.leftOut();
  if (leftOut.length === 0) return undefined;
  const counts = leftOut.map(([severity, count]) => `${numberText(count)} ${severity.toLowerCase()}`).join(', ');
  return html` <strong>Left out of the pages: ${counts}.</strong>`;
};

/** The filter of a page of findings; undefined where there is nothing to filter. */
export const findingsFilter = ({ groups }: Pick<FindingPages, 'groups'>): Html | undefined =>
  groups.length === 0
    ? undefined
    : filterForm({ rules: [...new Set(groups.map(({ ruleId }) => ruleId))], kinds: kindsOf(groups) });

/** The findings that a reader is shown first, by severity and rule, the worst first. */
export const findingsSection = (facts: RunFacts, pages: FindingPages): Html => {
  const hasCsv = facts.evidence.some(({ name }) => name === 'csv');
  const among = facts.report.verdict === 'COMPLETE' ? '' : ' among what was seen';
  const further = furtherPages(pages.count);
  return html`<section id="findings" aria-labelledby="findings-title"><h2 id="findings-title">Findings</h2>
<p class="lead">The worst first, by rule. A finding is known by rule and subject: its age counts on from run to run.${further.length > 0 && html` Every critical and high finding is here or on ${pageLinks(REPORT, further)}.`}${leftOutText(pages)}${hasCsv && html` <a href="findings.csv">findings.csv</a> beside this page lists them all.`}</p>
${findingsFilter(pages) ?? html`<p class="card empty">No findings${among}.</p>`}
${pages.firstPage()}<p class="card empty" id="none" hidden>Nothing that is shown here matches.</p></section>`;
};
