import type { RuleOutcome } from '../../../rules/engine/evaluate.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { readPrincipal } from '../../../rules/engine/principal.ts';
import type { Rule } from '../../../rules/engine/rule.ts';
import { SEVERITIES, type Severity } from '../../../rules/engine/severity.ts';
import type { WaiverTrouble } from '../../../rules/engine/waiver.ts';
import { bandText, severitiesBeyond } from '../../model/band.ts';
import type { Highlight, HighlightKind } from '../../model/highlights.ts';
import { isFullyJudged, isNobodySeen, type Report } from '../../model/report.ts';
import {
  attestedText,
  BAD_NEWS,
  begunAnew,
  besideTexts,
  brokeText,
  causeText,
  forewords,
  gapText,
  HIGHLIGHT_WORDS,
  messageLine,
  newlyUnread,
  seenText,
  sourceText,
  stateText,
  TROUBLE_WORDS,
  UNSEEN,
} from '../../model/words.ts';
import { numberText, plainLine, plural, wrap } from '../../text/plain-text.ts';
import { type BandFacts, countOf, type DigestFacts, foundAtFirst, standingOf, worstOf } from './subject.ts';

/** The most subjects that are named for a rule, and the most waivers; the report has them all. */
const NAMED = 20;

/** The most characters of a subject's id, and of any other text from elsewhere. */
const MAX_ID = 120;
const MAX_TEXT = 400;

/** The most characters of a finding's message: two lines. */
const MAX_MESSAGE = 150;

/** Lines of a mail, its head of the chain left out: nobody reads 200, and by far more bytes SNS takes. */
export const MOST_LINES = 190;

/** Lines of the waivers and of the rules that could not judge everybody. */
const MOST_OF_SECTION = 20;

/** The fewest lines that the findings of a rule are told in one by one. */
const LEAST_OF_RULE = 10;

export const section = (title: string, blocks: readonly string[]): readonly string[] =>
  blocks.length === 0 ? [] : [title, ...blocks, ''];

const more = (count: number): readonly string[] =>
  count > 0 ? [`  - and ${numberText(count)} more in the report`] : [];

/** The words that a mail has of a rule where it first names it, and whether its messages name people. */
export type RuleWords = Pick<Rule, 'title' | 'remediation' | 'names'>;

/** The findings of one rule that are of one severity, which make one block. */
interface RuleBlock {
  readonly ruleId: string;
  readonly severity: Severity;
  readonly highlights: readonly Highlight[];
}

const countIn = ({ severities }: Highlight, severity: Severity): number => severities[severity] ?? 0;

/** Groups highlights by severity, the worst first, and then by rule. */
const groupBySeverity = (highlights: readonly Highlight[]): readonly RuleBlock[] =>
  SEVERITIES.toReversed().flatMap((severity) => {
    const members = highlights.filter((highlight) => countIn(highlight, severity) > 0);
    return [...Map.groupBy(members, ({ ruleId }) => ruleId)]
      .map(([ruleId, own]) => ({ ruleId, severity, highlights: own }))
      .toSorted((a, b) => (a.ruleId < b.ruleId ? -1 : 1));
  });

const subjectOf = ({ subject: { kind, id } }: Finding): string => {
  if (kind === 'environment') return 'the environment';
  // Anything but an ARN may be what somebody typed, a name among others.
  if (kind === 'principal' && readPrincipal(id).kind !== 'role') return '(no role ARN; findings.csv has it)';
  return plainLine(id, MAX_ID) || '(no readable id)';
};

/** A finding, without what the block's heading says already. */
const changeLine = (finding: Finding, kind: HighlightKind, rule: RuleWords | undefined): string => {
  const { escalatedFrom, carriedFor, severity, message } = finding;
  if (kind === 'resolved') return wrap(`${subjectOf(finding)}: ${causeText(finding)}`, '  - ');
  const notes = [
    ...(kind === 'reopened' || kind === 'waiver-ended' ? [HIGHLIGHT_WORDS[kind].tag] : []),
    ...(carriedFor === undefined ? [] : [`not judged: ${plainLine(carriedFor, MAX_MESSAGE)}`]),
    ...(kind === 'reminder' ? [`since ${finding.firstSeen.slice(0, 10)}, in ${plural(finding.runs, 'audit')}`] : []),
    ...(escalatedFrom === undefined ? [] : [`raised from ${escalatedFrom} to ${severity}`]),
  ];
  const note = notes.length === 0 ? '' : ` [${notes.join(', ')}]`;
  return wrap(`${subjectOf(finding)}: ${messageLine(message, rule, MAX_MESSAGE)}${note}`, '  - ');
};

