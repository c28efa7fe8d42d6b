import { FRAMEWORKS, type Framework, rulesByControl } from '../../../rules/engine/controls.ts';
import type { RuleOutcome } from '../../../rules/engine/evaluate.ts';
import type { Rule } from '../../../rules/engine/rule.ts';
import { SEVERITIES } from '../../../rules/engine/severity.ts';
import { isFullyJudged, isOn } from '../../model/report.ts';
import { countedHighlights, stateText, unseenText } from '../../model/words.ts';
import { numberText, plural } from '../../text/plain-text.ts';
import type { Output, RunFacts } from '../output.ts';
import { companionPage, VIEWS } from './companion.ts';
import type { FindingPages } from './findings.ts';
import type { FindingGroup } from './groups.ts';
import { foreign, type Html, html } from './markup.ts';
import { reasonOf } from './rules.ts';
import { severityBadge } from './severity.ts';

/** `controls.html`. */
export const controlsOutput: Output = { area: 'reports', file: VIEWS.controls.href, label: 'Findings by control' };

/** A rule's findings, and whether it judged everything. */
interface RuleStanding {
  readonly rule: Rule;
  /** Undefined where the run has none of the rule. */
  readonly outcome: RuleOutcome | undefined;
  /** Without what resolved. */
  readonly groups: readonly FindingGroup[];
  readonly failing: number;
  readonly waived: number;
  /** The number of those that were told once, and do not stand. */
  readonly changes: number;
}

/** The state of a control: the first that holds, the most alarming first. */
type ControlStanding = 'failing' | 'unjudged' | 'partly' | 'nothing' | 'apart' | 'passing';

/** A control, and how it stands as far as the rules that give evidence for it tell. */
interface Control {
  readonly id: string;
  readonly rules: readonly RuleStanding[];
  readonly standing: ControlStanding;
  /** Whether everybody was seen. */
  readonly isSeen: boolean;
}

interface ControlsOf {
  readonly framework: Framework;
  readonly name: string;
  readonly controls: readonly Control[];
}

const isWhole = ({ outcome }: RuleStanding): boolean => outcome !== undefined && isFullyJudged(outcome);

const countOf = (groups: readonly FindingGroup[], isCounted: (kind: string) => boolean): number =>
  groups.flatMap(({ counts }) => counts).reduce((sum, [kind, count]) => sum + (isCounted(kind) ? count : 0), 0);

/** Good news is the last: only where every rule had an answer for each, and nothing is even accepted. */
const standingOf = (rules: readonly RuleStanding[]): ControlStanding => {
  const judged = rules.filter(({ outcome }) => (outcome?.checked ?? 0) > 0);
  if (rules.some(({ failing }) => failing > 0)) return 'failing';
  if (!rules.every(isWhole)) return judged.length === 0 ? 'unjudged' : 'partly';
  if (judged.length === 0) return 'nothing';
  return rules.some(({ waived, changes }) => waived + changes > 0) ? 'apart' : 'passing';
};

/** The controls that the rules of a run give evidence for, by framework. */
const controlsOf = (facts: RunFacts, { groups }: Pick<FindingPages, 'groups'>): readonly ControlsOf[] => {
  const outcomes = new Map(facts.report.rules.map((outcome) => [outcome.id, outcome]));
  const standings = new Map(
    facts.rules.map(({ rule }) => {
      const own = groups.filter(({ ruleId, isResolved }) => ruleId === rule.id && !isResolved);
      const outcome = outcomes.get(rule.id);
      const waived = countOf(own, (kind) => kind === 'waived');
      const changes = countOf(own, (kind) => kind === 'event');
      const standing = countOf(own, (kind) => kind !== 'waived' && kind !== 'event');
      // A rule that broke down may have found more than is told.
      const failing = Math.max(standing, (outcome?.failed ?? 0) - waived - changes);
      return [rule.id, { rule, outcome, groups: own, failing, waived, changes }] as const;
    }),
  );
  const catalogue = facts.rules.map(({ rule }) => rule);
  const isSeen = unseenText(facts.report) === undefined;
  return (Object.entries(FRAMEWORKS) as readonly (readonly [Framework, string])[]).flatMap(([framework, name]) => {
    const controls = rulesByControl(catalogue, framework).map(({ control, rules: by }): Control => {
      const rules = by.flatMap(({ id }) => standings.get(id) ?? []);
      return { id: control, rules, standing: standingOf(rules), isSeen };
    });
    return controls.length === 0 ? [] : [{ framework, name, controls }];
  });
};

const TONES: Readonly<Record<ControlStanding, string>> = {
  failing: 'fails',
  unjudged: 'quiet',
  partly: 'partly',
  nothing: 'quiet',
  apart: 'partly',
  passing: 'passes',
};

const sumOf = (rules: readonly RuleStanding[], count: (rule: RuleStanding) => number): number =>
  rules.reduce((sum, rule) => sum + count(rule), 0);

const standingText = ({ standing, rules, isSeen }: Control): Html => {
  const whole = rules.filter(isWhole).length;
  const part =
    whole < rules.length &&
    html` <span class="quiet">${whole} of ${plural(rules.length, 'rule')} judged in full</span>`;
  const apart = [
    countedHighlights(
      'waived',
      sumOf(rules, ({ waived }) => waived),
    ),
    countedHighlights(
      'event',
      sumOf(rules, ({ changes }) => changes),
    ),
  ].filter((text) => !text.startsWith('0 '));
  const among = isSeen ? '' : ' among what was seen';
  const words: Readonly<Record<ControlStanding, string>> = {
    failing: `${numberText(sumOf(rules, ({ failing }) => failing))} failing`,
    unjudged: 'not assessed',
    partly: 'none failing among what was judged',
    nothing: `nothing to judge${among}`,
    apart: [`none failing${among}`, ...apart].join(', '),
    passing: `none failing${among}`,
  };
  return html`<span class="${standing === 'passing' && !isSeen ? 'partly' : TONES[standing]}">${words[standing]}</span>${part}`;
};

