import { SEVERITIES, type Severity, severityRank } from '../../../rules/engine/severity.ts';
import type { WaiverTrouble } from '../../../rules/engine/waiver.ts';
import { isInBand, WHOLE_BAND } from '../../model/band.ts';
import { type Highlight, highlightWithin, isNews } from '../../model/highlights.ts';
import type { Alert, Digest } from '../channel.ts';
import { composeBody, digestForewords } from './body.ts';
import { type BandFacts, composeSubject, type DigestFacts } from './subject.ts';

const troubleKey = ({ kind, rule, user, expires }: WaiverTrouble): string =>
  JSON.stringify([kind, rule, user, expires]);

/** A waiver is as severe as the finding that it covers, else as its rule, which may be unknown. */
const troubleSeverity = ({ rules }: DigestFacts, { rule, severity }: WaiverTrouble): Severity =>
  severity ?? rules.get(rule)?.severity ?? 'CRITICAL';

/**
 * The severities that recipients filter by. A run that is not complete, late, of another source, or that could
 * not read what the one before it could is of all of them, so that no filter hides that nobody looked, or looked elsewhere.
 */
const severitiesOf = (
  facts: DigestFacts,
  news: readonly Highlight[],
  troubles: readonly WaiverTrouble[],
): { readonly maxSeverity: Severity; readonly leastSeverity: Severity } => {
  const { report } = facts;
  if (report.verdict !== 'COMPLETE' || digestForewords(facts).length > 0)
    return { maxSeverity: 'CRITICAL', leastSeverity: 'INFORMATIONAL' };
  const found = [
    ...news.flatMap(({ severities }) => SEVERITIES.filter((severity) => (severities[severity] ?? 0) > 0)),
    ...troubles.map((trouble) => troubleSeverity(facts, trouble)),
  ].toSorted((a, b) => severityRank(a) - severityRank(b));
  return { maxSeverity: found.at(-1) ?? 'INFORMATIONAL', leastSeverity: found[0] ?? 'INFORMATIONAL' };
};

/** Composes a digest of every severity, or of a band's; undefined where nothing of it changed. */
const composeAlert = (
  facts: BandFacts,
  changed: readonly Highlight[],
  fresh: readonly WaiverTrouble[],
): Alert | undefined => {
  const { report, band, bands = [] } = facts;
  const isForThese = (trouble: WaiverTrouble): boolean =>
    band === undefined || isInBand(troubleSeverity(facts, trouble), band);
  const news = band === undefined ? changed : changed.flatMap((highlight) => highlightWithin(highlight, band));
  const troubles = fresh.filter(isForThese);
  const isFirst = report.previousRun === undefined;
  const isQuiet = news.length === 0 && troubles.length === 0 && digestForewords(facts).length === 0;
  if (report.verdict === 'COMPLETE' && !isFirst && isQuiet) return undefined;

  const label = band?.label ?? (bands.length > 0 ? WHOLE_BAND : undefined);
  const left = { news: changed, troubles: fresh.filter((trouble) => !isForThese(trouble)) };
  return {
    subject: composeSubject(facts, news, troubles.length),
    body: composeBody(facts, news, (report.waiverTroubles ?? []).filter(isForThese), left),
    attributes: {
      environment: report.environmentId,
      verdict: report.verdict,
      ...severitiesOf(facts, news, troubles),
      ...(label !== undefined && { band: label }),
    },
  };
};

/**
 * Composes the mail about a run, and those for whoever hears of some severities alone; undefined where nothing changed,
 * and the run was of its own night and source, and lacks no fact that the one before it had.
 */
export const composeDigest = (facts: DigestFacts): Digest | undefined => {
  const { report, knownTroubles, bands = [] } = facts;
  // Only a complete run resolves findings.
  const isComplete = report.verdict === 'COMPLETE';
  const news = facts.highlights.filter(({ kind }) => isNews(kind) && (isComplete || kind !== 'resolved'));
  const known = new Set(knownTroubles.map(troubleKey));
  const troubles = (report.waiverTroubles ?? []).filter((trouble) => !known.has(troubleKey(trouble)));
  const alert = composeAlert(facts, news, troubles);
  if (alert === undefined || bands.length === 0) return alert;
  const ofBands = bands.flatMap((band) => {
    const own = composeAlert({ ...facts, band }, news, troubles);
    return own === undefined ? [] : [[band.label, own] as const];
  });
  return { ...alert, bands: Object.fromEntries(ofBands) };
};