const shownOf = ({ highlights, severity }: RuleBlock, rule: RuleWords | undefined): readonly string[] =>
  highlights
    .flatMap(({ findings, kind }) => findings.map((finding) => ({ finding, kind })))
    .filter(({ finding }) => finding.severity === severity)
    .slice(0, NAMED)
    .map(({ finding, kind }) => changeLine(finding, kind, rule));

const totalOf = ({ highlights, severity }: RuleBlock): number =>
  highlights.reduce((total, highlight) => total + countIn(highlight, severity), 0);

/** The severity, the rule, and how its findings fared. */
const headingOf = ({ ruleId, severity, highlights }: RuleBlock): string => {
  const counts = highlights.map((highlight) => {
    const { tag, heading = tag } = HIGHLIGHT_WORDS[highlight.kind];
    return `${numberText(countIn(highlight, severity))} ${heading}`;
  });
  return `${severity} ${plainLine(ruleId, MAX_ID)}: ${counts.join(', ')}`;
};

export const linesOf = (texts: readonly string[]): readonly string[] => texts.flatMap((text) => text.split('\n'));

/** As many texts as there are lines for, and how many of all are left out. */
const within = (texts: readonly string[], most: number, all = texts.length): readonly string[] => {
  const lines: string[] = [];
  let shown = 0;
  for (const text of texts) {
    const next = linesOf([text]);
    // One is left for what says that there are more.
    if (lines.length + next.length > most - (shown + 1 < all ? 1 : 0)) break;
    lines.push(...next);
    shown += 1;
  }
  return [...lines, ...more(all - shown)];
};

/**
 * The rule and how its findings fared, what it requires, of those that stand what to do, and as many findings as there are
 * lines for.
 * @param isKnown the rule stands above already, with findings that are more severe
 */
const ruleBlock = (
  { rules }: { readonly rules: ReadonlyMap<string, RuleWords> },
  group: RuleBlock,
  most: number,
  isKnown: boolean,
): readonly string[] => {
  const { title, remediation } = (isKnown ? undefined : rules.get(group.ruleId)) ?? {};
  const isResolved = group.highlights.every(({ kind }) => kind === 'resolved');
  const head = linesOf([
    '',
    headingOf(group),
    ...(title === undefined ? [] : [wrap(title, '  Required: ')]),
    ...(remediation === undefined || isResolved ? [] : [wrap(remediation, '  What to do: ')]),
  ]);
  return [...head, ...within(shownOf(group, rules.get(group.ruleId)), most - head.length, totalOf(group))];
};

/**
 * Composes blocks within so many lines: the worst with its findings, as far as there is room, the rest a line a rule and
 * severity, and at last by number.
 */
export const blocksWithin = (
  facts: { readonly rules: ReadonlyMap<string, RuleWords> },
  highlights: readonly Highlight[],
  most: number,
): readonly string[] => {
  const groups = groupBySeverity(highlights);
  const known = new Set<string>();
  const lines: string[] = [];
  let isBrief = false;
  for (const [index, group] of groups.entries()) {
    const left = groups.slice(index);
    const room = most - lines.length - Math.min(left.length, Math.floor(most / 3));
    const share = left.length === 1 ? room : Math.max(LEAST_OF_RULE, Math.floor(room / 2));
    const block = room < LEAST_OF_RULE ? [] : ruleBlock(facts, group, share, known.has(group.ruleId));
    if (block.length > 0 && block.length <= room) {
      lines.push(...block);
      known.add(group.ruleId);
      isBrief = false;
      continue;
    }
    if (lines.length + 3 > most) {
      const count = left.reduce((total, rest) => total + totalOf(rest), 0);
      lines.push(
        `And ${numberText(count)} more (worst ${group.severity}), of ${plural(left.length, 'rule')}, in the report.`,
      );
      break;
    }
    lines.push(...(isBrief ? [] : ['']), headingOf(group));
    isBrief = true;
  }
  return lines;
};

