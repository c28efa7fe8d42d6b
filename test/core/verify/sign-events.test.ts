import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { ChainEntry } from '../../../core/archive/entry.ts';
import { checkSignEvents, readSignEvents, type SignedEntry, signedEntry } from '../../../core/verify/sign-events.ts';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/0e1f7b9c-2d54-4c51-9d39-5b1f4a0c8e12';
const ALIAS = 'arn:aws:kms:us-east-1:111122223333:alias/audit';
const OTHER = 'arn:aws:kms:us-east-1:111122223333:key/another';

const record = (eventTime: string, differs: object = {}) => ({
  eventSource: 'kms.amazonaws.com',
  eventName: 'Sign',
  eventTime,
  requestParameters: { keyId: 'alias/audit', signingAlgorithm: 'ECDSA_SHA_256', messageType: 'DIGEST' },
  resources: [{ accountId: '111122223333', type: 'AWS::KMS::Key', ARN: KEY }],
  ...differs,
});

const NINE = '2026-11-24T09:00:00Z';

describe('events are read', () => {
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
  const logFile = bytes({ Records: [record(NINE)] });
  const lookup = bytes({
    Events: [{ EventName: 'Sign', EventTime: 1795510800, CloudTrailEvent: JSON.stringify(record(NINE)) }],
  });
  test.each([
    { name: 'from a log file', file: logFile },
    { name: 'from what lookup-events prints', file: lookup },
    { name: 'from a gzipped log file', file: gzipSync(logFile) },
    { name: 'from a file with a byte order mark', file: Buffer.from(`\ufeff${logFile.toString()}`) },
    { name: 'from what PowerShell redirected', file: Buffer.from(`\ufeff${lookup.toString()}`, 'utf16le') },
    {
      name: 'by the key that the request names, where none is named else',
      file: bytes({ Records: [record(NINE, { resources: null, requestParameters: { keyId: KEY } })] }),
    },
    {
      name: 'by the key among all that it is about',
      file: bytes({ Records: [record(NINE, { resources: [{ ARN: ALIAS }, { ARN: KEY }], requestParameters: null })] }),
    },
  ])('$name', ({ file }) => {
    expect(readSignEvents(file)).toEqual([{ time: Date.parse(NINE), key: KEY }]);
  });

  test.each([
    { name: 'has another offset', differs: { eventTime: '2026-11-24T10:00:00+01:00' } },
    { name: 'was not refused, as null says', differs: { errorCode: null } },
    {
      name: 'is of a resource without an ARN besides',
      differs: { resources: [{}], requestParameters: { keyId: KEY } },
    },
  ])('from a record that $name', ({ differs }) => {
    expect(readSignEvents(bytes({ Records: [record(NINE, differs)] }))).toEqual([{ time: Date.parse(NINE), key: KEY }]);
  });

  test('but not from a file in which a signature has no time', () => {
    expect(() => readSignEvents(bytes({ Records: [record('this morning')] }))).toThrow('Invalid ISO datetime');
  });

  test('from a gzipped log file of a busy hour, all of them', () => {
    const busy = bytes({ Records: Array.from({ length: 5000 }, () => record(NINE)) });
    expect(busy.length).toBeGreaterThan(1024 * 1024);
    expect(readSignEvents(gzipSync(busy))).toHaveLength(5000);
  });

  test.each([
    { name: 'no key at all', differs: { resources: null, requestParameters: null } },
    { name: 'an alias only', differs: { resources: [{ ARN: ALIAS }], requestParameters: undefined } },
    { name: 'what has no ARN', differs: { resources: [{}], requestParameters: { keyId: 1 } } },
  ])('of no key, where a record names $name', ({ differs }) => {
    expect(readSignEvents(bytes({ Records: [record(NINE, differs)] }))).toEqual([{ time: Date.parse(NINE), key: '' }]);
  });

  test.each([
    { name: 'of another service', differs: { eventSource: 's3.amazonaws.com' } },
    { name: 'of another action', differs: { eventName: 'Verify' } },
    { name: 'of a request that was refused', differs: { errorCode: 'AccessDenied' } },
  ])('but none $name', ({ differs }) => {
    expect(readSignEvents(bytes({ Records: [record(NINE, differs), null, 'text'] }))).toStrictEqual([]);
  });

  test.each(['null', '[]', '{"Events":[{}]}', '{'])('a file that is %s is none', (text) => {
    expect(() => readSignEvents(Buffer.from(text))).toThrow(/Invalid input|JSON/);
  });
});

describe('an entry was signed', () => {
  const signature = { keyId: KEY, algorithm: 'ECDSA_SHA_256', value: '' };
  const entry = { environmentId: 'e', run: 'run', asOf: NINE, signature };
  const listing = { startedAt: NINE, endedAt: '2026-11-24T10:00:00Z' };
  test.each([
    { name: 'within an hour of its listing', differs: { listing }, from: '09:55', to: '11:00' },
    {
      name: 'within 13 hours of its night, where nobody knows of its listing',
      differs: {},
      from: '08:55',
      to: '22:00',
    },
    {
      name: 'within an hour of its time, where it is no run',
      differs: { kind: 'closing' },
      from: '08:55',
      to: '10:00',
    },
  ])('$name', ({ differs, from, to }) => {
    const found = signedEntry('key', { ...entry, ...differs } as unknown as ChainEntry);
    const at = (time: string) => Date.parse(`2026-11-24T${time}:00Z`);
    expect(found).toEqual({ environmentId: 'e', run: 'run', key: 'key', keyId: KEY, from: at(from), to: at(to) });
  });

  test('only where it has a signature', () => {
    expect(signedEntry('key', { ...entry, signature: undefined } as unknown as ChainEntry)).toBeUndefined();
  });
});

