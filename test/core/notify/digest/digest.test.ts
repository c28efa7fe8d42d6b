import { describe, expect, test } from '@jest/globals';
import type { Band } from '../../../../core/model/band.ts';
import { collectHighlights, type HighlightKind } from '../../../../core/model/highlights.ts';
import type { EnrichedCounts, Report, VerdictReason } from '../../../../core/model/report.ts';
import type { TrendPoint } from '../../../../core/model/trend.ts';
import type { Alert } from '../../../../core/notify/channel.ts';
import { composeDigest } from '../../../../core/notify/digest/digest.ts';
import { SEVERITIES } from '../../../../rules/engine/severity.ts';
import { rules } from '../../../../rules/index.ts';
import * as fc from '../../../support/properties.ts';
import { aFinding, aFirstReport, aHighlight, aReport, counts, type FactsDiffer, someFacts } from './facts.ts';

const digestOf = (differs: FactsDiffer): Alert => {
  const alert = composeDigest(someFacts(differs));
  if (alert === undefined) throw new Error('no digest was composed');
  return alert;
};

const aTrouble = { rule: 'stale-login', user: '01USER', expires: '2026-11-22' } as const;

const aLateReport = (hours: number, differs: Partial<Report> = {}): Report => {
  const startedAt = new Date(Date.parse(aReport().asOf) + hours * 3_600_000).toISOString();
  return aReport({ late: true, listing: { startedAt, endedAt: startedAt }, ...differs });
};

const acceptedHistory = { sha256: 'a'.repeat(64), reason: 'looked into it', problem: 'entry 2 was altered' };

const anotherSource: Partial<Report> = {
  source: { kind: 'finspace', endpoint: 'https://elsewhere.example' },
  previousSource: { kind: 'finspace', endpoint: 'https://finspace.example' },
};

test('the small print says how roles and groups were read', () => {
  const enriched = {
    iamRoles: { principals: 3, read: 2, standIns: 0, unread: 1, reason: 'AccessDenied' },
    permissionGroups: { groups: 3, risky: 1, members: 7 },
  };
  const { body } = digestOf({ report: aFirstReport({ enriched }) });
  expect(body).toContain('\n  Roles:        2 of 3 roles read; 1 NOT READ and not judged (AccessDenied)\n');
  expect(body).toContain('\n  Groups:       3 groups, 1 that manage users or give credentials, with 7 memberships\n');
  expect(digestOf({ report: aFirstReport() }).body).not.toMatch(/Roles:|Groups:/);
});

/** The words about roles of which so many were answered, judged by an earlier answer, and not judged. */
const rolesRead = (read: number, standIns = 0, unread = 0): EnrichedCounts => ({
  iamRoles: {
    principals: read + standIns + unread,
    read,
    standIns,
    ...(standIns > 0 && { standInsFrom: '2026-11-20T02:00:00.000Z' }),
    unread,
    ...(unread > 0 && { reason: 'AccessDenied' }),
  },
});

const groupsUnread: EnrichedCounts = { permissionGroups: { groups: 0, risky: 0, members: 0, unread: 'AccessDenied' } };

describe('whether there is a digest', () => {
  const quiet: readonly (readonly [string, FactsDiffer])[] = [
    ['nothing changed', {}],
    ['findings stay open', { highlights: [aHighlight('open')] }],
    ['findings stay waived', { highlights: [aHighlight('waived')] }],
    [
      'a waiver is in the trouble that was told before',
      { waiverTroubles: [{ ...aTrouble, kind: 'expired' }], knownTroubles: [{ ...aTrouble, kind: 'expired' }] },
    ],
    ['a waiver is out of its trouble', { knownTroubles: [{ ...aTrouble, kind: 'unused' }] }],
    ['roles are read', { report: aReport({ enriched: rolesRead(3) }) }],
    [
      'as many roles as before are not read',
      { report: aReport({ enriched: rolesRead(1, 0, 2) }), knownEnriched: rolesRead(2, 0, 1) },
    ],
    ['roles are read again', { report: aReport({ enriched: rolesRead(3) }), knownEnriched: rolesRead(0, 0, 3) }],
    ['groups are still not read', { report: aReport({ enriched: groupsUnread }), knownEnriched: groupsUnread }],
    ['no role stands on anybody', { report: aReport({ enriched: rolesRead(0) }) }],
  ];
  test.each(quiet)('none: %s', (_, differs) => {
    expect(composeDigest(someFacts(differs))).toBeUndefined();
  });

  const told: readonly (readonly [string, FactsDiffer])[] = [
    ['the first audit', { report: aFirstReport() }],
    ['an incomplete audit', { report: aReport({ verdict: 'INCOMPLETE', reason: 'deadline' }) }],
    ['a late audit in which nothing changed', { report: aLateReport(7) }],
    ['an audit of another source in which nothing changed', { report: aReport(anotherSource) }],
    ['an audit past a history that does not hold in which nothing changed', { report: aReport({ acceptedHistory }) }],
    ['roles are read no longer', { report: aReport({ enriched: rolesRead(2, 0, 1) }), knownEnriched: rolesRead(3) }],
    ['no role is read any more', { report: aReport({ enriched: rolesRead(0, 3) }), knownEnriched: rolesRead(2, 1) }],
    [
      'no role is read any more, of which some never were',
      { report: aReport({ enriched: rolesRead(0, 2, 1) }), knownEnriched: rolesRead(2, 0, 1) },
    ],
    ['groups are read no longer', { report: aReport({ enriched: groupsUnread }), knownEnriched: rolesRead(3) }],
    ['a failed audit', { report: aReport({ verdict: 'FAILED', reason: 'access-denied' }) }],
    ...(['new', 'reopened', 'escalated', 'waiver-ended', 'event', 'resolved', 'reminder'] as const).map(
      (kind) => [`something is to be told: ${kind}`, { highlights: [aHighlight(kind)] }] as const,
    ),
    ...(['expired', 'expiring', 'unused', 'unknown-rule'] as const).map(
      (kind) => [`a waiver is ${kind}`, { waiverTroubles: [{ ...aTrouble, kind }] }] as const,
    ),
    ...([{ kind: 'expiring' }, { rule: 'email-domain' }, { user: '01OTHER' }, { expires: '2026-11-21' }] as const).map(
      (differs) =>
        [
          `a waiver is in other trouble than before: ${Object.keys(differs).join()}`,
          {
            waiverTroubles: [{ ...aTrouble, kind: 'expired' }],
            knownTroubles: [{ ...aTrouble, kind: 'expired', ...differs }],
          },
        ] as const,
    ),
  ];
  test.each(told)('one: %s', (_, differs) => {
    expect(composeDigest(someFacts(differs))).toBeDefined();
  });
});

