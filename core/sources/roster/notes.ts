import { parseRecord } from '../../../rules/engine/record.ts';

/** A parser's notes about a roster beside its users, as it reads its files in order. */
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
  /** The last page had no token. */
  isEnded: boolean;
}

export const newNotes = (): RosterNotes => ({
  pages: 0,
  hasToken: false,
  isTokenRepeated: false,
  tokens: new Set(),
  isEnded: false,
});

export const noteTorn = (notes: RosterNotes, problem: string): void => {
  notes.torn ??= problem;
};

/** Notes the end of a page, with its token. */
export const notePage = (notes: RosterNotes, token: unknown): void => {
  notes.pages += 1;
  if (notes.isEnded)
    noteTorn(notes, 'has a page after the one that ends the listing, out of order or of another listing');
  if (token !== undefined && token !== null && typeof token !== 'string')
    noteTorn(notes, 'has a nextToken that is no text');
  notes.hasToken = typeof token === 'string' && token !== '';
  notes.isEnded = !notes.hasToken;
  if (typeof token !== 'string' || token === '') return;
  notes.isTokenRepeated ||= notes.tokens.has(token);
  notes.tokens.add(token);
};

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
