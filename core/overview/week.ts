import type { ConfiguredRule } from '../../rules/engine/configure.ts';
import { SEVERITIES } from '../../rules/engine/severity.ts';
import { DAY_MS } from '../../rules/engine/time.ts';
import type { WaiverTrouble } from '../../rules/engine/waiver.ts';
import { rules } from '../../rules/index.ts';
import type { Archive } from '../archive/archive.ts';
import { ArchiveError } from '../archive/errors.ts';
import type { Manifest } from '../archive/manifest.ts';
import { readFindings } from '../archive/read-findings.ts';
import { readRunObject } from '../archive/read-run.ts';
import { type ArchivedRun, readReport } from '../archive/runs.ts';
import { attemptsWithin, runsWithin } from '../archive/stretch.ts';
import { type Audience, isWanted } from '../config/recipient.ts';
import { collectHighlights, type Highlight, isNews } from '../model/highlights.ts';
import type { Report } from '../model/report.ts';
import { runName } from '../model/run-name.ts';
import { WORST_FIRST } from '../model/trend.ts';
import { attestedText, BAD_NEWS, countedHighlights, forewords, newlyUnread } from '../model/words.ts';
import type { Alert } from '../notify/channel.ts';
import { blocksWithin, linesOf, MOST_LINES, type RuleWords, waiverLines } from '../notify/digest/body.ts';
import { countOf } from '../notify/digest/subject.ts';
import type { ScheduledRun } from '../schedule/scheduled-runs.ts';
import { numberText, plainLine, plural, wrap } from '../text/plain-text.ts';
import { headLines, MAX_SUBJECT, nameOf, type OverviewNight, section } from './mail.ts';
import { type EnvironmentState, lookedAt } from './read.ts';

/** The news of an environment for an audience: all since its last mail. */
export interface EnvironmentWeek {
  readonly state: EnvironmentState;
  /** The complete runs that it is read from. */
  readonly nights: number;
  readonly news: readonly Highlight[];
  /** The operators' own rules that judged, by their ids. */
  readonly ownRules: ReadonlyMap<string, RuleWords>;
  /** As runs told of them; of each the last. */
  readonly troubles: readonly WaiverTrouble[];
  /** Sentences about what is not known of the week, or was not as it should be. */
  readonly notes: readonly string[];
}

const MOST_TEXT = 200;

/** The most lines of what is not known, and the most heads: what is beyond is counted. */
const MOST_NOTES = 20;
const MOST_HEADS = 25;

/** The fewest lines in which an environment's findings are told one by one. */
const LEAST_LINES = 14;

/** The rules of the catalogue. */
const CATALOGUE = new Map(rules.map((rule) => [rule.id, rule]));

const troubleKey = ({ kind, rule, user }: WaiverTrouble): string => JSON.stringify([kind, rule, user]);

/** Reads the operators' own rules as they judged a run: their words, without the engine that judges by them. */
const readOwnRules = async (
  archive: Archive,
  manifest: Manifest,
): Promise<readonly (readonly [string, RuleWords])[]> => {
  if (manifest.objects.ruleset === undefined) return [];
  const judgedBy = (await readRunObject(archive, manifest, 'ruleset')) as readonly ConfiguredRule[];
  return judgedBy.flatMap(({ rule: { id, title, remediation, names } }) =>
    CATALOGUE.has(id) ? [] : [[id, { title, remediation, ...(names && { names }) }] as const],
  );
};

const runsText = ([first = '', ...others]: readonly string[]): string =>
  others.length === 0 ? first : `${first} and ${plural(others.length, 'later run')}`;

/** The nights that a schedule asked for since the last mail, up to the night of this one. */
export interface OwedNights {
  readonly nights: readonly ScheduledRun[];
  readonly timezone: string;
}

/**
 * Says how many nights before the last complete run nobody has seen; undefined where none. A night lasts until the next one:
 * a saved roster may be audited whenever it came.
 * @param looked the moments at which complete runs looked, in milliseconds since the epoch, in order
 * @param since nobody owed a night before
 */
const missedText = ({ nights, timezone }: OwedNights, looked: readonly number[], since: number): string | undefined => {
  const begins = nights.flatMap(({ instants: [first], localTime }) =>
    first === undefined ? [] : [{ first, localTime }],
  );
  const missed = begins.filter(({ first }, index) => {
    const next = begins[index + 1]?.first ?? Number.POSITIVE_INFINITY;
    return first >= since && first < (looked.at(-1) ?? 0) && !looked.some((moment) => moment >= first && moment < next);
  });
  const [earliest] = missed;
  return (
    earliest &&
    `no run is complete of ${plural(missed.length, 'night')} that ${missed.length === 1 ? 'was' : 'were'} due, the first ${earliest.localTime} ${timezone}`
  );
};