describe('events are held against the signed runs', () => {
  const at = (hour: number): number => Date.parse('2026-11-24T00:00:00Z') + hour * 3_600_000;
  const night = (number: number): SignedEntry => ({
    environmentId: 'e',
    run: `run ${number}`,
    key: `chain/${number}`,
    keyId: KEY,
    from: at(24 * number),
    to: at(24 * number + 1),
  });
  const sign = (hour: number, key = KEY) => ({ time: at(hour), key });
  const problemsOf = (entries: readonly SignedEntry[], events: Parameters<typeof checkSignEvents>[1]) =>
    checkSignEvents(entries, events).problems.map(({ kind, run, key }) => [kind, run ?? key]);

  test.each([
    { name: 'each run has one', hours: [0, 24, 48], problems: [] },
    { name: 'a retry made another', hours: [0, 24, 24.1, 24.2, 48], problems: [] },
    { name: 'at the end of its time', hours: [0, 25, 48], problems: [] },
    {
      name: 'past its time',
      hours: [0, 25.1, 48],
      problems: [
        ['unwitnessed', 'run 1'],
        ['vanished', 'chain/1'],
      ],
    },
    { name: 'a run has none', hours: [0, 48], problems: [['unwitnessed', 'run 1']] },
    { name: 'a run has none, and events stand in another order', hours: [48, 0], problems: [['unwitnessed', 'run 1']] },
    { name: 'an event has no run', hours: [0, 24, 48, 72], problems: [['vanished', 'chain/2']] },
    { name: 'an event was before all runs', hours: [-2, 0, 24, 48], problems: [['vanished', 'chain/0']] },
  ])('$name', ({ hours, problems }) => {
    expect(
      problemsOf(
        [0, 1, 2].map(night),
        hours.map((hour) => sign(hour)),
      ),
    ).toEqual(problems);
  });

  test('an event that has no run comes after the last of its key, whatever the order of entries', () => {
    const entries = [night(4), night(1), { ...night(2), keyId: OTHER }, night(0)];
    const events = [0, 24, 72, 96].map((hour) => sign(hour));
    expect(checkSignEvents(entries, [...events, sign(48, OTHER)])).toMatchObject({
      witnessed: 4,
      beyond: 0,
      problems: [{ kind: 'vanished', key: 'chain/1' }],
    });
  });

  test('a run without one is either a problem or beyond the events', () => {
    const check = checkSignEvents([0, 1, 2, 3].map(night), [sign(0), sign(48)]);
    expect(check).toMatchObject({ witnessed: 2, beyond: 1, problems: [{ kind: 'unwitnessed', run: 'run 1' }] });
  });

  test.each([
    { name: 'begin at the end of its time', hours: [25, 26], kinds: ['unwitnessed'], beyond: 0 },
    { name: 'begin past its time', hours: [25.1, 26], kinds: [], beyond: 1 },
    { name: 'end at the start of its time', hours: [22, 24], kinds: ['unwitnessed'], beyond: 0 },
    { name: 'end before its time', hours: [22, 23.9], kinds: [], beyond: 1 },
  ])('a run without one is a problem unless it is beyond all events, which $name', ({ hours, kinds, beyond }) => {
    const always = { ...night(0), keyId: OTHER, to: at(99) };
    const check = checkSignEvents(
      [night(1), always],
      hours.map((hour) => sign(hour, OTHER)),
    );
    expect(check).toMatchObject({ witnessed: 1, beyond });
    expect(check.problems.map(({ kind }) => kind)).toEqual(kinds);
  });

  test('what is told of a run without one, and of one without a run', () => {
    expect(checkSignEvents([0, 1, 2].map(night), [sign(0), sign(48), sign(72)]).problems).toEqual([
      {
        kind: 'unwitnessed',
        run: 'run 1',
        key: 'chain/1',
        message: `is signed, and no event of ${KEY} is near its time`,
      },
      {
        kind: 'vanished',
        run: null,
        key: 'chain/2',
        message: `is the last before a signature of ${KEY} at 2026-11-27T00:00:00.000Z, which no run is near: one may have vanished, or died before it had its place`,
      },
    ]);
  });

  test('a run beyond the events, and events of other keys, are told to be unchecked', () => {
    expect(checkSignEvents([0, 1, 2].map(night), [sign(24), sign(48), sign(1, OTHER)])).toEqual({
      events: 2,
      otherKeys: { [OTHER]: 1 },
      witnessed: 2,
      beyond: 1,
      expired: 0,
      problems: [],
    });
  });

  test('an event of a run that was deleted after its retention is no sign of one that vanished', () => {
    const events = [sign(0), sign(24)];
    expect(checkSignEvents([night(1)], events, at(-1))).toMatchObject({ expired: 1, problems: [] });
    expect(checkSignEvents([night(1)], events, at(-1) - 1)).toMatchObject({
      expired: 0,
      problems: [{ kind: 'vanished' }],
    });
  });

  test('an event of another key witnesses no run', () => {
    expect(problemsOf([night(0), night(1), night(2)], [sign(0), sign(24, OTHER), sign(48)])).toEqual([
      ['unwitnessed', 'run 1'],
    ]);
  });
});
