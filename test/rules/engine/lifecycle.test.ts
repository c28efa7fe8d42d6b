import { describe, expect, test } from '@jest/globals';
import type { RuleFailure } from '../../../rules/engine/evaluate.ts';
import { type Finding, RESOLUTION_CAUSES } from '../../../rules/engine/finding.ts';
import { beginLifecycle, type FindingBaseline, type RecentlyResolved } from '../../../rules/engine/lifecycle.ts';
import { type OpenFinding, OpenFindings } from '../../../rules/engine/memory/open-findings.ts';
import { defineChangeRule, defineUserRule, type Rule, type Subject } from '../../../rules/engine/rule.ts';
import type { Severity } from '../../../rules/engine/severity.ts';
import { openWaivers, type Waiver } from '../../../rules/engine/waiver.ts';
import { rules } from '../../../rules/index.ts';
import { anApiUser, aUser } from '../../support/builders.ts';
import { judgeInto } from '../../support/rule-tester.ts';

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
  when: [],
  violation: () => ({ message: 'm', evidence: {} }),
});
const change = defineChangeRule({
  ...texts,
  id: 'changed',
  options: {},
  when: [],
  violation: () => ({ message: 'm', evidence: {} }),
});

const NOW = '2026-11-24T02:00:00.000Z';
const daysAgo = (days: number): string => new Date(Date.parse(NOW) - days * 86_400_000).toISOString();

const failure = (of: Rule = rule, severity: Severity = 'MEDIUM'): RuleFailure => ({
  rule: of,
  severity,
  subject: { kind: 'user', id: 'u1' },
  violation: { message: 'is stale', evidence: { days: 91 } },
});

const brief = { severity: 'MEDIUM', firstSeen: daysAgo(10), runs: 10 } as const;
const wasOpen: OpenFinding = { ...brief, lastSeen: daysAgo(1) };
const resolved = (days: number): RecentlyResolved => ({ ...brief, id: 'env/stale/u1', resolvedAt: daysAgo(days) });

const waiver: Waiver = {
  rule: 'stale',
  user: 'u1',
  reason: 'on leave',
  owner: 'owner',
  approver: 'approver',
  expires: '2026-11-24',
};

const begin = (
  baseline: Partial<FindingBaseline> = {},
  waivers: readonly Waiver[] = [],
  unjudged: readonly string[] = [],
) =>
  beginLifecycle(
    'env',
    NOW,
    { open: new OpenFindings(), resolved: new Map(), ...baseline },
    openWaivers(waivers, Date.parse(NOW), (day) => Date.parse(day) + 86_400_000, new Map([['stale', true]])),
    new Set(unjudged),
  );

const open = (finding: OpenFinding = wasOpen): Partial<FindingBaseline> => {
  const findings = new OpenFindings();
  findings.add('env/stale/u1', finding);
  return { open: findings };
};
const lately = (days: number): Partial<FindingBaseline> => ({ resolved: new Map([['env/stale/u1', resolved(days)]]) });

/** The members of a finding of which nothing is known but that it fails. */
const SAID_OF_ALL = {
  subject: { kind: 'user', id: 'u1' },
  message: 'is stale',
  evidence: { days: 91 },
  controls: ['SOC-2:CC6.1'],
  firstSeen: NOW,
  lastSeen: NOW,
  runs: 1,
};

