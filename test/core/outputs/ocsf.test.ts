import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { findingLines, userLines } from '../../../core/outputs/ocsf.ts';
import { FINDING_STATES, type Finding } from '../../../rules/engine/finding.ts';
import { SEVERITIES } from '../../../rules/engine/severity.ts';
import { rules } from '../../../rules/index.ts';
import { record } from '../../support/awkward-records.ts';
import { ACCOUNT, anApiUser, aRoleArn, aUser, daysAgo, ENVIRONMENT, NOW } from '../../support/builders.ts';
import { AS_OF, aFinding, aManifest, aWaiver, findingsOfAllKinds } from '../../support/findings.ts';
import * as fc from '../../support/properties.ts';
import { aStoredRun } from '../../support/stored-run.ts';

const validatorOf = async (file: string) =>
  new Ajv2020({ allErrors: true, strict: false }).compile(
    JSON.parse(await readFile(join(import.meta.dirname, 'schemas', file), 'utf8')),
  );
const isFindingEvent = await validatorOf('compliance_finding-1.8.0.json');
const isUserEvent = await validatorOf('user_inventory-1.8.0.json');

// biome-ignore lint/suspicious/noExplicitAny: the schema says what it is
const eventsOf = async (lines: typeof findingLines, given: Parameters<typeof aStoredRun>[0]): Promise<any[]> => {
  const events = [];
  for await (const line of lines(aStoredRun(given))) events.push(JSON.parse(line));
  return events;
};

/** The faults that a validator finds in an event; nothing where it is one. */
const faultsOf = (validate: typeof isFindingEvent, event: unknown) =>
  validate(event) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);

test.each([
  { name: 'late', manifest: aManifest({ late: true }), says: { late: true } },
  {
    name: 'of a roster that is attested, not seen',
    manifest: aManifest({
      source: { kind: 'roster', attestedBy: { name: 'Somebody', statement: 'all', at: '2026-11-24T00:00:00Z' } },
    }),
    says: { attested: true },
  },
])('each event of a run that is $name says so', async ({ manifest, says }) => {
  const [finding] = await eventsOf(findingLines, { findings: [aFinding()], manifest });
  const [user] = await eventsOf(userLines, { records: [aUser()], manifest });
  expect(finding.unmapped).toMatchObject({ verdict: 'COMPLETE', ...says });
  expect(user.unmapped).toMatchObject({ verdict: 'COMPLETE', ...says });
});

