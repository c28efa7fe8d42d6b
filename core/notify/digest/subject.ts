import { givesEvents, type Rule } from '../../../rules/engine/rule.ts';
import { SEVERITIES, worstSeverity } from '../../../rules/engine/severity.ts';
import type { WaiverTrouble } from '../../../rules/engine/waiver.ts';
import { type Band, bandText, isInBand } from '../../model/band.ts';
import type { Highlight, HighlightKind } from '../../model/highlights.ts';
import { type EnrichedCounts, notFullyJudged, type Report } from '../../model/report.ts';
import { BAD_NEWS, countedHighlights, forewordTags, newlyUnread } from '../../model/words.ts';
import { numberText, plainLine, plural, toAscii, truncate } from '../../text/plain-text.ts';

/** Everything that a digest may say. */
export interface DigestFacts {
  /** Those who hear of some severities alone get a digest of their own. */
  readonly bands?: readonly Band[];
  readonly report: Report;
  /** The operators' name for the environment. */
  readonly environmentName?: string | undefined;
  readonly highlights: readonly Highlight[];
  /** The waiver troubles of the last complete run: they are not mailed again. */
  readonly knownTroubles: readonly WaiverTrouble[];
  /** The facts beside the listing as the last complete run read them: what it lacked too is not mailed again. */
  readonly knownEnriched?: EnrichedCounts | undefined;
  readonly rules: ReadonlyMap<string, Rule>;
  /** The report's key behind the archive's location. */
  readonly reportLocation: string;
}

/** The facts of one digest: of every severity, or of those of a band. */
export interface BandFacts extends DigestFacts {
  readonly band?: Band | undefined;
}

/** SNS takes fewer than 100 characters (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html). */
const MAX_SUBJECT = 99;

/** The environment's name is shortened to this many characters before anything is left out of what happened. */
const LEAST_NAME = 20;

/** The least that is left of it: one character. */
const SHORTEST_NAME = 4;

/** The number of those that fail and are not accepted, of all severities or those of a band. */
const failingOf = ({ findings: { bySeverity } }: Report, band: Band | undefined): number =>
  SEVERITIES.filter((severity) => band === undefined || isInBand(severity, band)).reduce(
    (total, severity) => total + bySeverity[severity],
    0,
  );

/** Whether a rule that is on had no answer for somebody: those on changes have none before there is an earlier run. */
const isPartlyJudged = ({ report, rules }: DigestFacts): boolean =>
  notFullyJudged(report).some((id) => !givesEvents(rules.get(id)));

/**
 * `27 findings (worst HIGH)`: what a first audit found; of a band `4 findings up to MEDIUM (worst LOW)`. Where it found
 * nothing, it says so of what was judged, and not of what somebody accepted.
 */
export const foundAtFirst = (facts: BandFacts, news: readonly Highlight[]): string => {
  const { report, band } = facts;
  const failing = failingOf(report, band);
  const of = band === undefined ? '' : ` ${bandText(band)}`;
  if (failing > 0) return plural(failing, 'finding') + of + worstOf(news);
  const { waived } = report.findings.byState;
  return `no findings${of}${isPartlyJudged(facts) ? ' among what was judged' : ''}${waived === 0 ? '' : `, ${countedHighlights('waived', waived)}`}`;
};

/** `5 open`; of a band, which states are not counted of, `5 failing up to MEDIUM`. */
export const standingOf = (report: Report, band: Band | undefined): string =>
  band === undefined
    ? `${numberText(report.findings.byState.open)} open`
    : `${numberText(failingOf(report, band))} failing ${bandText(band)}`;

export const countOf = (news: readonly Highlight[], kinds: readonly HighlightKind[]): number =>
  news.filter(({ kind }) => kinds.includes(kind)).reduce((total, { count }) => total + count, 0);

/** ` (worst HIGH)`, or nothing where there is nothing bad in the news. */
export const worstOf = (news: readonly Highlight[]): string => {
  const bad = news.filter(({ kind }) => kind !== 'resolved');
  const severity = worstSeverity(bad.map((one) => one.severity));
  return severity === undefined ? '' : ` (worst ${severity})`;
};

