import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { attemptName, makingMs, storingMs } from '../../core/audit/request.ts';
import type { AuditResult } from '../../core/audit/result.ts';
import { defaultConfig } from '../../core/config/config.ts';
import {
  auditAnswer,
  byEvent,
  readAuditEvent,
  readDoctorEvent,
  reportingMs,
  tellingMs,
} from '../../lambda/invocation.ts';

const config = { ...defaultConfig([]), environments: [{ id: 'abc' }, { id: 'def', name: 'research' }] };
const invocation = {
  invokedFunctionArn: 'arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:auditor',
  getRemainingTimeInMillis: () => 900_000,
};
const NOW = Date.parse('2026-11-24T02:00:07.250Z');
const BEGINNING = { startedAt: NOW, random: 'attempt' };
const event = { environmentId: 'def', scheduledTime: '2026-11-24T02:00:00Z' };
const read = (given: unknown) => readAuditEvent(given, invocation, config, BEGINNING);

describe('an event', () => {
  test('becomes a request for the run of its own time', () => {
    expect(read(event)).toEqual({
      environmentId: 'def',
      accountId: '111122223333',
      region: 'us-gov-west-1',
      partition: 'aws-us-gov',
      asOf: new Date('2026-11-24T02:00:00Z'),
      attempt: '20261124T020007Z-attempt',
      deadline: NOW + 900_000 - reportingMs(config),
      acceptRosterDrop: false,
    });
  });

  test.each([
    { scheduledTime: '2026-11-24T03:00:00+01:00', asOf: '2026-11-24T02:00:00.000Z' },
    { scheduledTime: '2026-11-24T02:00:00.999Z', asOf: '2026-11-24T02:00:00.000Z' },
    { scheduledTime: '2026-11-24T02:05:07Z', asOf: '2026-11-24T02:05:07.000Z' },
  ])('of $scheduledTime speaks for $asOf', ({ scheduledTime, asOf }) => {
    expect(read({ ...event, scheduledTime }).asOf.toISOString()).toBe(asOf);
  });

  test.each([
    {
      name: 'another account and region',
      settings: { region: 'us-gov-east-1', role: { arn: 'arn:…', accountId: '222233334444', externalId: 'agreed' } },
      request: { accountId: '222233334444', auditorAccountId: '111122223333', region: 'us-gov-east-1' },
    },
    {
      name: 'a role of its own account',
      settings: { role: { arn: 'arn:…', accountId: '111122223333', externalId: 'agreed' } },
      request: { accountId: '111122223333', region: 'us-gov-west-1' },
    },
  ])('asks for an environment of $name', ({ settings, request }) => {
    const given = { ...config, environments: [{ id: 'abc' }, { id: 'def', ...settings }] };
    const { accountId, auditorAccountId, region } = readAuditEvent(event, invocation, given, BEGINNING);
    expect({ accountId, region, ...(auditorAccountId !== undefined && { auditorAccountId }) }).toEqual(request);
  });

  test.each([
    { outputs: undefined, listingMs: 810_000 },
    { outputs: [], listingMs: 810_000 },
    { outputs: ['oscal'], listingMs: 690_000 },
    { outputs: ['ocsf', 'oscal'], listingMs: 690_000 },
  ] as const)('leaves the listing $listingMs ms where outputs are $outputs', ({ outputs, listingMs }) => {
    const given = { ...config, ...(outputs && { outputs }) };
    const { deadline } = readAuditEvent(event, invocation, given, BEGINNING);
    expect(deadline - NOW).toBe(listingMs);
    // All that follows ends within the invocation, each before the next.
    const ends = [makingMs(given), storingMs(given), tellingMs(given), 900_000 - listingMs];
    expect(ends).toStrictEqual([...new Set(ends)].toSorted((one, other) => one - other));
  });

  test('may accept a roster drop', () => {
    expect(read({ ...event, acceptRosterDrop: true }).acceptRosterDrop).toBe(true);
  });

  test.each([
    { name: 'no object', given: null, message: 'event' },
    {
      name: 'an environment that is not configured',
      given: { ...event, environmentId: 'xyz' },
      message: 'event.environmentId must be one of abc, def, got "xyz"',
    },
    {
      name: 'no environment',
      given: { scheduledTime: event.scheduledTime },
      message: 'event.environmentId must be one of abc, def, got undefined',
    },
    {
      name: 'no time',
      given: { environmentId: 'abc' },
      message: 'event.scheduledTime must be an ISO 8601 time with its zone, got undefined',
    },
    {
      name: 'a time without its zone',
      given: { ...event, scheduledTime: '2026-11-24T02:00:00' },
      message: 'got "2026-11-24T02:00:00"',
    },
    {
      name: 'a text for a truth',
      given: { ...event, acceptRosterDrop: 'yes' },
      message: 'event.acceptRosterDrop must be true or false, got "yes"',
    },
    {
      name: 'a time over 5 minutes ahead',
      given: { ...event, scheduledTime: '2026-11-24T02:05:08Z' },
      message:
        'event.scheduledTime must be at most 5 minutes ahead of the clock, which says 2026-11-24T02:00:07.250Z, got 2026-11-24T02:05:08.000Z',
    },
    { name: 'an unknown member', given: { ...event, acceptRosterDorp: true }, message: 'acceptRosterDorp' },
  ])('with $name is refused', ({ given, message }) => {
    expect(() => read(given)).toThrow(message);
  });
});