describe('a failure', () => {
  test.each<{
    name: string;
    baseline?: Partial<FindingBaseline>;
    waivers?: Waiver[];
    failure?: RuleFailure;
    finding: Partial<Finding>;
  }>([
    { name: 'that was not there is new', finding: { state: 'new', firstSeen: NOW, lastSeen: NOW, runs: 1 } },
    {
      name: 'that was there is open, with its age and its runs',
      baseline: open(),
      finding: { state: 'open', firstSeen: daysAgo(10), lastSeen: NOW, runs: 11 },
    },
    {
      name: 'that resolved 30 days ago is reopened',
      baseline: lately(30),
      finding: { state: 'reopened', firstSeen: daysAgo(10), runs: 11 },
    },
    {
      name: 'that resolved 31 days ago is new',
      baseline: lately(31),
      finding: { state: 'new', firstSeen: NOW, runs: 1 },
    },
    {
      name: 'of a higher severity than before is escalated',
      baseline: open(),
      failure: failure(rule, 'HIGH'),
      finding: { state: 'open', severity: 'HIGH', escalatedFrom: 'MEDIUM', firstSeen: daysAgo(10), runs: 11 },
    },
    {
      name: 'of a lower severity than before says so',
      baseline: open(),
      failure: failure(rule, 'LOW'),
      finding: { state: 'open', severity: 'LOW', loweredFrom: 'MEDIUM', firstSeen: daysAgo(10), runs: 11 },
    },
    {
      name: 'that comes back in a higher severity is reopened: nobody has seen it lower of late',
      baseline: lately(3),
      failure: failure(rule, 'HIGH'),
      finding: { state: 'reopened', firstSeen: daysAgo(10), runs: 11 },
    },
    {
      name: 'of a higher severity that is accepted says so too',
      baseline: open({ ...wasOpen, wasWaived: true }),
      waivers: [waiver],
      failure: failure(rule, 'HIGH'),
      finding: {
        state: 'waived',
        severity: 'HIGH',
        escalatedFrom: 'MEDIUM',
        firstSeen: daysAgo(10),
        runs: 11,
        waiver: { reason: 'on leave', owner: 'owner', approver: 'approver', expires: '2026-11-24' },
      },
    },
    {
      name: 'that could not be assessed before is assessed again',
      baseline: open({ ...wasOpen, wasCarried: true }),
      finding: { state: 'open', assessedAgain: true, firstSeen: daysAgo(10), runs: 11 },
    },
    {
      name: 'on change is an event',
      baseline: open(),
      failure: failure(change),
      finding: { state: 'event', firstSeen: NOW, runs: 1 },
    },
    {
      name: 'that someone accepted is waived, on the last day too, and keeps its history',
      baseline: open(),
      waivers: [waiver],
      finding: {
        state: 'waived',
        waiverBegan: true,
        firstSeen: daysAgo(10),
        runs: 11,
        waiver: { reason: 'on leave', owner: 'owner', approver: 'approver', expires: '2026-11-24' },
      },
    },
    {
      name: 'that someone accepted by a ticket names it',
      waivers: [{ ...waiver, ticket: 'SEC-1' }],
      finding: {
        state: 'waived',
        waiverBegan: true,
        waiver: { reason: 'on leave', ticket: 'SEC-1', owner: 'owner', approver: 'approver', expires: '2026-11-24' },
      },
    },
    {
      name: 'that was accepted and is no longer is open, and says so',
      baseline: open({ ...wasOpen, wasWaived: true }),
      waivers: [{ ...waiver, expires: '2026-11-23' }],
      finding: { state: 'open', waiverEnded: true, firstSeen: daysAgo(10), runs: 11 },
    },
    {
      name: 'whose waiver ended yesterday is told',
      waivers: [{ ...waiver, expires: '2026-11-23' }],
      finding: { state: 'new' },
    },
    { name: "with another user's waiver is told", waivers: [{ ...waiver, user: 'u2' }], finding: { state: 'new' } },
  ])('$name', ({ baseline, waivers, failure: failed = failure(), finding }) => {
    // Strictly: it says no more.
    expect(begin(baseline, waivers).findingOf(failed)).toStrictEqual({
      ...SAID_OF_ALL,
      id: `env/${failed.rule.id}/u1`,
      ruleId: failed.rule.id,
      severity: failed.severity,
      ...finding,
    });
  });

  test.each([
    { name: 'was never accepted', baseline: open(), waivers: [] },
    { name: 'is accepted still', baseline: open({ ...wasOpen, wasWaived: true }), waivers: [waiver] },
  ])('has no ended waiver where it $name', ({ baseline, waivers }) => {
    expect(begin(baseline, waivers).findingOf(failure())).not.toHaveProperty('waiverEnded');
  });

  test.each([
    { name: 'is accepted still', baseline: open({ ...wasOpen, wasWaived: true }), failed: failure() },
    { name: 'is an event, which stands for one run', baseline: {}, failed: failure(change) },
  ])('has no waiver that began where it $name', ({ baseline, failed }) => {
    const accepted = begin(baseline, [{ ...waiver, rule: failed.rule.id }]).findingOf(failed);
    expect(accepted).toMatchObject({ state: 'waived' });
    expect(accepted).not.toHaveProperty('waiverBegan');
  });

  test.each(['MEDIUM', 'LOW'] as const)('of severity %s after MEDIUM is not escalated', (severity) => {
    expect(begin(open()).findingOf(failure(rule, severity))).not.toHaveProperty('escalatedFrom');
  });

  test('has the identity of environment, rule and subject, and all that a reader needs', () => {
    expect(begin().findingOf(failure())).toEqual({
      id: 'env/stale/u1',
      ruleId: 'stale',
      severity: 'MEDIUM',
      state: 'new',
      ...SAID_OF_ALL,
    });
  });
});

