import { describe, expect, test } from '@jest/globals';
import type { HighlightKind } from '../../../../core/model/highlights.ts';
import type { FindingCounts, Report } from '../../../../core/model/report.ts';
import { forewordsCard, head, runFacts } from '../../../../core/outputs/html/verdict.ts';
import type { RunFacts } from '../../../../core/outputs/output.ts';
import { aFirstReport, aHighlight, aReport, counts } from '../../notify/digest/facts.ts';
import { someRunFacts, wordsOf } from './run-facts.ts';

const headOf = (report: Report, differs: Partial<RunFacts> = {}): string =>
  wordsOf(head(someRunFacts({ report, ...differs })).markup).trim();

const factsOf = (report: Report, differs: Partial<RunFacts> = {}): string =>
  wordsOf(runFacts(someRunFacts({ report, ...differs })).markup).trim();

const rule = { id: 'stale-login', severity: 'MEDIUM', state: 'ran', checked: 1, failed: 0, notAssessed: 0 } as const;
const off = { ...rule, state: 'off' as const };
const short = { ...rule, notAssessed: 1 };

const ATTESTED: Partial<Report> = {
  source: { kind: 'roster', attestedBy: { name: 'Ada', statement: 'all', at: '2026-11-24T00:00:00Z' } },
};

