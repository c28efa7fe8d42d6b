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

/** The place in a listing that a request asks for. */
export interface Place {
  readonly listing: Listing;
  /** The zero-based page, the same however often it is asked for. */
  readonly page: number;
  readonly offset: number;
  /** How many empty pages were put in before it. */
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
  begin(users: Records): Place;
  /** Goes on with one; undefined where the token is none of ours. */
  resume(token: string): Place | undefined;
  /** The page at a place. */
  page(place: Place, maxResults: number): Page;
  /** The last user before a place; on the first page, where there is none, its own first. */
  lastBefore(place: Place): readonly unknown[];
  /** A fresh token that leads to the same place. */
  stay(place: Place): string;
  /** From here on, the page leads to itself. */
  loop(place: Place, maxResults: number): void;
  /** From here on, the page leads to one that leads back. */
  cycle(place: Place, maxResults: number): void;
}

/** What tokens may hold and clients must send back unharmed; `%41` comes back as `A` from whoever decodes twice. */
const FLOURISH = ' +/=&%41#?~\'"\\<é雪🦊> ';

/**
 * Listings and their tokens. A token names its place and is sealed, so that no other text is taken for one; asked for
 * again, a page gives the same token again.
 */
export const createListings = (): Listings => {
  const secret = randomBytes(32);
  const listings: Listing[] = [];

  const seal = (place: string): string => createHmac('sha256', secret).update(place).digest('base64');

  const tokenOf = ({ listing, page, offset, emptyPages }: Omit<Place, 'token'>): string => {
    const place = Buffer.from(`${listing.number}.${page}.${offset}.${emptyPages}`).toString('base64');
    return `${place}${FLOURISH}${seal(place)}`;
  };

  const after = (place: Place, maxResults: number): string =>
    tokenOf({
      listing: place.listing,
      page: place.page + 1,
      offset: place.offset + maxResults,
      emptyPages: 0,
    });

  const at = (token: string): Place | undefined => {
    const [place = '', mac] = token.split(FLOURISH);
    if (mac !== seal(place)) return undefined;
    const [number = 0, page = 0, offset = 0, emptyPages = 0] = Buffer.from(place, 'base64')
      .toString()
      .split('.')
      .map(Number);
    const listing = listings[number];
    return listing && { listing, page, offset, emptyPages, token };
  };

  /** The token of a place, or of the one after it where it is the first, which has none. */
  const tokenFrom = (place: Place, maxResults: number): string => place.token ?? after(place, maxResults);

  return {
    begin(users) {
      const listing = { number: listings.length, users, detours: new Map<string, string>() };
      listings.push(listing);
      return { listing, page: 0, offset: 0, emptyPages: 0, token: undefined };
    },

    resume: at,

    page(place, maxResults) {
      const { listing, offset, token } = place;
      const users = listing.users.slice(offset, offset + maxResults);
      const detour = listing.detours.get(token ?? '');
      if (detour !== undefined) return { users, nextToken: detour };
      if (offset + maxResults >= listing.users.length) return { users };
      return { users, nextToken: after(place, maxResults) };
    },

    lastBefore({ listing, offset }) {
      const start = Math.max(0, offset - 1);
      return listing.users.slice(start, start + 1);
    },

    stay: ({ listing, page, offset, emptyPages }) =>
      tokenOf({ listing, page, offset, emptyPages: emptyPages + 1 }),

    loop(place, maxResults) {
      const token = tokenFrom(place, maxResults);
      place.listing.detours.set(token, token);
      if (place.token === undefined) place.listing.detours.set('', token);
    },

    cycle(place, maxResults) {
      const there = tokenFrom(place, maxResults);
      const start = at(there) ?? place;
      const back = after(start, maxResults);
      place.listing.detours.set(there, back).set(back, there);
      if (place.token === undefined) place.listing.detours.set('', there);
    },
  };
};
