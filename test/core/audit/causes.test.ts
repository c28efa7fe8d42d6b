import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { chainKey, latestKey } from '../../../core/archive/keys.ts';
import type { Manifest } from '../../../core/archive/manifest.ts';
import type { Config } from '../../../core/config/config.ts';
import type { GroupRecord } from '../../../core/model/groups.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { readJsonLines, readText } from '../../support/archive-tree.ts';
import { auditNights, type NightPlan, nightAt, nightKeys } from '../../support/archived-nights.ts';
import { anApiUser, aRoleArn, aUser, daysAgo, ENVIRONMENT } from '../../support/builders.ts';
import { ruleOf } from '../../support/custom-rule.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

type Users = readonly unknown[];
type Settings = Pick<NightPlan, 'config' | 'own' | 'listedAt' | 'enrichments'>;
type Night = Users | (Settings & { readonly users: Users });

/**
 * Audits nights, and gives what became of the findings of some rules by the last: `SUBJECT: WHAT`.
 * @param altered what the last one reads in another way than it was written, by key
 */
const fatesOf = async (
  ruleId: string,
  nights: readonly Night[],
  altered: Readonly<Record<string, (archive: Archive) => ReturnType<Archive['read']>>> = {},
) => {
  const archive = memoryArchive();
  const plans = nights.map((night, index) => ({ number: index + 1, ...('users' in night ? night : { users: night }) }));
  await auditNights(archive, plans.slice(0, -1));
  const read: Archive['read'] = (key) => altered[key]?.(archive) ?? archive.read(key);
  const results = await auditNights({ ...archive, read }, plans.slice(-1));
  const key = nightKeys(plans.length).object(OUTPUTS.findings);
  const findings = (await readJsonLines(archive, key)) as readonly Finding[];
  const fates = findings
    .filter((finding) => finding.ruleId === ruleId)
    .map(({ subject, state, cause, carried, regroupedTo }) => {
      const words = [state, carried && 'carried', cause, regroupedTo].filter((word) => typeof word === 'string');
      return `${subject.id}: ${words.join(' ')}`;
    });
  return { fates, last: results.at(-1) };
};

const bound = (userId: string, members: Readonly<Record<string, unknown>> = {}) =>
  anApiUser({ userId, apiAccessPrincipalArn: aRoleArn('S'), ...members });
const person = (userId: string, members: Readonly<Record<string, unknown>> = {}) =>
  aUser({ userId, emailAddress: 'ada@example.com', firstName: `F${userId}`, lastName: `L${userId}`, ...members });
const superUser = (userId: string, members: Readonly<Record<string, unknown>> = {}) =>
  aUser({ userId, type: 'SUPER_USER', ...members });
const supers = (count: number) => Array.from({ length: count }, (_, n) => superUser(`s${n}`));
const NAMED = { firstName: 'Ada', lastName: 'Lovelace' };
const breaksOnThree = ruleOf('count > 1.0 && (count != 3.0 || {"x": 1}["y"] == 1)', {
  kind: 'directory',
  where: ['user.superUser'],
});
const OTHER = aUser({ userId: 'other' });
const SHARED = aRoleArn('S');