describe('those who hear of some severities alone', () => {
  const UP_TO_MEDIUM: Band = {
    label: 'INFORMATIONAL-MEDIUM',
    minSeverity: 'INFORMATIONAL',
    maxSeverity: 'MEDIUM',
    sentToOthers: ['CRITICAL'],
  };
  const findings = counts({ new: 5, open: 11 }, { CRITICAL: 3, HIGH: 2, MEDIUM: 4, LOW: 1 });
  const severities = { CRITICAL: 2, HIGH: 1, MEDIUM: 1 };
  const changed: FactsDiffer = {
    report: aReport({ findings }),
    highlights: [{ ...aHighlight('new', { severity: 'CRITICAL' }), count: 4, severities }],
  };
  const flat = ({ body }: Alert): string => body.replaceAll(/\s+/g, ' ');
  const bandOf = (differs: FactsDiffer, band: Band = UP_TO_MEDIUM): Alert | undefined =>
    composeDigest(someFacts({ ...differs, bands: [band] }))?.bands?.[band.label];

  const told: readonly (readonly [string, FactsDiffer, Partial<Band>, subject: string, words: string])[] = [
    [
      'what is left out, and who is told of it',
      changed,
      {},
      '1 new (worst MEDIUM), 5 failing up to MEDIUM',
      '1 new finding (worst MEDIUM); 5 failing up to MEDIUM. Findings up to MEDIUM alone are told here. Of what changed, 2 CRITICAL are told to others. Of what changed, 1 HIGH is mailed to nobody, and in the report. Verdict:',
    ],
    [
      'from a severity on',
      changed,
      { minSeverity: 'HIGH', maxSeverity: 'CRITICAL', sentToOthers: [] },
      '3 new (worst CRITICAL), 5 failing from HIGH on',
      'Findings from HIGH on alone are told here. Of what changed, 1 MEDIUM is mailed to nobody, and in the report.',
    ],
    [
      'one severity',
      changed,
      { minSeverity: 'HIGH', maxSeverity: 'HIGH', sentToOthers: ['CRITICAL', 'MEDIUM'] },
      '1 new (worst HIGH), 2 failing of HIGH',
      'Findings of HIGH alone are told here. Of what changed, 2 CRITICAL, 1 MEDIUM are told to others.',
    ],
    [
      'from one severity to another',
      changed,
      { minSeverity: 'MEDIUM', maxSeverity: 'HIGH', sentToOthers: ['CRITICAL'] },
      '2 new (worst HIGH), 6 failing from MEDIUM to HIGH',
      'Findings from MEDIUM to HIGH alone are told here. Of what changed, 2 CRITICAL are told to others.',
    ],
    [
      'a first audit without any',
      {
        report: aFirstReport({ findings: counts({ new: 3 }, { CRITICAL: 3 }) }),
        highlights: [aHighlight('new', { severity: 'CRITICAL' })],
      },
      {},
      'first audit, no findings up to MEDIUM',
      'First audit of this environment: no findings up to MEDIUM. From now on only changes and reminders are mailed. Findings up to MEDIUM alone are told here. Of what changed, 1 CRITICAL is told to others.',
    ],
    [
      'a waiver of the band, and how many there are of others',
      {
        report: aReport({ findings }),
        waiverTroubles: [
          { ...aTrouble, kind: 'expired', severity: 'LOW' },
          { ...aTrouble, user: '01OTHER', kind: 'expired', severity: 'HIGH' },
        ],
      },
      {},
      '1 waiver to see to, 5 failing up to MEDIUM',
      'No finding up to MEDIUM changed; 5 failing up to MEDIUM. Findings up to MEDIUM alone are told here. Waivers of other severities to see to: 1.',
    ],
  ];
  test.each(told)('are told %s', (_, differs, band, subject, words) => {
    const alert = bandOf(differs, { ...UP_TO_MEDIUM, ...band });
    expect(alert?.subject).toBe(`FinSpace research: ${subject}`);
    expect(alert && flat(alert)).toContain(words);
    expect(alert?.body).not.toContain('01OTHER');
  });

  test('are told nothing where nothing of theirs changed, whatever else did', () => {
    const highlights = [aHighlight('new', { severity: 'CRITICAL' })];
    expect(digestOf({ highlights, bands: [UP_TO_MEDIUM] })).toMatchObject({ bands: {} });
  });

  test.each<[string, FactsDiffer]>([
    ['nobody looked', { report: aReport({ verdict: 'FAILED', reason: 'access-denied' }) }],
    ['an audit was late', { report: aLateReport(7) }],
    ['another source was asked', { report: aReport(anotherSource) }],
  ])('are told that %s', (_, differs) => {
    expect(bandOf(differs)).toBeDefined();
  });

  test('get as many lines, and the whole mail is as it is without them', () => {
    const { bands: _, attributes, ...whole } = composeDigest(someFacts({ ...changed, bands: [UP_TO_MEDIUM] })) ?? {};
    const { attributes: plain, ...alone } = digestOf(changed);
    expect(whole).toEqual(alone);
    expect(attributes).toEqual({ ...plain, band: 'INFORMATIONAL-CRITICAL' });
    expect(bandOf(changed)?.attributes).toEqual({
      ...plain,
      band: 'INFORMATIONAL-MEDIUM',
      maxSeverity: 'MEDIUM',
      leastSeverity: 'MEDIUM',
    });
  });
});

