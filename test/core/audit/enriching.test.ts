import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { findCompleteRun } from '../../../core/archive/runs.ts';
import { createSpoolFolder } from '../../../core/archive/staging.ts';
import { enrichedCounts, type FactsRequest, readEnrichments } from '../../../core/audit/enriching.ts';
import type { Config } from '../../../core/config/config.ts';
import type { GroupRecord } from '../../../core/model/groups.ts';
import type { RoleRecord } from '../../../core/model/roles.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import type { Enrichments } from '../../../core/sources/enrich/enrichment.ts';
import { chooseEnrichments } from '../../../core/sources/index.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { readJsonLines } from '../../support/archive-tree.ts';
import { auditNights, type NightPlan, nightKeys } from '../../support/archived-nights.ts';
import { anApiUser, aRoleArn, aTrustPolicy, aUser, daysAgo, ENVIRONMENT } from '../../support/builders.ts';
import { memoryArchive } from '../../support/memory-archive.ts';

const CONFIG: Partial<Config> = {
  environments: [{ id: ENVIRONMENT, enrich: { iamRoles: { accounts: [] }, permissionGroups: true } }],
};

const READ_AT = '2026-11-24T02:00:00.000Z';
const S = aRoleArn('S');

const sound = (arn: string): RoleRecord => ({
  arn,
  readAt: READ_AT,
  exists: true,
  roleId: 'AROAEXAMPLEROLE00001',
  createdAt: new Date(daysAgo(500)).toISOString(),
  lastUsedAt: new Date(daysAgo(1)).toISOString(),
  trust: aTrustPolicy(),
});

const missing = (arn: string): RoleRecord => ({ arn, readAt: READ_AT, exists: false });
const denied = (arn: string): RoleRecord => ({ arn, unread: 'iam:GetRole failed: AccessDenied (403)' });
const outside = (arn: string): RoleRecord => ({ ...sound(arn), trust: aTrustPolicy({ Principal: '*' }) });

const facts = (
  role: (arn: string) => RoleRecord = sound,
  groups: readonly GroupRecord[] = [],
): { readonly [N in keyof Enrichments]-?: NonNullable<Enrichments[N]> } => ({
  roles: async function* roles({ arns }) {
    for (const arn of arns()) yield role(arn);
  },
  groups: async function* read() {
    yield* groups;
  },
});

const HELPDESK: readonly GroupRecord[] = [
  { permissionGroupId: 'g1', applicationPermissions: ['ManageUsersAndGroups', 'GetTemporaryCredentials'] },
  { permissionGroupId: 'g1', userId: 'a', membershipStatus: 'REMOVAL_IN_PROGRESS' },
];
const CUT: readonly GroupRecord[] = [
  ...HELPDESK,
  { unread: 'permission groups were not read in full: ListPermissionGroups' },
];

const bound = (userId: string, members = {}) => anApiUser({ userId, apiAccessPrincipalArn: S, ...members });
const plain = (userId: string, members = {}) => aUser({ userId, ...members });

type Night = Omit<NightPlan, 'number'>;
const night = (users: readonly unknown[], enrichments: Enrichments = facts(), differs: Partial<Night> = {}): Night => ({
  users,
  enrichments,
  config: CONFIG,
  ...differs,
});

/** Audits nights, and gives the last one's result and what it says of the findings of a rule. */
const audited = async (rule: string, ...nights: readonly Night[]) => {
  const archive = memoryArchive();
  const results = await auditNights(
    archive,
    nights.map((plan, index) => ({ ...plan, number: index + 1 })),
  );
  const key = nightKeys(nights.length).object(OUTPUTS.findings);
  const findings = results.at(-1)?.report.verdict === 'COMPLETE' ? await findingsOf(archive, key) : [];
  const { report } = results.at(-1) ?? {};
  return {
    archive,
    report,
    verdict: report?.verdict,
    rule: report?.rules.find(({ id }) => id === rule),
    fates: findings
      .filter(({ ruleId }) => ruleId === rule)
      .map(({ subject, state, cause, carried, severity }) =>
        [subject.id, severity, state, carried && 'carried', cause].filter((word) => typeof word === 'string').join(' '),
      ),
  };
};
const findingsOf = async (archive: Archive, key: string) => (await readJsonLines(archive, key)) as readonly Finding[];

