import { describe, expect, test } from '@jest/globals';
import {
  type AlertRecipient,
  alarmListeners,
  audibleAlerts,
  audibleOverview,
  bandsOf,
  filterPolicyOf,
  haveBands,
  isWanted,
  wantsAll,
  weeklyAudiences,
} from '../../../core/config/recipient.ts';

const byMail = (wanted: Partial<AlertRecipient> = {}): AlertRecipient => ({
  protocol: 'email',
  endpoint: 'ann@example.com',
  ...wanted,
});

const ALL = byMail();
const SEVERE = byMail({ minSeverity: 'HIGH' });
const MILD = byMail({ maxSeverity: 'MEDIUM' });
const ONE_MAIL = byMail({ digest: 'all' });
const WEEKLY = byMail({ every: 'week' });

test.each([
  { recipient: ALL, all: false, bands: false },
  { recipient: byMail({ minSeverity: 'INFORMATIONAL', maxSeverity: 'CRITICAL' }), all: false, bands: false },
  { recipient: SEVERE, all: false, bands: true },
  { recipient: MILD, all: false, bands: true },
  { recipient: { ...ONE_MAIL, minSeverity: 'HIGH' as const }, all: true, bands: false },
  { recipient: { ...WEEKLY, minSeverity: 'HIGH' as const }, all: true, bands: false },
])('$recipient gets one mail about several: $all, hears of some severities each night: $bands', (given) => {
  expect(wantsAll(given.recipient)).toBe(given.all);
  expect(haveBands([ALL, given.recipient])).toBe(given.bands);
});

test.each([
  { wanted: {}, severities: ['INFORMATIONAL', 'CRITICAL'], expected: [true, true] },
  { wanted: { minSeverity: 'HIGH' }, severities: ['MEDIUM', 'HIGH', 'CRITICAL'], expected: [false, true, true] },
  { wanted: { maxSeverity: 'MEDIUM' }, severities: ['INFORMATIONAL', 'MEDIUM', 'HIGH'], expected: [true, true, false] },
] as const)('of $severities are wanted by $wanted: $expected', ({ wanted, severities, expected }) => {
  expect(severities.map((severity) => isWanted(severity, wanted))).toEqual(expected);
});

describe('weekly mails', () => {
  test('are for those who want one, each once, whatever the order of its environments', () => {
    const some = { ...WEEKLY, environments: ['def', 'abc', 'abc'] };
    const audiences = weeklyAudiences([ALL, WEEKLY, ONE_MAIL, some, { ...some, environments: ['abc', 'def'] }]);
    expect(audiences).toStrictEqual([
      { label: 'week-INFORMATIONAL-CRITICAL-all' },
      { label: 'week-INFORMATIONAL-CRITICAL-1b82fc6e', environments: ['abc', 'def'] },
    ]);
  });

  test('are of the severities that are wanted', () => {
    expect(weeklyAudiences([{ ...WEEKLY, minSeverity: 'LOW', maxSeverity: 'HIGH' }])).toStrictEqual([
      { label: 'week-LOW-HIGH-all', minSeverity: 'LOW', maxSeverity: 'HIGH' },
    ]);
  });
});

test('alarms are for mailboxes and URLs, each once, whatever they hear of', () => {
  const hook = { protocol: 'https', endpoint: 'https://hooks.example.com' } as const;
  const recipients: readonly AlertRecipient[] = [
    byMail({ minSeverity: 'HIGH', maxSeverity: 'HIGH', environments: ['abc'] }),
    WEEKLY,
    hook,
    { protocol: 'sqs', endpoint: 'queue' },
    { protocol: 'lambda', endpoint: 'function' },
    { ...ONE_MAIL, endpoint: 'bob@example.com' },
  ];
  expect(alarmListeners(recipients)).toStrictEqual([
    { protocol: 'email', endpoint: 'ann@example.com' },
    hook,
    { protocol: 'email', endpoint: 'bob@example.com' },
  ]);
});

describe('the filter of a subscription', () => {
  const none = { exists: false };
  const severeEnough = { maxSeverity: ['HIGH', 'CRITICAL'] };
  test.each<{ name: string; recipient: AlertRecipient; hasBands?: boolean; policy: object | undefined }>([
    { name: 'of whoever wants all', recipient: ALL, policy: undefined },
    {
      name: 'of whoever wants all, where others hear of some severities',
      recipient: ALL,
      hasBands: true,
      policy: { band: ['INFORMATIONAL-CRITICAL', none] },
    },
    { name: 'of environments', recipient: byMail({ environments: ['abc'] }), policy: { environment: ['abc'] } },
    {
      name: 'of severe findings',
      recipient: SEVERE,
      policy: { $or: [{ band: ['HIGH-CRITICAL'] }, { band: [none], ...severeEnough }] },
    },
    { name: 'of mild ones', recipient: MILD, policy: { band: ['INFORMATIONAL-MEDIUM', none] } },
    {
      name: 'of severe findings of environments',
      recipient: { ...SEVERE, environments: ['abc', 'def'] },
      hasBands: true,
      policy: { environment: ['abc', 'def'], $or: [{ band: ['HIGH-CRITICAL'] }, { band: [none], ...severeEnough }] },
    },
    { name: 'of the one mail', recipient: ONE_MAIL, hasBands: true, policy: { audience: [none] } },
    {
      name: 'of the one mail about severe findings, or about what is not complete',
      recipient: { ...ONE_MAIL, minSeverity: 'HIGH' },
      policy: { audience: [none], $or: [severeEnough, { verdict: [{ 'anything-but': ['COMPLETE'] }] }] },
    },
    {
      name: 'of a weekly mail',
      recipient: { ...WEEKLY, digest: 'all', minSeverity: 'HIGH' },
      policy: { audience: ['week-HIGH-CRITICAL-all'] },
    },
  ])('$name', ({ recipient, hasBands = false, policy }) => {
    expect(filterPolicyOf(recipient, hasBands)).toStrictEqual(policy);
  });
});