/** `3 new, 1 change, 2 reminders (worst CRITICAL)`; empty where there is no bad news. */
const badNews = (news: readonly Highlight[]): readonly string[] => {
  const counts = BAD_NEWS.map((kind) => ({ kind, count: countOf(news, [kind]) })).filter(({ count }) => count > 0);
  return counts.map(
    ({ kind, count }, index) => countedHighlights(kind, count) + (index === counts.length - 1 ? worstOf(news) : ''),
  );
};

const changes = (
  { report, band }: BandFacts,
  news: readonly Highlight[],
  troubles: number,
  bad: readonly string[],
): string =>
  [
    ...bad,
    ...[countOf(news, ['resolved'])].filter((count) => count > 0).map((count) => countedHighlights('resolved', count)),
    ...(troubles > 0 ? [`${plural(troubles, 'waiver')} to see to`] : []),
    standingOf(report, band),
  ].join(', ');

/** Says what happened in several forms, the longest first. */
const forms = (facts: BandFacts, news: readonly Highlight[], troubles: number): readonly [string, ...string[]] => {
  const { report } = facts;
  const { verdict, reason, counts, previousRun } = report;
  if (verdict !== 'COMPLETE') {
    const seen = counts.users === 0 ? 'no users seen' : `${plural(counts.users, 'user')} seen`;
    return [`${verdict} - ${reason ?? 'no reason given'}, ${seen}`];
  }
  if (previousRun === undefined) return [`first audit, ${foundAtFirst(facts, news)}`];

  const newOrWorse = countOf(
    news,
    BAD_NEWS.filter((kind) => kind !== 'reminder' && kind !== 'carried'),
  );
  const bad = newOrWorse > 0 ? [`${numberText(newOrWorse)} new or worse${worstOf(news)}`] : badNews(news);
  return [
    changes(facts, news, troubles, badNews(news)),
    changes(facts, news, troubles, bad),
    [...bad, standingOf(report, facts.band)].join(', '),
  ];
};

/** Says first what a digest begins with, and that a roster is whole by somebody's word alone: empty of most runs. */
const oddities = ({ report, knownEnriched }: DigestFacts): string => {
  const isComplete = report.verdict === 'COMPLETE';
  return [
    ...forewordTags(report),
    ...(isComplete && report.source?.attestedBy !== undefined ? ['ATTESTED'] : []),
    ...(isComplete && newlyUnread(report, knownEnriched) !== undefined ? ['NOT ALL READ'] : []),
  ]
    .map((oddity) => `${oddity}, `)
    .join('');
};

/** The environment as a subject may name it: its id where nothing of its name can be read as ASCII. */
const nameOf = ({ environmentName = '', report }: DigestFacts): string => {
  const name = plainLine(toAscii(plainLine(environmentName)));
  return /[A-Za-z0-9]/.test(name) ? name : plainLine(toAscii(report.environmentId));
};

/** Says what changed, and where, in fewer than 100 characters of ASCII that begin with a letter. */
export const composeSubject = (facts: BandFacts, news: readonly Highlight[], troubles: number): string => {
  const name = nameOf(facts);
  const first = oddities(facts);
  const room = (form: string): number => MAX_SUBJECT - `FinSpace : ${first}`.length - form.length;
  const all = forms(facts, news, troubles);
  const isNamed = (form: string): boolean => room(form) >= Math.min(name.length, LEAST_NAME);
  const fits = (form: string): boolean => room(form) >= Math.min(name.length, SHORTEST_NAME);
  // A number that is cut is another number.
  const form = all.slice(0, 2).find(isNamed) ?? all.slice(1).find(fits) ?? all.at(-1) ?? all[0];
  return `FinSpace ${truncate(name, Math.max(room(form), SHORTEST_NAME))}: ${first}${form}`.slice(0, MAX_SUBJECT);
};
