import { describe, expect, test } from '@jest/globals';
import type { Highlight } from '../../../../core/model/highlights.ts';
import { blocksWithin, composeBody, MOST_LINES, waiverLines } from '../../../../core/notify/digest/body.ts';
import { numberText } from '../../../../core/text/plain-text.ts';
import { aFirstReport, aHighlight, aReport, counts, someFacts } from './facts.ts';

const linesOf = (...given: Parameters<typeof composeBody>): readonly string[] => composeBody(...given).split('\n');

const rule = { id: 'stale-login', severity: 'MEDIUM', state: 'ran', checked: 1, failed: 0, notAssessed: 0 } as const;

test('the mail of a complete run, whole', () => {
  const report = aReport({
    auditorAccountId: '999999999999',
    findings: counts({ open: 1200, event: 1, waived: 3 }, { CRITICAL: 1, HIGH: 2, MEDIUM: 1200 }),
    code: { version: '1.2.0', sha256: 'ab'.repeat(32) },
    previousCode: { version: '1.1.0', sha256: 'cd'.repeat(32) },
    listing: { startedAt: '2026-11-24T02:00:05.000Z', endedAt: '2026-11-24T02:00:09.000Z' },
    source: { kind: 'roster', attestedBy: { name: 'Ada', statement: 'all', at: '2026-11-24T00:00:00Z' } },
    rules: [
      rule,
      { ...rule, id: 'b', notAssessed: 2, reason: 'no\nusable time' },
      { ...rule, id: 'c', notAssessed: 2, reason: 'no\nusable time' },
      { ...rule, id: 'd', state: 'off' },
      { ...rule, id: 'e', state: 'not-assessed', error: 'TypeError' },
    ],
  });
  const news = [
    aHighlight('new', { severity: 'HIGH', subject: { kind: 'environment', id: 'e' } }),
    aHighlight('escalated', { severity: 'HIGH', escalatedFrom: 'MEDIUM', subject: { kind: 'user', id: '' } }),
    aHighlight('waiver-ended', { ruleId: 'b-rule', subject: { kind: 'principal', id: 'Ada Lovelace' } }),
    aHighlight('reopened', { ruleId: 'a-rule' }),
    aHighlight('carried', { ruleId: 'a-rule', carriedFor: 'lastLoginTime\nis missing' }),
    aHighlight('event', { severity: 'LOW' }),
    aHighlight('reminder', { runs: 12 }),
    aHighlight('resolved', { cause: 'fixed' }),
  ];
  const waivers = [{ kind: 'expired', rule: 'stale-login', user: 'u1', expires: '2026-10-01' }] as const;
  expect(linesOf(someFacts({ report }), news, waivers)).toEqual([
    'FinSpace environment research (vs57phhvijir4kv5rf6ywt)',
    '1 new finding, 1 finding came back, 1 finding is more severe, 1 finding',
    'accepted no longer, 1 change to look at, 1 finding could not be judged, and',
    'stands, 1 finding to be reminded of (worst HIGH), 1 finding resolved; 1,200',
    'still open.',
    '',
    'Verdict: COMPLETE: all of the saved roster was judged, 400 users on 4 pages.',
    '  ATTESTED, NOT SEEN: that the saved roster is the whole directory is the word',
    '  of Ada, given on 2026-11-24: "all".',
    '  Failing now: CRITICAL 1, HIGH 2, MEDIUM 1,200, LOW 0, INFORMATIONAL 0.',
    '  Besides, 1 change of this audit, told once.',
    '  Accepted by waivers: 3.',
    '  Report: s3://evidence/reports/report.json',
    '',
    'WHAT CHANGED',
    '',
    'HIGH stale-login: 1 new, 1 raised',
    '  Required: Users have logged in recently',
    '  What to do: Ask the owner whether the user is still needed, and disable it',
    '              if not. Waive the finding with a reason if it has to stay.',
    '  - the environment: last login 91 days ago; at most 90 allowed',
    '  - (no readable id): last login 91 days ago; at most 90 allowed [raised from',
    '    MEDIUM to HIGH]',
    '',
    'MEDIUM a-rule: 1 reopened, 1 not judged, and standing as before',
    '  - 01USER: last login 91 days ago; at most 90 allowed [reopened]',
    '  - 01USER: last login 91 days ago; at most 90 allowed [not judged:',
    '    lastLoginTime is missing]',
    '',
    'MEDIUM b-rule: 1 accepted no longer',
    '  - (no role ARN; findings.csv has it): last login 91 days ago; at most 90',
    '    allowed [accepted no longer]',
    '',
    'LOW stale-login: 1 changed since the last audit',
    '  - 01USER: last login 91 days ago; at most 90 allowed',
    '',
    'REMINDERS',
    '',
    'MEDIUM stale-login: 1 still open',
    '  Required: Users have logged in recently',
    '  What to do: Ask the owner whether the user is still needed, and disable it',
    '              if not. Waive the finding with a reason if it has to stay.',
    '  - 01USER: last login 91 days ago; at most 90 allowed [since 2026-11-24, in',
    '    12 audits]',
    '',
    'RESOLVED',
    '',
    'MEDIUM stale-login: 1 resolved',
    '  Required: Users have logged in recently',
    '  - 01USER: fixed',
    '',
    'WAIVERS TO SEE TO',
    '  - stale-login for u1: expired on 2026-10-01; the finding counts again',
    '',
    'NOT FULLY JUDGED',
    '  - b, c: 2 subjects not assessed (no usable time)',
    '  - d: off',
    '  - e: not assessed (it failed)',
    '',
    'THIS AUDIT',
    '  Run:          20261124T020000Z',
    '  As of:        2026-11-24T02:00:00.000Z',
    '  Listed:       2026-11-24T02:00:05.000Z to 2026-11-24T02:00:09.000Z',
    '  Users from:   the saved roster',
    '  Judged by:    code 1.2.0 (abababababab); the run before by other code 1.1.0 (cdcdcdcdcdcd)',
    '  Environment:  vs57phhvijir4kv5rf6ywt',
    '  Account:      123456789012',
    '  Audited from: 999999999999',
    '  Region:       us-east-1',
    '  Compared to:  20261123T020000Z',
    '',
  ]);
});