describe('the head of a complete run says', () => {
  test.each([
    { name: 'that all was judged', rules: [rule, rule], says: 'Every rule of the catalogue judged.' },
    { name: 'that there is no rule', rules: [], says: 'Not all was judged: there is no rule; see rules .' },
    {
      name: 'that a rule had no answer for somebody',
      rules: [rule, short],
      says: 'Not all was judged: 1 rule could not judge everything; see rules .',
    },
    {
      name: 'that a rule is off',
      rules: [rule, off],
      says: 'Not all was judged: 1 rule is off or not configured; see rules .',
    },
    {
      name: 'both',
      rules: [rule, short, short, off, { ...off, state: 'not-configured' as const }],
      says: 'Not all was judged: 2 rules could not judge everything, and 2 rules are off or not configured; see rules .',
    },
  ])('$name', ({ rules, says }) => {
    expect(headOf(aReport({ rules }))).toMatch(/ : 400 users on 4 pages\. /);
    expect(headOf(aReport({ rules })).endsWith(says)).toBe(true);
  });

  test('by its sign whether all was seen and judged: else it has the one of a run that is not complete', () => {
    const signOf = (report: Report) =>
      /<svg.*?<\/svg>/s.exec(
        head(someRunFacts({ report })).markup.replace(/^.*?(?=class="(?:coverage|card verdict))/s, ''),
      )?.[0];
    const tick = signOf(aReport({ rules: [rule] }));
    const warning = signOf(aReport({ rules: [rule], verdict: 'INCOMPLETE' }));
    const failure = signOf(aReport({ rules: [rule], verdict: 'FAILED' }));
    expect(new Set([tick, warning, failure]).size).toBe(3);
    for (const sign of [tick, warning, failure]) expect(sign).toMatch(/<path class="sign" d="M[^"]+"/);
    for (const differs of [{ rules: [off] }, { rules: [short] }, { rules: [] }, { rules: [rule], ...ATTESTED }])
      expect(signOf(aReport(differs))).toBe(warning);
  });

  test('of an attested roster, whose word it is, and not that the directory was seen', () => {
    const words = headOf(aReport({ rules: [rule], ...ATTESTED }));
    expect(words).toContain('Complete: the whole of the saved roster was judged : 400 users');
    expect(words).toContain('ATTESTED, NOT SEEN: that the saved roster is the whole directory is the word of Ada');
    expect(words).not.toContain('whole directory was seen');
    expect(headOf(aReport({ rules: [rule] }))).not.toContain('ATTESTED');
    expect(head(someRunFacts({ report: aReport({ rules: [rule] }) })).markup).not.toContain('<bdi></bdi>');
  });
});

describe('what stands, and how it came to be', () => {
  interface Night {
    readonly name: string;
    readonly before: number;
    readonly states: Partial<FindingCounts['byState']>;
    readonly now: number;
    readonly waiversEnded?: number;
    readonly says: string;
  }

  const highlightOf = (kind: HighlightKind, count: number) => ({ ...aHighlight(kind), count });

  test.each<Night>([
    {
      name: 'nothing before, and nothing now',
      before: 0,
      states: {},
      now: 0,
      says: 'No finding stands As many as in the last complete run: no finding changed.',
    },
    {
      name: 'nothing changed',
      before: 2,
      states: { open: 2 },
      now: 2,
      says: '2 findings stand: 2 high As many as in the last complete run: no finding changed.',
    },
    {
      name: 'one that is new',
      before: 0,
      states: { new: 1 },
      now: 1,
      says: '1 finding stands: 1 high 1 more than in the last complete run: 1 new.',
    },
    {
      name: 'new ones, some again, and resolved ones',
      before: 4,
      states: { new: 3, reopened: 2, resolved: 4, open: 0 },
      now: 5,
      says: '5 findings stand: 5 high 1 more than in the last complete run: 3 new, 2 reopened, 4 resolved.',
    },
    {
      name: 'a waiver that has ended',
      before: 1,
      states: { open: 3 },
      now: 3,
      waiversEnded: 2,
      says: '3 findings stand: 3 high 2 more than in the last complete run: 2 accepted no longer.',
    },
    {
      name: 'all resolved',
      before: 1,
      states: { resolved: 1 },
      now: 0,
      says: 'No finding stands 1 fewer than in the last complete run: 1 resolved.',
    },
    {
      name: 'some accepted',
      before: 3,
      states: { new: 1, waived: 2, open: 1 },
      now: 2,
      says: '2 findings stand: 2 high 1 fewer than in the last complete run: 1 new, 2 accepted by waivers.',
    },
    {
      name: 'some resolved that had been waived',
      before: 3,
      states: { resolved: 2, open: 2 },
      now: 2,
      says: '2 findings stand: 2 high 1 fewer than in the last complete run: 2 resolved, 1 of what resolved had been waived.',
    },
    {
      name: 'a change, which is told once',
      before: 1,
      states: { open: 1, event: 1 },
      now: 1,
      says: '1 finding stands: 1 high As many as in the last complete run: no finding changed. Besides, 1 ',
    },
  ])('$name', ({ before, states, now, waiversEnded = 0, says }) => {
    const report = aReport({
      findings: counts(states, { HIGH: now }),
      trend: [
        ['20261122T020000Z', 0, 9, 0, 0, 0],
        ['20261123T020000Z', 0, before, 0, 0, 0],
      ],
    });
    const highlights = [
      ...(waiversEnded > 0 ? [highlightOf('waiver-ended', waiversEnded)] : []),
      highlightOf('reminder', 7),
    ];
    const words = headOf(report, { highlights });
    expect(words.slice(0, says.length)).toBe(says);
    if (states.event === undefined) expect(words).not.toContain('Besides');
  });

  test('the worst first, of each severity', () => {
    const report = aReport({ findings: counts({}, { LOW: 1, CRITICAL: 2, MEDIUM: 1000 }) });
    expect(headOf(report)).toMatch(/^1,003 findings stand: 2 critical, 1,000 medium, 1 low /);
  });

  test.each([
    { findings: counts({}), tone: 'nothing' },
    { findings: counts({}, { HIGH: 1, LOW: 2 }), tone: 'high' },
  ])('in the colour of the worst: $tone', ({ findings, tone }) => {
    expect(head(someRunFacts({ report: aReport({ findings }) })).markup).toContain(`class="card result ${tone}"`);
  });

  test('of a first audit there is nothing to compare with', () => {
    expect(headOf(aFirstReport())).toMatch(/^No finding stands This is the first audit of the environment\. Critical/);
    expect(headOf(aFirstReport())).not.toContain('More or fewer than');
  });

  const runBefore = (findings: Partial<FindingCounts>): Partial<RunFacts> => ({
    last: { report: aReport({ findings: { ...counts({ event: 1 }), ...findings } }) } as NonNullable<RunFacts['last']>,
  });
  const trend = [['20261123T020000Z', 0, 1, 0, 0, 0]] as const;
  const newOne = { findings: counts({ new: 1 }, { HIGH: 2 }) };
  test.each([
    { name: 'that is not in the trend', report: aReport({ ...newOne, trend: [] }), differs: {} },
    {
      name: 'that counted its changes among what stood',
      report: aReport({ ...newOne, trend }),
      differs: runBefore({}),
    },
  ])('of a run before $name no number is taken', ({ report, differs }) => {
    const words = headOf(report, differs);
    expect(words).toContain('2 findings stand: 2 high Since the last complete run: 1 new.');
    expect(words).toContain('High 2 change unknown');
  });

  test.each([
    { name: 'that counted its changes apart', differs: runBefore({ eventsBySeverity: counts({}).bySeverity }) },
    { name: 'in which nothing had changed once', differs: runBefore({ byState: counts({}).byState }) },
  ])('of a run before $name it is', ({ differs }) => {
    expect(headOf(aReport({ ...newOne, trend }), differs)).toContain('High 2 ▲ 1 more');
  });
});

describe('the tiles', () => {
  test('count changes and waivers apart, and say with which run they compare', () => {
    const words = headOf(aReport({ findings: counts({ event: 3, waived: 1200 }) }));
    expect(words).toContain('Changes 3 told once Waived 1,200 accepted More or fewer than in the last complete run,');
    expect(words).toContain('in the last complete run, 2026-11-23 02:00 UTC. Waived findings');
  });

  test.each([
    { before: 9, tile: 'High 4 ▼ 5 fewer' },
    { before: 4, tile: 'High 4 no change' },
    { before: 3, tile: 'High 4 ▲ 1 more' },
  ])('tell the change from $before', ({ before, tile }) => {
    const trend = [['20261123T020000Z', 0, before, 0, 0, 0]] as const;
    expect(headOf(aReport({ findings: counts({}, { HIGH: 4 }), trend }))).toContain(tile);
  });

  test.each([
    { count: 0, says: 'count none">0<' },
    { count: 1, says: 'count">1<' },
  ])('stand back where they count nothing: $count', ({ count, says }) => {
    const findings = counts({ event: count, waived: count }, { HIGH: count });
    const { markup } = head(someRunFacts({ report: aReport({ findings }) }));
    for (const kind of ['high', 'event', 'waived'])
      expect(/<div class="(count.*?<)/.exec(markup.split(`card tile ${kind}"`)[1] ?? '')?.[1]).toBe(says);
  });

  test('of a run that is not complete compare with nothing', () => {
    expect(headOf(aReport({ verdict: 'INCOMPLETE', reason: 'deadline' }))).not.toContain('More or fewer than');
  });
});

test('of a run that is not complete, for which nobody gave a reason, nothing is said to be known', () => {
  const words = headOf(aReport({ verdict: 'INCOMPLETE' }));
  expect(words).toContain('Reason none given Seen 400 users on 4 pages Not seen what the reason kept from view');
  expect(words).toContain('Among what was seen, 0 findings . How many there are beyond that is unknown.');
});

test('a run that is not complete and whose roster was attested says whose word it is', () => {
  expect(headOf(aReport({ verdict: 'INCOMPLETE', reason: 'roster-drop', ...ATTESTED }))).toMatch(
    /^INCOMPLETE: not everything was seen ATTESTED, NOT SEEN: /,
  );
});

test('nothing is said before the head of most runs', () => {
  expect(forewordsCard(aReport())).toBeUndefined();
});

describe('the facts of a run say', () => {
  const listing = { startedAt: '2026-11-24T02:00:05.000Z', endedAt: '2026-11-24T02:00:09.000Z' };

  test('when, which run, of whom, by what', () => {
    expect(factsOf(aReport({ listing, source: { kind: 'roster' } }))).toBe(
      'As of 2026-11-24 02:00 UTC 2026-11-23 21:00 America/New_York Listed from 2026-11-24 02:00 UTC to 2026-11-24 02:00 UTC Run 20261124T020000Z Users judged 400 5 requests, 0 throttled, 0 repeated Users from the saved roster Compared with 2026-11-23 02:00 UTC',
    );
    expect(factsOf(aReport(), { timeZone: undefined })).toMatch(/^As of 2026-11-24 02:00 UTC Run 2026/);
  });

  test.each([
    { name: 'that a first complete run is the first', report: aFirstReport(), says: 'the first complete run' },
    { name: 'of one before any was complete, nothing more', report: aFirstReport({ verdict: 'FAILED' }), says: '' },
  ])('$name', ({ report, says }) => {
    expect(factsOf(report).endsWith(`Compared with nothing ${says}`.trim())).toBe(true);
  });
});
