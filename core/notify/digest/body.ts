import type { RuleOutcome } from '../../../rules/engine/evaluate.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { readPrincipal } from '../../../rules/engine/principal.ts';
import { SEVERITIES, type Severity, severityRank, worstSeverity } from '../../../rules/engine/severity.ts';
import type { WaiverTrouble } from '../../../rules/engine/waiver.ts';
import type { Highlight, HighlightKind } from '../../model/highlights.ts';
import { isFullyJudged, type Report } from '../../model/report.ts';
import {
  attestedText,
  BAD_NEWS,
  begunAnew,
  besideTexts,
  brokeText,
  causeText,
  forewords,
  HIGHLIGHT_WORDS,
  seenText,
  sourceText,
  stateText,
  TROUBLE_WORDS,
  UNSEEN,
} from '../../model/words.ts';
import { numberText, plainLine, plural, wrap } from '../../text/plain-text.ts';
import { countOf, type DigestFacts, foundAtFirst, worstOf } from './subject.ts';

/** The most subjects that are named for a rule, and the most waivers; the report has them all. */
const NAMED = 20;

/** The most characters of a subject's id, and of any other text from elsewhere. */
const MAX_ID = 120;
const MAX_TEXT = 400;

/** Bytes that the lists of changes may take: SNS takes 256 KiB, and everything else stays far below the rest. */
const CHANGES_BUDGET = 160 * 1024;

const section = (title: string, blocks: readonly string[]): readonly string[] =>
  blocks.length === 0 ? [] : [title, ...blocks, ''];

const more = (count: number): readonly string[] =>
  count > 0 ? [`  - and ${numberText(count)} more in the report`] : [];

/** The findings of one rule, which make one block. */
interface RuleBlock {
  readonly ruleId: string;
  readonly severity: Severity;
  readonly highlights: readonly Highlight[];
}

/** Groups highlights by rule, in the order of severity and then of the rule's id. */
const groupByRule = (highlights: readonly Highlight[]): readonly RuleBlock[] => {
  const groups = Map.groupBy(highlights, ({ ruleId }) => ruleId);
  return [...groups]
    .map(([ruleId, members]) => {
      const severity = worstSeverity(members.map((member) => member.severity)) ?? 'CRITICAL';
      return { ruleId, severity, highlights: members };
    })
    .toSorted((a, b) => severityRank(b.severity) - severityRank(a.severity) || (a.ruleId < b.ruleId ? -1 : 1));
};

const subjectOf = ({ subject: { kind, id } }: Finding): string => {
  if (kind === 'environment') return 'the environment';
  // Anything but an ARN may be what somebody typed, a name among others.
  if (kind === 'principal' && readPrincipal(id).kind !== 'role') return '(no role ARN; findings.csv has it)';
  return plainLine(id, MAX_ID) || '(no readable id)';
};

/** A finding on one line, without what the block's heading says already. */
const changeLine = (finding: Finding, kind: HighlightKind, group: RuleBlock): string => {
  const { escalatedFrom, carriedFor, severity, message } = finding;
  if (kind === 'resolved') return wrap(`${subjectOf(finding)}: ${causeText(finding)}`, '  - ');
  const raised = escalatedFrom === undefined ? [] : [`raised from ${escalatedFrom} to ${severity}`];
  const other = severity === group.severity ? [] : [severity];
  const notes = [
    ...(kind === 'reopened' || kind === 'waiver-ended' ? [HIGHLIGHT_WORDS[kind].tag] : []),
    ...(kind === 'carried' && carriedFor !== undefined ? [`not judged: ${plainLine(carriedFor, MAX_TEXT)}`] : []),
    ...(kind === 'reminder' ? [`since ${finding.firstSeen.slice(0, 10)}, in ${finding.runs} audits`] : []),
    ...(escalatedFrom === undefined ? other : raised),
  ];
  const note = notes.length === 0 ? '' : ` [${notes.join(', ')}]`;
  return wrap(`${subjectOf(finding)}: ${plainLine(message, MAX_TEXT)}${note}`, '  - ');
};

const shownOf = (group: RuleBlock): readonly { readonly finding: Finding; readonly kind: HighlightKind }[] =>
  group.highlights
    .flatMap(({ findings, kind }) => findings.map((finding) => ({ finding, kind })))
    .toSorted((a, b) => severityRank(b.finding.severity) - severityRank(a.finding.severity))
    .slice(0, NAMED);

const totalOf = ({ highlights }: RuleBlock): number => highlights.reduce((total, { count }) => total + count, 0);

