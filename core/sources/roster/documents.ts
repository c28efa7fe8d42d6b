import { isRecord } from '../../archive/lines.ts';
import { hasNameTwice } from '../../text/json-names.ts';
import { isColumn } from './columns.ts';
import { jsonScanner } from './json-scanner.ts';
import { notePage, noteTorn, parsedOrText, type RosterNotes } from './notes.ts';

/** A member of an object: its name, and its value as it stands. */
type Member = readonly [name: string, text: string];

/** The members that boto3 and the SDK for JavaScript keep with an answer. */
const METADATA: readonly string[] = ['ResponseMetadata', '$metadata'];

/** The names of a page's members, in whatever case. */
const LIKE_PAGE = /^(?:users|nextToken)$/i;

/** The members by which an answer names an error. */
const ERROR = /^(?:__type|message)$/i;

/** Other names under which tools say that a page is not the last. */
const GOES_ON = /token|marker|cursor|truncated|more/i;

/** Whether a member has nothing in it, as on a last page. */
const isNothing = (text: string): boolean => /^(?:null|false|"")\s*$/.test(text);

/**
 * Whether a page has no such member: one of an error, of another spelling, of a user, or that may hold users under another name.
 * @param hasList it has a list of users
 */
const isStrange = ([name, text]: Member, hasList: boolean): boolean => {
  if (METADATA.includes(name) || name === 'nextToken') return false;
  if ((GOES_ON.test(name) || ERROR.test(name)) && !isNothing(text)) return true;
  return !hasList || LIKE_PAGE.test(name) || isColumn(name) || /^[[{]/.test(text);
};

/** Members that ListUsersByPermissionGroup and ListKxUsers give a user, in a list of the same name, and ListUsers does not. */
const OF_OTHERS = ['membershipStatus', 'userArn'] as const;

const NAME_TWICE = 'has an object with two members of one name';

const isOfOthers = (value: object): boolean => OF_OTHERS.some((member) => Object.hasOwn(value, member));

const isLikePage = (value: Readonly<Record<string, unknown>>): boolean => {
  // A loop over names of these lengths: there may be a million users.
  for (const name in value) if ((name.length === 5 || name.length === 9) && LIKE_PAGE.test(name)) return true;
  return false;
};

/** Adds a value that stands by itself, on a line or in a list: a user, or a page of them. */
export const addValue = (text: string, value: unknown, users: unknown[], notes: RosterNotes): void => {
  if (isRecord(value) && isLikePage(value)) {
    documentReader(users, notes).feed(text);
    return;
  }
  if (hasNameTwice(text, value)) noteTorn(notes, NAME_TWICE);
  users.push(value);
  if (isRecord(value) && isOfOthers(value))
    noteTorn(notes, 'has users as another operation lists them, of a permission group or of kdb: ListUsers is needed');
  // What is no user is not what a token led to.
  if (isRecord(value)) notes.hasToken = false;
  else if (Array.isArray(value) && value.length > 0) noteTorn(notes, 'has a list where a user is needed');
};

/** Reads documents of JSON, as they come, and adds their users: pages, lists of users or of pages, and single users. */
export const documentReader = (users: unknown[], notes: RosterNotes) => {
  let items = 0;
  /** Of the object that is being read: its lists of users, and its other members. */
  let lists = 0;
  let members: Member[] = [];

  const endObject = (): void => {
    const names = new Set(members.map(([name]) => name));
    const isPage = lists > 0 || names.has('nextToken');
    const isUser = [...names].some(isColumn);
    if (lists > 1) noteTorn(notes, 'has two lists of users on one page');
    if (names.size < members.length) noteTorn(notes, NAME_TWICE);
    if (!isPage && !isUser) noteTorn(notes, 'has an object that is neither a page nor a user');
    const strange = isPage ? members.find((member) => isStrange(member, lists > 0)) : undefined;
    if (strange !== undefined) noteTorn(notes, `has a page with a strange member ${strange[0]}`);
    if (!isPage || strange !== undefined) {
      const text = `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
      const value = parsedOrText(text, notes, 'at an object');
      if (hasNameTwice(text, value)) noteTorn(notes, NAME_TWICE);
      users.push(value);
    }
    const token = members.find(([name]) => name === 'nextToken')?.[1];
    if (isPage) notePage(notes, token && parsedOrText(token, notes, 'at nextToken'));
    else notes.hasToken = false;
  };

  return jsonScanner((name) => name === 'users', {
    item(text) {
      items += 1;
      const value = parsedOrText(text, notes, 'at item', items);
      if (lists === 0 || !isRecord(value) || !isLikePage(value)) return addValue(text, value, users, notes);
      noteTorn(notes, 'has a page within a page');
      users.push(value);
    },
    list() {
      lists += 1;
    },
    member(name, text) {
      members.push([name, text]);
    },
    end(kind) {
      if (kind === 'object') endObject();
      lists = 0;
      members = [];
    },
  });
};
