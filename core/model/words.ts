import type { RuleOutcome } from '../../rules/engine/evaluate.ts';
import type { ResolutionCause } from '../../rules/engine/finding.ts';
import { readPrincipal } from '../../rules/engine/principal.ts';
import type { RuleText, Subject } from '../../rules/engine/rule.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../rules/engine/time.ts';
import type { WaiverTrouble } from '../../rules/engine/waiver.ts';
import { numberText, oneLine, plainLine, plural, truncate } from '../text/plain-text.ts';
import type { GroupCounts } from './groups.ts';
import type { HighlightKind } from './highlights.ts';
import type { InstantOrigin, ListingCounts, ListingSource, ListingTimes } from './listing.ts';
import type { Counts, EnrichedCounts, Report, VerdictReason } from './report.ts';
import type { RoleCounts } from './roles.ts';
import { gapsBetween, type TrendPoint, trendInstants } from './trend.ts';

/** The most characters of a subject's id. */
const MAX_ID = 120;

interface HighlightWords {
  /** On one finding, and behind a number: `3 new`. */
  readonly tag: string;
  /** Behind a number other than 1, where that is another word. */
  readonly tags?: string;
  /** Behind a number, over a list of such findings; the tag where missing. */
  readonly heading?: string;
  /** Behind a number, in a sentence: of one and of many. */
  readonly sentence: readonly [one: string, many: string];
}

/** The words for what a finding means to a reader, in the order in which that matters. */
export const HIGHLIGHT_WORDS: Readonly<Record<HighlightKind, HighlightWords>> = {
  new: { tag: 'new', sentence: ['new finding', 'new findings'] },
  reopened: { tag: 'reopened', sentence: ['finding came back', 'findings came back'] },
  escalated: { tag: 'raised', sentence: ['finding is more severe', 'findings are more severe'] },
  'waiver-ended': {
    tag: 'accepted no longer',
    sentence: ['finding accepted no longer', 'findings accepted no longer'],
  },
  event: {
    tag: 'change',
    tags: 'changes',
    heading: 'changed since the last audit',
    sentence: ['change to look at', 'changes to look at'],
  },
  carried: {
    tag: 'not judged',
    heading: 'not judged, and standing as before',
    sentence: ['finding could not be judged, and stands', 'findings could not be judged, and stand'],
  },
  reminder: {
    tag: 'reminder',
    tags: 'reminders',
    heading: 'still open',
    sentence: ['finding to be reminded of', 'findings to be reminded of'],
  },
  open: { tag: 'open', sentence: ['open finding', 'open findings'] },
  waived: { tag: 'waived', sentence: ['waived finding', 'waived findings'] },
  resolved: { tag: 'resolved', sentence: ['finding resolved', 'findings resolved'] },
};

/** `3 new`, `1 change`, `2 changes` */
export const countedHighlights = (kind: HighlightKind, count: number): string => {
  const { tag, tags = tag } = HIGHLIGHT_WORDS[kind];
  return plural(count, tag, tags);
};

/** The kinds that make a reader act; what resolved is good news. */
export const BAD_NEWS = [
  'new',
  'reopened',
  'escalated',
  'waiver-ended',
  'event',
  'carried',
  'reminder',
] as const satisfies readonly HighlightKind[];

/** The causes of a resolution, for people. */
const CAUSE_WORDS: Readonly<Record<ResolutionCause, string>> = {
  'user-vanished': 'a user that it is about is no longer in the directory',
  'user-disabled': 'a user that it is about was disabled',
  regrouped: 'the group still fails',
  fixed: 'fixed',
  'rule-changed': 'not known to be fixed: what it is judged by changed',
};

/** The cause of a finding's resolution, in words; `fixed` where it has none, as in the oldest findings. */
export const causeText = ({
  cause = 'fixed',
  regroupedTo,
}: Partial<Record<'cause', ResolutionCause | undefined> & Record<'regroupedTo', string | undefined>>): string =>
  regroupedTo === undefined ? CAUSE_WORDS[cause] : `${CAUSE_WORDS[cause]}, under ${plainLine(regroupedTo, MAX_ID)}`;

const subjectText = ({ kind, id }: Subject): string => {
  if (kind === 'environment') return 'the environment';
  if (kind === 'user') return `user ${plainLine(id, MAX_ID)}`;
  // Anything but the ARN of a role may be what somebody typed, a name among others.
  return readPrincipal(id).kind === 'role' ? `principal ${plainLine(id, MAX_ID)}` : 'a principal that is no role ARN';
};