describe('an event for a diagnosis', () => {
  const readDoctor = (given: unknown) =>
    readDoctorEvent(given, { ...invocation, invokedFunctionArn: `${invocation.invokedFunctionArn}:live` }, config);

  test('is read, and the function is told without its alias', () => {
    expect(readDoctor({ doctor: true, environmentId: 'def' })).toEqual({
      environmentId: 'def',
      sendTestMail: false,
      accountId: '111122223333',
      region: 'us-gov-west-1',
      homeRegion: 'us-gov-west-1',
      functionArn: invocation.invokedFunctionArn,
    });
  });

  test('of an environment of another region tells both regions', () => {
    const environments = [{ id: 'def', region: 'us-gov-east-1' }];
    const asked = readDoctorEvent({ doctor: true, environmentId: 'def' }, invocation, { ...config, environments });
    expect(asked).toMatchObject({ region: 'us-gov-east-1', homeRegion: 'us-gov-west-1' });
  });

  test.each([
    {
      given: { doctor: true, environmentId: 'xyz' },
      message: 'event.environmentId must be one of abc, def, got "xyz"',
    },
    { given: { doctor: 'yes', environmentId: 'abc' }, message: 'event.doctor must be true, got "yes"' },
    { given: { ...event, doctor: true }, message: 'scheduledTime' },
  ])('is refused: $given', ({ given, message }) => {
    expect(() => readDoctor(given)).toThrow(message);
  });

  test.each([
    { given: { doctor: true }, work: 'doctor' },
    { given: { doctor: false }, work: 'doctor' },
    { given: event, work: 'audit' },
    { given: null, work: 'audit' },
  ])('is told from one of the schedule: $given', async ({ given, work }) => {
    const handler = byEvent(
      async () => 'doctor',
      async () => 'audit',
    );
    expect(await handler(given, invocation)).toBe(work);
  });
});

test('an attempt is named by its time and by letters of its own', () => {
  expect(attemptName(NOW, '1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed')).toBe('20261124T020007Z-1b9d6bcd');
});

