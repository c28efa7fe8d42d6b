import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { runKeys } from '../../../core/archive/keys.ts';
import { readBytes } from '../../../core/archive/lines.ts';
import { type Manifest, readManifest } from '../../../core/archive/manifest.ts';
import { sha256Of } from '../../../core/archive/staging.ts';
import { audit } from '../../../core/audit/audit.ts';
import type { AuditRequest } from '../../../core/audit/request.ts';
import type { AuditSettings } from '../../../core/audit/settings.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { stoppedClock } from '../../../core/model/clock.ts';
import { judgingCode } from '../../../core/model/judging-code.ts';
import type { ListingSource } from '../../../core/model/listing.ts';
import { runName } from '../../../core/model/run-name.ts';
import type { Alert, Channel } from '../../../core/notify/channel.ts';
import { digestChannel, type SendAlert } from '../../../core/notify/channels/digest.ts';
import type { AuditEvent } from '../../../core/notify/channels/events.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import type { ListingEnd, UserSource } from '../../../core/sources/source.ts';
import { configureRules } from '../../../rules/engine/configure.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { defineDirectoryRule, defineUserRule, type Rule } from '../../../rules/engine/rule.ts';
import inconsistentTimestamps from '../../../rules/inconsistent-timestamps.ts';
import { rules as catalogue } from '../../../rules/index.ts';
import principalOutsideAccount from '../../../rules/principal-outside-account.ts';
import staleLogin from '../../../rules/stale-login.ts';
import { makeDirectory } from '../../../simulator/directory.ts';
import { ALWAYS_WRITTEN } from '../../support/always-written.ts';
import { readJsonLines, readText, readTree } from '../../support/archive-tree.ts';
import { aUser } from '../../support/builders.ts';
import { dyingAfter } from '../../support/dying-archive.ts';
import { listingOf } from '../../support/listing.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { personalDataIn } from '../../support/personal-data.ts';
import { archivedSource } from '../../support/replayed-by-audit.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { eventsOf } from '../../support/told-events.ts';

const newFolder = temporaryFolders();

const ENVIRONMENT = 'vs57phhvijir4kv5rf6ywt';
const FIRST_NIGHT = Date.parse('2026-11-24T02:00:00Z');
const night = (n: number): Date => new Date(FIRST_NIGHT + (n - 1) * 86_400_000);

const texts = { title: 't', failsWhen: 'f', severity: 'HIGH', rationale: 'r', remediation: 'm', controls: [] } as const;

/** A small catalogue: every verdict and state can be had with it. */
const marked = defineUserRule({
  ...texts,
  id: 'marked',
  options: { marks: ['bad'] },
  when: [
    {
      text: () => 'is marked',
      holds({ firstName, lastName }, { marks }) {
        if (lastName === 'unknown') return undefined;
        if (firstName === 'breaks') throw new Error('cannot judge');
        return marks.includes(String(firstName));
      },
      unknown: () => 'lastName is unknown',
    },
  ],
  violation: ({ firstName }) => ({ message: 'is marked', evidence: { firstName } }),
});
const counted = defineDirectoryRule({
  ...texts,
  id: 'counted',
  options: {},
  about: 'environment',
  limit: () => ({ text: 'never', holds: false }),
  violation: () => ({ message: 'never', evidence: {} }),
});
const RULES: readonly Rule[] = [marked, counted];

const user = (userId: string, firstName = 'good', lastName = 'known') => ({
  userId,
  status: 'ENABLED',
  firstName,
  lastName,
});
const users = (count: number, from = 0) => Array.from({ length: count }, (_, n) => user(`u${from + n}`));

interface Night {
  readonly pages?: readonly (readonly unknown[])[];
  readonly end?: ListingEnd;
  readonly number?: number;
  readonly source?: UserSource;
  readonly request?: Partial<AuditRequest>;
  readonly settings?: Partial<AuditSettings>;
  readonly rules?: readonly Rule[];
  /** Instead of keeping alerts to be looked at. */
  readonly sendAlert?: SendAlert;
  /** Besides that of the alerts. */
  readonly channels?: readonly Channel[];
}

/** An archive, the alerts that people got, and the nights that are audited into it. */
const newAudit = async (archive?: Archive) => {
  const kept = archive ?? folderArchive(await newFolder());
  const alerts: Alert[] = [];
  let attempts = 0;
  return {
    archive: kept,
    alerts,
    run({
      pages = [],
      end,
      number = 1,
      source = listingOf(pages, end),
      request,
      settings,
      rules = RULES,
      sendAlert,
      channels = [],
    }: Night) {
      attempts += 1;
      return audit(
        {
          environmentId: ENVIRONMENT,
          accountId: '111122223333',
          region: 'us-east-1',
          partition: 'aws',
          asOf: night(number),
          attempt: `attempt-${attempts}`,
          deadline: Number.POSITIVE_INFINITY,
          acceptRosterDrop: false,
          ...request,
        },
        {
          listUsers: source,
          archive: kept,
          channels: [
            digestChannel(
              sendAlert ??
                (async (alert) => {
                  alerts.push(alert);
                  return `message-${alerts.length}`;
                }),
            ),
            ...channels,
          ],
          rules: configureRules(rules),
          waivers: [],
          trustedAccounts: [],
          reminders: defaultConfig(catalogue).reminders,
          maxDropPercent: 20,
          lateAfterHours: 6,
          config: {},
          notifyWaitMs: 100,
          clock: stoppedClock(night(number).getTime()),
          ...settings,
        },
      );
    },
  };
};

const keysOf = async (archive: Archive): Promise<readonly string[]> => Object.keys(await readTree(archive));
const partition = (number = 1) => `environment=${ENVIRONMENT}/dt=${night(number).toISOString().slice(0, 10)}`;
const run = (number = 1) => runName(night(number));
const findingsOf = async (archive: Archive, number = 1): Promise<readonly Finding[]> =>
  (await readJsonLines(archive, `findings/${partition(number)}/${run(number)}.jsonl.gz`)) as Finding[];
const latestRun = async (archive: Archive): Promise<unknown> =>
  JSON.parse(await readText(archive, `latest/environment=${ENVIRONMENT}.json`)).run;

const overwrite = async (archive: Archive, key: string, text: string): Promise<void> => {
  const stored = await archive.read(key);
  await archive.replace(key, { bytes: Buffer.from(text) }, 'application/octet-stream', stored?.version);
};

test.each([
  [{ environmentName: 'research & more' }, true],
  [{}, false],
])("the page of all runs has the environment's name, where it has one: %j", async (settings, isNamed) => {
  const nights = await newAudit();
  await nights.run({ pages: [[aUser()]], settings });
  const page = await readText(nights.archive, `reports/environment=${ENVIRONMENT}/index.html`);
  expect(page.includes('research &amp; more')).toBe(isNamed);
});