/** Says that a rule broke, and on whom; what it threw may name people, and stays in the archive. */
export const brokeText = ({ brokeOn }: Pick<RuleOutcome, 'brokeOn'>): string =>
  brokeOn === undefined ? 'it failed' : `it failed on ${subjectText(brokeOn)}`;

/** The part of the directory that a run has not seen, by the reason for which it is not complete. */
export const UNSEEN: Readonly<Record<VerdictReason, string>> = {
  deadline: 'the users that the rest of the listing would have given; how many is unknown',
  'repeated-token': 'the users beyond the page where the listing ran in a circle; how many is unknown',
  'repeated-page': 'the users that should have stood where an earlier page came again; how many is unknown',
  'access-denied': 'the users that the service refused to list; how many is unknown',
  validation: 'the users that the service refused to list; how many is unknown',
  'source-unavailable': 'the users that the service could not list; how many is unknown',
  'truncated-roster': 'the users that are not in the saved roster, or that nobody can read there; how many is unknown',
  'unproven-end':
    'whether the saved roster is all of the directory: nothing in it shows that, and nobody has attested it',
  'stale-roster': 'the directory since then: the newest saved roster was audited before',
  reconstructed:
    'users who were made before the events begin, names and addresses, and whatever the events do not tell',
  'rule-error': 'what the rules that failed would have found',
  'empty-roster': 'the directory: it always has a user, and the listing had none',
  'roster-drop': 'the users that the last complete audit had and this listing did not',
  'untrusted-history': 'what earlier audits found: the history does not hold, and nothing was built upon it',
  'after-the-fact': 'the directory as it was then: a later audit is complete',
  closed: 'the directory: the chain of audits was closed, and nothing was read',
  config: 'the directory: the audit could not begin',
  'archive-unavailable': 'what earlier audits found; the evidence of this one could not be kept',
};

export const TROUBLE_WORDS: Readonly<Record<WaiverTrouble['kind'], (expires: string) => string>> = {
  expired: (expires) => `expired on ${expires}; the finding counts again`,
  expiring: (expires) => `ends on ${expires}; renew it or resolve the finding`,
  unused: () => 'nothing fails that it accepts; remove it',
  'unknown-rule': () => 'names a rule that the catalogue does not have; it accepts nothing',
};

/** `Stale login`: the fault that a rule finds, as a heading has it. */
export const faultText = (id: string, fault?: string): string => {
  const words = id.replaceAll('-', ' ').replaceAll(/\bapi\b/g, 'API');
  return fault ?? words.charAt(0).toUpperCase() + words.slice(1);
};

/** Says how much of the directory a listing gave. */
export const seenText = ({ users, pages, duplicates, conflicting = 0 }: Counts): string =>
  `${plural(users, 'user')} on ${plural(pages, 'page')}` +
  (duplicates === 0 ? '' : `; ${plural(duplicates, 'repeated record')} left out`) +
  (conflicting === 0 ? '' : `; ${plural(conflicting, 'user')} with records that differ, judged by the worst`);

const durationText = (ms: number): string => {
  if (ms >= 2 * DAY_MS) return plural(Math.floor(ms / DAY_MS), 'day');
  return ms >= 2 * HOUR_MS ? plural(Math.floor(ms / HOUR_MS), 'hour') : plural(Math.floor(ms / MINUTE_MS), 'minute');
};

/** `listed 7 days after the night it stands for` */
export const lateText = (asOf: string, { startedAt }: ListingTimes): string =>
  `listed ${durationText(Date.parse(startedAt) - Date.parse(asOf))} after the night it stands for`;

/** Says of a complete run that the one before it is longer ago than is usual; undefined of most. */
export const gapText = ({ trend = [], verdict }: Pick<Report, 'trend' | 'verdict'>): string | undefined => {
  const instants = trendInstants(trend);
  const [from, to] = gapsBetween(instants).at(-1) ?? [];
  if (verdict !== 'COMPLETE' || from === undefined || to === undefined || to !== instants.at(-1)) return undefined;
  return `No audit was complete for ${durationText(to - from)} before this one: what came and went in between is not known.`;
};

/** The longest time between complete runs since an instant, and the number of those runs; undefined where it can't be told. */
export const longestBetween = (
  trend: readonly TrendPoint[],
  since: number,
): { readonly runs: number; readonly from: string; readonly text: string } | undefined => {
  const instants = trendInstants(trend);
  // What was seen last before it counts: the time since then is part of the time since the instant.
  const own = instants.slice(
    Math.max(
      0,
      instants.findLastIndex((instant) => instant <= since),
    ),
  );
  const [first] = own;
  if (first === undefined || own.length < 2) return undefined;
  const longest = Math.max(...own.slice(1).map((instant, index) => instant - (own[index] ?? instant)));
  return { runs: own.length, from: new Date(first).toISOString().slice(0, 10), text: durationText(longest) };
};