describe('the answer', () => {
  const result = (
    over: Partial<AuditResult['report']>,
    deliveries: AuditResult['deliveries'] = { alert: { outcome: 'quiet' } },
  ): AuditResult => ({
    report: {
      schemaVersion: 1,
      run: '20261124T020000Z',
      environmentId: 'abc',
      accountId: '111122223333',
      region: 'us-east-1',
      asOf: '2026-11-24T02:00:00.000Z',
      verdict: 'COMPLETE',
      counts: { users: 5, duplicates: 0, pages: 1, requests: 2, throttled: 0, retries: 0 },
      rules: [],
      findings: {
        bySeverity: { CRITICAL: 1, HIGH: 0, MEDIUM: 0, LOW: 0, INFORMATIONAL: 0 },
        byState: { new: 1, open: 0, reopened: 0, resolved: 0, waived: 0, event: 0 },
      },
      ...over,
    },
    highlights: [],
    deliveries,
    objects: {},
    wasDone: false,
    warnings: [],
  });

  test('of a complete run with findings is a success', () => {
    expect(auditAnswer(result({}))).toMatchObject({
      verdict: 'COMPLETE',
      users: 5,
      findings: { CRITICAL: 1 },
      alert: 'quiet',
    });
  });

  test('says what was not seen or judged of a complete run', () => {
    const attestedBy = { name: 'Ada', statement: 'all', at: '2026-11-24T02:00:00.000Z' };
    const rule = { id: 'stale-login', severity: 'MEDIUM', checked: 1, failed: 0, notAssessed: 1 } as const;
    const rules = [
      { ...rule, state: 'ran' } as const,
      { ...rule, id: 'email-domain', state: 'not-configured' } as const,
    ];
    const said = { late: true, attested: true, notFullyJudged: ['stale-login'] };
    expect(auditAnswer(result({ late: true, source: { kind: 'roster', attestedBy }, rules }))).toMatchObject(said);
    for (const name of Object.keys(said)) expect(auditAnswer(result({}))).not.toHaveProperty(name);
  });

  test('says how each channel fared', () => {
    expect(auditAnswer(result({}))).not.toHaveProperty('events');
    const deliveries = { alert: { outcome: 'sent' }, events: { outcome: 'already-sent' } } as const;
    expect(auditAnswer(result({}, deliveries))).toMatchObject({ alert: 'sent', events: 'already-sent' });
  });

  test.each([
    {
      name: 'a run that is not complete',
      given: result({ verdict: 'INCOMPLETE', reason: 'deadline', message: 'why' }),
      message: 'run 20261124T020000Z of environment abc is INCOMPLETE: deadline: why',
    },
    {
      name: 'an alert that was not sent',
      given: result({}, { alert: { outcome: 'failed', message: 'no SNS' } }),
      message: 'is COMPLETE, but not everybody was notified: alert: no SNS',
    },
    {
      name: 'alerts and events that were not sent',
      given: result(
        {},
        { alert: { outcome: 'failed', message: 'no SNS' }, events: { outcome: 'failed', message: 'no bus' } },
      ),
      message: 'is COMPLETE, but not everybody was notified: alert: no SNS; events: no bus',
    },
    {
      name: 'a run that nobody would have heard of',
      given: { ...result({}), unheard: ['nobody hears of HIGH findings'] },
      message: 'is COMPLETE, but not everybody was notified: nobody hears of HIGH findings',
    },
  ])('of $name is an error', ({ given, message }) => {
    expect(() => auditAnswer(given)).toThrow(message);
  });
});

// These clients take longer to load than the rest of an audit that needs none of them.
const RARE_CLIENTS = ['client-eventbridge', 'client-kms', 'client-scheduler', 'client-securityhub', 'client-sts'];

test.each([
  { module: 'lambda/composition.ts', loaded: [] },
  { module: 'lambda/invocation.ts', loaded: [] },
  { module: 'core/archive/kms.ts', loaded: [] },
  { module: 'core/doctor/clients.ts', loaded: [] },
  { module: 'node_modules/@aws-sdk/client-kms/dist-cjs/index.js', loaded: ['client-kms'] },
])('of the clients that few audits need, $module loads $loaded', ({ module, loaded }) => {
  const script = `
    await import(${JSON.stringify(resolve(import.meta.dirname, '../..', module))});
    const { createRequire } = await import('node:module');
    const files = Object.keys(createRequire('/').cache);
    const clients = ${JSON.stringify(RARE_CLIENTS)};
    console.log(JSON.stringify(clients.filter((name) => files.some((file) => file.includes(name)))));
  `;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script]).toString();
  expect(JSON.parse(printed)).toEqual(loaded);
});
