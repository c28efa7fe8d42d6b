import { describe, expect, test } from '@jest/globals';
import {
  attemptKeys,
  attemptMarkers,
  attemptOfKey,
  attemptReport,
  CHAINS,
  chainKey,
  DATED_AREAS,
  dayPrefix,
  environmentOfKey,
  historyPageKey,
  latestKey,
  listingPartKey,
  manifestKeys,
  OVERVIEW_PAGE,
  objectPrefixes,
  objectsOf,
  overviewMarker,
  overviewMarkers,
  publicKeyKey,
  rulesetKey,
  runKeys,
  runMarkedBy,
  runOfKey,
  runOfObject,
  sequenceOfKey,
  unfinishedOfKey,
  verificationKey,
  yearPageKey,
} from '../../../core/archive/keys.ts';
import { OUTPUTS, type OutputName } from '../../../core/outputs/index.ts';
import { putAll } from '../../support/chain-entries.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const ASOF = new Date('2026-11-24T02:00:00Z');
const RUN = '20261124T020000Z';
const DAY = 'environment=abc/dt=2026-11-24';
const complete = runKeys('abc', ASOF);
const attempt = attemptKeys('abc', ASOF, '20261124T020007Z-1b9d6bcd');
const FOLDER = `incomplete/${DAY}/${RUN}-20261124T020007Z-1b9d6bcd`;

// Archives of years hold these keys: a table, and not the code's own, says what they are.
const KEYS: Readonly<Partial<Record<OutputName, readonly [ofRun: string, ofAttempt: string]>>> = {
  snapshot: [`snapshots/${DAY}/${RUN}.jsonl.gz`, `${FOLDER}/snapshot.jsonl.gz`],
  findings: [`findings/${DAY}/${RUN}.jsonl.gz`, `${FOLDER}/findings.jsonl.gz`],
  resolved: [`resolved/${DAY}/${RUN}.jsonl.gz`, `${FOLDER}/resolved.jsonl.gz`],
  csv: [`reports/${DAY}/${RUN}/findings.csv`, `${FOLDER}/findings.csv`],
  report: [`reports/${DAY}/${RUN}/report.json`, `${FOLDER}/report.json`],
  digest: [`reports/${DAY}/${RUN}/digest.json`, `${FOLDER}/digest.json`],
  html: [`reports/${DAY}/${RUN}/report.html`, `${FOLDER}/report.html`],
};

test.each(Object.entries(KEYS))('%s stands where it always stood', (name, keys) => {
  const output = OUTPUTS[name as OutputName];
  expect([complete.object(output), attempt.object(output)]).toEqual(keys);
});

test('no two outputs of a run share a key', () => {
  const keys = Object.values(OUTPUTS).flatMap((output) => [complete.object(output), attempt.object(output)]);
  expect(new Set(keys).size).toBe(keys.length);
});

test.each([
  { key: complete.manifest, is: `manifests/${DAY}/${RUN}.json` },
  { key: attempt.manifest, is: `${FOLDER}/manifest.json` },
  { key: attemptReport(FOLDER), is: `${FOLDER}/report.json` },
  { key: runKeys('abc', ASOF, 'try').object(OUTPUTS.snapshot), is: `snapshots/${DAY}/${RUN}-try.jsonl.gz` },
  { key: runKeys('abc', ASOF, 'try').object(OUTPUTS.report), is: `reports/${DAY}/${RUN}-try/report.json` },
  { key: runKeys('abc', ASOF, 'try').manifest, is: `manifests/${DAY}/${RUN}.json` },
  { key: runKeys('abc', ASOF, 'try').marker('alert'), is: `alerts/${DAY}/${RUN}.json` },
  {
    key: listingPartKey({ environmentId: 'abc', asOf: ASOF, attempt: 'try' }, 2, 17),
    is: `listings/${DAY}/${RUN}-try/2-0017.jsonl.gz`,
  },
  { key: chainKey('abc', 17), is: 'chain/environment=abc/000000000017.json' },
  { key: CHAINS, is: 'chain/' },
  { key: latestKey('abc'), is: 'latest/environment=abc.json' },
  { key: rulesetKey('ff'), is: 'rulesets/ff.json' },
  { key: publicKeyKey('arn:aws:kms:us-east-1:1:key/a-1'), is: 'keys/arn_aws_kms_us-east-1_1_key_a-1.pem' },
  { key: verificationKey('abc', ASOF), is: `verifications/${DAY}/${RUN}.json` },
  { key: historyPageKey('abc'), is: 'reports/environment=abc/index.html' },
  { key: yearPageKey('abc', '2026'), is: 'reports/environment=abc/year=2026/index.html' },
  { key: OVERVIEW_PAGE, is: 'reports/index.html' },
  { key: overviewMarker('nightly', ASOF), is: `alerts/auditor=nightly/dt=2026-11-24/${RUN}.json` },
  {
    key: overviewMarkers('nightly', ASOF).join(' '),
    is: 'alerts/auditor=nightly/ alerts/auditor=nightly/dt=2026-11-24',
  },
  { key: dayPrefix('alerts', 'abc', ASOF), is: `alerts/${DAY}` },
  {
    key: objectPrefixes('abc').join(' '),
    is: ['snapshots', 'principals', 'groups', 'findings', 'resolved', 'reports']
      .map((area) => `${area}/environment=abc/`)
      .join(' '),
  },
])('$is is where it always was', ({ key, is }) => {
  expect(key).toBe(is);
});

