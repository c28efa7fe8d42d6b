import { describe, expect, test } from '@jest/globals';
import { createSpoolFolder } from '../../../core/archive/staging.ts';
import { openReviewPages } from '../../../core/review/page.ts';
import { ANSWER_COLUMNS, IDENTITY_COLUMNS, type Identity } from '../../../core/review/worksheet.ts';
import { readText } from '../../support/archive-tree.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const OF = { environmentId: 'alpha', period: { from: '2026-09-01', to: '2026-11-24' }, run: '20261124T020000Z' };

const aUser = (userId: string): Identity =>
  Object.fromEntries(IDENTITY_COLUMNS.map((column) => [column, column === 'userId' ? userId : ''])) as Identity;

interface Added {
  readonly user: Identity;
  readonly rules?: readonly string[];
  readonly reviewer?: string;
}

/** The pages of these users by their names, each with what its script reads. */
const pagesOf = async (
  added: Iterable<Added>,
  reviewers: readonly string[] = [],
  reservations: readonly string[] = [],
) => {
  const spools = await createSpoolFolder();
  const pages = openReviewPages(spools, { ...OF, reservations }, reviewers);
  for (const { user, rules = [], reviewer = '' } of added) await pages.add(user, rules, reviewer);
  const archive = memoryArchive();
  const files = await pages.finish();
  for (const [name, { content }] of Object.entries(files)) await archive.create(name, content, 'text/html');
  await spools.remove();
  const read = async (name: string) => {
    const text = await readText(archive, name);
    const jsonOf = (id: string) => JSON.parse(new RegExp(`id="${id}">(.*?)</script>`, 's').exec(text)?.[1] ?? '');
    const rows: readonly (readonly [line: string, rules: string])[] = jsonOf('rows');
    return { name, text, about: jsonOf('about'), rows };
  };
  return Promise.all(Object.keys(files).map(read));
};

const idsOf = ({ rows }: { readonly rows: readonly (readonly [line: string, rules: string])[] }) =>
  rows.map(([line]) => /^"([^"]*)"/.exec(line)?.[1]);

describe('the page of a review', () => {
  test('has each user as its line of the worksheet, with the rules that it fails', async () => {
    const [page, ...others] = await pagesOf([
      { user: aUser('</script>'), rules: ['stale-login', 'x'] },
      { user: aUser('u2') },
    ]);
    expect(others).toStrictEqual([]);
    expect(page?.rows).toEqual([
      [`"</script>"${',""'.repeat(IDENTITY_COLUMNS.length - 1)}`, 'stale-login, x'],
      [`"u2"${',""'.repeat(IDENTITY_COLUMNS.length - 1)}`, ''],
    ]);
    expect(page?.name).toBe('review.html');
    expect(page?.about).toEqual({
      key: 'finspace-review/alpha/2026-09-01/2026-11-24/20261124T020000Z/review.html',
      columns: [...IDENTITY_COLUMNS],
      answers: [...ANSWER_COLUMNS],
      name: 'worksheet-alpha-2026-11-24',
      reviewer: '',
    });
    expect(page?.text).not.toContain('<span>for ');
    expect(page?.text).toMatch(/<\/script>\n?<\/body>/);
  });

  test('says before the users why they may not be everybody of that night', async () => {
    const users = [{ user: aUser('u1') }];
    const [plain] = await pagesOf(users);
    expect(plain?.text).not.toContain('class="card foreword"');
    const [late] = await pagesOf(users, [], ['LATE']);
    expect(late?.text).toContain(
      '<div class="card foreword" role="note"><p><strong><bdi>LATE</bdi></strong></p></div>',
    );
    const [reserved] = await pagesOf(users, [], ['ATTESTED, NOT SEEN: <b>', 'LATE']);
    expect(reserved?.text).toMatch(
      /<main class="wrap">\s*<div class="card foreword" role="note"><p><strong><bdi>ATTESTED, NOT SEEN: &lt;b&gt;<\/bdi><\/strong><\/p><p><strong><bdi>LATE/,
    );
  });

  test('is one for each reviewer, in their order, whoever comes first', async () => {
    const pages = await pagesOf(
      [
        { user: aUser('u1'), reviewer: 'Bob <b>' },
        { user: aUser('u2'), reviewer: 'Ada' },
        { user: aUser('u3'), reviewer: 'Bob <b>' },
      ],
      ['Ada', 'Bob <b>'],
    );
    const told = pages.map((page) => [page.name, page.about.reviewer, page.about.name, idsOf(page)]);
    expect(told).toEqual([
      ['review-2.html', 'Bob <b>', 'worksheet-alpha-2026-11-24-2', ['u1', 'u3']],
      ['review-1.html', 'Ada', 'worksheet-alpha-2026-11-24-1', ['u2']],
    ]);
    expect(pages[0]?.text).toContain('<span>for <bdi>Bob &lt;b&gt;</bdi></span>');
    // What one decides is kept apart from what another does.
    expect(new Set(pages.map(({ about }) => about.key)).size).toBe(2);
  });

  test('has the number of its reviewer, where there is but one too', async () => {
    const pages = await pagesOf([{ user: aUser('u1'), reviewer: 'Ada' }], ['Ada']);
    expect(pages.map(({ name }) => name)).toEqual(['review-1.html']);
  });

  test('goes on where a browser would have too many users', async () => {
    const users = Array.from({ length: 50_001 }, (_, n) => ({ user: aUser(`u${n}`) }));
    const pages = await pagesOf(users);
    expect(pages.map((page) => [page.name, page.rows.length])).toEqual([
      ['review.html', 50_000],
      ['review-2.html', 1],
    ]);
    expect(pages[1]?.about.name).toBe('worksheet-alpha-2026-11-24-2');
  });
});
