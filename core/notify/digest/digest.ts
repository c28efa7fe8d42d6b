import { type Severity, worstSeverity } from '../../../rules/engine/severity.ts';
import type { WaiverTrouble } from '../../../rules/engine/waiver.ts';
import { type Highlight, isNews } from '../../model/highlights.ts';
import { forewords } from '../../model/words.ts';
import type { Alert } from '../channel.ts';
import { composeBody } from './body.ts';
import { composeSubject, type DigestFacts } from './subject.ts';

const isSame = (one: WaiverTrouble, other: WaiverTrouble): boolean =>
  one.kind === other.kind && one.rule === other.rule && one.user === other.user && one.expires === other.expires;

/**
 * The severity that recipients filter by. A run that is not complete, late or of another source is as severe as can be,
 * so that no filter hides that nobody looked, or looked elsewhere; so is a waiver of a rule whose severity nobody knows.
 */
const maxSeverity = (
  { report, rules }: DigestFacts,
  news: readonly Highlight[],
  troubles: readonly WaiverTrouble[],
): Severity => {
  if (report.verdict !== 'COMPLETE' || forewords(report).length > 0) return 'CRITICAL';
  const severities = [
    ...news.map(({ severity }) => severity),
    ...troubles.map(({ rule }) => rules.get(rule)?.severity ?? 'CRITICAL'),
  ];
  return worstSeverity(severities) ?? 'INFORMATIONAL';
};

/** Composes the mail about a run; undefined where nothing changed, and the run was of its own night and source. */
export const composeDigest = (facts: DigestFacts): Alert | undefined => {
  const { report, knownTroubles } = facts;
  const isComplete = report.verdict === 'COMPLETE';
  // Only a complete run resolves findings.
  const news = facts.highlights.filter(({ kind }) => isNews(kind) && (isComplete || kind !== 'resolved'));
  const troubles = (report.waiverTroubles ?? []).filter(
    (trouble) => !knownTroubles.some((known) => isSame(known, trouble)),
  );
  const isFirst = report.previousRun === undefined;
  const isQuiet = news.length === 0 && troubles.length === 0 && forewords(report).length === 0;
  if (isComplete && !isFirst && isQuiet) return undefined;

  return {
    subject: composeSubject(facts, news, troubles.length),
    body: composeBody(facts, news),
    attributes: {
      environment: report.environmentId,
      verdict: report.verdict,
      maxSeverity: maxSeverity(facts, news, troubles),
    },
  };
};