const MAX_SOURCE = 300;

/** Names who says of which moment a saved roster is. */
const INSTANT_WORDS: Readonly<Record<InstantOrigin, string>> = {
  given: 'whoever gave it',
  response: "the service's answer",
  event: 'the last event of it',
  manifest: 'the manifest of its run',
  file: "the file's own time",
};

const rosterText = ({ file = '', sha256 = '', parser, instantFrom }: ListingSource): string =>
  [
    `the saved roster ${file}`,
    ...(sha256 === '' ? [] : [`SHA-256 ${sha256.slice(0, 12)}...`]),
    ...(parser === undefined ? [] : [`read as ${parser}`]),
    ...(instantFrom === undefined ? [] : [`its moment by ${INSTANT_WORDS[instantFrom]}`]),
  ].join(', ');

/** Says where users came from: `the FinSpace Data API at https://…`. */
export const sourceText = (source: ListingSource): string => {
  const { kind, endpoint = '', file = '' } = source;
  return plainLine(
    {
      finspace: `the FinSpace Data API at ${endpoint}`,
      parts: `the FinSpace Data API at ${endpoint}, in several invocations`,
      roster: rosterText(source),
      archive: `the snapshot ${file}`,
    }[kind] ?? `a source of the kind ${kind}`,
    MAX_SOURCE,
  );
};

/** Says that a roster is whole by somebody's word alone; undefined where it was seen, or is said of nobody. */
export const attestedText = (source: ListingSource | undefined): string | undefined => {
  if (source?.attestedBy === undefined) return undefined;
  const { name, statement, at } = source.attestedBy;
  const said = plainLine(statement, MAX_SOURCE);
  return `ATTESTED, NOT SEEN: that the saved roster is the whole directory is the word of ${plainLine(name, MAX_ID)}, given on ${plainLine(at).slice(0, 10)}: "${said}".`;
};

type LookedAt = Pick<Report, 'asOf' | 'late' | 'listing'>;

const lateSentences = ({ asOf, late, listing }: LookedAt): readonly string[] =>
  late && listing
    ? [`LATE: ${lateText(asOf, listing)}. It shows the users as they were then, not as they were that night.`]
    : [];

/** The sentences that a reader of a run needs before all others; none of most runs. */
export const forewords = (report: Report): readonly string[] => {
  const { source, previousSource, previousRun, acceptedHistory } = report;
  return [
    ...lateSentences(report),
    ...(acceptedHistory === undefined
      ? []
      : [
          `HISTORY ACCEPTED: the history before this audit does not hold (${plainLine(acceptedHistory.problem, MAX_SOURCE)}), and somebody let it go on from ${previousRun === undefined ? 'nothing' : `run ${previousRun}`}: "${plainLine(acceptedHistory.reason, MAX_SOURCE)}". What changed is told since then alone.`,
        ]),
    ...(source && previousSource
      ? [
          `ANOTHER SOURCE: the users came from ${sourceText(source)}; those of run ${previousRun} came from ${sourceText(previousSource)}.`,
        ]
      : []),
  ];
};

/** The same in a word or two each: `LATE`, `ANOTHER SOURCE`. */
export const forewordTags = ({ late, previousSource, acceptedHistory }: Report): readonly string[] => [
  ...(late ? ['LATE'] : []),
  ...(acceptedHistory === undefined ? [] : ['HISTORY ACCEPTED']),
  ...(previousSource === undefined ? [] : ['ANOTHER SOURCE']),
];

const conflictSentences = ({ conflicting = 0 }: Counts): readonly string[] =>
  conflicting === 0
    ? []
    : [
        `RECORDS DIFFER: of ${plural(conflicting, 'user')} there were records that differ. Of a rule's outcomes the worst holds; where a user stands once, it is by the last record.`,
      ];

/** Says of a complete run why its users may not be everybody of its night, as they were; nothing of most runs. */
export const reservations = (run: LookedAt & Pick<Report, 'source' | 'counts'>): readonly string[] => [
  ...lateSentences(run),
  ...[attestedText(run.source)].flatMap((text) => text ?? []),
  ...conflictSentences(run.counts),
];

