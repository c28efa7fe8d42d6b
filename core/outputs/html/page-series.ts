import type { PageLink } from './companion.ts';
import { type Html, html } from './markup.ts';

// Pages that go on where one has no more room: `users.html`, `users-2.html` …, counted from 1.

/** Bytes that the list of a page may take, so that the page as a whole keeps within 2 MB. */
export const PAGE_BYTES = 1_800_000;

/** The file that a page is in, by that of the first. */
export const pageFile = (first: string, page: number): string =>
  page === 1 ? first : first.replace(/\.html$/, `-${page}.html`);

/** The numbers of the pages after the first, of so many. */
export const furtherPages = (count: number): readonly number[] =>
  Array.from({ length: count - 1 }, (_, index) => index + 2);

/** `page 2, page 3`, each linked. */
export const pageLinks = (first: string, pages: readonly number[]): Html =>
  html`${pages.map((page, index) => html`${index > 0 && ', '}<a href="${pageFile(first, page)}">page ${page}</a>`)}`;

/**
 * The links to the pages on either side of one.
 * @param least the first page that is linked by its number
 */
export const besideLinks = (first: string, page: number, hasNext: boolean, least = 1): readonly PageLink[] =>
  [...(page > least ? [page - 1] : []), ...(hasNext ? [page + 1] : [])].map((other) => ({
    href: pageFile(first, other),
    text: `Page ${other}`,
  }));
