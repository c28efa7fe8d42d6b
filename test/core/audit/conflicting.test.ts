import { describe, expect, test } from '@jest/globals';
import { runKeys } from '../../../core/archive/keys.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import type { UserSource } from '../../../core/sources/source.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { parseRecord } from '../../../rules/engine/record.ts';
import { readJsonLines, readText } from '../../support/archive-tree.ts';
import { auditNights, nightAt } from '../../support/archived-nights.ts';
import { anApiUser, aRoleArn, aUser, daysAgo, ENVIRONMENT } from '../../support/builders.ts';
import { auditNight, night } from '../../support/history.ts';
import { listingOf } from '../../support/listing.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const seen = async (...nights: readonly (readonly unknown[])[]) => {
  const archive = memoryArchive();
  const results = await auditNights(
    archive,
    nights.map((users, index) => ({ number: index + 1, users })),
  );
  const report = results.at(-1)?.report;
  const keys = runKeys(ENVIRONMENT, nightAt(nights.length));
  const findings = (await readJsonLines(archive, keys.object(OUTPUTS.findings))) as readonly Finding[];
  return {
    report,
    snapshot: await readJsonLines(archive, keys.object(OUTPUTS.snapshot)),
    lines: findings.map(
      ({ ruleId, subject, severity, state, carried }) =>
        `${ruleId} ${subject.id} ${severity} ${state}${carried ? ' carried' : ''}`,
    ),
    outcome: (ruleId: string) => report?.rules.find(({ id }) => id === ruleId),
  };
};

const other = aUser({ userId: 'other' });
const outside = { apiAccessPrincipalArn: aRoleArn('X', '999988887777') };