describe('a complete run', () => {
  test('leaves all its objects, a manifest with their hashes, and the pointer', async () => {
    const { archive, run: auditNight } = await newAudit();
    const { report } = await auditNight({ pages: [[user('a', 'bad'), user('b')], [user('c')]] });

    expect(report).toMatchObject({
      schemaVersion: 1,
      run: '20261124T020000Z',
      verdict: 'COMPLETE',
      counts: { users: 3, duplicates: 0, pages: 2 },
      findings: { bySeverity: { HIGH: 1 }, byState: { new: 1 } },
    });
    const { object } = runKeys(ENVIRONMENT, night(1));
    expect(await keysOf(archive)).toEqual(
      [
        ...Object.values(ALWAYS_WRITTEN).map(object),
        `alerts/${partition()}/${run()}.json`,
        `chain/environment=${ENVIRONMENT}/000000000001.json`,
        `latest/environment=${ENVIRONMENT}.json`,
        `manifests/${partition()}/${run()}.json`,
        `reports/environment=${ENVIRONMENT}/index.html`,
      ].toSorted(),
    );
    expect(JSON.parse(await readText(archive, `reports/${partition()}/${run()}/report.json`))).toEqual(report);
    expect(await latestRun(archive)).toBe('20261124T020000Z');

    const manifest: Manifest = JSON.parse(await readText(archive, `manifests/${partition()}/${run()}.json`));
    for (const { key, sha256, size } of Object.values(manifest.objects)) {
      const stored = await archive.read(key);
      const bytes = stored && (await readBytes(stored));
      expect({ key, sha256: bytes && sha256Of(bytes), size: bytes?.length }).toEqual({ key, sha256, size });
    }
    expect(Object.keys(manifest.objects).toSorted()).toEqual(Object.keys(ALWAYS_WRITTEN).toSorted());
  });

  test('keeps every record as the service gave it, malformed ones too, and drops none but duplicates', async () => {
    const { archive, run: auditNight } = await newAudit();
    const records = [
      { userId: 'a', extra: { deep: [1, null] }, createTime: 1.635768e12 },
      null,
      'not a user',
      { userId: '', status: 5 },
      { userId: 'a', status: 'DISABLED' },
      { userId: 'a', status: 'DISABLED' },
      { userId: 'b', lastLoginTime: Number.POSITIVE_INFINITY },
    ];
    const { report } = await auditNight({ pages: [records.slice(0, 3), records.slice(3)], rules: catalogue });

    expect(report.counts).toMatchObject({ users: 5, duplicates: 1, conflicting: 1 });
    const lines = (await readText(archive, `snapshots/${partition()}/${run()}.jsonl.gz`)).trimEnd().split('\n');
    expect(lines).toEqual([
      '{"userId":"a","extra":{"deep":[1,null]},"createTime":1635768000000}',
      'null',
      '"not a user"',
      '{"userId":"","status":5}',
      '{"userId":"a","status":"DISABLED"}',
      '{"userId":"b","lastLoginTime":1e999}',
    ]);
    const judged = (await findingsOf(archive)).filter(({ ruleId }) => ruleId === 'unrecognised-value');
    expect(judged.map(({ subject }) => subject.id)).toEqual(['#1', '#2', '#3', 'b', 'a']);
  });

  test('names the run before it, and chains its manifest to that', async () => {
    const { archive, run: auditNight } = await newAudit();
    await auditNight({ pages: [users(3)] });
    const { report } = await auditNight({ pages: [users(3)], number: 2 });
    expect(report.previousRun).toBe(run(1));
    const first = await readText(archive, `manifests/${partition(1)}/${run(1)}.json`);
    const second: Manifest = JSON.parse(await readText(archive, `manifests/${partition(2)}/${run(2)}.json`));
    expect(second.previous).toEqual({
      run: run(1),
      key: `chain/environment=${ENVIRONMENT}/000000000001.json`,
      sha256: sha256Of(first),
    });
    expect(report.previousHead).toBe(`1:${sha256Of(first)}`);
  });
});

/** A listing each of whose pages takes a while, and the clock that it moves. */
const slowListing = (start: number, msAPage: number, pages: readonly (readonly unknown[])[], end?: ListingEnd) => {
  let now = start;
  const listing = listingOf(pages, end)(0);
  async function* slowly() {
    for await (const page of listing.pages) {
      now += msAPage;
      yield page;
    }
  }
  const source: UserSource = () => ({ ...listing, pages: slowly() });
  return { source, settings: { clock: { ...stoppedClock(0), now: () => now } } };
};

/** A channel that keeps the events. */
const eventsTo = (events: AuditEvent[]): Channel => ({
  name: 'events',
  prepare: (notification) => async () => {
    for await (const event of eventsOf(notification)) events.push(event);
    return {};
  },
});

describe('the time of a listing', () => {
  const start = night(1).getTime() + 60_000;

  test.each([
    { name: 'a complete run', end: { complete: true } as const, folder: `manifests/${partition()}/${run()}.json` },
    {
      name: 'an unfinished attempt',
      end: { complete: false, reason: 'deadline', message: 'm' } as const,
      folder: `incomplete/${partition()}/${run()}-attempt-1/manifest.json`,
    },
  ])('stands in the report, manifest, digest, page and event of $name', async ({ end, folder }) => {
    const { archive, alerts, run: auditNight } = await newAudit();
    const events: AuditEvent[] = [];
    const slowly = slowListing(start, 60_000, [[user('a')]], end);
    const { report, objects } = await auditNight({ ...slowly, channels: [eventsTo(events)] });
    const listing = { startedAt: '2026-11-24T02:01:00.000Z', endedAt: '2026-11-24T02:02:00.000Z' };
    const manifest: Manifest = JSON.parse(await readText(archive, folder));
    expect([report.listing, manifest.listing, events.at(-1)?.detail.listing]).toEqual([listing, listing, listing]);
    expect(alerts.at(-1)?.body).toContain(`Listed:       ${listing.startedAt} to ${listing.endedAt}\n`);
    expect(await readText(archive, objects.html?.key ?? '')).toContain('from 2026-11-24 02:01 UTC</dd><dd>to');
  });

  test('is the moment of the failure where nothing could be listed', async () => {
    const { run: auditNight } = await newAudit();
    await auditNight({ pages: [[user('a')]], number: 2 });
    const { report } = await auditNight({ pages: [[user('a')]], settings: { clock: stoppedClock(start) } });
    const now = new Date(start).toISOString();
    expect(report).toMatchObject({ verdict: 'FAILED', listing: { startedAt: now, endedAt: now } });
  });

  test('may begin 5 minutes before the instant that the run speaks for, by a clock that is behind, and no earlier', async () => {
    const { archive, run: auditNight } = await newAudit();
    const plan = { pages: [[user('a')]] };
    const behind = (ms: number) => ({ settings: { clock: stoppedClock(night(1).getTime() - ms) } });
    await expect(auditNight({ ...plan, ...behind(300_001) })).rejects.toThrow(
      'asOf must be at most 5 minutes ahead of the clock, which says 2026-11-24T01:54:59.999Z, got 2026-11-24T02:00:00.000Z',
    );
    expect(await keysOf(archive)).toStrictEqual([]);
    expect((await auditNight({ ...plan, ...behind(300_000) })).report.verdict).toBe('COMPLETE');
  });
});

