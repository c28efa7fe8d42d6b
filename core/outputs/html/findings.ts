import { FRAMEWORKS } from '../../../rules/engine/controls.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import type { Rule } from '../../../rules/engine/rule.ts';
import { type Severity, severityRank, worstSeverity } from '../../../rules/engine/severity.ts';
import { DAY_MS, readTime } from '../../../rules/engine/time.ts';
import type { Highlight, HighlightKind } from '../../model/highlights.ts';
import { momentsOf } from '../../model/listing.ts';
import { memberAsGiven, serialiseRecord } from '../../model/record.ts';
import { WORST_FIRST } from '../../model/trend.ts';
import { causeText, faultText, HIGHLIGHT_WORDS } from '../../model/words.ts';
import { numberText, plural, truncate } from '../../text/plain-text.ts';
import type { RunFacts } from '../output.ts';
import { day } from './instant.ts';
import { foreign, type Html, html, prose } from './markup.ts';
import { severityBadge, severityClass, severityWord } from './severity.ts';

/** Findings of one rule and kind that are shown; the CSV beside the page has them all. */
const SHOWN = 40;

/** Characters of markup that findings may take: the page stays below 2 MB, whatever stands in their evidence. */
const BUDGET = 1_200_000;

/** The most characters of an id, a message and a value of the evidence. */
const MAX_ID = 160;
const MAX_MESSAGE = 500;
const MAX_VALUE = 160;
const MAX_VALUES = 16;

/** The kinds that the page tells apart: a finding that people are reminded of is an open one. */
type Shown = Exclude<HighlightKind, 'reminder'>;

/** In the order in which they matter to a reader. */
const KIND_ORDER = (Object.keys(HIGHLIGHT_WORDS) as HighlightKind[]).filter((kind) => kind !== 'reminder');

/** The findings of one rule. */
interface RuleFindings {
  readonly ruleId: string;
  /** The worst of what stands; of nothing that stands, the worst of what resolved. */
  readonly severity: Severity;
  readonly highlights: readonly ShownHighlight[];
}

type ShownHighlight = Pick<Highlight, 'count' | 'findings'> & { readonly kind: Shown };

/** Merges the highlights of a rule into one a kind, in the order of kinds. */
const byKind = (highlights: readonly Highlight[]): readonly ShownHighlight[] =>
  KIND_ORDER.flatMap((kind) => {
    const same = highlights.filter((one) => (one.kind === 'reminder' ? 'open' : one.kind) === kind);
    if (same.length === 0) return [];
    const count = same.reduce((total, one) => total + one.count, 0);
    const findings = same
      .flatMap((one) => one.findings)
      .toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity));
    return [{ kind, count, findings }];
  });

const ruleFindings = ({ highlights, rules }: RunFacts): readonly RuleFindings[] => {
  const positions = new Map(rules.map(({ rule }, index) => [rule.id, index]));
  return [...Map.groupBy(highlights, ({ ruleId }) => ruleId)]
    .map(([ruleId, members]): RuleFindings => {
      const open = members.filter(({ kind }) => kind !== 'resolved');
      const severities = (open.length > 0 ? open : members).map(({ severity }) => severity);
      return { ruleId, severity: worstSeverity(severities) ?? 'CRITICAL', highlights: byKind(members) };
    })
    .toSorted(
      (a, b) =>
        severityRank(b.severity) - severityRank(a.severity) ||
        (positions.get(a.ruleId) ?? rules.length) - (positions.get(b.ruleId) ?? rules.length),
    );
};

type Moments = ReturnType<typeof momentsOf>;

/** An observed value, verbatim; beside a time in milliseconds the date that it means. */
const valueText = (shown: object, name: string, moments: Moments): string => {
  const given = memberAsGiven(shown, name);
  const text = typeof given === 'string' || given === undefined ? String(given) : serialiseRecord(given);
  const time = name.endsWith('Time') ? readTime(Reflect.get(shown, name), moments) : 'never';
  const date = typeof time === 'number' ? ` (${new Date(time).toISOString().slice(0, 10)})` : '';
  return truncate(text, MAX_VALUE) + date;
};

