import { describe, expect, test } from '@jest/globals';
import {
  FindingPages,
  type FurtherPage,
  findingsSection,
  highlightPages,
} from '../../../../core/outputs/html/findings.ts';
import { groupKeyOf } from '../../../../core/outputs/html/groups.ts';
import type { RunFacts } from '../../../../core/outputs/output.ts';
import type { Finding } from '../../../../rules/engine/finding.ts';
import { aFinding, aHighlight, aReport } from '../../notify/digest/facts.ts';
import { someRunFacts, wordsOf } from './run-facts.ts';

const sectionOf = (differs: Partial<RunFacts>): string => {
  const facts = someRunFacts(differs);
  return findingsSection(facts, highlightPages(facts)).markup;
};

describe('the findings of a page', () => {
  const [csv, others] = [true, false].map((isCsv) =>
    someRunFacts().evidence.filter(({ name }) => (name === 'csv') === isCsv),
  );

  test.each([
    { name: 'where there are none', differs: {}, says: 'No findings.' },
    {
      name: 'of a part of the directory, where there are none',
      differs: { report: aReport({ verdict: 'INCOMPLETE', reason: 'deadline' }) },
      says: 'No findings among what was seen.',
    },
  ] as const)('$name, say so', ({ differs, says }) => {
    const section = sectionOf(differs);
    expect(wordsOf(section)).toContain(says);
    expect(section).not.toContain('id="filter"');
  });

  test('have a filter of their own rules and kinds, and no others', () => {
    const section = sectionOf({
      highlights: [aHighlight('open'), aHighlight('reopened'), aHighlight('new', { ruleId: 'old-rule' })],
    });
    const [, filter = ''] = /<form(.*?)<\/form>/s.exec(section) ?? [];
    expect([...filter.matchAll(/<option(?: value="(\w*)")?>([^<]*)/g)].map(([, value, text]) => value ?? text)).toEqual(
      ['', 'stale-login', 'old-rule', '', 'new', 'reopened', 'open'],
    );
    expect(wordsOf(section)).not.toContain('No findings');
  });

  test('lead to the CSV only where it is there', () => {
    const highlights = [{ ...aHighlight('open'), count: 2, severities: { MEDIUM: 2 } }];
    expect(wordsOf(sectionOf({ highlights, evidence: csv ?? [] }))).toContain(
      'And 1 further finding of this rule and severity. findings.csv beside this page has them all.',
    );
    const without = sectionOf({ highlights, evidence: others ?? [] });
    expect(without).toContain('And 1 further finding of this rule and severity.</p>');
    expect(without).not.toContain('findings.csv');
    expect(wordsOf(sectionOf({}))).toContain('findings.csv beside this page lists them all.');
    expect(sectionOf({ evidence: others ?? [] })).not.toContain('findings.csv');
  });

  test('lead to the CSV among other evidence, and count none that are all there', () => {
    const some = { ...aHighlight('open'), count: 2, severities: { MEDIUM: 2 } };
    expect(wordsOf(sectionOf({ highlights: [some] }))).toContain('findings.csv beside this page has them all.');
    const all = sectionOf({ highlights: [aHighlight('open')] });
    expect(all).not.toContain('further finding');
    expect(all).not.toContain('Left out');
  });

  test.each([
    { of: 40, rows: 40, rest: undefined },
    { of: 41, rows: 40, rest: 'And 1 further finding of this rule and severity.' },
  ])('that are not severe have 40 rows of a rule: of $of', ({ of, rows, rest }) => {
    const section = sectionOf({ highlights: [aHighlight('open', ...Array.from({ length: of }, () => ({})))] });
    expect(section.match(/<tr data-severity/g)).toHaveLength(rows);
    expect(/And \d+ further finding[^<]*?severity\./.exec(wordsOf(section))?.[0]).toBe(rest);
  });

  test('that are not severe fill a page as far as it has room, and the others are counted', () => {
    const evidence = Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`value${n}`, 'x'.repeat(160)]));
    const highlights = Array.from({ length: 30 }, (_, rule) =>
      aHighlight('open', ...Array.from({ length: 40 }, () => ({ ruleId: `rule-${rule}`, evidence }))),
    );
    const section = sectionOf({ highlights });
    const rows = section.match(/<tr data-severity/g)?.length ?? 0;
    const counted = [...section.matchAll(/data-hidden="(\d+)"/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    expect(rows + counted).toBe(30 * 40);
    expect(Buffer.byteLength(section)).toBeLessThan(450_000);
    expect(Buffer.byteLength(section)).toBeGreaterThan(350_000);
  });

  test('of which there is no row have no table', () => {
    expect(sectionOf({ highlights: [{ ...aHighlight('open'), findings: [] }] })).not.toContain('<table');
  });

  test('of a rule that has left the catalogue say so, those of others what is required', () => {
    const required = (ruleId: string) =>
      wordsOf(
        /<p class="required">.*?<\/p>/s.exec(sectionOf({ highlights: [aHighlight('open', { ruleId })] }))?.[0] ?? '',
      ).trim();
    expect(required('old-rule')).toBe('A rule that has left the catalogue old-rule');
    expect(required('stale-login')).toBe('Required: Users have logged in recently stale-login');
  });

  test('show names where nothing is said of them', () => {
    const highlights = [aHighlight('open', { evidence: { firstName: 'Ada' } })];
    expect(sectionOf({ highlights })).toContain('<bdi>Ada</bdi>');
    expect(sectionOf({ highlights, areNamesShown: false })).not.toContain('Ada');
  });

  test('are all on this page where there is no other', () => {
    expect(sectionOf({ highlights: [aHighlight('open', { severity: 'HIGH' })] })).not.toContain('is here or on');
  });

  test('that have no room are led to where their group stands', () => {
    const facts = someRunFacts({ highlights: [{ ...aHighlight('open'), findings: [] }] });
    const pages = highlightPages(facts);
    expect(pages.groups.map((group) => pages.hrefOf(group))).toEqual(['report.html#rule-stale-login-medium']);
    expect(findingsSection(facts, pages).markup).toContain('id="rule-stale-login-medium"');
  });

  test.each([
    { controls: [], says: '' },
    { controls: ['SOC-2:CC6.1'], says: 'Gives evidence for SOC 2 CC6.1' },
    { controls: ['OWN:5:1', 'CIS-v8.1:5.4'], says: 'Gives evidence for OWN 5:1 CIS Controls v8.1 5.4' },
  ])('name the controls that their rule gives evidence for: $controls', ({ controls, says }) => {
    const rules = someRunFacts().rules.map((one) => ({ ...one, rule: { ...one.rule, controls } }));
    const [, advice = ''] =
      /<dl class="advice">(.*?)<\/dl>/s.exec(sectionOf({ highlights: [aHighlight('open')], rules })) ?? [];
    expect(advice).not.toBe('');
    expect((/Gives evidence for.*/.exec(wordsOf(advice))?.[0] ?? '').trim()).toBe(says);
  });

  test('that resolved stand apart, and say so', () => {
    const section = sectionOf({
      highlights: [aHighlight('open'), aHighlight('new'), aHighlight('resolved', { cause: 'fixed' })],
    });
    const groups = [...section.matchAll(/id="(rule-[^"]*)".*?<h3>(.*?)<\/h3>(.*?)<\/summary>(.*?)<\/details>/gs)].map(
      ([, id, title = '', tallies = '', rows = '']) => [
        ...[id, wordsOf(title), wordsOf(tallies)].map((text) => text?.trim()),
        ...[...rows.matchAll(/data-state="(\w+)"/g)].map(([, state]) => state),
      ],
    );
    expect(groups).toEqual([
      ['rule-stale-login-medium', 'Medium Stale login: 2', '1 new, 1 open', 'new', 'open'],
      ['rule-stale-login-resolved-medium', 'Medium Resolved: Stale login: 1', '1 resolved', 'resolved'],
    ]);
    expect(section).toContain('Findings of stale-login, medium</caption>');
    expect(section).toContain('Findings of stale-login, medium, resolved</caption>');
  });

  test('of one rule tell once why it matters', () => {
    const section = sectionOf({ highlights: [aHighlight('open'), aHighlight('open', { severity: 'HIGH' })] });
    expect(section.match(/<h3>|Why it matters/g)).toEqual(['<h3>', 'Why it matters', '<h3>']);
  });

  test.each([
    { kind: 'open' as const, says: 'Left out of the pages: 49 medium.' },
    { kind: 'resolved' as const, says: undefined },
  ])('that are left out are counted: $kind ones', ({ kind, says }) => {
    const words = wordsOf(sectionOf({ highlights: [{ ...aHighlight(kind), count: 50, severities: { MEDIUM: 50 } }] }));
    if (says === undefined) expect(words).not.toContain('Left out');
    else expect(words).toContain(says);
  });

  test('that are left out are counted by severity', () => {
    const left = { ...aHighlight('open'), count: 60, severities: { LOW: 10, MEDIUM: 50 }, findings: [] };
    expect(wordsOf(sectionOf({ highlights: [left] }))).toContain('Left out of the pages: 50 medium, 10 low.');
  });

  test.each([
    { name: 'ten critical ones', severity: 'CRITICAL' as const, count: 10, isOpen: true },
    { name: 'more critical ones', severity: 'CRITICAL' as const, count: 11, isOpen: false },
    { name: 'one high', severity: 'HIGH' as const, count: 1, isOpen: false },
  ])('are open from the start: $name: $isOpen', ({ severity, count, isOpen }) => {
    const highlight = { ...aHighlight('open', { severity }), count, severities: { [severity]: count } };
    expect(/data-group="stale-login" open>/.test(sectionOf({ highlights: [highlight] }))).toBe(isOpen);
  });
});