describe('a group or a count that fails no more', () => {
  test.each<{ name: string; rule: string; nights: readonly Users[]; fates: readonly string[] }>([
    {
      name: 'one of two went',
      rule: 'shared-principal',
      nights: [[bound('a'), bound('b')], [bound('a')]],
      fates: [`${SHARED}: resolved user-vanished`],
    },
    {
      name: 'one of two was disabled',
      rule: 'shared-principal',
      nights: [
        [bound('a'), bound('b')],
        [bound('a'), bound('b', { status: 'DISABLED' })],
      ],
      fates: [`${SHARED}: resolved user-disabled`],
    },
    {
      name: 'one of another group went, to which nobody of this one belonged',
      rule: 'duplicate-person',
      nights: [
        [person('a'), person('b'), ...['x', 'y'].map((id) => aUser({ userId: id, firstName: 'N', lastName: 'N' }))],
        [
          person('a', { firstName: 'N', lastName: 'N' }),
          person('b', { emailAddress: 'b@example.com' }),
          aUser({ userId: 'x' }),
        ],
      ],
      fates: ['a: resolved fixed', 'x: resolved fixed'],
    },
    {
      name: 'one went and one was disabled',
      rule: 'shared-principal',
      nights: [
        [bound('a'), bound('b'), OTHER],
        [bound('b', { status: 'DISABLED' }), OTHER],
      ],
      fates: [`${SHARED}: resolved user-disabled`],
    },
    {
      name: 'one lost the role',
      rule: 'shared-principal',
      nights: [
        [bound('a'), bound('b')],
        [bound('a'), bound('b', { apiAccessPrincipalArn: null })],
      ],
      fates: [`${SHARED}: resolved fixed`],
    },
    {
      name: 'one went, and without it all others lost the role',
      rule: 'shared-principal',
      nights: [[bound('a'), bound('b')], [bound('a', { apiAccessPrincipalArn: null })]],
      fates: [`${SHARED}: resolved fixed`],
    },
    {
      name: 'one lost the member that made it count',
      rule: 'shared-principal',
      nights: [
        [bound('a'), bound('b')],
        [bound('a'), bound('b', { apiAccess: undefined })],
      ],
      fates: [`${SHARED}: open carried`],
    },
    {
      name: 'one without a userId went, of whom nobody can tell what became',
      rule: 'shared-principal',
      nights: [
        [bound('a'), bound('', { lastName: 'N' }), OTHER],
        [bound('a'), OTHER],
      ],
      fates: [`${SHARED}: resolved rule-changed`],
    },
    {
      name: 'one of two went, and another role is shared still',
      rule: 'shared-principal',
      nights: [
        ['a', 'b', 'c', 'd'].map((id) => bound(id, { apiAccessPrincipalArn: aRoleArn(id < 'c' ? 'S' : 'T') })),
        ['a', 'c', 'd'].map((id) => bound(id, { apiAccessPrincipalArn: aRoleArn(id < 'c' ? 'S' : 'T') })),
      ],
      fates: [`${aRoleArn('T')}: open`, `${SHARED}: resolved user-vanished`],
    },
    {
      name: 'one went, and the other lost the member that made it count',
      rule: 'shared-principal',
      nights: [
        [bound('a'), bound('b'), OTHER],
        [bound('a', { apiAccess: undefined }), OTHER],
      ],
      fates: [`${SHARED}: resolved user-vanished`],
    },
    {
      name: 'one was disabled, and the other lost the member that made it count',
      rule: 'shared-principal',
      nights: [
        [bound('a'), bound('b')],
        [bound('a', { apiAccess: undefined }), bound('b', { status: 'DISABLED' })],
      ],
      fates: [`${SHARED}: resolved user-disabled`],
    },
    {
      name: 'two of five super users went',
      rule: 'too-many-super-users',
      nights: [supers(5), supers(3)],
      fates: ['vs57phhvijir4kv5rf6ywt: resolved user-vanished'],
    },
    {
      name: 'a super user was disabled',
      rule: 'too-many-super-users',
      nights: [supers(4), [...supers(3), superUser('s3', { status: 'DISABLED' })]],
      fates: ['vs57phhvijir4kv5rf6ywt: resolved user-disabled'],
    },
    {
      name: 'a super user is none any more',
      rule: 'too-many-super-users',
      nights: [supers(4), [...supers(3), aUser({ userId: 's3' })]],
      fates: ['vs57phhvijir4kv5rf6ywt: resolved fixed'],
    },
    {
      name: 'one super user went and two are none any more',
      rule: 'too-many-super-users',
      nights: [supers(5), [...supers(2), aUser({ userId: 's2' }), aUser({ userId: 's3' })]],
      fates: ['vs57phhvijir4kv5rf6ywt: resolved fixed'],
    },
  ])('$rule: $name', async ({ rule, nights, fates }) => {
    expect((await fatesOf(rule, nights)).fates).toEqual(fates);
  });
});

