import { expect, test } from '@jest/globals';
import { besideLinks, furtherPages, pageFile, pageLinks } from '../../../../core/outputs/html/page-series.ts';

test('the first page has its file, and others have their number in it', () => {
  expect([1, 2, 13].map((page) => pageFile('users.html', page))).toEqual([
    'users.html',
    'users-2.html',
    'users-13.html',
  ]);
});

test.each([
  { count: 1, pages: [] },
  { count: 2, pages: [2] },
  { count: 4, pages: [2, 3, 4] },
])('of $count pages those after the first are $pages', ({ count, pages }) => {
  expect(furtherPages(count)).toEqual(pages);
});

test('pages are linked by their numbers', () => {
  expect(pageLinks('report.html', [1, 3]).markup).toBe(
    '<a href="report.html">page 1</a>, <a href="report-3.html">page 3</a>',
  );
});

test.each<{ name: string; of: Parameters<typeof besideLinks>; links: readonly string[] }>([
  { name: 'an only one', of: ['users.html', 1, false], links: [] },
  { name: 'the first', of: ['users.html', 1, true], links: ['users-2.html Page 2'] },
  { name: 'one between', of: ['users.html', 2, true], links: ['users.html Page 1', 'users-3.html Page 3'] },
  { name: 'the last', of: ['users.html', 3, false], links: ['users-2.html Page 2'] },
  {
    name: 'the second, where the first is linked otherwise',
    of: ['report.html', 2, true, 2],
    links: ['report-3.html Page 3'],
  },
  { name: 'the third, where the first is', of: ['report.html', 3, false, 2], links: ['report-2.html Page 2'] },
])('of a series $name leads to those beside it', ({ of, links }) => {
  expect(besideLinks(...of).map(({ href, text }) => `${href} ${text}`)).toEqual(links);
});