test('bands of an environment are those of its recipients, each once, with what others are told', () => {
  const recipients = [
    SEVERE,
    { ...SEVERE, endpoint: 'bob@example.com' },
    byMail({ maxSeverity: 'LOW' }),
    byMail({ minSeverity: 'MEDIUM', maxSeverity: 'MEDIUM', environments: ['def'] }),
    { ...WEEKLY, maxSeverity: 'INFORMATIONAL' as const },
  ];
  expect(bandsOf(recipients, 'abc')).toEqual([
    { label: 'HIGH-CRITICAL', minSeverity: 'HIGH', maxSeverity: 'CRITICAL', sentToOthers: ['LOW', 'INFORMATIONAL'] },
    {
      label: 'INFORMATIONAL-LOW',
      minSeverity: 'INFORMATIONAL',
      maxSeverity: 'LOW',
      sentToOthers: ['CRITICAL', 'HIGH'],
    },
  ]);
  expect(bandsOf(recipients, 'def').map(({ label, sentToOthers }) => [label, sentToOthers.length])).toEqual([
    ['HIGH-CRITICAL', 3],
    ['INFORMATIONAL-LOW', 3],
    ['MEDIUM-MEDIUM', 4],
  ]);
  expect(bandsOf([ALL, ONE_MAIL], 'abc')).toEqual([]);
});

describe('somebody should hear', () => {
  const whatOf = (audible: readonly { readonly what: string }[]) => audible.map(({ what }) => what);
  const [INCOMPLETE, FAILED] = ['that a run is INCOMPLETE', 'that a run is FAILED'];
  const FINDINGS = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL'].map((one) => `of ${one} findings`);

  test.each<{ name: string; recipients: readonly AlertRecipient[]; what: readonly string[] }>([
    { name: 'all, where nobody is named', recipients: [], what: [INCOMPLETE, FAILED, ...FINDINGS] },
    { name: 'all', recipients: [ALL, SEVERE], what: [INCOMPLETE, FAILED, ...FINDINGS] },
    { name: 'of severe findings', recipients: [SEVERE], what: [INCOMPLETE, FAILED, ...FINDINGS.slice(0, 2)] },
    { name: 'nothing, where all want one mail', recipients: [ONE_MAIL, WEEKLY], what: [] },
    { name: 'nothing of another environment', recipients: [byMail({ environments: ['def'] })], what: [] },
  ])('of an environment $name', ({ recipients, what }) => {
    expect(whatOf(audibleAlerts(recipients, 'abc'))).toEqual(what);
  });

  test('each message of the bands that are told of it', () => {
    const bands = audibleAlerts([SEVERE, MILD], 'abc').map(({ messages }) =>
      messages.map((message) => ('band' in message ? message.band : undefined)),
    );
    const [whole, severe, mild] = ['INFORMATIONAL-CRITICAL', 'HIGH-CRITICAL', 'INFORMATIONAL-MEDIUM'];
    expect(bands).toEqual([
      ...Array(2).fill([whole, severe, mild]),
      ...Array(2).fill([whole, severe]),
      ...Array(3).fill([whole, mild]),
    ]);
    expect(audibleAlerts([SEVERE], 'abc')[2]?.messages).toEqual(
      [whole, severe].map((band) => ({
        environment: 'abc',
        verdict: 'COMPLETE',
        maxSeverity: 'CRITICAL',
        leastSeverity: 'CRITICAL',
        band,
      })),
    );
    const [incomplete, failed] = audibleAlerts([ALL], 'abc').map(({ messages }) => messages);
    expect(incomplete).toEqual([{ environment: 'abc', verdict: 'INCOMPLETE', maxSeverity: 'CRITICAL' }]);
    expect(failed).toEqual([{ environment: 'abc', verdict: 'FAILED', maxSeverity: 'CRITICAL' }]);
  });

  test.each<{ name: string; recipients: readonly AlertRecipient[]; what: readonly string[] }>([
    { name: 'all, where nobody is named', recipients: [], what: [INCOMPLETE, ...FINDINGS] },
    { name: 'all each night', recipients: [ONE_MAIL], what: [INCOMPLETE, ...FINDINGS] },
    {
      name: 'of severe findings each night, and all once a week',
      recipients: [{ ...ONE_MAIL, minSeverity: 'CRITICAL' }, WEEKLY],
      what: [INCOMPLETE, ...FINDINGS.slice(0, 1), 'the weekly mail week-INFORMATIONAL-CRITICAL-all'],
    },
    {
      name: 'once a week alone',
      recipients: [{ ...WEEKLY, digest: 'all' }],
      what: ['the weekly mail week-INFORMATIONAL-CRITICAL-all'],
    },
  ])('of all environments $name', ({ recipients, what }) => {
    expect(whatOf(audibleOverview(recipients))).toEqual(what);
  });

  test('of all environments in the words of their mail, which is of none by its id', () => {
    const messages = audibleOverview([]).flatMap((audible) => audible.messages);
    expect(messages).toEqual(
      ['CRITICAL', 'CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL'].map((maxSeverity, index) => ({
        environment: 'all',
        verdict: index === 0 ? 'INCOMPLETE' : 'COMPLETE',
        maxSeverity,
      })),
    );
  });
});
