import { describe, expect, test } from '@jest/globals';
import { agrees } from '../../../cli/explain/view.ts';
import { lastCompleteRun } from '../../../core/archive/head.ts';
import { readFacts } from '../../../core/archive/read-facts.ts';
import type { UserRecords } from '../../../core/archive/repeated-records.ts';
import type { Config } from '../../../core/config/config.ts';
import { concerns, type ExplainedRule, explain } from '../../../core/explain/explain.ts';
import { type ClearingChange, clearingChanges, gentlest, type TriedChange } from '../../../core/explain/what-if.ts';
import type { GroupRecord } from '../../../core/model/groups.ts';
import { configureRules, type RuleSettings } from '../../../rules/engine/configure.ts';
import type { Context, Options } from '../../../rules/engine/context.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { parseRecord } from '../../../rules/engine/record.ts';
import {
  type DirectoryRule,
  defineDirectoryRule,
  type GroupFacts,
  type Rule,
  type Subject,
} from '../../../rules/engine/rule.ts';
import { readUser, type User } from '../../../rules/engine/user.ts';
import { rules } from '../../../rules/index.ts';
import { isReleased } from '../../rules/contract.ts';
import { auditNights } from '../../support/archived-nights.ts';
import { archiveObjects } from '../../support/archived-run.ts';
import {
  ACCOUNT,
  aContext,
  anApiUser,
  answered,
  aRoleArn,
  aUser,
  daysAgo,
  ENVIRONMENT,
  soundFacts,
  type UserRecord,
} from '../../support/builders.ts';
import { entryKey, entryRun, linkToEntry, putAll } from '../../support/chain-entries.ts';
import { aFinding } from '../../support/findings.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { RULE_TEXTS } from '../../support/rule-texts.ts';

interface Archived {
  readonly users: readonly unknown[];
  readonly findings?: readonly Finding[];
  /** The users of the run before; undefined: there is none. */
  readonly before?: readonly unknown[] | undefined;
  /** The facts beside the listing. */
  readonly facts?: Partial<Context>;
  readonly catalogue?: readonly Rule[];
  readonly settings?: Readonly<Record<string, RuleSettings>>;
}

/** Explains a subject by a run in memory that has these users and findings. */
const explainedIn = async (
  { users, findings = [], before, facts = {}, catalogue = rules, settings = {} }: Archived,
  subject: Subject,
  ruleId?: string,
) => {
  const archive = memoryArchive();
  const earlier = before && (await archiveObjects(archive, 1, { snapshot: before, findings: [], report: {} }));
  if (earlier !== undefined) await putAll(archive, { [entryKey(1)]: earlier });
  const previous = earlier && linkToEntry(entryKey(1), earlier);
  const objects = { snapshot: users, findings };
  const manifest = await archiveObjects(archive, 2, objects, previous === undefined ? {} : { previous });
  const then = {
    rules: configureRules(catalogue, settings, new Set(['iamRoles', 'permissionGroups'])),
    context: aContext(facts),
  };
  return explain({ archive, manifest, subject, ruleId, then, today: undefined });
};

const theUser = (id: string): Subject => ({ kind: 'user', id });

