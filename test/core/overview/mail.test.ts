import { expect, test } from '@jest/globals';
import type { Report } from '../../../core/model/report.ts';
import { overviewMail } from '../../../core/overview/mail.ts';
import type { EnvironmentState } from '../../../core/overview/read.ts';
import { aReport, counts } from '../notify/digest/facts.ts';

const NIGHT = { name: '2026-11-25 02:00 UTC', pageLocation: 's3://evidence/index.html' };

/** An environment that was seen, and in which nothing changed. */
const seen = (
  environmentId: string,
  differs: Partial<EnvironmentState> = {},
  report: Partial<Report> = {},
): EnvironmentState => ({
  environmentId,
  last: { report: aReport(report), head: `7:${environmentId}`, pageKey: undefined },
  isClosed: false,
  changes: [],
  ...differs,
});

const change = (severity: string, subject = `FinSpace research: 1 new (worst ${severity}), 3 open`) => ({
  run: '20261124T020000Z',
  subject,
  severity,
});

const STANDING = { findings: counts({ open: 16 }, { CRITICAL: 2, MEDIUM: 14 }) };

test('tells what nobody has seen first, then what changed, the worst first, then what stands, and the heads', () => {
  const { subject, body, attributes } = overviewMail(
    [
      { environmentId: 'gone', unseen: 'no complete run yet', isClosed: false, changes: [] },
      seen('quiet', { name: 'Bücher\n2' }, STANDING),
      seen('mild', { changes: [change('LOW')] }),
      seen('sound'),
      seen('bad', { changes: [{ run: '20261122T020000Z' }, change('MEDIUM'), change('HIGH', 'FinSpace bad: 2 new')] }),
      seen('ended', { isClosed: true }),
    ],
    NIGHT,
  );
  expect(subject).toBe('FinSpace, all environments: 1 NOT SEEN, 4 environments seen, 1 closed; 2 changed (worst HIGH)');
  expect(attributes).toEqual({ environment: 'all', verdict: 'INCOMPLETE', maxSeverity: 'CRITICAL' });
  expect(body.split('\n')).toEqual([
    'FinSpace access audits of 6 environments, night of 2026-11-25 02:00 UTC',
    '1 NOT SEEN, 4 environments seen, 1 closed; 2 changed (worst HIGH).',
    'Page: s3://evidence/index.html',
    '',
    'NOT SEEN: nothing is known of these, and nothing is to be read as fine (1)',
    '  gone: no complete run yet',
    '',
    'CHANGED (2)',
    '  HIGH bad: 20261124T020000Z: 2 new; and 1 earlier run with changes',
    '  LOW mild: 20261124T020000Z: 1 new (worst LOW), 3 open',
    '',
    'UNCHANGED, with what stands (2)',
    '  Bucher 2 (quiet): 2 CRITICAL, 14 MEDIUM',
    '  sound: no findings',
    '',
    'CLOSED: nobody looks any more (1)',
    '  ended',
    '',
    'HEADS: keep this mail, verify --head FILE proves that nothing up to these is gone',
    '  7:bad bad',
    '  7:mild mild',
    '  7:quiet quiet',
    '  7:sound sound',
    '  7:ended ended',
    '',
  ]);
});

test.each([
  {
    name: 'as long as SNS takes one',
    of: { gone: 1, bad: 100, ended: 100 },
    says: '1 NOT SEEN, 100 environments seen, 100 closed; 100 changed (worst HIGH)',
  },
  { name: 'a letter longer', of: { gone: 1, bad: 100, ended: 1000 }, says: '1 NOT SEEN; 100 changed (worst HIGH)' },
  {
    name: 'with a word about some',
    of: { gone: 1, bad: 11, told: 1, ended: 100 },
    says: '1 NOT SEEN, 1 attested, not seen; 11 changed (worst HIGH)',
  },
])('a subject $name says what was not seen, in numbers that are whole', ({ of, says }) => {
  const attestedBy = { name: 'A', statement: 'all', at: '2026-11-25T00:00:00Z' };
  const states: Readonly<Record<string, EnvironmentState>> = {
    gone: { environmentId: 'gone', unseen: 'no complete run yet', isClosed: false, changes: [] },
    bad: seen('bad', { changes: [change('HIGH')] }),
    told: seen('told', {}, { source: { kind: 'roster', attestedBy } }),
    ended: seen('ended', { isClosed: true }),
  };
  const { subject } = overviewMail(
    Object.entries(of).flatMap(([id, count]) => Array.from({ length: count }, () => states[id] ?? seen(id))),
    NIGHT,
  );
  expect(subject).toBe(`FinSpace, all environments: ${says}`);
});