describe('findings', () => {
  test('of every rule, state, severity and subject are Compliance Findings by the schema', async () => {
    const findings = [
      ...findingsOfAllKinds(),
      ...rules.flatMap(({ id: ruleId }) =>
        FINDING_STATES.flatMap((state) => SEVERITIES.map((severity) => aFinding({ ruleId, state, severity }))),
      ),
    ];
    const manifest = aManifest({
      rules: { 'stale-login': { state: 'on', options: { maxDays: 90, privilegedMaxDays: 45 } } },
    });
    const events = await eventsOf(findingLines, { findings, manifest });
    expect(events).toHaveLength(findings.length);
    for (const event of events) expect(faultsOf(isFindingEvent, event)).toStrictEqual([]);
  });

  test('the schema refuses what is no event: it is not the validator that takes everything', async () => {
    const [event] = await eventsOf(findingLines, { findings: [aFinding()] });
    for (const change of [{ severity_id: 9 }, { metadata: {} }, { class_uid: 2004 }, { more: 1 }, { time: 'now' }])
      expect(isFindingEvent({ ...event, ...change })).toBe(false);
  });

  test('are whole: every id has its caption', async () => {
    const rule = rules.find(({ id }) => id === 'stale-login');
    const [event] = await eventsOf(findingLines, {
      findings: [aFinding({ controls: ['SOC-2:CC6.1'], firstSeen: '2026-11-20T01:59:59.999Z' })],
      manifest: aManifest({ code: { version: '1.2.3', sha256: 'c' } }),
    });
    const check = { status_id: 3, status: 'Fail', severity_id: 3, severity: 'Medium', standards: ['SOC 2'] };
    expect(event).toEqual({
      time: NOW,
      metadata: {
        version: '1.8.0',
        profiles: ['cloud'],
        product: { name: 'FinSpace User Auditor', vendor_name: 'finspace-user-auditor', version: '1.2.3' },
        tenant_uid: ENVIRONMENT,
      },
      cloud: {
        provider: 'AWS',
        account: { uid: ACCOUNT, type_id: 10, type: 'AWS Account' },
        region: 'us-east-1',
        cloud_partition: 'aws',
      },
      activity_id: 2,
      activity_name: 'Update',
      category_uid: 2,
      category_name: 'Findings',
      class_uid: 2003,
      class_name: 'Compliance Finding',
      type_uid: 200_302,
      type_name: 'Compliance Finding: Update',
      severity_id: 3,
      severity: 'Medium',
      status_id: 1,
      status: 'New',
      message: 'last login 91 days ago; at most 90 allowed',
      finding_info: {
        uid: `${ENVIRONMENT}/stale-login/u1`,
        title: rule?.title,
        desc: 'last login 91 days ago; at most 90 allowed',
        created_time: Date.UTC(2026, 10, 20, 2) - 1,
        first_seen_time: Date.UTC(2026, 10, 20, 2) - 1,
        last_seen_time: NOW,
        modified_time: NOW,
        analytic: { uid: 'stale-login', name: rule?.title, type_id: 1, type: 'Rule', version: 'a' },
      },
      compliance: {
        control: 'stale-login',
        standards: ['SOC 2'],
        requirements: ['SOC 2 CC6.1'],
        status_id: 3,
        status: 'Fail',
        status_details: [],
        checks: [{ uid: 'stale-login', name: rule?.title, ...check }],
        control_parameters: [],
      },
      resources: [
        { uid: 'u1', type: 'FinSpace User', region: 'us-east-1', cloud_partition: 'aws', data: aFinding().evidence },
      ],
      remediation: { desc: rule?.remediation },
      observables: [{ name: 'resources.uid', type_id: 10, value: 'u1' }],
      unmapped: { run: '20261124T020000Z', verdict: 'COMPLETE', ageDays: 4, state: 'open', runs: 5 },
    });
  });

  test('of a rule that is no more go by its id, without advice', async () => {
    const [event] = await eventsOf(findingLines, { findings: [aFinding({ ruleId: 'of-old' })] });
    expect(event.finding_info).toMatchObject({ title: 'of-old', analytic: { uid: 'of-old', name: 'of-old' } });
    expect(event).not.toHaveProperty('remediation');
  });

  test.each([
    { subject: { kind: 'principal' as const, id: aRoleArn() }, type: 'AWS IAM Role' },
    { subject: { kind: 'environment' as const, id: ENVIRONMENT }, type: 'FinSpace Environment' },
  ])('of a subject that is no user have the resource $type', async ({ subject, type }) => {
    const [{ resources, observables }] = await eventsOf(findingLines, { findings: [aFinding({ subject })] });
    expect(resources).toMatchObject([{ uid: subject.id, type }]);
    expect(observables).toMatchObject([{ value: subject.id }]);
  });

  test('have their times in milliseconds', async () => {
    const [event] = await eventsOf(findingLines, { findings: [aFinding()] });
    expect(event.time).toBe(NOW);
    expect(event.finding_info).toMatchObject({
      first_seen_time: Date.UTC(2026, 10, 20, 2),
      created_time: Date.UTC(2026, 10, 20, 2),
      last_seen_time: NOW,
      modified_time: NOW,
    });
  });

  test('carry run, state, age and waiver', async () => {
    const [event] = await eventsOf(findingLines, { findings: [aFinding({ state: 'waived', waiver: aWaiver })] });
    expect(event.unmapped).toEqual({
      run: '20261124T020000Z',
      verdict: 'COMPLETE',
      state: 'waived',
      runs: 5,
      ageDays: 4,
      waiver: aWaiver,
    });
  });

  test('carry the options of their rule, and the frameworks whose controls it gives evidence for', async () => {
    const options = { maxDays: 60, names: ['a', 'b'], isStrict: true };
    const manifest = aManifest({ rules: { 'stale-login': { state: 'on', options } } });
    const [{ compliance }] = await eventsOf(findingLines, { findings: [aFinding()], manifest });
    expect(compliance).toMatchObject({
      control: 'stale-login',
      standards: expect.arrayContaining(['NIST SP 800-53 r5', 'PCI DSS 4.0.1']),
      requirements: expect.arrayContaining(['NIST SP 800-53 r5 AC-2(3)', 'PCI DSS 4.0.1 8.2.6']),
      control_parameters: [
        { name: 'maxDays', value: '60' },
        { name: 'names', values: ['a', 'b'] },
        { name: 'isStrict', value: 'true' },
      ],
    });
  });

  const resolved = (differs: Partial<Finding>) => aFinding({ state: 'resolved', ...differs });
  const waived = aFinding({ state: 'waived', waiver: aWaiver });

  test.each([
    { name: 'new', finding: aFinding({ state: 'new' }), is: ['1 Create', '1 New', '3 Fail'] },
    { name: 'an event', finding: aFinding({ state: 'event' }), is: ['1 Create', '1 New', '3 Fail'] },
    { name: 'open', finding: aFinding(), is: ['2 Update', '1 New', '3 Fail'] },
    { name: 'reopened', finding: aFinding({ state: 'reopened' }), is: ['2 Update', '1 New', '3 Fail'] },
    {
      name: 'not assessed',
      finding: aFinding({ carried: true }),
      is: ['2 Update', '1 New', '2 Warning', 'could not be judged'],
    },
    {
      name: 'not assessed, and why',
      finding: aFinding({ carried: true, carriedFor: 'lastLoginTime is missing' }),
      is: ['2 Update', '1 New', '2 Warning', 'lastLoginTime is missing'],
    },
    { name: 'waived', finding: waived, is: ['2 Update', '3 Suppressed', '3 Fail'] },
    // As in the oldest findings, which ended only so.
    { name: 'ended without a cause', finding: resolved({}), is: ['3 Close', '4 Resolved', '1 Pass', 'fixed'] },
    { name: 'fixed', finding: resolved({ cause: 'fixed' }), is: ['3 Close', '4 Resolved', '1 Pass', 'fixed'] },
    {
      name: 'ended, and not known to be fixed',
      finding: resolved({ cause: 'rule-changed' }),
      is: ['3 Close', '5 Archived', '2 Warning', 'not known to be fixed: what it is judged by changed'],
    },
  ])('$name', async ({ finding, is }) => {
    const [event] = await eventsOf(findingLines, { findings: [finding] });
    const { activity_id, activity_name, status_id, status, compliance } = event;
    const { status_id: complianceId, status: complianceStatus, status_details: details } = compliance;
    const said = [`${activity_id} ${activity_name}`, `${status_id} ${status}`, `${complianceId} ${complianceStatus}`];
    expect([...said, ...details]).toEqual(is);
  });

  test('of a run that is not complete close nothing', async () => {
    const findings = [aFinding({ state: 'resolved', cause: 'fixed' }), aFinding()];
    const events = await eventsOf(findingLines, { findings, manifest: aManifest({ verdict: 'INCOMPLETE' }) });
    expect(events.map(({ activity_name }) => activity_name)).toEqual(['Update']);
    expect(events[0].unmapped.verdict).toBe('INCOMPLETE');
  });
});

