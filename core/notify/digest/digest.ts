import type { Alert } from '../../../lambda/ports.ts';
import type { Rule } from '../../../rules/engine/rule.ts';
import { SEVERITIES, type Severity } from '../../../rules/engine/severity.ts';
import type { WaiverTrouble } from '../../../rules/engine/waiver.ts';
import type { Highlight, HighlightKind } from '../../model/highlights.ts';
import type { Report } from '../../model/report.ts';
import { composeBody } from './body.ts';
import { composeSubject } from './subject.ts';

/** All that a digest may speak of. */
export interface DigestFacts {
  readonly report: Report;
  /** What operators call the environment, where they named it. */
  readonly environmentName?: string;
  readonly highlights: readonly Highlight[];
  /** What the last complete run told of waivers: it is not mailed again. */
  readonly earlierTroubles: readonly WaiverTrouble[];
  readonly rules: ReadonlyMap<string, Rule>;
  /** Where the report is to be found: the archive's location and the report's key. */
  readonly reportLocation: string;
}

/** What people are mailed for; what merely stays open or waived is no news. */
export const NEWS: ReadonlySet<HighlightKind> = new Set([
  'new',
  'reopened',
  'escalated',
  'waiver-ended',
  'event',
  'resolved',
  'reminder',
]);

const isSame = (one: WaiverTrouble, other: WaiverTrouble): boolean =>
  one.kind === other.kind &&
  one.rule === other.rule &&
  one.user === other.user &&
  one.expires === other.expires;

const worst = (severities: readonly Severity[]): Severity =>
  severities.reduce<Severity>(
    (a, b) => (SEVERITIES.indexOf(b) > SEVERITIES.indexOf(a) ? b : a),
    'INFORMATIONAL',
  );

/**
 * The severity that recipients filter by. A run that is not complete is as severe as can be, so that no filter hides
 * that nobody looked; so is a waiver of a rule whose severity nobody knows.
 */
const maxSeverity = (
  { report, rules }: DigestFacts,
  news: readonly Highlight[],
  troubles: readonly WaiverTrouble[],
): Severity => {
  if (report.verdict !== 'COMPLETE') return 'CRITICAL';
  return worst([
    ...news.map(({ severity }) => severity),
    ...troubles.map(({ rule }) => rules.get(rule)?.severity ?? 'CRITICAL'),
  ]);
};

/** What people are to be told of a run; undefined where nothing changed. */
export const composeDigest = (facts: DigestFacts): Alert | undefined => {
  const { report, earlierTroubles } = facts;
  const isComplete = report.verdict === 'COMPLETE';
  // Nothing resolves but in a complete run; whoever says otherwise is not repeated.
  const news = facts.highlights.filter(({ kind }) => NEWS.has(kind) && (isComplete || kind !== 'resolved'));
  const troubles = (report.waiverTroubles ?? []).filter(
    (trouble) => !earlierTroubles.some((earlier) => isSame(earlier, trouble)),
  );
  const isFirst = report.previousRun === undefined;
  if (isComplete && !isFirst && news.length === 0 && troubles.length === 0) return undefined;

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