test('the mail of a run that was cut, whole', () => {
  const report = aReport({ verdict: 'INCOMPLETE', reason: 'deadline', message: 'page 3\ntimed out' });
  const lines = linesOf(someFacts({ report }), [aHighlight('new')], []);
  expect(lines.slice(0, lines.indexOf('THIS AUDIT'))).toEqual([
    'FinSpace environment research (vs57phhvijir4kv5rf6ywt)',
    'THIS AUDIT IS NOT COMPLETE. It says nothing about what it has not seen.',
    '',
    'Verdict: INCOMPLETE (deadline)',
    '  Why:      page 3 timed out',
    '  Seen:     400 users on 4 pages',
    '  Not seen: the users that the rest of the listing would have given; how many',
    '            is unknown',
    '  Nothing was resolved. No finding is to be read as fixed, and no user as',
    '  compliant, because this digest does not name it.',
    '  Failing among what was seen: CRITICAL 0, HIGH 0, MEDIUM 0, LOW 0,',
    '  INFORMATIONAL 0.',
    '  Accepted by waivers: 0.',
    '  Report: s3://evidence/reports/report.json',
    '',
    'WHAT CHANGED AMONG WHAT WAS SEEN',
    '',
    'MEDIUM stale-login: 1 new',
    '  Required: Users have logged in recently',
    '  What to do: Ask the owner whether the user is still needed, and disable it',
    '              if not. Waive the finding with a reason if it has to stay.',
    '  - 01USER: last login 91 days ago; at most 90 allowed',
    '',
  ]);
});

