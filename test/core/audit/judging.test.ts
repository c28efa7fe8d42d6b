import { describe, expect, test } from '@jest/globals';
import { openFindingOf } from '../../../core/archive/read-run.ts';
import { createSpoolFolder, linesOf } from '../../../core/archive/staging.ts';
import { criteriaOf } from '../../../core/audit/criteria.ts';
import type { Facts } from '../../../core/audit/enriching.ts';
import { type FindingsKeeper, openFindingFiles } from '../../../core/audit/finding-files.ts';
import {
  type Baseline,
  beginJudging,
  type Judgement,
  openFindingsOf,
  withoutResolved,
} from '../../../core/audit/judging.ts';
import { configuredSettings } from '../../../core/audit/settings.ts';
import { type Config, defaultConfig } from '../../../core/config/config.ts';
import { Groups } from '../../../core/model/groups.ts';
import type { EnrichmentName } from '../../../rules/engine/facts.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { OpenFindings } from '../../../rules/engine/memory/open-findings.ts';
import { Roster } from '../../../rules/engine/memory/roster.ts';
import { parseRecord, serialiseRecord } from '../../../rules/engine/record.ts';
import { defineUserRule, type Rule } from '../../../rules/engine/rule.ts';
import { HOUR_MS } from '../../../rules/engine/time.ts';
import { readUser } from '../../../rules/engine/user.ts';
import type { Waiver } from '../../../rules/engine/waiver.ts';
import { rules } from '../../../rules/index.ts';
import { anAuditRequest } from '../../support/audit-request.ts';
import { anApiUser, aRoleArn, aUser, daysAgo, ENVIRONMENT, NOW } from '../../support/builders.ts';
import { anEntry } from '../../support/chain-entries.ts';
import { aFinding } from '../../support/findings.ts';

const REQUEST = anAuditRequest();

const criteriaFor = ({ enrich: names = [], config, waivers = [], own = [] }: Asked = {}) => {
  const enrich = {
    ...(names.includes('iamRoles') && { iamRoles: { accounts: [] } }),
    ...(names.includes('permissionGroups') && { permissionGroups: true as const }),
  };
  const whole = { ...defaultConfig(rules), environments: [{ id: ENVIRONMENT, enrich }], ...config };
  return criteriaOf(REQUEST, configuredSettings(whole, waivers, ENVIRONMENT, [...rules, ...own]));
};

interface Page {
  /** When it was read; undefined: nobody says. */
  readonly at?: number;
  readonly users: readonly unknown[];
}

interface Asked {
  readonly enrich?: readonly EnrichmentName[];
  readonly config?: Partial<Config>;
  readonly waivers?: readonly Waiver[];
  /** Rules besides the catalogue's. */
  readonly own?: readonly Rule[];
  readonly facts?: Facts;
  /** The users of the run before; none: there is no run before. */
  readonly before?: readonly unknown[];
  /** The findings that it left open. */
  readonly open?: readonly Finding[];
  /** Its instant. */
  readonly asOf?: string;
  readonly isWhole?: boolean;
}

/**
 * Begins to judge.
 * @param keep in the place of what takes a finding
 */
const begun = ({ keep, ...asked }: Asked & { readonly keep?: (finding: Finding) => Promise<unknown> | undefined }) => {
  const { before = [], open = [], asOf } = asked;
  const roster = new Roster();
  for (const [position, user] of before.entries()) roster.addBaseline(readUser(user, position));
  const next = new Roster();
  const openFindings = new OpenFindings();
  for (const finding of open) openFindings.add(finding.id, openFindingOf(finding));
  const baseline: Baseline = {
    manifest: before.length === 0 ? undefined : anEntry(1, asOf === undefined ? {} : { asOf }),
    findingBaseline: { open: openFindings, resolved: new Map() },
    roster,
    next,
    findings: async function* left() {
      yield* open;
    },
    findEarlierRun: async () => undefined,
  };
  /** The findings by each time that everybody was judged, and whether that was ended. */
  const passes: { readonly findings: Finding[]; isEnded: boolean }[] = [];
  const openKeeper = (): FindingsKeeper<readonly Finding[]> => {
    const pass = { findings: [] as Finding[], isEnded: false };
    passes.push(pass);
    return {
      textsOf: (finding) => [serialiseRecord(finding)],
      keep(finding, [text = '']) {
        pass.findings.push(parseRecord(text) as Finding);
        // On disk a moment later.
        return keep?.(finding) ?? Promise.resolve();
      },
      finish: async () => {
        pass.isEnded = true;
        return pass.findings;
      },
    };
  };
  return { judging: beginJudging(criteriaFor(asked), baseline, openKeeper), passes, next };
};

