import { describe, expect, test } from '@jest/globals';
import { controlsPage } from '../../../../core/outputs/html/controls.ts';
import { highlightPages } from '../../../../core/outputs/html/findings.ts';
import { reportPage } from '../../../../core/outputs/html/html.ts';
import type { RunFacts } from '../../../../core/outputs/output.ts';
import { FRAMEWORKS } from '../../../../rules/engine/controls.ts';
import type { RuleOutcome } from '../../../../rules/engine/evaluate.ts';
import { rules as catalogue } from '../../../../rules/index.ts';
import { aHighlight, aReport } from '../../notify/digest/facts.ts';
import { someRunFacts, wordsOf } from './run-facts.ts';

const RAN: Omit<RuleOutcome, 'id' | 'severity'> = { state: 'ran', checked: 10, failed: 0, notAssessed: 0 };

/** A run of these rules alone, which all judged everybody but for what a test says differs. */
const factsOf = (
  ids: readonly string[],
  outcomes: Readonly<Record<string, Partial<RuleOutcome>>> = {},
  differs: Partial<RunFacts> = {},
): RunFacts => {
  const facts = someRunFacts();
  const rules = ids.map((id) => ({ id, severity: 'MEDIUM' as const, ...RAN, ...outcomes[id] }));
  return {
    ...facts,
    rules: facts.rules.filter(({ rule }) => ids.includes(rule.id)),
    ...differs,
    report: { ...(differs.report ?? facts.report), rules },
  };
};

const page = (facts: RunFacts): string => controlsPage(facts, highlightPages(facts));

/** A control that both of these rules give evidence for, and no other of them alone. */
const BOTH = ['stale-login', 'never-logged-in'];
const CONTROL = 'AC-2(3)';

/** The text about a control of the first framework. */
const saidOf = (facts: RunFacts, control = CONTROL): string => {
  const [, section = ''] = page(facts).split(`<h3>${control}</h3>`);
  return wordsOf(section.slice(0, section.indexOf('</details>'))).trim();
};

const ATTESTED = {
  kind: 'roster',
  file: 'users.json',
  sha256: 'a'.repeat(64),
  attestedBy: { name: 'Somebody', statement: 'it is whole', at: '2026-11-24T02:00:00.000Z' },
} as const;

const CUT = { verdict: 'INCOMPLETE', reason: 'deadline' } as const;

/** A listing of a week after the night that it stands for. */
const LATE = {
  late: true,
  listing: { startedAt: '2026-12-01T02:10:00.000Z', endedAt: '2026-12-01T02:20:00.000Z' },
} as const;