test('tells of a quiet night that it was, with what stands and what has to be said of it', () => {
  const saved: Partial<Report> = {
    source: { kind: 'roster', instant: '2026-11-24T01:30:00Z' },
    enriched: { iamRoles: { principals: 2, read: 1, standIns: 0, unread: 1 } },
  };
  const { last: _, ...empty } = seen('beta');
  const { subject, body } = overviewMail([seen('alpha', {}, { ...STANDING, ...saved }), empty], NIGHT);
  expect(subject).toBe('FinSpace, all environments: 2 environments seen; nothing changed');
  expect(body.split('\n').slice(3)).toEqual([
    '',
    'UNCHANGED, with what stands (2)',
    '  alpha: 2 CRITICAL, 14 MEDIUM (by a saved roster of 2026-11-24T01:30Z; 1 of 2 roles NOT READ)',
    '  beta: no findings',
    '',
    'HEADS: keep this mail, verify --head FILE proves that nothing up to these is gone',
    '  7:alpha alpha',
    '',
  ]);
  expect(overviewMail([empty], NIGHT).body).not.toContain('HEADS');
});

/** Its last run was late, and has been told. */
const LATE: Partial<Report> = { late: true };

test.each([
  { name: 'the night that was seen late is told among what changed', differs: {}, changed: 1 },
  { name: 'a night that nobody saw is no change', differs: { unseen: 'no run is complete since' }, changed: 0 },
  { name: 'nor is one of a closed environment', differs: { isClosed: true }, changed: 0 },
])('$name', ({ differs, changed }) => {
  const { body } = overviewMail([seen('alpha', differs, LATE)], NIGHT);
  expect(/^CHANGED \((\d+)\)$/m.exec(body)?.[1] ?? '0').toBe(`${changed}`);
});

test('what was seen late is told before what is worse, says so, and reaches everybody', () => {
  const states = [seen('bad', { changes: [change('HIGH')] }), seen('alpha', {}, LATE)];
  const { subject, body, attributes } = overviewMail(states, NIGHT);
  expect(subject).toContain('2 environments seen; 2 changed (worst CRITICAL)');
  expect(body).toContain('CHANGED (2)\n  CRITICAL alpha: LATE\n  HIGH bad: ');
  expect(attributes).toEqual({ environment: 'all', verdict: 'COMPLETE', maxSeverity: 'CRITICAL' });
});

test('is of the worst severity of what changed; one that nobody knows may be any', () => {
  const severityOf = (...severities: readonly string[]) =>
    overviewMail([seen('alpha', { changes: severities.map((one) => change(one)) })], NIGHT).attributes.maxSeverity;
  expect(severityOf()).toBe('INFORMATIONAL');
  expect(severityOf('LOW', 'MEDIUM', 'LOW')).toBe('MEDIUM');
  expect(severityOf('LOW', 'SEVERE')).toBe('CRITICAL');
});

test.each([
  { of: 35, rest: undefined },
  { of: 36, rest: '  and 1 more, on the page' },
])('a section of $of lines counts those beyond 35', ({ of, rest }) => {
  const { body } = overviewMail(
    Array.from({ length: of }, (_, n) => seen(`e${n}`)),
    NIGHT,
  );
  const [, lines = ''] = /^UNCHANGED, with what stands \(\d+\)\n(.*?)\n\n/ms.exec(body) ?? [];
  expect(lines.split('\n').slice(34)).toEqual(['  e34: no findings', ...(rest === undefined ? [] : [rest])]);
});

test.each([
  { of: 60, rest: undefined },
  { of: 61, rest: '  and 1 more in the archive' },
])('of $of heads those beyond 60 are counted', ({ of, rest }) => {
  const { body } = overviewMail(
    Array.from({ length: of }, (_, n) => seen(`e${n}`)),
    NIGHT,
  );
  const heads = body.split('\n').filter((line) => line.startsWith('  7:'));
  expect(heads).toHaveLength(60);
  expect(body.endsWith(`${rest ?? heads.at(-1)}\n`)).toBe(true);
});