/** ` (77 CRITICAL, 77 LOW)` where severities differ, so that none is taken for that of all. */
const mixedText = ({ highlights }: RuleBlock): string => {
  const counts = SEVERITIES.toReversed().flatMap((severity) => {
    const count = highlights.reduce((total, { severities }) => total + (severities[severity] ?? 0), 0);
    return count === 0 ? [] : [`${numberText(count)} ${severity}`];
  });
  return counts.length < 2 ? '' : ` (${counts.join(', ')})`;
};

/** The rule and how its findings fared, what it requires, its findings and, of those that stand, what to do. */
const ruleBlock = ({ rules }: DigestFacts, group: RuleBlock): string => {
  const { ruleId, severity, highlights } = group;
  const { title, remediation } = rules.get(ruleId) ?? {};
  const counts = highlights.map(({ kind, count }) => {
    const { tag, heading = tag } = HIGHLIGHT_WORDS[kind];
    return `${numberText(count)} ${heading}`;
  });
  const isResolved = highlights.every(({ kind }) => kind === 'resolved');
  const shown = shownOf(group);
  return [
    '',
    wrap(`${plainLine(ruleId, MAX_ID)}: ${counts.join(', ')}${mixedText(group)}`, `${severity} `),
    ...(title === undefined ? [] : [wrap(title, '  Required: ')]),
    ...shown.map(({ finding, kind }) => changeLine(finding, kind, group)),
    ...more(totalOf(group) - shown.length),
    ...(remediation === undefined || isResolved ? [] : [wrap(remediation, '  What to do: ')]),
  ].join('\n');
};

/** Composes as many blocks as the budget allows, and says what was left out. */
const withinBudget = (facts: DigestFacts, highlights: readonly Highlight[], budget: number): readonly string[] => {
  const groups = groupByRule(highlights);
  const blocks: string[] = [];
  let bytes = 0;
  for (const [index, group] of groups.entries()) {
    const block = ruleBlock(facts, group);
    bytes += Buffer.byteLength(block) + 1;
    if (bytes > budget) {
      const left = groups.slice(index);
      const count = left.reduce((total, rest) => total + totalOf(rest), 0);
      return [...blocks, '', `And ${numberText(count)} more, of ${plural(left.length, 'rule')}, in the report.`];
    }
    blocks.push(block);
  }
  return blocks;
};

/** `2 new findings`; nothing of none. */
const sentencePart = (news: readonly Highlight[], kind: HighlightKind): readonly string[] => {
  const count = countOf(news, [kind]);
  return count === 0 ? [] : [plural(count, ...HIGHLIGHT_WORDS[kind].sentence)];
};

const inOneLine = (report: Report, news: readonly Highlight[]): string => {
  if (report.verdict !== 'COMPLETE') {
    return 'THIS AUDIT IS NOT COMPLETE. It says nothing about what it has not seen.';
  }
  if (report.previousRun === undefined) {
    return `First audit of this environment: ${foundAtFirst(report, news)}. From now on only changes and reminders are mailed.`;
  }
  const bad = BAD_NEWS.flatMap((kind) => sentencePart(news, kind));
  const happened = [...(bad.length === 0 ? [] : [bad.join(', ') + worstOf(news)]), ...sentencePart(news, 'resolved')];
  return `${happened.join(', ') || 'No finding changed'}; ${numberText(report.findings.byState.open)} still open.`;
};

const verdictLines = ({ verdict, reason, message, counts, source }: Report): readonly string[] => {
  const dropped = begunAnew(counts);
  const attested = attestedText(source);
  const word = attested === undefined ? [] : [wrap(attested, '  ')];
  if (verdict === 'COMPLETE') {
    const seen = attested === undefined ? 'all of the listing was seen' : 'all of the saved roster was judged';
    return [wrap(`COMPLETE: ${seen}, ${seenText(counts)}${dropped}.`, 'Verdict: '), ...word];
  }
  return [
    wrap(`${verdict}${reason === undefined ? '' : ` (${reason})`}`, 'Verdict: '),
    ...word,
    ...(message === undefined ? [] : [wrap(plainLine(message, 2 * MAX_TEXT), '  Why:      ')]),
    wrap(`${counts.users === 0 ? 'no user' : seenText(counts)}${dropped}`, '  Seen:     '),
    wrap(reason === undefined ? 'what the reason kept from view' : UNSEEN[reason], '  Not seen: '),
    wrap(
      'Nothing was resolved. No finding is to be read as fixed, and no user as compliant, because this digest does not name it.',
      '  ',
    ),
  ];
};

const openLines = (report: Report): readonly string[] => {
  const { bySeverity, byState } = report.findings;
  const counts = SEVERITIES.toReversed().map((severity) => `${severity} ${numberText(bySeverity[severity])}`);
  const what = report.verdict === 'COMPLETE' ? 'Failing now' : 'Failing among what was seen';
  return [
    wrap(`${what}: ${counts.join(', ')}.`, '  '),
    ...(byState.event > 0
      ? [wrap(`${plural(byState.event, 'change')} of this audit among them, told once.`, '  ')]
      : []),
    wrap(`Accepted by waivers: ${numberText(byState.waived)}.`, '  '),
  ];
};

