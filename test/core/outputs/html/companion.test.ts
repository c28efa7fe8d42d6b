import { describe, expect, test } from '@jest/globals';
import type { Report } from '../../../../core/model/report.ts';
import { type CompanionParts, companionPage } from '../../../../core/outputs/html/companion.ts';
import { html } from '../../../../core/outputs/html/markup.ts';
import type { RunFacts } from '../../../../core/outputs/output.ts';
import { aReport } from '../../notify/digest/facts.ts';
import { someRunFacts, wordsOf } from './run-facts.ts';

const PARTS: CompanionParts = {
  heading: 'Findings by user',
  links: [{ href: 'users-2.html', text: 'Page 2' }],
  skipTo: 'users',
  body: html`<p>the list</p>`,
};

const pageOf = (report: Partial<Report> = {}, parts: Partial<CompanionParts> = {}, facts: Partial<RunFacts> = {}) =>
  companionPage(someRunFacts({ report: aReport(report), ...facts }), { ...PARTS, ...parts });

/** Gives what stands before the list, but for the header. */
const notesOf = (page: string): string => {
  const [, main = ''] = page.split('<main class="wrap">');
  return wordsOf(main.slice(0, main.indexOf('<p>the list'))).trim();
};

const NOTHING_NAMED = 'Nobody is compliant for not being named here.';

describe('a page beside a report', () => {
  test.each<{ readonly name: string; readonly report: Partial<Report>; readonly says: string }>([
    { name: 'nothing where all was seen', report: {}, says: '' },
    {
      name: 'that not everything was seen, and why',
      report: { verdict: 'INCOMPLETE', reason: 'deadline' },
      says: `INCOMPLETE: not everything was seen (deadline). ${NOTHING_NAMED}`,
    },
    {
      name: 'that nothing was, without a reason',
      report: { verdict: 'FAILED' },
      says: `FAILED: not everything was seen (no reason given). ${NOTHING_NAMED}`,
    },
    {
      name: 'that records differ',
      report: { counts: { ...aReport().counts, conflicting: 1 } },
      says: 'RECORDS DIFFER: of 1 user there were records that differ. Of a rule&#39;s outcomes the worst holds; where a user stands once, it is by the last record.',
    },
    {
      name: 'once that it was late, and that records differ',
      report: {
        late: true,
        listing: { startedAt: '2026-12-01T02:10:00.000Z', endedAt: '2026-12-01T02:20:00.000Z' },
        counts: { ...aReport().counts, conflicting: 1 },
      },
      says:
        'LATE: listed 7 days after the night it stands for. It shows the users as they were then, not as they were that night. ' +
        'RECORDS DIFFER: of 1 user there were records that differ. Of a rule&#39;s outcomes the worst holds; where a user stands once, it is by the last record.',
    },
  ])('says before its list $name', ({ report, says }) => {
    const page = pageOf(report);
    expect(notesOf(page)).toBe(says);
    expect(page.includes('role="note"')).toBe(says !== '');
    expect(page).toContain(`<body class="${(report.verdict ?? 'COMPLETE').toLowerCase()}">`);
  });

  test.each([
    { report: {}, title: 'Findings by user: research, 2026-11-24' },
    { report: { verdict: 'INCOMPLETE' as const }, title: 'INCOMPLETE - Findings by user: research, 2026-11-24' },
  ])('has the title $title', ({ report, title }) => {
    expect(pageOf(report)).toContain(`<title>${title}</title>`);
  });

  test('goes by the id of an environment without a name', () => {
    const page = pageOf({}, {}, { environmentName: undefined });
    expect(page).toContain('<title>Findings by user: vs57phhvijir4kv5rf6ywt, 2026-11-24</title>');
    expect(page).toContain('FinSpace access audit of <bdi>vs57phhvijir4kv5rf6ywt</bdi>');
  });

  test('tells when its run was; of a name that is no instant, the name', () => {
    expect(pageOf()).toContain('<span>2026-11-24 02:00 UTC</span>');
    expect(pageOf({ run: 'some-run' })).toContain('<span>some-run</span>');
  });

  test.each([
    { view: undefined, links: ['report.html Report', 'users.html By user', 'controls.html By control'] },
    { view: 'users' as const, links: ['report.html Report', 'controls.html By control'] },
    { view: 'controls' as const, links: ['report.html Report', 'users.html By user'] },
  ])('leads to the others of its run, and not to itself: $view', ({ view, links }) => {
    const [, nav = ''] = /<nav[^>]*>(.*?)<\/nav>/s.exec(pageOf({}, view === undefined ? {} : { view })) ?? [];
    expect([...nav.matchAll(/<a href="([^"]*)">([^<]*)/g)].map(([, href, text]) => `${href} ${text}`)).toEqual([
      ...links,
      'users-2.html Page 2',
    ]);
  });
});
