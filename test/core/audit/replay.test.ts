import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { chainKeys, readPlace } from '../../../core/archive/head.ts';
import type { Manifest } from '../../../core/archive/manifest.ts';
import { openReplay, type RunReplay } from '../../../core/audit/replay.ts';
import { configuredSettings } from '../../../core/audit/settings.ts';
import { type Config, defaultConfig } from '../../../core/config/config.ts';
import type { Report } from '../../../core/model/report.ts';
import type { RoleRecord } from '../../../core/model/roles.ts';
import type { Alert } from '../../../core/notify/channel.ts';
import { archivedListing } from '../../../core/sources/archived.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { serialiseRecord } from '../../../rules/engine/record.ts';
import { defineUserRule, type Rule } from '../../../rules/engine/rule.ts';
import { HOUR_MS } from '../../../rules/engine/time.ts';
import type { Waiver } from '../../../rules/engine/waiver.ts';
import { rules } from '../../../rules/index.ts';
import { auditNights, type NightPlan, nightAt, nightKeys } from '../../support/archived-nights.ts';
import { aUser, daysAgo, ENVIRONMENT } from '../../support/builders.ts';
import { ruleOf } from '../../support/custom-rule.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import * as fc from '../../support/properties.ts';
import { newWorld, night } from '../../support/random-histories.ts';
import { replayByAudit } from '../../support/replayed-by-audit.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const DEFAULTS = defaultConfig(rules);

interface Criteria {
  readonly config?: Partial<Config>;
  readonly waivers?: readonly Waiver[];
  readonly own?: readonly Rule[];
}

/** The runs of an archive, in order. */
const manifestsOf = async (archive: Archive): Promise<readonly Manifest[]> => {
  const manifests: Manifest[] = [];
  for (const key of await chainKeys(archive, ENVIRONMENT)) {
    const { entry } = (await readPlace(archive, ENVIRONMENT, key)) ?? {};
    if (typeof entry === 'object' && !('kind' in entry)) manifests.push(entry);
  }
  return manifests;
};

interface Told {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly highlights?: unknown;
  readonly report?: object;
  readonly findings?: readonly Finding[];
  readonly alert?: Alert | undefined;
}

const withoutChain = ({ previousHead: _head, sequence: _sequence, trend: _trend, ...report }: Partial<Report>) =>
  report;

/** A report less what tells of its place in the chain, and a digest less the head that it names. */
const gistOf = ({ report, reason, message, highlights, findings = [], alert }: Told) => ({
  reason,
  message,
  highlights,
  report: withoutChain(report ?? {}),
  findings: findings.map((finding) => serialiseRecord(finding)),
  alert: alert && { ...alert, body: alert.body.replace(/ {2}Head:[\s\S]*/, '').replace(/Report: .*/, '') },
});

/** Replays all runs of an archive, by audits and without; gives what both told. */
const replayedBoth = async (archive: Archive, { config, waivers = [], own = [] }: Criteria = {}) => {
  const files = { config: { ...DEFAULTS, ...config }, waivers, rules: [...rules, ...own] };
  const byAudit = replayByAudit(archive, files, await newFolder());
  const replay = openReplay(archive, configuredSettings(files.config, waivers, ENVIRONMENT, files.rules));
  const told: { readonly run: string; readonly expected: unknown; readonly got: unknown }[] = [];
  for (const manifest of await manifestsOf(archive)) {
    const listing = archivedListing({ archive, manifest });
    const run = await replay(manifest, listing);
    for await (const page of listing.pages) await run.take(page);
    const end = await run.conclude();
    told.push({ run: manifest.run, expected: gistOf(await byAudit(manifest)), got: gistOf(end) });
  }
  return told;
};

/** Expects both to tell the same, and gives the verdicts. */
const expectSame = async (archive: Archive, criteria?: Criteria) => {
  const told = await replayedBoth(archive, criteria);
  expect(told.map(({ run, got }) => ({ run, ...Object(got) }))).toEqual(
    told.map(({ run, expected }) => ({ run, ...Object(expected) })),
  );
  return told.map(({ got }) => Object(got));
};

const archiveOf = async (nights: readonly NightPlan[]): Promise<Archive> => {
  const archive = memoryArchive();
  await auditNights(archive, nights);
  return archive;
};

const texts = { title: 't', failsWhen: 'f', severity: 'HIGH', rationale: 'r', remediation: 'm', controls: [] } as const;