describe('a group or a count of an operator’s rule that fails no more', () => {
  const ofARole = (...where: readonly string[]) =>
    ruleOf('count > 1', {
      kind: 'directory',
      where: ['user.active && user.apiBound', ...where],
      by: 'user.apiAccessPrincipalArn',
    });
  const known = ofARole('has(user.apiAccessPrincipalArn)');
  const many = ruleOf('count > 3', { kind: 'directory', where: ['user.superUser'] });
  const both = [bound('a'), bound('b')];
  const off = { apiAccess: 'DISABLED', apiAccessPrincipalArn: null };
  const APP_USERS = Array.from({ length: 5 }, (_, n) => aUser({ userId: `s${n}` }));

  test.each([
    { name: 'one of two went', rule: known, nights: [both, [bound('a')]], fate: 'resolved user-vanished' },
    {
      name: 'one of two was disabled',
      rule: known,
      nights: [both, [bound('a'), bound('b', { status: 'DISABLED' })]],
      fate: 'resolved user-disabled',
    },
    {
      name: 'one lost the role, of whom the rule is not to speak',
      rule: known,
      nights: [both, [bound('a'), bound('b', { apiAccessPrincipalArn: null })]],
      fate: 'resolved fixed',
    },
    {
      name: 'one lost the role, and may have any',
      rule: ofARole(),
      nights: [both, [bound('a'), bound('b', { apiAccessPrincipalArn: null })]],
      fate: 'open carried',
    },
    { name: 'nobody is left', rule: known, nights: [both, [bound('a', off), bound('b', off)]], fate: 'resolved fixed' },
    { name: 'two of five went', rule: many, nights: [supers(5), supers(3)], fate: 'resolved user-vanished' },
    { name: 'nobody is counted', rule: many, nights: [supers(5), APP_USERS], fate: 'open carried' },
    {
      name: 'the rule breaks on whom it would fail with',
      rule: breaksOnThree,
      nights: [supers(4), [superUser('s0'), aUser({ userId: 's1' })]],
      fate: 'resolved rule-changed',
    },
  ])('$name: $fate', async ({ rule, nights, fate }) => {
    const { fates } = await fatesOf(
      rule.id,
      nights.map((users) => ({ users: [...users, OTHER], own: [rule] })),
    );
    expect(fates).toEqual([expect.stringMatching(new RegExp(`: ${fate}$`))]);
  });
});

test('a rule that breaks on the records of then has nothing to say of them', async () => {
  const rule = ruleOf('count > 1', { kind: 'directory', where: ['user.superUser'] });
  const { fates, last } = await fatesOf(rule.id, [
    { users: supers(3), own: [rule] },
    { users: [...supers(1), aUser({ userId: 's1' }), aUser({ userId: 's2' })], own: [breaksOnThree] },
  ]);
  expect(last?.report.verdict).toBe('COMPLETE');
  expect(fates).toEqual([expect.stringMatching(/: resolved rule-changed$/)]);
});

