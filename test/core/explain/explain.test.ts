import { describe, expect, test } from '@jest/globals';
import { agrees } from '../../../cli/explain/view.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { lastCompleteRun } from '../../../core/archive/head.ts';
import { readFacts } from '../../../core/archive/read-facts.ts';
import type { Config } from '../../../core/config/config.ts';
import { concerns, type ExplainedRule, explain } from '../../../core/explain/explain.ts';
import { type ClearingChange, gentlest } from '../../../core/explain/what-if.ts';
import type { GroupRecord } from '../../../core/model/groups.ts';
import { parseRecord } from '../../../core/model/record.ts';
import { configureRules } from '../../../rules/engine/configure.ts';
import type { Rule, Subject } from '../../../rules/engine/rule.ts';
import type { User } from '../../../rules/engine/user.ts';
import { rules } from '../../../rules/index.ts';
import { isReleased } from '../../rules/contract.ts';
import { auditNights } from '../../support/archived-nights.ts';
import { aContext, anApiUser, aRoleArn, aUser, daysAgo, ENVIRONMENT } from '../../support/builders.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

describe('a rule that breaks', () => {
  const breaks = {
    text: () => 'it breaks',
    holds: (): never => {
      throw new Error('Zebulon Quagmire');
    },
  };
  /** Rules that break: on every user, on one that is changed, and as they count. */
  const breaking = rules.map((rule): Rule => {
    if (rule.kind === 'user' && rule.id === 'stale-login') return { ...rule, when: [breaks] };
    if (rule.kind === 'user' && rule.id === 'stuck-creating') {
      const holds = ({ apiAccess }: User) => apiAccess === 'ENABLED' || breaks.holds();
      return { ...rule, when: [{ ...breaks, holds }] };
    }
    if (rule.kind === 'directory' && rule.id === 'duplicate-person') return { ...rule, counts: [breaks] };
    return rule;
  });
  const shared = { apiAccessPrincipalArn: aRoleArn('shared'), lastLoginTime: daysAgo(400) };
  const users = [anApiUser({ ...shared, userId: 'a' }), anApiUser({ ...shared, userId: 'b' }), aUser()];

  const explained = async (): Promise<readonly ExplainedRule[]> => {
    const archive = folderArchive(await newFolder());
    await auditNights(archive, [{ number: 1, users }]);
    const last = await lastCompleteRun(archive, ENVIRONMENT);
    if (last === undefined) throw new Error('there is no complete run');
    const { manifest } = last;
    const subject = { kind: 'user', id: 'a' } as const;
    const then = { rules: configureRules(breaking, {}), context: aContext() };
    const told = await explain({ archive, manifest, subject, ruleId: undefined, then, today: undefined });
    return told?.rules ?? [];
  };

  test('has not judged, its error is not told, and the others are explained', async () => {
    const told = await explained();
    const broken = told.filter(({ unjudged }) => unjudged === 'the rule failed').map(({ rule }) => rule.id);
    expect(broken).toEqual(['stale-login', 'duplicate-person']);
    expect(JSON.stringify(told)).not.toContain('Zebulon');
    const sharing = told.find(({ rule }) => rule.id === 'shared-principal');
    expect(sharing?.explanation?.outcome).toBe('FAIL');
    expect(sharing?.smallestChanges.map(({ text }) => text)).toEqual([
      'set apiAccessPrincipalArn to a role of its own in the account of the environment',
    ]);
  });
});