test('the mail of a run that saw nobody counts nothing, and has nothing that it was compared with', () => {
  const report = aFirstReport({ verdict: 'FAILED', counts: { ...aReport().counts, users: 0, pages: 0 } });
  expect(linesOf(someFacts({ report, environmentName: undefined }), [], [])).toEqual([
    'FinSpace environment vs57phhvijir4kv5rf6ywt',
    'THIS AUDIT IS NOT COMPLETE. It says nothing about what it has not seen.',
    '',
    'Verdict: FAILED',
    '  Seen:     no user',
    '  Not seen: what the reason kept from view',
    '  Nothing was resolved. No finding is to be read as fixed, and no user as',
    '  compliant, because this digest does not name it.',
    '  Nobody was seen: nothing is known of any finding.',
    '  Report: s3://evidence/reports/report.json',
    '',
    'THIS AUDIT',
    '  Run:          20261124T020000Z',
    '  As of:        2026-11-24T02:00:00.000Z',
    '  Environment:  vs57phhvijir4kv5rf6ywt',
    '  Account:      123456789012',
    '  Region:       us-east-1',
    '',
  ]);
});

test('what the environment fails by is counted though nobody was seen', () => {
  const report = aReport({
    verdict: 'INCOMPLETE',
    reason: 'empty-roster',
    counts: { ...aReport().counts, users: 0 },
    findings: counts({}, { LOW: 1 }),
  });
  expect(linesOf(someFacts({ report }), [], [])).toContain(
    '  Failing among what was seen: CRITICAL 0, HIGH 0, MEDIUM 0, LOW 1,',
  );
});

test('what the digest begins with stands before all else, by itself', () => {
  const acceptedHistory = { sha256: 'a'.repeat(64), reason: 'looked into it', problem: 'entry 2 was altered' };
  const lines = linesOf(someFacts({ report: aReport({ acceptedHistory }) }), [], []);
  const own = lines.indexOf('FinSpace environment research (vs57phhvijir4kv5rf6ywt)');
  expect(own).toBeGreaterThan(1);
  expect(lines[0]).toMatch(/^HISTORY ACCEPTED/);
  expect(lines.slice(0, own).filter((line) => line === '')).toEqual(['']);
  expect(lines[own - 1]).toBe('');
});

test('a mail with much of everything has it all, and under 200 lines', () => {
  const kinds = ['new', 'reminder', 'resolved'] as const;
  const news = kinds.flatMap((kind) =>
    Array.from({ length: 20 }, (_, n) =>
      aHighlight(
        kind,
        ...Array.from({ length: 20 }, (__, user) => ({
          ruleId: `rule-${n}`,
          subject: { kind: 'user', id: `u${user}` } as const,
        })),
      ),
    ),
  );
  const lines = linesOf(someFacts(), news, []);
  expect(lines.length).toBeLessThanOrEqual(MOST_LINES);
  expect(lines.length).toBeGreaterThan(MOST_LINES - 30);
  for (const title of ['WHAT CHANGED', 'REMINDERS', 'RESOLVED', 'THIS AUDIT']) expect(lines).toContain(title);
});

test('what an audit did not read that is not complete is no news: it saw less of all', () => {
  const enriched = { iamRoles: { principals: 3, read: 2, standIns: 0, unread: 1, reason: 'AccessDenied' } };
  const knownEnriched = { iamRoles: { principals: 3, read: 3, standIns: 0, unread: 0 } };
  const first = (verdict: 'COMPLETE' | 'INCOMPLETE') =>
    linesOf(someFacts({ report: aReport({ verdict, enriched }), knownEnriched }), [], [])[0];
  expect(first('COMPLETE')).toMatch(/^NOT ALL READ: /);
  expect(first('INCOMPLETE')).toMatch(/^FinSpace environment /);
});