describe('a run that is late', () => {
  const HOUR = 3_600_000;
  const deadline = { complete: false, reason: 'deadline', message: 'm' } as const;
  const startedAfter = (hours: number, ms = 0) => ({ clock: stoppedClock(night(1).getTime() + hours * HOUR + ms) });
  const from = (kind: ListingSource['kind'], end?: ListingEnd): UserSource => {
    const listing = listingOf([[user('a')]], end)(0);
    return () => ({ ...listing, source: { kind } });
  };

  test.each([
    { name: 'exactly 6 hours after its instant', source: from('finspace'), settings: startedAfter(6), late: undefined },
    { name: 'a millisecond later', source: from('finspace'), settings: startedAfter(6, 1), late: true },
    { name: 'a millisecond later, in parts', source: from('parts'), settings: startedAfter(6, 1), late: true },
    {
      name: 'a millisecond later, and cut',
      source: from('finspace', deadline),
      settings: startedAfter(6, 1),
      late: true,
    },
    {
      name: 'within the hours of the config',
      source: from('finspace'),
      settings: { ...startedAfter(13), lateAfterHours: 13 },
      late: undefined,
    },
    { name: 'a week after, from an archive', source: from('archive'), settings: startedAfter(168), late: undefined },
    { name: 'a week after, from a roster', source: from('roster'), settings: startedAfter(168), late: undefined },
  ])('begins to list $name: $late', async ({ source, settings, late }) => {
    const { archive, run: auditNight } = await newAudit();
    const { report } = await auditNight({ source, settings });
    const key = runKeys(ENVIRONMENT, night(1)).manifest;
    const folder = `incomplete/${partition()}/${run()}-attempt-1`;
    const manifest = JSON.parse(
      await readText(archive, report.verdict === 'COMPLETE' ? key : `${folder}/manifest.json`),
    );
    expect([report.late, manifest.late]).toEqual([late, late]);
  });

  test('is told in the event, and mailed though nothing changed', async () => {
    const { alerts, run: auditNight } = await newAudit();
    await auditNight({ pages: [users(2)] });
    const events: AuditEvent[] = [];
    const settings = { clock: stoppedClock(night(9).getTime()) };
    await auditNight({ pages: [users(2)], number: 2, channels: [eventsTo(events)], settings });
    expect(events.at(-1)?.detail).toMatchObject({ late: true });
    expect(alerts.at(-1)?.body).toMatch(/^LATE: listed 7 days after the night it stands for\./);
  });
});

describe('the source of the users', () => {
  const at = (endpoint: string): UserSource => {
    return () => ({ ...listingOf([users(2)])(0), source: { kind: 'finspace', endpoint } });
  };

  test('stands in report, manifest and event, and one that is another than before is told', async () => {
    const { archive, alerts, run: auditNight } = await newAudit();
    const events: AuditEvent[] = [];
    const channels = [eventsTo(events)];
    const [here, there] = ['https://here.example', 'https://there.example'];
    const night1 = await auditNight({ source: at(here), channels });
    const night2 = await auditNight({ source: at(there), number: 2, channels });
    const night3 = await auditNight({ source: at(there), number: 3, channels });

    const from = (endpoint: string) => ({ kind: 'finspace', endpoint });
    const sources = [night1, night2, night3].map(({ report: { source, previousSource } }) => [source, previousSource]);
    expect(sources).toEqual([
      [from(here), undefined],
      [from(there), from(here)],
      [from(there), undefined],
    ]);
    expect(events.map(({ detail: { source, previousSource } }) => [source, previousSource])).toEqual(sources);
    const stored = await readManifest(archive, runKeys(ENVIRONMENT, night(2)).manifest);
    expect(stored?.manifest.source).toEqual(from(there));
    expect(alerts.map(({ body }) => body.includes('ANOTHER SOURCE'))).toEqual([false, true]);
  });
});

describe('the code that judges', () => {
  test('stands in report, manifest and event, and other code than before is told, and mails nobody by itself', async () => {
    const { archive, alerts, run: auditNight } = await newAudit();
    const events: AuditEvent[] = [];
    const channels = [eventsTo(events)];
    const [before, after] = ['a', 'b'].map((letter) => ({ version: '0.1.0', sha256: letter.repeat(64) }));
    if (before === undefined || after === undefined) throw new Error('there is no code');
    await auditNight({ pages: [[user('a')]], channels, settings: { code: before } });
    const quiet = await auditNight({ pages: [[user('a')]], number: 2, channels, settings: { code: after } });
    const { report, objects } = await auditNight({
      pages: [[user('a', 'bad')]],
      number: 3,
      channels,
      settings: { code: before },
    });

    expect(quiet.deliveries.alert).toEqual({ outcome: 'quiet' });
    expect(report).toMatchObject({ code: before, previousCode: after });
    expect(events.map(({ detail: { code, previousCode } }) => [code, previousCode]).at(-1)).toEqual([before, after]);
    const stored = await readManifest(archive, runKeys(ENVIRONMENT, night(3)).manifest);
    expect(stored?.manifest.code).toEqual(before);
    expect(alerts.at(-1)?.body).toContain(
      'Judged by:    code 0.1.0 (aaaaaaaaaaaa); the run before by other code 0.1.0 (bbbbbbbbbbbb)',
    );
    expect(await readText(archive, objects.html?.key ?? '')).toContain(`other code than that of run ${run(2)}`);
  });

  test('is that of this process', async () => {
    const { run: auditNight } = await newAudit();
    expect((await auditNight({ pages: [[user('a')]] })).report.code).toEqual(judgingCode());
  });
});

describe('users who were active while the listing ran', () => {
  const HOUR = 3_600_000;
  const rules = [inconsistentTimestamps, staleLogin];
  /** Active a millisecond before and after 5 minutes after each of two pages was read, of which each takes three hours. */
  const activeUsers = (start: number) =>
    [3, 6].map((hours, page) =>
      [0, 1].map((ms) => ({
        ...aUser({ userId: `page-${page + 1}-${ms === 0 ? 'fine' : 'ahead'}` }),
        lastLoginTime: start + hours * HOUR + 300_000 + ms,
      })),
    );

  test.each([
    { name: 'a listing of six hours', start: night(1).getTime() },
    { name: 'one that began five hours late', start: night(1).getTime() + 5 * HOUR },
  ])('are no faults of time in $name, page by page', async ({ start }) => {
    const { archive, run: auditNight } = await newAudit();
    const { report } = await auditNight({ ...slowListing(start, 3 * HOUR, activeUsers(start)), rules });
    expect((await findingsOf(archive)).map(({ ruleId, subject }) => [ruleId, subject.id])).toEqual([
      ['inconsistent-timestamps', 'page-1-ahead'],
      ['inconsistent-timestamps', 'page-2-ahead'],
    ]);
    expect(report.rules).toMatchObject([{ checked: 4 }, { id: 'stale-login', checked: 2, notAssessed: 2 }]);
  });

  test('are judged by the end of that listing where it is replayed', async () => {
    const { archive, run: auditNight } = await newAudit();
    const start = night(1).getTime();
    await auditNight({ ...slowListing(start, 3 * HOUR, activeUsers(start)), rules });
    const stored = await readManifest(archive, runKeys(ENVIRONMENT, night(1)).manifest);
    if (stored === undefined) throw new Error('there is no manifest');
    const other = await newAudit();
    const source = archivedSource(archive, stored.manifest);
    const { report } = await other.run({ source, rules });
    expect(report.listing).toEqual(stored.manifest.listing);
    expect((await findingsOf(other.archive)).map(({ subject }) => subject.id)).toEqual(['page-2-ahead']);
  });
});

describe('an environment of another account than the auditor', () => {
  const other = { request: { accountId: '222233334444', auditorAccountId: '111122223333' } };
  const analysts = ['222233334444', '111122223333'].map((account) => ({
    ...user(account),
    apiAccessPrincipalArn: `arn:aws:iam::${account}:role/analyst`,
  }));

  test('is judged by its own account, and both are named', async () => {
    const { alerts, archive, run: auditNight } = await newAudit();
    const { report } = await auditNight({ pages: [analysts], rules: [principalOutsideAccount], ...other });
    expect(report).toMatchObject({ accountId: '222233334444', auditorAccountId: '111122223333' });
    expect((await findingsOf(archive)).map(({ subject }) => subject.id)).toEqual(['111122223333']);
    expect(alerts[0]?.body).toMatch(/Account: +222233334444\n +Audited from: +111122223333\n/);
  });

  test('is the exception: the auditor is named where it is elsewhere only', async () => {
    const { alerts, run: auditNight } = await newAudit();
    const { report } = await auditNight({ pages: [analysts] });
    expect(report).not.toHaveProperty('auditorAccountId');
    expect(alerts[0]?.body).not.toContain('Audited from');
  });
});