describe('a person with several users', () => {
  test.each<{ name: string; nights: readonly Users[]; fates: readonly string[] }>([
    {
      name: 'is one where the first went, although the other has another address',
      nights: [[person('m1'), person('m2')], [person('m2', { emailAddress: 'other@example.com' })]],
      fates: ['m1: resolved user-vanished'],
    },
    {
      name: 'is one where the first was disabled, although the other has another address',
      nights: [
        [person('m1'), person('m2')],
        [person('m1', { status: 'DISABLED' }), person('m2', { emailAddress: 'other@example.com' })],
      ],
      fates: ['m1: resolved user-disabled'],
    },
    {
      name: 'is told under another who joined',
      nights: [
        [person('m1'), person('m2')],
        [person('a0'), person('m1'), person('m2')],
      ],
      fates: ['a0: new', 'm1: resolved regrouped a0'],
    },
    {
      name: 'is told under another where the first left the group',
      nights: [
        [person('m1'), person('m2'), person('m3')],
        [person('m1', { emailAddress: 'other@example.com' }), person('m2'), person('m3')],
      ],
      fates: ['m2: new', 'm1: resolved regrouped m2'],
    },
    {
      name: 'is told under another where the first went',
      nights: [
        [person('m1'), person('m2'), person('m3')],
        [person('m2'), person('m3')],
      ],
      fates: ['m2: new', 'm1: resolved user-vanished'],
    },
    {
      name: 'is one where another of the group went',
      nights: [[person('m1'), person('m2')], [person('m1')]],
      fates: ['m1: resolved user-vanished'],
    },
    {
      name: 'is one where one has another address',
      nights: [
        [person('m1'), person('m2')],
        [person('m1'), person('m2', { emailAddress: 'other@example.com' })],
      ],
      fates: ['m1: resolved fixed'],
    },
    {
      name: 'is one where one has an address that is none',
      nights: [
        [person('m1'), person('m2')],
        [person('m1'), person('m2', { emailAddress: 'none' })],
      ],
      fates: ['m1: resolved fixed'],
    },
    {
      name: 'by address and by name, is told under another by name alone',
      nights: [
        [person('m1', NAMED), person('m2'), person('m3', { ...NAMED, emailAddress: 'c@example.com' })],
        [
          person('m1', { emailAddress: 'a@example.com' }),
          person('m2'),
          person('m3', { ...NAMED, emailAddress: 'c@example.com' }),
          person('m4', { ...NAMED, emailAddress: 'd@example.com' }),
        ],
      ],
      fates: ['m3: new', 'm1: resolved regrouped m3'],
    },
    {
      name: 'by address and by name, is one where one went although the other has another name',
      nights: [
        [person('m1', NAMED), person('m2'), person('m3', { ...NAMED, emailAddress: 'c@example.com' })],
        [person('m1', NAMED), person('m3', { emailAddress: 'c@example.com' })],
      ],
      fates: ['m1: resolved user-vanished'],
    },
    ...[undefined, null, ''].map((emailAddress) => ({
      name: `stays one for an address that is ${JSON.stringify(emailAddress)}, for as long as it is`,
      nights: [
        [person('m1'), person('m2')],
        [person('m1'), person('m2', { emailAddress })],
        [person('m1'), person('m2', { emailAddress })],
      ],
      fates: ['m1: open carried'],
    })),
    {
      name: 'is carried for the user under which it was told, too',
      nights: [
        [person('m1'), person('m2')],
        [person('m1', { emailAddress: undefined }), person('m2')],
      ],
      fates: ['m1: open carried'],
    },
    {
      name: 'is carried for a name that is missing',
      nights: [
        ['m1', 'm2'].map((id) => aUser({ userId: id, emailAddress: `${id}@x.com`, firstName: 'Ada', lastName: 'L' })),
        ['m1', 'm2'].map((id) => aUser({ userId: id, emailAddress: `${id}@x.com`, firstName: 'Ada', lastName: null })),
      ],
      fates: ['m1: open carried'],
    },
    {
      name: 'is one where the address went and the user, too',
      nights: [
        [person('m1'), person('m2'), OTHER],
        [person('m1', { emailAddress: undefined }), OTHER],
      ],
      fates: ['m1: resolved user-vanished'],
    },
    {
      name: 'is one again when the address is back and another',
      nights: [
        [person('m1'), person('m2')],
        [person('m1'), person('m2', { emailAddress: undefined })],
        [person('m1'), person('m2', { emailAddress: 'other@example.com' })],
      ],
      fates: ['m1: resolved fixed'],
    },
  ])('$name', async ({ nights, fates }) => {
    const { fates: found, last } = await fatesOf('duplicate-person', nights);
    expect(found).toEqual(fates);
    const outcome = last?.report.rules.find(({ id }) => id === 'duplicate-person');
    if (fates.some((fate) => fate.endsWith('carried'))) {
      expect(outcome).toMatchObject({ notAssessed: 1, reason: expect.stringContaining('missing') });
    }
  });
});

describe('a login', () => {
  const stale = aUser({ lastLoginTime: daysAgo(200), createTime: daysAgo(300) });
  test.each([
    { name: 'that is gone was not unmade', after: { lastLoginTime: undefined }, fate: 'open carried' },
    { name: 'of 0 neither', after: { lastLoginTime: 0 }, fate: 'open carried' },
    {
      name: 'of a user without a status neither',
      after: { lastLoginTime: null, status: undefined },
      fate: 'open carried',
    },
    {
      name: 'of a user who was disabled does not matter',
      after: { lastLoginTime: null, status: 'DISABLED' },
      fate: 'resolved user-disabled',
    },
    { name: 'that is new is a fix', after: { lastLoginTime: daysAgo(1) }, fate: 'resolved fixed' },
  ])('$name', async ({ after, fate }) => {
    const { fates, last } = await fatesOf('stale-login', [[stale], [{ ...stale, ...after }]]);
    expect(fates).toEqual([`u1: ${fate}`]);
    const outcome = last?.report.rules.find(({ id }) => id === 'stale-login');
    expect(outcome).toMatchObject(fate === 'open carried' ? { checked: 0, notAssessed: 1 } : { checked: 1 });
  });

  test.each([
    ['first', [{ lastLoginTime: null }, {}]],
    ['last', [{}, { lastLoginTime: null }]],
  ])('that is gone from one of two records that differ, the %s, was not unmade', async (_, records) => {
    const fresh = { ...stale, lastLoginTime: daysAgo(1) };
    const { fates } = await fatesOf('stale-login', [[stale], records.map((members) => ({ ...fresh, ...members }))]);
    expect(fates).toEqual(['u1: open carried']);
  });

  test('that never was is no matter of this rule', async () => {
    const never = aUser({ lastLoginTime: undefined });
    const { last } = await fatesOf('stale-login', [[never], [never]]);
    const outcome = last?.report.rules.find(({ id }) => id === 'stale-login');
    expect(outcome).toMatchObject({ checked: 1, notAssessed: 0 });
  });
});