describe('a role that could not be read', () => {
  test('is not assessed, with why, and the run stays complete', async () => {
    const { verdict, rule, report } = await audited('principal-missing', night([bound('a')], facts(denied)));
    expect(verdict).toBe('COMPLETE');
    expect(rule).toMatchObject({
      state: 'ran',
      checked: 0,
      failed: 0,
      notAssessed: 1,
      reason: 'iam:GetRole failed: AccessDenied (403)',
    });
    expect(report?.enriched?.iamRoles).toEqual({
      principals: 1,
      read: 0,
      standIns: 0,
      unread: 1,
      reason: 'iam:GetRole failed: AccessDenied (403)',
    });
  });

  test('resolves nothing: its finding is carried', async () => {
    const { fates } = await audited(
      'principal-missing',
      night([bound('a')], facts(missing)),
      night([bound('a')], facts(denied)),
    );
    expect(fates).toEqual([`${S} HIGH open carried`]);
  });
});

describe('the finding on a role ends', () => {
  test.each<{ name: string; rule: string; nights: readonly Night[]; fate: string }>([
    {
      name: 'as the role is there',
      rule: 'principal-missing',
      nights: [night([bound('a')], facts(missing)), night([bound('a')])],
      fate: 'resolved fixed',
    },
    {
      name: 'as its policy is narrowed',
      rule: 'principal-trusts-outsiders',
      nights: [night([bound('a')], facts(outside)), night([bound('a')])],
      fate: 'resolved fixed',
    },
    {
      name: 'as nobody has it any more',
      rule: 'principal-missing',
      nights: [night([bound('a')], facts(missing)), night([bound('a', { apiAccessPrincipalArn: aRoleArn('T') })])],
      fate: 'resolved fixed',
    },
    {
      name: 'as its only user vanished',
      rule: 'principal-missing',
      nights: [night([bound('a'), plain('b')], facts(missing)), night([plain('b')], facts(missing))],
      fate: 'resolved user-vanished',
    },
    {
      name: 'as the account is trusted',
      rule: 'principal-trusts-outsiders',
      nights: [
        night(
          [bound('a')],
          facts((arn) => ({ ...sound(arn), trust: aTrustPolicy({ Principal: { AWS: '999988887777' } }) })),
        ),
        night(
          [bound('a')],
          facts((arn) => ({ ...sound(arn), trust: aTrustPolicy({ Principal: { AWS: '999988887777' } }) })),
          { config: { ...CONFIG, trustedAccounts: ['999988887777'] } },
        ),
      ],
      fate: 'resolved rule-changed',
    },
    {
      name: 'as one of its users vanished on a night that could not read it, and the other lost it',
      rule: 'principal-missing',
      nights: [
        night([bound('a'), bound('b')], facts(missing)),
        night([bound('b')], facts(denied)),
        night([bound('b', { apiAccessPrincipalArn: aRoleArn('T') })]),
      ],
      fate: 'resolved user-vanished',
    },
    {
      name: 'as its only user vanished after a night that could not read it',
      rule: 'principal-missing',
      nights: [
        night([bound('a'), plain('b')], facts(missing)),
        night([bound('a'), plain('b')], facts(denied)),
        night([plain('b')]),
      ],
      fate: 'resolved user-vanished',
    },
    {
      name: 'as a record without a userId that had it is gone: nobody can tell what became of it',
      rule: 'principal-missing',
      nights: [night([bound('a', { userId: undefined }), plain('b')], facts(missing)), night([plain('b')])],
      fate: 'resolved rule-changed',
    },
    {
      name: 'as a user vanished that had it, beside a record without a userId',
      rule: 'principal-missing',
      nights: [night([bound('a', { userId: undefined }), bound('b'), plain('c')], facts(missing)), night([plain('c')])],
      fate: 'resolved user-vanished',
    },
    {
      name: 'as roles are read no more',
      rule: 'principal-missing',
      nights: [night([bound('a')], facts(missing)), night([bound('a')], {}, { config: {} })],
      fate: 'resolved rule-changed',
    },
  ])('$name', async ({ rule, nights, fate }) => {
    expect((await audited(rule, ...nights)).fates).toEqual([`${S} HIGH ${fate}`]);
  });

  test('as its only user was disabled, where it is about use', async () => {
    const idle = facts((arn) => ({ ...sound(arn), lastUsedAt: new Date(daysAgo(200)).toISOString() }));
    const { fates } = await audited(
      'idle-principal',
      night([bound('a')], idle),
      night([bound('a', { status: 'DISABLED' })], idle),
    );
    expect(fates).toEqual([`${S} LOW resolved user-disabled`]);
  });

  describe('where it is about use', () => {
    const idle = facts((arn) => ({ ...sound(arn), lastUsedAt: new Date(daysAgo(200)).toISOString() }));
    const off = { status: 'DISABLED' };
    const unbound = { apiAccess: 'DISABLED' };
    const bare = { apiAccessPrincipalArn: undefined };

    test.each<{ name: string; users: readonly unknown[]; next: readonly unknown[]; used?: true; fate: string }>([
      {
        name: 'as the only one who used it vanished',
        users: [bound('a'), bound('b', off)],
        next: [bound('b', off)],
        fate: 'user-vanished',
      },
      {
        name: 'as nobody uses it, who was disabled or not bound before one of them vanished',
        users: [bound('a'), bound('b', off), bound('c', unbound)],
        next: [bound('a', unbound)],
        fate: 'fixed',
      },
      {
        name: 'as nobody uses it, and one was disabled all along',
        users: [bound('a'), bound('b', off)],
        next: [bound('a', unbound), bound('b', off)],
        fate: 'fixed',
      },
      {
        name: 'as it was used again, whoever vanished',
        users: [bound('a'), bound('b')],
        next: [bound('a')],
        used: true,
        fate: 'fixed',
      },
      {
        name: 'as nobody has it, for one vanished',
        users: [bound('a'), bound('b')],
        next: [bound('a', bare)],
        fate: 'user-vanished',
      },
      {
        name: 'as nobody has it, and somebody vanished who never had',
        users: [bound('a'), plain('b')],
        next: [bound('a', bare)],
        fate: 'fixed',
      },
      {
        name: 'as nobody has it, and who had it was disabled besides',
        users: [bound('a'), plain('b')],
        next: [bound('a', { ...bare, ...off }), plain('b')],
        fate: 'fixed',
      },
    ])('$name: $fate', async ({ users, next, used, fate }) => {
      const nights = [night(users, idle), night(next, used ? facts() : idle)];
      const { fates } = await audited('idle-principal', ...nights);
      expect(fates).toEqual([`${S} LOW resolved ${fate}`]);
    });
  });

  test('as its rule is off, whoever vanished', async () => {
    const off = { config: { ...CONFIG, rules: { 'principal-missing': { enabled: false } } } };
    const { fates } = await audited(
      'principal-missing',
      night([bound('a'), plain('b')], facts(missing)),
      night([plain('b')], facts(missing), off),
    );
    expect(fates).toEqual([`${S} HIGH resolved rule-changed`]);
  });

  test('as one of its users was disabled on a night that could not read it, where it is about use', async () => {
    const idle = facts((arn) => ({ ...sound(arn), lastUsedAt: new Date(daysAgo(200)).toISOString() }));
    const off = { apiAccess: 'DISABLED' };
    const { fates } = await audited(
      'idle-principal',
      night([bound('a'), bound('b')], idle),
      night([bound('a', { status: 'DISABLED' }), bound('b')], facts(denied)),
      night([bound('a', { status: 'DISABLED' }), bound('b', off)], idle),
    );
    expect(fates).toEqual([`${S} LOW resolved user-disabled`]);
  });

  test('as one of its users vanished on a night that could not read it, and the other was disabled since', async () => {
    const idle = facts((arn) => ({ ...sound(arn), lastUsedAt: new Date(daysAgo(200)).toISOString() }));
    const { fates } = await audited(
      'idle-principal',
      night([bound('a'), bound('b')], idle),
      night([bound('b')], facts(denied)),
      night([bound('b', { status: 'DISABLED' })], idle),
    );
    expect(fates).toEqual([`${S} LOW resolved user-vanished`]);
  });

  test('by whom the run before knows, where the records of then are gone', async () => {
    const archive = memoryArchive();
    const plans = [
      night([bound('a'), plain('b')], facts(missing)),
      night([bound('a'), plain('b')], facts(denied)),
      night([plain('b')]),
    ].map((plan, index) => ({ ...plan, number: index + 1 }));
    await auditNights(archive, plans.slice(0, 2));
    const gone = nightKeys(1).object(OUTPUTS.snapshot);
    const read: Archive['read'] = async (key) => (key === gone ? undefined : archive.read(key));
    await auditNights({ ...archive, read }, plans.slice(2));
    expect(await findingsOf(archive, nightKeys(3).object(OUTPUTS.findings))).toContainEqual(
      expect.objectContaining({ ruleId: 'principal-missing', state: 'resolved', cause: 'user-vanished' }),
    );
  });

  test('as another rule would have it: today’s, of the records and the answers of then', async () => {
    const { fates } = await audited(
      'principal-missing',
      night([bound('a')], facts(missing)),
      night([bound('a')], facts(), { config: { ...CONFIG, rules: { 'stale-login': { maxDays: 80 } } } }),
    );
    expect(fates).toEqual([`${S} HIGH resolved fixed`]);
  });
});