describe('a text from elsewhere is cut at its limit', () => {
  const message = (text: string) =>
    linesOf(someFacts(), [aHighlight('new', { message: text, subject: { kind: 'user', id: 'u1' } })], []);
  test.each<{ readonly name: string; readonly most: number; readonly of: (text: string) => readonly string[] }>([
    {
      name: 'an id',
      most: 120,
      of: (id) => linesOf(someFacts(), [aHighlight('new', { subject: { kind: 'user', id }, message: '' })], []),
    },
    { name: 'a message', most: 150, of: message },
    {
      name: 'the reason of a rule',
      most: 400,
      of: (reason) => linesOf(someFacts({ report: aReport({ rules: [{ ...rule, notAssessed: 1, reason }] }) }), [], []),
    },
    {
      name: 'the message of a run',
      most: 800,
      of: (text) => linesOf(someFacts({ report: aReport({ verdict: 'FAILED', message: text }) }), [], []),
    },
    {
      name: 'the place of the report',
      most: 800,
      of: (reportLocation) => linesOf(someFacts({ reportLocation }), [], []),
    },
    {
      name: 'a fact of the run',
      most: 800,
      of: (region) => linesOf(someFacts({ report: aReport({ region }) }), [], []),
    },
  ])('$name after $most characters', ({ most, of }) => {
    const shown = (length: number) => /Z{9,}\.*/.exec(of('Z'.repeat(length)).join('\n'))?.[0];
    expect(shown(most)).toBe('Z'.repeat(most));
    expect(shown(most + 1)).toBe(`${'Z'.repeat(most - 3)}...`);
  });
});

test('a run by the code of the one before says which, and no other', () => {
  const code = { version: '1.2.0', sha256: 'ab'.repeat(32) };
  expect(linesOf(someFacts({ report: aReport({ code }) }), [], [])).toContain(
    '  Judged by:    code 1.2.0 (abababababab)',
  );
});

test('a night on which some resolved says only that', () => {
  expect(linesOf(someFacts(), [aHighlight('resolved', { cause: 'fixed' })], [])[1]).toBe(
    '1 finding resolved; 0 still open.',
  );
});

test('a quiet night says that nothing changed, and that all of the listing was seen', () => {
  expect(linesOf(someFacts(), [], []).slice(0, 7)).toEqual([
    'FinSpace environment research (vs57phhvijir4kv5rf6ywt)',
    'No finding changed; 0 still open.',
    '',
    'Verdict: COMPLETE: all of the listing was seen, 400 users on 4 pages.',
    '  Failing now: CRITICAL 0, HIGH 0, MEDIUM 0, LOW 0, INFORMATIONAL 0.',
    '  Accepted by waivers: 0.',
    '  Report: s3://evidence/reports/report.json',
  ]);
});

const many = (count: number, ruleId: string, shown = Math.min(count, 20)) => ({
  ...aHighlight(
    'new',
    ...Array.from({ length: shown }, (_, n) => ({ ruleId, subject: { kind: 'user' as const, id: `u${n}` } })),
  ),
  count,
  severities: { MEDIUM: count },
});

