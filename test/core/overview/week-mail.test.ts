import { describe, expect, test } from '@jest/globals';
import type { Audience } from '../../../core/config/recipient.ts';
import type { Highlight } from '../../../core/model/highlights.ts';
import { MOST_LINES } from '../../../core/notify/digest/body.ts';
import type { EnvironmentState } from '../../../core/overview/read.ts';
import { type EnvironmentWeek, weekMail } from '../../../core/overview/week.ts';
import { aHighlight, aReport, counts } from '../notify/digest/facts.ts';

const EVERYTHING: Audience = { label: 'week-all' };

const mailOf = (weeks: readonly EnvironmentWeek[], audience = EVERYTHING) =>
  weekMail(weeks, { audience, name: '2026-11-30 02:00 UTC', pageLocation: 's3://evidence/index.html' });

const aWeek = (
  environmentId: string,
  { state, ...differs }: Partial<Omit<EnvironmentWeek, 'state'>> & { readonly state?: Partial<EnvironmentState> } = {},
): EnvironmentWeek => ({
  state: {
    environmentId,
    last: { report: aReport(), head: `7:${environmentId}`, pageKey: undefined },
    isClosed: false,
    changes: [],
    ...state,
  },
  nights: 7,
  news: [],
  ownRules: new Map(),
  troubles: [],
  notes: [],
  ...differs,
});

const many = (count: number, highlight: Highlight): Highlight => ({
  ...highlight,
  count,
  severities: { [highlight.severity]: count },
});

const trouble = (n: number) => ({ kind: 'unused' as const, rule: 'stale-login', user: `u${n}`, expires: '2027-01-31' });

const section = (body: string, title: string): readonly string[] =>
  new RegExp(`^${title}[^\\n]*\\n(.*?)\\n\\n`, 'ms').exec(`${body}\n`)?.[1]?.split('\n') ?? [];

test('tells what nobody saw, each environment in numbers, those with news first, and what that was', () => {
  const findings = counts({}, { HIGH: 1200, MEDIUM: 2 });
  const { subject, body, attributes } = mailOf([
    aWeek('quiet', { nights: 1 }),
    aWeek('busy', {
      state: { name: 'research', last: { report: aReport({ findings }), pageKey: undefined } },
      news: [aHighlight('new'), many(3, aHighlight('resolved', { cause: 'fixed' }))],
      troubles: [trouble(1)],
      notes: ['run 20261125T020000Z is INCOMPLETE (deadline)', 'a second\nnote'],
    }),
  ]);
  expect(subject).toBe('FinSpace, the week up to 2026-11-30: 1 environment NOT SEEN each night; 1 new, 3 resolved');
  expect(attributes).toEqual({
    environment: 'all',
    verdict: 'INCOMPLETE',
    maxSeverity: 'CRITICAL',
    audience: 'week-all',
  });
  expect(body.split('\n')).toEqual([
    'FinSpace access audits of 2 environments, the week up to 2026-11-30 02:00 UTC',
    '1 environment NOT SEEN each night; 1 new, 3 resolved.',
    'Findings of every severity.',
    'Page: s3://evidence/index.html',
    '',
    'NOT SEEN, or not as it should be: nothing is to be read as fine (2)',
    '  research (busy): run 20261125T020000Z is INCOMPLETE (deadline)',
    '  research (busy): a second note',
    '',
    'EACH ENVIRONMENT (2)',
    '  research (busy): 1 new, 3 resolved in 7 complete runs; standing 1,200 HIGH,',
    '  2 MEDIUM',
    '  quiet: nothing changed in 1 complete run; standing none',
    '',
    'research (busy)',
    '',
    'MEDIUM stale-login: 1 new, 3 resolved',
    '  Required: Users have logged in recently',
    ...body.split('\n').slice(18, 20),
    '  - 01USER: last login 91 days ago; at most 90 allowed',
    '  - 01USER: fixed',
    '  - and 2 more in the report',
    '',
    'Waivers to see to',
    '  - stale-login for u1: nothing fails that it accepts; remove it',
    '',
    'HEADS: keep this mail, verify --head FILE proves that nothing up to these is gone',
    '  7:quiet quiet',
    '',
  ]);
});

test('of a quiet week says so', () => {
  const { subject, body, attributes } = mailOf([aWeek('alpha')]);
  expect(subject).toBe('FinSpace, the week up to 2026-11-30: nothing changed');
  expect(attributes).toMatchObject({ verdict: 'COMPLETE', maxSeverity: 'INFORMATIONAL' });
  expect(body).not.toContain('NOT SEEN');
  expect(body).not.toContain('Waivers');
});