describe('subject', () => {
  const open = counts({ new: 3, open: 11, resolved: 1 });
  const three = aHighlight('new', { severity: 'CRITICAL' }, {}, {});
  const cases: readonly (readonly [string, FactsDiffer, string])[] = [
    [
      'new and resolved findings',
      { report: aReport({ findings: open }), highlights: [three, aHighlight('resolved')] },
      'FinSpace research: 3 new (worst CRITICAL), 1 resolved, 11 open',
    ],
    [
      'only resolved findings have no worst',
      { highlights: [aHighlight('resolved', { severity: 'HIGH' })] },
      'FinSpace research: 1 resolved, 0 open',
    ],
    [
      'everything at once',
      { highlights: (['new', 'reopened', 'escalated', 'event', 'resolved'] as const).map((kind) => aHighlight(kind)) },
      'FinSpace research: 1 new, 1 reopened, 1 raised, 1 change (worst MEDIUM), 1 resolved, 0 open',
    ],
    [
      'waivers',
      { waiverTroubles: [{ ...aTrouble, kind: 'unknown-rule' }] },
      'FinSpace research: 1 waiver to see to, 0 open',
    ],
    [
      'the first audit',
      { report: aFirstReport({ findings: counts({ new: 3 }, { CRITICAL: 1, MEDIUM: 2 }) }), highlights: [three] },
      'FinSpace research: first audit, 3 findings (worst CRITICAL)',
    ],
    ['a first audit without findings', { report: aFirstReport() }, 'FinSpace research: first audit, no findings'],
    [
      'a first audit with one',
      {
        report: aFirstReport({ findings: counts({ new: 1 }, { HIGH: 1 }) }),
        highlights: [aHighlight('new', { severity: 'HIGH' })],
      },
      'FinSpace research: first audit, 1 finding (worst HIGH)',
    ],
    [
      'a first audit with some that are told in numbers alone',
      { report: aFirstReport({ findings: counts({ new: 2 }, { HIGH: 2 }) }) },
      'FinSpace research: first audit, 2 findings',
    ],
    [
      'an audit that failed for no reason that is known',
      { report: aReport({ verdict: 'FAILED' }) },
      'FinSpace research: FAILED - no reason given, 400 users seen',
    ],
    [
      'an environment that the config does not know',
      { environmentName: undefined, report: aFirstReport() },
      'FinSpace vs57phhvijir4kv5rf6ywt: first audit, no findings',
    ],
    [
      'an incomplete audit says nothing of findings',
      {
        report: aReport({ verdict: 'INCOMPLETE', reason: 'deadline', counts: { ...aReport().counts, users: 200 } }),
        highlights: [three],
      },
      'FinSpace research: INCOMPLETE - deadline, 200 users seen',
    ],
    [
      'an audit that failed on its first attempt ever',
      {
        report: aFirstReport({ verdict: 'FAILED', reason: 'access-denied', counts: { ...aReport().counts, users: 0 } }),
      },
      'FinSpace research: FAILED - access-denied, no users seen',
    ],
    [
      'an environment without a name',
      { environmentName: '', report: aFirstReport() },
      'FinSpace vs57phhvijir4kv5rf6ywt: first audit, no findings',
    ],
    [
      'a name in another script',
      { environmentName: '研究', report: aFirstReport() },
      'FinSpace vs57phhvijir4kv5rf6ywt: first audit, no findings',
    ],
    [
      'a name with accents',
      { environmentName: 'Zürich\nlab', report: aFirstReport() },
      'FinSpace Zurich lab: first audit, no findings',
    ],
    [
      'a name that is too long',
      { environmentName: 'n'.repeat(80), report: aFirstReport() },
      `FinSpace ${'n'.repeat(61)}...: first audit, no findings`,
    ],
  ];
  test.each(cases)('%s', (_, differs, subject) => {
    expect(digestOf(differs).subject).toBe(subject);
  });

  test('counts that take much room are added up before anything is lost', () => {
    const kinds = ['new', 'reopened', 'escalated', 'event', 'resolved', 'reminder', 'carried'] as const;
    // What is told again is neither new nor worse.
    const highlights = kinds.map((kind) => ({ ...aHighlight(kind, { severity: 'INFORMATIONAL' }), count: 1_000_000 }));
    expect(digestOf({ highlights, environmentName: 'n'.repeat(80) }).subject).toBe(
      `FinSpace ${'n'.repeat(13)}...: 4,000,000 new or worse (worst INFORMATIONAL), 1,000,000 resolved, 0 open`,
    );
  });

  const LONG = 'n'.repeat(80);
  /** The subject of so many findings of a severity, where so many are open, of an environment with a long name. */
  const subjectOf = (
    kinds: Partial<Record<HighlightKind, number>>,
    open_: number,
    severity: 'MEDIUM' | 'INFORMATIONAL' = 'INFORMATIONAL',
  ): string => {
    const highlights = (Object.entries(kinds) as readonly [HighlightKind, number][]).map(([kind, count]) => ({
      ...aHighlight(kind, { severity }),
      count,
    }));
    const report = aReport({ findings: counts({ open: open_ }) });
    return digestOf({ highlights, report, environmentName: LONG }).subject;
  };

  test('leaves 20 characters of the name before anything is added up', () => {
    expect(subjectOf({ new: 123, reopened: 123, resolved: 123 }, 999_999_999, 'MEDIUM')).toBe(
      `FinSpace ${'n'.repeat(17)}...: 123 new, 123 reopened (worst MEDIUM), 123 resolved, 999,999,999 open`,
    );
    expect(subjectOf({ new: 12, reopened: 123, resolved: 1234 }, 999_999_999, 'MEDIUM')).toBe(
      `FinSpace ${'n'.repeat(20)}...: 135 new or worse (worst MEDIUM), 1,234 resolved, 999,999,999 open`,
    );
  });

  test('leaves 4 characters of the name before anything is left out', () => {
    const bad = { new: 2_000_000, reopened: 2_000_000 };
    expect(subjectOf({ ...bad, resolved: 999_999_999 }, 999_999_999)).toBe(
      'FinSpace n...: 4,000,000 new or worse (worst INFORMATIONAL), 999,999,999 resolved, 999,999,999 open',
    );
    expect(subjectOf({ ...bad, resolved: 12_345_678 }, 1_234_567_890)).toBe(
      `FinSpace ${'n'.repeat(21)}...: 4,000,000 new or worse (worst INFORMATIONAL), 1,234,567,890 open`,
    );
  });

  test.each<{ readonly kinds: Partial<Record<HighlightKind, number>>; readonly left: number; readonly says: string }>([
    {
      kinds: { carried: 1_000_000, reminder: 1_000_000, resolved: 1_000_000 },
      left: 14,
      says: '1,000,000 not judged, 1,000,000 reminders (worst INFORMATIONAL), 0 open',
    },
    {
      kinds: { new: 1, carried: 1_000_000, reminder: 1_000_000, resolved: 1_000_000 },
      left: 21,
      says: '1 new or worse (worst INFORMATIONAL), 1,000,000 resolved, 0 open',
    },
  ])('adds up only what is new or worse: $says', ({ kinds, left, says }) => {
    expect(subjectOf(kinds, 0)).toBe(`FinSpace ${'n'.repeat(left)}...: ${says}`);
  });

  test('of a run that is not complete is cut at last, and says first what it is', () => {
    const report = aLateReport(7, {
      ...anotherSource,
      acceptedHistory,
      verdict: 'INCOMPLETE',
      reason: 'source-unavailable',
      counts: { ...aReport().counts, users: Number.MAX_SAFE_INTEGER },
    });
    expect(digestOf({ report }).subject).toBe(
      'FinSpace r...: LATE, HISTORY ACCEPTED, ANOTHER SOURCE, INCOMPLETE - source-unavailable, 9,007,199,2',
    );
  });

  test('leaves out what does not fit rather than cut the number that stands last', () => {
    const highlights = (['new', 'resolved'] as const).map((kind) => ({
      ...aHighlight(kind, { severity: 'CRITICAL' }),
      count: 1_000_000,
    }));
    const waiverTroubles = Array.from({ length: 1000 }, () => ({ ...aTrouble, kind: 'unknown-rule' as const }));
    const report = aReport({ findings: counts({ open: 18 }) });
    expect(digestOf({ report, highlights, waiverTroubles, environmentName: 'n'.repeat(80) }).subject).toBe(
      `FinSpace ${'n'.repeat(37)}...: 1,000,000 new or worse (worst CRITICAL), 18 open`,
    );
  });

  test('stays within 99 characters where nothing is left to be left out', () => {
    const highlights = (['new', 'resolved'] as const).map((kind) => ({
      ...aHighlight(kind, { severity: 'INFORMATIONAL' }),
      count: Number.MAX_SAFE_INTEGER,
    }));
    const waiverTroubles = Array.from({ length: 1000 }, () => ({ ...aTrouble, kind: 'unknown-rule' as const }));
    const report = aReport({ findings: counts({ open: Number.MAX_SAFE_INTEGER }) });
    expect(digestOf({ report, highlights, waiverTroubles }).subject).toHaveLength(99);
  });

  test('is what SNS takes, whatever the environment is called', () => {
    const highlights = fc.array(fc.constantFrom<HighlightKind>('new', 'reopened', 'escalated', 'event', 'resolved'));
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        highlights,
        fc.nat(),
        (environmentName, kinds, count) => {
          const { subject } = digestOf({
            environmentName,
            report: aReport({ verdict: kinds.length === 0 ? 'FAILED' : 'COMPLETE' }),
            highlights: kinds.map((kind) => ({ ...aHighlight(kind, { severity: 'INFORMATIONAL' }), count })),
          });
          expect(subject).toMatch(/^FinSpace [\x20-\x7e]{1,90}$/);
        },
      ),
    );
  });
});