describe('findings within so many lines', () => {
  const within = (most: number, ...highlights: readonly Highlight[]) =>
    blocksWithin({ rules: new Map() }, highlights, most);

  test.each([
    { of: 20, last: '  - u19: last login 91 days ago; at most 90 allowed' },
    { of: 21, last: '  - and 1 more in the report' },
    { of: 1200, last: '  - and 1,180 more in the report' },
  ])('20 of a rule are named, of $of the others counted', ({ of, last }) => {
    const lines = within(100, many(of, 'a'));
    expect(lines.at(-1)).toBe(last);
    expect(lines.filter((line) => line.startsWith('  - u'))).toHaveLength(20);
  });

  test.each([10, 11, 12, 22, 23, 24, 30, 40, 60])(
    'no more than %i are taken, and every finding is told or counted',
    (most) => {
      const given = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((ruleId, index) => many(index + 5, ruleId));
      const lines = within(most, ...given);
      expect(lines.length).toBeLessThanOrEqual(most);
      const counted = lines.flatMap((line) => {
        const [, more] = /^MEDIUM \w: (\d+) new$/.exec(line) ?? /^And (\d+) more \(worst MEDIUM\)/.exec(line) ?? [];
        return more === undefined ? [] : [Number(more)];
      });
      expect(counted.reduce((sum, count) => sum + count, 0)).toBe(5 + 6 + 7 + 8 + 9 + 10 + 11);
      const text = lines.join('\n');
      for (const block of text.split(/\n(?=MEDIUM )/)) {
        const named = block.match(/^ {2}- u/gm)?.length ?? 0;
        const rest = /^ {2}- and (\d+) more/m.exec(block)?.[1];
        const all = /^\n?MEDIUM \w: (\d+) new/.exec(block)?.[1];
        if (named > 0) expect(named + Number(rest ?? 0)).toBe(Number(all));
      }
    },
  );

  test('20 of a rule are named however they fared', () => {
    const kinds = ['new', 'reopened'] as const;
    const findings = Array.from({ length: 15 }, (_, n) => ({ subject: { kind: 'user', id: `u${n}` } as const }));
    const lines = within(100, ...kinds.map((kind) => aHighlight(kind, ...findings)));
    expect(lines.filter((line) => line.startsWith('  - u'))).toHaveLength(20);
    expect(lines.at(-1)).toBe('  - and 10 more in the report');
  });

  test.each([10, 11, 12, 13, 20, 40])('of 50 rules no more than %i are taken, and the rest is counted', (most) => {
    const ruleIds = Array.from({ length: 50 }, (_, n) => `r${String(n).padStart(2, '0')}`);
    const lines = within(most, ...ruleIds.map((ruleId) => many(100, ruleId)));
    expect(lines.length).toBeLessThanOrEqual(most);
    const told = lines.filter((line) => line.startsWith('MEDIUM ')).length;
    expect(told).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/^$|^MEDIUM r\d\d: 100 new$|^ {2}- |^And /);
    const rest = numberText((50 - told) * 100);
    expect(lines.at(-1)).toBe(`And ${rest} more (worst MEDIUM), of ${50 - told} rules, in the report.`);
  });

  test('the rules of one severity are in their order, whatever came first', () => {
    expect(within(100, many(1, 'b'), many(1, 'a'), many(1, 'c')).filter((line) => line.startsWith('MEDIUM'))).toEqual([
      'MEDIUM a: 1 new',
      'MEDIUM b: 1 new',
      'MEDIUM c: 1 new',
    ]);
  });

  test('of a rule each stands under its own severity, and what to do is said once, though some were resolved', () => {
    const rules = new Map([['stale-login', { title: 'Users log in', remediation: 'Ask them.' }]]);
    const of = (id: string) => ({ subject: { kind: 'user', id }, message: 'idle' }) as const;
    const highlights = [
      aHighlight('new', { ...of('u1'), severity: 'HIGH' }, { ...of('u2'), severity: 'LOW' }),
      aHighlight('reopened', { ...of('u3'), severity: 'HIGH', escalatedFrom: 'LOW' }),
      aHighlight('resolved', { ...of('u4'), severity: 'HIGH', cause: 'fixed' }),
    ];
    expect(blocksWithin({ rules }, highlights, 100)).toEqual([
      '',
      'HIGH stale-login: 1 new, 1 reopened, 1 resolved',
      '  Required: Users log in',
      '  What to do: Ask them.',
      '  - u1: idle',
      '  - u3: idle [reopened, raised from LOW to HIGH]',
      '  - u4: fixed',
      '',
      'LOW stale-login: 1 new',
      '  - u2: idle',
    ]);
  });
});

test.each([
  { of: 20, most: undefined, lines: 20, rest: undefined },
  { of: 21, most: undefined, lines: 20, rest: 2 },
  { of: 5, most: 3, lines: 3, rest: 3 },
  { of: 3, most: 3, lines: 3, rest: undefined },
])('of $of waivers as many are named as there is room for, and the rest counted', ({ of, most, lines, rest }) => {
  const troubles = Array.from({ length: of }, (_, n) => ({
    kind: 'unused' as const,
    rule: 'stale-login',
    user: `u${n}`,
    expires: '2027-01-31',
  }));
  const told = waiverLines(troubles, most);
  expect(told).toHaveLength(lines);
  expect(/^ {2}- and (\d+) more/.exec(told.at(-1) ?? '')?.[1]).toBe(rest === undefined ? undefined : `${rest}`);
});