describe('what people are told', () => {
  test('the first run alerts, the same findings again stay quiet, a change alerts', async () => {
    const { alerts, archive, run: auditNight } = await newAudit();
    const nights = [
      [user('a', 'bad'), user('b')],
      [user('a', 'bad'), user('b')],
      [user('a', 'bad'), user('b', 'bad')],
      [user('a'), user('b', 'bad')],
      [user('a'), user('b', 'bad')],
    ];
    const outcomes: unknown[] = [];
    for (const [index, page] of nights.entries()) {
      const { deliveries } = await auditNight({ pages: [page], number: index + 1 });
      outcomes.push(deliveries.alert?.outcome);
    }
    expect(outcomes).toEqual(['sent', 'quiet', 'sent', 'sent', 'quiet']);
    expect(alerts).toHaveLength(3);
    const told = (await keysOf(archive)).filter((key) => key.startsWith('alerts/'));
    expect(told).toEqual([1, 3, 4].map((number) => `alerts/${partition(number)}/${run(number)}.json`));
  });

  test('a redelivered event tells nothing twice and reads nothing again', async () => {
    const { alerts, archive, run: auditNight } = await newAudit();
    const first = await auditNight({ pages: [[user('a', 'bad')]] });
    expect(first.wasDone).toBe(false);
    const before = await readTree(archive);
    const again = await auditNight({
      source: () => {
        throw new Error('the users were listed again');
      },
    });
    expect(again).toMatchObject({
      wasDone: true,
      deliveries: { alert: { outcome: 'already-sent' } },
      report: first.report,
    });
    expect(alerts).toHaveLength(1);
    expect(await readTree(archive)).toEqual(before);
  });

  test('an open finding is told again when its reminder is due', async () => {
    const { alerts, run: auditNight } = await newAudit();
    const told: number[] = [];
    for (let number = 1; number <= 15; number += 1) {
      const { deliveries } = await auditNight({ pages: [[user('a', 'bad')]], number });
      if (deliveries.alert?.outcome === 'sent') told.push(number);
    }
    expect(told).toEqual([1, 8, 15]);
    expect(alerts[1]?.subject).toBe(`FinSpace ${ENVIRONMENT}: 1 reminder (worst HIGH), 1 open`);
    expect(alerts[1]?.attributes.maxSeverity).toBe('HIGH');
  });

  const waiver = {
    rule: 'marked',
    user: 'a',
    reason: 'on leave',
    owner: 'owner',
    approver: 'approver',
    expires: '2026-11-25',
  };

  test('a waiver that ends is told of while it is ending and when the finding counts again, once each', async () => {
    const { alerts, archive, run: auditNight } = await newAudit();
    const outcomes: unknown[] = [];
    for (const number of [1, 2, 3, 4]) {
      const settings = { waivers: [waiver] };
      outcomes.push((await auditNight({ pages: [[user('a', 'bad')]], number, settings })).deliveries.alert?.outcome);
    }
    expect(outcomes).toEqual(['sent', 'quiet', 'sent', 'quiet']);
    expect(alerts.map(({ subject }) => subject.split(': ')[1])).toEqual([
      'first audit, no findings, 1 waived',
      '1 accepted no longer (worst HIGH), 1 waiver to see to, 1 open',
    ]);
    expect(await findingsOf(archive, 3)).toMatchObject([{ state: 'open', waiverEnded: true, runs: 3 }]);
  });

  test('the report tells every night of waivers that the digest tells of once', async () => {
    const { run: auditNight } = await newAudit();
    const settings = { waivers: [{ ...waiver, user: 'nobody', expires: '2027-11-01' }] };
    await auditNight({ pages: [[user('a')]] });
    const second = await auditNight({ pages: [[user('a')]], number: 2, settings });
    const third = await auditNight({ pages: [[user('a')]], number: 3, settings });
    const troubles = [{ kind: 'unused', rule: 'marked', user: 'nobody', expires: '2027-11-01' }];
    expect([second.deliveries.alert?.outcome, third.deliveries.alert?.outcome]).toEqual(['sent', 'quiet']);
    expect([second.report.waiverTroubles, third.report.waiverTroubles]).toEqual([troubles, troubles]);
  });

  const refuse = async () => {
    throw new Error('SNS is not there');
  };

  test('alerts that failed for nights are sent by the run that can, the oldest first, once', async () => {
    const { alerts, archive, run: auditNight } = await newAudit();
    const sendAlert = refuse;
    await auditNight({ pages: [[user('a', 'bad')]], sendAlert });
    await auditNight({ pages: [[user('a', 'bad')]], number: 2, sendAlert });
    await auditNight({ pages: [], end: { complete: false, reason: 'deadline', message: 'm' }, number: 3, sendAlert });
    await auditNight({ pages: [[user('a', 'bad'), user('b', 'bad')]], number: 4, sendAlert });
    expect(alerts).toStrictEqual([]);

    await auditNight({ pages: [[user('a', 'bad'), user('b', 'bad')]], number: 5 });
    expect(alerts.map(({ subject }) => subject.split(': ')[1])).toEqual([
      'first audit, 1 finding (worst HIGH)',
      'INCOMPLETE - deadline, no users seen',
      '1 new (worst HIGH), 1 open',
    ]);
    expect((await keysOf(archive)).filter((key) => key.startsWith('alerts/'))).toEqual([
      `alerts/${partition(1)}/${run(1)}.json`,
      `alerts/${partition(3)}/${run(3)}-attempt-3.json`,
      `alerts/${partition(4)}/${run(4)}.json`,
    ]);
    await auditNight({ pages: [[user('a', 'bad'), user('b', 'bad')]], number: 6 });
    expect(alerts).toHaveLength(3);
  });

  test('an attempt whose run was completed after all is no debt to anybody', async () => {
    const { alerts, run: auditNight } = await newAudit();
    const end = { complete: false, reason: 'deadline', message: 'm' } as const;
    await auditNight({ pages: [[user('a')]] });
    await auditNight({ pages: [], end, number: 2, sendAlert: refuse });
    await auditNight({ pages: [[user('a')]], number: 2 });
    await auditNight({ pages: [[user('a')]], number: 3 });
    expect(alerts.map(({ attributes }) => attributes.verdict)).toEqual(['COMPLETE']);
  });

  test.each([
    { nights: 30, told: 1 },
    { nights: 31, told: 0 },
  ])('an alert that failed $nights nights ago is told $told times', async ({ nights, told }) => {
    const { alerts, run: auditNight } = await newAudit();
    await auditNight({ pages: [[user('a')]], sendAlert: refuse });
    await auditNight({ pages: [[user('a')]], number: 1 + nights });
    expect(alerts).toHaveLength(told);
  });

  test('a further channel gets what it did not take from the next run, be it the first that it was to take', async () => {
    const { run: auditNight } = await newAudit();
    const received: string[] = [];
    let isDown = true;
    const pager: Channel = {
      name: 'pager',
      prepare:
        ({ report }) =>
        async () => {
          if (isDown) throw new Error('the pager is down');
          received.push(report.run);
          return {};
        },
    };
    await auditNight({ pages: [[user('a', 'bad')]], channels: [pager] });
    isDown = false;
    await auditNight({ pages: [[user('a')]], number: 2, channels: [pager] });
    expect(received).toEqual([1, 2].map(run));
  });

  test.each([
    { name: 'nobody hears of it', heard: [['nobody listens'], []], unheard: ['nobody listens'] },
    { name: 'nobody says so', heard: [[], []], unheard: undefined },
    {
      name: 'two channels have nobody',
      heard: [['first'], ['second', 'third']],
      unheard: ['first', 'second', 'third'],
    },
  ])('a run says what nobody hears of: $name', async ({ heard, unheard }) => {
    const { run: auditNight } = await newAudit();
    const channels = heard.map(
      (sentences, number): Channel => ({
        name: `channel-${number}`,
        prepare: () => undefined,
        findUnheard: async (environmentId) => (environmentId === ENVIRONMENT ? sentences : []),
      }),
    );
    expect((await auditNight({ pages: [users(2)], channels })).unheard).toEqual(unheard);
  });

  test('an undelivered alert that was altered is not sent, and the run says so', async () => {
    const { alerts, archive, run: auditNight } = await newAudit();
    await auditNight({ pages: [[user('a')]], sendAlert: refuse });
    const key = `reports/${partition()}/${run()}/digest.json`;
    await overwrite(archive, key, '{"subject":"all is well"}');
    const { report, warnings } = await auditNight({ pages: [[user('a')]], number: 2 });
    expect(report.verdict).toBe('COMPLETE');
    expect(warnings).toEqual([
      expect.stringContaining(`nobody was told of run ${run()}, nor can be: ${key} was altered`),
    ]);
    expect(alerts).toStrictEqual([]);
  });

  test.each([
    { name: 'the next attempt', number: 1, told: ['COMPLETE'] },
    { name: 'the next run', number: 2, told: ['COMPLETE'] },
    {
      name: 'the next run though it is cut off',
      number: 2,
      end: { complete: false, reason: 'deadline', message: 'm' } as const,
      told: ['INCOMPLETE', 'COMPLETE'],
    },
  ])('an alert that failed is sent by $name', async ({ number, end, told }) => {
    const { alerts, archive, run: auditNight } = await newAudit();
    const pages = [[user('a', 'bad')]];
    const first = await auditNight({ pages, sendAlert: refuse });
    expect(first).toMatchObject({
      report: { verdict: 'COMPLETE' },
      deliveries: { alert: { outcome: 'failed', message: 'Error: SNS is not there' } },
    });
    await auditNight({ pages, number, ...(end && { end }) });
    expect(alerts.map(({ attributes }) => attributes.verdict)).toEqual(told);
    expect(await keysOf(archive)).toContain(`alerts/${partition(1)}/${run(1)}.json`);
  });
});

