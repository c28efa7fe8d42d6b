import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { runKeys } from '../../../core/archive/keys.ts';
import type { Channel, Notification } from '../../../core/notify/channel.ts';
import { deliverToAll } from '../../../core/notify/deliver.ts';
import { noFindings } from '../../../core/notify/undelivered.ts';
import { readText } from '../../support/archive-tree.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { aReport } from './digest/facts.ts';

const newFolder = temporaryFolders();

const REPORT = aReport();
const KEYS = runKeys(REPORT.environmentId, new Date(REPORT.asOf));

const aNotification = (differs: Partial<Notification> = {}): Notification => ({
  report: REPORT,
  reportKey: 'reports/report.json',
  digest: undefined,
  archiveLocation: 's3://evidence',
  findings: noFindings,
  ...differs,
});

/** A channel that nobody wrote for: it takes every run, and fails while it is down. */
const aChannel = (name: string, isDown = false) => {
  const taken: Notification[] = [];
  const channel: Channel = {
    name,
    isResent: false,
    prepare: (notification) => async () => {
      if (isDown) throw new Error(`${name} is down`);
      taken.push(notification);
      return { ticket: taken.length };
    },
  };
  return { channel, taken };
};

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
      ticket: 1,
    });
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
    const channel: Channel = { name: 'pager', isResent: false, prepare: () => undefined };
    expect(await deliverToAll([channel], aNotification(), markersIn(archive))).toEqual({ pager: { outcome: 'quiet' } });
    expect(await archive.has(KEYS.marker('pager'))).toBe(false);
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

  test('is notified without an archive to remember it', async () => {
    const { channel, taken } = aChannel('pager');
    for (const _ of [1, 2])
      expect(await deliverToAll([channel], aNotification(), undefined)).toEqual({ pager: { outcome: 'sent' } });
    expect(taken).toHaveLength(2);
  });

  test('hears the same reason of unfinished attempts once, and another reason again', async () => {
    const archive = folderArchive(await newFolder());
    const { channel, taken } = aChannel('pager');
    const attempt = (name: string, reason: 'deadline' | 'access-denied') =>
      deliverToAll([channel], aNotification({ report: aReport({ verdict: 'INCOMPLETE', reason }) }), {
        archive,
        keyOf: (of) => `alerts/run-${name}.${of}.json`,
        others: () => archive.list('alerts/run-'),
      });
    await attempt('1', 'deadline');
    expect(await attempt('2', 'deadline')).toEqual({ pager: { outcome: 'already-sent' } });
    await attempt('3', 'access-denied');
    expect(taken.map(({ report }) => report.reason)).toEqual(['deadline', 'access-denied']);
  });
});
