import { describe, expect, test } from '@jest/globals';
import { countFindings, type Report } from '../../../../core/model/report.ts';
import { type AuditEvent, findingEvents, isOpen } from '../../../../core/notify/channels/events.ts';
import type { Scope } from '../../../../core/notify/marker.ts';
import { noFindings } from '../../../../core/notify/undelivered.ts';
import type { Finding } from '../../../../rules/engine/finding.ts';
import type { Rule } from '../../../../rules/engine/rule.ts';
import { ACCOUNT, ENVIRONMENT } from '../../../support/builders.ts';
import { aCustomRule } from '../../../support/custom-rule.ts';
import { eventsOf } from '../../../support/told-events.ts';

const ROLE = `arn:aws:iam::${ACCOUNT}:role/analyst`;

const aFinding = (overrides: Partial<Finding> = {}): Finding => ({
  id: `${ENVIRONMENT}/stale-login/u1`,
  ruleId: 'stale-login',
  severity: 'HIGH',
  state: 'new',
  subject: { kind: 'user', id: 'u1' },
  message: 'last login 91 days ago; at most 90 allowed',
  evidence: { emailAddress: 'zebulon@quagmire.example' },
  controls: ['NIST-800-53:AC-2(3)'],
  firstSeen: '2026-11-20T02:00:00.000Z',
  lastSeen: '2026-11-24T02:00:00.000Z',
  runs: 5,
  ...overrides,
});

const aReport = (overrides: Partial<Report> = {}): Report => ({
  schemaVersion: 1,
  run: '20261124T020000Z',
  environmentId: ENVIRONMENT,
  accountId: ACCOUNT,
  region: 'us-east-1',
  asOf: '2026-11-24T02:00:00.000Z',
  verdict: 'COMPLETE',
  counts: { users: 5, duplicates: 0, pages: 1, requests: 2, throttled: 0, retries: 0 },
  rules: [],
  findings: countFindings().counts(),
  ...overrides,
});

const collect = async (notification: Parameters<typeof eventsOf>[0], scope?: Scope): Promise<readonly AuditEvent[]> => {
  const events: AuditEvent[] = [];
  for await (const event of eventsOf(notification, scope)) events.push(event);
  return events;
};

async function* linesOf(findings: readonly Finding[]) {
  yield* findings;
}

const eventsAbout = async (
  findings: readonly Finding[],
  report: Report = aReport(),
  scope?: Scope,
): Promise<readonly AuditEvent[]> => {
  return collect({ report, reportKey: 'reports/report.json', findings: () => linesOf(findings) }, scope);
};

/** The event about one finding, which is told. */
const detailOf = async (overrides: Partial<Finding>): Promise<AuditEvent['detail']> => {
  const [event, ...others] = await eventsAbout([aFinding(overrides)]);
  if (event?.type !== 'FinSpace Audit Finding' || others.length !== 1) throw new Error('it is not told');
  return event.detail;
};