describe('a run that is not complete', () => {
  const cut = (reason: Extract<ListingEnd, { complete: false }>['reason']): ListingEnd => ({
    complete: false,
    reason,
    message: 'why',
  });

  test.each<{ name: string; night: Night; verdict: string; reason: string }>([
    {
      name: 'the deadline',
      night: { pages: [users(2)], end: cut('deadline') },
      verdict: 'INCOMPLETE',
      reason: 'deadline',
    },
    {
      name: 'the deadline before any page',
      night: { end: cut('deadline') },
      verdict: 'INCOMPLETE',
      reason: 'deadline',
    },
    {
      name: 'a repeated token',
      night: { pages: [users(2)], end: cut('repeated-token') },
      verdict: 'INCOMPLETE',
      reason: 'repeated-token',
    },
    { name: 'a validation error', night: { end: cut('validation') }, verdict: 'INCOMPLETE', reason: 'validation' },
    {
      name: 'access denied after a page',
      night: { pages: [users(2)], end: cut('access-denied') },
      verdict: 'INCOMPLETE',
      reason: 'access-denied',
    },
    { name: 'access denied at once', night: { end: cut('access-denied') }, verdict: 'FAILED', reason: 'access-denied' },
    { name: 'no keys to ask with', night: { end: cut('config') }, verdict: 'FAILED', reason: 'config' },
    {
      name: 'no keys any more after a page',
      night: { pages: [users(2)], end: cut('config') },
      verdict: 'INCOMPLETE',
      reason: 'config',
    },
    {
      name: 'no source after a page',
      night: { pages: [users(2)], end: cut('source-unavailable') },
      verdict: 'INCOMPLETE',
      reason: 'source-unavailable',
    },
    {
      name: 'no source at all',
      night: { end: cut('source-unavailable') },
      verdict: 'FAILED',
      reason: 'source-unavailable',
    },
    { name: 'nobody listed', night: { pages: [[]] }, verdict: 'INCOMPLETE', reason: 'empty-roster' },
    {
      name: 'a rule that breaks',
      night: { pages: [[user('a', 'breaks')]] },
      verdict: 'INCOMPLETE',
      reason: 'rule-error',
    },
  ])('$name', async ({ night: cutNight, verdict, reason }) => {
    const { archive, alerts, run: auditNight } = await newAudit();
    const { report, deliveries } = await auditNight(cutNight);
    expect(report).toMatchObject({ verdict, reason });
    expect(report.message).not.toBe('');
    expect(deliveries.alert).toEqual({ outcome: 'sent' });
    expect(alerts[0]?.attributes).toMatchObject({ verdict, maxSeverity: 'CRITICAL' });

    const keys = await keysOf(archive);
    expect(keys.filter((key) => !key.startsWith('incomplete/') && !key.startsWith('alerts/'))).toEqual([
      `reports/environment=${ENVIRONMENT}/index.html`,
    ]);
    expect(await readText(archive, `incomplete/${partition()}/${run()}-attempt-1/report.html`)).toContain(
      `<title>${verdict} - `,
    );
    expect(keys).toContain(`incomplete/${partition()}/${run()}-attempt-1/manifest.json`);
    const kept = await readJsonLines(archive, `incomplete/${partition()}/${run()}-attempt-1/snapshot.jsonl.gz`);
    expect(kept).toHaveLength(report.counts.users);
  });

  test('resolves nothing and moves nothing', async () => {
    const { archive, run: auditNight } = await newAudit();
    await auditNight({ pages: [[user('a', 'bad'), ...users(9)]] });
    const { report } = await auditNight({ pages: [[...users(9)]], end: cut('deadline'), number: 2 });
    expect(report.findings.byState).toMatchObject({ resolved: 0, new: 0 });
    expect(await latestRun(archive)).toBe(run(1));

    const third = await auditNight({ pages: [[user('a', 'bad'), ...users(9)]], number: 3 });
    expect(third.report).toMatchObject({ previousRun: run(1), findings: { byState: { open: 1, new: 0 } } });
  });

  test('says the same reason once, another reason again, and the success too', async () => {
    const { alerts, run: auditNight } = await newAudit();
    const outcomes: unknown[] = [];
    for (const end of [cut('deadline'), cut('deadline'), cut('validation'), { complete: true as const }]) {
      outcomes.push((await auditNight({ pages: [users(2)], end })).deliveries.alert?.outcome);
    }
    expect(outcomes).toEqual(['sent', 'already-sent', 'sent', 'sent']);
    expect(alerts.map(({ attributes }) => attributes.verdict)).toEqual(['INCOMPLETE', 'INCOMPLETE', 'COMPLETE']);
  });

  test('an instant before the last complete run is not audited after the fact', async () => {
    const { archive, run: auditNight } = await newAudit();
    await auditNight({ pages: [users(2)], number: 2 });
    const { report } = await auditNight({ pages: [users(2)], number: 1 });
    expect(report).toMatchObject({ verdict: 'FAILED', reason: 'after-the-fact' });
    expect(await latestRun(archive)).toBe(run(2));
  });
});

