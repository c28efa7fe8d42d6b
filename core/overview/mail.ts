import { type Severity, severityRank, worstSeverity } from '../../rules/engine/severity.ts';
import type { Alert } from '../notify/channel.ts';
import { plainLine, plural, toAscii, truncate } from '../text/plain-text.ts';
import { summaryOf } from './page.ts';
import { type EnvironmentState, worstChange } from './read.ts';
import { changeTexts, lackText, oddityText, savedText, standingText } from './words.ts';

/** The most lines of a section: what is beyond is counted, and stands on the page. */
const MOST_LINES = 35;

/** The most heads, of 80 characters each. */
const MOST_HEADS = 60;

const MOST_NAME = 40;
const MOST_TEXT = 160;

/** SNS takes fewer than 100 characters. */
export const MAX_SUBJECT = 99;

export const nameOf = ({ environmentId, name }: EnvironmentState): string =>
  name === undefined ? environmentId : `${truncate(plainLine(toAscii(name)), MOST_NAME)} (${environmentId})`;

export const section = (title: string, lines: readonly string[], most = MOST_LINES): readonly string[] => {
  if (lines.length === 0) return [];
  const beyond = lines.length - most;
  const rest = beyond > 0 ? [`  and ${beyond} more, on the page`] : [];
  return [`${title} (${lines.length})`, ...lines.slice(0, most).map((line) => `  ${line}`), ...rest, ''];
};

const withReservations = (state: EnvironmentState, text: string): string => {
  const reserved = [savedText(state), lackText(state)].filter((one) => one !== '').join('; ');
  return reserved === '' ? text : `${text} (${reserved})`;
};

const standing = (state: EnvironmentState): string =>
  withReservations(state, (state.last && standingText(state.last.report)) || 'no findings');

/** By its severity what was seen late, or from elsewhere, reaches everybody. */
const severityOf = (state: EnvironmentState): Severity =>
  oddityText(state) === '' ? (worstChange(state) ?? 'INFORMATIONAL') : 'CRITICAL';

const changedLine = (state: EnvironmentState): string => {
  const [latest = oddityText(state), ...earlier] = changeTexts(state);
  const more = earlier.length === 0 ? '' : `; and ${plural(earlier.length, 'earlier run')} with changes`;
  return `${severityOf(state)} ${nameOf(state)}: ${withReservations(state, truncate(latest, MOST_TEXT))}${more}`;
};

const rankOf = (state: EnvironmentState): number => severityRank(severityOf(state));

const isSeen = ({ unseen, isClosed }: EnvironmentState): boolean => unseen === undefined && !isClosed;

/** Whether something is to be told of what was seen: what changed, or that it was seen late or from elsewhere. */
const isNews = (state: EnvironmentState): boolean =>
  changeTexts(state).length > 0 || (isSeen(state) && oddityText(state) !== '');

export interface OverviewNight {
  /** The time that clocks showed when it was due, and their zone. */
  readonly name: string;
  /** Of the page of all environments, for people. */
  readonly pageLocation: string;
}

/** The heads of the chains, each as `N:SHA256 ENVIRONMENT`. */
export const headLines = (states: readonly EnvironmentState[], most: number): readonly string[] => {
  const heads = states.flatMap(({ environmentId, last }) =>
    last?.head === undefined ? [] : [`  ${last.head} ${environmentId}`],
  );
  if (heads.length === 0) return [];
  return [
    'HEADS: keep this mail, verify --head FILE proves that nothing up to these is gone',
    ...heads.slice(0, most),
    ...(heads.length > most ? [`  and ${heads.length - most} more in the archive`] : []),
    '',
  ];
};

/** Says what was seen, and what changed: of what was seen only what was not, where there is no room for more. */
const subjectOf = (states: readonly EnvironmentState[], changes: string): string => {
  const form = (isBrief: boolean): string => `FinSpace, all environments: ${summaryOf(states, isBrief)}; ${changes}`;
  return form(form(false).length > MAX_SUBJECT).slice(0, MAX_SUBJECT);
};

/**
 * Composes the one mail about the night of all environments, which is sent whatever happened: what nobody has seen comes
 * first, and by its severity reaches everybody.
 */
export const overviewMail = (states: readonly EnvironmentState[], { name, pageLocation }: OverviewNight): Alert => {
  const unseen = states.filter((state) => state.unseen !== undefined);
  // Late news of one whose last night is missing is told as well.
  const changed = states.filter(isNews).toSorted((one, other) => rankOf(other) - rankOf(one));
  const quiet = states.filter((state) => isSeen(state) && !isNews(state));
  const closed = states.filter(({ isClosed }) => isClosed);
  const inOrder = [...changed, ...states.filter((state) => !changed.includes(state))];
  const severities = changed.map(severityOf);
  const worst = worstSeverity(unseen.length > 0 ? ['CRITICAL'] : severities) ?? 'INFORMATIONAL';
  const changes =
    changed.length === 0 ? 'nothing changed' : `${changed.length} changed (worst ${worstSeverity(severities)})`;

  return {
    subject: subjectOf(states, changes),
    body: [
      `FinSpace access audits of ${plural(states.length, 'environment')}, night of ${name}`,
      `${summaryOf(states)}; ${changes}.`,
      `Page: ${pageLocation}`,
      '',
      ...section(
        'NOT SEEN: nothing is known of these, and nothing is to be read as fine',
        unseen.map((state) => `${nameOf(state)}: ${state.unseen}`),
      ),
      ...section('CHANGED', changed.map(changedLine)),
      ...section(
        'UNCHANGED, with what stands',
        quiet.map((state) => `${nameOf(state)}: ${standing(state)}`),
      ),
      ...section('CLOSED: nobody looks any more', closed.map(nameOf)),
      ...headLines(inOrder, MOST_HEADS),
    ].join('\n'),
    attributes: { environment: 'all', verdict: unseen.length === 0 ? 'COMPLETE' : 'INCOMPLETE', maxSeverity: worst },
  };
};