describe('body', () => {
  test('tells changes by severity and rule, with what to do once a rule', () => {
    const { body } = digestOf({
      highlights: [
        aHighlight('new', { severity: 'LOW', ruleId: 'leftover-principal' }),
        aHighlight(
          'new',
          { severity: 'HIGH', subject: { kind: 'user', id: '01A' } },
          { subject: { kind: 'user', id: '01B' } },
        ),
        aHighlight('reopened', { subject: { kind: 'user', id: '01C' } }),
        aHighlight('escalated', { severity: 'HIGH', escalatedFrom: 'MEDIUM', subject: { kind: 'user', id: '01D' } }),
        aHighlight('event', {
          severity: 'CRITICAL',
          ruleId: 'principal-changed',
          subject: { kind: 'environment', id: 'e' },
        }),
        aHighlight('open', { subject: { kind: 'user', id: '01OPEN' } }),
      ],
    });
    const remediation = rules.find(({ id }) => id === 'stale-login')?.remediation.slice(0, 40) ?? 'none';

    expect(body.split('\n').filter((line) => /^(?:CRITICAL|HIGH|MEDIUM|LOW) | {2}- /.test(line))).toEqual([
      'CRITICAL principal-changed: 1 changed since the last audit',
      '  - the environment: last login 91 days ago; at most 90 allowed',
      'HIGH stale-login: 1 new, 1 raised',
      '  - 01A: last login 91 days ago; at most 90 allowed',
      '  - 01D: last login 91 days ago; at most 90 allowed [raised from MEDIUM to',
      'MEDIUM stale-login: 1 new, 1 reopened',
      '  - 01B: last login 91 days ago; at most 90 allowed',
      '  - 01C: last login 91 days ago; at most 90 allowed [reopened]',
      'LOW leftover-principal: 1 new',
      '  - 01USER: last login 91 days ago; at most 90 allowed',
    ]);
    expect(body.split(remediation)).toHaveLength(2);
    expect(body).not.toContain('01OPEN');
  });

  test.each([
    ['fixed', 'fixed'],
    ['user-disabled', 'a user that it is about was disabled'],
    ['user-vanished', 'a user that it is about is no longer in the directory'],
    ['regrouped', 'the group still fails'],
    ['rule-changed', 'not known to be fixed: what it is judged by changed'],
  ] as const)('a finding resolved as %s', (cause, words) => {
    expect(digestOf({ highlights: [aHighlight('resolved', { cause })] }).body).toContain(`  - 01USER: ${words}\n`);
  });

  test('a finding that was regrouped says where to', () => {
    const { body } = digestOf({ highlights: [aHighlight('resolved', { cause: 'regrouped', regroupedTo: '00USER' })] });
    expect(body).toContain('  - 01USER: the group still fails, under 00USER\n');
  });

  test.each([
    [20, undefined],
    [21, '  - and 1 more in the report'],
  ])('of %d findings of a rule', (count, last) => {
    const findings = Array.from({ length: count }, (_, index) => ({
      subject: { kind: 'user' as const, id: `01X${index}` },
    }));
    const { body } = digestOf({ highlights: [aHighlight('new', ...findings)] });
    expect(body.match(/01X\d+/g)).toHaveLength(20);
    expect(body.split('\n').find((line) => line.includes('more in the report'))).toBe(last);
  });

  test.each([
    { hours: 168 + 23.9, verdict: 'COMPLETE' as const, after: '7 days' },
    { hours: 47.9, verdict: 'INCOMPLETE' as const, after: '47 hours' },
    { hours: 0.75, verdict: 'COMPLETE' as const, after: '45 minutes' },
  ])('begins with the lateness of an audit that is $verdict: $after', ({ hours, verdict, after }) => {
    const { subject, body, attributes } = digestOf({ report: aLateReport(hours, { verdict }) });
    expect(body.replaceAll(/\s+/g, ' ')).toMatch(
      new RegExp(`^LATE: listed ${after} after the night it stands for\\. It shows the users as they were then, not`),
    );
    expect(subject).toMatch(/^FinSpace research: LATE, /);
    expect(attributes.maxSeverity).toBe('CRITICAL');
  });

  test('begins with another source than that of the run before', () => {
    const { subject, body, attributes } = digestOf({ report: aReport(anotherSource) });
    expect(body.replaceAll(/\s+/g, ' ')).toMatch(
      /^ANOTHER SOURCE: the users came from the FinSpace Data API at https:\/\/elsewhere\.example; those of run 20261123T020000Z came from the FinSpace Data API at https:\/\/finspace\.example\. /,
    );
    expect(subject).toMatch(/^FinSpace research: ANOTHER SOURCE, /);
    expect(attributes.maxSeverity).toBe('CRITICAL');
  });

  test('begins with a history that does not hold, and that somebody let it go on', () => {
    const { subject, body, attributes } = digestOf({ report: aReport({ acceptedHistory }) });
    expect(body.replaceAll(/\s+/g, ' ')).toMatch(
      /^HISTORY ACCEPTED: the history before this audit does not hold \(entry 2 was altered\), and somebody let it go on from run 20261123T020000Z: "looked into it"\. /,
    );
    expect(subject).toMatch(/^FinSpace research: HISTORY ACCEPTED, /);
    expect(attributes.maxSeverity).toBe('CRITICAL');
  });

  test('says in its subject that whoever attested a roster is believed', () => {
    const attestedBy = { name: 'Ada Lovelace', statement: 'all of them', at: '2026-11-24T00:00:00.000Z' };
    const source = { kind: 'roster' as const, file: 'users.json', attestedBy };
    const subjectOf = (report: Report): string => digestOf({ report }).subject;
    expect(subjectOf({ ...aFirstReport(), source })).toMatch(/^FinSpace research: ATTESTED, first audit, /);
    expect(subjectOf(aReport({ ...anotherSource, source, late: true }))).toMatch(
      /^FinSpace research: LATE, ANOTHER SOURCE, ATTESTED, /,
    );
    const truncated = { verdict: 'INCOMPLETE', reason: 'truncated-roster' } as const;
    expect(subjectOf(aReport({ ...truncated, source }))).toMatch(/^FinSpace research: INCOMPLETE - truncated-roster, /);
  });

  test('begins with what could not be read beside the listing, though the run before could', () => {
    const enriched = { ...rolesRead(0, 2, 1), ...groupsUnread };
    const { subject, body, attributes } = digestOf({ report: aReport({ enriched }), knownEnriched: rolesRead(3) });
    expect(body.replaceAll(/\s+/g, ' ')).toMatch(
      /^NOT ALL READ: roles \(0 of 3 roles read; 2 judged by an earlier answer, the oldest of 2026-11-20; 1 NOT READ and not judged \(AccessDenied\)\), groups \(NOT READ IN FULL, .*\)\. Who fails by what was not read does not stand here\. /,
    );
    expect(subject).toMatch(/^FinSpace research: NOT ALL READ, /);
    expect(attributes).toMatchObject({ maxSeverity: 'CRITICAL', leastSeverity: 'INFORMATIONAL' });
    expect(digestOf({ report: aFirstReport({ enriched: rolesRead(0, 0, 1) }) }).subject).toMatch(
      /: NOT ALL READ, first audit, no findings$/,
    );
  });

  const gapped = ['20261101T020000Z', '20261102T020000Z', '20261103T020000Z'];
  test.each([
    { name: 'after a gap', runs: [...gapped, '20261124T020000Z'], says: true },
    { name: 'with a gap that is over', runs: ['20261001T020000Z', ...gapped], says: false },
    { name: 'as usual', runs: gapped, says: false },
  ])('says how long nobody looked, of an audit $name', ({ runs, says }) => {
    const trend = runs.map((run): TrendPoint => [run, 0, 0, 0, 0, 0]);
    const body = digestOf({ report: aReport({ trend }), highlights: [aHighlight('new')] }).body.replaceAll(/\s+/g, ' ');
    const text = 'No audit was complete for 21 days before this one: what came and went in between is not known.';
    expect(body.includes(text)).toBe(says);
    expect(body.includes('No audit was complete for')).toBe(says);
  });

  test('says where the report is, and of which run', () => {
    const { body } = digestOf({ report: aFirstReport() });
    for (const fact of [
      's3://evidence/reports/report.json',
      '20261124T020000Z',
      '2026-11-24T02:00:00.000Z',
      '123456789012',
      'us-east-1',
      'research (vs57phhvijir4kv5rf6ywt)',
    ]) {
      expect(body).toContain(fact);
    }
  });

  const unjudged = { id: 'stale-login', severity: 'MEDIUM', checked: 9, failed: 0 } as const;
  test.each([
    [
      'off',
      { ...unjudged, state: 'off', notAssessed: 0, reason: 'switched off in the config' },
      'stale-login: off (switched off in the config)',
    ],
    [
      'without its subject',
      { ...unjudged, state: 'not-assessed', notAssessed: 1, reason: 'no earlier snapshot' },
      'stale-login: not assessed (no earlier snapshot)',
    ],
    [
      'without some subjects',
      { ...unjudged, state: 'ran', notAssessed: 2, reason: 'no usable time' },
      'stale-login: 2 subjects not assessed (no usable time)',
    ],
    [
      'broken on a user',
      {
        ...unjudged,
        state: 'not-assessed',
        notAssessed: 1,
        error: 'TypeError: x',
        brokeOn: { kind: 'user', id: '01USER' },
      },
      'stale-login: not assessed (it failed on user 01USER)',
    ],
    [
      'broken on what may name somebody',
      {
        ...unjudged,
        state: 'not-assessed',
        notAssessed: 1,
        error: 'TypeError: x',
        brokeOn: { kind: 'principal', id: 'Ada Lovelace' },
      },
      'stale-login: not assessed (it failed on a principal that is no role ARN)',
    ],
    [
      'broken, in a report of before',
      { ...unjudged, state: 'not-assessed', notAssessed: 1, reason: 'the rule failed', error: 'TypeError: x' },
      'stale-login: not assessed (it failed)',
    ],
  ] as const)('tells of a rule %s', (_, outcome, line) => {
    expect(digestOf({ report: aFirstReport({ rules: [outcome] }) }).body).toContain(`  - ${line}\n`);
  });

  test('tells rules together that share a reason', () => {
    const off = { ...unjudged, state: 'off', notAssessed: 0, reason: 'its data is not read' } as const;
    const { body } = digestOf({
      report: aFirstReport({
        rules: [off, { ...off, id: 'email-domain', reason: 'other' }, { ...off, id: 'stuck-creating' }],
      }),
    });
    expect(body).toContain(
      '  - stale-login, stuck-creating: off (its data is not read)\n  - email-domain: off (other)\n',
    );
  });

  test('does not tell of rules that had their full say', () => {
    const ran = { ...unjudged, state: 'ran', notAssessed: 0 } as const;
    expect(digestOf({ report: aFirstReport({ rules: [ran] }) }).body).not.toContain('NOT FULLY JUDGED');
  });

  const failed = { verdict: 'FAILED', reason: 'archive-unavailable' } as const;
  const places: readonly (readonly [string, Report, readonly string[], readonly string[]])[] = [
    ['compares a later audit', aReport(), ['  Report: s3://', 'Compared to:  20261123T020000Z'], []],
    ['compares a first one to nothing', aFirstReport(), ['Compared to:  nothing: no audit was complete before'], []],
    [
      'claims neither a report nor a past where the archive is away',
      aFirstReport(failed),
      ['  Report: none, the evidence could not be kept'],
      ['Compared to:', 's3://'],
    ],
  ];
  test.each(places)('%s', (_, report, told, untold) => {
    const { body } = digestOf({ report, highlights: [aHighlight('new')] });
    for (const text of told) expect(body).toContain(text);
    for (const text of untold) expect(body).not.toContain(text);
  });

  test.each([
    ['arn:aws:iam::111122223333:role/analyst', 'arn:aws:iam::111122223333:role/analyst: '],
    ['arn:aws:iam::111122223333:user/zoe', '(no role ARN; findings.csv has it): '],
    ['Zoe Quagmire', '(no role ARN; findings.csv has it): '],
  ])('names a principal only where it is the ARN of a role: %s', (id, told) => {
    const { body } = digestOf({
      highlights: [aHighlight('new', { ruleId: 'shared-principal', subject: { kind: 'principal', id } })],
    });
    expect(body).toContain(`  - ${told}`);
  });

  const twice = [aHighlight('event', { severity: 'HIGH' }), aHighlight('resolved', { severity: 'CRITICAL' })];
  const lines: readonly (readonly [string, FactsDiffer, string])[] = [
    [
      'changes',
      { highlights: twice, report: aReport({ findings: counts({ open: 65, event: 1, resolved: 1 }) }) },
      '1 change to look at (worst HIGH), 1 finding resolved; 65 still open.',
    ],
    ['waivers alone', { waiverTroubles: [{ ...aTrouble, kind: 'unknown-rule' }] }, 'No finding changed; 0 still open.'],
    [
      'a first audit',
      { report: aFirstReport() },
      'First audit of this environment: no findings. From now on only changes and reminders are mailed.',
    ],
    [
      'a first audit that found nothing and did not judge all',
      {
        report: aFirstReport({
          findings: counts({ waived: 2 }),
          rules: [{ ...unjudged, state: 'ran', notAssessed: 2 }],
        }),
      },
      'First audit of this environment: no findings among what was judged, 2 waived.',
    ],
    [
      'a first audit, before which there is no change',
      { report: aFirstReport({ rules: [{ ...unjudged, id: 're-enabled', state: 'not-assessed', notAssessed: 1 }] }) },
      'First audit of this environment: no findings.',
    ],
    [
      'a first audit by a rule that is off',
      { report: aFirstReport({ rules: [{ ...unjudged, state: 'off', notAssessed: 0 }] }) },
      'First audit of this environment: no findings.',
    ],
  ];
  test.each(lines)('begins with what happened in one line: %s', (_, differs, line) => {
    const [, ...rest] = digestOf(differs).body.split('\n');
    expect(rest.join(' ')).toMatch(new RegExp(`^${line.replaceAll(/[().]/g, '\\$&')} `));
  });

  test.each([
    ['expired', 'expired on 2026-11-22; the finding counts again'],
    ['expiring', 'ends on 2026-11-22; renew it or resolve the finding'],
    ['unused', 'nothing fails that it accepts; remove it'],
    ['unknown-rule', 'names a rule that the catalogue does not have'],
  ] as const)('tells of a waiver that is %s once there is a digest', (kind, words) => {
    const { body } = digestOf({ report: aFirstReport(), waiverTroubles: [{ ...aTrouble, kind }] });
    expect(body.replaceAll(/\s+/g, ' ')).toContain(`stale-login for 01USER: ${words}`);
  });
});