describe('other criteria than when a finding last failed', () => {
  const stale = (days: number) => aUser({ lastLoginTime: daysAgo(days) });
  const maxDays = (days: number) => ({ config: { rules: { 'stale-login': { maxDays: days } } } });
  const off = { config: { rules: { 'stale-login': { enabled: false } } } };
  const unusable = aUser({ lastLoginTime: 'garbage' });
  const fixed = [stale(1)];

  test.each<{ name: string; nights: Parameters<typeof fatesOf>[1]; cause: string }>([
    {
      name: "today's would have failed it too",
      nights: [{ users: [stale(200)] }, { users: fixed, ...maxDays(100) }],
      cause: 'fixed',
    },
    {
      name: "today's would have failed it too, and has nothing to say of somebody else's lost login",
      nights: [
        { users: [aUser({ userId: 'never', lastLoginTime: undefined }), stale(200)] },
        { users: [aUser({ userId: 'never', lastLoginTime: undefined }), ...fixed], ...maxDays(100) },
      ],
      cause: 'fixed',
    },
    {
      name: "today's would not have failed it",
      nights: [{ users: [stale(100)] }, { users: fixed, ...maxDays(150) }],
      cause: 'rule-changed',
    },
    {
      name: "today's would fail it by now, and not at the time",
      nights: [{ users: [stale(91)] }, { users: fixed, ...maxDays(91) }],
      cause: 'rule-changed',
    },
    {
      name: 'carried, then the rule is off',
      nights: [[stale(200)], [unusable], { users: [unusable], ...off }],
      cause: 'rule-changed',
    },
    {
      name: 'carried nights are left out',
      nights: [[stale(200)], { users: [unusable], ...maxDays(100) }, { users: fixed, ...maxDays(100) }],
      cause: 'fixed',
    },
    {
      name: 'carried nights are left out, and the limit went up',
      nights: [[stale(100)], { users: [unusable], ...maxDays(150) }, { users: fixed, ...maxDays(150) }],
      cause: 'rule-changed',
    },
    {
      name: 'the rule is off, and the user went: the first that holds',
      nights: [[stale(200), OTHER], { users: [OTHER], ...off }],
      cause: 'user-vanished',
    },
  ])('$name: $cause', async ({ nights, cause }) => {
    const { fates } = await fatesOf('stale-login', nights);
    expect(fates).toEqual([expect.stringMatching(new RegExp(`resolved ${cause}$`))]);
  });

  test.each([
    { max: 3, cause: 'fixed' },
    { max: 4, cause: 'rule-changed' },
  ])('a count is judged anew by a limit of $max: $cause', async ({ max, cause }) => {
    const { fates } = await fatesOf('too-many-super-users', [
      supers(4),
      {
        users: [...supers(3), aUser({ userId: 's3' })],
        config: { rules: { 'too-many-super-users': { max }, 'stale-login': { maxDays: 89 } } },
      },
    ]);
    expect(fates).toEqual([`vs57phhvijir4kv5rf6ywt: resolved ${cause}`]);
  });
});