test.each<{ name: string; roster: string; requestedAt: number; number: number; ends: object }>([
  { name: 'again by the same request', roster: 'a', requestedAt: 1, number: 1, ends: { wasDone: true } },
  {
    name: 'again by a later request',
    roster: 'a',
    requestedAt: 2,
    number: 1,
    ends: { report: { verdict: 'INCOMPLETE', reason: 'stale-roster' } },
  },
  {
    name: 'again for a later instant',
    roster: 'a',
    requestedAt: 2,
    number: 2,
    ends: { report: { verdict: 'INCOMPLETE', reason: 'stale-roster' } },
  },
  {
    name: 'after another one of its instant',
    roster: 'b',
    requestedAt: 2,
    number: 1,
    ends: { report: { verdict: 'FAILED', reason: 'after-the-fact' } },
  },
])('a saved roster that is audited $name makes no further run', async ({ roster, requestedAt, number, ends }) => {
  const { archive, run: auditNight } = await newAudit(memoryArchive());
  const saved = (sha256: string, nightOfRequest: number): Night => ({
    source: () => ({ ...listingOf([users(2)])(0), source: { kind: 'roster', file: 'users.json', sha256 } }),
    request: { roster: { sha256, requestedAt: night(nightOfRequest).getTime(), hasGaps: false } },
  });
  expect((await auditNight(saved('a', 1))).report.verdict).toBe('COMPLETE');
  expect(await auditNight({ ...saved(roster, requestedAt), number })).toMatchObject(ends);
  expect((await keysOf(archive)).filter((key) => key.startsWith('chain/'))).toHaveLength(1);
});

describe('a roster that shrinks', () => {
  test.each([
    { before: 25, after: 20, settings: {}, verdict: 'COMPLETE' },
    { before: 25, after: 19, settings: {}, verdict: 'INCOMPLETE' },
    { before: 20, after: 16, settings: {}, verdict: 'COMPLETE' },
    { before: 20, after: 15, settings: {}, verdict: 'INCOMPLETE' },
    { before: 5, after: 1, settings: {}, verdict: 'COMPLETE' },
    { before: 6, after: 1, settings: {}, verdict: 'INCOMPLETE' },
    { before: 20, after: 10, settings: { maxDropPercent: 50 }, verdict: 'COMPLETE' },
    { before: 20, after: 9, settings: { maxDropPercent: 50 }, verdict: 'INCOMPLETE' },
    { before: 20, after: 12, settings: {}, request: { acceptRosterDrop: true }, verdict: 'COMPLETE' },
  ])('from $before to $after with $settings $request: $verdict', async ({ before, after, verdict, ...night2 }) => {
    const { run: auditNight } = await newAudit();
    await auditNight({ pages: [users(before)] });
    const { report } = await auditNight({ pages: [users(after)], number: 2, ...night2 });
    expect(report.verdict).toBe(verdict);
    if (verdict === 'INCOMPLETE') expect(report.reason).toBe('roster-drop');
  });
});

describe('the cause of a resolution', () => {
  const bad = user('a', 'bad');
  test.each<{ name: string; second: Night; cause: string }>([
    { name: 'the user is as it should be', second: { pages: [[user('a'), user('b')]] }, cause: 'fixed' },
    {
      name: 'the user is disabled',
      second: { pages: [[{ ...user('a'), status: 'DISABLED' }, user('b')]] },
      cause: 'user-disabled',
    },
    { name: 'the user is gone', second: { pages: [[user('b')]] }, cause: 'user-vanished' },
    {
      name: 'the rule is off',
      second: { pages: [[bad, user('b')]], settings: { rules: configureRules(RULES, { marked: { enabled: false } }) } },
      cause: 'rule-changed',
    },
    {
      name: 'the rule has another limit',
      second: {
        pages: [[bad, user('b')]],
        settings: { rules: configureRules(RULES, { marked: { marks: ['worse'] } }) },
      },
      cause: 'rule-changed',
    },
    {
      name: 'the rule has another limit, and the user was put right as well',
      second: {
        pages: [[user('a'), user('b')]],
        settings: { rules: configureRules(RULES, { marked: { marks: ['worse'] } }) },
      },
      cause: 'rule-changed',
    },
    {
      name: 'the rule has another limit by which it failed too, and the user was put right',
      second: {
        pages: [[user('a'), user('b')]],
        settings: { rules: configureRules(RULES, { marked: { marks: ['bad', 'worse'] } }) },
      },
      cause: 'fixed',
    },
    {
      name: 'the rule has left the catalogue',
      second: { pages: [[bad, user('b')]], rules: [counted] },
      cause: 'rule-changed',
    },
  ])('$name: $cause', async ({ second, cause }) => {
    const { archive, run: auditNight } = await newAudit();
    await auditNight({ pages: [[bad, user('b')]] });
    await auditNight({ ...second, number: 2 });
    expect(await findingsOf(archive, 2)).toMatchObject([{ id: `${ENVIRONMENT}/marked/a`, state: 'resolved', cause }]);
  });

  const emptied: Rule = { ...marked, when: [{ text: () => 'never', holds: () => false }] };
  const code = (letter: string) => ({ settings: { code: { version: '1.0.0', sha256: letter.repeat(64) } } });
  test.each<{ name: string; first: Partial<Night>; second: Night; cause: string }>([
    {
      name: 'the code of the rule was emptied',
      first: code('a'),
      second: { ...code('b'), pages: [[bad]], rules: [emptied, counted] },
      cause: 'rule-changed',
    },
    {
      name: 'other code would still find what was put right',
      first: code('a'),
      second: { ...code('b'), pages: [[user('a')]] },
      cause: 'fixed',
    },
  ])('$name: $cause', async ({ first, second, cause }) => {
    const { archive, run: auditNight } = await newAudit();
    await auditNight({ ...first, pages: [[bad]] });
    await auditNight({ ...second, number: 2 });
    expect(await findingsOf(archive, 2)).toMatchObject([{ state: 'resolved', cause }]);
  });

  test('another account is trusted: rule-changed', async () => {
    const { archive, run: auditNight } = await newAudit();
    const outsider = { ...user('a'), apiAccessPrincipalArn: 'arn:aws:iam::222222222222:role/analyst' };
    const night1 = { pages: [[outsider]], rules: [principalOutsideAccount] };
    await auditNight(night1);
    await auditNight({ ...night1, number: 2, settings: { trustedAccounts: ['222222222222'] } });
    expect(await findingsOf(archive, 1)).toMatchObject([{ ruleId: 'principal-outside-account', state: 'new' }]);
    expect(await findingsOf(archive, 2)).toMatchObject([{ state: 'resolved', cause: 'rule-changed' }]);
  });

  test('none where the rule could not assess the user: the finding is carried', async () => {
    const { archive, run: auditNight } = await newAudit();
    await auditNight({ pages: [[bad]] });
    await auditNight({ pages: [[user('a', 'good', 'unknown')]], number: 2 });
    expect(await findingsOf(archive, 2)).toMatchObject([{ state: 'open', carried: true, runs: 2 }]);
  });

  test('a finding that comes back within 30 days is reopened', async () => {
    const { archive, run: auditNight } = await newAudit();
    const nights = [[bad], [user('a')], [user('a')], [bad]];
    for (const [index, page] of nights.entries()) await auditNight({ pages: [page], number: index + 1 });
    expect(await findingsOf(archive, 3)).toStrictEqual([]);
    expect(await findingsOf(archive, 4)).toMatchObject([
      { state: 'reopened', firstSeen: night(1).toISOString(), runs: 2 },
    ]);
  });
});

