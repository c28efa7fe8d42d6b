import type { Rule } from '../../rules/engine/rule.ts';
import { SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import { DAY_MS } from '../../rules/engine/time.ts';
import type { WaiverTrouble } from '../../rules/engine/waiver.ts';
import { runInstant } from '../archive/keys.ts';
import type { Alert } from '../ports.ts';
import type { Highlight, HighlightKind } from '../report/highlights.ts';
import type { Report } from '../report/report.ts';
import { composeBody } from './digest-body.ts';
import { composeSubject } from './digest-subject.ts';

/** All that a digest may speak of. */
export interface DigestFacts {
  readonly report: Report;
  /** What operators call the environment, where they named it. */
  readonly environmentName?: string;
  readonly highlights: readonly Highlight[];
  readonly waiverTroubles: readonly WaiverTrouble[];
  readonly rules: ReadonlyMap<string, Rule>;
  /** Where the report is to be found: the archive's location and the report's key. */
  readonly reportLocation: string;
}

/** What changed since the last complete run; what merely stays open or waived is no news. */
export const NEWS: ReadonlySet<HighlightKind> = new Set([
  'new',
  'reopened',
  'escalated',
  'event',
  'resolved',
]);

/** How long before its end a waiver is told to be expiring. */
const EXPIRING_MS = 14 * DAY_MS;

/**
 * Whether a waiver's trouble began between the last complete run and this one, so that people are mailed once. When a
 * rule went unknown can't be told from its waiver, so that is mailed until it is put right.
 */
const isNewTrouble = ({ kind, expires }: WaiverTrouble, { asOf, previousRun }: Report): boolean => {
  if (kind === 'unused') return false;
  if (kind === 'unknown-rule') return true;
  const end = Date.parse(`${expires}T00:00:00Z`) + DAY_MS;
  const began = kind === 'expired' ? end : end - EXPIRING_MS;
  const before = runInstant(previousRun ?? '')?.getTime() ?? -Infinity;
  return before < began && began <= Date.parse(asOf);
};

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
  const { report, waiverTroubles } = facts;
  const isComplete = report.verdict === 'COMPLETE';
  // Nothing resolves but in a complete run; whoever says otherwise is not repeated.
  const news = facts.highlights.filter(({ kind }) => NEWS.has(kind) && (isComplete || kind !== 'resolved'));
  const troubles = waiverTroubles.filter((trouble) => isNewTrouble(trouble, report));
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
