import { describe, expect, test } from '@jest/globals';
import type { Failure } from '../../../rules/engine/evaluate.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { beginLifecycle, type Past, type RecentlyResolved } from '../../../rules/engine/lifecycle.ts';
import { type Remembered, StandingFindings } from '../../../rules/engine/memory/standing.ts';
import { defineChangeRule, defineUserRule, type Rule } from '../../../rules/engine/rule.ts';
import type { Severity } from '../../../rules/engine/severity.ts';
import { openWaivers, type Waiver } from '../../../rules/engine/waiver.ts';

const texts = {
  title: 't',
  failsWhen: 'f',
  severity: 'MEDIUM',
  rationale: 'r',
  remediation: 'm',
  controls: ['SOC-2:CC6.1'],
} as const;
const rule = defineUserRule({
  ...texts,
  id: 'stale',
  options: {},
  clauses: () => [],
  check: () => undefined,
});
const change = defineChangeRule({
  ...texts,
  id: 'changed',
  options: {},
  clauses: () => [],
  check: () => undefined,
});

const NOW = '2026-11-24T02:00:00.000Z';
const daysAgo = (days: number): string => new Date(Date.parse(NOW) - days * 86_400_000).toISOString();

const failure = (of: Rule = rule, severity: Severity = 'MEDIUM'): Failure => ({
  rule: of,
  severity,
  subject: { kind: 'user', id: 'u1' },
  violation: { message: 'is stale', evidence: { days: 91 } },
});

const stood: Remembered = { severity: 'MEDIUM', firstSeen: daysAgo(10), runs: 10 };
const resolved = (days: number): RecentlyResolved => ({
  ...stood,
  id: 'env/stale/u1',
  resolvedAt: daysAgo(days),
});

const waiver: Waiver = {
  rule: 'stale',
  user: 'u1',
  reason: 'on leave',
  owner: 'owner',
  approver: 'approver',
  expires: '2026-11-24',
};

const begin = (past: Partial<Past> = {}, waivers: readonly Waiver[] = [], unjudged: readonly string[] = []) =>
  beginLifecycle(
    'env',
    NOW,
    { standing: new StandingFindings(), resolved: new Map(), ...past },
    openWaivers(waivers, Date.parse(NOW), new Map([['stale', true]])),
    new Set(unjudged),
  );

const standing = (remembered: Remembered = stood): Partial<Past> => {
  const findings = new StandingFindings();
  findings.remember('env/stale/u1', remembered);
  return { standing: findings };
};
const lately = (days: number): Partial<Past> => ({ resolved: new Map([['env/stale/u1', resolved(days)]]) });

describe('a failure', () => {
  test.each<{
    name: string;
    past?: Partial<Past>;
    waivers?: Waiver[];
    failure?: Failure;
    finding: Partial<Finding>;
  }>([
    { name: 'that was not there is new', finding: { state: 'new', firstSeen: NOW, lastSeen: NOW, runs: 1 } },
    {
      name: 'that was there is open, with its age and its runs',
      past: standing(),
      finding: { state: 'open', firstSeen: daysAgo(10), lastSeen: NOW, runs: 11 },
    },
    {
      name: 'that resolved 30 days ago is reopened',
      past: lately(30),
      finding: { state: 'reopened', firstSeen: daysAgo(10), runs: 11 },
    },
    {
      name: 'that resolved 31 days ago is new',
      past: lately(31),
      finding: { state: 'new', firstSeen: NOW, runs: 1 },
    },
    {
      name: 'of a higher severity than before is escalated',
      past: standing(),
      failure: failure(rule, 'HIGH'),
      finding: { state: 'open', severity: 'HIGH', escalatedFrom: 'MEDIUM' },
    },
    {
      name: 'on change is an event',
      past: standing(),
      failure: failure(change),
      finding: { state: 'event', firstSeen: NOW, runs: 1 },
    },
    {
      name: 'that someone accepted is waived, on the last day too, and keeps its history',
      past: standing(),
      waivers: [waiver],
      finding: {
        state: 'waived',
        firstSeen: daysAgo(10),
        runs: 11,
        waiver: { reason: 'on leave', owner: 'owner', approver: 'approver', expires: '2026-11-24' },
      },
    },
    {
      name: 'that was accepted and is no longer is open, and says so',
      past: standing({ ...stood, wasWaived: true }),
      waivers: [{ ...waiver, expires: '2026-11-23' }],
      finding: { state: 'open', waiverEnded: true, firstSeen: daysAgo(10), runs: 11 },
    },
    {
      name: 'whose waiver ended yesterday is told',
      waivers: [{ ...waiver, expires: '2026-11-23' }],
      finding: { state: 'new' },
    },
    {
      name: "with another user's waiver is told",
      waivers: [{ ...waiver, user: 'u2' }],
      finding: { state: 'new' },
    },
  ])('$name', ({ past, waivers, failure: failed = failure(), finding }) => {
    expect(begin(past, waivers).fail(failed)).toMatchObject(finding);
  });

  test.each([
    { name: 'was never accepted', past: standing(), waivers: [] },
    { name: 'is accepted still', past: standing({ ...stood, wasWaived: true }), waivers: [waiver] },
  ])('has no ended waiver where it $name', ({ past, waivers }) => {
    expect(begin(past, waivers).fail(failure())).not.toHaveProperty('waiverEnded');
  });

  test.each(['MEDIUM', 'LOW'] as const)('of severity %s after MEDIUM is not escalated', (severity) => {
    expect(begin(standing()).fail(failure(rule, severity))).not.toHaveProperty('escalatedFrom');
  });

  test('has the identity of environment, rule and subject, and all that a reader needs', () => {
    expect(begin().fail(failure())).toEqual({
      id: 'env/stale/u1',
      ruleId: 'stale',
      severity: 'MEDIUM',
      state: 'new',
      subject: { kind: 'user', id: 'u1' },
      message: 'is stale',
      evidence: { days: 91 },
      controls: ['SOC-2:CC6.1'],
      firstSeen: NOW,
      lastSeen: NOW,
      runs: 1,
    });
  });
});