describe('a control', () => {
  const stands = 'stale-login';
  test.each<{ name: string; facts: RunFacts; says: RegExp; tone: string }>([
    { name: 'all judged, nothing found', facts: factsOf(BOTH), says: /^none failing Rule/, tone: 'passes' },
    {
      name: 'something found',
      facts: factsOf(BOTH, {}, { highlights: [aHighlight('open'), aHighlight('new', {}, {}), aHighlight('resolved')] }),
      says: /^3 failing Rule/,
      tone: 'fails',
    },
    {
      name: 'more failed than is told',
      facts: factsOf(BOTH, { [stands]: { failed: 4 } }),
      says: /^4 failing Rule/,
      tone: 'fails',
    },
    {
      name: 'a change found',
      facts: factsOf(BOTH, {}, { highlights: [aHighlight('event')] }),
      says: /^none failing, 1 change Rule/,
      tone: 'partly',
    },
    {
      name: 'all that was found is waived',
      facts: factsOf(BOTH, { [stands]: { failed: 2 } }, { highlights: [aHighlight('waived', {}, {})] }),
      says: /^none failing, 2 waived Rule/,
      tone: 'partly',
    },
    {
      name: 'what was found is resolved',
      facts: factsOf(BOTH, {}, { highlights: [aHighlight('resolved')] }),
      says: /^none failing Rule/,
      tone: 'passes',
    },
    {
      name: 'one rule lacked answers',
      facts: factsOf(BOTH, { [stands]: { notAssessed: 2 } }),
      says: /^none failing among what was judged 1 of 2 rules judged in full Rule/,
      tone: 'partly',
    },
    {
      name: 'one rule is off',
      facts: factsOf(BOTH, { [stands]: { state: 'off', checked: 0 } }),
      says: /^none failing among what was judged 1 of 2 rules judged in full Rule/,
      tone: 'partly',
    },
    {
      name: 'no rule was assessed',
      facts: factsOf([stands], {
        [stands]: { state: 'not-assessed', checked: 0, notAssessed: 1, error: 'TypeError: x' },
      }),
      says: /^not assessed 0 of 1 rule judged in full Rule.* not assessed , judged 0, 1 not assessed: it failed: TypeError: x/,
      tone: 'quiet',
    },
    {
      name: 'there was nothing to judge',
      facts: factsOf([stands], { [stands]: { checked: 0 } }),
      says: /^nothing to judge Rule.* ran , nothing to judge/,
      tone: 'quiet',
    },
    {
      name: 'the run is not complete',
      facts: factsOf(BOTH, {}, { report: aReport(CUT) }),
      says: /^none failing among what was seen Rule/,
      tone: 'partly',
    },
    {
      name: 'all that was found is waived, and the run is not complete',
      facts: factsOf(
        BOTH,
        { [stands]: { failed: 2 } },
        { report: aReport(CUT), highlights: [aHighlight('waived', {}, {})] },
      ),
      says: /^none failing among what was seen, 2 waived Rule/,
      tone: 'partly',
    },
    {
      name: 'there was nothing to judge, and the run is not complete',
      facts: factsOf([stands], { [stands]: { checked: 0 } }, { report: aReport(CUT) }),
      says: /^nothing to judge among what was seen Rule/,
      tone: 'quiet',
    },
    {
      name: 'somebody attests that all was seen',
      facts: factsOf(BOTH, {}, { report: aReport({ source: ATTESTED }) }),
      says: /^none failing among what was seen Rule/,
      tone: 'partly',
    },
    {
      name: 'the run was late',
      facts: factsOf(BOTH, {}, { report: aReport(LATE) }),
      says: /^none failing among what was seen Rule/,
      tone: 'partly',
    },
  ])('of which $name', ({ facts, says, tone }) => {
    expect(saidOf(facts)).toMatch(says);
    expect(page(facts).split(`<h3>${CONTROL}</h3>`)[1]).toMatch(
      new RegExp(`^<span class="tallies"><span class="${tone}">`),
    );
  });

  test('tells of each of its rules whether it ran and judged all, and its findings by severity, which lead to them', () => {
    const facts = factsOf(
      BOTH,
      {
        'stale-login': { checked: 400, failed: 3 },
        'never-logged-in': { checked: 300, notAssessed: 100, reason: 'createTime is missing' },
      },
      {
        highlights: [
          aHighlight('open', { severity: 'HIGH' }, {}),
          aHighlight('waived', {}, {}),
          aHighlight('resolved', { severity: 'HIGH' }),
        ],
      },
    );
    const said = saidOf(facts);
    expect(said).toContain(
      'Users have logged in recently stale-login Medium ran , judged all 400 1 high , 3 medium , 2 waived',
    );
    expect(said).toContain('never-logged-in Medium ran , judged 300, 100 not assessed: createTime is missing none');
    const report = reportPage(facts, undefined, true);
    for (const severity of ['high', 'medium']) {
      expect(page(facts)).toContain(`<a href="report.html#rule-stale-login-${severity}">`);
      expect(report).toContain(`id="rule-stale-login-${severity}"`);
    }
  });

  test.each<{ name: string; outcome: Partial<RuleOutcome>; highlights?: RunFacts['highlights']; says: string }>([
    {
      name: 'all that it found is waived',
      outcome: { failed: 2 },
      highlights: [aHighlight('waived', {}, {})],
      says: 'judged all 10 2 medium , all waived',
    },
    {
      name: 'one of what it found is waived',
      outcome: { failed: 2 },
      highlights: [aHighlight('waived'), aHighlight('open')],
      says: 'judged all 10 2 medium , 1 waived',
    },
    { name: 'it failed one, of which nothing is told', outcome: { failed: 1 }, says: 'judged all 10 1 failing' },
    { name: 'it is of another severity here', outcome: { severity: 'LOW' }, says: 'stale-login Low ran' },
    {
      name: 'it is off',
      outcome: { state: 'off', reason: 'by audit.yaml' },
      says: 'stale-login Medium off by audit.yaml',
    },
    { name: 'it lacked an answer', outcome: { notAssessed: 1 }, says: 'judged 10, 1 not assessed none' },
  ])('says of a rule that $name', ({ outcome, highlights = [], says }) => {
    const said = saidOf(factsOf(['stale-login'], { 'stale-login': outcome }, { highlights }));
    expect(`${said.replaceAll(/\s+/g, ' ')} `).toContain(`${says} `);
  });

  test('of which one user was judged passes', () => {
    expect(saidOf(factsOf(['stale-login'], { 'stale-login': { checked: 1 } }))).toMatch(/^none failing Rule/);
  });

  test('of a rule that is newer than the run was not assessed', () => {
    const facts = factsOf(['stale-login']);
    const said = saidOf({ ...facts, report: { ...facts.report, rules: [] } });
    expect(said).toMatch(/^not assessed 0 of 1 rule judged in full Rule.* not in this run none$/);
  });

  test('of a rule without an outcome fails by what is told of it all the same', () => {
    const facts = factsOf(['stale-login'], {}, { highlights: [aHighlight('open')] });
    expect(saidOf({ ...facts, report: { ...facts.report, rules: [] } })).toMatch(/^1 failing 0 of 1 rule judged/);
  });

  test('is never said to be satisfied', () => {
    const words = wordsOf(page(factsOf(BOTH)));
    const caution = 'A rule gives evidence for a control; no rule alone satisfies one.';
    expect(words).toContain(caution);
    expect(words.replace(caution, '')).not.toMatch(/satisf|complian|passe/i);
  });
});