describe('a finding', () => {
  test('is told with what a program needs, and never with its evidence', async () => {
    expect(await detailOf({})).toEqual({
      schemaVersion: 1,
      run: '20261124T020000Z',
      environmentId: ENVIRONMENT,
      accountId: ACCOUNT,
      region: 'us-east-1',
      report: 'reports/report.json',
      scope: 'changes',
      id: `${ENVIRONMENT}/stale-login/u1`,
      ruleId: 'stale-login',
      severity: 'HIGH',
      state: 'new',
      status: 'failing',
      subject: { kind: 'user', id: 'u1' },
      message: 'last login 91 days ago; at most 90 allowed',
      firstSeen: '2026-11-20T02:00:00.000Z',
    });
  });

  const waiver = { reason: 'r', owner: 'o', approver: 'a', expires: '2027-03-31' };
  const waived = { state: 'waived', waiver } as const;

  test.each<{ readonly finding: Partial<Finding>; readonly detail: object }>([
    { finding: { state: 'new' }, detail: { state: 'new', status: 'failing' } },
    { finding: { state: 'reopened' }, detail: { state: 'reopened', status: 'failing' } },
    { finding: { state: 'event' }, detail: { state: 'event', status: 'event' } },
    {
      finding: { state: 'resolved', cause: 'fixed' },
      detail: { state: 'resolved', status: 'resolved', cause: 'fixed' },
    },
    {
      finding: { state: 'open', escalatedFrom: 'LOW' },
      detail: { state: 'escalated', status: 'failing', escalatedFrom: 'LOW' },
    },
    { finding: { state: 'open', loweredFrom: 'CRITICAL' }, detail: { state: 'lowered', loweredFrom: 'CRITICAL' } },
    { finding: { state: 'open', waiverEnded: true }, detail: { state: 'waiver-ended', status: 'failing' } },
    {
      finding: { state: 'open', waiverEnded: true, loweredFrom: 'CRITICAL' },
      detail: { state: 'waiver-ended', severity: 'HIGH', loweredFrom: 'CRITICAL' },
    },
    {
      finding: { state: 'open', carried: true, carriedFor: 'type is missing' },
      detail: { state: 'carried', status: 'failing', carried: true, carriedFor: 'type is missing' },
    },
    { finding: { state: 'open', assessedAgain: true }, detail: { state: 'assessed-again', status: 'failing' } },
    {
      finding: { ...waived, waiverBegan: true },
      detail: { state: 'waived', status: 'waived', waivedUntil: '2027-03-31' },
    },
    { finding: { ...waived, escalatedFrom: 'LOW' }, detail: { state: 'escalated', status: 'waived' } },
    { finding: { ...waived, loweredFrom: 'CRITICAL' }, detail: { state: 'lowered', status: 'waived' } },
    {
      finding: { ...waived, carried: true, carriedFor: 'type is missing' },
      detail: { state: 'carried', status: 'waived', carried: true },
    },
  ])('that is $finding is told', async ({ finding, detail }) => {
    expect(await detailOf(finding)).toMatchObject(detail);
  });

  test.each<{ readonly finding: Partial<Finding>; readonly isOpen: boolean }>([
    { finding: { state: 'open' }, isOpen: true },
    { finding: waived, isOpen: true },
    { finding: { state: 'open', carried: true }, isOpen: true },
    // What changes is accepted for good.
    { finding: { ...waived, ruleId: 're-enabled' }, isOpen: false },
    { finding: { ...waived, ruleId: 'x-of-operators' }, isOpen: true },
  ])('that is $finding is told where all that is open is, and else not, however long it stands', async (one) => {
    const told = async (scope: Scope) =>
      (await eventsAbout([aFinding({ runs: 500, ...one.finding })], aReport(), scope)).map(
        ({ type, detail }) => detail.state ?? type,
      );
    expect(await told('changes')).toEqual(['FinSpace Audit Run']);
    expect(await told('all')).toEqual([...(one.isOpen ? [one.finding.state] : []), 'FinSpace Audit Run']);
  });

  test.each<{ readonly finding: Partial<Finding>; readonly is: boolean }>([
    { finding: { state: 'new' }, is: true },
    { finding: { state: 'resolved', cause: 'fixed' }, is: false },
    { finding: { state: 'event' }, is: false },
    // Of a rule that operators wrote nobody knows here whether it is one on change.
    { finding: { ...waived, ruleId: 'x-of-operators', runs: 1 }, is: false },
    { finding: { ...waived, ruleId: 'x-of-operators', runs: 1, waiverBegan: true }, is: true },
    { finding: { ...waived, ruleId: 'x-of-operators', runs: 2 }, is: true },
  ])('that is $finding is there for the next run: $is', ({ finding, is }) => {
    expect(isOpen(aFinding(finding))).toBe(is);
  });

  test('that was carried until it ended is carried no more', async () => {
    const detail = await detailOf({ state: 'resolved', cause: 'regrouped', regroupedTo: 'u2', carried: true });
    expect(detail).toMatchObject({ state: 'resolved', cause: 'regrouped', regroupedTo: 'u2' });
    expect(detail).not.toHaveProperty('carried');
  });

  test.each([
    { name: 'a role', subject: { kind: 'principal', id: ROLE } as const, id: ROLE },
    { name: 'the environment', subject: { kind: 'environment', id: ENVIRONMENT } as const, id: ENVIRONMENT },
    {
      name: 'a principal that is no role, and may be anything',
      subject: { kind: 'principal', id: 'Zebulon Quagmire' } as const,
      id: 'sha256:',
    },
    {
      name: 'a user whose id is an address',
      subject: { kind: 'user', id: 'zebulon@quagmire.example' } as const,
      id: 'sha256:',
    },
    {
      name: 'a user whose id is nearly a book',
      subject: { kind: 'user', id: 'x'.repeat(2000) } as const,
      id: 'x'.repeat(2000),
    },
    { name: 'a user whose id is a book', subject: { kind: 'user', id: 'x'.repeat(2001) } as const, id: 'sha256:' },
  ])('names $name as mails may', async ({ subject, id }) => {
    const detail = await detailOf({ subject });
    const toldId = Object(detail.subject).id;
    expect(toldId).toMatch(id.startsWith('sha256:') ? /^sha256:[\da-f]{64}$/ : id);
    expect(detail.id).toBe(`${ENVIRONMENT}/stale-login/${toldId}`);
  });

  test('says an address whose rule may name people', async () => {
    const { rule } = aCustomRule();
    const finding = aFinding({ ruleId: rule.id, message: 'ask ada@example.com' });
    const told = async (judgedBy: readonly Rule[]) =>
      (
        await findingEvents(
          { report: aReport(), reportKey: undefined, findings: () => linesOf([finding]) },
          'all',
          judgedBy,
        ).next()
      ).value?.detail.message;
    expect(await told([rule])).toBe('ask [e-mail]');
    expect(await told([{ ...rule, names: true }])).toBe('ask ada@example.com');
  });

  test('masks what looks like an address, and is cut where it is a book', async () => {
    const { message } = await detailOf({ message: `ask zebulon@quagmire.example ${'x'.repeat(300_000)}` });
    expect(message).toMatch(/^ask \[e-mail\] x+\.\.\.$/);
    expect(message).toHaveLength(2000);
  });

  test('has the same id every night, whatever it is about', async () => {
    const subject = { kind: 'principal', id: 'Zebulon Quagmire' } as const;
    expect((await detailOf({ subject })).id).toBe((await detailOf({ subject, runs: 9 })).id);
  });
});