/** The first two in a word or two each: `LATE`, `ATTESTED, NOT SEEN`. */
export const reservedWords = ({ late, source }: Pick<Report, 'late' | 'source'>): readonly string[] => [
  ...(late ? ['LATE'] : []),
  ...(source?.attestedBy === undefined ? [] : ['ATTESTED, NOT SEEN']),
];

/**
 * Names what a run has not seen of the directory and of its night, as it reads after "not seen"; undefined where it saw
 * everybody, at its time.
 */
export const unseenText = ({
  verdict,
  reason,
  source,
  ...run
}: LookedAt & Pick<Report, 'verdict' | 'reason' | 'source'>): string | undefined => {
  if (verdict !== 'COMPLETE') return reason === undefined ? 'a part of the directory' : UNSEEN[reason];
  if (source?.attestedBy !== undefined) return 'whether the saved roster is the whole directory';
  return run.late && run.listing
    ? `the users as they were that night: they were ${lateText(run.asOf, run.listing)}`
    : undefined;
};

/** `not configured`: how a rule fared. */
export const stateText = (state: RuleOutcome['state']): string => state.replace('-', ' ');

const rolesText = ({
  principals,
  read,
  standIns,
  standInsFrom = '',
  unread,
  reason,
  otherReasons = 0,
}: RoleCounts): string => {
  if (principals === 0) return 'no role of an own or trusted account stands on anybody';
  const other = otherReasons === 0 ? '' : `, ${numberText(otherReasons)} of them for another reason`;
  const why = reason === undefined ? '' : ` (${plainLine(reason, MAX_SOURCE)}${other})`;
  return [
    `${numberText(read)} of ${plural(principals, 'role')} read`,
    ...(standIns === 0
      ? []
      : [`${numberText(standIns)} judged by an earlier answer, the oldest of ${standInsFrom.slice(0, 10)}`]),
    ...(unread === 0 ? [] : [`${numberText(unread)} NOT READ and not judged${why}`]),
  ].join('; ');
};

const groupsText = ({ groups, risky, members, unread }: GroupCounts): string => {
  const seen = `${plural(groups, 'group')}, ${numberText(risky)} that manage users or give credentials, with ${plural(members, 'membership')}`;
  return unread === undefined
    ? seen
    : `NOT READ IN FULL, so that nobody is judged by them (${plainLine(unread, MAX_SOURCE)})`;
};

/** Says how the facts beside the listing were read, each under its name; of what nobody asked for, nothing. */
export const besideTexts = ({
  enriched,
}: Pick<Report, 'enriched'>): readonly (readonly [name: string, text: string])[] => [
  ...(enriched?.iamRoles ? [['Roles', rolesText(enriched.iamRoles)] as const] : []),
  ...(enriched?.permissionGroups ? [['Groups', groupsText(enriched.permissionGroups)] as const] : []),
];

/** The part of the facts beside the listing that is missing: nothing, some, or all that this run should have read. */
const lackOf = ({ iamRoles, permissionGroups }: EnrichedCounts = {}) => {
  const { principals = 0, read = 0, unread = 0 } = iamRoles ?? {};
  return {
    Roles: principals > 0 && read === 0 ? 2 : Number(unread > 0),
    Groups: Number(permissionGroups?.unread !== undefined),
  } as const;
};

/** Says what a run could not read beside the listing though the last complete one could, or lacked less; undefined of most runs. */
export const newlyUnread = (
  { enriched }: Pick<Report, 'enriched'>,
  before: EnrichedCounts | undefined,
): string | undefined => {
  const [own, other] = [lackOf(enriched), lackOf(before)];
  const lacking = besideTexts(enriched === undefined ? {} : { enriched }).filter(
    ([name]) => own[name as keyof typeof own] > other[name as keyof typeof own],
  );
  if (lacking.length === 0) return undefined;
  const what = lacking.map(([name, text]) => `${name.toLowerCase()} (${text})`).join(', ');
  return `NOT ALL READ: ${what}. Who fails by what was not read does not stand here.`;
};

/** Says how often a listing was begun anew, as the end of a sentence; empty where it never was. */
export const begunAnew = ({ restarts = 0 }: Pick<ListingCounts, 'restarts'>): string => {
  if (restarts === 0) return '';
  const times = restarts === 1 ? 'once' : `${restarts} times`;
  return `; the listing was begun anew ${times}, since the service no longer took a page token`;
};

/** A finding's message on one line of at most so many characters: addresses are masked, unless its rule may name people. */
export const messageLine = (message: string, rule: Pick<RuleText, 'names'> | undefined, most?: number): string =>
  rule?.names ? truncate(oneLine(message), most ?? Infinity) : plainLine(message, most);