test.each([
  {
    name: 'one finding',
    news: [aHighlight('new')],
    troubles: [],
    has: 'MEDIUM stale-login: 1 new',
    lacks: 'Waivers to see to',
  },
  {
    name: 'one waiver',
    news: [],
    troubles: [trouble(1)],
    has: '  - stale-login for u1: ',
    lacks: 'MEDIUM stale-login',
  },
])('tells of an environment whose only news is $name', ({ news, troubles, has, lacks }) => {
  const { body } = mailOf([aWeek('quiet'), aWeek('busy', { news, troubles })]);
  expect(section(body, 'EACH').map((line) => line.split(':')[0])).toEqual(['  busy', '  quiet']);
  expect(body).toContain(has);
  expect(body).not.toContain(lacks);
});

test.each([
  { length: 200, shown: 'x'.repeat(200) },
  { length: 201, shown: `${'x'.repeat(197)}...` },
])('a sentence about what nobody saw has 200 characters: $length', ({ length, shown }) => {
  const { body } = mailOf([aWeek('alpha', { notes: ['x'.repeat(length)] })]);
  expect(section(body, 'NOT SEEN').join(' ').split(/\s+/)).toContain(shown);
});

test('says of a closed environment that nobody looks at it any more', () => {
  const { body } = mailOf([aWeek('alpha', { nights: 0, state: { isClosed: true } })]);
  expect(section(body, 'EACH').join(' ').replaceAll(/\s+/g, ' ')).toBe(
    ' alpha: nothing changed in 0 complete runs; standing none; CLOSED: nobody looks any more',
  );
});

test.each([
  { kinds: ['new', 'reopened', 'resolved'] as const, says: '12,345 new, 12,345 reopened, 12,345 resolved' },
  {
    kinds: ['new', 'reopened', 'waiver-ended', 'event', 'resolved'] as const,
    says: '12,345 new, 12,345 reopened, 12,345 accepted no longer, ...',
    notSeen: '',
  },
  {
    kinds: ['new', 'reopened', 'resolved'] as const,
    says: '12,345 new, ...',
    notSeen: '1 environment NOT SEEN each night; ',
  },
])('a subject has whole numbers, what nobody saw before them: $says', ({ kinds, says, notSeen = '' }) => {
  const news = kinds.map((kind) => many(12_345, aHighlight(kind)));
  const { subject } = mailOf([aWeek('alpha', { news, notes: notSeen === '' ? [] : ['a note'] })]);
  expect(subject).toBe(`FinSpace, the week up to 2026-11-30: ${notSeen}${says}`);
});

test.each([
  // 99 characters, of which SNS takes no more.
  { counts: [12_345_678, 12_345_678, 12_345], says: '12,345,678 new, 12,345,678 reopened, 12,345 accepted no longer' },
  { counts: [12_345_678, 12_345_678, 123_456], says: '12,345,678 new, 12,345,678 reopened, ...' },
])('a subject has fewer than 100 characters: $says', ({ counts: of, says }) => {
  const kinds = ['new', 'reopened', 'waiver-ended'] as const;
  const news = kinds.map((kind, index) => many(of[index] ?? 0, aHighlight(kind)));
  const { subject } = mailOf([aWeek('alpha', { news })]);
  expect(subject).toBe(`FinSpace, the week up to 2026-11-30: ${says}`);
  expect(subject.length).toBeLessThan(100);
});

test('a subject without room for a single number shows that there are some', () => {
  const news = [many(123_456_789, aHighlight('waiver-ended'))];
  const { subject } = mailOf(Array.from({ length: 10_000 }, (_, n) => aWeek(`e${n}`, { news, notes: ['a note'] })));
  expect(subject).toBe('FinSpace, the week up to 2026-11-30: 10,000 environments NOT SEEN each night; ...');
});

test('of an environment that was never seen nothing is said to stand or not', () => {
  const { last: _, ...state } = aWeek('alpha').state;
  const { body } = mailOf([{ ...aWeek('alpha'), state, nights: 0 }]);
  expect(body).toContain('alpha: nothing changed in 0 complete runs; what stands is unknown');
});

test('is of the worst severity of the news', () => {
  const news = [aHighlight('new', { severity: 'LOW' }), aHighlight('resolved', { severity: 'HIGH' })];
  expect(mailOf([aWeek('a', { news })]).attributes.maxSeverity).toBe('HIGH');
  expect(mailOf([aWeek('a', { news: news.slice(0, 1) })]).attributes.maxSeverity).toBe('LOW');
});