describe('a run that is not complete', () => {
  const reasons: readonly VerdictReason[] = [
    'deadline',
    'repeated-token',
    'access-denied',
    'validation',
    'source-unavailable',
    'rule-error',
    'empty-roster',
    'roster-drop',
    'config',
    'archive-unavailable',
  ];
  const words = (alert: Alert): string => alert.body.replaceAll(/\s+/g, ' ');

  test.each(reasons)('cannot be mistaken for a clean one: %s', (reason) => {
    const alert = digestOf({
      report: aReport({ verdict: 'INCOMPLETE', reason, message: 'what went wrong' }),
      highlights: [aHighlight('resolved', { subject: { kind: 'user', id: '01FIXED' } })],
    });
    expect(alert.subject).toContain(`INCOMPLETE - ${reason}`);
    expect(alert.body.split('\n')[1]).toBe('THIS AUDIT IS NOT COMPLETE. It says nothing about what it has not seen.');
    expect(words(alert)).toContain(
      `Verdict: INCOMPLETE (${reason}) Why: what went wrong Seen: 400 users on 4 pages Not seen: `,
    );
    expect(words(alert)).toContain('Nothing was resolved. No finding is to be read as fixed');
    expect(alert.body).not.toMatch(/01FIXED|\bRESOLVED\b|COMPLETE:|no findings/);
    expect(alert.attributes).toEqual({
      environment: 'vs57phhvijir4kv5rf6ywt',
      verdict: 'INCOMPLETE',
      maxSeverity: 'CRITICAL',
      leastSeverity: 'INFORMATIONAL',
    });
  });
});