describe('a user with records that differ', () => {
  const STALE = aUser({ userId: 'a', lastLoginTime: daysAgo(200) });
  const FRESH = aUser({ userId: 'a', lastName: 'Other' });

  const explainedBy = async (records: readonly unknown[], ruleId: string) => {
    const archive = folderArchive(await newFolder());
    await auditNights(archive, [{ number: 1, users: [aUser({ userId: 'b' }), ...records, aUser({ userId: 'c' })] }]);
    const last = await lastCompleteRun(archive, ENVIRONMENT);
    if (last === undefined) throw new Error('there is no complete run');
    const then = { rules: configureRules(rules, {}), context: aContext() };
    const subject = { kind: 'user', id: 'a' } as const;
    const told = await explain({ archive, manifest: last.manifest, subject, ruleId, then, today: then });
    const [rule] = told?.rules ?? [];
    return { told, rule, agrees: rule && agrees(rule) };
  };

  test.each([
    ['the first is worse', [STALE, FRESH]],
    ['the last is worse', [FRESH, STALE]],
  ])('is judged by the worst of them, as the run did: %s', async (_, records) => {
    const { told, rule, agrees: isAgreed } = await explainedBy(records, 'stale-login');
    expect({ outcome: rule?.explanation?.outcome, isAgreed, records: told?.records }).toEqual({
      outcome: 'FAIL',
      isAgreed: true,
      records: 2,
    });
    expect(rule?.explanation?.values).toContainEqual({ member: 'lastLoginTime', value: daysAgo(200) });
    expect(rule?.smallestChanges.map(({ text }) => text)).toEqual(['have the user log in']);
    expect(rule?.today).toMatchObject({ outcome: 'FAIL' });
  });

  test('passes where all of them do', async () => {
    const { rule, agrees: isAgreed } = await explainedBy([FRESH, aUser({ userId: 'a' })], 'stale-login');
    expect([rule?.explanation?.outcome, isAgreed]).toEqual(['PASS', true]);
  });

  test('what clears one of them alone is no remedy', async () => {
    const privileged = aUser({ userId: 'a', type: 'SUPER_USER', apiAccess: 'ENABLED' });
    const disabled = aUser({ userId: 'a', type: 'SUPER_USER', apiAccess: 'ENABLED', lastName: 'Other' });
    const { rule } = await explainedBy([privileged, disabled], 'super-user-api-access');
    expect(rule?.explanation?.outcome).toBe('FAIL');
    expect(rule?.smallestChanges.map(({ text }) => text)).toEqual(['set apiAccess to DISABLED']);
  });

  test('the others of a group keep their ids', async () => {
    const shared = { apiAccessPrincipalArn: aRoleArn('shared') };
    const records = [anApiUser({ userId: 'a', ...shared }), anApiUser({ userId: 'a', ...shared, lastName: 'Other' })];
    const { rule } = await explainedBy([...records, anApiUser({ userId: 'd', ...shared })], 'shared-principal');
    expect(rule?.groups.map(({ ids }) => [...ids].toSorted())).toEqual([['a', 'd']]);
  });
});

describe('a finding that the run carried', () => {
  const config: Partial<Config> = { environments: [{ id: ENVIRONMENT, enrich: { permissionGroups: true } }] };
  const group: GroupRecord = { permissionGroupId: 'g', applicationPermissions: ['ManageUsersAndGroups'] };
  const cut: GroupRecord = { unread: 'permission groups were not read in full' };
  const groups = (...records: readonly GroupRecord[]) => ({
    groups: async function* read() {
      yield* [group, ...['a', 'b'].map((userId): GroupRecord => ({ permissionGroupId: 'g', userId })), ...records];
    },
  });
  const namesakes = (members: object, others = {}): readonly unknown[] => [
    aUser({ userId: 'a', firstName: 'Ada', lastName: 'Lovelace', lastLoginTime: daysAgo(200), ...members }),
    aUser({ userId: 'b', firstName: 'Ada', lastName: 'Lovelace', ...others }),
    aUser({ userId: 'c', firstName: 'Ada', lastName: 'Lovelace' }),
  ];

  const explained = async (
    ruleId: string,
    subject: string,
    users: readonly unknown[],
    before = namesakes({}),
  ): Promise<ExplainedRule | undefined> => {
    const archive = folderArchive(await newFolder());
    const [first, second] = [groups(), groups(cut)];
    await auditNights(archive, [
      { number: 1, users: before, config, enrichments: first },
      { number: 2, users, config, enrichments: second },
    ]);
    const last = await lastCompleteRun(archive, ENVIRONMENT);
    if (last === undefined) throw new Error('there is no complete run');
    const { manifest } = last;
    const then = {
      rules: configureRules(rules, {}, new Set(['permissionGroups'])),
      context: aContext({ now: Date.parse(manifest.asOf), ...(await readFacts(archive, manifest)) }),
    };
    const about = { kind: 'user', id: subject } as const;
    const told = await explain({ archive, manifest, subject: about, ruleId, then, today: then });
    return told?.rules[0];
  };

  test.each([
    {
      name: 'of a login that was there',
      ruleId: 'stale-login',
      users: namesakes({ lastLoginTime: null }),
      message: 'lastLoginTime was there and is not, and a login cannot be unmade',
    },
    {
      name: 'of a name that was there',
      ruleId: 'duplicate-person',
      before: namesakes({}, { emailAddress: 'other' }).slice(0, 2),
      users: namesakes({ firstName: null }).slice(0, 2),
      message: 'what a user had in common with others was there and is missing',
    },
  ])('is no pass: $name', async ({ ruleId, before, users, message }) => {
    const rule = await explained(ruleId, 'a', users, before);
    expect(rule?.finding?.carried).toBe(true);
    expect(rule?.explanation).toMatchObject({ outcome: 'NOT_ASSESSED', message });
    expect(rule?.today).toMatchObject({ outcome: 'NOT_ASSESSED' });
    expect(rule && agrees(rule)).toBe(true);
  });

  test('is none of a user who is of the group no more', async () => {
    const [a, b, c] = [{ emailAddress: undefined }, { status: 'DISABLED' }, {}].map((members, index) =>
      aUser({ userId: 'abc'[index], firstName: undefined, emailAddress: 'ada@example.com', ...members }),
    );
    const before = ['a', 'b', 'c'].map((userId) => aUser({ userId, emailAddress: 'ada@example.com' }));
    const users = [a, b, { ...c, emailAddress: null }];
    const rule = await explained('duplicate-person', 'b', users, before);
    expect([rule?.finding?.carried, rule?.explanation?.outcome]).toEqual([true, 'PASS']);
  });

  test('stands besides what fails of the user in another group', async () => {
    const named = { firstName: 'Ada', lastName: 'Lovelace' };
    const listed = (emailAddress: string | null) => [
      aUser({ userId: '0', ...named }),
      aUser({ userId: 'a', ...named, emailAddress }),
      aUser({ userId: 'b', emailAddress: 'ada@example.com' }),
    ];
    const rule = await explained('duplicate-person', 'a', listed(null), listed('ada@example.com'));
    expect(rule?.explanation?.outcome).toBe('FAIL');
    expect(rule?.finding).toMatchObject({ subject: { id: '0' } });
    expect(rule?.besides).toMatchObject({ subject: { id: 'a' }, carried: true });
    expect(rule && agrees(rule)).toBe(true);
  });

  test.each([
    ['of a member', namesakes({})],
    ['of somebody disabled since', namesakes({ status: 'DISABLED' })],
  ])('for groups that were cut, the rules that need them judge nobody: %s', async (_, users) => {
    const rule = await explained('effective-super-user', 'a', users);
    expect(rule).toMatchObject({
      unjudged: 'permission groups were not read in full',
      explanation: undefined,
      smallestChanges: [],
      finding: { carried: true },
      today: { unjudged: 'permission groups were not read in full' },
    });
  });
});

