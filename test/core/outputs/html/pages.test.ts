import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createSpoolFolder, type SpoolFolder } from '../../../../core/archive/staging.ts';
import { collectHighlights } from '../../../../core/model/highlights.ts';
import { type Page, writePages } from '../../../../core/outputs/html/pages.ts';
import type { RunFacts } from '../../../../core/outputs/output.ts';
import type { Finding } from '../../../../rules/engine/finding.ts';
import { SEVERITIES } from '../../../../rules/engine/severity.ts';
import { aFinding, aReport } from '../../notify/digest/facts.ts';
import { someRunFacts } from './run-facts.ts';

/** A page has fewer bytes, whatever is in it. */
const MOST_BYTES = 2_000_000;

let spools: SpoolFolder;

beforeAll(async () => {
  spools = await createSpoolFolder();
});

afterAll(() => spools.remove());

/** Makes the pages of a run that has these findings. */
const pagesOf = async (findings: readonly Finding[], differs: Partial<RunFacts> = {}) => {
  const highlights = collectHighlights();
  for (const finding of findings) highlights.add(finding);
  const facts = someRunFacts({ highlights: highlights.list(), ...differs });
  const pages: Page[] = [];
  const sources = {
    async *findings() {
      yield* findings;
    },
    spools,
  };
  const keep = async (page: Page): Promise<void> => {
    pages.push(page);
  };
  await writePages(facts, sources, keep, () => facts);
  return pages;
};

const numberOf = ({ name }: Page): number => Number(name.split('-')[1] ?? 1);

/** The pages of the report, in their order. */
const reportPagesOf = (pages: readonly Page[]): readonly Page[] =>
  pages.filter(({ name }) => /^html\b/.test(name)).toSorted((a, b) => numberOf(a) - numberOf(b));

const subjectsOn = (text: string): readonly string[] =>
  [...text.matchAll(/<td class="who"><code><bdi>([^<]*)<\/bdi>/g)].map(([, subject = '']) => subject);

const RULES = ['stale-login', 'super-user-api-access', 'left-the-catalogue'];

const someFinding = fc.record({
  severity: fc.constantFrom(...SEVERITIES),
  ruleId: fc.constantFrom(...RULES),
  state: fc.constantFrom('new', 'open', 'waived', 'event', 'resolved'),
  message: fc.string({ maxLength: 80 }),
} as const);

const someFindings = fc
  .tuple(fc.array(someFinding, { minLength: 1, maxLength: 12 }), fc.nat(9000))
  .map(([kinds, count]): readonly Finding[] =>
    Array.from({ length: count }, (_, n) =>
      aFinding({ ...kinds[(n * n) % kinds.length], subject: { kind: 'user', id: `u${n}` } }),
    ),
  );

test('every critical and high finding is on a page, once, the worst first, whatever the number', async () => {
  await fc.assert(
    fc.asyncProperty(someFindings, async (findings) => {
      const pages = reportPagesOf(await pagesOf(findings));
      const order = pages.flatMap(({ text }) =>
        [...text.matchAll(/<tr data-severity="([^"]*)" data-state="([^"]*)">.*?<bdi>([^<]*)/g)].map(
          ([, severity = '', state = '', subject = '']) => ({ severity, state, subject }),
        ),
      );
      const severe = order.filter(
        ({ severity, state }) => (severity === 'CRITICAL' || severity === 'HIGH') && state !== 'resolved',
      );
      const wanted = findings.filter(
        ({ severity, state }) => (severity === 'CRITICAL' || severity === 'HIGH') && state !== 'resolved',
      );
      expect(severe.map(({ subject }) => subject).toSorted()).toEqual(
        wanted.map(({ subject }) => subject.id).toSorted(),
      );
      const words = severe.map(({ severity }) => severity);
      expect(words).toEqual(words.toSorted());
      for (const { text } of pages) expect(Buffer.byteLength(text)).toBeLessThan(MOST_BYTES);
    }),
    { numRuns: 12 },
  );
});