/** Judges pages, and gives what came of it. */
const judged = async (pages: readonly Page[], asked: Asked = {}) => {
  const { facts, isWhole = true } = asked;
  const { judging, passes, next } = begun(asked);
  const kept: unknown[] = [];
  const seen: boolean[] = [];
  for (const { at, users } of pages) {
    if (at !== undefined) judging.readAt(at);
    for (const user of users) {
      const text = serialiseRecord(user);
      const record = parseRecord(text);
      const isKept = judging.see(record, text);
      seen.push(isKept);
      if (isKept) kept.push(record);
    }
    await judging.settled();
  }
  const judgement = await judging.conclude(
    isWhole,
    async function* records() {
      yield* kept;
    },
    facts,
  );
  return { judging, judgement, passes, seen, next };
};

const outcomeOf = ({ outcomes }: Judgement<unknown>, id: string) => outcomes.find((outcome) => outcome.id === id);

const LATER = NOW + HOUR_MS;
/** Was active after the run's instant, before the page came on which it stands. */
const activeLater = (userId: string, members = {}) => aUser({ userId, lastLoginTime: NOW + HOUR_MS / 2, ...members });

describe('the moment of a record', () => {
  test.each<{ name: string; pages: readonly Page[]; moments: readonly (number | undefined)[] }>([
    { name: 'that nobody says', pages: [{ users: [aUser()] }], moments: [undefined] },
    {
      name: 'is that of its page, whatever pages came between',
      pages: [
        { at: 10, users: [aUser({ userId: 'a' }), aUser({ userId: 'b' })] },
        { at: 20, users: [] },
        { at: 30, users: [aUser({ userId: 'a' }), aUser({ userId: 'c' })] },
        { at: 30, users: [aUser({ userId: 'd' })] },
        { at: 40, users: [aUser({ userId: 'e' })] },
      ],
      moments: [10, 10, 30, 30, 40, undefined],
    },
    {
      name: 'is that of its page by a clock that was set back, too',
      pages: [10, 20, 10].map((at, index) => ({ at, users: [aUser({ userId: `of ${at}`, firstName: `${index}` })] })),
      moments: [10, 20, 10],
    },
  ])('$name', async ({ pages, moments }) => {
    const { judging } = await judged(pages);
    const momentAt = judging.moments();
    expect(moments.map((_, position) => momentAt(position))).toEqual(moments);
    // In any order: records of a user that differ come last.
    expect([...moments.keys()].toReversed().map((position) => momentAt(position))).toEqual(moments.toReversed());
  });

  test.each<{ name: string; pages: readonly Page[]; asked?: Asked }>([
    {
      name: 'as it comes',
      pages: [
        { at: NOW, users: [aUser()] },
        { at: LATER, users: [activeLater('b')] },
      ],
    },
    {
      name: 'once facts are read',
      pages: [
        { at: NOW, users: [aUser()] },
        { at: LATER, users: [activeLater('b')] },
      ],
      asked: { enrich: ['iamRoles'] },
    },
    {
      name: 'where another has records that differ',
      pages: [
        { at: NOW, users: [aUser({ userId: 'a' }), aUser({ userId: 'x' })] },
        { at: LATER, users: [activeLater('b'), aUser({ userId: 'a', firstName: 'Other' })] },
      ],
    },
    {
      name: 'where its records differ, of which the last came then',
      pages: [
        { at: NOW, users: [aUser({ userId: 'b' })] },
        { at: LATER, users: [aUser(), activeLater('b')] },
      ],
    },
  ])('tells whether its times can be: $name', async ({ pages, asked }) => {
    const { judgement } = await judged(pages, asked);
    expect(outcomeOf(judgement, 'inconsistent-timestamps')).toMatchObject({ failed: 0, notAssessed: 0 });
    for (const at of [{ at: NOW }, {}]) {
      const early = await judged(
        pages.map(({ users }) => ({ ...at, users })),
        asked,
      );
      expect(outcomeOf(early.judgement, 'inconsistent-timestamps')?.failed).toBe(1);
    }
  });
});

