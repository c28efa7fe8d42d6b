import { describe, expect, test } from '@jest/globals';
import { asffFinding } from '../../../core/notify/asff.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { rules } from '../../../rules/index.ts';
import { ACCOUNT, ENVIRONMENT } from '../../support/builders.ts';
import { AS_OF, aFinding, aManifest, aWaiver, findingsOfAllKinds } from '../../support/findings.ts';

const HUB = { accountId: '444455556666', region: 'eu-west-1' };

const RULE = rules.find(({ id }) => id === 'stale-login');

const asffOf = (finding: Finding, run = aManifest()) => asffFinding(finding, RULE, run, HUB);

test('a finding stands in Security Hub with its rule, its run and its user', () => {
  expect(asffOf(aFinding())).toEqual({
    SchemaVersion: '2018-10-08',
    Id: `finspace-user-auditor/${ENVIRONMENT}/stale-login/u1/20261120T020000Z`,
    ProductArn: 'arn:aws:securityhub:eu-west-1:444455556666:product/444455556666/default',
    GeneratorId: 'finspace-user-auditor/stale-login',
    AwsAccountId: '444455556666',
    FirstObservedAt: '2026-11-20T02:00:00.000Z',
    LastObservedAt: AS_OF,
    CreatedAt: '2026-11-20T02:00:00.000Z',
    UpdatedAt: AS_OF,
    Title: 'Users have logged in recently',
    Description: 'last login 91 days ago; at most 90 allowed',
    FindingProviderFields: {
      Severity: { Label: 'MEDIUM', Original: 'MEDIUM' },
      Types: ['Software and Configuration Checks/Industry and Regulatory Standards/NIST 800-53 Controls (USA)'],
    },
    Remediation: { Recommendation: { Text: RULE?.remediation } },
    ProductFields: { Rule: 'stale-login', State: 'open', Run: '20261124T020000Z', Runs: '5', Waived: 'false' },
    Resources: [
      {
        Type: 'Other',
        Id: `arn:aws:finspace:us-east-1:${ACCOUNT}:environment/${ENVIRONMENT}/user/u1`,
        Partition: 'aws',
        Region: 'us-east-1',
        Details: { Other: { kind: 'user', subject: 'u1', environment: ENVIRONMENT } },
      },
    ],
    Compliance: {
      Status: 'FAILED',
      RelatedRequirements: [
        'NIST SP 800-53 r5 AC-2(3)',
        'CIS Controls v8.1 5.3',
        'ISO/IEC 27001:2022 A.5.18',
        'SOC 2 CC6.2',
        'PCI DSS 4.0.1 8.2.6',
        'NYDFS 23 NYCRR 500.7 (a)(4)',
      ],
    },
    RecordState: 'ACTIVE',
  });
});

test.each([
  { name: 'saw everybody', run: {}, says: {} },
  { name: 'is not complete', run: { verdict: 'INCOMPLETE' }, says: { Verdict: 'INCOMPLETE' } },
  { name: 'was late', run: { late: true }, says: { Late: 'true' } },
  {
    name: 'is attested',
    run: { source: { kind: 'roster', attestedBy: { name: 'Ada', statement: 'all', at: AS_OF } } },
    says: { Attested: 'true' },
  },
] as const)('a finding says of its run that it $name', ({ run, says }) => {
  const { Verdict, Late, Attested } = asffOf(aFinding(), aManifest(run))?.ProductFields ?? {};
  expect(JSON.parse(JSON.stringify({ Verdict, Late, Attested }))).toEqual(says);
});