describe('attributes', () => {
  const cases: readonly (readonly [string, FactsDiffer, string])[] = [
    [
      'the worst of what changed',
      { highlights: [aHighlight('new', { severity: 'LOW' }), aHighlight('event', { severity: 'HIGH' })] },
      'HIGH',
    ],
    [
      'what stays open does not count',
      { highlights: [aHighlight('new', { severity: 'LOW' }), aHighlight('open', { severity: 'CRITICAL' })] },
      'LOW',
    ],
    ['what resolved counts as what it was', { highlights: [aHighlight('resolved', { severity: 'HIGH' })] }, 'HIGH'],
    ['a first audit without findings', { report: aFirstReport() }, 'INFORMATIONAL'],
    [
      'a waiver that expired, as its rule',
      { waiverTroubles: [{ ...aTrouble, kind: 'expired', expires: '2026-11-23' }] },
      'MEDIUM',
    ],
    [
      'a waiver of no rule, as the worst',
      { waiverTroubles: [{ ...aTrouble, rule: 'stale', kind: 'unknown-rule' }] },
      'CRITICAL',
    ],
  ];
  test.each(cases)('%s', (_, differs, maxSeverity) => {
    expect(digestOf(differs).attributes).toMatchObject({
      environment: 'vs57phhvijir4kv5rf6ywt',
      verdict: 'COMPLETE',
      maxSeverity,
    });
  });
});

