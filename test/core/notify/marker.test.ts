import { describe, expect, test } from '@jest/globals';
import { attemptKeys, runKeys } from '../../../core/archive/keys.ts';
import { jsonText, sha256Of } from '../../../core/archive/staging.ts';
import type { Notification } from '../../../core/notify/channel.ts';
import {
  isOfOldForm,
  markerOf,
  notifiedByAttempt,
  readMarker,
  scopeOf,
  speaksFor,
} from '../../../core/notify/marker.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { aFirstReport, aReport } from './digest/facts.ts';

const REPORT = aReport();
const { environmentId, run } = REPORT;
const BEFORE = runKeys(environmentId, new Date('2026-11-23T02:00:00.000Z'));
const digest = { subject: 'two new', body: 'b', attributes: { environment: 'e', verdict: 'v', maxSeverity: 'LOW' } };
const reportHash = sha256Of(jsonText(REPORT));
const digestHash = sha256Of(jsonText(digest));

const put = (archive: ReturnType<typeof memoryArchive>, key: string, text: string) =>
  archive.create(key, { bytes: Buffer.from(text) }, 'application/json');

describe('programs are told', () => {
  test.each<[name: string, differs: Partial<Notification>, marked: string | undefined, scope: string]>([
    ['what changed, where the channel took the run before', {}, BEFORE.marker('events'), 'changes'],
    ['everything, where another channel took it', {}, BEFORE.marker('pager'), 'all'],
    ['everything, where none did', {}, undefined, 'all'],
    ['everything of a first run', { report: aFirstReport() }, BEFORE.marker('events'), 'all'],
    ['everything, where the history goes on anew', { goesOnAnew: true }, BEFORE.marker('events'), 'all'],
  ])('%s', async (_, differs, marked, scope) => {
    const archive = memoryArchive();
    if (marked !== undefined) await put(archive, marked, '{}');
    expect(await scopeOf({ report: REPORT, archive, ...differs } as Notification, 'events')).toBe(scope);
  });
});

describe('a marker names what was told', () => {
  const incomplete = aReport({ verdict: 'INCOMPLETE', reason: 'deadline' });
  test.each([
    ['a report', { report: REPORT, digest: undefined }, undefined, { report: reportHash }],
    ['a report and its digest', { report: REPORT, digest }, undefined, { report: reportHash, digest: digestHash }],
    ['what is told once', { report: REPORT, digest }, 'e'.repeat(64), { event: 'e'.repeat(64) }],
  ])('that is %s, with the receipt', (_, told, event, named) => {
    expect(markerOf(told, { ticket: 1 }, event)).toStrictEqual({ run, verdict: 'COMPLETE', ...named, ticket: 1 });
  });

  test('and why a run is not complete', () => {
    expect(markerOf({ report: incomplete, digest: undefined }, {})).toStrictEqual({
      run,
      verdict: 'INCOMPLETE',
      reason: 'deadline',
      report: sha256Of(jsonText(incomplete)),
    });
  });

  test.each([
    ['{"a":1}', { a: 1 }],
    ['null', null],
    ['{', null],
  ])('and reads as what stands there: %s', async (text, read) => {
    const archive = memoryArchive();
    await put(archive, 'alerts/m.json', text);
    expect(await readMarker(archive, 'alerts/m.json')).toEqual(read);
    expect(await readMarker(archive, 'alerts/none.json')).toBeUndefined();
  });
});

test.each([
  [{}, true],
  [{ run, verdict: 'COMPLETE' }, true],
  [{ report: 'x' }, false],
  [{ digest: 'x' }, false],
  [{ event: 'x' }, false],
])('%j is of the form that names no hash: %j', (marker, isOld) => {
  expect(isOfOldForm(marker)).toBe(isOld);
});

