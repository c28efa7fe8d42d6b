import type { Context } from '../../../rules/engine/context.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import type { Severity } from '../../../rules/engine/severity.ts';
import type { User } from '../../../rules/engine/user.ts';
import type { ArchivedUser } from '../../archive/repeated-records.ts';
import type { SpoolFolder } from '../../archive/staging.ts';
import { WORST_FIRST } from '../../model/trend.ts';
import {
  type ShownUsers,
  standingOf,
  USER_STANDINGS,
  type UserOrder,
  type UserStanding,
} from '../../model/user-order.ts';
import { fullNameOf, groupsCell, memberText, roleCell, timeCell } from '../../model/user-text.ts';
import { besideTexts, faultText, HIGHLIGHT_WORDS } from '../../model/words.ts';
import { numberText, plural, truncate } from '../../text/plain-text.ts';
import type { Output, RunFacts } from '../output.ts';
import { companionPage, VIEWS } from './companion.ts';
import { type FindingCells, MAX_ID, type Shown } from './finding-row.ts';
import { findingsFilter } from './findings.ts';
import { findingGroups } from './groups.ts';
import { foreign, type Html, html, trusted } from './markup.ts';
import { besideLinks, furtherPages, PAGE_BYTES, pageFile, pageLinks } from './page-series.ts';
import { type RowSorter, rowSorter } from './row-sorter.ts';
import { severityBadge } from './severity.ts';

/** The most users that pages show; of a million who fail, those are the ones that somebody looks at one by one. */
export const MOST_USERS = 5000;

/** Bytes that the findings of one user may take. */
const USER_BYTES = 100_000;

/** The most pages, whatever the length of evidence. */
const MOST_PAGES = 20;

