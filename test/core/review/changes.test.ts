import { expect, test } from '@jest/globals';
import { folderArchive } from '../../../core/archive/folder.ts';
import { readBytes } from '../../../core/archive/lines.ts';
import { createSpoolFolder } from '../../../core/archive/staging.ts';
import { FirstRun, isChange, openChangesSheet } from '../../../core/review/changes.ts';
import { readUser } from '../../../rules/engine/user.ts';
import { rules } from '../../../rules/index.ts';
import { anApiUser, aRoleArn, aUser, type UserRecord } from '../../support/builders.ts';
import { aFinding, aWaiver } from '../../support/findings.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { readSheet } from '../../support/worksheet.ts';

const newFolder = temporaryFolders();

/** The lines and the counts of the differences between two runs. */
const changesOf = async (before: readonly UserRecord[], after: readonly UserRecord[]) => {
  const spools = await createSpoolFolder();
  try {
    const first = new FirstRun('first');
    for (const [position, user] of before.entries()) first.remember(readUser(user, position));
    const sheet = await openChangesSheet(spools, 'last');
    for (const [position, user] of after.entries()) await sheet.addUser(first, readUser(user, position));
    await sheet.addGone(first);
    const archive = folderArchive(await newFolder());
    await archive.create('changes.csv', (await sheet.finish()).content, 'text/csv');
    const stored = await archive.read('changes.csv');
    const lines = stored === undefined ? [] : await readSheet(await readBytes(stored));
    return { lines, counts: sheet.counts() };
  } finally {
    await spools.remove();
  }
};

test('who came, went and changed is told, each member by itself, and nobody without a userId', async () => {
  const [same, gone, nameless] = [aUser({ userId: 'same' }), aUser({ userId: 'gone' }), aUser({ userId: null })];
  const { lines, counts } = await changesOf(
    [same, gone, aUser({ userId: 'ada', firstName: 'A' }), nameless],
    [
      nameless,
      same,
      anApiUser({ userId: 'ada', firstName: 'B', status: 'DISABLED', apiAccessPrincipalArn: aRoleArn('a') }),
      aUser({ userId: 'new' }),
      nameless,
    ],
  );
  expect(lines.map(({ change, run, subject, member, from, to }) => [change, run, subject, member, from, to])).toEqual([
    ['changed', 'first to last', 'ada', 'status', 'ENABLED', 'DISABLED'],
    ['changed', 'first to last', 'ada', 'apiAccess', 'DISABLED', 'ENABLED'],
    ['changed', 'first to last', 'ada', 'apiAccessPrincipalArn', '', aRoleArn('a')],
    ['came', 'first to last', 'new', '', '', ''],
    ['gone', 'first to last', 'gone', '', '', ''],
  ]);
  expect(counts).toEqual({ came: 1, gone: 1, changed: 1, untraceable: 3, events: 0 });
});

test.each([
  ['an event', aFinding({ state: 'event', ruleId: 'vanished-user' }), true],
  ['a waived event', aFinding({ state: 'waived', waiver: aWaiver, ruleId: 'vanished-user' }), true],
  ['a waived state', aFinding({ state: 'waived', waiver: aWaiver, ruleId: 'stale-login' }), false],
  ['a waived finding of a rule that nobody knows', aFinding({ state: 'waived', ruleId: 'unknown' }), false],
  ['a state', aFinding({ state: 'open', ruleId: 'vanished-user' }), false],
])('%s is a change or none', (_name, finding, isOne) => {
  expect(isChange(finding, new Map(rules.map((rule) => [rule.id, rule])))).toBe(isOne);
});
