import { SEVERITIES, type Severity, severityRank } from '../../../rules/engine/severity.ts';
import type { WaiverTrouble } from '../../../rules/engine/waiver.ts';
import { type Highlight, isNews } from '../../model/highlights.ts';
import { forewords } from '../../model/words.ts';
import type { Alert } from '../channel.ts';
import { composeBody } from './body.ts';
import { composeSubject, type DigestFacts } from './subject.ts';

const troubleKey = ({ kind, rule, user, expires }: WaiverTrouble): string =>
  JSON.stringify([kind, rule, user, expires]);

/**
 * The severities that recipients filter by. A run that is not complete, late or of another source is of all of them, so
 * that no filter hides that nobody looked, or looked elsewhere. A waiver is as severe as the finding that it covers,
 * else as its rule, which may be unknown.
 */
const severitiesOf = (
  { report, rules }: DigestFacts,
  news: readonly Highlight[],
  troubles: readonly WaiverTrouble[],
): { readonly maxSeverity: Severity; readonly leastSeverity: Severity } => {
  if (report.verdict !== 'COMPLETE' || forewords(report).length > 0)
    return { maxSeverity: 'CRITICAL', leastSeverity: 'INFORMATIONAL' };
  const told = [
    ...news.flatMap(({ severities }) => SEVERITIES.filter((severity) => (severities[severity] ?? 0) > 0)),
    ...troubles.map(({ rule, severity }) => severity ?? rules.get(rule)?.severity ?? 'CRITICAL'),
  ].toSorted((a, b) => severityRank(a) - severityRank(b));
  return { maxSeverity: told.at(-1) ?? 'INFORMATIONAL', leastSeverity: told[0] ?? 'INFORMATIONAL' };
};

/** Composes the mail about a run; undefined where nothing changed, and the run was of its own night and source. */
export const composeDigest = (facts: DigestFacts): Alert | undefined => {
  const { report, knownTroubles } = facts;
  const isComplete = report.verdict === 'COMPLETE';
  // Only a complete run resolves findings.
  const news = facts.highlights.filter(({ kind }) => isNews(kind) && (isComplete || kind !== 'resolved'));
  const known = new Set(knownTroubles.map(troubleKey));
  const troubles = (report.waiverTroubles ?? []).filter((trouble) => !known.has(troubleKey(trouble)));
  const isFirst = report.previousRun === undefined;
  const isQuiet = news.length === 0 && troubles.length === 0 && forewords(report).length === 0;
  if (isComplete && !isFirst && isQuiet) return undefined;

  return {
    subject: composeSubject(facts, news, troubles.length),
    body: composeBody(facts, news),
    attributes: { environment: report.environmentId, verdict: report.verdict, ...severitiesOf(facts, news, troubles) },
  };
};