describe('a listing', () => {
  const a = aUser({ userId: 'a' });

  test('counts users once, what came before, and users with records that differ', async () => {
    const other = { ...a, firstName: 'Other' };
    const { judging, seen } = await judged([{ users: [a, aUser({ userId: 'b' }), a, other, other] }]);
    expect({ ...judging }).toMatchObject({ users: 2, duplicates: 2, conflicting: 1 });
    expect(seen).toEqual([true, true, false, true, false]);
  });

  test('is known to the run that follows', async () => {
    const { next } = await judged([{ users: [a] }]);
    expect(next.baselineOf('a')).toMatchObject({ id: 'a' });
    expect(next.baselineOf('b')).toBeUndefined();
  });

  test('has the roles that rules judge where these are read', async () => {
    const users = [
      anApiUser({ apiAccessPrincipalArn: aRoleArn('S') }),
      anApiUser({ userId: 'b', apiAccessPrincipalArn: aRoleArn('S') }),
    ];
    expect([...(await judged([{ users }], { enrich: ['iamRoles'] })).judging.arns()]).toEqual([aRoleArn('S')]);
    expect([...(await judged([{ users }], { enrich: ['permissionGroups'] })).judging.arns()]).toStrictEqual([]);
  });
});

describe('everybody is judged', () => {
  const stale = (userId: string) => aUser({ userId, lastLoginTime: daysAgo(200) });
  const staleIn = ({ findings, isEnded }: { readonly findings: readonly Finding[]; readonly isEnded: boolean }) => [
    findings.filter(({ ruleId }) => ruleId === 'stale-login').length,
    isEnded,
  ];

  test('once, as they come', async () => {
    const { passes } = await judged([{ users: [stale('a'), stale('b')] }]);
    expect(passes.map(staleIn)).toEqual([[2, true]]);
  });

  test('once, at the end, where facts are read', async () => {
    const { passes } = await judged([{ users: [stale('a')] }], { enrich: ['permissionGroups'] });
    expect(passes.map(staleIn)).toEqual([[1, true]]);
  });

  test.each<{ name: string; enrich: readonly EnrichmentName[] }>([
    { name: 'these alone', enrich: ['permissionGroups'] },
    { name: 'roles too', enrich: ['iamRoles', 'permissionGroups'] },
  ])('by the groups that were read: $name', async ({ enrich }) => {
    const groups = new Groups();
    groups.add({ permissionGroupId: 'g', applicationPermissions: ['ManageUsersAndGroups'] });
    groups.add({ permissionGroupId: 'g', userId: 'a' });
    const { judgement } = await judged([{ users: [aUser({ userId: 'a' })] }], {
      enrich,
      facts: { groups, evidence: {} },
    });
    expect(outcomeOf(judgement, 'effective-super-user')).toMatchObject({ checked: 1, failed: 1 });
  });

  test('anew where records differ, and what was begun is ended', async () => {
    const { passes, judgement } = await judged([{ users: [stale('a'), stale('b'), aUser({ userId: 'a' })] }]);
    expect(passes.map(staleIn)).toEqual([
      [expect.any(Number), true],
      [2, true],
    ]);
    const failing = judgement.evidence.filter(({ ruleId }) => ruleId === 'stale-login');
    expect(failing.map(({ subject }) => subject.id).toSorted()).toEqual(['a', 'b']);
    expect(judgement.findings.bySeverity.MEDIUM).toBe(failing.length);
  });

  const given = JSON.rawJSON('1e12');
  const early = aUser({ userId: 'a', lastLoginTime: given, createTime: given });

  test.each([
    { name: 'the only one', users: [early] },
    { name: 'the first', users: [early, aUser({ userId: 'a' })] },
    { name: 'the last', users: [aUser({ userId: 'a' }), early] },
  ])('by the very numbers of the record that fails: $name', async ({ users }) => {
    const { judgement } = await judged([{ users }]);
    expect(judgement.evidence.map((finding) => serialiseRecord(finding)).join()).toContain('"lastLoginTime":1e12');
  });
});

/** A finding on user `a`. */
const left = (ruleId: string, members: Partial<Finding> = {}) =>
  aFinding({ ruleId, subject: { kind: 'user', id: 'a' }, lastSeen: anEntry(1).asOf, ...members });

