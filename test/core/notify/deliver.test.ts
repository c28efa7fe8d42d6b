import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { attemptKeys, attemptMarkers, runKeys } from '../../../core/archive/keys.ts';
import { jsonText, sha256Of } from '../../../core/archive/staging.ts';
import type { Channel, Notification } from '../../../core/notify/channel.ts';
import { digestChannel } from '../../../core/notify/channels/digest.ts';
import { deliverToAll } from '../../../core/notify/deliver.ts';
import { noFindings } from '../../../core/notify/undelivered.ts';
import { readText } from '../../support/archive-tree.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { aReport } from './digest/facts.ts';

const newFolder = temporaryFolders();

const REPORT = aReport();
const KEYS = runKeys(REPORT.environmentId, new Date(REPORT.asOf));

const aNotification = (differs: Partial<Notification> = {}): Notification => ({
  report: REPORT,
  reportKey: 'reports/report.json',
  digest: undefined,
  archive: memoryArchive(),
  findings: noFindings,
  ...differs,
});

/** A channel that nobody wrote for: it takes every run, and fails while it is down. */
const aChannel = (name: string, isDown = false) => {
  const taken: Notification[] = [];
  const channel: Channel = {
    name,
    prepare: (notification) => async () => {
      if (isDown) throw new Error(`${name} is down`);
      taken.push(notification);
      return { ticket: taken.length };
    },
  };
  return { channel, taken };
};

const put = (archive: Archive, key: string, value: unknown) =>
  archive.create(key, { bytes: Buffer.from(JSON.stringify(value)) }, 'application/json');

const markersIn = (archive: Archive) => ({ archive, keyOf: KEYS.marker });