const high = (count: number, differs: Partial<Finding> = {}): readonly Finding[] =>
  Array.from({ length: count }, (_, n) =>
    aFinding({
      severity: 'HIGH',
      state: 'open',
      subject: { kind: 'user', id: `u${String(n).padStart(6, '0')}` },
      ...differs,
    }),
  );

/** The largest number of findings that one page has room for. */
const mostOnOnePage = async (): Promise<number> => {
  const [first] = reportPagesOf(await pagesOf(high(6000)));
  return subjectsOn(first?.text ?? '').length;
};

describe('at the end of the budget', () => {
  test('the last that fits has no page after it, and one more has', async () => {
    const most = await mostOnOnePage();
    expect(most).toBeGreaterThan(1000);
    expect(reportPagesOf(await pagesOf(high(most)))).toHaveLength(1);
    const [first, second, ...others] = reportPagesOf(await pagesOf(high(most + 1)));
    expect(others).toEqual([]);
    expect(second).toMatchObject({ name: 'html-2', output: { area: 'reports', file: 'report-2.html' } });
    expect(subjectsOn(second?.text ?? '')).toEqual([`u${String(most).padStart(6, '0')}`]);
    expect(first?.text).toContain('Every critical and high finding is here or on <a href="report-2.html">page 2</a>.');
    expect(first?.text).toContain(`data-elsewhere="1">1 to ${most.toLocaleString('en')} of`);
    expect(second?.text).toContain(`data-elsewhere="${most}">`);
  });

  test('a page leads to those before and after it, and a middle one to both', async () => {
    const pages = reportPagesOf(await pagesOf(high(12_000)));
    expect(pages.length).toBeGreaterThan(2);
    for (const [index, { text }] of pages.entries()) {
      if (index === 0) continue;
      const next = `href="report-${index + 2}.html"`;
      expect(text).toContain(`href="${index === 1 ? 'report.html' : `report-${index}.html`}"`);
      if (index + 1 < pages.length) expect(text).toContain(next);
      else expect(text).not.toContain(next);
    }
  });

  test('a rule leads to the first page that has its worst findings', async () => {
    const [first, ...further] = reportPagesOf(
      await pagesOf([...high(9000), ...high(1, { ruleId: 'unrecognised-value', severity: 'HIGH' })], {
        report: aReport({
          rules: ['stale-login', 'unrecognised-value', 'never-logged-in'].map((id) => ({
            id,
            severity: 'HIGH',
            state: 'ran',
            checked: 1,
            failed: 1,
            notAssessed: 0,
          })),
        }),
      }),
    );
    const hrefOf = (title: string) => new RegExp(`<a href="([^"]*)">${title}`).exec(first?.text ?? '')?.[1];
    expect(hrefOf('Users have logged in recently')).toBe('report.html#rule-stale-login-high');
    const [file = '', id = ''] = hrefOf('User records hold documented values only')?.split('#') ?? [];
    const page = further.find(({ output }) => output.file === file);
    expect(page?.text).toContain(`id="${id}"`);
    expect(hrefOf('Users log in soon after they are created or enabled')).toBeUndefined();
  });

  test('what is no longer on a page is told by severity', async () => {
    const milder = (['MEDIUM', 'LOW', 'INFORMATIONAL'] as const).flatMap((severity, index) =>
      high(41 + index, { severity, ruleId: `${severity.toLowerCase()}-rule` }),
    );
    const [page] = reportPagesOf(await pagesOf([...high(3), ...milder]));
    expect(page?.text).toContain('Left out of the pages: 1 medium, 2 low, 3 informational');
  });
});

test('a further page of a run that is not complete says so before all else', async () => {
  const report = aReport({ verdict: 'INCOMPLETE', reason: 'deadline' });
  const [, second] = reportPagesOf(await pagesOf(high(4000), { report }));
  expect(second?.text).toContain('<strong>INCOMPLETE: not everything was seen (deadline).</strong>');
});