const waiverLines = (troubles: readonly WaiverTrouble[]): readonly string[] => [
  ...troubles
    .slice(0, NAMED)
    .map(({ kind, rule, user, expires }) =>
      wrap(
        `${plainLine(rule, MAX_ID)} for ${plainLine(user, MAX_ID)}: ${TROUBLE_WORDS[kind](plainLine(expires, MAX_ID))}`,
        '  - ',
      ),
    ),
  ...more(troubles.length - NAMED),
];

/** The reason for which a rule had no answer for everybody; rules that share it stand on one line. */
const unjudgedReason = (outcome: RuleOutcome): string => {
  const { state, notAssessed, reason, error } = outcome;
  const left = state === 'ran' ? `${plural(notAssessed, 'subject')} not assessed` : stateText(state);
  const why = error === undefined ? reason : brokeText(outcome);
  return why === undefined ? left : `${left} (${plainLine(why, MAX_TEXT)})`;
};

const unjudgedLines = ({ rules }: Report): readonly string[] => {
  const unjudged = rules.filter((outcome) => !isFullyJudged(outcome));
  const shown = Map.groupBy(unjudged.slice(0, 3 * NAMED), unjudgedReason);
  return [
    ...[...shown].map(([why, outcomes]) =>
      wrap(`${outcomes.map(({ id }) => plainLine(id, MAX_ID)).join(', ')}: ${why}`, '  - '),
    ),
    ...more(unjudged.length - 3 * NAMED),
  ];
};

/** The code that judged, and that it is another than that of the run before. */
const codeText = ({ code, previousCode }: Report): string | undefined => {
  if (code === undefined) return undefined;
  const [own, other] = [code, previousCode].map((one) => one && `code ${one.version} (${one.sha256.slice(0, 12)})`);
  return other === undefined ? own : `${own}; the run before by other ${other}`;
};

const runLines = ({ report, reportLocation }: DigestFacts): readonly string[] => {
  const { reason, verdict, previousRun } = report;
  const isKept = reason !== 'archive-unavailable';
  const isFirst = verdict === 'COMPLETE' && previousRun === undefined;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Report', isKept ? reportLocation : 'none, the evidence could not be kept'],
    ['Run', report.run],
    ['As of', report.asOf],
    ['Listed', report.listing && `${report.listing.startedAt} to ${report.listing.endedAt}`],
    ['Users from', report.source && sourceText(report.source)],
    ...besideTexts(report),
    ['Judged by', codeText(report)],
    ['Environment', report.environmentId],
    ['Account', report.accountId],
    ['Audited from', report.auditorAccountId],
    ['Region', report.region],
    ['Compared to', isFirst ? 'nothing: no audit was complete before' : previousRun],
  ];
  return facts.flatMap(([name, fact]) =>
    fact === undefined ? [] : [`  ${`${name}:`.padEnd(14)}${plainLine(fact, 2 * MAX_TEXT)}`],
  );
};

/** The digest as people read it: what changed and what to do first, the small print last. */
export const composeBody = (facts: DigestFacts, news: readonly Highlight[]): string => {
  const { report, environmentName } = facts;
  const name = plainLine(environmentName ?? '', MAX_ID);
  const id = plainLine(report.environmentId, MAX_ID);
  const isOld = (kind: HighlightKind): boolean => kind === 'resolved' || kind === 'reminder';
  const changes = (title: string, isIn: (kind: HighlightKind) => boolean, share: number): readonly string[] => {
    const highlights = news.filter(({ kind }) => isIn(kind));
    return section(title, withinBudget(facts, highlights, CHANGES_BUDGET * share));
  };
  const isComplete = report.verdict === 'COMPLETE';

  return [
    ...forewords(report).flatMap((sentence) => [wrap(sentence), '']),
    `FinSpace environment ${name === '' ? id : `${name} (${id})`}`,
    wrap(inOneLine(report, news)),
    '',
    ...verdictLines(report),
    '',
    ...changes(isComplete ? 'WHAT CHANGED' : 'WHAT CHANGED AMONG WHAT WAS SEEN', (kind) => !isOld(kind), 0.5),
    ...changes('REMINDERS', (kind) => kind === 'reminder', 0.25),
    ...changes('RESOLVED', (kind) => kind === 'resolved', 0.25),
    ...section('WHAT STANDS', openLines(report)),
    ...section('WAIVERS TO SEE TO', waiverLines(report.waiverTroubles ?? [])),
    ...section('NOT FULLY JUDGED', unjudgedLines(report)),
    ...section('THIS AUDIT', runLines(facts)),
  ].join('\n');
};