describe('records of one user that differ', () => {
  const harmless = aUser({ userId: 'a', status: 'DISABLED' });
  const harmful = aUser({ userId: 'a', type: 'SUPER_USER', apiAccess: 'ENABLED', ...outside });

  test.each([
    { name: 'the harmless one first', records: [harmless, other, harmful] },
    { name: 'the harmless one last', records: [harmful, other, harmless] },
  ])('are both kept and judged, and the worse stands: $name', async ({ records }) => {
    const { report, snapshot, lines } = await seen(records);
    expect(report).toMatchObject({ verdict: 'COMPLETE', counts: { users: 2, duplicates: 0, conflicting: 1 } });
    expect(snapshot).toEqual(records);
    expect(lines).toEqual(
      expect.arrayContaining(['super-user-api-access a HIGH new', 'principal-outside-account a CRITICAL new']),
    );
    expect(new Set(lines).size).toBe(lines.length);
    expect(report?.findings.bySeverity.CRITICAL).toBe(1);
  });

  test('of two failures the higher severity stands, and each rule judges the user once', async () => {
    const dormant = anApiUser({ userId: 'a', apiAccess: 'DISABLED', ...outside });
    const { lines, outcome } = await seen([dormant, other, { ...dormant, apiAccess: 'ENABLED' }, dormant]);
    expect(lines.filter((line) => line.startsWith('principal-outside'))).toEqual([
      'principal-outside-account a CRITICAL new',
    ]);
    expect(outcome('principal-outside-account')).toMatchObject({ checked: 2, failed: 1, notAssessed: 0 });
  });

  test('what can not be told is worse than what passes', async () => {
    const fine = aUser({ userId: 'a' });
    const { outcome } = await seen([fine, { ...fine, lastLoginTime: 'garbage' }]);
    expect(outcome('stale-login')).toMatchObject({ checked: 0, failed: 0, notAssessed: 1 });
  });

  test('what fails is worse than what can not be told', async () => {
    const stale = aUser({ userId: 'a', lastLoginTime: daysAgo(200) });
    const { lines, outcome } = await seen([stale, { ...stale, lastLoginTime: 'garbage' }]);
    expect(lines).toContain('stale-login a MEDIUM new');
    expect(outcome('stale-login')).toMatchObject({ checked: 1, failed: 1, notAssessed: 0 });
  });

  test.each([
    { last: 'APP_USER', fails: false },
    { last: 'SUPER_USER', fails: true },
  ])('the last counts in the directory: $last', async ({ last, fails }) => {
    const supers = Array.from({ length: 3 }, (_, n) => aUser({ userId: `s${n}`, type: 'SUPER_USER' }));
    const first = last === 'APP_USER' ? 'SUPER_USER' : 'APP_USER';
    const records = [aUser({ userId: 'a', type: first }), ...supers, aUser({ userId: 'a', type: last })];
    const { outcome } = await seen(records);
    expect(outcome('too-many-super-users')).toMatchObject({ checked: 1, failed: fails ? 1 : 0 });
  });

  test('the last counts as what it is to the next night, and in this one', async () => {
    const app = aUser({ userId: 'a' });
    const boss = aUser({ userId: 'a', type: 'SUPER_USER' });
    expect((await seen([app], [app, boss])).lines).toContain('promoted-to-super-user a HIGH event');
    expect((await seen([app], [boss, app])).lines).not.toContain('promoted-to-super-user a HIGH event');
    expect((await seen([app, boss], [boss])).lines).not.toContain('promoted-to-super-user a HIGH event');
  });

  test('a finding that stands is told once, with its age', async () => {
    const stale = aUser({ userId: 'a', lastLoginTime: daysAgo(200) });
    const { lines } = await seen([stale, other], [stale, other, { ...stale, lastLoginTime: daysAgo(150) }]);
    expect(lines.filter((line) => line.startsWith('stale-login'))).toEqual(['stale-login a MEDIUM open']);
  });

  test.each([
    { name: 'is carried where one of them lacks the login', login: undefined, fate: 'open carried' },
    { name: 'resolves where both have logged in since', login: daysAgo(2), fate: 'resolved' },
  ])('a stale login $name', async ({ login, fate }) => {
    const stale = aUser({ userId: 'a', lastLoginTime: daysAgo(200) });
    const records = [{ ...stale, lastLoginTime: login }, other, { ...stale, lastLoginTime: daysAgo(1) }];
    const { lines } = await seen([stale, other], records);
    expect(lines.filter((line) => line.startsWith('stale-login'))).toEqual([`stale-login a MEDIUM ${fate}`]);
  });

  test('stand for themselves where not every user was seen', async () => {
    const archive = memoryArchive();
    const end = { complete: false, reason: 'deadline', message: 'late' } as const;
    const [result] = await auditNights(archive, [{ number: 1, users: [harmless, other, harmful], end }]);
    expect(result?.report).toMatchObject({ verdict: 'INCOMPLETE', counts: { users: 2, conflicting: 1 } });
    expect(result?.report.findings.bySeverity).toMatchObject({ CRITICAL: 1 });
  });

  const written = (login: string): unknown =>
    parseRecord(JSON.stringify(aUser({ userId: 'a', lastLoginTime: 'LOGIN' })).replace('"LOGIN"', login));
  const [stale, recent] = [written('1.70e12'), written('1.7954e12')];
  test.each([
    { name: 'of one record', records: [stale] },
    { name: 'of the first of two', records: [stale, recent] },
    { name: 'of the last of two', records: [recent, stale] },
  ])('evidence has a number as the record has it: $name', async ({ records }) => {
    const archive = memoryArchive();
    const [result] = await auditNights(archive, [{ number: 1, users: records }]);
    expect(await readText(archive, result?.objects.findings?.key ?? '')).toContain('"lastLoginTime":1.70e12');
  });

  test('are judged by the moment at which the page of the last was read', async () => {
    const HOUR_MS = 3_600_000;
    const start = night(6).getTime();
    // Unusable where it was read with the first page, and usable with the second, an hour later.
    const between = { lastLoginTime: start + HOUR_MS / 2 };
    const pages = [
      [start, [{ ...between, userId: 'first' }, { userId: 'a' }, { userId: 'b' }, { ...between, userId: 'b' }]],
      [
        start + HOUR_MS,
        [
          { ...between, userId: 'a' },
          { ...between, userId: 'second' },
        ],
      ],
    ] as const;
    let readAt = start;
    const listUsers: UserSource = (until) => ({
      ...listingOf([])(until),
      readAt: () => readAt,
      pages: (async function* listed() {
        for (const [moment, users] of pages) {
          readAt = moment;
          yield users.map((one) => aUser(one));
        }
      })(),
    });
    const archive = memoryArchive();
    const { report, objects } = await auditNight(archive, 6, { listUsers });
    expect(report).toMatchObject({ verdict: 'COMPLETE', counts: { users: 4, conflicting: 2 } });
    const findings = (await readJsonLines(archive, objects.findings?.key ?? '')) as readonly Finding[];
    const unusable = findings.filter(({ ruleId }) => ruleId === 'inconsistent-timestamps');
    expect(unusable.map(({ subject }) => subject.id)).toEqual(['first', 'b']);
  });

  test('the same record again is dropped and counted', async () => {
    const { report, snapshot } = await seen([harmless, other, harmless]);
    expect(report?.counts).toMatchObject({ users: 2, duplicates: 1, conflicting: 0 });
    expect(snapshot).toEqual([harmless, other]);
  });
});
