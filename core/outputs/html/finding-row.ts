import type { Finding } from '../../../rules/engine/finding.ts';
import { memberAsGiven, serialiseRecord } from '../../../rules/engine/record.ts';
import { DAY_MS, readTime } from '../../../rules/engine/time.ts';
import type { User } from '../../../rules/engine/user.ts';
import { type HighlightKind, kindOf } from '../../model/highlights.ts';
import type { momentsOf } from '../../model/listing.ts';
import { causeText, HIGHLIGHT_WORDS } from '../../model/words.ts';
import { maskAddresses, plural, truncate } from '../../text/plain-text.ts';
import { day } from './instant.ts';
import { foreign, type Html, html } from './markup.ts';
import { severityWord } from './severity.ts';

/** The most characters of an id, a message and a value of the evidence. */
export const MAX_ID = 160;
const MAX_MESSAGE = 500;
const MAX_VALUE = 160;
const MAX_VALUES = 16;

/** The kinds that pages tell apart: a finding that people are reminded of is an open one. */
export type Shown = Exclude<HighlightKind, 'reminder'>;

/** In the order in which they matter to a reader. */
export const KIND_ORDER = (Object.keys(HIGHLIGHT_WORDS) as HighlightKind[]).filter((kind) => kind !== 'reminder');

/** The settings by which all findings of a page are shown. */
export interface Showing {
  readonly moments: ReturnType<typeof momentsOf>;
  /** Whether people are told by name and e-mail address. */
  readonly areNamesShown: boolean;
}

/** The members of a record that name a person. */
const NAMING: ReadonlySet<string> = new Set(['firstName', 'lastName', 'emailAddress'] satisfies (keyof User)[]);

const NOT_SHOWN = '[not shown]';

/** Evidence without the members that name people, however deep they stand; numbers are as they came. */
const unnamed = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || JSON.isRawJSON(value)) return value;
  const withoutNames = (name: string): unknown => unnamed(memberAsGiven(value, name));
  if (Array.isArray(value)) return value.map((_, index) => withoutNames(String(index)));
  return Object.fromEntries(
    Object.keys(value).map((name) => [name, NAMING.has(name) ? NOT_SHOWN : withoutNames(name)]),
  );
};

/** An observed value, verbatim; beside a time in milliseconds the date that it means. */
const valueText = (shown: object, name: string, { moments, areNamesShown }: Showing): string => {
  if (!areNamesShown && NAMING.has(name)) return NOT_SHOWN;
  const observed = memberAsGiven(shown, name);
  const given = areNamesShown ? observed : unnamed(observed);
  const observedText = typeof given === 'string' || given === undefined ? String(given) : serialiseRecord(given);
  const text = areNamesShown ? observedText : maskAddresses(observedText);
  const time = name.endsWith('Time') && readTime(Reflect.get(shown, name), moments);
  const date = typeof time === 'number' ? ` (${new Date(time).toISOString().slice(0, 10)})` : '';
  return truncate(text, MAX_VALUE) + date;
};

const evidence = (finding: Finding, showing: Showing): Html | undefined => {
  const entries = Object.keys(finding.evidence);
  if (entries.length === 0) return undefined;
  const rest = entries.length - MAX_VALUES;
  return html`<span class="evidence">${entries
    .slice(0, MAX_VALUES)
    .map(
      (name) =>
        html`<span><b>${truncate(name, MAX_ID)}</b> ${foreign(valueText(finding.evidence, name, showing))}</span>`,
    )}${rest > 0 && `and ${rest} more`}</span>`;
};

const waiverNote = ({ waiver }: Finding): Html | undefined => {
  if (waiver === undefined) return undefined;
  const { reason, ticket, owner, approver, expires } = waiver;
  return html`<span class="note">Waived until ${expires}: ${foreign(truncate(reason, MAX_MESSAGE))}${ticket !== undefined && html` (${foreign(truncate(ticket, MAX_ID))})`}; owner ${foreign(truncate(owner, MAX_ID))}, approved by ${foreign(truncate(approver, MAX_ID))}</span>`;
};

const notes = (finding: Finding): Html => {
  const { escalatedFrom, severity, carried, state } = finding;
  return html`${escalatedFrom !== undefined && html`<span class="note">Raised from ${severityWord(escalatedFrom)} to ${severityWord(severity)}</span>`}${carried === true && html`<span class="note">Could not be assessed this time: it stands as it was</span>`}${state === 'resolved' && html`<span class="note">Resolved: ${causeText(finding)}</span>`}${waiverNote(finding)}`;
};

/** Names the subject of a finding. */
export const subjectHtml = ({ subject }: Finding): Html => {
  if (subject.kind === 'environment') return html`the environment`;
  return subject.id === '' ? html`(no readable id)` : html`<code>${foreign(truncate(subject.id, MAX_ID))}</code>`;
};

/** Tells what was found, with its notes and its evidence. */
const findingText = (finding: Finding, showing: Showing): Html =>
  html`${foreign(truncate(showing.areNamesShown ? finding.message : maskAddresses(finding.message), MAX_MESSAGE))}${notes(finding)}${evidence(finding, showing)}`;

const stateTag = (kind: Shown): Html => html`<span class="state ${kind}">${HIGHLIGHT_WORDS[kind].tag}</span>`;

/** Tells for how long a finding has been there, and in how many runs. */
const ageCell = ({ firstSeen, runs }: Finding, kind: Shown, { moments }: Showing): Html => {
  const days = Math.max(0, Math.floor((moments.now - Date.parse(firstSeen)) / DAY_MS));
  return html`<td class="age" data-sort="${days}">${kind === 'event' ? day(firstSeen) : html`${plural(days, 'day')}, ${plural(runs, 'run')}<span class="evidence">since ${day(firstSeen)}</span>`}</td>`;
};

/** The cells of a finding that are the same in whatever table it stands. */
export interface FindingCells {
  readonly finding: Finding;
  readonly kind: Shown;
  readonly state: Html;
  /** The finding, with its notes and its evidence. */
  readonly text: Html;
  readonly age: Html;
}

export const findingCells = (finding: Finding, showing: Showing): FindingCells => {
  const kind = kindOf(finding);
  return {
    finding,
    kind,
    state: stateTag(kind),
    text: findingText(finding, showing),
    age: ageCell(finding, kind, showing),
  };
};

/** A row of the table of a group, whose findings are of one severity; scripts filter by its attributes. */
export const findingRow = ({ finding, kind, state, text, age }: FindingCells): Html =>
  html`<tr data-severity="${finding.severity}" data-state="${kind}"><td data-sort="${KIND_ORDER.indexOf(kind)}">${state}</td><td class="who">${subjectHtml(finding)}</td><td class="what">${text}</td>${age}</tr>\n`;