/** Lays out severe findings, of which a page takes few, as that of each is so long. */
const laidOut = (kilobytes: number, ...findings: readonly Partial<Finding>[]) => {
  const all = findings.map((differs) => aFinding({ severity: 'HIGH', ...differs }));
  const facts = someRunFacts({
    highlights: Object.values(Object.groupBy(all, groupKeyOf)).map((of = []) => aHighlight('open', ...of)),
  });
  const pages = new FindingPages(facts);
  const markup = `<tr><td>${'x'.repeat(kilobytes * 1000)}</td></tr>`;
  const further: (FurtherPage | undefined)[] = [];
  for (const finding of all) further.push(pages.addSevere({ group: groupKeyOf(finding), markup }));
  further.push(pages.finish(facts, { moments: { now: 0, readAt: 0 }, areNamesShown: true }));
  const texts = [pages.firstPage(), ...further.flatMap((page) => (page === undefined ? [] : [page.sections]))];
  return {
    pages,
    further: further.flatMap((page) => (page === undefined ? [] : [page])),
    groups: texts.map(({ markup: text }) =>
      [...text.matchAll(/<details.*?<\/details>/gs)].map(([group]) => {
        const [, title = ''] = /<h3>(.*?)<\/h3>/s.exec(group) ?? [];
        const [, elsewhere, rest = ''] = /data-elsewhere="(\d+)">(.*?)<\/p>/s.exec(group) ?? [];
        const rows = group.match(/<tr><td>x/g)?.length ?? 0;
        return [
          wordsOf(title).trim(),
          rows,
          ...(elsewhere === undefined ? [] : [Number(elsewhere), rest.replaceAll(/<[^>]*>/g, '')]),
        ];
      }),
    ),
  };
};