test('a role that was made again is told once, against the last run that could read it', async () => {
  const again = facts((arn) => ({ ...sound(arn), roleId: 'AROANEW' }));
  const nights = [night([bound('a')]), night([bound('a')], again), night([bound('a')], again)];
  const { fates, rule } = await audited('recreated-principal', ...nights.slice(0, 2));
  expect(fates).toEqual([`${S} HIGH event`]);
  expect(rule).toMatchObject({ state: 'ran', failed: 1 });
  expect((await audited('recreated-principal', ...nights)).fates).toStrictEqual([]);
  expect((await audited('recreated-principal', ...nights.slice(0, 1))).rule).toMatchObject({
    state: 'not-assessed',
    reason: 'no earlier snapshot of roles',
  });
});

test.each([
  {
    name: 'roles alone',
    enrich: { iamRoles: { accounts: [] } },
    rule: 'principal-missing',
    other: 'effective-super-user',
  },
  {
    name: 'groups alone',
    enrich: { permissionGroups: true },
    rule: 'effective-super-user',
    other: 'principal-missing',
  },
] as const)('$name are judged where the config asks for no more', async ({ enrich, rule: id, other }) => {
  const config = { environments: [{ id: ENVIRONMENT, enrich }] };
  const one = night([bound('a')], facts(missing, HELPDESK), { config });
  const { fates, report } = await audited(id, one);
  expect(fates).toEqual([expect.stringMatching(/ HIGH new$/)]);
  expect(report?.rules.find((rule) => rule.id === other)).toMatchObject({ state: 'off' });
});

