import { isRecord } from '../../archive/lines.ts';
import { parseRecord } from '../../model/record.ts';

/** What a parser notes of a roster beside its users, as it reads its files in order. */
export interface RosterNotes {
  pages: number;
  /** The last page has the token of a next one. */
  hasToken: boolean;
  /** The first fault of what was read: users may be missing. Reads after the file's name. */
  torn?: string;
  /** A token stood on two pages: one of them was saved twice, and another perhaps not. */
  isTokenRepeated: boolean;
  /** Users were put together from events. */
  isReconstructed?: true;
  readonly tokens: Set<string>;
}

export const newNotes = (): RosterNotes => ({ pages: 0, hasToken: false, isTokenRepeated: false, tokens: new Set() });

export const noteTorn = (notes: RosterNotes, problem: string): void => {
  notes.torn ??= problem;
};

/** Notes the end of a page, with its token. */
export const notePage = (notes: RosterNotes, token: unknown): void => {
  notes.pages += 1;
  if (token !== undefined && token !== null && typeof token !== 'string')
    noteTorn(notes, 'has a nextToken that is no text');
  notes.hasToken = typeof token === 'string' && token !== '';
  if (typeof token !== 'string' || token === '') return;
  notes.isTokenRepeated ||= notes.tokens.has(token);
  notes.tokens.add(token);
};

/** The members of an answer of ListUsers; one that differs from them by case alone is of something else. */
const PAGE_MEMBERS = ['users', 'nextToken'] as const;

const isPageMember = (name: string): boolean => PAGE_MEMBERS.some((member) => member === name);

const isMisspelt = (name: string): boolean =>
  !isPageMember(name) && PAGE_MEMBERS.some((member) => member.toLowerCase() === name.toLowerCase());

/** What boto3 and the SDK for JavaScript keep with an answer. */
const METADATA: readonly string[] = ['ResponseMetadata', '$metadata'];

/**
 * Finds a member that no page has: of another spelling, or, where there are no users, of any name, since the users may be
 * under that.
 */
export const strangeMember = (names: readonly string[]): string | undefined =>
  names.find((name) => isMisspelt(name) || !(names.includes('users') || isPageMember(name) || METADATA.includes(name)));

/**
 * Parses what should be JSON; where it is none, the text itself is the record that nobody can read.
 * @param number of the place, where there are several
 */
export const parsedOrText = (text: string, notes: RosterNotes, place: string, number?: number): unknown => {
  try {
    return parseRecord(text);
  } catch {
    noteTorn(notes, `is no JSON ${place}${number === undefined ? '' : ` ${number}`}`);
    return text;
  }
};

/** The names of a page's members, in whatever case. */
const LIKE_PAGE = /^(?:users|nextToken)$/i;

/** Adds the users of a value: those of an answer of ListUsers, or the one that it is. */
export const addUsers = (value: unknown, users: unknown[], notes: RosterNotes): void => {
  const isObject = isRecord(value);
  let isLikePage = false;
  // A loop over names of these lengths: there may be a million users.
  if (isObject)
    for (const name in value) if ((name.length === 5 || name.length === 9) && LIKE_PAGE.test(name)) isLikePage = true;
  const strange = isObject && isLikePage ? strangeMember(Object.keys(value)) : undefined;
  if (strange !== undefined) noteTorn(notes, `has a page with a strange member ${strange}`);

  const isPage = isObject && isLikePage && Object.keys(value).some(isPageMember);
  if (!isPage) {
    users.push(value);
    // What is no user is not what a token led to.
    if (isObject) notes.hasToken = false;
    return;
  }
  if (Array.isArray(value.users)) for (const user of value.users) users.push(user);
  else if (value.users !== undefined) {
    noteTorn(notes, 'has a page whose users are no list');
    users.push(value);
  }
  notePage(notes, value.nextToken);
};