describe('crashes and attempts at the same time', () => {
  const pages = [[user('a', 'bad'), user('b')], [user('c', 'bad')]];

  test('whatever write a run is killed at, the next attempt ends with the archive of an undisturbed one', async () => {
    const undisturbed = await newAudit();
    await undisturbed.run({ pages });
    const wanted = await readTree(undisturbed.archive);

    let writes = 0;
    for (let isDone = false; !isDone; writes += 1) {
      const { archive, alerts, run: auditNight } = await newAudit();
      const { report, deliveries, warnings } = await auditNight({
        pages,
        settings: { archive: dyingAfter(archive, writes) },
      });
      isDone = report.verdict === 'COMPLETE' && deliveries.alert?.outcome === 'sent' && warnings.length === 0;
      const isPlaced = (await keysOf(archive)).some((key) => key.startsWith('chain/'));
      if (!isPlaced) expect(report).toMatchObject({ verdict: 'FAILED', reason: 'archive-unavailable' });

      await auditNight({ pages });
      const { [`alerts/${partition()}/${run()}.json`]: marker, ...tree } = await readTree(archive);
      const { [`alerts/${partition()}/${run()}.json`]: _undisturbed, ...wantedTree } = wanted;
      expect(tree).toEqual(wantedTree);
      expect(marker).toBeDefined();
      expect(alerts.some(({ attributes }) => attributes.verdict === 'COMPLETE')).toBe(true);
    }
    expect(writes).toBe(Object.keys(wanted).length + 1);
  });

  const readManifestOf = async (archive: Archive, number = 1): Promise<Manifest> =>
    JSON.parse(await readText(archive, `manifests/${partition(number)}/${run(number)}.json`));

  const namedFindings = async (archive: Archive): Promise<readonly Finding[]> =>
    (await readJsonLines(archive, (await readManifestOf(archive)).objects.findings?.key ?? '')) as Finding[];

  test('a second attempt names what it saw itself, whatever the first one left', async () => {
    for (let writes = 1; writes <= 7; writes += 1) {
      const { archive, run: auditNight } = await newAudit();
      await auditNight({ pages, settings: { archive: dyingAfter(archive, writes) } });
      const { report } = await auditNight({ pages: [[user('a'), user('z', 'bad')]] });
      expect(report).toMatchObject({
        verdict: 'COMPLETE',
        counts: { users: 2 },
        findings: { bySeverity: { HIGH: 1 } },
      });
      expect((await namedFindings(archive)).map(({ subject }) => subject.id)).toEqual(['z']);
      const { objects } = await readManifestOf(archive);
      expect(JSON.parse(await readText(archive, objects.report?.key ?? ''))).toEqual(report);
      // Those of a folder of reports name each other.
      const folders = Object.values(objects).flatMap(({ key }) =>
        key.startsWith('reports/') ? key.split('/').at(-2) : [],
      );
      expect(new Set(folders).size).toBe(1);
      expect(await readText(archive, objects.digest?.key ?? '')).toContain(objects.html?.key);
    }
  });

  test.each(Object.entries(ALWAYS_WRITTEN))(
    '%s that was put there beforehand is not believed',
    async (name, output) => {
      const { archive, run: auditNight } = await newAudit();
      const key = runKeys(ENVIRONMENT, night(1)).object(output);
      const planted = key.endsWith('.gz') ? gzipSync('{}\n') : Buffer.from('{"verdict":"COMPLETE"}');
      await archive.create(key, { bytes: planted }, 'application/octet-stream');
      const { report } = await auditNight({ pages });
      expect(report).toMatchObject({
        verdict: 'COMPLETE',
        counts: { users: 3 },
        findings: { bySeverity: { HIGH: 2 } },
      });
      const named = (await readManifestOf(archive)).objects[name];
      expect(named?.key).toContain(`/${run()}-`);
      // The next run builds on it, and the page of all runs finds it.
      expect((await auditNight({ pages, number: 2 })).report.findings.byState).toMatchObject({ open: 2, resolved: 0 });
      expect(await readText(archive, `reports/environment=${ENVIRONMENT}/index.html`)).toContain(
        `${(await readManifestOf(archive)).objects.html?.key.split('/').slice(2).join('/')}`,
      );
    },
  );

  test('a second attempt with another config judges what it saw by that', async () => {
    const { archive, run: auditNight } = await newAudit();
    await auditNight({ pages, settings: { archive: dyingAfter(archive, 5) } });
    const rules = configureRules(RULES, { marked: { severity: 'LOW' } });
    const { report } = await auditNight({ pages, settings: { rules } });
    expect(report).toMatchObject({ verdict: 'COMPLETE', findings: { bySeverity: { HIGH: 0, LOW: 2 } } });
    expect(await namedFindings(archive)).toMatchObject([{ severity: 'LOW' }, { severity: 'LOW' }]);
    // It saw the same users, who are kept once.
    const { snapshot, findings } = (await readManifestOf(archive)).objects;
    const { object } = runKeys(ENVIRONMENT, night(1));
    expect(snapshot?.key).toBe(object(OUTPUTS.snapshot));
    expect(findings?.key).not.toBe(object(OUTPUTS.findings));
  });

  test('two attempts at once leave one manifest and tell once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { archive, alerts, run: auditNight } = await newAudit();
      const both = await Promise.all([auditNight({ pages }), auditNight({ pages })]);
      expect(both.map(({ report }) => report.verdict)).toEqual(['COMPLETE', 'COMPLETE']);
      expect(alerts).toHaveLength(1);
      expect((await keysOf(archive)).filter((key) => key.startsWith('manifests/'))).toHaveLength(1);
    }
  });

  test('an archive that is altered under the run is not built upon', async () => {
    const { archive, run: auditNight } = await newAudit();
    await auditNight({ pages });
    const key = `snapshots/${partition()}/${run()}.jsonl.gz`;
    await overwrite(archive, key, '');
    const { report, deliveries } = await auditNight({ pages, number: 2 });
    expect(report).toMatchObject({ verdict: 'INCOMPLETE', reason: 'untrusted-history', counts: { users: 3 } });
    expect(deliveries.alert).toEqual({ outcome: 'sent' });
  });
});

describe('the trend', () => {
  const pages = [[user('a', 'bad'), user('b')]];
  const reportKey = (number: number) => `reports/${partition(number)}/${run(number)}/report.json`;
  const htmlKey = (number: number) => `reports/${partition(number)}/${run(number)}/report.html`;
  const point = (number: number, high: number) => [run(number), 0, high, 0, 0, 0];

  test('goes on from run to run, past one that is not complete', async () => {
    const { run: auditNight } = await newAudit();
    await auditNight({ pages });
    const cut = await auditNight({ pages, end: { complete: false, reason: 'deadline', message: 'why' }, number: 2 });
    const { report } = await auditNight({ pages: [[user('a'), user('b')]], number: 3 });
    expect(cut.report.trend).toEqual([point(1, 1)]);
    expect(report.trend).toEqual([point(1, 1), point(3, 0)]);
  });

  test('of a first run says that there is no earlier one', async () => {
    const { archive, run: auditNight } = await newAudit();
    const { report } = await auditNight({ pages });
    expect(report.trend).toEqual([point(1, 1)]);
    expect(await readText(archive, htmlKey(1))).toContain('This is the first');
  });

  test('is not begun anew where the report before is gone', async () => {
    const { archive, run: auditNight } = await newAudit();
    await auditNight({ pages });
    const without: Archive = {
      ...archive,
      read: async (key) => (key === reportKey(1) ? undefined : archive.read(key)),
    };
    const { report } = await auditNight({ pages, number: 2, settings: { archive: without } });
    expect(report).toMatchObject({ verdict: 'INCOMPLETE', reason: 'untrusted-history' });
    expect(report.message).toContain('report.json is missing');
  });

  test('is not taken from a report that was altered', async () => {
    const { archive, run: auditNight } = await newAudit();
    await auditNight({ pages });
    const stored = await archive.read(reportKey(1));
    const text = (await readText(archive, reportKey(1))).replace('"HIGH": 1', '"HIGH": 0');
    await archive.replace(reportKey(1), { bytes: Buffer.from(text) }, 'application/json', stored?.version);
    const { report } = await auditNight({ pages, number: 2 });
    expect(report).toMatchObject({ verdict: 'INCOMPLETE', reason: 'untrusted-history' });
    expect(report.message).toContain('report.json was altered');
  });
});