/**
 * Reads what was news in an environment after a run, findings of the wanted severities alone.
 * @param since the run that was told last; undefined: a week before the night
 * @param night in milliseconds since the epoch
 * @param owed undefined where nobody owes its nights
 */
export const readWeek = async (
  archive: Archive,
  state: EnvironmentState,
  audience: Audience,
  since: string | undefined,
  night: number,
  owed?: OwedNights,
): Promise<EnvironmentWeek> => {
  const { environmentId, last, unseen } = state;
  const from = since ?? runName(new Date(night - 7 * DAY_MS));
  const highlights = collectHighlights();
  const troubles = new Map<string, WaiverTrouble>();
  const notes = unseen === undefined ? [] : [unseen];
  const ownRules = new Map<string, RuleWords>();
  /** Of the run that was read last: many are judged by the same rules. */
  let ruleset: string | undefined;
  let nights = 0;
  const looked: number[] = [];
  /** Of each thing to be said of runs, those of which it is. */
  const said = new Map<string, string[]>();
  let enriched: Report['enriched'];

  const read = async ({ run, stored, problem }: ArchivedRun): Promise<void> => {
    if (stored === undefined || problem !== undefined) throw new ArchiveError(problem ?? 'it has no manifest');
    const report = await readReport(archive, stored.manifest);
    for (const sentence of [...forewords(report), attestedText(report.source), newlyUnread(report, enriched)])
      if (sentence !== undefined) said.set(sentence, [...(said.get(sentence) ?? []), run]);
    enriched = report.enriched;
    for (const trouble of report.waiverTroubles ?? []) troubles.set(troubleKey(trouble), trouble);
    for await (const finding of readFindings(archive, stored.manifest))
      if (isWanted(finding.severity, audience)) highlights.add(finding);
    const { key } = stored.manifest.objects.ruleset ?? {};
    nights += 1;
    if (key === ruleset) return;
    for (const [id, words] of await readOwnRules(archive, stored.manifest)) ownRules.set(id, words);
    ruleset = key;
  };
  try {
    const all = last === undefined ? [] : await runsWithin(archive, environmentId, { from, to: last.report.run });
    const runs = all.filter(({ run }) => run > from);
    for (const run of runs)
      try {
        if (run.stored !== undefined) looked.push(lookedAt(run.stored.manifest));
        await read(run);
      } catch (error) {
        if (!(error instanceof ArchiveError)) throw error;
        notes.push(`what run ${run.run} found can't be read: ${error.message}`);
      }
    const attempts = await attemptsWithin(archive, environmentId, { from }, all);
    const ended = new Map(attempts.map(({ run, report }) => [run, report]));
    for (const [run, report] of ended)
      notes.push(`run ${run} is ${report?.verdict ?? 'INCOMPLETE'} (${report?.reason ?? 'it broke off'})`);
    const isBegun = since !== undefined || runs[0]?.stored?.manifest.previous !== undefined;
    const missed = owed && missedText(owed, looked, isBegun ? Number.NEGATIVE_INFINITY : (looked[0] ?? 0));
    if (missed !== undefined) notes.push(missed);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    notes.push(`its history can't be read: ${error.message}`);
  }
  return {
    state,
    nights,
    news: highlights.list().filter(({ kind }) => isNews(kind)),
    ownRules,
    troubles: [...troubles.values()],
    notes: [...notes, ...[...said].map(([sentence, runs]) => `${runsText(runs)}: ${sentence}`)],
  };
};

const isEventful = ({ news, troubles }: EnvironmentWeek): boolean => news.length + troubles.length > 0;

/** Says in numbers what changed, each kind for itself, the worst first. */
const newsTexts = (news: readonly Highlight[]): readonly string[] => {
  const texts = [...BAD_NEWS, 'resolved' as const].flatMap((kind) => {
    const count = countOf(news, [kind]);
    return count === 0 ? [] : [countedHighlights(kind, count)];
  });
  return texts.length === 0 ? ['nothing changed'] : texts;
};

/** Leaves out what does not fit into a subject, and shows that: a number that is cut is another number. */
const subjectOf = (beginning: string, texts: readonly string[]): string => {
  const forms = texts.map((_, left) => [...texts.slice(0, texts.length - left), ...(left === 0 ? [] : ['...'])]);
  const fitting = forms.map((form) => beginning + form.join(', ')).find(({ length }) => length <= MAX_SUBJECT);
  return fitting ?? `${beginning}...`;
};