test.each<{ readonly audience: Partial<Audience>; readonly says: string; readonly standing: string }>([
  {
    audience: {},
    says: 'Findings of every severity.',
    standing: '4 CRITICAL, 3 HIGH, 2 MEDIUM, 1 LOW, 5 INFORMATIONAL',
  },
  {
    audience: { minSeverity: 'HIGH' },
    says: 'Findings from HIGH on; what is milder is not in this mail.',
    standing: '4 CRITICAL, 3 HIGH',
  },
  {
    audience: { maxSeverity: 'LOW' },
    says: 'Findings up to LOW; what is worse is not in this mail.',
    standing: '1 LOW, 5 INFORMATIONAL',
  },
  {
    audience: { minSeverity: 'LOW', maxSeverity: 'HIGH' },
    says: 'Findings from LOW to HIGH; what is worse or milder is not in this mail.',
    standing: '3 HIGH, 2 MEDIUM, 1 LOW',
  },
])('says of which severities it tells, and counts no others: $says', ({ audience, says, standing }) => {
  const findings = counts({}, { CRITICAL: 4, HIGH: 3, MEDIUM: 2, LOW: 1, INFORMATIONAL: 5 });
  const last = { report: aReport({ findings }), pageKey: undefined };
  const { body } = mailOf([aWeek('alpha', { state: { last } })], { ...EVERYTHING, ...audience });
  expect(body).toContain(says);
  expect(section(body, 'EACH').join(' ').replaceAll(/\s+/g, ' ')).toBe(
    ` alpha: nothing changed in 7 complete runs; standing ${standing}`,
  );
});

describe('where there is no room', () => {
  test.each([
    { of: 20, rest: undefined },
    { of: 21, rest: '  and 1 more, on the page' },
  ])('$of sentences of what nobody saw are told or counted', ({ of, rest }) => {
    const { body } = mailOf([aWeek('alpha', { notes: Array.from({ length: of }, (_, n) => `note ${n}`) })]);
    expect(body).toContain(`NOT SEEN, or not as it should be: nothing is to be read as fine (${of})\n`);
    expect(section(body, 'NOT SEEN').slice(19)).toEqual(['  alpha: note 19', ...(rest === undefined ? [] : [rest])]);
  });

  test.each([
    { of: 25, rest: undefined },
    { of: 26, rest: '  and 1 more in the archive' },
  ])('of $of heads those beyond 25 are counted', ({ of, rest }) => {
    const { body } = mailOf(Array.from({ length: of }, (_, n) => aWeek(`e${n}`)));
    expect(section(body, 'HEADS').slice(24)).toEqual(['  7:e24 e24', ...(rest === undefined ? [] : [rest])]);
  });

  test.each([1, 2, 3, 4])('%i environments with much news have it all, and no more', (of) => {
    const news = Array.from({ length: 10 }, (_, n) =>
      aHighlight(
        'new',
        ...Array.from({ length: 20 }, (__, user) => ({
          ruleId: `rule-${n}`,
          subject: { kind: 'user', id: `u${user}` } as const,
        })),
      ),
    );
    const troubles = Array.from({ length: 40 }, (_, user) => trouble(user));
    const lines = mailOf(Array.from({ length: of }, (_, n) => aWeek(`e${n}`, { news, troubles }))).body.split('\n');
    expect(lines.length).toBeLessThanOrEqual(MOST_LINES);
    expect(lines.length).toBeGreaterThan(MOST_LINES - 30);
    for (let n = 0; n < of; n += 1) expect(lines).toContain(`e${n}`);
  });

  test('environments with news beyond it are counted, and none is left out in silence', () => {
    const news = ['a', 'b', 'c', 'd'].map((ruleId) => many(40, aHighlight('new', { ruleId })));
    const { body } = mailOf(
      Array.from({ length: 30 }, (_, n) =>
        aWeek(`e${n}`, { news, troubles: Array.from({ length: 40 }, (__, user) => trouble(user)) }),
      ),
    );
    const lines = body.split('\n');
    expect(lines.length).toBeLessThan(200);
    const told = lines.filter((line) => /^e\d+$/.test(line)).length;
    expect(told).toBeGreaterThan(4);
    expect(lines).toContain(`And ${30 - told} more environments with news, by number above.`);
    const waivers = body.split('Waivers to see to\n').slice(1);
    expect(waivers).toHaveLength(told);
    for (const own of waivers) {
      const [list = ''] = own.split('\n\n');
      const named = list.match(/^ {2}- stale-login for/gm)?.length ?? 0;
      expect(list).toMatch(new RegExp(`^  - and ${40 - named} more in the report$`, 'm'));
    }
  });
});
