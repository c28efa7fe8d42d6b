import { isFullyJudged, isNobodySeen, isOn, notFullyJudged, type Report, type Verdict } from '../../model/report.ts';
import { runInstant } from '../../model/run-name.ts';
import { WORST_FIRST } from '../../model/trend.ts';
import {
  attestedText,
  begunAnew,
  besideTexts,
  countedHighlights,
  forewords,
  gapText,
  HIGHLIGHT_WORDS,
  seenText,
  sourceText,
  UNSEEN,
  unseenText,
} from '../../model/words.ts';
import { numberText, plural } from '../../text/plain-text.ts';
import type { RunFacts } from '../output.ts';
import { utcText, zonedText } from './instant.ts';
import { foreign, type Html, html, trusted } from './markup.ts';
import { severityClass, severityWord } from './severity.ts';

const SIGNS: Readonly<Record<Verdict, string>> = {
  COMPLETE: 'M7 12.5l3.4 3.4L17 8.6',
  INCOMPLETE: 'M12 6.5v7M12 17.2v.1',
  FAILED: 'M8 8l8 8M16 8l-8 8',
};

const sign = (verdict: Verdict): Html =>
  html`<svg viewBox="0 0 24 24" aria-hidden="true">${trusted(`<circle class="disc" cx="12" cy="12" r="12"/><path class="sign" d="${SIGNS[verdict]}"/>`)}</svg>`;

const isJudgedInFull = ({ rules }: Report): boolean => rules.length > 0 && rules.every(isFullyJudged);

const judgedText = (report: Report): Html | string => {
  const { rules } = report;
  const short = notFullyJudged(report).length;
  const idle = rules.filter((rule) => !isOn(rule)).length;
  const lacking = [
    ...(short > 0 ? [`${plural(short, 'rule')} could not judge everything`] : []),
    ...(idle > 0 ? [`${plural(idle, 'rule')} ${idle === 1 ? 'is' : 'are'} off or not configured`] : []),
    ...(rules.length === 0 ? ['there is no rule'] : []),
  ];
  if (lacking.length === 0) return 'Every rule of the catalogue judged.';
  return html`Not all was judged: ${lacking.join(', and ')}; see <a href="#rule-states">rules</a>.`;
};

const shortfallText = (report: Report): Html => {
  const { reason, message, counts } = report;
  return html`<p><strong>Nothing here is to be read as fixed, and nobody as compliant for not being named.</strong> Until a run is complete again, the findings of the last complete run stand.</p>
<dl><dt>Reason</dt><dd><code>${reason ?? 'none given'}</code></dd>${message !== undefined && html`<dt>What happened</dt><dd>${foreign(message)}</dd>`}<dt>Seen</dt><dd>${counts.users === 0 ? 'no user' : seenText(counts)}</dd><dt>Not seen</dt><dd>${reason === undefined ? 'what the reason kept from view' : UNSEEN[reason]}</dd></dl>`;
};

/** Says what a reader must know before all else: that a run is late, or of another source. */
export const forewordsCard = (report: Report): Html | undefined => {
  const sentences = forewords(report);
  if (sentences.length === 0) return undefined;
  return html`<div class="card foreword" role="note">${sentences.map((sentence) => html`<p><strong>${foreign(sentence)}</strong></p>`)}</div>`;
};

/** Says that the run is not complete, before anything that it found. */
const shortfallCard = (report: Report): Html => {
  const words = report.verdict === 'FAILED' ? 'FAILED: nothing was judged' : 'INCOMPLETE: not everything was seen';
  return html`<div class="card verdict">${sign(report.verdict)}<div><h2>${words}</h2>${attestedNote(report)}${shortfallText(report)}</div></div>`;
};

/** Says of a complete run what was seen and judged: what it found stands above, and this makes it no better. */
const coverageNote = (report: Report): Html => {
  const { counts, source } = report;
  const isSeen = attestedText(source) === undefined;
  const isWhole = unseenText(report) === undefined && isJudgedInFull(report);
  const words = isSeen
    ? 'Complete: the whole directory was seen'
    : 'Complete: the whole of the saved roster was judged';
  return html`<div class="coverage ${isWhole ? 'whole-seen' : 'part-judged'}">${sign(isWhole ? 'COMPLETE' : 'INCOMPLETE')}<div><p><strong>${words}</strong>: ${seenText(counts)}. ${judgedText(report)}</p>${attestedNote(report)}</div></div>`;
};