describe('records of a night on which a finding last failed', () => {
  const stale = (userId: string, days = 200) => aUser({ userId, lastLoginTime: daysAgo(days) });
  const unusable = (userId: string) => aUser({ userId, lastLoginTime: 'garbage' });
  const limits = (...days: readonly number[]) =>
    days.map((maxDays) => ({ config: { rules: { 'stale-login': { maxDays } } } }));
  const trusting = (...trustedAccounts: readonly string[]) => ({ config: { trustedAccounts } });
  const [first, other] = ['444455556666', '777788889999'];
  const snapshot = nightKeys(1).object(OUTPUTS.snapshot);
  const gone = { [snapshot]: async () => undefined };
  const stored = async (key: string, body: () => AsyncIterable<Uint8Array>) => ({ key, version: '1', body: body() });

  test('are judged anew for it alone, and not for what failed on another or is carried', async () => {
    const [before, after] = limits(90, 150);
    const { fates } = await fatesOf('stale-login', [
      { users: [stale('a', 100), stale('b'), stale('c'), stale('d')], ...before },
      { users: [unusable('a'), unusable('b'), stale('c'), unusable('d')], ...after },
      { users: [aUser({ userId: 'a' }), aUser({ userId: 'b' }), aUser({ userId: 'c' }), unusable('d')], ...after },
    ]);
    expect(fates.toSorted()).toEqual([
      'a: resolved rule-changed',
      'b: resolved fixed',
      'c: resolved fixed',
      'd: open carried',
    ]);
  });

  test.each([
    { name: 'are not needed where it was judged as today', nights: limits(90, 90, 90), cause: 'fixed' },
    {
      name: 'are not needed where the same accounts are trusted, in another order',
      nights: [trusting(first, other), trusting(other, first), trusting(other, first)],
      cause: 'fixed',
    },
    { name: 'are needed where the limit is another', nights: limits(90, 80, 80), cause: 'rule-changed' },
    {
      name: 'are needed where other accounts are trusted',
      nights: [trusting(first), trusting(other), trusting(other)],
      cause: 'rule-changed',
    },
  ])('$name: $cause where they are gone', async ({ nights, cause }) => {
    const users = [[stale('a')], [unusable('a')], [aUser({ userId: 'a' })]];
    const plans = nights.map((night, index) => ({ users: users[index] ?? [], ...night }));
    expect((await fatesOf('stale-login', plans, gone)).fates).toEqual([`a: resolved ${cause}`]);
  });

  test('are needed for groups, which nobody knows without them', async () => {
    const nights = [[bound('a'), bound('b')], [bound('a'), bound('b', { apiAccess: undefined })], [bound('a')]];
    expect((await fatesOf('shared-principal', nights)).fates).toEqual([`${SHARED}: resolved user-vanished`]);
    expect((await fatesOf('shared-principal', nights, gone)).fates).toEqual([`${SHARED}: resolved rule-changed`]);
  });

  test('that were altered tell nothing, not even what they begin with', async () => {
    const [before, after] = limits(90, 80);
    const begin = async function* begin() {
      yield gzipSync(`${JSON.stringify(stale('a'))}\n`);
      // Until it was read as far as this.
      await sleep(50);
    };
    const nights: readonly Night[] = [
      { users: [stale('a'), OTHER], ...before },
      { users: [unusable('a'), stale('b')], ...after },
      { users: [aUser({ userId: 'a' }), aUser({ userId: 'b' })], ...after },
    ];
    const { fates } = await fatesOf('stale-login', nights, { [snapshot]: () => stored(snapshot, begin) });
    expect(fates.toSorted()).toEqual(['a: resolved rule-changed', 'b: resolved fixed']);
  });

  const entry = chainKey(ENVIRONMENT, 1);
  /** The first run is one of a version that told neither its code nor when it listed. */
  const ofOldVersion = {
    [entry]: async (archive: Archive) => {
      const { code: _code, listing: _listing, ...manifest }: Manifest = JSON.parse(await readText(archive, entry));
      return stored(entry, async function* text() {
        yield Buffer.from(JSON.stringify(manifest));
      });
    },
    // It names the entry as it was.
    [latestKey(ENVIRONMENT)]: async () => undefined,
  };

  test('of a version that told neither its code nor when it listed are judged anew', async () => {
    const { fates, last } = await fatesOf('stale-login', [[stale('a')], [aUser({ userId: 'a' })]], ofOldVersion);
    expect(last?.report.verdict).toBe('COMPLETE');
    expect(fates).toEqual(['a: resolved fixed']);
  });

  test.each([
    { hour: 1, of: '2', altered: {}, cause: 'fixed' },
    { hour: 3, of: '2', altered: {}, cause: 'rule-changed' },
    { hour: 0, of: '0, where nobody says when', altered: ofOldVersion, cause: 'fixed' },
    { hour: 1, of: '0, where nobody says when', altered: ofOldVersion, cause: 'rule-changed' },
  ])('are judged by the moment at which they were read: a time of hour $hour, of hour $of: $cause', async (given) => {
    const hours = (count: number) => nightAt(1).getTime() + count * 3_600_000;
    const user = aUser({ lastName: 'X', lastLoginTime: hours(given.hour) });
    const nights = [
      { users: [user], own: [ruleOf('user.lastName == "X"')], listedAt: new Date(hours(2)) },
      { users: [aUser({ lastLoginTime: daysAgo(9) })], own: [ruleOf('age(user.lastLoginTime) < days(1)')] },
    ];
    const { fates } = await fatesOf('x-contractor-api-access', nights, given.altered);
    expect(fates).toEqual([`u1: resolved ${given.cause}`]);
  });

  test('are judged by every rule by which somebody failed', async () => {
    const nights = [
      [aUser({ userId: 'a', lastLoginTime: daysAgo(200), emailAddress: 'root@example.com' })],
      [aUser({ userId: 'a' })],
    ];
    for (const rule of ['stale-login', 'shared-mailbox'])
      expect((await fatesOf(rule, nights)).fates).toEqual(['a: resolved fixed']);
  });

  test('are not asked of a rule that is no more', async () => {
    const own = [ruleOf('user.lastName == "X"')];
    const users = [aUser({ lastName: 'X' })];
    const { fates, last } = await fatesOf('x-contractor-api-access', [{ users, own }, users]);
    expect(last?.report.verdict).toBe('COMPLETE');
    expect(fates).toEqual(['u1: resolved rule-changed']);
  });

  test('of which it can not be told whether they fail are no failure', async () => {
    const most = (max: number) => ({ config: { rules: { 'too-many-super-users': { max } } } });
    const { fates } = await fatesOf('too-many-super-users', [
      { users: [...supers(3), aUser({ userId: 'a', type: undefined })], ...most(2) },
      { users: [...supers(1), ...['s1', 's2', 'a'].map((userId) => aUser({ userId }))], ...most(3) },
    ]);
    expect(fates).toEqual(['vs57phhvijir4kv5rf6ywt: resolved rule-changed']);
  });

  test('that differ of one user count it once', async () => {
    const most = (max: number) => ({ config: { rules: { 'too-many-super-users': { max } } } });
    const { fates } = await fatesOf('too-many-super-users', [
      { users: [...supers(3), superUser('s0', { firstName: 'Another' })], ...most(2) },
      { users: [...supers(1), aUser({ userId: 's1' }), aUser({ userId: 's2' })], ...most(3) },
    ]);
    expect(fates).toEqual(['vs57phhvijir4kv5rf6ywt: resolved rule-changed']);
  });
});