/** `2 new findings`; nothing of none. */
const sentencePart = (news: readonly Highlight[], kind: HighlightKind): readonly string[] => {
  const count = countOf(news, [kind]);
  return count === 0 ? [] : [plural(count, ...HIGHLIGHT_WORDS[kind].sentence)];
};

const inOneLine = (facts: BandFacts, news: readonly Highlight[]): string => {
  const { report, band } = facts;
  if (report.verdict !== 'COMPLETE') {
    return 'THIS AUDIT IS NOT COMPLETE. It says nothing about what it has not seen.';
  }
  if (report.previousRun === undefined) {
    return `First audit of this environment: ${foundAtFirst(facts, news)}. From now on only changes and reminders are mailed.`;
  }
  const bad = BAD_NEWS.flatMap((kind) => sentencePart(news, kind));
  const happened = [...(bad.length === 0 ? [] : [bad.join(', ') + worstOf(news)]), ...sentencePart(news, 'resolved')];
  const of = band === undefined ? '' : ` ${bandText(band)}`;
  const stands =
    band === undefined ? `${numberText(report.findings.byState.open)} still open` : standingOf(report, band);
  return `${happened.join(', ') || `No finding${of} changed`}; ${stands}.`;
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

export const openLines = (report: Report): readonly string[] => {
  const { bySeverity, byState } = report.findings;
  if (isNobodySeen(report) && SEVERITIES.every((severity) => bySeverity[severity] === 0))
    return ['  Nobody was seen: nothing is known of any finding.'];
  const counts = SEVERITIES.toReversed().map((severity) => `${severity} ${numberText(bySeverity[severity])}`);
  const what = report.verdict === 'COMPLETE' ? 'Failing now' : 'Failing among what was seen';
  return [
    wrap(`${what}: ${counts.join(', ')}.`, '  '),
    ...(byState.event > 0 ? [wrap(`Besides, ${plural(byState.event, 'change')} of this audit, told once.`, '  ')] : []),
    wrap(`Accepted by waivers: ${numberText(byState.waived)}.`, '  '),
  ];
};

export const waiverLines = (troubles: readonly WaiverTrouble[], most = MOST_OF_SECTION): readonly string[] =>
  within(
    troubles
      .slice(0, NAMED)
      .map(({ kind, rule, user, expires }) =>
        wrap(
          `${plainLine(rule, MAX_ID)} for ${plainLine(user, MAX_ID)}: ${TROUBLE_WORDS[kind](plainLine(expires, MAX_ID))}`,
          '  - ',
        ),
      ),
    Math.min(most, MOST_OF_SECTION),
    troubles.length,
  );

/** The reason for which a rule had no answer for everybody; rules that share it stand on one line. */
const unjudgedReason = (outcome: RuleOutcome): string => {
  const { state, notAssessed, reason, error } = outcome;
  const left = state === 'ran' ? `${plural(notAssessed, 'subject')} not assessed` : stateText(state);
  const why = error === undefined ? reason : brokeText(outcome);
  return why === undefined ? left : `${left} (${plainLine(why, MAX_TEXT)})`;
};

export const unjudgedLines = ({ rules }: Report): readonly string[] => {
  const unjudged = rules.filter((outcome) => !isFullyJudged(outcome));
  const shown = [...Map.groupBy(unjudged, unjudgedReason)].map(([why, outcomes]) =>
    wrap(`${outcomes.map(({ id }) => plainLine(id, MAX_ID)).join(', ')}: ${why}`, '  - '),
  );
  return within(shown, MOST_OF_SECTION);
};

/** The code that judged, and that it is another than that of the run before. */
const codeText = ({ code, previousCode }: Report): string | undefined => {
  if (code === undefined) return undefined;
  const [own, other] = [code, previousCode].map((one) => one && `code ${one.version} (${one.sha256.slice(0, 12)})`);
  return other === undefined ? own : `${own}; the run before by other ${other}`;
};

const reportLine = ({ report, reportLocation }: DigestFacts): string => {
  const isKept = report.reason !== 'archive-unavailable';
  return `  Report: ${isKept ? plainLine(reportLocation, 2 * MAX_TEXT) : 'none, the evidence could not be kept'}`;
};

const runLines = ({ report }: DigestFacts): readonly string[] => {
  const { verdict, previousRun } = report;
  const isFirst = verdict === 'COMPLETE' && previousRun === undefined;
  const facts: readonly (readonly [string, string | undefined])[] = [
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

/** The sentences with which a digest begins, and for which it is sent though nothing changed: none of most runs. */
export const digestForewords = ({ report, knownEnriched }: DigestFacts): readonly string[] => [
  ...forewords(report),
  ...(report.verdict === 'COMPLETE' ? [newlyUnread(report, knownEnriched)] : []).flatMap((sentence) => sentence ?? []),
];

/** The changes that a band leaves out. */
export interface LeftOut {
  readonly news: readonly Highlight[];
  readonly troubles: readonly WaiverTrouble[];
}

/**
 * Says of which severities a digest tells, and what of others it leaves out, with whoever is told of that: nobody is to
 * take its silence for theirs.
 */
const bandLines = ({ band }: BandFacts, left: LeftOut | undefined): readonly string[] => {
  if (band === undefined || left === undefined) return [];
  const beyond = severitiesBeyond(band);
  /** `Of what changed, 2 CRITICAL are …`; nothing where there are none. */
  const sentence = (isMeant: (severity: Severity) => boolean, where: string): readonly string[] => {
    const counts = beyond.filter(isMeant).flatMap((severity) => {
      const count = left.news.reduce((total, highlight) => total + countIn(highlight, severity), 0);
      return count === 0 ? [] : [{ count, text: `${numberText(count)} ${severity}` }];
    });
    if (counts.length === 0) return [];
    const isOne = counts.length === 1 && counts[0]?.count === 1;
    return [`Of what changed, ${counts.map(({ text }) => text).join(', ')} ${isOne ? 'is' : 'are'} ${where}.`];
  };
  const isForOthers = (severity: Severity): boolean => band.sentToOthers.includes(severity);
  const waivers = left.troubles.length;
  const sentences = [
    `Findings ${bandText(band)} alone are told here.`,
    ...sentence(isForOthers, 'told to others'),
    ...sentence((severity) => !isForOthers(severity), 'mailed to nobody, and in the report'),
    ...(waivers === 0 ? [] : [`Waivers of other severities to see to: ${numberText(waivers)}.`]),
  ];
  return [wrap(sentences.join(' '))];
};

/**
 * The digest as people read it, under 200 lines whatever the size: what happened, what stands and where it is, then the
 * worst and what to do, the small print last.
 */
export const composeBody = (
  facts: BandFacts,
  news: readonly Highlight[],
  troubles: readonly WaiverTrouble[],
  left?: LeftOut,
): string => {
  const { report, environmentName } = facts;
  const name = plainLine(environmentName ?? '', MAX_ID);
  const id = plainLine(report.environmentId, MAX_ID);
  const isOld = (kind: HighlightKind): boolean => kind === 'resolved' || kind === 'reminder';
  const isComplete = report.verdict === 'COMPLETE';
  const changes = (title: string, isIn: (kind: HighlightKind) => boolean, most: number): readonly string[] => {
    const highlights = news.filter(({ kind }) => isIn(kind));
    return section(title, blocksWithin(facts, highlights, most - 2));
  };

  const gap = gapText(report);
  const first = linesOf([
    ...digestForewords(facts).flatMap((sentence) => [wrap(sentence), '']),
    `FinSpace environment ${name === '' ? id : `${name} (${id})`}`,
    wrap(inOneLine(facts, news)),
    ...(gap === undefined ? [] : [wrap(gap)]),
    ...bandLines(facts, left),
    '',
    ...verdictLines(report),
    ...openLines(report),
    reportLine(facts),
    '',
  ]);
  const last = linesOf([
    ...section('WAIVERS TO SEE TO', waiverLines(troubles)),
    ...section('NOT FULLY JUDGED', unjudgedLines(report)),
    ...section('THIS AUDIT', runLines(facts)),
  ]);
  const room = MOST_LINES - first.length - last.length;
  const reminders = changes('REMINDERS', (kind) => kind === 'reminder', Math.floor(room / 4));
  const resolved = changes('RESOLVED', (kind) => kind === 'resolved', Math.floor(room / 4));
  const title = isComplete ? 'WHAT CHANGED' : 'WHAT CHANGED AMONG WHAT WAS SEEN';
  const changed = changes(title, (kind) => !isOld(kind), room - reminders.length - resolved.length);
  return [...first, ...changed, ...reminders, ...resolved, ...last].join('\n');
};