describe('a finding of the earlier run', () => {
  const earlier: Finding = {
    ...begin().findingOf(failure()),
    state: 'open',
    firstSeen: daysAgo(10),
    lastSeen: daysAgo(1),
    runs: 10,
  };

  test.each(RESOLUTION_CAUSES)('that does not fail again resolves, with its cause: %s', (cause) => {
    const baseline = open();
    const lifecycle = begin(baseline);
    baseline.open?.settle('env/stale/u1', cause);
    expect(lifecycle.carryOrResolve(earlier, rule)).toMatchObject({
      state: 'resolved',
      cause,
      resolvedAt: NOW,
      lastSeen: daysAgo(1),
      runs: 10,
    });
    expect(lifecycle.recentlyResolved()).toEqual([{ ...brief, id: 'env/stale/u1', resolvedAt: NOW }]);
  });

  describe('with news of its own', () => {
    const newsworthy: Finding = {
      ...earlier,
      state: 'waived',
      assessedAgain: true,
      carriedFor: 'it was missing',
      escalatedFrom: 'LOW',
      loweredFrom: 'HIGH',
      waiverBegan: true,
      waiverEnded: true,
      carried: true,
      waiver: { reason: 'r', owner: 'o', approver: 'a', expires: '2026-11-25' },
    };

    test('resolves without it', () => {
      const baseline = open();
      baseline.open?.settle('env/stale/u1', 'fixed');
      expect(begin(baseline).carryOrResolve(newsworthy, rule)).toStrictEqual({
        ...earlier,
        state: 'resolved',
        resolvedAt: NOW,
        cause: 'fixed',
      });
    });

    test('is carried without it', () => {
      const carry = (finding: Finding, waivers?: readonly Waiver[]) =>
        begin(open(), waivers, ['stale']).carryOrResolve(finding, rule);
      const carried = { ...earlier, carried: true, runs: 11 };
      const accepted = { waiver: { reason: 'on leave', owner: 'owner', approver: 'approver', expires: '2026-11-24' } };
      expect(carry(newsworthy)).toStrictEqual({ ...carried, state: 'open', waiverEnded: true });
      expect(carry(newsworthy, [waiver])).toStrictEqual({ ...carried, state: 'waived', ...accepted });
      expect(carry(earlier)).toStrictEqual({ ...carried, state: 'open' });
      expect(carry(earlier, [waiver])).toStrictEqual({ ...carried, state: 'waived', waiverBegan: true, ...accepted });
    });
  });

  test.each([
    ['of which nothing is known', rule],
    ['of a rule that is no more', undefined],
  ])('%s is not called fixed', (_, of) => {
    expect(begin(open()).carryOrResolve(earlier, of)).toMatchObject({ state: 'resolved', cause: 'rule-changed' });
  });

  test('that was regrouped says where to', () => {
    const baseline = open();
    baseline.open?.settle('env/stale/u1', 'regrouped', 'u0');
    expect(begin(baseline).carryOrResolve(earlier, rule)).toMatchObject({ cause: 'regrouped', regroupedTo: 'u0' });
  });

  test('that fails again has nothing more to tell', () => {
    const lifecycle = begin(open());
    lifecycle.findingOf(failure());
    expect(lifecycle.carryOrResolve(earlier, rule)).toBeUndefined();
  });

  test.each([
    { name: 'a subject that could not be assessed', unjudged: [], carries: true },
    { name: 'a rule that had no say', unjudged: ['stale'], carries: false },
  ])('is carried over $name', ({ unjudged, carries }) => {
    const lifecycle = begin(open(), [], unjudged);
    if (carries) lifecycle.notAssessed(rule, { kind: 'user', id: 'u1' }, 'type is missing');
    expect(lifecycle.carryOrResolve(earlier, rule)).toMatchObject({
      state: 'open',
      carried: true,
      lastSeen: daysAgo(1),
      runs: 11,
    });
    expect(lifecycle.recentlyResolved()).toStrictEqual([]);
  });

  test('is carried with the reason, in the first run that can not assess it', () => {
    const carry = (finding: Finding): Finding | undefined => {
      const lifecycle = begin(open());
      lifecycle.notAssessed(rule, { kind: 'user', id: 'u2' }, 'status is missing');
      lifecycle.notAssessed(rule, { kind: 'user', id: 'u1' }, 'type is missing');
      return lifecycle.carryOrResolve(finding, rule);
    };
    const first = carry(earlier);
    expect(first).toMatchObject({ carried: true, carriedFor: 'type is missing' });
    const second = carry({ ...earlier, ...first });
    expect(second).toMatchObject({ carried: true });
    expect(second).not.toHaveProperty('carriedFor');
    expect(begin(open(), [], ['stale']).carryOrResolve(earlier, rule)).not.toHaveProperty('carriedFor');
  });

  test('is carried as waived while its waiver holds', () => {
    const lifecycle = begin(open(), [waiver], ['stale']);
    expect(lifecycle.carryOrResolve(earlier, rule)).toMatchObject({ state: 'waived', carried: true });
  });

  test('is carried with the end of its waiver, once', () => {
    const lifecycle = begin(open(), [], ['stale']);
    const carried = lifecycle.carryOrResolve({ ...earlier, state: 'waived' }, rule);
    expect(carried).toMatchObject({ state: 'open', carried: true, waiverEnded: true });
    const next = begin(open(), [], ['stale']).carryOrResolve({ ...earlier, ...carried }, rule);
    expect(next).toMatchObject({ state: 'open', carried: true });
    expect(next).not.toHaveProperty('waiverEnded');
  });

  test.each([
    { name: 'an event', finding: { ...earlier, state: 'event' as const }, of: change },
    { name: 'an event of a rule that is no more', finding: { ...earlier, state: 'event' as const }, of: undefined },
    { name: 'a waived event', finding: { ...earlier, state: 'waived' as const }, of: change },
    { name: 'what had resolved', finding: { ...earlier, state: 'resolved' as const }, of: rule },
  ])('does not resolve where it was $name', ({ finding, of }) => {
    const lifecycle = begin();
    expect(lifecycle.carryOrResolve(finding, of)).toBeUndefined();
    expect(lifecycle.recentlyResolved()).toStrictEqual([]);
  });
});