describe('a finding of the earlier run', () => {
  const earlier: Finding = {
    ...begin().fail(failure()),
    state: 'open',
    firstSeen: daysAgo(10),
    lastSeen: daysAgo(1),
    runs: 10,
  };
  const cause = () => 'fixed' as const;

  test('that does not fail again resolves, with its cause', () => {
    const lifecycle = begin(standing());
    expect(lifecycle.settle(earlier, rule, cause)).toMatchObject({
      state: 'resolved',
      cause: 'fixed',
      resolvedAt: NOW,
      lastSeen: daysAgo(1),
      runs: 10,
    });
    expect(lifecycle.recentlyResolved()).toEqual([{ ...stood, id: 'env/stale/u1', resolvedAt: NOW }]);
  });

  test('that fails again has nothing more to tell', () => {
    const lifecycle = begin(standing());
    lifecycle.fail(failure());
    expect(lifecycle.settle(earlier, rule, cause)).toBeUndefined();
  });

  test.each([
    { name: 'a subject that could not be assessed', unjudged: [], carries: true },
    { name: 'a rule that had no say', unjudged: ['stale'], carries: false },
  ])('is carried over $name', ({ unjudged, carries }) => {
    const lifecycle = begin(standing(), [], unjudged);
    if (carries) lifecycle.notAssessed(rule, { kind: 'user', id: 'u1' });
    expect(lifecycle.settle(earlier, rule, cause)).toMatchObject({
      state: 'open',
      carried: true,
      lastSeen: daysAgo(1),
      runs: 11,
    });
    expect(lifecycle.recentlyResolved()).toEqual([]);
  });

  test('is carried as waived while its waiver holds', () => {
    const lifecycle = begin(standing(), [waiver], ['stale']);
    expect(lifecycle.settle(earlier, rule, cause)).toMatchObject({ state: 'waived', carried: true });
  });

  test('is carried with the end of its waiver, once', () => {
    const lifecycle = begin(standing(), [], ['stale']);
    const carried = lifecycle.settle({ ...earlier, state: 'waived' }, rule, cause);
    expect(carried).toMatchObject({ state: 'open', carried: true, waiverEnded: true });
    const next = begin(standing(), [], ['stale']).settle({ ...earlier, ...carried }, rule, cause);
    expect(next).toMatchObject({ state: 'open', carried: true });
    expect(next).not.toHaveProperty('waiverEnded');
  });

  test.each([
    { name: 'an event', finding: { ...earlier, state: 'event' as const }, of: change },
    { name: 'a waived event', finding: { ...earlier, state: 'waived' as const }, of: change },
    { name: 'what had resolved', finding: { ...earlier, state: 'resolved' as const }, of: rule },
  ])('does not resolve where it was $name', ({ finding, of }) => {
    const lifecycle = begin();
    expect(lifecycle.settle(finding, of, cause)).toBeUndefined();
    expect(lifecycle.recentlyResolved()).toEqual([]);
  });
});

describe('the memory of what resolved', () => {
  test.each([
    { name: 'keeps 30 days', past: lately(30), kept: 1 },
    { name: 'forgets after that', past: lately(31), kept: 0 },
  ])('$name', ({ past, kept }) => {
    expect(begin(past).recentlyResolved()).toHaveLength(kept);
  });

  test('drops what came back', () => {
    const lifecycle = begin(lately(3));
    lifecycle.fail(failure());
    expect(lifecycle.recentlyResolved()).toEqual([]);
  });
});