describe('what becomes of a finding', () => {
  const resolved = (cause: NonNullable<Finding['cause']>) =>
    aFinding({ state: 'resolved', cause, resolvedAt: AS_OF, lastSeen: '2026-11-23T02:00:00.000Z' });
  const TODAY = { lastSeen: AS_OF, firstSeen: AS_OF };
  const YESTERDAY = { lastSeen: '2026-11-23T02:00:00.000Z', firstSeen: '2026-11-23T02:00:00.000Z' };

  test.each([
    { name: 'new', finding: aFinding({ state: 'new' }), becomes: ['FAILED', undefined, 'ACTIVE'] },
    { name: 'reopened', finding: aFinding({ state: 'reopened' }), becomes: ['FAILED', undefined, 'ACTIVE'] },
    {
      name: 'waived: nobody has mended it',
      finding: aFinding({ state: 'waived', waiver: aWaiver }),
      becomes: ['FAILED', undefined, 'ACTIVE'],
    },
    {
      name: 'not assessed',
      finding: aFinding({ carried: true, carriedFor: 'lastLoginTime is missing' }),
      becomes: ['NOT_AVAILABLE', 'NOT_ASSESSED', 'ACTIVE'],
    },
    {
      name: 'not assessed again',
      finding: aFinding({ carried: true }),
      becomes: ['NOT_AVAILABLE', 'NOT_ASSESSED', 'ACTIVE'],
    },
    { name: 'fixed', finding: resolved('fixed'), becomes: ['PASSED', undefined, 'ARCHIVED'] },
    {
      name: 'ended with its user',
      finding: resolved('user-vanished'),
      becomes: ['NOT_AVAILABLE', 'USER_VANISHED', 'ARCHIVED'],
    },
    {
      name: 'ended by disabling',
      finding: resolved('user-disabled'),
      becomes: ['NOT_AVAILABLE', 'USER_DISABLED', 'ARCHIVED'],
    },
    { name: 'regrouped', finding: resolved('regrouped'), becomes: ['NOT_AVAILABLE', 'REGROUPED', 'ARCHIVED'] },
    {
      name: 'of a rule that changed',
      finding: resolved('rule-changed'),
      becomes: ['NOT_AVAILABLE', 'RULE_CHANGED', 'ARCHIVED'],
    },
    {
      name: 'an event of this run',
      finding: aFinding({ state: 'event', ...TODAY }),
      becomes: ['FAILED', undefined, 'ACTIVE'],
    },
    {
      name: 'an event of the run before',
      finding: aFinding({ state: 'event', ...YESTERDAY }),
      becomes: ['FAILED', undefined, 'ARCHIVED'],
    },
  ])('$name', ({ finding, becomes }) => {
    const { Compliance, RecordState } = asffOf(finding) ?? {};
    expect([Compliance?.Status, Compliance?.StatusReasons?.[0]?.ReasonCode, RecordState]).toEqual(becomes);
  });

  test('a run that is not complete ends nothing', () => {
    expect(asffOf(resolved('fixed'), aManifest({ verdict: 'INCOMPLETE' }))).toBeUndefined();
    expect(asffOf(aFinding(), aManifest({ verdict: 'INCOMPLETE' }))).toBeDefined();
  });
});

test('a waiver is told by its end and its ticket, and by nobody’s name', () => {
  expect(asffOf(aFinding({ state: 'waived', waiver: aWaiver }))?.ProductFields).toMatchObject({
    Waived: 'true',
    WaivedUntil: '2027-03-31',
    WaiverTicket: 'SEC-1234',
  });
  const { ticket: _, ...verbal } = aWaiver;
  expect(asffOf(aFinding({ state: 'waived', waiver: verbal }))?.ProductFields).not.toHaveProperty('WaiverTicket');
});

test('no finding names anybody, or is more than Security Hub takes', () => {
  const long = 'x'.repeat(3000);
  const findings = [
    ...findingsOfAllKinds(),
    aFinding({ message: `zebulon@quagmire.example ${long}`, subject: { kind: 'user', id: long } }),
    aFinding({ message: ' ', state: 'waived', waiver: { ...aWaiver, ticket: long } }),
    // A file has a name of up to 255 bytes, and so has an operator's rule.
    aFinding({
      ruleId: `x-${'y'.repeat(248)}`,
      subject: { kind: 'user', id: 'z'.repeat(300) },
      controls: [`SOC-2:${long}`, 'SOC-2:CC6.1'],
    }),
  ];
  for (const finding of findings) {
    const asff = asffOf(finding);
    expect(JSON.stringify(asff)).not.toMatch(/@|Quagmire|Zebulon/i);
    expect(asff?.Id.length).toBeLessThanOrEqual(512);
    for (const requirement of asff?.Compliance.RelatedRequirements ?? []) expect(requirement).toMatch(/^.{1,64}$/);
    expect(asff?.Resources[0]?.Id.length).toBeLessThanOrEqual(512);
    expect(asff?.Description).toMatch(/^.{1,1024}$/);
    for (const value of Object.values(asff?.ProductFields ?? {})) expect(value.length).toBeLessThanOrEqual(2048);
  }
});