test('what has an end of its retention is in these areas', () => {
  const others = 'manifests chain listings alerts events securityhub incomplete verifications';
  expect(DATED_AREAS.join(' ')).toBe(`snapshots principals groups findings resolved reports ${others}`);
});

describe('a key tells what it is of', () => {
  const OTHER = `environment=abc/dt=2026-11-24/${RUN}`;
  const ofAttempt = { run: RUN, attempt: 'try-1', folder: `incomplete/${OTHER}-try-1` };
  const ofListing = { ...ofAttempt, folder: `listings/${OTHER}-try-1` };

  test.each([
    { key: `manifests/${OTHER}.json`, runs: [RUN, RUN], environment: 'abc' },
    { key: `reports/${OTHER}/report.json`, runs: [RUN, RUN], environment: 'abc' },
    { key: `snapshots/${OTHER}-try-1.jsonl.gz`, runs: [undefined, RUN], environment: 'abc' },
    { key: `reports/${OTHER}-try-1/report.json`, runs: [undefined, RUN], environment: 'abc' },
    {
      key: `incomplete/${OTHER}-try-1/report.json`,
      runs: [undefined, RUN],
      environment: 'abc',
      attempt: ofAttempt,
      unfinished: ofAttempt,
    },
    {
      key: `listings/${OTHER}-try-1/1-0001.jsonl.gz`,
      runs: [undefined, RUN],
      environment: 'abc',
      unfinished: ofListing,
    },
    { key: `incomplete/${OTHER}/report.json`, runs: [RUN, RUN], environment: 'abc' },
    { key: `incomplete/${OTHER}-try-1`, runs: [undefined, undefined], environment: 'abc' },
    { key: 'chain/environment=abc/000000000017.json', environment: 'abc', sequence: 17 },
    { key: 'chain/environment=abc/000000000000.json', environment: 'abc' },
    { key: 'chain/environment=abc/17.json', environment: 'abc' },
    { key: 'chain/environment=abc/000000000017.json.bak', environment: 'abc' },
    { key: 'manifests/environment=abc/000000000017.json', environment: 'abc' },
    { key: 'latest/environment=abc.json', environment: 'abc' },
    { key: 'latest/environment=a-c.json' },
    { key: 'reports/index.html' },
    { key: 'notes.txt' },
  ])('$key', ({ key, runs: [run, ofObject] = [], environment, attempt: ofWhom, unfinished, sequence }) => {
    expect({
      run: runOfKey(key),
      ofObject: runOfObject(key),
      environment: environmentOfKey(key),
      attempt: attemptOfKey(key),
      unfinished: unfinishedOfKey(key),
      sequence: sequenceOfKey(key),
    }).toEqual({ run, ofObject, environment, attempt: ofWhom, unfinished, sequence });
  });

  test.each([
    { key: `snapshots/${OTHER}.jsonl.gz`, isOwn: true },
    { key: `snapshots/${OTHER}-try-1.jsonl.gz`, isOwn: true },
    { key: `reports/${OTHER}/findings.csv`, isOwn: true },
    { key: `reports/${OTHER}-try-1/findings.csv`, isOwn: true },
    { key: `groups/${OTHER}.jsonl.gz`, isOwn: true },
    { key: `snapshots/${OTHER}`, isOwn: false },
    { key: `snapshots/${OTHER}/../../x`, isOwn: false },
    { key: `manifests/${OTHER}.json`, isOwn: false },
    { key: `chain/${OTHER}.json`, isOwn: false },
    { key: `${OTHER}.jsonl.gz`, isOwn: false },
    { key: `snapshots/environment=other/dt=2026-11-24/${RUN}.jsonl.gz`, isOwn: false },
    { key: `snapshots/environment=abc/dt=2026-11-25/20261125T020000Z.jsonl.gz`, isOwn: false },
    { key: `snapshots/x.${OTHER}`, isOwn: false },
    { key: `/snapshots/${OTHER}.jsonl.gz`, isOwn: false },
  ])('$key is an object of the run: $isOwn', ({ key, isOwn }) => {
    expect(objectsOf('abc', ASOF)(key)).toBe(isOwn);
  });
});