test('the attributes of a digest without a change are of the mildest severity', () => {
  expect(digestOf({ report: aFirstReport() }).attributes).toStrictEqual({
    environment: 'vs57phhvijir4kv5rf6ywt',
    verdict: 'COMPLETE',
    maxSeverity: 'INFORMATIONAL',
    leastSeverity: 'INFORMATIONAL',
  });
});

test('the attributes tell the mildest of what changed, too', () => {
  const highlights = [aHighlight('new', { severity: 'HIGH' }, { severity: 'LOW' }), aHighlight('resolved')];
  expect(digestOf({ highlights }).attributes).toMatchObject({ maxSeverity: 'HIGH', leastSeverity: 'LOW' });
});

describe('limits', () => {
  const NASTY = '\u202e研\u0000🦊'.repeat(2000);

  test('100 000 findings of every rule and kind, with nasty texts, stay under 256 KiB', () => {
    const collected = collectHighlights();
    for (let index = 0; index < 100_000; index += 1) {
      const times = Math.trunc(index / rules.length);
      collected.add(
        aFinding({
          ruleId: rules[index % rules.length]?.id ?? '',
          // Of each rule all states and severities, however many rules there are.
          state: (['new', 'reopened', 'event', 'resolved'] as const)[(times % 7) % 4] ?? 'new',
          severity: SEVERITIES[times % SEVERITIES.length] ?? 'LOW',
          subject: { kind: 'user', id: `${index}${NASTY}` },
          message: NASTY,
        }),
      );
    }
    const facts: FactsDiffer = {
      highlights: collected.list(),
      environmentName: NASTY,
      reportLocation: NASTY,
      waiverTroubles: Array.from({ length: 1000 }, () => ({
        kind: 'expired',
        rule: NASTY,
        user: NASTY,
        expires: NASTY,
      })),
      report: aReport({
        verdict: 'INCOMPLETE',
        reason: 'rule-error',
        message: NASTY,
        rules: Array.from({ length: 1000 }, () => ({
          id: NASTY,
          severity: 'LOW',
          state: 'off',
          checked: 0,
          failed: 0,
          notAssessed: 0,
          reason: NASTY,
        })),
      }),
    };
    for (const verdict of ['COMPLETE', 'INCOMPLETE'] as const) {
      const alert = digestOf({ ...facts, report: aReport({ ...facts.report, verdict }) });
      const total = [alert.subject, alert.body, ...Object.entries(alert.attributes).flat()].join('');
      expect(Buffer.byteLength(total)).toBeLessThan(256 * 1024);
      expect(alert.body).toMatch(/\nAnd [\d,]+ more \(worst \w+\), of \d+ rules, in the report\.\n/);
      expect(alert.body.split('\n').length).toBeLessThan(197);
      expect(alert.body).toContain('\nTHIS AUDIT\n');
    }
  });

  test.each([
    ['a first night of 200 000 users, of whom every rule finds', 1000, {}],
    ['one rule of one severity', 0, { report: aFirstReport() }],
  ])('the first 20 lines are enough to act on, and there are under 200: %s', (_, each, differs) => {
    const findings = Array.from({ length: 100 }, (_user, n) => ({ subject: { kind: 'user' as const, id: `01U${n}` } }));
    const outsiders = findings.map((one) => ({
      ...one,
      ruleId: 'principal-outside-account',
      severity: 'CRITICAL' as const,
    }));
    const others = rules
      .filter(({ id }) => id !== 'principal-outside-account')
      .map(({ id, severity }) => ({
        ...aHighlight('new', ...findings.map((one) => ({ ...one, ruleId: id, severity }))),
      }));
    const highlights = [
      ...(each === 0 ? [] : others.map((one) => ({ ...one, count: each, severities: { [one.severity]: each } }))),
      aHighlight('new', ...outsiders),
    ];
    const unjudged = rules.map(({ id, severity }) => ({
      ...{ id, severity, state: 'not-assessed', checked: 0, failed: 0, notAssessed: 1 },
      reason: `no earlier snapshot of ${id}`,
    }));
    const report = aFirstReport({
      findings: counts({ new: 100 }, { CRITICAL: 100 }),
      rules: unjudged as Report['rules'],
    });
    const { body } = digestOf({ report, ...differs, highlights });
    const lines = body.split('\n');
    // The digest channel adds three: the head of the chain.
    expect(lines.length + 3).toBeLessThan(200);
    const first = lines.slice(0, 20).join('\n');
    for (const words of [
      'Failing now:',
      'Report: s3://',
      'CRITICAL principal-outside-account: 100 new',
      'What to do:',
      '- 01U0: ',
    ])
      expect(first).toContain(words);
    expect(body).toContain('\nTHIS AUDIT\n');
  });

  test('what there is no room for is told by rule, severity and number', () => {
    const many = rules.map(({ id, severity }) => ({
      ...aHighlight('new', { ruleId: id, severity }),
      count: 7,
      severities: { [severity]: 7 },
    }));
    const { body } = digestOf({ highlights: many });
    const told = body
      .split('\n')
      .flatMap((line) => /^(?:CRITICAL|HIGH|MEDIUM|LOW|INFORMATIONAL) ([a-z-]+): 7 new$/.exec(line)?.[1] ?? []);
    expect(told.toSorted()).toEqual(rules.map(({ id }) => id).toSorted());
  });

  test('lines are about 78 characters', () => {
    const { body } = digestOf({
      highlights: rules.map(({ id }) => aHighlight('new', { ruleId: id, message: 'a word '.repeat(90) })),
    });
    expect(Math.max(...body.split('\n').map((line) => line.length))).toBeLessThanOrEqual(78);
  });
});

test('nobody is named, and nothing can drive a terminal, whatever the directory holds', () => {
  const local = fc.stringMatching(/^[A-Za-z0-9.+_'/-]{1,20}$/);
  const noise = fc.string({ unit: 'binary', maxLength: 20 });
  const address = fc
    .tuple(local, fc.constantFrom('@', '\u200b@', '＠'))
    .map(([name, at]) => `secret-${name}${at}example.com`);
  const text = fc.tuple(noise, address, noise).map((parts) => parts.join(' '));
  const kinds = fc.constantFrom<HighlightKind>('new', 'reopened', 'escalated', 'event', 'resolved');
  const verdicts = fc.constantFrom<Report['verdict']>('COMPLETE', 'INCOMPLETE', 'FAILED');

  fc.assert(
    fc.property(text, text, kinds, verdicts, (id, message, kind, verdict) => {
      const { subject, body } = digestOf({
        report: aReport({ verdict, reason: 'deadline', message }),
        highlights: [aHighlight(kind, { subject: { kind: 'user', id }, message })],
        waiverTroubles: [{ ...aTrouble, kind: 'unknown-rule', user: id }],
      });
      expect(subject + body).not.toMatch(/secret|[@＠]/);
      expect(body.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
    }),
  );
});