const judgedText = ({ outcome }: RuleStanding): Html => {
  if (outcome === undefined) return html`<span class="tag unjudged">not in this run</span>`;
  const { state, checked, notAssessed } = outcome;
  const why = reasonOf(outcome);
  if (!isOn(outcome)) return html`<span class="tag quiet">${stateText(state)}</span> ${foreign(why)}`;
  if (isFullyJudged(outcome))
    return checked === 0
      ? html`<span class="tag quiet">ran</span>, nothing to judge`
      : html`<span class="tag">ran</span>, judged all ${numberText(checked)}`;
  return html`<span class="tag unjudged">${stateText(state)}</span>, judged ${numberText(checked)}, ${numberText(notAssessed)} not assessed${why !== '' && html`: ${foreign(why)}`}`;
};

/** The findings of a rule by severity, each number leading to them. */
const foundHtml = ({ groups, failing }: RuleStanding, pages: FindingPages): Html => {
  if (groups.length === 0)
    return failing > 0 ? html`${numberText(failing)} failing` : html`<span class="quiet">none</span>`;
  return html`${groups.map((group, index) => {
    const waived = countOf([group], (kind) => kind === 'waived');
    return html`${index > 0 && ', '}<a href="${pages.hrefOf(group)}">${numberText(group.total)} ${group.severity.toLowerCase()}</a>${waived > 0 && `, ${waived === group.total ? 'all' : numberText(waived)} waived`}`;
  })}`;
};

const ruleRow = (standing: RuleStanding, pages: FindingPages): Html => {
  const { rule, outcome } = standing;
  const severity = outcome?.severity ?? rule.severity;
  return html`<tr><td>${rule.title}<span class="evidence"><code>${rule.id}</code></span></td><td data-sort="${SEVERITIES.indexOf(severity)}">${severityBadge(severity)}</td><td data-label="Judged">${judgedText(standing)}</td><td data-label="Findings">${foundHtml(standing, pages)}</td></tr>\n`;
};

const controlSection = (control: Control, name: string, pages: FindingPages): Html =>
  html`<details class="card rule control"><summary><h3>${control.id}</h3><span class="tallies">${standingText(control)}</span></summary>
<table class="cards"><caption class="label">Rules that give evidence for ${name} ${control.id}</caption><thead><tr><th scope="col">Rule</th><th scope="col">Severity</th><th scope="col">Judged</th><th scope="col">Findings</th></tr></thead><tbody>
${control.rules.map((rule) => ruleRow(rule, pages))}</tbody></table></details>\n`;

/** Counts the controls whose standing is no good news: `3 with findings, 2 not judged in full`. */
const countsText = (controls: readonly Control[]): string => {
  const count = (...standings: readonly ControlStanding[]): number =>
    controls.filter(({ standing }) => standings.includes(standing)).length;
  const unjudged = controls.filter(({ rules }) => !rules.every(isWhole)).length;
  return `${plural(controls.length, 'control')}: ${numberText(count('failing'))} with findings that stand, ${numberText(unjudged)} not judged in full`;
};

/** Says what holds for every control, whatever its rules say. */
const unseenNote = ({ report }: RunFacts): Html | undefined => {
  const unseen = unseenText(report);
  return unseen === undefined ? undefined : html` <strong>Not seen: ${unseen}.</strong>`;
};

const ABOUT = 'A rule gives evidence for a control; no rule alone satisfies one.';

/** Makes the page by control. */
export const controlsPage = (facts: RunFacts, pages: FindingPages): string => {
  const frameworks = controlsOf(facts, pages);
  return companionPage(facts, {
    view: 'controls',
    heading: 'Findings by control',
    links: frameworks.map(({ framework, name }) => ({ href: `#${framework}`, text: name })),
    skipTo: frameworks[0]?.framework ?? 'none',
    body: html`<p class="lead">${ABOUT} What it found counts once for each of its controls, waived findings apart. The findings lead to the <a href="report.html">report</a>, which has them.${unseenNote(facts)}</p>
${frameworks.length === 0 && html`<p class="card empty" id="none">No rule names a control.</p>`}${frameworks.map(
  ({
    framework,
    name,
    controls,
  }) => html`<section id="${framework}" aria-labelledby="${framework}-title"><h2 id="${framework}-title">${name}</h2>
<p class="lead">${countsText(controls)}.</p>
${controls.map((control) => controlSection(control, name, pages))}</section>\n`,
)}`,
  });
};

/**
 * The controls on the report: how many of each framework stand how.
 * @param hasPage whether the page by control stands beside it
 */
export const controlsSection = (facts: RunFacts, pages: FindingPages, hasPage: boolean): Html => {
  const frameworks = controlsOf(facts, pages);
  return html`<section id="controls" aria-labelledby="controls-title"><h2 id="controls-title">Controls by framework</h2>
<p class="lead">${ABOUT}${hasPage && html` <a href="${controlsOutput.file}">${controlsOutput.file}</a> beside this page has each of them, with its rules and findings.`}</p>
<div class="card"><ul class="frameworks">${frameworks.map(({ framework, name, controls }) => html`<li>${hasPage ? html`<a href="${controlsOutput.file}#${framework}">${name}</a>` : name} <span class="quiet">${countsText(controls)}</span></li>`)}</ul></div></section>`;
};
