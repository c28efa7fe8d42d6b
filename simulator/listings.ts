import { createHmac, randomBytes } from 'node:crypto';

/** A directory to page through: an array, or something that makes its records when they are asked for. */
export interface Records {
  readonly length: number;
  slice(start: number, end: number): readonly unknown[];
}

/** One listing under way. */
interface Listing {
  readonly number: number;
  /** The directory as it was when the listing began. */
  readonly users: Records;
  /** Tokens that lead elsewhere than onwards, and where to. */
  readonly detours: Map<string, string>;
}

/** The point of a listing that a request asks to go on from. */
export interface Cursor {
  readonly listing: Listing;
  /** The zero-based page, the same however often it is asked for. */
  readonly page: number;
  readonly offset: number;
  /** The number of empty pages that were put in before it. */
  readonly emptyPages: number;
  /** The token that was asked with; the first page has none. */
  readonly token: string | undefined;
}

/** One page, as the service would give it. */
interface Page {
  readonly users: readonly unknown[];
  readonly nextToken?: string;
}

export interface Listings {
  /** Begins a listing. */
  begin(users: Records): Cursor;
  /** Goes on with one; undefined where the token is none of ours. */
  resume(token: string): Cursor | undefined;
  /** The page at a cursor. */
  page(cursor: Cursor, maxResults: number): Page;
  /** The last user before a cursor; on the first page, where there is none, its own first. */
  lastBefore(cursor: Cursor): readonly unknown[];
  /** A fresh token that leads to the same page. */
  stay(cursor: Cursor): string;
  /** Has the page lead, by a fresh token, to one with the same users from here on. */
  repeat(cursor: Cursor): void;
  /** Has the page lead to itself from here on. */
  loop(cursor: Cursor, maxResults: number): void;
  /** Has the page lead to one that leads back from here on. */
  cycle(cursor: Cursor, maxResults: number): void;
}

/** Text that tokens may hold and clients must send back unharmed; `%41` comes back as `A` from whoever decodes twice. */
const FLOURISH = ' +/=&%41#?~\'"\\<é雪🦊> ';

/**
 * Listings and their tokens. A token holds its position and is sealed, so that no other text is taken for one; asked for
 * again, a page gives the same token again.
 */
export const createListings = (): Listings => {
  const secret = randomBytes(32);
  const listings: Listing[] = [];

  const seal = (position: string): string => createHmac('sha256', secret).update(position).digest('base64');

  const tokenOf = ({ listing, page, offset, emptyPages }: Omit<Cursor, 'token'>): string => {
    const position = Buffer.from(`${listing.number}.${page}.${offset}.${emptyPages}`).toString('base64');
    return `${position}${FLOURISH}${seal(position)}`;
  };

  const after = (cursor: Cursor, maxResults: number): string =>
    tokenOf({ listing: cursor.listing, page: cursor.page + 1, offset: cursor.offset + maxResults, emptyPages: 0 });

  const at = (token: string): Cursor | undefined => {
    const [position = '', mac] = token.split(FLOURISH);
    if (mac !== seal(position)) return undefined;
    const [number = 0, page = 0, offset = 0, emptyPages = 0] = Buffer.from(position, 'base64')
      .toString()
      .split('.')
      .map(Number);
    const listing = listings[number];
    return listing && { listing, page, offset, emptyPages, token };
  };

  /** The token of a page, or of the one after it where it is the first, which has none. */
  const tokenFrom = (cursor: Cursor, maxResults: number): string => cursor.token ?? after(cursor, maxResults);

  return {
    begin(users) {
      const listing = { number: listings.length, users, detours: new Map<string, string>() };
      listings.push(listing);
      return { listing, page: 0, offset: 0, emptyPages: 0, token: undefined };
    },

    resume: at,

    page(cursor, maxResults) {
      const { listing, offset, token } = cursor;
      const users = listing.users.slice(offset, offset + maxResults);
      const detour = listing.detours.get(token ?? '');
      if (detour !== undefined) return { users, nextToken: detour };
      if (offset + maxResults >= listing.users.length) return { users };
      return { users, nextToken: after(cursor, maxResults) };
    },

    lastBefore({ listing, offset }) {
      const start = Math.max(0, offset - 1);
      return listing.users.slice(start, start + 1);
    },

    stay: ({ listing, page, offset, emptyPages }) => tokenOf({ listing, page, offset, emptyPages: emptyPages + 1 }),

    repeat({ listing, page, offset, emptyPages, token }) {
      listing.detours.set(token ?? '', tokenOf({ listing, page, offset, emptyPages: emptyPages + 1 }));
    },

    loop(cursor, maxResults) {
      const token = tokenFrom(cursor, maxResults);
      cursor.listing.detours.set(token, token);
      if (cursor.token === undefined) cursor.listing.detours.set('', token);
    },

    cycle(cursor, maxResults) {
      // Laid again from its second page it would lead on, to ever new tokens.
      if (cursor.listing.detours.has(cursor.token ?? '')) return;
      const there = tokenFrom(cursor, maxResults);
      const start = at(there) ?? cursor;
      const back = after(start, maxResults);
      cursor.listing.detours.set(there, back).set(back, there);
      if (cursor.token === undefined) cursor.listing.detours.set('', there);
    },
  };
};