describe('a channel', () => {
  test('is notified once; its marker keeps the run and its receipt', async () => {
    const archive = folderArchive(await newFolder());
    const { channel, taken } = aChannel('pager');
    const deliver = () => deliverToAll([channel], aNotification(), markersIn(archive));

    expect(await deliver()).toEqual({ pager: { outcome: 'sent' } });
    expect(await deliver()).toEqual({ pager: { outcome: 'already-sent' } });
    expect(taken).toHaveLength(1);
    expect(JSON.parse(await readText(archive, KEYS.marker('pager')))).toEqual({
      run: REPORT.run,
      verdict: 'COMPLETE',
      report: sha256Of(jsonText(REPORT)),
      ticket: 1,
    });
  });

  test('leaves JSON behind, and says so', async () => {
    const archive = memoryArchive();
    const types: Record<string, string> = {};
    const watched: Archive = {
      ...archive,
      create(key, content, type) {
        types[key] = type;
        return archive.create(key, content, type);
      },
    };
    await deliverToAll([aChannel('pager').channel], aNotification(), markersIn(watched));
    expect(Object.keys(types)).toHaveLength(2);
    expect([...new Set(Object.values(types))]).toEqual(['application/json']);
  });

  test('that is down keeps no other from being notified, and is notified next time', async () => {
    const archive = folderArchive(await newFolder());
    const down = aChannel('pager', true);
    const up = aChannel('chat');
    const notification = aNotification();

    expect(await deliverToAll([down.channel, up.channel], notification, markersIn(archive))).toEqual({
      pager: { outcome: 'failed', message: 'Error: pager is down' },
      chat: { outcome: 'sent' },
    });
    const back = aChannel('pager');
    expect(await deliverToAll([back.channel, up.channel], notification, markersIn(archive))).toEqual({
      pager: { outcome: 'sent' },
      chat: { outcome: 'already-sent' },
    });
  });

  test('that has nothing to send is quiet, and leaves no marker', async () => {
    const archive = folderArchive(await newFolder());
    const channel: Channel = { name: 'pager', prepare: () => undefined };
    expect(await deliverToAll([channel], aNotification(), markersIn(archive))).toEqual({ pager: { outcome: 'quiet' } });
    expect(await archive.has(KEYS.marker('pager'))).toBe(false);
  });

  test.each([
    [
      'that tells of every run notes which was its first, once',
      false,
      [`${KEYS.marker('pager').split('.')[0]}.begun.json`],
    ],
    ['that is given a digest needs no such note', true, []],
  ])('%s', async (_, needsDigest, notes) => {
    const archive = folderArchive(await newFolder());
    const channel: Channel = { ...aChannel('pager').channel, ...(needsDigest && { needsDigest }) };
    const later = aReport({ asOf: '2026-12-24T02:00:00.000Z' });
    for (const report of [REPORT, later]) {
      const { marker } = runKeys(report.environmentId, new Date(report.asOf));
      await deliverToAll([channel], aNotification({ report }), { archive, keyOf: marker });
    }
    const begun: string[] = [];
    for await (const key of archive.list('')) if (key.endsWith('.begun.json')) begun.push(key);
    expect(begun).toEqual(notes);
    for (const key of begun) expect(await readText(archive, key)).toBe('{}\n');
  });

  test('waits for another attempt that may be sending, by the clock of the audit', async () => {
    const archive = folderArchive(await newFolder());
    const { channel, taken } = aChannel('pager');
    const slept: number[] = [];
    const clock = {
      sleep: async (ms: number) => {
        slept.push(ms);
        if (slept.length === 3) await deliverToAll([channel], aNotification(), markersIn(archive));
      },
    };
    const late = { ...markersIn(archive), wait: { ms: 1000, clock } };
    expect(await deliverToAll([channel], aNotification(), late)).toEqual({ pager: { outcome: 'already-sent' } });
    expect({ slept, taken: taken.length }).toEqual({ slept: [50, 50, 50], taken: 1 });
  });

  test.each([
    ['that ends without a marker', 1000, 20],
    ['of no time', 0, 0],
  ])('is notified after a wait %s', async (_, ms, sleeps) => {
    const { channel, taken } = aChannel('pager');
    let slept = 0;
    const clock = {
      sleep: async () => {
        slept += 1;
      },
    };
    const markers = { ...markersIn(folderArchive(await newFolder())), wait: { ms, clock } };
    expect(await deliverToAll([channel], aNotification(), markers)).toEqual({ pager: { outcome: 'sent' } });
    expect({ slept, taken: taken.length }).toEqual({ slept: sleeps, taken: 1 });
  });

  test('is notified without an archive to remember it', async () => {
    const { channel, taken } = aChannel('pager');
    for (const _ of [1, 2])
      expect(await deliverToAll([channel], aNotification(), undefined)).toEqual({ pager: { outcome: 'sent' } });
    expect(taken).toHaveLength(2);
  });

  test('hears the same reason of unfinished attempts once, and another reason again', async () => {
    const archive = folderArchive(await newFolder());
    const { channel, taken } = aChannel('pager');
    const attempt = async (name: string, reason: 'deadline' | 'access-denied') => {
      const report = aReport({ verdict: 'INCOMPLETE', reason });
      const keys = attemptKeys(report.environmentId, new Date(report.asOf), name);
      await put(archive, keys.object({ area: 'reports', file: 'report.json' }), report);
      return deliverToAll([channel], aNotification({ report }), {
        archive,
        keyOf: keys.marker,
        others: (of) => attemptMarkers(archive, of, report.environmentId, new Date(report.asOf)),
      });
    };
    await put(archive, attemptKeys(REPORT.environmentId, new Date(REPORT.asOf), 'planted').marker('pager'), {
      reason: 'deadline',
    });
    // It names an attempt that is there, and nothing of what that one had to tell.
    const { object, marker } = attemptKeys(REPORT.environmentId, new Date(REPORT.asOf), 'forged');
    await put(archive, object({ area: 'reports', file: 'report.json' }), aReport({ verdict: 'INCOMPLETE' }));
    await put(archive, marker('pager'), { reason: 'deadline', report: sha256Of('') });
    await attempt('1', 'deadline');
    expect(await attempt('2', 'deadline')).toEqual({ pager: { outcome: 'already-sent' } });
    await attempt('3', 'access-denied');
    expect(taken.map(({ report }) => report.reason)).toEqual(['deadline', 'access-denied']);
  });
});