describe('permission groups', () => {
  test('make their members fail, and privileged in every rule that says so', async () => {
    const users = [plain('a', { lastLoginTime: daysAgo(60) }), plain('b', { lastLoginTime: daysAgo(60) })];
    const nights = [night(users, facts(sound, HELPDESK))];
    expect((await audited('effective-super-user', ...nights)).fates).toEqual(['a HIGH new']);
    expect((await audited('self-service-credentials', ...nights)).fates).toEqual(['a MEDIUM new']);
    expect((await audited('stale-login', ...nights)).fates).toEqual(['a HIGH new']);
    expect((await audited('stale-login', night(users))).fates).toStrictEqual([]);
  });

  test('that are cut make these rules not assessed, and the run stays complete', async () => {
    const nights = [night([plain('a')], facts(sound, HELPDESK)), night([plain('a')], facts(sound, CUT))];
    for (const id of ['effective-super-user', 'self-service-credentials']) {
      const { verdict, rule, fates, report } = await audited(id, ...nights);
      expect(verdict).toBe('COMPLETE');
      expect(rule).toMatchObject({
        state: 'not-assessed',
        checked: 0,
        notAssessed: 1,
        reason: expect.stringContaining('not read in full'),
      });
      expect(fates).toEqual([expect.stringMatching(/^a \w+ open carried$/)]);
      expect(report?.enriched?.permissionGroups).toMatchObject({ unread: expect.any(String) });
    }
  });
});