const standingText = ({ state: { last } }: EnvironmentWeek, audience: Audience): string => {
  if (last === undefined) return 'what stands is unknown';
  const { bySeverity } = last.report.findings;
  const counts = WORST_FIRST.filter((severity) => isWanted(severity, audience) && bySeverity[severity] > 0);
  return `standing ${counts.map((severity) => `${numberText(bySeverity[severity])} ${severity}`).join(', ') || 'none'}`;
};

const summaryLine = (week: EnvironmentWeek, audience: Audience): string => {
  const seen = `${newsTexts(week.news).join(', ')} in ${plural(week.nights, 'complete run')}`;
  const closed = week.state.isClosed ? '; CLOSED: nobody looks any more' : '';
  return wrap(`${nameOf(week.state)}: ${seen}; ${standingText(week, audience)}${closed}`, '  ');
};

/** The severities that an audience wants, in words. */
const audienceText = ({ minSeverity, maxSeverity }: Audience): string => {
  if (minSeverity === undefined && maxSeverity === undefined) return 'of every severity';
  if (minSeverity === undefined) return `up to ${maxSeverity}; what is worse is not in this mail`;
  if (maxSeverity === undefined) return `from ${minSeverity} on; what is milder is not in this mail`;
  return `from ${minSeverity} to ${maxSeverity}; what is worse or milder is not in this mail`;
};

/**
 * Composes the mail about a week, which is sent whatever happened, under 200 lines: what nobody has seen, then each
 * environment in numbers, then what changed, as far as there is room.
 */
export const weekMail = (
  weeks: readonly EnvironmentWeek[],
  { audience, name, pageLocation }: OverviewNight & { readonly audience: Audience },
): Alert => {
  const eventful = weeks.filter(isEventful);
  const all = weeks.flatMap(({ news }) => news);
  const notes = weeks.flatMap(({ state, notes: of }) =>
    of.map((note) => wrap(`${nameOf(state)}: ${plainLine(note, MOST_TEXT)}`, '')),
  );
  const unseen = weeks.filter(({ notes: of }) => of.length > 0).length;
  const found = SEVERITIES.filter((severity) => all.some(({ severities }) => (severities[severity] ?? 0) > 0));
  const notSeen = unseen === 0 ? '' : `${plural(unseen, 'environment')} NOT SEEN each night; `;

  const numbers = section(
    'EACH ENVIRONMENT',
    [...eventful, ...weeks.filter((week) => !isEventful(week))].map((week) => summaryLine(week, audience).trim()),
  );
  const first = linesOf([
    `FinSpace access audits of ${plural(weeks.length, 'environment')}, the week up to ${name}`,
    wrap(`${notSeen}${newsTexts(all).join(', ')}.`),
    wrap(`Findings ${audienceText(audience)}.`),
    `Page: ${pageLocation}`,
    '',
    ...section('NOT SEEN, or not as it should be: nothing is to be read as fine', notes, MOST_NOTES),
    ...numbers,
  ]);
  const last = headLines(
    weeks.map(({ state }) => state),
    MOST_HEADS,
  );
  const lines: string[] = [];
  for (const [index, { state, news, ownRules, troubles }] of eventful.entries()) {
    const room = MOST_LINES - first.length - last.length - lines.length;
    if (room < LEAST_LINES) {
      lines.push(`And ${plural(eventful.length - index, 'more environment')} with news, by number above.`);
      break;
    }
    const share = Math.max(LEAST_LINES, Math.floor(room / Math.min(eventful.length - index, 4))) - 3;
    const waivers =
      troubles.length === 0 ? [] : ['', 'Waivers to see to', ...waiverLines(troubles, Math.floor(share / 2) - 2)];
    lines.push(
      nameOf(state),
      ...blocksWithin({ rules: new Map([...CATALOGUE, ...ownRules]) }, news, share - waivers.length),
      ...waivers,
      '',
    );
  }
  return {
    subject: subjectOf(`FinSpace, the week up to ${name.slice(0, 10)}: ${notSeen}`, newsTexts(all)),
    body: [...first, ...lines, ...last].join('\n'),
    attributes: {
      environment: 'all',
      verdict: unseen === 0 ? 'COMPLETE' : 'INCOMPLETE',
      maxSeverity: unseen > 0 ? 'CRITICAL' : (found.at(-1) ?? 'INFORMATIONAL'),
      audience: audience.label,
    },
  };
};