describe('a run', () => {
  test('is told last, with its verdict and counts', async () => {
    const events = await eventsAbout([aFinding()], aReport({ previousRun: '20261123T020000Z' }));
    const { counts, findings } = aReport();
    expect(events.at(-1)).toEqual({
      type: 'FinSpace Audit Run',
      detail: {
        schemaVersion: 1,
        run: '20261124T020000Z',
        environmentId: ENVIRONMENT,
        accountId: ACCOUNT,
        region: 'us-east-1',
        report: 'reports/report.json',
        asOf: '2026-11-24T02:00:00.000Z',
        verdict: 'COMPLETE',
        counts,
        findings,
        scope: 'changes',
        findingEvents: 1,
        previousRun: '20261123T020000Z',
      },
    });
  });

  test('says when it listed, from where, by what code, and its place in the chain', async () => {
    const told = {
      listing: { startedAt: '2026-12-01T02:10:00.000Z', endedAt: '2026-12-01T02:20:00.000Z' },
      late: true,
      source: { kind: 'finspace', endpoint: 'https://one' },
      previousSource: { kind: 'finspace', endpoint: 'https://other' },
      code: { version: '1.2.0', sha256: 'a' },
      previousCode: { version: '1.1.0', sha256: 'b' },
    } as const;
    const head = `7:${'c'.repeat(64)}`;
    const notification = { report: aReport(told), reportKey: undefined, head, findings: noFindings };
    expect((await collect(notification)).at(-1)?.detail).toMatchObject({ ...told, head });
  });

  test('says which rules had no answer for somebody, and how roles and groups were read', async () => {
    const rule = { id: 'stale-login', severity: 'MEDIUM', checked: 1, failed: 0, notAssessed: 1 } as const;
    const iamRoles = { principals: 1, read: 0, standIns: 0, unread: 1 };
    const permissionGroups = { groups: 0, risky: 0, members: 0 };
    const report = aReport({
      rules: [
        { ...rule, state: 'ran' },
        { ...rule, id: 'email-domain', state: 'off' },
      ],
      enriched: {
        iamRoles: { ...iamRoles, reason: 'ask ada@example.com' },
        permissionGroups: { ...permissionGroups, unread: 'ask bob@example.com' },
      },
    });
    expect((await eventsAbout([], report)).at(-1)?.detail).toMatchObject({
      notFullyJudged: ['stale-login'],
      enriched: {
        iamRoles: { ...iamRoles, reason: 'ask [e-mail]' },
        permissionGroups: { ...permissionGroups, unread: 'ask [e-mail]' },
      },
    });
  });

  test.each<NonNullable<Report['enriched']>>([
    { iamRoles: { principals: 1, read: 1, standIns: 0, unread: 0 } },
    { permissionGroups: { groups: 1, risky: 0, members: 1 } },
  ])('says of nothing that was not read how it was: %j', async (enriched) => {
    expect((await eventsAbout([], aReport({ enriched }))).at(-1)?.detail.enriched).toStrictEqual(enriched);
  });

  test('says that somebody let it go on past a history that does not hold', async () => {
    const acceptedHistory = { sha256: 'a'.repeat(64), reason: 'ask ada@example.com', problem: 'entry 2 was altered' };
    expect((await eventsAbout([], aReport({ acceptedHistory }))).at(-1)?.detail).toMatchObject({
      acceptedHistory: { ...acceptedHistory, reason: 'ask [e-mail]' },
    });
  });

  test('that is not complete says why', async () => {
    const report = aReport({ verdict: 'FAILED', reason: 'archive-unavailable', message: 'no bucket' });
    const [event, ...others] = await collect({ report, reportKey: undefined, findings: noFindings });
    expect(others).toStrictEqual([]);
    expect(event?.detail).toMatchObject({ verdict: 'FAILED', reason: 'archive-unavailable', message: 'no bucket' });
    expect(event?.detail).not.toHaveProperty('report');
  });
});