describe('the page of all runs', () => {
  const pages = [[user('a', 'bad'), user('b')]];
  const indexKey = `reports/environment=${ENVIRONMENT}/index.html`;

  test('that can not be written is told, and fails nothing', async () => {
    const { archive, alerts, run: auditNight } = await newAudit();
    const stubborn: Archive = {
      ...archive,
      replace: async (key, ...rest) => (key === indexKey ? 'conflict' : archive.replace(key, ...rest)),
    };
    const { report, warnings } = await auditNight({ pages, settings: { archive: stubborn } });
    expect(report.verdict).toBe('COMPLETE');
    expect(warnings).toEqual([
      `the page of all runs was not written: ${indexKey} could not be written: others keep writing it`,
    ]);
    expect(alerts).toHaveLength(1);

    // The next run puts both on it.
    await auditNight({ pages, number: 2 });
    const page = await readText(archive, indexKey);
    for (const number of [1, 2]) expect(page).toContain(`/${run(number)}/report.html`);
  });
});

describe('events, where they are wanted', () => {
  /** A bus that takes what it is given, or fails after the first event. */
  const newBus = () => {
    const taken: AuditEvent[] = [];
    const state = { isDown: false };
    const bus: Channel = {
      name: 'events',
      prepare: (notification) => async () => {
        let events = 0;
        for await (const event of eventsOf(notification)) {
          if (state.isDown) throw new Error('no bus');
          taken.push(event);
          events += 1;
        }
        return { events };
      },
    };
    return { taken, state, channels: [bus] };
  };
  const toldIn = (taken: readonly AuditEvent[]) =>
    taken.map(({ type, detail }) =>
      type === 'FinSpace Audit Run' ? detail.verdict : [detail.state, Object(detail.subject).id].join(' '),
    );
  const marker = (number = 1) => `events/${partition(number)}/${run(number)}.json`;

  test('are one a finding that changed, and one for the run, which its marker counts', async () => {
    const { archive, run: auditNight } = await newAudit();
    const { taken, channels } = newBus();
    await auditNight({ pages: [[user('a', 'bad'), user('b', 'bad')]], channels });
    const { deliveries } = await auditNight({ pages: [[user('a', 'bad'), user('b')]], number: 2, channels });
    expect(deliveries.events).toEqual({ outcome: 'sent' });
    expect(toldIn(taken)).toEqual(['new a', 'new b', 'COMPLETE', 'resolved b', 'COMPLETE']);
    expect(JSON.parse(await readText(archive, marker(2)))).toEqual({
      run: run(2),
      verdict: 'COMPLETE',
      report: sha256Of(await readText(archive, `reports/${partition(2)}/${run(2)}/report.json`)),
      digest: sha256Of(await readText(archive, `reports/${partition(2)}/${run(2)}/digest.json`)),
      events: 2,
    });
  });

  test('are all there, however many', async () => {
    const { run: auditNight } = await newAudit();
    const { taken, channels } = newBus();
    const many = Array.from({ length: 250 }, (_, n) => user(`u${n}`, 'bad'));
    await auditNight({ pages: [many], channels });
    expect(taken).toHaveLength(251);
  });

  test('are not published again by an event that is delivered again', async () => {
    const { run: auditNight } = await newAudit();
    const { taken, channels } = newBus();
    await auditNight({ pages: [[user('a', 'bad')]], channels });
    const { deliveries, wasDone } = await auditNight({ channels });
    expect({ deliveries, wasDone }).toEqual({
      deliveries: { alert: { outcome: 'already-sent' }, events: { outcome: 'already-sent' } },
      wasDone: true,
    });
    expect(taken).toHaveLength(2);
  });

  test('that were not accepted leave no marker, and are published by the next attempt', async () => {
    const { archive, run: auditNight } = await newAudit();
    const { taken, state, channels } = newBus();
    state.isDown = true;
    const first = await auditNight({ pages: [[user('a', 'bad')]], channels });
    expect(first).toMatchObject({
      report: { verdict: 'COMPLETE' },
      deliveries: { alert: { outcome: 'sent' }, events: { outcome: 'failed', message: 'Error: no bus' } },
    });
    expect(await keysOf(archive)).not.toContain(marker());

    state.isDown = false;
    expect(await auditNight({ channels })).toMatchObject({
      wasDone: true,
      deliveries: { events: { outcome: 'sent' } },
    });
    expect(toldIn(taken)).toEqual(['new a', 'COMPLETE']);
    expect(await keysOf(archive)).toContain(marker());
  });

  test('of an unfinished run are one, since the next run finds its findings anew; and once a reason', async () => {
    const { run: auditNight } = await newAudit();
    const { taken, channels } = newBus();
    const end = { complete: false, reason: 'deadline', message: 'late' } as const;
    const first = await auditNight({ pages: [[user('a', 'bad')]], end, channels });
    const again = await auditNight({ pages: [[user('a', 'bad')]], end, channels });
    expect([first.deliveries.events, again.deliveries.events]).toEqual([
      { outcome: 'sent' },
      { outcome: 'already-sent' },
    ]);
    await auditNight({ pages: [[user('a', 'bad')]], channels });
    expect(toldIn(taken)).toEqual(['INCOMPLETE', 'new a', 'COMPLETE']);
  });

  test('tell of an archive that is away, too', async () => {
    const { archive } = await newAudit();
    const { run: auditNight } = await newAudit({
      ...archive,
      read: async () => {
        throw new Error('no archive');
      },
    });
    const { taken, channels } = newBus();
    const { deliveries } = await auditNight({ pages: [[user('a', 'bad')]], channels });
    expect(deliveries.events).toEqual({ outcome: 'sent' });
    expect(toldIn(taken)).toEqual(['FAILED']);
  });

  test('are none where nobody wants them', async () => {
    const { archive, run: auditNight } = await newAudit();
    const { deliveries } = await auditNight({ pages: [[user('a', 'bad')]] });
    expect(deliveries).not.toHaveProperty('events');
    expect((await keysOf(archive)).filter((key) => key.startsWith('events/'))).toStrictEqual([]);
  });

  test('name nobody, in a directory where everything is wrong that may be', async () => {
    const records = makeDirectory({ users: 300, seed: 7, asOf: night(1), accountId: '111122223333' });
    const { run: auditNight } = await newAudit();
    const { taken, channels } = newBus();
    await auditNight({ pages: [records], rules: catalogue, channels });
    expect(new Set(taken.map(({ detail }) => detail.ruleId)).size).toBeGreaterThan(10);
    expect(personalDataIn(JSON.stringify(taken), records)).toStrictEqual([]);
  });
});