/** Fails every user whose `type` is `SUPER_USER`, with this evidence. */
const givingEvidence = (evidenceOf: (user: { readonly id: string }) => unknown): Rule =>
  defineUserRule({
    ...texts,
    id: 'gives-evidence',
    options: {},
    when: [{ text: () => 'is a super user', holds: ({ isSuperUser }) => isSuperUser }],
    violation: (user) => ({ message: 'm', evidence: evidenceOf(user) as Readonly<Record<string, string>> }),
  });

describe('tells what whole audits tell, byte for byte', () => {
  test('of random histories, by rules of another day', async () => {
    const history = fc.record({ nights: fc.array(night, { minLength: 14, maxLength: 14 }), by: fc.nat(13) });
    const property = fc.asyncProperty(history, async ({ nights, by }) => {
      const world = newWorld();
      const plans: NightPlan[] = [];
      let criteria: Criteria = {};
      let number = 0;
      for (const [index, { changes, isCut, gap }] of nights.entries()) {
        number += gap;
        const { model, users, config } = world.night(changes, nightAt(number));
        if (index === by) criteria = { config: { rules: config }, waivers: model.waivers };
        plans.push({
          number,
          users,
          config: { rules: config, maxDropPercent: 100 },
          waivers: model.waivers,
          ...(isCut && { end: { complete: false, reason: 'deadline', message: 'no time left' } as const }),
        });
      }
      const archive = await archiveOf(plans);
      expect(await expectSame(archive, criteria)).toHaveLength((await expectSame(archive)).length);
    });
    await fc.assert(property, { numRuns: Number(process.env.HISTORIES ?? 6), seed: 1, endOnFailure: true });
  }, 600_000);

  test('of a finding whose records could not be judged for nights, and of what it was last seen in', async () => {
    const people = (address: unknown) => [
      aUser({ userId: 'm1', emailAddress: 'ada@example.com' }),
      aUser({ userId: 'm2', emailAddress: address }),
    ];
    const addresses = ['ada@example.com', null, null, null, 'other@example.com'];
    const archive = await archiveOf(addresses.map((address, index) => ({ number: index + 1, users: people(address) })));
    const told = await expectSame(archive);
    expect(told.map(({ findings }) => findings.join().includes('"carried":true'))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  test('of a month in which nothing changed, after which the head is mailed', async () => {
    const reminders = { ...DEFAULTS.reminders, CRITICAL: 'off' } as const;
    const archive = await archiveOf(
      [1, 2, 31, 32, 33, 63, 64].map((number) => ({ number, users: [aUser()], config: { reminders } })),
    );
    const told = await expectSame(archive, { config: { reminders } });
    expect(told.map(({ alert }) => alert?.subject.replace(/.*: /, ''))).toEqual([
      expect.stringContaining('first audit'),
      undefined,
      undefined,
      'nothing changed for a month, 29 days unseen',
      undefined,
      'nothing changed for a month, 30 days unseen',
      undefined,
    ]);
  });

  test('of users of whom there are records that differ, and of records without an id', async () => {
    const stale = { lastLoginTime: daysAgo(200) };
    const twice = [aUser({ userId: 'a' }), aUser({ userId: 'b' }), aUser({ userId: 'a', ...stale })];
    const archive = await archiveOf([
      { number: 1, users: twice },
      { number: 2, users: [...twice, aUser({ userId: undefined, ...stale }), null, 7] },
      { number: 3, users: [aUser({ userId: 'a' }), aUser({ userId: 'b', ...stale })] },
    ]);
    const told = await expectSame(archive);
    expect(told[0]?.report.counts.conflicting).toBe(1);
  });

  test('of numbers as they came', async () => {
    const users = [JSON.rawJSON('1e3'), JSON.rawJSON('12345678901234567890')].map((lastLoginTime, index) =>
      aUser({ userId: `u${index}`, lastLoginTime }),
    );
    const archive = await archiveOf([
      { number: 1, users },
      { number: 2, users },
    ]);
    const [told] = await expectSame(archive);
    expect(told.findings.join()).toContain('12345678901234567890');
  });

  test("of operators' rules", async () => {
    const own = [ruleOf("user.emailAddress.domain() == 'contractor.example.com'")];
    const users = [
      aUser({ emailAddress: 'a@contractor.example.com', apiAccess: 'ENABLED', createTime: daysAgo(100) }),
      aUser({ userId: 'u2' }),
    ];
    const archive = await archiveOf([
      { number: 1, users, own },
      { number: 2, users: users.slice(1), own, config: { maxDropPercent: 100 } },
    ]);
    const told = await expectSame(archive, { own });
    expect(told[0]?.findings.join()).toContain('"ruleId":"x-');
  });

  test('of roles and groups, and of nights that did not read them', async () => {
    const arn = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
    const enrich = {
      environments: [{ id: ENVIRONMENT, enrich: { iamRoles: { accounts: [] }, permissionGroups: true } }],
    };
    const config = enrich as unknown as Partial<Config>;
    const users = ['a', 'b'].map((id) => aUser({ userId: id, apiAccess: 'ENABLED', apiAccessPrincipalArn: arn(id) }));
    const enrichments = (gone: readonly string[]) => ({
      roles: async function* roles({ arns }: { readonly arns: () => Iterable<string> }): AsyncGenerator<RoleRecord> {
        for (const one of arns())
          yield gone.some((name) => one.endsWith(name)) ? { arn: one, exists: false } : { arn: one, unread: 'refused' };
      } as never,
      groups: async function* groups() {
        yield { permissionGroupId: 'g', applicationPermissions: ['ManageUsersAndGroups'] };
        yield { permissionGroupId: 'g', userId: 'a' };
      } as never,
    });
    const archive = await archiveOf([
      { number: 1, users, config, enrichments: enrichments(['a']) },
      { number: 2, users, config, enrichments: enrichments([]) },
      { number: 3, users },
      { number: 4, users, config, enrichments: enrichments(['a', 'b']) },
    ]);
    const told = await expectSame(archive, { config });
    expect(told[0]?.report.enriched).toMatchObject({ iamRoles: {}, permissionGroups: {} });
  });
});

describe('a rule that breaks is told of, and the night is not complete', () => {
  const ring: Record<string, unknown> = {};
  ring.ring = ring;
  class Refusing {
    toJSON(): never {
      throw new Error('it is not to be kept');
    }
  }

  test.each<[string, (user: { readonly id: string }) => unknown]>([
    ['a number without end', () => ({ n: 1n })],
    ['one in a list', () => ({ n: ['a', 1n] })],
    ['what holds itself', () => ring],
    ['what holds such', () => ({ ring })],
    ['a list of such', () => ({ list: [1, ring] })],
    ['what refuses', () => new Refusing()],
    ['what refuses by a member', () => ({ toJSON: () => new Refusing().toJSON() })],
    [
      'what refuses to be read',
      () => ({
        get secret() {
          return new Refusing().toJSON();
        },
      }),
    ],
    ['one that throws', () => new Refusing().toJSON()],
  ])('by evidence that is no JSON: %s', async (_, evidenceOf) => {
    const superUser = aUser({ userId: 's', type: 'SUPER_USER' });
    const archive = await archiveOf([
      { number: 1, users: [aUser()] },
      { number: 2, users: [aUser(), superUser] },
      { number: 3, users: [aUser(), aUser({ userId: 's', lastLoginTime: daysAgo(200) })] },
    ]);
    const told = await expectSame(archive, { own: [givingEvidence(evidenceOf)] });
    expect(told.map(({ reason }) => reason)).toStrictEqual([undefined, 'rule-error', undefined]);
  });

  test('evidence that is JSON in its own way is none', async () => {
    const archive = await archiveOf([{ number: 1, users: [aUser({ type: 'SUPER_USER' })] }]);
    const own = [
      givingEvidence(() => ({
        at: new Date(0),
        none: undefined,
        nan: Number.NaN,
        list: [undefined],
        deep: { a: [{}] },
      })),
    ];
    const [told] = await expectSame(archive, { own });
    expect(told.findings.join()).toContain('1970-01-01');
  });

  test('the next one compares with the last that was judged', async () => {
    const archive = await archiveOf(
      [false, true, false, true, false].map((isBroken, index) => ({
        number: index + 1,
        users: [
          aUser({ userId: 'a', lastLoginTime: daysAgo(index === 0 ? 200 : 1) }),
          aUser({ userId: isBroken ? 'broken' : `u${index}`, type: 'SUPER_USER' }),
        ],
      })),
    );
    const own = [givingEvidence(({ id }) => ({ n: id === 'broken' ? 1n : 1 }))];
    const told = await expectSame(archive, { own });
    expect(told.map(({ report }) => report.previousRun?.slice(6, 8))).toEqual([
      undefined,
      undefined,
      '24',
      undefined,
      '26',
    ]);
  });
});

/** Replays runs one after the other. */
const replayed = async (archive: Archive, manifests: readonly (Manifest | undefined)[], by: Archive = archive) => {
  const replay = openReplay(by, configuredSettings(DEFAULTS, [], ENVIRONMENT, rules));
  const ends: Awaited<ReturnType<RunReplay['conclude']>>[] = [];
  for (const manifest of manifests) {
    if (manifest === undefined) continue;
    const listing = archivedListing({ archive, manifest });
    const run = await replay(manifest, listing);
    for await (const page of listing.pages) await run.take(page);
    ends.push(await run.conclude());
  }
  return ends;
};

/** Replays all runs of an archive, and gives what came of them: all are judged. */
const judgedOf = async (nights: readonly NightPlan[]) => {
  const archive = await archiveOf(nights);
  const ends = await replayed(archive, await manifestsOf(archive));
  return ends.flatMap((end) => ('report' in end ? [end] : []));
};

describe('a run is not judged', () => {
  test('that comes before one that was judged', async () => {
    const archive = await archiveOf([1, 2].map((number) => ({ number, users: [aUser()] })));
    const [first, second] = await manifestsOf(archive);
    expect((await replayed(archive, [second, first]))[1]).toEqual({
      verdict: 'FAILED',
      reason: 'after-the-fact',
      message: `run ${first?.run} comes after the fact: run ${second?.run} is complete, and what users were like before it can't be read now`,
    });
  });

  test('anew that was judged just before, and people are not told of it twice', async () => {
    const archive = await archiveOf([{ number: 1, users: [aUser({ lastLoginTime: daysAgo(200) })] }]);
    const [manifest] = await manifestsOf(archive);
    const [once, again] = await replayed(archive, [manifest, manifest]);
    expect(once).toMatchObject({ alert: { subject: expect.stringContaining('first audit') } });
    expect(again).toStrictEqual({ ...once, alert: undefined, highlights: [] });
  });

  test('whose records can not be read again, where some of a user differ', async () => {
    const archive = await archiveOf([{ number: 1, users: [aUser(), aUser({ firstName: 'Other' })] }]);
    const [manifest] = await manifestsOf(archive);
    const away: Archive = { ...archive, read: () => Promise.reject(new Error('it is away')) };
    expect(await replayed(archive, [manifest], away)).toEqual([
      { verdict: 'FAILED', reason: 'archive-unavailable', message: `${archive.location}: Error: it is away` },
    ]);
  });

  test('whose snapshot is gone', async () => {
    const archive = await archiveOf([{ number: 1, users: [aUser()] }]);
    const [manifest] = await manifestsOf(archive);
    const { key } = manifest?.objects.snapshot ?? {};
    const lacking: Archive = { ...archive, read: async (one) => (one === key ? undefined : archive.read(one)) };
    expect(await replayed(lacking, [manifest])).toEqual([
      expect.objectContaining({ verdict: 'INCOMPLETE', message: expect.stringContaining(`${key} is missing`) }),
    ]);
  });
});

// By whole days: half a day past the month is no later than the day.
test('people are mailed of what is new, and of the head of the chain once nothing was new for a month', async () => {
  const reminders = { ...DEFAULTS.reminders, CRITICAL: 'off' } as const;
  const stale = aUser({ userId: 'b', lastLoginTime: daysAgo(200) });
  const ends = await judgedOf(
    [1, 31.5, 32, 33, 64].map((number) => ({
      ...{ number, config: { reminders } },
      users: number === 64 ? [aUser(), stale] : [aUser()],
    })),
  );
  expect(ends.map(({ alert }) => alert?.subject.replace(/^.*?: /, ''))).toEqual([
    expect.stringContaining('first audit'),
    undefined,
    expect.stringContaining('nothing changed for a month, 30 days unseen'),
    undefined,
    expect.stringContaining('1 new'),
  ]);
  expect(ends.at(-1)?.alert?.body).toContain(nightKeys(64).object({ area: 'reports', file: 'report.html' }));
});

test('a finding that comes back is the one that was over', async () => {
  const users = [200, 1, 200].map((days) => [aUser({ lastLoginTime: daysAgo(days) })]);
  const ends = await judgedOf(users.map((those, index) => ({ number: index + 1, users: those })));
  const states = ends.map(({ findings }) => findings.find(({ ruleId }) => ruleId === 'stale-login')?.state);
  expect(states).toEqual(['new', 'resolved', 'reopened']);
});

test('a time is held against the moment at which it was read', async () => {
  const hour = (count: number) => nightAt(1).getTime() + count * HOUR_MS;
  const users = [1, 3].map((count) => aUser({ userId: `after ${count}`, lastLoginTime: hour(count) }));
  const [end] = await judgedOf([{ number: 1, users, listedAt: new Date(hour(2)) }]);
  const early = end?.findings.filter(({ ruleId }) => ruleId === 'inconsistent-timestamps');
  expect(early?.map(({ subject }) => subject.id)).toEqual(['after 3']);
});