test('manifests are those of runs, in their places', async () => {
  const archive = memoryArchive();
  const later = runKeys('abc', new Date('2026-11-25T02:00:00Z')).manifest;
  const others = [
    `manifests/${DAY}/notes.txt`,
    `manifests/${DAY}/20261125T020000Z.json`,
    `manifests/${DAY}/20261324T020000Z.json`,
    `manifests/${DAY}/${RUN}.json.bak`,
    `manifests/environment=other/dt=2026-11-24/${RUN}.json`,
  ];
  await putAll(archive, Object.fromEntries([later, complete.manifest, ...others].map((key) => [key, 'x'])));
  expect(await manifestKeys(archive, 'abc')).toEqual([complete.manifest, later]);
});

describe('markers', () => {
  test.each([
    { channel: 'alert', ofRun: `alerts/${DAY}/${RUN}.json` },
    { channel: 'events', ofRun: `events/${DAY}/${RUN}.json` },
    { channel: 'security-hub', ofRun: `securityhub/${DAY}/${RUN}.json` },
    { channel: 'pager', ofRun: `alerts/${DAY}/${RUN}.pager.json` },
    { channel: 'toString', ofRun: `alerts/${DAY}/${RUN}.toString.json` },
  ])('of $channel stand in their place, and are known for those of their channel only', ({ channel, ofRun }) => {
    expect(complete.marker(channel)).toBe(ofRun);
    const ofAttempt = attempt.marker(channel);
    for (const other of ['alert', 'events', 'pager', 'toString']) {
      const isOwn = other === channel || (ofRun.endsWith(`${RUN}.json`) && other !== 'pager' && other !== 'toString');
      expect([other, runMarkedBy(other, ofRun), runMarkedBy(other, ofAttempt)]).toEqual([
        other,
        isOwn ? RUN : undefined,
        isOwn ? RUN : undefined,
      ]);
    }
  });

  test('of attempts at a run are those of the channel, from the moment on that somebody asks for', async () => {
    const archive = memoryArchive();
    const markersOf = (channel: string, began: string): string =>
      attemptKeys('abc', ASOF, `${began}-1b9d6bcd`).marker(channel);
    const [early, late] = ['20261124T020007Z', '20261124T030000Z'];
    const keys = [
      complete.marker('alert'),
      ...['alert', 'pager'].flatMap((channel) => [markersOf(channel, early), markersOf(channel, late)]),
    ];
    const stray = `alerts/${DAY}/${RUN}-${early}`;
    await putAll(archive, Object.fromEntries([...keys, stray].map((key) => [key, '{}'])));
    const found = async (since?: string) => {
      const began: string[] = [];
      for await (const key of attemptMarkers(
        archive,
        'alert',
        'abc',
        ASOF,
        since === undefined ? since : new Date(since),
      ))
        began.push(key);
      return began;
    };
    expect(await found()).toEqual([markersOf('alert', early), markersOf('alert', late)]);
    expect(await found('2026-11-24T02:00:07Z')).toEqual([markersOf('alert', early), markersOf('alert', late)]);
    expect(await found('2026-11-24T02:00:08Z')).toEqual([markersOf('alert', late)]);
  });
});