test('a user that was disabled all the while is put right, not disabled', async () => {
  const leftover = anApiUser({ status: 'DISABLED', apiAccess: 'DISABLED' });
  const { fates } = await fatesOf('leftover-principal', [[leftover], [{ ...leftover, apiAccessPrincipalArn: null }]]);
  expect(fates).toEqual(['u1: resolved fixed']);
});

describe('a user who was disabled on a night that could not judge', () => {
  const config: Partial<Config> = { environments: [{ id: ENVIRONMENT, enrich: { permissionGroups: true } }] };
  const read = (...more: readonly GroupRecord[]): Settings => ({
    config,
    enrichments: {
      groups: async function* groups() {
        yield { permissionGroupId: 'g', applicationPermissions: ['ManageUsersAndGroups'] };
        yield { permissionGroupId: 'g', userId: 'u1' };
        yield* more;
      },
    },
  });
  const cut = read({ unread: 'permission groups were not read in full' });
  const off: Settings = { ...cut, config: { ...config, rules: { 'effective-super-user': { enabled: false } } } };
  const users = (members = {}): Users => [aUser(members), OTHER];
  const disabled = users({ status: 'DISABLED' });

  test.each<{ name: string; nights: Parameters<typeof fatesOf>[1]; cause: string }>([
    {
      name: 'is told as disabled by the one that can',
      nights: [
        { users: users(), ...read() },
        { users: disabled, ...cut },
        { users: disabled, ...cut },
        { users: disabled, ...read() },
      ],
      cause: 'user-disabled',
    },
    {
      name: 'the same where the rule is off by then: the first that holds',
      nights: [
        { users: users(), ...read() },
        { users: disabled, ...cut },
        { users: disabled, ...off },
      ],
      cause: 'user-disabled',
    },
    {
      name: 'and who had no status in between',
      nights: [
        { users: users(), ...read() },
        { users: users({ status: undefined }), ...cut },
        { users: disabled, ...read() },
      ],
      cause: 'user-disabled',
    },
  ])('$name', async ({ nights, cause }) => {
    const { fates } = await fatesOf('effective-super-user', nights);
    expect(fates).toEqual([`u1: resolved ${cause}`]);
  });

  test.each([
    { name: 'they were not there', between: [OTHER], cause: 'user-disabled' },
    { name: 'they were disabled', between: disabled, cause: 'fixed' },
  ])('is told of by the run before where $name, and the records of then are gone', async ({ between, cause }) => {
    const nights = [
      { users: users(), ...read() },
      { users: between, ...cut },
      { users: disabled, ...read() },
    ];
    const { fates } = await fatesOf('effective-super-user', nights, {
      [nightKeys(1).object(OUTPUTS.snapshot)]: async () => undefined,
    });
    expect(fates).toEqual([`u1: resolved ${cause}`]);
  });

  test('was not disabled since then, where it was disabled as the finding failed', async () => {
    const long = (members: object): Users => [aUser({ status: 'DISABLED', ...members }), OTHER];
    const { fates } = await fatesOf('long-disabled', [
      long({ lastDisabledTime: daysAgo(400) }),
      long({ lastDisabledTime: 'garbage', status: undefined }),
      long({ lastDisabledTime: daysAgo(1) }),
    ]);
    expect(fates).toEqual(['u1: resolved fixed']);
  });
});