describe('a rule that breaks', () => {
  const breaks = {
    text: () => 'it breaks',
    holds: (): never => {
      throw new Error('Zebulon Quagmire');
    },
  };
  /** Breaks on whoever is not as those below are. */
  const breaksOnOthers = {
    ...breaks,
    holds: ({ id, status, type, apiAccess, principalArn }: User) =>
      id === 'u1' || [status, type, apiAccess, principalArn].join() === `ENABLED,APP_USER,ENABLED,${aRoleArn('shared')}`
        ? true
        : breaks.holds(),
  };
  /** Rules that break: on every user, on one that is changed, as they say why, and as they count. */
  const breaking = rules.map((rule): Rule => {
    if (rule.kind === 'user' && rule.id === 'stale-login') return { ...rule, when: [breaks] };
    if (rule.kind === 'user' && rule.id === 'stuck-creating') {
      const holds = ({ apiAccess }: User) => apiAccess === 'ENABLED' || breaks.holds();
      return { ...rule, when: [{ ...breaks, holds }] };
    }
    if (rule.kind === 'user' && rule.id === 'long-disabled')
      return { ...rule, when: [], violation: () => undefined as never };
    if (rule.kind === 'directory' && rule.id === 'duplicate-person') return { ...rule, counts: [breaks] };
    return rule;
  });
  const shared = { apiAccessPrincipalArn: aRoleArn('shared'), lastLoginTime: daysAgo(400) };
  const users = [anApiUser({ ...shared, userId: 'a' }), anApiUser({ ...shared, userId: 'b' }), aUser()];

  const explained = async (by: readonly Rule[] = breaking): Promise<readonly ExplainedRule[]> => {
    const archive = memoryArchive();
    await auditNights(archive, [{ number: 1, users }]);
    const last = await lastCompleteRun(archive, ENVIRONMENT);
    if (last === undefined) throw new Error('there is no complete run');
    const { manifest } = last;
    const subject = { kind: 'user', id: 'a' } as const;
    const then = { rules: configureRules(by, {}), context: aContext() };
    const told = await explain({ archive, manifest, subject, ruleId: undefined, then, today: undefined });
    return told?.rules ?? [];
  };

  test.each<{ name: string; broken: (rule: DirectoryRule) => object }>([
    {
      name: 'as it counts a user that is changed',
      broken: ({ counts = [] }) => ({ counts: [breaksOnOthers, ...counts] }),
    },
    {
      name: 'as it judges fewer users',
      broken: ({ limit }) => ({
        limit: (facts: GroupFacts, options: Options, context: Context) =>
          facts.count === 1 ? breaks.holds() : limit?.(facts, options, context),
      }),
    },
  ])('clears nothing where it breaks $name, and the others are explained', async ({ broken }) => {
    const told = await explained(
      rules.map(
        (rule): Rule =>
          rule.kind === 'directory' && rule.id === 'shared-principal' ? { ...rule, ...broken(rule) } : rule,
      ),
    );
    const changesOf = (id: string) => told.find(({ rule }) => rule.id === id)?.smallestChanges.map(({ text }) => text);
    expect(changesOf('shared-principal')).toEqual([]);
    expect(changesOf('stale-login')).toEqual(['have the user log in']);
  });

  test('has not judged, its error is not told, and the others are explained', async () => {
    const told = await explained();
    const broken = told.filter(({ unjudged }) => unjudged === 'the rule failed').map(({ rule }) => rule.id);
    expect(broken).toEqual(['stale-login', 'long-disabled', 'duplicate-person']);
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
    const archive = memoryArchive();
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
    const archive = memoryArchive();
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

describe('the config of today', () => {
  const ARN = aRoleArn('shared', '999988887777');
  const users = ['a', 'b', 'c'].map((userId) => anApiUser({ userId, apiAccessPrincipalArn: ARN }));
  const crowded = (mark: string): Rule =>
    defineDirectoryRule({
      ...RULE_TEXTS,
      id: 'crowded',
      about: 'environment',
      options: { mark, max: 1 },
      counts: [
        { text: () => 'marked', holds: ({ emailAddress }, { mark: own }) => String(emailAddress).includes(own) },
      ],
      limit: ({ count }, { max }) => ({ text: `more than ${max}: ${count}`, holds: count > max }),
      violation: () => ({ message: 'crowded', evidence: {} }),
    });

  const todayOf = async (
    subject: Subject,
    { was, is = was, trusted = [] }: { was: readonly Rule[]; is?: readonly Rule[]; trusted?: readonly string[] },
  ) => {
    const archive = memoryArchive();
    const manifest = await archiveObjects(archive, 1, { snapshot: users, findings: [] });
    const roles = () => answered({ lastUsedAt: daysAgo(1) });
    const criteria = (these: readonly Rule[], accounts: readonly string[] = []) => ({
      rules: configureRules(these, {}, new Set(['iamRoles'])),
      context: aContext({ trustedAccounts: new Set([ACCOUNT, ...accounts]), roles }),
    });
    const [then, now] = [criteria(was), criteria(is, trusted)];
    const told = await explain({ archive, manifest, subject, ruleId: undefined, then, today: now });
    return told?.rules.map(({ explanation, unjudged, today }) => [explanation?.outcome ?? unjudged, today]);
  };

  test.each([
    ['fewer', 'quagmire', 'zebulon.a', 'FAIL', 'PASS'],
    ['more', 'zebulon.a', 'quagmire', 'PASS', 'FAIL'],
  ])(
    'judges by whom it counts, where that is %s than the run did',
    async (_, mark, markToday, outcome, outcomeToday) => {
      const told = await todayOf(
        { kind: 'environment', id: ENVIRONMENT },
        { was: [crowded(mark)], is: [crowded(markToday)] },
      );
      expect(told).toEqual([[outcome, { outcome: outcomeToday, severity: 'MEDIUM' }]]);
    },
  );

  const idle = rules.filter(({ id }) => id === 'idle-principal');

  test('judges the role of an account that it trusts', async () => {
    expect(await todayOf({ kind: 'user', id: 'a' }, { was: idle, trusted: ['999988887777'] })).toEqual([
      ['there is no role of an own or trusted account', { outcome: 'PASS', severity: 'LOW' }],
    ]);
  });

  test('judges by each of several rules', async () => {
    const subject = { kind: 'environment', id: ENVIRONMENT } as const;
    const few = rules.filter(({ id }) => id === 'too-few-super-users');
    expect(await todayOf(subject, { was: [crowded('a'), ...few] })).toEqual([
      ['FAIL', { outcome: 'FAIL', severity: 'MEDIUM' }],
      ['FAIL', { outcome: 'FAIL', severity: 'INFORMATIONAL' }],
    ]);
  });

  test('has no say of a rule that it does not have', async () => {
    const subject = { kind: 'environment', id: ENVIRONMENT } as const;
    expect(await todayOf(subject, { was: [crowded('a')], is: [] })).toEqual([['FAIL', undefined]]);
  });
});

test('numbers that no double holds are told as they came', async () => {
  const archive = memoryArchive();
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

describe('the finding that is told of a rule', () => {
  const ARN = aRoleArn('shared');
  const own = theUser('a');
  const other = theUser('b');
  const principal: Subject = { kind: 'principal', id: ARN };
  const [a, b] = ['a', 'b'].map((userId) => anApiUser({ userId, apiAccessPrincipalArn: ARN }));

  const toldOf = async (findings: readonly Finding[], user = a) => {
    const told = await explainedIn({ users: [user, b], findings, facts: soundFacts() }, own);
    return told?.rules.flatMap(({ finding, besides }) => (finding === undefined ? [] : [{ finding, besides }]));
  };
  const named = { users: [{ userId: 'x' }, { userId: 'a' }] };

  test.each<[name: string, finding: Partial<Finding>]>([
    ['is on it', { ruleId: 'stale-login', subject: own }],
    ['is on a group, and names it', { ruleId: 'duplicate-person', subject: other, evidence: named }],
    ['is on the ARN that it counts by, whoever is named', { ruleId: 'shared-principal', subject: principal }],
    ['is on its role', { ruleId: 'idle-principal', subject: principal }],
  ])('%s', async (_, about) => {
    const finding = aFinding({ evidence: { userIds: ['x'] }, ...about });
    expect(await toldOf([finding])).toStrictEqual([{ finding, besides: undefined }]);
  });

  test.each<[name: string, finding: Partial<Finding>, user?: UserRecord]>([
    ['is on another, and names it', { ruleId: 'stale-login', subject: other, evidence: named }],
    ['is on a principal of its name', { ruleId: 'stale-login', subject: { kind: 'principal', id: 'a' } }],
    ['is on a group that it is not in', { ruleId: 'duplicate-person', subject: other }],
    ['is on another role', { ruleId: 'idle-principal', subject: { kind: 'principal', id: aRoleArn('other') } }],
    ['is on a user called as its role', { ruleId: 'idle-principal', subject: theUser(ARN) }],
    ['is on another ARN', { ruleId: 'shared-principal', subject: { kind: 'principal', id: aRoleArn('other') } }],
    ['is on a user called as its ARN', { ruleId: 'shared-principal', subject: theUser(ARN) }],
    [
      'is on its ARN, by which it does not count',
      { ruleId: 'shared-principal', subject: principal },
      anApiUser({ userId: 'a', apiAccessPrincipalArn: ARN, status: 'DISABLED' }),
    ],
  ])('is none that %s', async (...[, about, user]) => {
    expect(await toldOf([aFinding({ evidence: { count: null }, ...about })], user)).toStrictEqual([]);
  });

  const standing = (overrides: Partial<Finding>) =>
    aFinding({ ruleId: 'duplicate-person', evidence: named, ...overrides });
  const ofOwn = standing({ subject: own });
  const ofOther = standing({ subject: other });
  const carriedOwn = standing({ subject: own, carried: true });
  const carriedOther = standing({ subject: other, carried: true });
  const resolvedOwn = standing({ subject: own, state: 'resolved', resolvedAt: '2026-11-24T02:00:00.000Z' });
  const resolvedOther = standing({ subject: other, state: 'resolved', resolvedAt: '2026-11-24T02:00:00.000Z' });

  test.each<[name: string, most: Finding, less: Finding, besides?: Finding]>([
    ['its own, of two that stand', ofOwn, ofOther],
    ['what stands, and not its own that resolved', ofOther, resolvedOwn],
    ['what was carried, and not its own that resolved', carriedOther, resolvedOwn],
    ['what was judged, and its own that was carried besides', ofOther, carriedOwn, carriedOwn],
    ['its own that was carried, of two', carriedOwn, carriedOther],
    ['its own that was judged, and nothing besides', ofOwn, carriedOther],
    ['its own, of two that resolved', resolvedOwn, resolvedOther],
    [
      'what was judged, and nothing besides that was carried until it resolved',
      ofOther,
      standing({ subject: own, carried: true, state: 'resolved' }),
    ],
  ])('is %s', async (...[, finding, less, besides]) => {
    for (const findings of [
      [finding, less],
      [less, finding],
    ])
      expect(await toldOf(findings)).toStrictEqual([{ finding, besides }]);
  });

  test('is none of a rule that is not asked for, whatever that counts by', async () => {
    const findings = [aFinding({ ruleId: 'shared-principal', subject: principal, evidence: {} })];
    const told = await explainedIn({ users: [a, b], findings, facts: soundFacts() }, own, 'stale-login');
    expect(told?.rules.map(({ rule, finding, groups }) => [rule.id, finding, groups])).toStrictEqual([
      ['stale-login', undefined, []],
    ]);
  });

  test('is the one besides too, whatever else comes after', async () => {
    const told = await toldOf([carriedOwn, resolvedOther, ofOther, carriedOther]);
    expect(told).toStrictEqual([{ finding: ofOther, besides: carriedOwn }]);
  });
});

describe('who is explained', () => {
  const ARN = aRoleArn('shared');
  const users = [anApiUser({ userId: 'a', apiAccessPrincipalArn: ARN }), aUser({ userId: 'b' })];
  const off = anApiUser({ userId: 'off', apiAccessPrincipalArn: 'typed', status: 'DISABLED' });
  const known = { users: [...users, off], before: [aUser({ userId: 'gone' })] };
  const ofPrincipal = (id: string): Subject => ({ kind: 'principal', id });

  test.each<[name: string, subject: Subject, archived?: Partial<Archived>]>([
    ['a user that was listed', theUser('b')],
    ['a user that was listed the run before', theUser('gone')],
    ['a user of whom there is but a finding', theUser('lost'), { findings: [aFinding({ subject: theUser('lost') })] }],
    ['a principal that somebody counts by', ofPrincipal(ARN)],
    [
      'a role that stands on somebody',
      ofPrincipal(aRoleArn('idle')),
      { users: [anApiUser({ userId: 'off', apiAccessPrincipalArn: aRoleArn('idle'), status: 'DISABLED' })] },
    ],
    [
      'a principal of which there is but a finding',
      ofPrincipal('lost'),
      { findings: [aFinding({ ruleId: 'shared-principal', subject: ofPrincipal('lost') })] },
    ],
    ['the environment', { kind: 'environment', id: ENVIRONMENT }],
  ])('is %s', async (...[, subject, archived]) => {
    expect(await explainedIn({ ...known, ...archived }, subject)).toMatchObject({ subject });
  });

  test.each<[name: string, subject: Subject, archived?: Partial<Archived>]>([
    ['a user that nobody knows', theUser('nobody')],
    ['a user of the name of the principal', theUser(ARN)],
    ['a principal that nobody has', ofPrincipal(aRoleArn('other'))],
    ['a text on one who does not count by it', ofPrincipal('typed')],
    ['a place that the run before had alone', theUser('#3'), { before: [...users, off, aUser({ userId: undefined })] }],
  ])('is not %s', async (...[, subject, archived]) => {
    expect(await explainedIn({ ...known, ...archived }, subject)).toBeUndefined();
  });

  test('is a principal that one rule counts by, though another does not', async () => {
    const anywhere = defineDirectoryRule({
      ...RULE_TEXTS,
      id: 'anywhere',
      about: 'principal',
      options: {},
      counts: [],
      keys: { arn: { text: 'it has one', of: ({ principalArn }) => principalArn } },
      limit: ({ count }) => ({ text: `${count}`, holds: count > 1 }),
      violation: () => ({ message: 'm', evidence: {} }),
    });
    const told = await explainedIn({ ...known, catalogue: [...rules, anywhere] }, ofPrincipal('typed'));
    expect(told?.rules.find(({ rule }) => rule.id === 'anywhere')?.groups).toMatchObject([{ ids: ['off'] }]);
  });

  test('is the environment, where a user is called so too', async () => {
    const archived = { users: [aUser({ userId: ENVIRONMENT })], facts: { now: Date.UTC(2027, 0) } };
    const told = await explainedIn(archived, { kind: 'environment', id: ENVIRONMENT }, 'too-few-super-users');
    expect(told).toMatchObject({ records: 0, rules: [{ explanation: { outcome: 'FAIL' } }] });
  });

  test('is told the run before, and how many records there were', async () => {
    expect(await explainedIn(known, theUser('b'))).toMatchObject({ previousRun: entryRun(1), records: 1 });
    expect(await explainedIn(known, theUser('gone'))).toMatchObject({ previousRun: entryRun(1), records: 0 });
    expect(await explainedIn({ users }, theUser('b'))).toMatchObject({ previousRun: undefined, records: 1 });
  });
});

describe('why a rule has not judged', () => {
  const whyNot = async (archived: Archived, subject: Subject, ruleId: string) => {
    const told = await explainedIn(archived, subject, ruleId);
    return told?.rules.map(({ unjudged, explanation }) => unjudged ?? explanation?.outcome);
  };
  const facts = soundFacts();
  const users = [anApiUser({ userId: 'a' }), aUser({ userId: 'b' }), aUser({ userId: undefined })];
  const before = [aUser({ userId: 'a' }), aUser({ userId: 'gone' }), aUser({ userId: undefined })];
  const all: Archived = { users, before, facts };

  test.each<[ruleId: string, why: string, subject: string, archived?: Partial<Archived>]>([
    ['email-domain', 'needs allowedDomains', 'a'],
    ['stale-login', 'switched off in the config', 'a', { settings: { 'stale-login': { enabled: false } } }],
    ['effective-super-user', 'permission groups were not read', 'a', { facts: {} }],
    ['stale-login', 'the user was not listed', 'gone'],
    ['duplicate-person', 'the user was not listed', 'gone'],
    ['vanished-user', 'FAIL', 'gone'],
    ['api-access-granted', 'FAIL', 'a'],
    ['api-access-granted', 'no earlier snapshot', 'a', { before: undefined }],
    ['api-access-granted', 'a record without a userId takes no part in it', '#2'],
    ['idle-principal', 'there is no role of an own or trusted account', 'b'],
    ['recreated-principal', 'PASS', 'a'],
    ['recreated-principal', 'no earlier snapshot of roles', 'a', { facts: { ...facts, earlierRoles: undefined } }],
    ['idle-principal', 'PASS', 'a', { facts: { ...facts, earlierRoles: undefined } }],
  ])('%s: %s', async (...[ruleId, why, subject, archived]) => {
    expect(await whyNot({ ...all, ...archived }, theUser(subject), ruleId)).toEqual([why]);
  });
});

describe('a finding that a run carried, and for which it gave no reason', () => {
  const ARN = aRoleArn('shared');
  const told = async (ruleId: string, users: readonly unknown[], finding: Partial<Finding> = {}) => {
    const carried = aFinding({ ruleId, subject: theUser('a'), carried: true, ...finding });
    const explained = await explainedIn({ users, findings: [carried], facts: soundFacts() }, theUser('a'), ruleId);
    return explained?.rules.map(({ explanation }) => [explanation?.outcome, explanation?.message]);
  };
  const a = anApiUser({ userId: 'a' });
  const stands = 'the run could not judge it, and its finding stands';

  test.each([
    ['stale-login', 'lastLoginTime was there and is not, and a login cannot be unmade'],
    ['super-user-api-access', stands],
    ['duplicate-person', stands],
  ])('of %s is no pass', async (ruleId, reason) => {
    expect(await told(ruleId, [a])).toEqual([['NOT_ASSESSED', reason]]);
  });

  test('is one of a user who has another ARN than that of the finding', async () => {
    const evidence = { userIds: ['a', 'b'] };
    const onArn = { subject: { kind: 'principal', id: ARN }, evidence } as const;
    expect(await told('shared-principal', [a], onArn)).toEqual([['PASS', undefined]]);
  });

  test('is one once it has resolved', async () => {
    expect(await told('stale-login', [a], { state: 'resolved' })).toEqual([['PASS', undefined]]);
  });
});

test('a rule that breaks on another has not judged whom it is asked about', async () => {
  const breaking = defineDirectoryRule({
    ...RULE_TEXTS,
    id: 'breaking',
    about: 'environment',
    options: {},
    counts: [
      {
        text: () => 'is no b',
        holds: ({ id }) => {
          if (id === 'b') throw new Error('it broke');
          return true;
        },
      },
    ],
    limit: ({ count }) => ({ text: `${count}`, holds: count > 1 }),
    violation: () => ({ message: 'm', evidence: {} }),
  });
  const users = ['a', 'b', 'c'].map((userId) => aUser({ userId }));
  const told = await explainedIn({ users, catalogue: [breaking] }, theUser('a'));
  expect(told?.rules).toMatchObject([{ unjudged: 'the rule failed', groups: [] }]);
  expect(told?.rules[0]?.explanation).toBeUndefined();
});

describe('of records that differ', () => {
  const explanationOf = async (records: readonly UserRecord[], ruleId: string) => {
    const archive = memoryArchive();
    const counts = { users: 1, duplicates: 0, pages: 1, requests: 1, throttled: 0, retries: 0, conflicting: 1 };
    const manifest = await archiveObjects(archive, 1, { snapshot: records, findings: [] }, { counts });
    const then = { rules: configureRules(rules, {}), context: aContext() };
    const told = await explain({ archive, manifest, subject: theUser('a'), ruleId, then, today: undefined });
    return told?.rules.map(({ explanation }) => explanation);
  };
  const seen = (lastLoginTime: unknown, others: UserRecord = {}) => aUser({ userId: 'a', lastLoginTime, ...others });
  const stale = seen(daysAgo(200));
  const staleSuper = seen(daysAgo(200), { type: 'SUPER_USER' });

  test.each([
    ['that fails, of one that can not be judged', stale, seen('soon'), 'FAIL', 'MEDIUM'],
    ['that can not be judged, of one that passes', seen('soon'), seen(daysAgo(1)), 'NOT_ASSESSED', 'MEDIUM'],
    ['that fails by more, of two', staleSuper, stale, 'FAIL', 'HIGH'],
  ])('the one holds %s', async (_, worse, better, outcome, severity) => {
    for (const records of [
      [worse, better],
      [better, worse],
    ])
      expect(await explanationOf(records, 'stale-login')).toMatchObject([{ outcome, severity }]);
  });

  test.each([
    [200, 300],
    [300, 200],
  ])('the first holds of two that are as bad, of %i and %i days', async (first, second) => {
    const [explanation] = (await explanationOf([seen(daysAgo(first)), seen(daysAgo(second))], 'stale-login')) ?? [];
    expect(explanation?.values).toContainEqual({ member: 'lastLoginTime', value: daysAgo(first) });
  });
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

describe('what clears a finding', () => {
  const ENV: Subject = { kind: 'environment', id: ENVIRONMENT };
  const ARN = aRoleArn('shared');
  const facts = soundFacts();
  const catalogue = (...ids: readonly string[]) => rules.filter(({ id }) => ids.includes(id));
  const supers = (count: number, others: UserRecord = {}) =>
    Array.from({ length: count }, (_, n) => aUser({ userId: `s${n}`, type: 'SUPER_USER', ...others }));

  const changesOf = async (archived: Archived, subject: Subject, ruleId: string) => {
    const told = await explainedIn({ facts, ...archived }, subject, ruleId);
    const [rule, ...others] = told?.rules ?? [];
    expect(others).toStrictEqual([]);
    expect(rule?.explanation?.outcome).toBe('FAIL');
    return rule?.smallestChanges ?? [];
  };
  const textsOf = async (...asked: Parameters<typeof changesOf>) => (await changesOf(...asked)).map(({ text }) => text);

  const APP = 'set type to APP_USER';

  test.each<[name: string, users: readonly unknown[], subject: Subject, text: string]>([
    ['one of all', supers(4), ENV, `for 1 of the 4 that count, such as s0: ${APP}`],
    ['several', supers(6), ENV, `for 3 of the 6 that count, such as s0 and s1 and s2: ${APP}`],
    ['many', supers(7), ENV, `for 4 of the 7 that count, such as s0, s1, s2 and others: ${APP}`],
    [
      'those who may count with them',
      [...supers(4), aUser({ type: 'ROOT' })],
      ENV,
      `for 2 of the 5 that count or may, such as s0 and s1: ${APP}`,
    ],
    ['that user alone', supers(4), theUser('s2'), APP],
    [
      'that user among others, wherever it comes',
      supers(6),
      theUser('s4'),
      `no change of this user alone is enough; for 3 of the 6 that count, such as s0 and s1 and s4: ${APP}`,
    ],
    [
      'that user among others, the first',
      supers(5),
      theUser('s0'),
      `no change of this user alone is enough; for 2 of the 5 that count, such as s0 and s1: ${APP}`,
    ],
  ])('of too many is a change of %s', async (_, users, subject, text) => {
    expect(
      await textsOf({ users, catalogue: catalogue('too-many-super-users') }, subject, 'too-many-super-users'),
    ).toEqual([text]);
  });

  test.each<[name: string, users: readonly unknown[], text: string]>([
    [
      'the first who is none yet',
      [...supers(1), aUser(), aUser({ userId: 'u2' })],
      'for 1 more, such as u1: set type to SUPER_USER',
    ],
    [
      'each by what it lacks',
      [aUser(), ...supers(1, { status: 'DISABLED' })],
      'for 2 more, such as u1: set type to SUPER_USER; for s0: enable the user',
    ],
    [
      'one by several things at once, where nobody lacks but one',
      [...supers(1), aUser({ status: 'DISABLED' })],
      'for 1 more, such as u1: enable the user, and set type to SUPER_USER',
    ],
  ])('of too few is that more become one: %s', async (_, users, text) => {
    expect(await textsOf({ users, catalogue: catalogue('too-few-super-users') }, ENV, 'too-few-super-users')).toEqual([
      text,
    ]);
  });

  test('of too few is the same for one of them: it does not matter who joins', async () => {
    const few = { users: [...supers(1), aUser()], catalogue: catalogue('too-few-super-users') };
    expect(await textsOf(few, theUser('s0'), 'too-few-super-users')).toEqual([
      'for 1 more, such as u1: set type to SUPER_USER',
    ]);
  });

  test('of too few is nothing where there is nobody else', async () => {
    const few = { users: supers(1), catalogue: catalogue('too-few-super-users') };
    expect(await textsOf(few, ENV, 'too-few-super-users')).toStrictEqual([]);
  });

  const twin = { firstName: 'Twin', lastName: 'Quagmire' };
  const mail = { emailAddress: 'twin@quagmire.example' };

  test.each<[name: string, users: readonly unknown[], text: string]>([
    ['it is in one group', [aUser({ userId: 'a', ...twin }), aUser({ userId: 'b', ...twin })], 'disable the user'],
    [
      'it is in two, of which one is larger',
      [
        aUser({ userId: 'a', ...mail, ...twin }),
        aUser({ userId: 'b', ...twin }),
        aUser({ userId: 'c', ...twin }),
        aUser({ userId: 'd', ...mail }),
      ],
      'no change of this user alone is enough; for 2 of those that count, such as a and b: disable the user',
    ],
    [
      'it comes last in two',
      [
        aUser({ userId: 'd', ...mail }),
        aUser({ userId: 'b', ...twin }),
        aUser({ userId: 'c', ...twin }),
        aUser({ userId: 'a', ...mail, ...twin }),
      ],
      'no change of this user alone is enough; for 2 of those that count, such as b and a: disable the user',
    ],
  ])('of a user that shares something is a change of those of its groups, where %s', async (_, users, text) => {
    const sharing = { users, catalogue: catalogue('duplicate-person') };
    expect(await textsOf(sharing, theUser('a'), 'duplicate-person')).toEqual([text]);
  });

  test('of those who share an ARN is that all but one have another', async () => {
    const users = ['a', 'b', 'c'].map((userId) => anApiUser({ userId, apiAccessPrincipalArn: ARN }));
    const sharing = {
      users: [aUser(), ...users],
      catalogue: catalogue('shared-principal', 'api-access-without-principal'),
    };
    expect(await textsOf(sharing, { kind: 'principal', id: ARN }, 'shared-principal')).toEqual([
      'for 2 of the 3 that count, such as a and b: set apiAccess to DISABLED',
    ]);
    expect(await textsOf(sharing, theUser('c'), 'shared-principal')).toEqual([
      'no change of this user alone is enough; for 2 of the 3 that count, such as a and c: set apiAccess to DISABLED',
    ]);
  });

  const idle = { ...facts, roles: () => answered({ lastUsedAt: daysAgo(200) }) };
  const holder = (userId: string, others: UserRecord = {}) =>
    anApiUser({ userId, apiAccessPrincipalArn: ARN, ...others });
  const NO_API_NO_ARN = 'set apiAccess to DISABLED, and remove apiAccessPrincipalArn';

  test.each<[name: string, users: readonly unknown[], text: string]>([
    ['its one user', [aUser(), holder('a')], `for user a: ${NO_API_NO_ARN}`],
    ['all its users', [holder('a'), anApiUser(), holder('b')], `for its 2 users, such as a and b: ${NO_API_NO_ARN}`],
  ])('of a role is a change of %s', async (_, users, text) => {
    const ofRole = {
      users,
      facts: idle,
      catalogue: catalogue(
        'idle-principal',
        'leftover-principal',
        'api-access-without-principal',
        'disabled-user-api-access',
      ),
    };
    for (const subject of [theUser('a'), { kind: 'principal', id: ARN } as const])
      expect(await changesOf(ofRole, subject, 'idle-principal')).toStrictEqual([
        { text, newlyFailed: [], sideEffects: [] },
      ]);
  });

  test.each<[name: string, ids: readonly string[], text: string]>([
    [
      'that they have it no more',
      ['idle-principal', 'leftover-principal', 'disabled-user-api-access'],
      'remove apiAccessPrincipalArn',
    ],
    [
      'that they are disabled',
      ['idle-principal', 'leftover-principal', 'api-access-without-principal'],
      'disable the user',
    ],
    ['nothing that leaves it standing, if milder', ['principal-missing'], 'remove apiAccessPrincipalArn'],
  ])('of a role is of what makes the least worse: %s', async (_, ids, text) => {
    const isMissing = ids.includes('principal-missing');
    const roles = isMissing ? () => answered(null) : idle.roles;
    const ofRole = { users: [holder('a')], facts: { ...facts, roles }, catalogue: catalogue(...ids) };
    expect(await changesOf(ofRole, theUser('a'), ids[0] ?? '')).toStrictEqual([
      { text: `for user a: ${text}`, newlyFailed: [], sideEffects: [] },
    ]);
  });

  test('of a user is told with what is worse of its role', async () => {
    const users = [holder('a', { status: 'DISABLED', lastDisabledTime: daysAgo(400) })];
    const missing = { ...facts, roles: () => answered(null) };
    const off = { users, facts: missing, catalogue: catalogue('long-disabled', 'principal-missing') };
    expect(await changesOf(off, theUser('a'), 'long-disabled')).toMatchObject([
      { newlyFailed: [], sideEffects: [{ ruleId: 'principal-missing', subject: ARN, becomes: 'HIGH', isNew: false }] },
    ]);
  });

  test('of a role names those alone whom it changes', async () => {
    const users = [holder('a'), holder('b', { apiAccess: 'DISABLED' })];
    const ofRole = { users, facts: idle, catalogue: catalogue('idle-principal') };
    expect(await textsOf(ofRole, { kind: 'principal', id: ARN }, 'idle-principal')).toEqual([
      'for user a: set apiAccess to DISABLED',
    ]);
  });

  test('of a user is told beside those of its role', async () => {
    const users = [holder('a', { lastLoginTime: daysAgo(200) })];
    const told = await explainedIn(
      { users, facts: idle, catalogue: catalogue('idle-principal', 'stale-login') },
      theUser('a'),
    );
    expect(told?.rules.map(({ rule, smallestChanges }) => [rule.id, smallestChanges.map(({ text }) => text)])).toEqual([
      ['stale-login', ['have the user log in']],
      ['idle-principal', ['for user a: set apiAccess to DISABLED']],
    ]);
  });

  test('of a role is nothing where it is an event', async () => {
    const earlierRoles = () => answered({ roleId: 'AROAOTHER' });
    const recreated = {
      users: [holder('a')],
      facts: { ...facts, earlierRoles },
      catalogue: catalogue('recreated-principal'),
    };
    expect(await changesOf(recreated, theUser('a'), 'recreated-principal')).toStrictEqual([]);
  });

  test('of a user is two things, where the smallest makes another rule fail', async () => {
    const users = [anApiUser({ userId: 'a', status: 'DISABLED' })];
    const ids = ['disabled-user-api-access', 'leftover-principal'];
    expect(await changesOf({ users, catalogue: catalogue(...ids) }, theUser('a'), 'disabled-user-api-access')).toEqual([
      {
        text: 'set apiAccess to DISABLED',
        newlyFailed: ['leftover-principal'],
        sideEffects: [{ ruleId: 'leftover-principal', subject: 'a', becomes: 'LOW', isNew: true }],
      },
      { text: NO_API_NO_ARN, newlyFailed: [], sideEffects: [] },
    ]);
  });

  test('of a user is told with whom it makes worse', async () => {
    const users = [
      aUser({ userId: 'a', emailAddress: 'admin@quagmire.example', firstName: 'Ada', lastName: 'One' }),
      aUser({ userId: 'b', emailAddress: 'Admin+b@quagmire.example', firstName: 'Ada', lastName: 'Two' }),
      aUser({ userId: 'c', emailAddress: 'ADMIN@quagmire.example', firstName: 'Ada', lastName: 'Three' }),
    ];
    const mailboxes = { users, catalogue: catalogue('shared-mailbox', 'duplicate-person') };
    expect(await changesOf(mailboxes, theUser('a'), 'shared-mailbox')).toEqual([
      {
        text: 'disable the user',
        newlyFailed: ['duplicate-person'],
        sideEffects: [{ ruleId: 'duplicate-person', subject: 'b', becomes: 'LOW', isNew: true }],
      },
    ]);
  });

  test('of a user is what gives access only where nothing else does, and is said to', async () => {
    const users = [aUser({ userId: 'a', status: 'DISABLED', lastDisabledTime: daysAgo(400) })];
    const off = { users, catalogue: catalogue('long-disabled') };
    expect(await textsOf(off, theUser('a'), 'long-disabled')).toEqual([
      'enable the user, which gives access: decide first whether it should have it',
    ]);
  });

  test('is told with what fails since, and with the least that makes nothing fail', async () => {
    const users = [anApiUser({ userId: 'both', type: 'SUPER_USER' }), anApiUser({ userId: 'c' })];
    const ids = ['super-user-api-access', 'too-few-super-users', 'leftover-principal'];
    const changes = (settings: Archived['settings'] = {}) =>
      changesOf({ users, catalogue: catalogue(...ids), settings }, theUser('both'), 'super-user-api-access');
    const off = { enabled: false };
    const noApi = { text: 'set apiAccess to DISABLED', newlyFailed: [], sideEffects: [] };
    expect(await changes({ 'leftover-principal': off })).toStrictEqual([noApi]);
    const all = await changes({ 'too-few-super-users': { min: 1 } });
    expect(all).toStrictEqual([
      {
        text: 'set type to APP_USER',
        newlyFailed: ['too-few-super-users'],
        sideEffects: [{ ruleId: 'too-few-super-users', subject: ENVIRONMENT, becomes: 'INFORMATIONAL', isNew: true }],
      },
    ]);
  });

  test('that makes something more severe makes nothing fail that did not', async () => {
    const users = [
      anApiUser({
        userId: 'x',
        apiAccessPrincipalArn: aRoleArn('x', '999988887777'),
        status: 'DISABLED',
        lastDisabledTime: daysAgo(400),
      }),
    ];
    const ids = ['long-disabled', 'principal-outside-account'];
    expect(await changesOf({ users, catalogue: catalogue(...ids) }, theUser('x'), 'long-disabled')).toMatchObject([
      { newlyFailed: [], sideEffects: [{ ruleId: 'principal-outside-account', becomes: 'CRITICAL', isNew: false }] },
    ]);
  });

  test.each<[name: string, roles: Context['roles']]>([
    ['was read', (arn) => (arn === ARN ? answered() : undefined)],
    ['was not read', (arn) => (arn === ARN ? { unread: 'AccessDenied' } : undefined)],
    ['was read of nobody', undefined],
  ])('says nothing of a role that is yet to be made, where that of the user %s', async (_, roles) => {
    const sharing = ['a', 'b'].map((userId) => anApiUser({ userId, apiAccessPrincipalArn: ARN }));
    const ids = ['leftover-principal', 'api-access-without-principal', 'disabled-user-api-access'];
    const archived = {
      users: sharing,
      facts: { roles },
      catalogue: catalogue('shared-principal', 'idle-principal', ...ids),
    };
    expect(await changesOf(archived, theUser('a'), 'shared-principal')).toStrictEqual([
      {
        text: 'set apiAccessPrincipalArn to a role of its own in the account of the environment',
        newlyFailed: [],
        sideEffects: [],
      },
    ]);
  });

  test('is told with what can not be assessed since, on an ARN that nobody asked about too', async () => {
    const typed = { apiAccessPrincipalArn: 'typed' };
    const off = { apiAccess: undefined, status: 'DISABLED', lastDisabledTime: daysAgo(400) };
    const users = [anApiUser({ userId: 'a', ...typed }), aUser({ userId: 'x', ...off, ...typed })];
    const archived = {
      users,
      facts: { ...facts, roles: () => undefined },
      catalogue: catalogue('long-disabled', 'shared-principal'),
    };
    expect(await changesOf(archived, theUser('x'), 'long-disabled')).toMatchObject([
      {
        newlyFailed: [],
        sideEffects: [{ ruleId: 'shared-principal', subject: 'typed', becomes: 'NOT_ASSESSED', isNew: false }],
      },
    ]);
  });

  test('is nothing of an event, nor of what no number of users would clear', async () => {
    const before = supers(1, { type: 'APP_USER' });
    expect(await changesOf({ users: supers(1), before }, theUser('s0'), 'promoted-to-super-user')).toStrictEqual([]);
    const now = Date.UTC(2027, 0);
    const ended = { users: supers(1), facts: { ...facts, now, readAt: now } };
    expect(await changesOf(ended, ENV, 'end-of-support')).toStrictEqual([]);
  });

  /** A rule that counts users by their first name, in place of their number. */
  const grouped = (
    isOver: (count: number, key: string | undefined) => boolean,
    holds: (user: User) => boolean | undefined = ({ isActive }) => isActive,
  ): Rule =>
    defineDirectoryRule({
      ...RULE_TEXTS,
      id: 'grouped',
      about: 'user',
      options: {},
      counts: [{ text: () => 'counts', holds }],
      keys: {
        first: { text: 'first', of: ({ firstName }) => String(firstName) },
        last: { text: 'last', of: ({ lastName }) => String(lastName) },
      },
      limit: ({ count, key }) => ({ text: `${count}`, holds: isOver(count, key) }),
      violation: () => ({ message: 'm', evidence: {} }),
    });
  const called = (userId: string, firstName: string, lastName: string) => aUser({ userId, firstName, lastName });

  test.each<[name: string, isOver: (count: number, key: string | undefined) => boolean, texts: readonly string[]]>([
    [
      'both are too large',
      (count) => count > 1,
      ['no change of this user alone is enough; for 2 of those that count, such as a and b: disable the user'],
    ],
    ['one could never be right', (count, key) => key === 'X' || count > 1, []],
    ['one is too large and one too small', (count, key) => (key === 'X' ? count > 2 : count < 3), []],
    ['the other is right', (count, key) => key === 'Y' && count > 1, ['disable the user']],
  ])('of a user of two groups, where %s', async (_, isOver, texts) => {
    const users = [called('a', 'X', 'Y'), called('b', 'X', 'B'), called('c', 'X', 'C'), called('d', 'D', 'Y')];
    expect(await textsOf({ users, catalogue: [grouped(isOver)] }, theUser('a'), 'grouped')).toEqual(texts);
  });

  test.each<[name: string, type: string, text: string]>([
    ['nobody is in doubt', 'APP_USER', 'for 2 of those that count, such as a and b: set type to APP_USER'],
    [
      'somebody is in doubt in one',
      'ROOT',
      'for 3 of those that count or may, such as a and b and c: set type to APP_USER',
    ],
  ])('of a user of two groups tells out of whom, where %s', async (_, type, text) => {
    const named = [called('a', 'X', 'Y'), called('b', 'X', 'B'), called('c', 'X', 'C'), called('d', 'D', 'Y')];
    const users = [...named.map((user) => ({ ...user, type: 'SUPER_USER' })), { ...called('e', 'X', 'E'), type }];
    const two = {
      users,
      catalogue: [
        grouped(
          (count) => count > 1,
          ({ isSuperUser }) => isSuperUser,
        ),
      ],
    };
    expect(await textsOf(two, theUser('a'), 'grouped')).toEqual([`no change of this user alone is enough; ${text}`]);
  });

  test('of too few is told of each that lacks something else', async () => {
    const few = defineDirectoryRule({
      ...RULE_TEXTS,
      id: 'few',
      about: 'environment',
      options: {},
      counts: [{ text: () => 'active super', holds: ({ isActive, isSuperUser }) => isActive && isSuperUser }],
      limit: ({ count }) => ({ text: `${count}`, holds: count < 3 }),
      violation: () => ({ message: 'm', evidence: {} }),
    });
    const users = [
      aUser({ userId: 'a' }),
      ...supers(1, { status: 'DISABLED' }),
      aUser({ userId: 'b', status: 'DISABLED' }),
    ];
    expect(await textsOf({ users, catalogue: [few] }, ENV, 'few')).toEqual([
      'for 3 more, such as a: set type to SUPER_USER; for s0: enable the user; for b: enable the user, and set type to SUPER_USER',
    ]);
  });

  /** A rule on one group by its limit on whom it counts, out of all. */
  const together = (fails: (count: number, outOf: number) => boolean): Rule =>
    defineDirectoryRule({
      ...RULE_TEXTS,
      id: 'together',
      about: 'environment',
      options: {},
      outOf: [{ text: () => 'any', holds: () => true }],
      counts: [{ text: () => 'API-bound', holds: ({ isApiBound }) => isApiBound }],
      clauses: [
        {
          text: () => 'too many',
          holds: ({ low, high }) => {
            const [atLow, atHigh] = [fails(low.count, low.outOf), fails(high.count, high.outOf)];
            return atLow === atHigh ? atLow : undefined;
          },
        },
      ],
      violation: () => ({ message: 'm', evidence: {} }),
    });

  test.each<[name: string, fails: (count: number, outOf: number) => boolean, text: string]>([
    [
      'half of all',
      (count, outOf) => count / outOf > 0.5,
      'for 1 of the 3 that count, such as a: set apiAccess to DISABLED',
    ],
    ['nobody', (count) => count > 0, 'for 3 of the 3 that count, such as a and b and c: set apiAccess to DISABLED'],
  ])('of a part of all is a change of as many as leave %s', async (_, fails, text) => {
    const users = [...['a', 'b', 'c'].map((userId) => anApiUser({ userId })), aUser()];
    expect(await textsOf({ users, catalogue: [together(fails)] }, ENV, 'together')).toEqual([text]);
  });

  test('is none that is enough for one group of a user alone', async () => {
    const able = defineDirectoryRule({
      ...RULE_TEXTS,
      id: 'able',
      about: 'user',
      options: {},
      counts: [
        {
          text: () => 'is able',
          holds: ({ isActive, isApiBound, isSuperUser }) => isActive && (isApiBound === true || isSuperUser === true),
        },
      ],
      keys: {
        first: { text: 'first', of: ({ firstName }) => String(firstName) },
        last: { text: 'last', of: ({ lastName }) => String(lastName) },
      },
      limit: ({ count }) => ({ text: `${count}`, holds: count > 1 }),
      violation: () => ({ message: 'm', evidence: {} }),
    });
    const users = [
      anApiUser({ userId: '0', firstName: 'O', lastName: 'Y' }),
      aUser({ userId: 'a', type: 'SUPER_USER', firstName: 'X', lastName: 'Y' }),
      anApiUser({ userId: 'b', firstName: 'X', lastName: 'B' }),
      anApiUser({ userId: 'c', firstName: 'C', lastName: 'Y' }),
    ];
    expect(await textsOf({ users, catalogue: [able] }, theUser('a'), 'able')).toEqual([
      'no change of this user alone is enough; for 2 of those that count, such as 0 and a: disable the user',
    ]);
  });

  test('is told with what is worse of a user of whom one record changes, and another does not', async () => {
    const records = [holder('a'), holder('a', { lastName: 'Other' })].map((record, position) => ({
      user: readUser(record, position),
      record,
    }));
    const [first, ...others] = records;
    if (first === undefined) throw new Error('there is no record');
    const b = { user: readUser(holder('b'), 2), record: holder('b') };
    const change: TriedChange = {
      text: () => 'it',
      ruleId: 'shared-principal',
      change: ({ user: { id }, record }, isLast) =>
        isLast && id === 'a' ? readUser({ ...Object(record), apiAccess: 'DISABLED' }, 1) : undefined,
      isDone: () => true,
    };
    const listing = async function* all(): AsyncGenerator<UserRecords> {
      yield [first, ...others];
      yield [b];
    };
    const judging = configureRules(catalogue('shared-principal', 'leftover-principal'), {});
    const clearing = await clearingChanges([change], listing, judging, aContext());
    expect(clearing.get(change)?.sideEffects).toEqual([
      { ruleId: 'leftover-principal', subject: 'a', becomes: 'LOW', isNew: true },
    ]);
  });

  test('is tried on users by the record that counts', async () => {
    const archive = memoryArchive();
    const counts = { users: 3, duplicates: 0, pages: 1, requests: 1, throttled: 0, retries: 0, conflicting: 3 };
    const snapshot = [
      holder('a'),
      holder('a', { apiAccessPrincipalArn: aRoleArn('other') }),
      ...['b', 'c'].flatMap((id) => [holder(id), holder(id, { lastName: 'Other' })]),
    ];
    const manifest = await archiveObjects(archive, 1, { snapshot, findings: [] }, { counts });
    const [then, ruleId] = [
      { rules: configureRules(catalogue('shared-principal'), {}), context: aContext() },
      undefined,
    ];
    const subject: Subject = { kind: 'principal', id: ARN };
    const told = await explain({ archive, manifest, subject, ruleId, then, today: undefined });
    expect(told?.rules[0]?.smallestChanges.map(({ text }) => text)).toEqual([
      'for 1 of the 2 that count, such as b: set apiAccess to DISABLED',
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