const evidence = (finding: Finding, moments: Moments): Html | undefined => {
  const entries = Object.entries(finding.evidence);
  if (entries.length === 0) return undefined;
  const rest = entries.length - MAX_VALUES;
  return html`<span class="evidence">${entries
    .slice(0, MAX_VALUES)
    .map(
      ([name]) =>
        html`<span><b>${truncate(name, MAX_ID)}</b> ${foreign(valueText(finding.evidence, name, moments))}</span>`,
    )}${rest > 0 && `and ${rest} more`}</span>`;
};

const waiverNote = ({ waiver }: Finding): Html | undefined => {
  if (waiver === undefined) return undefined;
  const { reason, ticket, owner, approver, expires } = waiver;
  return html`<span class="note">Waived until ${expires}: ${foreign(truncate(reason, MAX_MESSAGE))}${ticket !== undefined && html` (${foreign(truncate(ticket, MAX_ID))})`}; owner ${foreign(truncate(owner, MAX_ID))}, approved by ${foreign(truncate(approver, MAX_ID))}</span>`;
};

const notes = (finding: Finding): Html => {
  const { escalatedFrom, severity, carried, state } = finding;
  return html`${escalatedFrom !== undefined && html`<span class="note">Raised from ${severityWord(escalatedFrom)} to ${severityWord(severity)}</span>`}${carried === true && html`<span class="note">Could not be assessed this time: it stands as it was</span>`}${state === 'resolved' && html`<span class="note">Resolved: ${causeText(finding)}</span>`}${waiverNote(finding)}`;
};

const subjectText = ({ subject }: Finding): Html => {
  if (subject.kind === 'environment') return html`the environment`;
  return subject.id === '' ? html`(no readable id)` : html`<code>${foreign(truncate(subject.id, MAX_ID))}</code>`;
};

const row = (finding: Finding, kind: Shown, moments: Moments): Html => {
  const { severity, firstSeen, runs } = finding;
  const days = Math.max(0, Math.floor((moments.now - Date.parse(firstSeen)) / DAY_MS));
  return html`<tr data-severity="${severity}" data-state="${kind}"><td data-sort="${severityRank(severity)}">${severityBadge(severity)}</td><td data-sort="${KIND_ORDER.indexOf(kind)}"><span class="state ${kind}">${HIGHLIGHT_WORDS[kind].tag}</span></td><td class="who">${subjectText(finding)}</td><td class="what">${foreign(truncate(finding.message, MAX_MESSAGE))}${notes(finding)}${evidence(finding, moments)}</td><td class="age" data-sort="${days}">${kind === 'event' ? day(firstSeen) : html`${plural(days, 'day')}, ${plural(runs, 'run')}<span class="evidence">since ${day(firstSeen)}</span>`}</td></tr>\n`;
};

const frameworkName = (control: string): string => {
  const [framework = '', ...clause] = control.split(':');
  return `${FRAMEWORKS[framework as keyof typeof FRAMEWORKS] ?? framework} ${clause.join(':')}`;
};

const advice = (rule: Rule | undefined): Html | undefined =>
  rule &&
  html`<dl class="advice"><div><dt>Why it matters</dt><dd>${prose(rule.rationale)}</dd></div><div><dt>What to do</dt><dd>${prose(rule.remediation)}</dd></div>${rule.controls.length > 0 && html`<div class="all"><dt>Gives evidence for</dt>${rule.controls.map((control) => html`<dd class="clause">${frameworkName(control)}</dd>`)}</div>`}</dl>`;

const tallies = ({ highlights }: RuleFindings): Html =>
  html`<span class="tallies">${highlights.map(({ kind, count }, index) => html`${index > 0 && ', '}<strong>${numberText(count)}</strong> ${HIGHLIGHT_WORDS[kind].tag}`)}</span>`;

const totalOf = (highlights: readonly ShownHighlight[]): number =>
  highlights.reduce((total, { count }) => total + count, 0);

