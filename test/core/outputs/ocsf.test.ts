import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { findingLines, userLines } from '../../../core/outputs/ocsf.ts';
import { FINDING_STATES } from '../../../rules/engine/finding.ts';
import { SEVERITIES } from '../../../rules/engine/severity.ts';
import { rules } from '../../../rules/index.ts';
import { record } from '../../support/awkward-records.ts';
import { ACCOUNT, anApiUser, aRoleArn, aUser, ENVIRONMENT, NOW } from '../../support/builders.ts';
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

/** What a validator has against an event; nothing where it is one. */
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

  test.each([
    { name: 'new', finding: aFinding({ state: 'new' }), is: ['Create', 'New', 'Fail'] },
    { name: 'an event', finding: aFinding({ state: 'event' }), is: ['Create', 'New', 'Fail'] },
    { name: 'open', finding: aFinding(), is: ['Update', 'New', 'Fail'] },
    { name: 'reopened', finding: aFinding({ state: 'reopened' }), is: ['Update', 'New', 'Fail'] },
    { name: 'not assessed', finding: aFinding({ carried: true }), is: ['Update', 'New', 'Warning'] },
    { name: 'waived', finding: aFinding({ state: 'waived', waiver: aWaiver }), is: ['Update', 'Suppressed', 'Fail'] },
    { name: 'fixed', finding: aFinding({ state: 'resolved', cause: 'fixed' }), is: ['Close', 'Resolved', 'Pass'] },
    {
      name: 'ended, and not known to be fixed',
      finding: aFinding({ state: 'resolved', cause: 'rule-changed' }),
      is: ['Close', 'Archived', 'Warning'],
    },
  ])('$name', async ({ finding, is }) => {
    const [event] = await eventsOf(findingLines, { findings: [finding] });
    expect([event.activity_name, event.status, event.compliance.status]).toEqual(is);
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
      activity_name: 'Collect',
      class_uid: 5003,
      type_uid: 500_302,
      time: Date.parse(AS_OF),
      cloud: { provider: 'AWS', account: { uid: ACCOUNT }, region: 'us-east-1' },
      metadata: { tenant_uid: ENVIRONMENT },
      user: {
        uid: 'u1',
        email_addr: 'zebulon.u1@quagmire.example',
        full_name: 'Zebulon Quagmire u1',
        type: 'Admin',
        account: { uid: 'u1', type: 'FinSpace', is_disabled: false },
        programmatic_credentials: [{ uid: aRoleArn('role-of-u1'), type: 'IAM role' }],
      },
      unmapped: { verdict: 'COMPLETE', status: 'ENABLED', apiAccess: 'ENABLED', lastLoginTime: NOW - 86_400_000 },
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
