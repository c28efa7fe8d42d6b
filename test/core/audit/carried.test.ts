import { expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import type { Alert } from '../../../core/notify/channel.ts';
import { digestChannel } from '../../../core/notify/channels/digest.ts';
import { auditNights } from '../../support/archived-nights.ts';
import { aUser, type UserRecord } from '../../support/builders.ts';
import { auditNight } from '../../support/history.ts';
import { listingOf } from '../../support/listing.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const supers = (count: number): readonly UserRecord[] =>
  Array.from({ length: count }, (_, n) => aUser({ userId: `s${n}`, type: 'SUPER_USER' }));
const person = (userId: string, members: UserRecord = {}): UserRecord =>
  aUser({ userId, emailAddress: 'ada@example.com', ...members });

/** Audits a directory night after night, and gives the mail of each. */
const mailsOf = async (...nights: readonly (readonly UserRecord[])[]): Promise<readonly (Alert | undefined)[]> => {
  const archive = folderArchive(await newFolder());
  const mails: (Alert | undefined)[] = [];
  for (const [index, users] of nights.entries()) {
    let mail: Alert | undefined;
    const send = (alert: Alert): Promise<string> => {
      mail = alert;
      return Promise.resolve('sent');
    };
    const { report } = await auditNight(archive, index + 1, {
      listUsers: listingOf([[...supers(2), ...users]]),
      channels: [digestChannel(send)],
    });
    expect(report.verdict).toBe('COMPLETE');
    mails.push(mail);
  }
  return mails;
};

const PAIR = [person('a'), person('b')];
const WITHOUT = [person('a'), person('b', { emailAddress: undefined })];
const REASON = 'not judged: what a user had in common with others was there and is missing';

test('a finding that is carried since a member went missing is mailed once, with the reason', async () => {
  const [, carried, next] = await mailsOf(PAIR, WITHOUT, WITHOUT);
  expect(carried?.subject).toMatch(/: 1 not judged \(worst LOW\), \d+ open$/);
  expect(carried?.attributes.maxSeverity).toBe('LOW');
  const text = carried?.body.replaceAll(/\s+/g, ' ');
  expect(text).toContain('1 finding could not be judged, and stands (worst LOW)');
  expect(text).toContain('LOW duplicate-person: 1 not judged, and standing as before');
  expect(text).toContain(REASON);
  expect(text).not.toContain('resolved');
  expect(next).toBeUndefined();
});

test('it is mailed again where it could be judged in between', async () => {
  const mails = await mailsOf(PAIR, WITHOUT, PAIR, WITHOUT);
  expect(mails.map((mail) => mail?.subject.includes('1 not judged'))).toEqual([false, true, undefined, true]);
});

test('a waiver of what could not be judged is not said to accept nothing', async () => {
  const waiver = { reason: 'known', owner: 'o', approver: 'a', expires: '2027-11-01' };
  const waivers = ['stale-login', 'vanished-user', 'stuck-creating'].map((rule) => ({ ...waiver, rule, user: 'a' }));
  const [night] = await auditNights(folderArchive(await newFolder()), [
    { number: 1, users: [aUser({ userId: 'a', lastLoginTime: 'garbage' })], waivers },
  ]);
  expect(night?.report.waiverTroubles?.map(({ kind, rule }) => [kind, rule])).toEqual([['unused', 'stuck-creating']]);
});