test('a user that was away while nobody could be judged is disabled when it is back so', async () => {
  const { fates } = await audited(
    'effective-super-user',
    night([plain('a'), plain('b')], facts(sound, HELPDESK)),
    night([plain('b')], facts(sound, CUT)),
    night([plain('a', { status: 'DISABLED' }), plain('b')], facts(sound, HELPDESK)),
  );
  expect(fates).toEqual(['a HIGH resolved user-disabled']);
});

describe('what was read', () => {
  const nights = [{ ...night([bound('a'), plain('b')], facts(outside, HELPDESK)), number: 1 }];

  test('is kept as objects of the run', async () => {
    const archive = memoryArchive();
    const [result] = await auditNights(archive, nights);
    const { principals, groups } = result?.objects ?? {};
    expect(principals?.key).toBe(`principals/environment=${ENVIRONMENT}/dt=2026-11-24/20261124T020000Z.jsonl.gz`);
    expect(groups?.key).toBe(`groups/environment=${ENVIRONMENT}/dt=2026-11-24/20261124T020000Z.jsonl.gz`);
    expect(await readJsonLines(archive, principals?.key ?? '')).toEqual([outside(S)]);
    expect(await readJsonLines(archive, groups?.key ?? '')).toEqual(HELPDESK);
  });

  test('judges the same run again, and asks nobody', async () => {
    const archive = memoryArchive();
    const [first] = await auditNights(archive, nights);
    const stored = await findCompleteRun(archive, ENVIRONMENT, '20261124T020000Z');
    if (stored === undefined) throw new Error('no run');
    const again = memoryArchive();
    const replayed = chooseEnrichments({ archive, manifest: stored.manifest });
    const [second] = await auditNights(
      again,
      nights.map((plan) => ({ ...plan, enrichments: replayed })),
    );
    expect(second?.report.rules).toEqual(first?.report.rules);
    expect(second?.objects.principals?.sha256).toBe(first?.objects.principals?.sha256);
  });

  test('of a run that read nothing is said to be nothing, and judges nobody', async () => {
    const archive = memoryArchive();
    await auditNights(archive, [{ number: 1, users: [bound('a')] }]);
    const stored = await findCompleteRun(archive, ENVIRONMENT, '20261124T020000Z');
    if (stored === undefined) throw new Error('no run');
    const replayed = chooseEnrichments({ archive, manifest: stored.manifest });
    const { rule } = await audited('principal-missing', night([bound('a')], replayed));
    expect(rule).toMatchObject({ checked: 0, notAssessed: 1, reason: 'run 20261124T020000Z did not read roles' });
    expect((await audited('effective-super-user', night([bound('a')], replayed))).rule).toMatchObject({
      state: 'not-assessed',
      reason: 'run 20261124T020000Z did not read permission groups',
    });
  });

  /** Notes who is asked, and by when an answer has to be there. */
  const noting = () => {
    const { roles, groups } = facts();
    const asked: [what: string, deadline: number][] = [];
    const enrichments: Enrichments = {
      roles(request) {
        asked.push(['roles', request.deadline]);
        return roles(request);
      },
      groups(deadline) {
        asked.push(['groups', deadline]);
        return groups(deadline);
      },
    };
    return { asked, enrichments };
  };

  test('is asked for until there is time left to judge everybody', async () => {
    const { asked, enrichments } = noting();
    const deadline = Date.parse(READ_AT) + 60_000;
    await audited('principal-missing', night([bound('a'), plain('b')], enrichments, { deadline }));
    expect(asked.map(([what]) => what)).toEqual(['groups', 'roles']);
    for (const [, until] of asked) expect(until).toBeLessThan(deadline);
  });

  test('is kept with a listing that was cut off', async () => {
    const archive = memoryArchive();
    const end = { complete: false, reason: 'deadline', message: 'm' } as const;
    const cut = night([bound('a')], facts(outside, HELPDESK), { end });
    const [result] = await auditNights(archive, [{ ...cut, number: 1 }]);
    expect(result?.report).toMatchObject({ verdict: 'INCOMPLETE', enriched: { iamRoles: { principals: 1, read: 1 } } });
    const { principals, groups } = result?.objects ?? {};
    expect(principals?.key).toMatch(/^incomplete\//);
    expect(await readJsonLines(archive, principals?.key ?? '')).toEqual([outside(S)]);
    expect(await readJsonLines(archive, groups?.key ?? '')).toEqual(HELPDESK);
  });

  test('is nothing where nobody was listed, and nobody is asked', async () => {
    const { asked, enrichments } = noting();
    const { report, rule } = await audited('effective-super-user', night([], enrichments));
    expect(report).toMatchObject({ verdict: 'INCOMPLETE', reason: 'empty-roster' });
    expect(rule).toMatchObject({ state: 'not-assessed', reason: 'nobody was listed' });
    expect(asked).toStrictEqual([]);
  });

  test('is nothing where the config asks for nothing, and the rules are off', async () => {
    const asked = facts(() => {
      throw new Error('asked');
    });
    const { report, rule } = await audited('principal-missing', night([bound('a')], asked, { config: {} }));
    expect(report).not.toHaveProperty('enriched');
    expect(rule).toMatchObject({ state: 'off', reason: 'its data is not read: iam:GetRole' });
  });
});

test('records of a user that differ are judged with the facts, by the moment of their pages', async () => {
  const { fates } = await audited(
    'principal-missing',
    night([bound('a'), bound('a', { lastLoginTime: daysAgo(2) })], facts(missing)),
  );
  expect(fates).toEqual([`${S} HIGH new`]);
});

describe('what is read beside a listing', () => {
  const DEADLINE = 1_000_000_000;
  const asked = (differs: Partial<FactsRequest>): FactsRequest => ({
    enrich: new Set(['iamRoles', 'permissionGroups']),
    enrichments: facts(sound, HELPDESK),
    arns: () => [S],
    before: undefined,
    users: 1,
    deadline: DEADLINE,
    ...differs,
  });

  test.each([
    { enrich: [], counts: undefined },
    { enrich: ['iamRoles'], counts: ['iamRoles'] },
    { enrich: ['permissionGroups'], counts: ['permissionGroups'] },
    { enrich: ['iamRoles', 'permissionGroups'], counts: ['iamRoles', 'permissionGroups'] },
  ] as const)('is what is asked for, and counted: $enrich', async ({ enrich, counts }) => {
    const read = await readEnrichments(asked({ enrich: new Set(enrich) }));
    const found = enrichedCounts(read);
    expect(found && Object.keys(found)).toEqual(counts);
    // Nobody keeps it.
    expect(read.evidence).toStrictEqual({});
  });

  test('and is nothing where nobody can read it', async () => {
    const read = await readEnrichments(asked({ enrichments: {} }));
    expect(read.evidence).toStrictEqual({});
    expect(enrichedCounts(read)).toMatchObject({ iamRoles: { principals: 0 }, permissionGroups: { groups: 0 } });
  });

  test.each([
    { enrich: ['iamRoles'], kept: ['principals'] },
    { enrich: ['permissionGroups'], kept: ['groups'] },
  ] as const)('is kept, a record a line: $enrich', async ({ enrich, kept }) => {
    const spools = await createSpoolFolder();
    const { evidence } = await readEnrichments(asked({ enrich: new Set(enrich), spools }));
    expect(Object.entries(evidence).map(([name, { size }]) => [name, size > 0])).toEqual(
      kept.map((one) => [one, true]),
    );
    await spools.remove();
  });

  test.each([['iamRoles'], ['permissionGroups']] as const)('where nobody was listed %s are not read', async (name) => {
    const explode = (): never => {
      throw new Error('read');
    };
    const enrichments = { roles: explode, groups: explode };
    const read = await readEnrichments(asked({ enrich: new Set([name]), enrichments, users: 0 }));
    expect(read.groups?.unread).toBe(name === 'permissionGroups' ? 'nobody was listed' : undefined);
    expect(read.evidence).toStrictEqual({});
  });

  test('leaves time to judge a million users', async () => {
    const until: number[] = [];
    const enrichments: Enrichments = {
      roles: async function* roles({ deadline }) {
        until.push(deadline);
        yield sound(S);
      },
      groups: async function* read(deadline) {
        until.push(deadline);
        yield* HELPDESK;
      },
    };
    await readEnrichments(asked({ enrichments, users: 1_000_000 }));
    expect(until).toHaveLength(2);
    for (const one of until) {
      expect(one).toBeLessThan(DEADLINE - 10_000);
      expect(one).toBeGreaterThan(DEADLINE - 60_000);
    }
  });
});