/** The members of a user that are shown besides its findings; undefined where the listing does not have it. */
interface Person {
  readonly name: string;
  readonly address: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** A finding of a user as pages show it. */
export interface UserRow {
  /** The place of the user among those who are shown. */
  readonly place: number;
  readonly severity: Severity;
  readonly kind: Shown;
  readonly markup: string;
}

/** The material of the pages by user. */
export interface UserSources {
  /** Those of some users who were listed, each once, and perhaps others. */
  users(ids: Pick<ReadonlySet<string>, 'has'>): AsyncIterable<ArchivedUser>;
  /** By which permission groups and roles are told. */
  readonly context: Context;
  /** By which users are shown, of the findings of the run. */
  readonly userOrder: UserOrder;
  /** Whether there is time for more than what a run must have. */
  hasTime(): boolean;
}

/** `users.html`. */
export const usersOutput: Output = {
  area: 'reports',
  file: VIEWS.users.href,
  label: 'Findings by user',
  furtherLabel: 'Findings by user',
};

/** The file that a page by user is in; the first is 1. */
export const usersFile = (page: number): string => pageFile(usersOutput.file, page);

const personOf = (user: User, context: Context, areNamesShown: boolean): Person => {
  const { type, status, apiAccess, principalArn = '', lastLoginTime } = user;
  const facts: readonly (readonly [string, string])[] = [
    ['Type', memberText(type)],
    ['Status', memberText(status)],
    ['API access', [memberText(apiAccess), principalArn].filter((text) => text !== '').join(', ')],
    ['Last login', timeCell(lastLoginTime, context).replace(/^(.{10})T(.{5}).*Z$/, '$1 $2 UTC')],
    ...(context.memberships === undefined
      ? []
      : [['Permission groups', groupsCell(user, context) || 'none that gives further access'] as const]),
    ...(context.roles === undefined ? [] : [['IAM role', roleCell(user, context)] as const]),
  ];
  return {
    name: areNamesShown ? fullNameOf(user) : '',
    address: areNamesShown ? memberText(user.emailAddress) : '',
    facts: facts.filter(([, value]) => value !== ''),
  };
};

const rowMarkup = ({ finding, kind, state, text, age }: FindingCells, fault: string): string => {
  const { severity, ruleId } = finding;
  return html`<tr data-severity="${severity}" data-state="${kind}" data-rule="${ruleId}"><td>${state}</td><td class="who">${severityBadge(severity)} ${fault}<span class="evidence"><code>${ruleId}</code></span></td><td class="what">${text}</td>${age}</tr>\n`
    .markup;
};

/** `2 critical, 1 high; 1 waived`: of the findings that stand by severity, and what is apart. */
const talliesOf = (rows: readonly UserRow[]): string => {
  const apart = (['event', 'waived'] as const).map(
    (kind) => [HIGHLIGHT_WORDS[kind].tag, rows.filter((row) => row.kind === kind).length] as const,
  );
  const standing = rows.filter(({ kind }) => kind !== 'event' && kind !== 'waived');
  const bySeverity = WORST_FIRST.map(
    (severity) => [severity.toLowerCase(), standing.filter((row) => row.severity === severity).length] as const,
  );
  return [...bySeverity, ...apart]
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${numberText(count)} ${word}`)
    .join(', ');
};

const isStanding = ({ kind }: UserRow): boolean => kind !== 'event' && kind !== 'waived';

/** @param fitting those of the rows that there is room for */
const personSection = (
  id: string,
  person: Person | undefined,
  rows: readonly UserRow[],
  fitting: readonly UserRow[],
): string => {
  const leftOut = rows.length - fitting.length;
  const worst = WORST_FIRST.find((severity) => rows.some((row) => isStanding(row) && row.severity === severity));
  const { name = '', address = '', facts = [] } = person ?? {};
  const shownId = html`<code>${id === '' ? '(no readable id)' : foreign(truncate(id, MAX_ID))}</code>`;
  const who = name === '' ? shownId : html`${foreign(truncate(name, MAX_ID))} ${shownId}`;
  return html`<details class="card rule person" data-group=""><summary data-words><h3>${worst && severityBadge(worst)} ${who}</h3>${address !== '' && html`<span class="address">${foreign(truncate(address, MAX_ID))}</span>`}<span class="tallies">${talliesOf(rows)}</span></summary>
<dl class="about" data-words>${person === undefined && html`<div><dt>Not listed</dt><dd>this run did not see this user</dd></div>`}${facts.map(([fact, value]) => html`<div><dt>${fact}</dt><dd>${foreign(truncate(value, 2 * MAX_ID))}</dd></div>`)}</dl>
<table class="findings"><caption class="label">Findings of ${truncate(id, MAX_ID)}</caption><thead><tr><th scope="col">State</th><th scope="col">Rule</th><th scope="col">Finding and evidence</th><th scope="col">Age</th></tr></thead><tbody>
${fitting.map(({ markup }) => trusted(markup))}</tbody></table>${leftOut > 0 && html`<p class="rest" data-hidden="${leftOut}">And ${plural(leftOut, 'further finding')} of this user, in <a href="findings.csv">findings.csv</a> beside this page.</p>`}</details>\n`
    .markup;
};

const digits = (value: number, width: number): string => String(value).padStart(width, '0');

/** The places of users among those who are shown, by their ids. */
const placesOf = (ids: readonly string[]): ReadonlyMap<string, number> => new Map(ids.map((id, place) => [id, place]));

/** The rows of the users who are shown, user by user in the order in which those are shown, the worst of each first. */
export class UserRows {
  readonly #places: ReadonlyMap<string, number>;
  readonly #faults: ReadonlyMap<string, string | undefined>;
  readonly #sorter: RowSorter<UserRow>;

  constructor({ rules }: Pick<RunFacts, 'rules'>, { ids }: ShownUsers, spools: SpoolFolder) {
    this.#places = placesOf(ids);
    this.#faults = new Map(rules.map(({ rule }) => [rule.id, rule.fault]));
    this.#sorter = rowSorter(spools);
  }

  /** Tells whether pages show a finding. */
  has(finding: Finding): boolean {
    return standingOf(finding) !== undefined && this.#places.has(finding.subject.id);
  }

  /** Await what it returns, it holds the writer back to the disk's pace. */
  write(cells: FindingCells): Promise<void> | undefined {
    const { finding, kind } = cells;
    const { severity, ruleId, subject } = finding;
    const markup = rowMarkup(cells, faultText(ruleId, this.#faults.get(ruleId)));
    const row: UserRow = { place: this.#places.get(subject.id) ?? 0, severity, kind, markup };
    const rank = `${Number(!isStanding(row))}${WORST_FIRST.indexOf(severity)}`;
    return this.#sorter.write(row, `${digits(row.place, 6)}${rank}${ruleId}`);
  }

  /** Gives the rows in order, once all were written. */
  sorted(): Promise<Iterable<UserRow>> {
    return this.#sorter.sorted();
  }
}

/** Reads what is shown of the users besides their findings; undefined where there is no time for it. */
const readPeople = async (
  { areNamesShown = true }: Pick<RunFacts, 'areNamesShown'>,
  { users, context, hasTime }: UserSources,
  { ids }: ShownUsers,
): Promise<ReadonlyMap<string, Person> | undefined> => {
  const people = new Map<string, Person>();
  if (ids.length === 0) return people;
  const places = placesOf(ids);
  for await (const { user } of users(places)) {
    if (!hasTime()) return undefined;
    if (places.has(user.id)) people.set(user.id, personOf(user, context, areNamesShown));
  }
  return people;
};

function* byUser(rows: Iterable<UserRow>): Generator<readonly [UserRow, ...UserRow[]]> {
  let own: [UserRow, ...UserRow[]] | undefined;
  for (const row of rows) {
    if (own?.[0].place === row.place) {
      own.push(row);
      continue;
    }
    if (own !== undefined) yield own;
    own = [row];
  }
  if (own !== undefined) yield own;
}

/** A page by user. */
export interface UsersPage {
  /** From 1. */
  readonly page: number;
  readonly text: string;
}

/** Lays users out on pages, each within its bytes. */
class UserPages {
  readonly #leftOut: Map<UserStanding, number>;
  #first: string | undefined;
  #page = 1;
  #parts: string[] = [];
  #bytes = 0;

  constructor({ leftOut }: ShownUsers) {
    this.#leftOut = new Map(leftOut);
  }

  /** The number of the page that is being filled. */
  get page(): number {
    return this.#page;
  }

  /** The users of the page that is being filled. */
  get sections(): string {
    return this.#parts.join('');
  }

  /** The users of the first page. */
  get first(): string {
    return this.#first ?? this.sections;
  }

  get leftOut(): ShownUsers['leftOut'] {
    return USER_STANDINGS.flatMap((worst) => {
      const count = this.#leftOut.get(worst) ?? 0;
      return count === 0 ? [] : [[worst, count] as const];
    });
  }

  /** Puts a user on the page that is being filled; false where there is no room for it. */
  add(id: string, person: Person | undefined, rows: readonly UserRow[]): boolean {
    let bytes = 0;
    const fitting = rows.filter(({ markup }) => {
      bytes += Buffer.byteLength(markup);
      return bytes <= USER_BYTES;
    });
    const section = personSection(id, person, rows, fitting);
    const size = Buffer.byteLength(section);
    if (this.#bytes > 0 && this.#bytes + size > PAGE_BYTES) return false;
    this.#parts.push(section);
    this.#bytes += size;
    return true;
  }

  leaveOut(rows: readonly UserRow[]): void {
    const worst = rows.find(isStanding)?.severity ?? 'apart';
    this.#leftOut.set(worst, (this.#leftOut.get(worst) ?? 0) + 1);
  }

  turn(): void {
    this.#first ??= this.sections;
    this.#page += 1;
    this.#parts = [];
    this.#bytes = 0;
  }
}

const worstText = (worst: UserStanding): string =>
  worst === 'apart' ? 'with changes and waived findings only' : `whose worst is ${worst.toLowerCase()}`;

const leftOutText = (leftOut: ShownUsers['leftOut']): Html | undefined =>
  leftOut.length === 0
    ? undefined
    : html` <strong>Left out of these pages: ${leftOut.map(([worst, count]) => `${plural(count, 'user')} ${worstText(worst)}`).join(', ')}.</strong> <a href="findings.csv">findings.csv</a> beside this page has their findings.`;

/** Says what is shown here, and where the rest is. */
const leadText = (
  facts: RunFacts,
  { context }: UserSources,
  total: number,
  pages: UserPages,
  hadTime: boolean,
): Html => {
  const { areNamesShown = true, report } = facts;
  const unread = [
    ...(context.memberships === undefined ? ['permission groups'] : []),
    ...(context.roles === undefined ? ['IAM roles'] : []),
  ];
  const further = furtherPages(pages.page);
  return html`<p class="lead">${numberText(total)} of ${plural(report.counts.users, 'user')} ${total === 1 ? 'has' : 'have'} findings of their own; the worst stand first.${further.length > 0 && html` They go on on ${pageLinks(usersOutput.file, further)}.`}${!hadTime && html` <strong>There was no time left to lay them out.</strong>`}${leftOutText(pages.leftOut)} Who has none is listed by <code>finspace-audit users</code>. What was found of roles and of the environment as a whole stands in the <a href="report.html">report</a>.${unread.length > 0 && ` ${unread.join(' and ')} were not read by this run.`.replace(/^ p/, ' P')}${besideTexts(report).map(([name, text]) => html` ${name}: ${foreign(text)}.`)}${!areNamesShown && ' Names and e-mail addresses are turned off, by report in audit.yaml.'}</p>`;
};

const pageText = (facts: RunFacts, page: number, hasNext: boolean, lead: Html, list: string): string => {
  const groups = findingGroups(facts).filter(({ isResolved }) => !isResolved);
  return companionPage(facts, {
    ...(page === 1 && { view: 'users' }),
    heading: page === 1 ? 'Findings by user' : `Findings by user, page ${page}`,
    links: besideLinks(usersOutput.file, page, hasNext),
    skipTo: 'users',
    body: html`<section id="users" aria-labelledby="users-title"><h2 id="users-title">Users</h2>
${lead}
${list !== '' && findingsFilter({ groups })}${trusted(list)}<p class="card empty" id="none" hidden>Nothing that is shown here matches.</p></section>`,
  });
};

const furtherPage = (facts: RunFacts, { page, sections }: UserPages, hasNext: boolean): UsersPage => ({
  page,
  text: pageText(
    facts,
    page,
    hasNext,
    html`<p class="lead">Goes on from <a href="${usersFile(page - 1)}">page ${page - 1}</a>; the worst stand first.</p>`,
    sections,
  ),
});

/**
 * Makes the pages by user; the first comes last, since it says where the others are.
 * @param rows undefined where there was no time for them
 */
export async function* usersPages(
  facts: RunFacts,
  sources: UserSources,
  shown: ShownUsers,
  rows: Iterable<UserRow> | undefined,
): AsyncGenerator<UsersPage> {
  const { userOrder } = sources;
  const people = rows && (await readPeople(facts, sources, shown));
  const hadTime = people !== undefined;
  const pages = new UserPages(hadTime ? shown : userOrder.worst(0));
  let isFull = false;
  for (const own of hadTime ? byUser(rows ?? []) : []) {
    const id = shown.ids[own[0].place] ?? '';
    const person = people?.get(id);
    if (!isFull && pages.add(id, person, own)) continue;
    isFull ||= pages.page === MOST_PAGES;
    if (isFull) {
      pages.leaveOut(own);
      continue;
    }
    if (pages.page > 1) yield furtherPage(facts, pages, true);
    pages.turn();
    pages.add(id, person, own);
  }
  if (pages.page > 1) yield furtherPage(facts, pages, false);
  const lead = leadText(facts, sources, userOrder.size, pages, hadTime);
  yield { page: 1, text: pageText(facts, 1, pages.page > 1, lead, pages.first) };
}