describe('a marker speaks for what was told', () => {
  const old = { run, verdict: 'COMPLETE' };
  const incomplete = aReport({ verdict: 'INCOMPLETE', reason: 'deadline' });
  const plain = { report: REPORT, digest: undefined };
  const told = { report: REPORT, digest };
  const event = 'e'.repeat(64);

  test.each<
    [name: string, marker: unknown, of: Parameters<typeof speaksFor>[1], event: string | undefined, speaks: boolean]
  >([
    ['by the hash of its report', { report: reportHash }, plain, undefined, true],
    ['by the hash of its digest', { digest: digestHash }, told, undefined, true],
    ['not by that of the report, where there is a digest', { report: reportHash }, told, undefined, false],
    ['not by that of a digest, where there is none', { digest: digestHash }, plain, undefined, false],
    ['not by another hash', { report: digestHash }, plain, undefined, false],
    ['by the event that it is of', { event }, told, event, true],
    ['not by another event', { event: reportHash }, told, event, false],
    ['not by its report, where it is of an event', { report: reportHash, digest: digestHash }, told, event, false],
    ['not as one of old, where it is of an event', old, plain, event, false],
    ['by run and end, as those of old', old, plain, undefined, true],
    ['not by another run', { ...old, run: '20261123T020000Z' }, plain, undefined, false],
    ['not by another end', { ...old, verdict: 'INCOMPLETE' }, plain, undefined, false],
    ['not by a reason that the run has not', { ...old, reason: 'deadline' }, plain, undefined, false],
    [
      'by the reason that it has',
      { run, verdict: 'INCOMPLETE', reason: 'deadline' },
      { ...plain, report: incomplete },
      undefined,
      true,
    ],
    [
      'not by another reason',
      { run, verdict: 'INCOMPLETE', reason: 'config' },
      { ...plain, report: incomplete },
      undefined,
      false,
    ],
    ['by the subject of the digest', { ...old, subject: digest.subject }, told, undefined, true],
    ['without a subject, as those of old', old, told, undefined, true],
    ['not by a subject, where nothing was mailed', { ...old, subject: 'all is well' }, plain, undefined, false],
    ['not by another subject', { ...old, subject: 'all is well' }, told, undefined, false],
    [
      'not as one of old, of a run that has its place',
      old,
      { ...plain, report: aReport({ sequence: 3 }) },
      undefined,
      false,
    ],
    [
      'not as one of old, of a run that follows a head',
      old,
      { ...plain, report: aReport({ previousHead: '2:ab' }) },
      undefined,
      false,
    ],
    ['not where it is none', 'sent', plain, undefined, false],
    ['not where nothing stands', undefined, plain, undefined, false],
  ])('%s', (_, marker, of, given, speaks) => {
    expect(speaksFor(marker, of, {}, given)).toBe(speaks);
    expect(speaksFor(marker, of, { hasReceipt: () => true }, given)).toBe(speaks);
    expect(speaksFor(marker, of, { hasReceipt: () => false }, given)).toBe(false);
  });
});

describe('what an attempt had to tell', () => {
  const keys = attemptKeys(environmentId, new Date(REPORT.asOf), 'a-1');
  const kept = (file: string) => keys.object({ area: 'reports', file });

  test.each<[name: string, written: Readonly<Record<string, string>>, marker: string, told: object | undefined]>([
    [
      'is its report and its digest',
      { 'report.json': JSON.stringify(REPORT), 'digest.json': JSON.stringify(digest) },
      keys.marker('alert'),
      { report: REPORT, digest },
    ],
    [
      'is its report, where it has no digest',
      { 'report.json': JSON.stringify(REPORT) },
      keys.marker('pager'),
      { report: REPORT, digest: undefined },
    ],
    [
      'is nothing, where its report is none',
      { 'report.json': '"x"', 'digest.json': '{}' },
      keys.marker('alert'),
      undefined,
    ],
    ['is nothing, where nothing is there', {}, keys.marker('alert'), undefined],
    [
      'is nothing by the marker of a run',
      { 'report.json': JSON.stringify(REPORT) },
      runKeys(environmentId, new Date(REPORT.asOf)).marker('alert'),
      undefined,
    ],
    [
      'is nothing by a key that only begins like one',
      { 'report.json': JSON.stringify(REPORT) },
      `${keys.marker('alert')}/x`,
      undefined,
    ],
  ])('%s', async (_, written, marker, told) => {
    const archive = memoryArchive();
    for (const [file, text] of Object.entries(written)) await put(archive, kept(file), text);
    expect(await notifiedByAttempt(archive, REPORT, marker)).toStrictEqual(told);
  });
});