describe('a user who failed, and is disabled', () => {
  const gone = async () => undefined;
  const u1 = (members: Readonly<Record<string, unknown>>) => [aUser({ userId: 'u1', ...members }), OTHER];
  const unusable = u1({ lastLoginTime: 'garbage' });
  const nights = [
    u1({ lastLoginTime: daysAgo(200) }),
    unusable,
    unusable,
    u1({ lastLoginTime: daysAgo(200), status: 'DISABLED' }),
  ];

  test.each([
    { name: 'the records of then', key: nightKeys(1).object(OUTPUTS.snapshot) },
    { name: 'the run of then', key: chainKey(ENVIRONMENT, 1) },
  ])('is told of by the run before where $name can not be read any more', async ({ key }) => {
    expect((await fatesOf('stale-login', nights, { [key]: gone })).fates).toEqual(['u1: resolved user-disabled']);
  });

  test('has no cause made up where the archive gives no answer about the records of then: the night failed', async () => {
    const archive = memoryArchive();
    const plans = nights.map((users, index) => ({ number: index + 1, users }));
    await auditNights(archive, plans.slice(0, -1));
    const then = nightKeys(1).object(OUTPUTS.snapshot);
    const read: Archive['read'] = (key) =>
      key === then ? Promise.reject(new Error('no way to the archive')) : archive.read(key);
    const [last] = await auditNights({ ...archive, read }, plans.slice(-1));
    expect(last?.report).toMatchObject({
      verdict: 'FAILED',
      reason: 'archive-unavailable',
      message: expect.stringContaining('no way to the archive'),
    });
  });
});

describe('a record without a userId', () => {
  const nameless = (members = {}) => aUser({ userId: undefined, lastLoginTime: daysAgo(200), ...members });

  test.each([
    { name: 'gone', after: [OTHER] },
    { name: 'in the same place with another login', after: [nameless({ lastLoginTime: daysAgo(1) }), OTHER] },
    { name: 'with its userId', after: [nameless({ userId: 'u1', lastLoginTime: daysAgo(1) }), OTHER] },
  ])('$name: nobody can tell what became of it', async ({ after }) => {
    const { fates } = await fatesOf('stale-login', [[nameless(), OTHER], after]);
    expect(fates).toEqual(['#0: resolved rule-changed']);
  });

  test('in a group that fails no more: nobody can tell whether it was mended', async () => {
    const one = bound('a');
    const { fates } = await fatesOf('shared-principal', [
      [one, bound('b', { userId: undefined })],
      [one, OTHER],
    ]);
    expect(fates).toEqual([`${SHARED}: resolved rule-changed`]);
  });

  test('in a group of which a user went: without whose going it would still fail', async () => {
    const no = bound('b', { userId: undefined });
    const { fates } = await fatesOf('shared-principal', [
      [bound('a'), no, OTHER],
      [no, OTHER],
    ]);
    expect(fates).toEqual([`${SHARED}: resolved user-vanished`]);
  });
});
