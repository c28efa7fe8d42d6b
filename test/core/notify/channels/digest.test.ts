import { describe, expect, test } from '@jest/globals';
import type { Band } from '../../../../core/model/band.ts';
import type { Alert, Digest, Notification } from '../../../../core/notify/channel.ts';
import { digestChannel } from '../../../../core/notify/channels/digest.ts';
import { memoryArchive } from '../../../support/memory-archive.ts';

const BAND: Band = { label: 'HIGH-CRITICAL', minSeverity: 'HIGH', maxSeverity: 'CRITICAL', sentToOthers: [] };

const anAlert = (subject: string): Alert => ({
  subject,
  body: `Report: {archive}/${subject}\nAll: {archive}/index.html\n`,
  attributes: { environment: 'abc', verdict: 'COMPLETE', maxSeverity: 'HIGH' },
});

const DIGEST: Digest = { ...anAlert('whole'), bands: { [BAND.label]: anAlert('severe') } };

/** Gives the message that a channel sends of a run, and the receipt that it keeps; undefined where there is nothing to send. */
const sentBy = async (band: Band | undefined, digest: Digest | undefined, head?: string) => {
  const mails: Alert[] = [];
  const send = async (mail: Alert) => {
    mails.push(mail);
    return `receipt ${mails.length}`;
  };
  const notification = { digest, archive: memoryArchive(), ...(head !== undefined && { head }) } as Notification;
  const receipt = await digestChannel(send, undefined, band).prepare(notification)?.();
  return receipt && { receipt, mails };
};

describe('a channel for people', () => {
  test('sends the digest, which says where its archive is, and keeps its subject and the receipt', async () => {
    expect(await sentBy(undefined, DIGEST)).toStrictEqual({
      receipt: { subject: 'whole', receipt: 'receipt 1' },
      mails: [{ ...anAlert('whole'), body: 'Report: memory/whole\nAll: memory/index.html\n' }],
    });
  });

  test('sends those of a band theirs, and keeps whose it was', async () => {
    expect(await sentBy(BAND, DIGEST)).toMatchObject({
      receipt: { subject: 'severe', band: BAND.label, receipt: 'receipt 1' },
      mails: [{ subject: 'severe' }],
    });
  });

  test('ends a mail with the head of the chain, for whoever verifies it', async () => {
    const { mails } = (await sentBy(undefined, DIGEST, '7:abc')) ?? {};
    expect(mails?.[0]?.body.split('\n').slice(2)).toEqual([
      '  Head:         7:abc',
      '  Keep this mail: verify --head 7:abc',
      '  proves that nothing up to this audit is gone.',
      '',
    ]);
  });

  test.each([
    { name: 'a quiet run', band: undefined, digest: undefined },
    { name: 'a quiet run, whose bands were asked for', band: BAND, digest: undefined },
    { name: 'a run that is quiet to its band', band: BAND, digest: { ...DIGEST, bands: {} } },
    { name: 'a run that composed none for bands', band: BAND, digest: anAlert('whole') },
  ])('sends nothing of $name', async ({ band, digest }) => {
    expect(await sentBy(band, digest)).toBeUndefined();
  });

  test.each([
    { name: 'its receipt', band: undefined, marker: { receipt: 'r' }, has: true },
    { name: 'an empty one', band: undefined, marker: { receipt: '' }, has: false },
    { name: 'none', band: undefined, marker: {}, has: false },
    { name: 'the receipt of its band', band: BAND, marker: { receipt: 'r', band: BAND.label }, has: true },
    { name: 'that of all', band: BAND, marker: { receipt: 'r' }, has: false },
    {
      name: 'that of a band, where it is for all',
      band: undefined,
      marker: { receipt: 'r', band: 'LOW-LOW' },
      has: false,
    },
  ])('is spoken for by a marker with $name: $has', ({ band, marker, has }) => {
    expect(digestChannel(async () => 'r', undefined, band).hasReceipt?.(marker)).toBe(has);
  });

  test('is known by its name and its band, and asks who hears where that may be nobody', () => {
    const send = async () => 'r';
    const findUnheard = async () => [];
    const membersOf = (channel: object) => Object.keys(channel).toSorted();
    const [whole, asking, severe] = [
      digestChannel(send),
      digestChannel(send, findUnheard),
      digestChannel(send, undefined, BAND),
    ];
    expect([whole.name, severe.name]).toEqual(['alert', 'alert-HIGH-CRITICAL']);
    expect([whole.band, severe.band]).toEqual([undefined, BAND]);
    expect([whole.needsDigest, severe.needsDigest]).toEqual([true, true]);
    expect([whole.findUnheard, asking.findUnheard]).toEqual([undefined, findUnheard]);
    expect(membersOf(whole)).toEqual(['hasReceipt', 'name', 'needsDigest', 'prepare']);
  });
});
