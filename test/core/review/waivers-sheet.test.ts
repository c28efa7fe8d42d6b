import { expect, test } from '@jest/globals';
import { createSpoolFolder } from '../../../core/archive/staging.ts';
import { openWaiversSheet } from '../../../core/review/waivers-sheet.ts';
import { readText } from '../../support/archive-tree.ts';
import { aFinding, aWaiver } from '../../support/findings.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

test('waivers.csv has a line a finding that is accepted, and no other', async () => {
  const spools = await createSpoolFolder();
  const sheet = await openWaiversSheet(spools);
  const { ticket: _, ...noTicket } = aWaiver;
  const waived = { state: 'waived', message: '=1' } as const;
  for (const finding of [
    aFinding(),
    aFinding({ ...waived, waiver: { ...aWaiver, reason: 'a "reason"' } }),
    aFinding({ ...waived, waiver: { ...noTicket, reason: 'none' }, subject: { kind: 'user', id: 'u2' } }),
    // What has resolved accepts nothing any more.
    aFinding({ state: 'resolved', waiver: aWaiver }),
  ])
    await sheet.add(finding);
  expect(sheet.count()).toBe(2);
  const archive = memoryArchive();
  await archive.create('waivers.csv', (await sheet.finish()).content, 'text/csv');
  await spools.remove();
  const [header, ...lines] = (await readText(archive, 'waivers.csv')).split('\r\n');
  expect(header).toBe(
    '\ufeffrule,subjectKind,subject,severity,message,reason,ticket,owner,approver,expires,firstSeen,finding',
  );
  const { id, firstSeen } = aFinding();
  const who = '"owner@quagmire.example","approver@quagmire.example","2027-03-31"';
  expect(lines).toEqual([
    `"stale-login","user","u1","MEDIUM","'=1","a ""reason""","SEC-1234",${who},"${firstSeen}","${id}"`,
    `"stale-login","user","u2","MEDIUM","'=1","none","",${who},"${firstSeen}","${id.replace(/u1$/, 'u2')}"`,
    '',
  ]);
});
