import type { ConfiguredRule } from '../../../rules/engine/configure.ts';
import type { Options } from '../../../rules/engine/context.ts';
import type { RuleOutcome } from '../../../rules/engine/evaluate.ts';
import { SEVERITIES } from '../../../rules/engine/severity.ts';
import { isFullyJudged, isOn } from '../../model/report.ts';
import { brokeText, stateText, TROUBLE_WORDS } from '../../model/words.ts';
import { plural, truncate } from '../../text/plain-text.ts';
import type { RunFacts } from '../output.ts';
import type { FindingPages } from './findings.ts';
import { foreign, type Html, html } from './markup.ts';
import { severityBadge } from './severity.ts';

const MAX_REASON = 400;

const number = (label: string, value: number, tone = ''): Html =>
  html`<td class="n ${value === 0 ? 'zero' : tone}" data-label="${label}" data-sort="${value}">${value}</td>`;

/** The limits and lists that a rule judged by, each by its name. */
const optionsText = (options: Options): string =>
  Object.entries(options)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(', ') || 'none' : String(value)}`)
    .join('; ');

const tone = (outcome: RuleOutcome): string => {
  if (!isOn(outcome)) return 'quiet';
  if (!isFullyJudged(outcome)) return 'unjudged';
  // That it ran is no good news of a rule that fails.
  return outcome.failed > 0 ? 'failing' : 'ran';
};

/** Says why a rule did not judge, or not everybody. */
export const reasonOf = (outcome: RuleOutcome): string => {
  const { error, reason = '' } = outcome;
  return truncate(error === undefined ? reason : `${brokeText(outcome)}: ${error}`, MAX_REASON);
};

const row = (outcome: RuleOutcome, configured: ConfiguredRule | undefined, findings: string | undefined): Html => {
  const { id, severity, state, checked, failed, notAssessed } = outcome;
  const title = configured?.rule.title ?? id;
  const name = findings === undefined ? title : html`<a href="${findings}">${title}</a>`;
  const options = optionsText(configured?.options ?? {});
  const reason = reasonOf(outcome);
  return html`<tr><td>${name}<span class="evidence"><code>${id}</code></span>${options !== '' && html`<span class="evidence">${foreign(truncate(options, MAX_REASON))}</span>`}</td><td data-sort="${SEVERITIES.indexOf(severity)}">${severityBadge(severity)}</td><td><span class="tag ${tone(outcome)}">${stateText(state)}</span></td>${number('Checked', checked)}${number('Failed', failed, 'fails')}${number('Not assessed', notAssessed)}<td>${foreign(reason)}</td></tr>\n`;
};

const summary = (outcomes: readonly RuleOutcome[]): string => {
  const count = (state: RuleOutcome['state']): number => outcomes.filter((outcome) => outcome.state === state).length;
  const short = outcomes.filter(({ state, notAssessed }) => state === 'ran' && notAssessed > 0).length;
  return (
    `${count('ran')} of ${plural(outcomes.length, 'rule')} ran` +
    `${short > 0 ? `, ${short} of them without an answer for everyone` : ''}; ${count('not-assessed')} could not be assessed, ` +
    `${count('not-configured')} ${count('not-configured') === 1 ? 'is' : 'are'} not configured, ${count('off')} ${count('off') === 1 ? 'is' : 'are'} off.`
  );
};

/** Lists what each rule did, and did not, and by what limits. */
export const rulesSection = ({ report, rules }: RunFacts, pages: FindingPages): Html => {
  const configured = new Map(rules.map((one) => [one.rule.id, one]));
  const worst = new Map(pages.groups.toReversed().map((group) => [group.ruleId, pages.hrefOf(group)]));
  return html`<section id="rules" aria-labelledby="rules-title"><h2 id="rules-title">Rules: what was assessed, and what was not</h2>
<p class="lead">${summary(report.rules)} What is not assessed never counts as a pass. Failed counts waived findings too.</p>
<details class="card fold"><summary>Each rule, with what it was judged by</summary><table id="rule-states" class="cards" data-sortable><caption class="label">How each rule fared</caption><thead><tr><th scope="col">Rule</th><th scope="col">Severity</th><th scope="col">State</th><th scope="col" class="n">Checked</th><th scope="col" class="n">Failed</th><th scope="col" class="n">Not assessed</th><th scope="col">Reason</th></tr></thead><tbody>
${report.rules.map((outcome) => row(outcome, configured.get(outcome.id), worst.get(outcome.id)))}</tbody></table></details></section>`;
};

/** Waivers that somebody has to see to. */
export const waiversSection = ({ report: { waiverTroubles = [] } }: RunFacts): Html | undefined =>
  waiverTroubles.length === 0
    ? undefined
    : html`<section id="waivers" aria-labelledby="waivers-title"><h2 id="waivers-title">Waivers to see to</h2>
<div class="card"><table class="cards"><caption class="label">Waivers to see to</caption><thead><tr><th scope="col">Rule</th><th scope="col">Subject</th><th scope="col">What to do</th></tr></thead><tbody>
${waiverTroubles.map(({ kind, rule, user, expires }) => html`<tr><td><code>${foreign(rule)}</code></td><td><code>${foreign(user)}</code></td><td>${kind}: ${TROUBLE_WORDS[kind](expires)}</td></tr>\n`)}</tbody></table></div></section>`;