describe('users', () => {
  test('are User Inventory Info', async () => {
    const [event] = await eventsOf(userLines, { records: [anApiUser({ type: 'SUPER_USER' })] });
    expect(faultsOf(isUserEvent, event)).toStrictEqual([]);
    expect(event).toMatchObject({
      activity_id: 2,
      activity_name: 'Collect',
      category_uid: 5,
      category_name: 'Discovery',
      class_uid: 5003,
      class_name: 'User Inventory Info',
      type_uid: 500_302,
      type_name: 'User Inventory Info: Collect',
      severity_id: 1,
      severity: 'Informational',
      time: Date.parse(AS_OF),
      cloud: { provider: 'AWS', account: { uid: ACCOUNT }, region: 'us-east-1' },
      metadata: { tenant_uid: ENVIRONMENT },
      user: {
        uid: 'u1',
        email_addr: 'zebulon.u1@quagmire.example',
        full_name: 'Zebulon Quagmire u1',
        type_id: 2,
        type: 'Admin',
        account: { uid: 'u1', type_id: 99, type: 'FinSpace', is_disabled: false },
        programmatic_credentials: [{ uid: aRoleArn('role-of-u1'), type: 'IAM role' }],
      },
      observables: [{ name: 'user.uid', type_id: 31, value: 'u1' }],
    });
    expect(event.unmapped).toEqual({
      run: '20261124T020000Z',
      verdict: 'COMPLETE',
      status: 'ENABLED',
      type: 'SUPER_USER',
      apiAccess: 'ENABLED',
      createTime: daysAgo(400),
      lastEnabledTime: daysAgo(400),
      lastModifiedTime: daysAgo(100),
      lastLoginTime: daysAgo(1),
    });
  });

  test('that are disabled are said to be, and no administrators', async () => {
    const [event] = await eventsOf(userLines, { records: [aUser({ status: 'DISABLED', lastName: '' })] });
    expect(event.user).toEqual({
      uid: 'u1',
      email_addr: 'zebulon.u1@quagmire.example',
      full_name: 'Zebulon',
      type_id: 1,
      type: 'User',
      account: { uid: 'u1', type_id: 99, type: 'FinSpace', is_disabled: true },
    });
  });

  test('of whom something is unknown are not said to be anything', async () => {
    const [event] = await eventsOf(userLines, {
      records: [aUser({ status: 'PAUSED', type: undefined, emailAddress: 'none', firstName: null, lastName: 3 })],
    });
    expect(event.user).toEqual({
      uid: 'u1',
      type_id: 0,
      type: 'Unknown',
      account: { uid: 'u1', type_id: 99, type: 'FinSpace' },
    });
    expect(event.unmapped).toMatchObject({ status: 'PAUSED', emailAddress: 'none' });
  });

  test('are events by the schema whatever the service gave', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 5 }), async (records) => {
        const events = await eventsOf(userLines, { records });
        expect(events.flatMap((event) => faultsOf(isUserEvent, event))).toStrictEqual([]);
        expect(events).toHaveLength(records.length);
      }),
    );
  });
});
