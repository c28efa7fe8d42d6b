import { describe, expect, test } from '@jest/globals';
import { highlightPages } from '../../../../core/outputs/html/findings.ts';
import { rulesSection, waiversSection } from '../../../../core/outputs/html/rules.ts';
import type { RunFacts } from '../../../../core/outputs/output.ts';
import { configureRules } from '../../../../rules/engine/configure.ts';
import type { RuleOutcome } from '../../../../rules/engine/evaluate.ts';
import { rules } from '../../../../rules/index.ts';
import { aHighlight, aReport } from '../../notify/digest/facts.ts';
import { someRunFacts, wordsOf } from './run-facts.ts';

const ran: RuleOutcome = {
  id: 'stale-login',
  severity: 'MEDIUM',
  state: 'ran',
  checked: 10,
  failed: 0,
  notAssessed: 0,
};

const sectionOf = (outcomes: readonly RuleOutcome[], differs: Partial<RunFacts> = {}): string => {
  const facts = someRunFacts({ report: aReport({ rules: outcomes }), ...differs });
  return rulesSection(facts, highlightPages(facts)).markup;
};

/** The cells of the only row, and its classes. */
const rowOf = (outcome: RuleOutcome, differs: Partial<RunFacts> = {}) => {
  const [, row = ''] = /<tbody>\n(<tr>.*?<\/tr>)/s.exec(sectionOf([outcome], differs)) ?? [];
  const cells = row
    .split('</td>')
    .slice(0, -1)
    .map((cell) => wordsOf(cell).trim());
  const tones = [...row.matchAll(/class="(?:tag|n) (\w*)"/g)].map(([, tone]) => tone);
  return { row, cells, tones };
};

describe('what was assessed', () => {
  test.each<{ readonly name: string; readonly outcomes: readonly RuleOutcome[]; readonly says: string }>([
    {
      name: 'all of it',
      outcomes: [ran, ran],
      says: '2 of 2 rules ran; 0 could not be assessed, 0 are not configured, 0 are off.',
    },
    {
      name: 'nothing',
      outcomes: [],
      says: '0 of 0 rules ran; 0 could not be assessed, 0 are not configured, 0 are off.',
    },
    {
      name: 'all, but for somebody',
      outcomes: [ran, { ...ran, notAssessed: 1 }],
      says: '2 of 2 rules ran, 1 of them without an answer for everyone; 0 could not be assessed, 0 are not configured, 0 are off.',
    },
    {
      name: 'all but what is told apart',
      outcomes: [
        ran,
        { ...ran, notAssessed: 1 },
        { ...ran, notAssessed: 7 },
        { ...ran, state: 'not-assessed', notAssessed: 3 },
        { ...ran, state: 'not-configured' },
        { ...ran, state: 'off' },
      ],
      says: '3 of 6 rules ran, 2 of them without an answer for everyone; 1 could not be assessed, 1 is not configured, 1 is off.',
    },
  ])('is told in numbers: $name', ({ outcomes, says }) => {
    expect(wordsOf(sectionOf(outcomes))).toContain(`and what was not ${says} What is not assessed never counts`);
  });

  test.each<{ readonly outcome: Partial<RuleOutcome>; readonly tones: readonly string[] }>([
    { outcome: {}, tones: ['ran', '', 'zero', 'zero'] },
    { outcome: { checked: 0 }, tones: ['ran', 'zero', 'zero', 'zero'] },
    { outcome: { failed: 1 }, tones: ['failing', '', 'fails', 'zero'] },
    { outcome: { failed: 1, notAssessed: 1 }, tones: ['unjudged', '', 'fails', ''] },
    { outcome: { state: 'not-assessed' }, tones: ['unjudged', '', 'zero', 'zero'] },
    { outcome: { state: 'off' }, tones: ['quiet', '', 'zero', 'zero'] },
    { outcome: { state: 'not-configured' }, tones: ['quiet', '', 'zero', 'zero'] },
  ])('is no good news in its colours where it is none: $outcome', ({ outcome, tones }) => {
    expect(rowOf({ ...ran, ...outcome }).tones).toEqual(tones);
  });

  test.each<{ readonly outcome: Partial<RuleOutcome>; readonly state: string; readonly reason: string }>([
    { outcome: {}, state: 'ran', reason: '' },
    { outcome: { notAssessed: 1, reason: 'no <time>' }, state: 'ran', reason: 'no &lt;time&gt;' },
    {
      outcome: { state: 'not-assessed', reason: 'not said', error: 'TypeError: x' },
      state: 'not assessed',
      reason: 'it failed: TypeError: x',
    },
  ])('has its reason: $reason', ({ outcome, state, reason }) => {
    const { cells } = rowOf({ ...ran, ...outcome });
    expect([cells[2], cells[6]]).toEqual([state, reason]);
  });

  test('names each number, also where a screen has no room for the head of the table', () => {
    const { row } = rowOf({ ...ran, failed: 2, notAssessed: 1 });
    expect(
      [...row.matchAll(/data-label="([^"]*)" data-sort="\d+">(\d+)/g)].map(([, name, value]) => [name, value]),
    ).toEqual([
      ['Checked', '10'],
      ['Failed', '2'],
      ['Not assessed', '1'],
    ]);
  });

  test('has what it was judged by', () => {
    const configured = configureRules(rules).map((one) =>
      one.rule.id === 'stale-login' ? { ...one, options: { some: ['a', 'b'], none: [], days: 3 } } : one,
    );
    expect(rowOf(ran, { rules: configured }).cells[0]).toBe(
      'Users have logged in recently stale-login some: a, b; none: none; days: 3',
    );
    expect(rowOf({ ...ran, id: 'of-old' }).cells[0]).toBe('of-old of-old');
  });

  test('of a rule leads to the worst that it found', () => {
    const highlights = [aHighlight('open', { severity: 'LOW' }), aHighlight('open', { severity: 'HIGH' })];
    expect(rowOf(ran, { highlights }).row).toContain('<a href="report.html#rule-stale-login-high">');
    expect(rowOf(ran).row).not.toContain('href');
  });
});

test('waivers that somebody has to see to are told, with what to do', () => {
  expect(waiversSection(someRunFacts())).toBeUndefined();
  const waiverTroubles = [{ kind: 'expired', rule: 'a', user: '<b>', expires: '2026-10-01' }] as const;
  const section = waiversSection(someRunFacts({ report: aReport({ waiverTroubles }) }))?.markup ?? '';
  expect(wordsOf(section)).toContain('a &lt;b&gt; expired: expired on 2026-10-01; the finding counts again');
});