test('an id stands as it is as long as Security Hub takes it, and else by its hash', () => {
  const idOf = (length: number, ruleId: string) =>
    asffOf(aFinding({ ruleId, subject: { kind: 'user', id: 'z'.repeat(length) } }))?.Id ?? '';
  const [mail, own] = ['stale-login', `x-${'y'.repeat(248)}`];
  expect(idOf(300, mail)).toContain(`/${'z'.repeat(300)}/`);
  expect(idOf(301, mail)).toContain('/sha256:');
  const room = 512 - idOf(0, own).length;
  expect(idOf(room, own)).toMatch(/^[^:]{512}$/);
  expect(idOf(room + 1, own)).toContain('/sha256:');
});

test('texts of an operator’s rule are as long as Security Hub takes them', () => {
  const rule = { title: 't'.repeat(300), remediation: 'r'.repeat(600) };
  const { Title, Remediation } = asffFinding(aFinding(), rule, aManifest(), HUB) ?? {};
  expect([Title?.length, Remediation?.Recommendation.Text.length]).toEqual([256, 512]);
});

test('a finding of the environment stands on it', () => {
  const environment = aFinding({ subject: { kind: 'environment', id: ENVIRONMENT } });
  expect(asffOf(environment)?.Resources[0]?.Id).toBe(
    `arn:aws:finspace:us-east-1:${ACCOUNT}:environment/${ENVIRONMENT}`,
  );
});

test.each([
  { carriedFor: 'lastLoginTime is missing', why: 'lastLoginTime is missing' },
  { carriedFor: undefined, why: `it could not be judged; it last failed at ${AS_OF}` },
])('what is not assessed says why: $why', ({ carriedFor, why }) => {
  const finding = aFinding({ carried: true, ...(carriedFor !== undefined && { carriedFor }) });
  expect(asffOf(finding)?.Compliance.StatusReasons).toEqual([{ ReasonCode: 'NOT_ASSESSED', Description: why }]);
});

test.each([
  { controls: 32, told: 32 },
  { controls: 33, told: 32 },
  { controls: 1, told: 1 },
  { controls: 0, told: undefined },
])('of $controls controls $told are told', ({ controls, told }) => {
  const finding = aFinding({ controls: Array.from({ length: controls }, (_, index) => `SOC-2:CC6.${index}`) });
  expect(asffOf(finding)?.Compliance.RelatedRequirements?.length).toBe(told);
});

test('a role is one of IAM’s, and anything else that stands in its place is told by its hash', () => {
  const resourceOf = (id: string) => asffOf(aFinding({ subject: { kind: 'principal', id } }))?.Resources[0];
  expect(resourceOf(`arn:aws:iam::${ACCOUNT}:role/analyst`)).toMatchObject({
    Type: 'AwsIamRole',
    Id: `arn:aws:iam::${ACCOUNT}:role/analyst`,
  });
  expect(resourceOf('Zebulon Quagmire')).toMatchObject({
    Type: 'Other',
    Id: expect.stringMatching(/environment\/\w+\/principal\/sha256:[\da-f]{64}$/),
  });
});

test.each([
  { names: true as const, description: 'an account of ada@example.com' },
  { names: undefined, description: 'an account of [e-mail]' },
])('an address in a message is masked unless its rule may name people: $names', ({ names, description }) => {
  const finding = aFinding({ message: 'an account of ada@example.com' });
  const asff = asffFinding(
    finding,
    { title: 'Logins', remediation: 'Ask.', ...(names && { names }) },
    aManifest(),
    HUB,
  );
  expect(asff).toMatchObject({ Description: description });
});

test('a rule of which nothing is known any more is told by its id', () => {
  const asff = asffFinding(aFinding({ ruleId: 'x-gone', controls: [] }), undefined, aManifest(), HUB);
  expect(asff).toMatchObject({
    Title: 'x-gone',
    FindingProviderFields: { Types: ['Software and Configuration Checks'] },
    Compliance: { Status: 'FAILED' },
  });
  expect(asff).not.toHaveProperty('Remediation');
});