describe('a night on which a member went missing', () => {
  const people = [
    anApiUser({ type: 'SUPER_USER' }),
    ...Array.from({ length: 3 }, (_, n) => aUser({ userId: `s${n}`, type: 'SUPER_USER' })),
  ];
  const judgeNight = (baseline: Partial<FindingBaseline>, users: readonly unknown[], earlier?: readonly unknown[]) => {
    const lifecycle = begin(baseline);
    const findings: Finding[] = [];
    const given = { users, ...(earlier && { earlierUsers: earlier }) };
    const sink = {
      fail: (failed: RuleFailure) => findings.push(lifecycle.findingOf(failed)),
      notAssessed: (of: Rule, subject: Subject, reason: string) => lifecycle.notAssessed(of, subject, reason),
    };
    judgeInto(sink, rules, given);
    return { findings, lifecycle };
  };
  const first = judgeNight({}, people).findings;
  const openAfter = (findings: readonly Finding[]): OpenFindings => {
    const all = new OpenFindings();
    for (const { id, severity, firstSeen, runs, lastSeen } of findings) {
      all.add(id, { severity, firstSeen, runs, lastSeen });
    }
    return all;
  };
  const [someone, ...others] = people;
  const untyped = [{ ...someone, type: undefined }, ...others];

  test.each(['super-user-api-access', 'too-many-super-users'])('a finding of %s is carried, not resolved', (id) => {
    const finding = first.find(({ ruleId }) => ruleId === id);
    const { findings, lifecycle } = judgeNight({ open: openAfter(first) }, untyped, people);
    expect(findings.map(({ ruleId }) => ruleId)).not.toContain(id);
    const of = rules.find((one) => one.id === id);
    expect(finding && lifecycle.carryOrResolve(finding, of)).toMatchObject({ state: 'open', carried: true, runs: 2 });
    expect(lifecycle.recentlyResolved()).toStrictEqual([]);
  });

  test('an event is neither carried nor told again', () => {
    const { findings } = judgeNight({}, people, [{ ...someone, type: 'APP_USER' }, ...others]);
    const promoted = findings.find(({ ruleId }) => ruleId === 'promoted-to-super-user');
    const { lifecycle, findings: next } = judgeNight({ open: openAfter(findings) }, people, untyped);
    expect(promoted?.state).toBe('event');
    expect(next.map(({ ruleId }) => ruleId)).not.toContain('promoted-to-super-user');
    const of = rules.find(({ id }) => id === 'promoted-to-super-user');
    expect(promoted && lifecycle.carryOrResolve(promoted, of)).toBeUndefined();
  });
});

describe('the memory of what resolved', () => {
  test.each([
    { name: 'keeps 30 days', baseline: lately(30), kept: 1 },
    { name: 'forgets after that', baseline: lately(31), kept: 0 },
  ])('$name', ({ baseline, kept }) => {
    expect(begin(baseline).recentlyResolved()).toHaveLength(kept);
  });

  test('drops what came back', () => {
    const lifecycle = begin(lately(3));
    lifecycle.findingOf(failure());
    expect(lifecycle.recentlyResolved()).toStrictEqual([]);
  });
});