/** Tells what stands and what was seen, the more alarming first: they are two things, and neither is the other. */
export const head = (facts: RunFacts): Html => {
  const { report } = facts;
  const result = html`${resultCard(facts)}${severityTiles(facts)}`;
  return report.verdict === 'COMPLETE'
    ? html`${result}${coverageNote(report)}`
    : html`${shortfallCard(report)}${result}`;
};

const attestedNote = ({ source }: Report): Html | undefined => {
  const attested = attestedText(source);
  return attested === undefined ? undefined : html`<p><strong>${foreign(attested)}</strong></p>`;
};

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

const failingOf = ({ findings: { bySeverity } }: Report): number =>
  sum(WORST_FIRST.map((severity) => bySeverity[severity]));

/**
 * Counts what stood at the end of the last complete run, in the trend's order. Undefined where that is not known:
 * reports of before events were counted apart have them among what stood.
 */
const countsBefore = ({ report: { trend = [], previousRun }, last }: RunFacts): readonly number[] | undefined => {
  const report = last?.report;
  if (report !== undefined && report.findings.eventsBySeverity === undefined && report.findings.byState.event > 0)
    return undefined;
  return trend.find(([run]) => run === previousRun)?.slice(1) as readonly number[] | undefined;
};

/** Zero findings among nobody is no number at all. */
const isUnknown = (count: number, report: Report): boolean => count === 0 && isNobodySeen(report);

const delta = (count: number, before: number | undefined, report: Report): Html => {
  if (isUnknown(count, report)) return html`<div class="delta">nobody was seen</div>`;
  if (report.verdict !== 'COMPLETE') return html`<div class="delta">of what was seen</div>`;
  if (report.previousRun === undefined) return html`<div class="delta">first audit</div>`;
  if (before === undefined) return html`<div class="delta">change unknown</div>`;
  if (count === before) return html`<div class="delta">no change</div>`;
  return count > before
    ? html`<div class="delta worse">▲ ${numberText(count - before)} more</div>`
    : html`<div class="delta better">▼ ${numberText(before - count)} fewer</div>`;
};

/** Names the run that the arrows compare with. */
const sinceText = ({ previousRun, verdict }: Report): Html | undefined => {
  const before = runInstant(previousRun ?? '');
  if (before === undefined || verdict !== 'COMPLETE') return undefined;
  return html`<p class="rest">More or fewer than in the last complete run, ${utcText(before.toISOString())}. Waived findings and changes, which are told once, are counted apart.</p>`;
};

const apartTile = (kind: 'event' | 'waived', name: string, meaning: string, { findings }: Report): Html => {
  const count = findings.byState[kind];
  return html`<li class="card tile ${kind}"><div class="name">${name}</div><div class="count${count === 0 ? ' none' : ''}">${numberText(count)}</div><div class="delta">${meaning}</div></li>`;
};

const severityTiles = (facts: RunFacts): Html => {
  const { report } = facts;
  const { bySeverity } = report.findings;
  const before = countsBefore(facts);
  const tiles = WORST_FIRST.map((severity, index) => {
    const count = bySeverity[severity];
    return html`<li class="card tile ${severityClass(severity)}"><div class="name">${severityWord(severity)}</div><div class="count${count === 0 ? ' none' : ''}">${isUnknown(count, report) ? '?' : numberText(count)}</div>${delta(count, before?.[index], report)}</li>`;
  });
  return html`<ul class="tiles" aria-label="Findings that stand, by severity, and what is counted apart">${tiles}${apartTile('event', 'Changes', 'told once', report)}${apartTile('waived', 'Waived', 'accepted', report)}</ul>${sinceText(report)}`;
};