describe('a marker counts where it names what was told and has a receipt', () => {
  const digest = { subject: 'two new', body: 'b', attributes: { environment: 'e', verdict: 'v', maxSeverity: 'LOW' } };
  const hash = sha256Of(jsonText(digest));
  const old = { run: REPORT.run, verdict: 'COMPLETE', subject: digest.subject, receipt: 'id' };
  const placed = aReport({ sequence: 3 });
  const KEY = KEYS.marker('alert');

  test.each([
    { name: 'the digest and a receipt', marker: { digest: hash, receipt: 'id' }, report: placed, sent: 0 },
    { name: 'nothing', marker: {}, report: placed, sent: 1 },
    { name: 'nothing at all', marker: null, report: placed, sent: 1 },
    { name: 'another digest', marker: { ...old, digest: sha256Of('') }, report: placed, sent: 1 },
    { name: 'the digest without a receipt', marker: { digest: hash, receipt: '' }, report: placed, sent: 1 },
    { name: 'no digest, as older versions did, of an older run', marker: old, report: REPORT, sent: 0 },
    { name: 'no digest, and another subject', marker: { ...old, subject: 'all is well' }, report: REPORT, sent: 1 },
    { name: 'no digest, and another run', marker: { ...old, run: '20200101T000000Z' }, report: REPORT, sent: 1 },
    { name: 'no digest, of a run that has its place in the chain', marker: old, report: placed, sent: 1 },
  ])('$name, whatever stands beside it', async ({ marker, report, sent }) => {
    const archive = folderArchive(await newFolder());
    const taken: string[] = [];
    const channel = digestChannel(async ({ subject }) => `receipt-${taken.push(subject)}`);
    await put(archive, KEY, marker);
    await put(archive, KEY.replace('.', '-planted.'), {});
    const deliver = () => deliverToAll([channel], aNotification({ report, digest }), markersIn(archive));

    const told = sent === 0 ? { outcome: 'already-sent' } : { outcome: 'sent', distrusted: KEY };
    expect(await deliver()).toEqual({ alert: told });
    // What stands there stays; a marker beside it keeps the next attempt from sending it again.
    expect(JSON.parse(await readText(archive, KEY))).toEqual(marker);
    expect(await deliver()).toEqual({ alert: { outcome: 'already-sent' } });
    expect(taken).toHaveLength(sent);
  });

  const [stem = ''] = KEY.split('.json');
  test.each([
    { where: 'beside it', at: `${stem}-0a1b2c3d.json`, sent: 0 },
    { where: 'beside it, with another ending', at: `${stem}-0a1b2c3d.txt`, sent: 1 },
    { where: 'elsewhere', at: 'elsewhere/20261124T020000Z-0a1b2c3d.json', sent: 1 },
  ])(
    'and where it does not, one that does counts, if it stands $where: it is sent $sent times',
    async ({ at, sent }) => {
      const archive = folderArchive(await newFolder());
      const taken: string[] = [];
      const channel = digestChannel(async ({ subject }) => `receipt-${taken.push(subject)}`);
      await put(archive, KEY, {});
      await put(archive, at, { digest: hash, receipt: 'id' });
      await deliverToAll([channel], aNotification({ report: placed, digest }), markersIn(archive));
      expect(taken).toHaveLength(sent);
    },
  );

  test('and the one that is written beside it is named as it is, whatever its folders are called', async () => {
    const archive = folderArchive(await newFolder());
    const channel = digestChannel(async () => 'id');
    const keyOf = () => 'alerts/v1.2/run.json';
    await put(archive, keyOf(), {});
    await deliverToAll([channel], aNotification({ report: placed, digest }), { archive, keyOf });
    const keys: string[] = [];
    for await (const key of archive.list('')) keys.push(key);
    expect(keys.toSorted()).toEqual([expect.stringMatching(/^alerts\/v1\.2\/run-[0-9a-f]{8}\.json$/), keyOf()]);
  });
});