test('a framework says how many of its controls have findings, and how many were not judged in full', () => {
  const facts = factsOf(
    ['stale-login', 'shared-principal'],
    { 'shared-principal': { state: 'off', checked: 0 } },
    { highlights: [aHighlight('open')] },
  );
  const idsOf = (...ids: readonly string[]) =>
    new Set(
      catalogue
        .filter(({ id }) => ids.includes(id))
        .flatMap(({ controls }) => controls.filter((control) => control.startsWith('NIST-800-53-r5:'))),
    ).size;
  expect(wordsOf(page(facts))).toContain(
    `NIST SP 800-53 r5 ${idsOf('stale-login', 'shared-principal')} controls: ${idsOf('stale-login')} with findings that stand, ${idsOf('shared-principal')} not judged in full.`,
  );
});

test('of the whole directory nothing is said to be unseen, and where no rule names a control that', () => {
  const text = page(factsOf(BOTH));
  expect(text).not.toContain('Not seen:');
  expect(text).not.toContain('No rule names a control.');
  expect(text).toContain('<a class="skip" href="#NIST-800-53-r5">');
  expect(text).toContain('<a href="users.html">');
  expect(text).not.toContain('<a href="controls.html');
  const none = page(factsOf([]));
  expect(none).toContain('No rule names a control.');
  expect(none).toContain('<a class="skip" href="#none">');
});

test('every control of every rule is there, with each of its rules', () => {
  const facts = someRunFacts();
  const text = page(facts);
  expect(text).toContain('<h1>Findings by control</h1>');
  for (const [framework, name] of Object.entries(FRAMEWORKS)) {
    const [, section = ''] = text.split(`<section id="${framework}"`);
    const own = section.slice(0, section.indexOf('</section>'));
    const told = own
      .split('<h3>')
      .slice(1)
      .flatMap((control) =>
        [...control.matchAll(/<code>([^<]*)<\/code>/g)].map(([, id]) => `${framework}:${control.split('<')[0]} ${id}`),
      );
    const wanted = catalogue.flatMap(({ id, controls }) =>
      controls.filter((control) => control.startsWith(`${framework}:`)).map((control) => `${control} ${id}`),
    );
    expect(told.toSorted()).toEqual(wanted.toSorted());
    expect(wordsOf(own)).toContain(name);
  }
});

describe('on the report', () => {
  test('frameworks tell how many controls have findings, and how many were not judged in full, and lead to them', () => {
    const facts = factsOf(
      BOTH,
      { 'never-logged-in': { state: 'off', checked: 0 } },
      { highlights: [aHighlight('open')] },
    );
    expect(wordsOf(reportPage(facts))).toMatch(
      /NIST SP 800-53 r5 \d+ controls?: [1-9]\d* with findings that stand, [1-9]\d* not judged/,
    );
    expect(reportPage(facts)).not.toContain('controls.html');
    expect(reportPage(facts, undefined, true)).toContain('<a href="controls.html#NIST-800-53-r5">');
  });
});

test('of a part of the directory it says what was not seen', () => {
  const facts = factsOf(BOTH, {}, { report: aReport(CUT) });
  expect(wordsOf(page(facts))).toContain('Not seen: the users that the rest of the listing would have given');
  expect(wordsOf(page(factsOf(BOTH, {}, { report: aReport({ source: ATTESTED }) })))).toContain(
    'Not seen: whether the saved roster is the whole directory.',
  );
  expect(wordsOf(page(factsOf(BOTH, {}, { report: aReport(LATE) })))).toContain(
    'Not seen: the users as they were that night: they were listed 7 days after the night it stands for.',
  );
});