/** Says how the number of what stands came to be out of that of the last complete run: its parts add up. */
const changeText = (facts: RunFacts): string => {
  const { report, highlights } = facts;
  if (report.previousRun === undefined) return 'This is the first audit of the environment.';
  const { byState } = report.findings;
  const begun = sum(highlights.filter(({ kind }) => kind === 'waiver-ended').map(({ count }) => count));
  const parts = [
    ...(['new', 'reopened'] as const).map((kind) => [kind, byState[kind]] as const),
    ['waiver-ended', begun] as const,
    ['resolved', byState.resolved] as const,
  ].flatMap(([kind, count]) => (count === 0 ? [] : [countedHighlights(kind, count)]));
  const before = countsBefore(facts);
  const news = (words: readonly string[]): string => words.join(', ') || 'no finding changed';
  if (before === undefined) return `Since the last complete run: ${news(parts)}.`;
  const more = failingOf(report) - sum(before);
  const byWaivers = more - (byState.new + byState.reopened + begun - byState.resolved);
  const accepted = byWaivers < 0 ? [`${numberText(-byWaivers)} accepted by waivers`] : [];
  const were = byWaivers > 0 ? [`${numberText(byWaivers)} of what resolved had been waived`] : [];
  const all = news([...parts, ...accepted, ...were]);
  if (more === 0) return `As many as in the last complete run: ${all}.`;
  return `${numberText(Math.abs(more))} ${more > 0 ? 'more' : 'fewer'} than in the last complete run: ${all}.`;
};

/** Says what stands, the worst first, and what became of it. */
const resultCard = (facts: RunFacts): Html => {
  const { report } = facts;
  const { findings, verdict } = report;
  const failing = failingOf(report);
  const severities = WORST_FIRST.filter((severity) => findings.bySeverity[severity] > 0);
  const worst = severities
    .map((severity) => `${numberText(findings.bySeverity[severity])} ${severity.toLowerCase()}`)
    .join(', ');
  if (isUnknown(failing, report))
    return html`<p class="short"><strong>Nobody was seen</strong>: nothing is known of any finding.</p>`;
  if (verdict !== 'COMPLETE')
    return html`<p class="short">Among what was seen, <strong>${plural(failing, 'finding')}</strong>${failing > 0 && `: ${worst}`}. How many there are beyond that is unknown.</p>`;

  const what =
    failing === 0 ? 'No finding stands' : `${plural(failing, 'finding')} ${failing === 1 ? 'stands' : 'stand'}`;
  const { event } = findings.byState;
  return html`<div class="card result ${severities[0]?.toLowerCase() ?? 'nothing'}"><h2>${what}${failing > 0 && `: ${worst}`}</h2><p class="short">${changeText(facts)}${event > 0 && ` Besides, ${plural(event, ...HIGHLIGHT_WORDS.event.sentence)}.`}</p></div>`;
};

const fact = (name: string, value: Html | string, more?: Html | string): Html =>
  html`<div><dt>${name}</dt><dd>${value}</dd>${more !== undefined && html`<dd>${more}</dd>`}</div>`;

const comparedWith = (report: Report): Html => {
  const { verdict, previousRun } = report;
  const before = runInstant(previousRun ?? '');
  if (before !== undefined) return fact('Compared with', utcText(before.toISOString()), gapText(report));
  return fact('Compared with', 'nothing', verdict === 'COMPLETE' ? 'the first complete run' : undefined);
};

/** Lists the instant, the run and the listing that the page speaks for. */
export const runFacts = ({ report, timeZone }: RunFacts): Html => {
  const { asOf, listing, source, run, counts } = report;
  const { requests, throttled, retries } = counts;
  const zoned = timeZone === undefined ? undefined : zonedText(asOf, timeZone);
  const cost = `${plural(requests, 'request')}, ${throttled} throttled, ${retries} repeated${begunAnew(counts)}`;
  const listed = listing && fact('Listed', `from ${utcText(listing.startedAt)}`, `to ${utcText(listing.endedAt)}`);
  return html`<dl class="facts">${fact('As of', utcText(asOf), zoned)}${listed}${fact('Run', html`<code>${run}</code>`)}${fact('Users judged', String(counts.users), cost)}${source && fact('Users from', foreign(sourceText(source)))}${besideTexts(report).map(([name, text]) => fact(name, foreign(text)))}${comparedWith(report)}</dl>`;
};
