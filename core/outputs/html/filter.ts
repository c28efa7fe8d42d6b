import { WORST_FIRST } from '../../model/trend.ts';
import { HIGHLIGHT_WORDS } from '../../model/words.ts';
import type { Shown } from './finding-row.ts';
import { type Html, html } from './markup.ts';
import { severityClass, severityWord } from './severity.ts';

/** A choice of a page's rows. */
export interface Filter {
  /** The ids of rules. */
  readonly rules: readonly string[];
  readonly kinds: readonly Shown[];
}

/** The form that filters a page's rows; it is shown where scripts run. */
export const filterForm = ({ rules, kinds }: Filter): Html =>
  html`<form class="card filter" id="filter" role="search" aria-label="Filter the findings" hidden>
<label class="label" for="text">Search the findings</label><input type="search" id="text" placeholder="User, ARN, rule, evidence …" autocomplete="off" spellcheck="false">
<label class="label" for="rule">Rule</label><select id="rule"><option value="">All rules</option>${rules.map((ruleId) => html`<option>${ruleId}</option>`)}</select>
<label class="label" for="state">State</label><select id="state"><option value="">All states</option>${kinds.map((kind) => html`<option value="${kind}">${HIGHLIGHT_WORDS[kind].tag}</option>`)}</select>
<fieldset><legend class="label">Severity</legend>${WORST_FIRST.map((severity) => html`<label class="chip ${severityClass(severity)}"><input type="checkbox" value="${severity}" checked>${severityWord(severity)}</label>`)}</fieldset>
<output id="shown" aria-live="polite"></output><button type="button" id="unfold">Open all</button><button type="reset">Show all</button>
</form>`;