const many = (count: number, differs: Partial<Finding> = {}): readonly Partial<Finding>[] =>
  Array.from({ length: count }, () => differs);

describe('severe findings that no page has room for alone', () => {
  test('go on over pages, each of which says which it has and where the others are', () => {
    const { groups, further } = laidOut(400, ...many(12));
    expect(groups).toEqual([
      [['High Stale login: 12', 2, 10, '1 to 2 of 12; the others are on page 2, page 3, page 4.']],
      [
        [
          'High Stale login: 12, continued',
          4,
          8,
          '3 to 6 of 12; the others are on the pages before and after this one.',
        ],
      ],
      [
        [
          'High Stale login: 12, continued',
          4,
          8,
          '7 to 10 of 12; the others are on the pages before and after this one.',
        ],
      ],
      [['High Stale login: 12, continued', 2, 10, '11 to 12 of 12; the others are on the pages before this one.']],
    ]);
    expect(further.map(({ page, hasNext }) => [page, hasNext])).toEqual([
      [2, true],
      [3, true],
      [4, false],
    ]);
  });

  test('of another rule follow where there is room, and begin anew', () => {
    const { groups, pages } = laidOut(400, ...many(3), ...many(2, { ruleId: 'old-rule' }), ...many(2, { ruleId: 'z' }));
    expect(groups).toEqual([
      [['High Stale login: 3', 2, 1, '1 to 2 of 3; the others are on page 2.']],
      [
        ['High Stale login: 3, continued', 1, 2, '3 to 3 of 3; the others are on the pages before this one.'],
        ['High Old rule: 2', 2],
        ['High Z: 2', 1, 1, '1 to 1 of 2; the others are on the pages after this one.'],
      ],
      [['High Z: 2, continued', 1, 1, '2 to 2 of 2; the others are on the pages before this one.']],
    ]);
    expect(pages.groups.map((group) => pages.hrefOf(group))).toEqual([
      'report.html#rule-stale-login-high',
      'report-2.html#rule-old-rule-high',
      'report-2.html#rule-z-high',
    ]);
    expect(pages.leftOut()).toStrictEqual([]);
  });

  test('are on a page though one alone is larger than it may be', () => {
    expect(laidOut(1100, {}, {}).groups).toEqual([
      [['High Stale login: 2', 1, 1, '1 to 1 of 2; the others are on page 2.']],
      [['High Stale login: 2, continued', 1, 1, '2 to 2 of 2; the others are on the pages before this one.']],
    ]);
  });

  test('are said to go on where they do', () => {
    const led = (count: number) => {
      const { pages } = laidOut(400, ...many(count));
      return /Every critical and high finding is here or on [^.]*\./.exec(
        wordsOf(findingsSection(someRunFacts(), pages).markup),
      )?.[0];
    };
    expect([led(2), led(3)]).toEqual([undefined, 'Every critical and high finding is here or on page 2 .']);
    expect(laidOut(1, {}).further).toEqual([]);
  });

  test('of a group that nobody counted are refused', () => {
    const pages = new FindingPages(someRunFacts());
    expect(() => pages.addSevere({ group: 'HIGH HIGH stale-login', markup: '' })).toThrow(
      'no finding of group HIGH HIGH stale-login was counted',
    );
  });
});