test('numbers that no double holds are told as they came', async () => {
  const archive = folderArchive(await newFolder());
  const text = JSON.stringify(aUser({ userId: 'a', lastLoginTime: 'TIME' })).replace('"TIME"', '1700000000000.0000001');
  await auditNights(archive, [{ number: 1, users: [parseRecord(text)] }]);
  const last = await lastCompleteRun(archive, ENVIRONMENT);
  if (last === undefined) throw new Error('there is no complete run');
  const then = { rules: configureRules(rules, {}), context: aContext() };
  const subject = { kind: 'user', id: 'a' } as const;
  const told = await explain({
    archive,
    manifest: last.manifest,
    subject,
    ruleId: 'stale-login',
    then,
    today: undefined,
  });
  expect(JSON.stringify(told?.rules[0]?.explanation?.values)).toContain(
    '{"member":"lastLoginTime","value":1700000000000.0000001}',
  );
});

describe('what rules have to say', () => {
  const released = rules.filter(({ id }) => isReleased(id));
  const concerning = (kind: Subject['kind']) => released.filter((rule) => concerns(rule, { kind, id: 'any' }));

  test('of a user is all but what counts nobody, that of the role it is bound to included', () => {
    expect(released.filter((rule) => !concerning('user').includes(rule)).map(({ id }) => id)).toEqual([
      'end-of-support',
    ]);
  });

  test('of a principal is that of its role, and of those who share it', () => {
    expect(concerning('principal').map(({ id }) => id)).toEqual([
      'shared-principal',
      'principal-missing',
      'principal-trusts-outsiders',
      'idle-principal',
      'recreated-principal',
    ]);
  });

  test('of the environment is that of all together', () => {
    expect(concerning('environment').map(({ id }) => id)).toEqual([
      'too-many-super-users',
      'too-few-super-users',
      'end-of-support',
    ]);
  });
});

test('of several changes the first is told that makes the least worse', () => {
  const change = (text: string, worse: number): ClearingChange => ({
    text,
    newlyFailed: [],
    sideEffects: Array(worse).fill({}),
  });
  const changes = [change('a', 2), change('b', 1), change('c', 1), change('d', 3)];
  expect(gentlest(changes).map(({ text }) => text)).toEqual(['b']);
  expect(gentlest([])).toEqual([]);
});