/** Makes as many rows as the budget still allows. */
const rowsOf = ({ highlights }: RuleFindings, moments: Moments, budget: number): readonly Html[] => {
  const rows: Html[] = [];
  let left = budget;
  for (const { kind, findings } of highlights) {
    for (const finding of findings.slice(0, SHOWN)) {
      const one = row(finding, kind, moments);
      left -= one.markup.length;
      if (left < 0) return rows;
      rows.push(one);
    }
  }
  return rows;
};

const rest = (hidden: number, hasCsv: boolean): Html | undefined => {
  if (hidden === 0) return undefined;
  const where = hasCsv ? html`<a href="findings.csv">findings.csv</a> beside this page has them all.` : '';
  return html`<p class="rest" data-hidden="${hidden}">And ${plural(hidden, 'further finding')} of this rule. ${where}</p>`;
};

const ruleSection = (group: RuleFindings, rule: Rule | undefined, rows: readonly Html[], hasCsv: boolean): Html => {
  const { ruleId, severity, highlights } = group;
  return html`<article class="card rule" id="rule-${ruleId}" data-rule="${ruleId}"><header><h3>${severityBadge(severity)} ${faultText(ruleId, rule?.fault)}: ${numberText(totalOf(highlights))}</h3>${tallies(group)}</header>
<p class="required">${rule === undefined ? 'A rule that has left the catalogue' : `Required: ${rule.title}`} <code class="quiet">${ruleId}</code></p>${advice(rule)}
<table class="findings" data-sortable><caption class="label">Findings of ${ruleId}</caption><thead><tr><th scope="col">Severity</th><th scope="col">State</th><th scope="col">Subject</th><th scope="col">Finding and evidence</th><th scope="col">Age</th></tr></thead><tbody>
${rows}</tbody></table>${rest(totalOf(highlights) - rows.length, hasCsv)}</article>\n`;
};

const filter = (groups: readonly RuleFindings[]): Html => {
  const kinds = KIND_ORDER.filter((kind) =>
    groups.some(({ highlights }) => highlights.some((highlight) => highlight.kind === kind)),
  );
  return html`<form class="card filter" id="filter" role="search" aria-label="Filter the findings" hidden>
<label class="label" for="text">Search the findings</label><input type="search" id="text" placeholder="User, ARN, rule, evidence …" autocomplete="off" spellcheck="false">
<label class="label" for="rule">Rule</label><select id="rule"><option value="">All rules</option>${groups.map(({ ruleId }) => html`<option>${ruleId}</option>`)}</select>
<label class="label" for="state">State</label><select id="state"><option value="">All states</option>${kinds.map((kind) => html`<option value="${kind}">${HIGHLIGHT_WORDS[kind].tag}</option>`)}</select>
<fieldset><legend class="label">Severity</legend>${WORST_FIRST.map((severity) => html`<label class="chip ${severityClass(severity)}"><input type="checkbox" value="${severity}" checked>${severityWord(severity)}</label>`)}</fieldset>
<output id="shown" aria-live="polite"></output><button type="reset">Show all</button>
</form>`;
};

/** Every finding that a reader is shown, by rule, the worst first. */
export const findingsSection = (facts: RunFacts): Html => {
  const { report, rules } = facts;
  const groups = ruleFindings(facts);
  const moments = momentsOf(report);
  const hasCsv = facts.evidence.some(({ name }) => name === 'csv');
  const byId = new Map(rules.map(({ rule }) => [rule.id, rule]));
  let budget = BUDGET;
  const sections = groups.map((group) => {
    const rows = rowsOf(group, moments, budget);
    budget -= rows.reduce((length, { markup }) => length + markup.length, 0);
    return ruleSection(group, byId.get(group.ruleId), rows, hasCsv);
  });
  const among = report.verdict === 'COMPLETE' ? '' : ' among what was seen';
  return html`<section id="findings" aria-labelledby="findings-title"><h2 id="findings-title">Findings</h2>
<p class="lead">By rule, the worst first. A finding is known by rule and subject: its age counts on from run to run.${hasCsv && html` <a href="findings.csv">findings.csv</a> beside this page lists them all.`}</p>
${groups.length > 0 ? filter(groups) : html`<p class="card empty">No findings${among}.</p>`}
${sections}<p class="card empty" id="none" hidden>No finding that is shown here matches.</p></section>`;
};