describe('what the run before left', () => {
  const a = aUser({ userId: 'a' });
  const stale = aUser({ userId: 'a', lastLoginTime: daysAgo(200) });
  const fatesOf = ({ evidence }: Judgement<readonly Finding[]>, ruleId: string) =>
    evidence.filter((finding) => finding.ruleId === ruleId).map(({ state, carried }) => ({ state, carried }));

  test('of a user is what it is now compared with', async () => {
    const { judgement } = await judged([{ users: [aUser({ userId: 'a', type: 'SUPER_USER' })] }], { before: [a] });
    expect(outcomeOf(judgement, 'promoted-to-super-user')).toMatchObject({ checked: 1, failed: 1 });
    expect(outcomeOf(judgement, 'new-super-user')).toMatchObject({ failed: 0 });
  });

  test('of a finding that only the first of records that differ seemed to confirm is over', async () => {
    const open = [left('inconsistent-timestamps')];
    const pages = [
      { at: NOW, users: [activeLater('a')] },
      { at: LATER, users: [activeLater('a', { firstName: 'Other' })] },
    ];
    const { judgement, passes } = await judged(pages, { before: [a], open });
    expect(passes.map(({ findings }) => findings.find(({ ruleId }) => ruleId === open[0]?.ruleId)?.state)).toEqual([
      'open',
      'resolved',
    ]);
    expect(judgement.findings.byState.resolved).toBe(1);
  });

  test.each([
    { name: 'over, where the user passes', users: [a], fates: [{ state: 'resolved', carried: undefined }] },
    { name: 'open, where it fails', users: [stale], fates: [{ state: 'open', carried: undefined }] },
    {
      name: 'carried, where nobody can tell',
      users: [aUser({ userId: 'a', lastLoginTime: 'never', createTime: 'never' })],
      fates: [{ state: 'open', carried: true }],
    },
  ])('of a finding is $name', async ({ users, fates }) => {
    const { judgement } = await judged([{ users }], { before: [a], open: [left('stale-login')] });
    expect(fatesOf(judgement, 'stale-login')).toStrictEqual(fates);
  });

  test('of a finding whose rule has no say is carried', async () => {
    const asked: Asked = { enrich: ['permissionGroups'], before: [a], open: [left('effective-super-user')] };
    const { judgement } = await judged([{ users: [a] }], asked);
    expect(outcomeOf(judgement, 'effective-super-user')).toMatchObject({ state: 'not-assessed' });
    expect(fatesOf(judgement, 'effective-super-user')).toStrictEqual([{ state: 'open', carried: true }]);
  });

  test('of findings stays as it was where a rule breaks, and of waivers nothing is told', async () => {
    const ring: Record<string, unknown> = {};
    ring.ring = ring;
    const { judgement } = await judged([{ users: [aUser({ userId: 'a', type: 'SUPER_USER' })] }], {
      before: [a],
      open: [left('stale-login')],
      own: [
        defineUserRule({
          ...{ id: 'gives-no-json', title: 't', failsWhen: 'f', severity: 'HIGH', rationale: 'r', remediation: 'm' },
          ...{ controls: [], options: {} },
          when: [{ text: () => 'is a super user', holds: ({ isSuperUser }) => isSuperUser }],
          violation: () => ({ message: 'm', evidence: { ring } }),
        }),
      ],
    });
    expect(outcomeOf(judgement, 'gives-no-json')).toMatchObject({ failed: 0, brokeOn: { id: 'a' } });
    expect(outcomeOf(judgement, 'gives-no-json')?.error).toContain('circular');
    expect(fatesOf(judgement, 'stale-login')).toStrictEqual([]);
    expect(judgement.waiverTroubles).toBeUndefined();
  });

  test.each([
    { firstSeen: daysAgo(30), kind: 'reminder' },
    { firstSeen: daysAgo(29), kind: 'open' },
    { firstSeen: daysAgo(31), kind: 'open' },
  ])('of a finding is reminded of a month later, once: since $firstSeen', async ({ firstSeen, kind }) => {
    const { reminders } = defaultConfig(rules);
    const { judgement } = await judged([{ users: [stale] }], {
      ...{ before: [a], asOf: new Date(daysAgo(1)).toISOString() },
      config: { reminders: { ...reminders, MEDIUM: 30 } },
      open: [left('stale-login', { firstSeen: new Date(firstSeen).toISOString() })],
    });
    expect(judgement.highlights.filter(({ ruleId }) => ruleId === 'stale-login')).toMatchObject([{ kind, count: 1 }]);
  });
});

describe('a waiver that accepts nothing', () => {
  const OWN = { reason: 'r', owner: 'o', approver: 'p', expires: '2099-12-31' };

  test.each<{ name: string; rule?: string; user?: unknown; asked?: Asked; kinds: readonly string[] }>([
    { name: 'is unused where the user passes', kinds: ['unused'] },
    { name: 'is none where it fails', user: aUser({ lastLoginTime: daysAgo(200) }), kinds: [] },
    { name: 'may accept what nobody could tell', user: aUser({ lastLoginTime: 'never' }), kinds: [] },
    {
      name: 'may be of use once its rule is on',
      asked: { config: { rules: { 'stale-login': { enabled: false } } } },
      kinds: [],
    },
    {
      name: 'may accept what its rule has no say in',
      rule: 'effective-super-user',
      asked: { enrich: ['permissionGroups'] },
      kinds: [],
    },
  ])('$name', async ({ rule = 'stale-login', user = aUser(), asked, kinds }) => {
    const waivers = [{ ...OWN, rule, user: readUser(user, 0).id }];
    const { judgement } = await judged([{ users: [user] }], { waivers, ...asked });
    expect(judgement.waiverTroubles?.map(({ kind }) => kind)).toStrictEqual(kinds);
  });
});

test('those whose findings are the worst come first', async () => {
  const users = [
    aUser({ userId: 'a' }),
    aUser({ userId: 'b', lastLoginTime: daysAgo(200) }),
    aUser({ userId: 'c', lastLoginTime: daysAgo(200), emailAddress: 'c@elsewhere.example', type: 'OTHER' }),
  ];
  const { judgement } = await judged([{ users }]);
  expect(judgement.userOrder.worst(3).ids).toEqual(['c', 'b']);
});

describe('a disk that takes no findings is told of', () => {
  const full = () => Promise.reject(new Error('it is full'));

  test('as they come', async () => {
    const { judging } = begun({ keep: full });
    const user = aUser({ lastLoginTime: daysAgo(200) });
    judging.see(user, serialiseRecord(user));
    await expect(judging.settled()).rejects.toThrow('it is full');
  });

  test('at the end', async () => {
    const { judging } = begun({ keep: full });
    await expect(judging.conclude(true, async function* none() {})).rejects.toThrow('it is full');
  });

  test('of what is over, too', async () => {
    const a = aUser({ userId: 'a' });
    const { judging } = begun({
      keep: ({ state }) => (state === 'resolved' ? full() : undefined),
      ...{ before: [a], open: [left('stale-login')] },
    });
    judging.see(a, serialiseRecord(a));
    await expect(judging.conclude(true, async function* none() {})).rejects.toThrow('it is full');
  });
});

test('findings are written anew without those that resolved, where there are any', async () => {
  const spools = await createSpoolFolder();
  const files = openFindingFiles(spools);
  for (const finding of (['open', 'resolved'] as const).map((state) => aFinding({ state })))
    await files.keep(finding, files.textsOf(finding, undefined));
  const evidence = await files.finish([]);
  const { judgement } = await judged([{ users: [aUser()] }]);
  const anew = async (resolved: number) => {
    const findings = { ...judgement.findings, byState: { ...judgement.findings.byState, resolved } };
    return openFindingsOf({ ...judgement, findings, evidence }, criteriaFor(), spools);
  };
  const states: unknown[] = [];
  for await (const finding of linesOf((await anew(1)).findings)) states.push(Object(finding).state);
  expect(states).toEqual(['open']);
  expect(await anew(0)).toStrictEqual({ findings: evidence.findings, csv: evidence.csv });
  await spools.remove();
});

describe('of a listing that is not whole', () => {
  const before = [aUser({ userId: 'a' }), aUser({ userId: 'gone' })];
  const pages = [{ users: [aUser({ userId: 'a' })] }];

  test('nobody is said to be gone, and of waivers nothing is told', async () => {
    const cut = await judged(pages, { before, isWhole: false });
    expect(outcomeOf(cut.judgement, 'vanished-user')?.failed).toBe(0);
    expect(cut.judgement.waiverTroubles).toBeUndefined();
    const whole = await judged(pages, { before });
    expect(outcomeOf(whole.judgement, 'vanished-user')?.failed).toBe(1);
    expect(whole.judgement.waiverTroubles).toStrictEqual([]);
  });
});

test('a judgement of a run that is none after all tells of nothing that resolved', async () => {
  const { judgement } = await judged([{ users: [aUser()] }]);
  const { findings } = judgement;
  const highlights = ['new', 'resolved'].map((kind) => ({ kind }) as unknown as Judgement['highlights'][number]);
  const byState = { ...findings.byState, resolved: 3, open: 2 };
  const told = withoutResolved({ ...judgement, highlights, findings: { ...findings, byState } });
  expect(told.findings.byState).toMatchObject({ resolved: 0, open: 2 });
  expect(told.highlights.map(({ kind }) => kind)).toEqual(['new']);
});
