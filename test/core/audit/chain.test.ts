import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { bucketArchive } from '../../../core/archive/bucket.ts';
import { decide } from '../../../core/archive/close.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { readHead } from '../../../core/archive/head.ts';
import { attemptKeys, chainKey, listingPartKey, runKeys } from '../../../core/archive/keys.ts';
import { kmsPublicKey, kmsSigner } from '../../../core/archive/kms.ts';
import type { Manifest, ManifestObject } from '../../../core/archive/manifest.ts';
import { entryText } from '../../../core/archive/signature.ts';
import { sha256Of } from '../../../core/archive/staging.ts';
import { audit } from '../../../core/audit/audit.ts';
import type { AuditRequest } from '../../../core/audit/request.ts';
import { type AuditSettings, configuredSettings } from '../../../core/audit/settings.ts';
import { defaultConfig } from '../../../core/config/config.ts';
import { stoppedClock } from '../../../core/model/clock.ts';
import { runName } from '../../../core/model/run-name.ts';
import type { Alert } from '../../../core/notify/channel.ts';
import { digestChannel } from '../../../core/notify/channels/digest.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import type { ListingEnd, UserSource } from '../../../core/sources/source.ts';
import { verifyEnvironment } from '../../../core/verify/verify.ts';
import { rules } from '../../../rules/index.ts';
import { readJsonLines, readText } from '../../support/archive-tree.ts';
import { startAwsEmulator } from '../../support/aws-emulator.ts';
import { ACCOUNT, anApiUser, aUser, ENVIRONMENT, NOW } from '../../support/builders.ts';
import { forged, STRANGER, unsigned } from '../../support/forgery.ts';
import { KMS_KEY_ARN, type Kms, publicKeyFor, startKms } from '../../support/kms.ts';
import { listingOf } from '../../support/listing.ts';
import { memoryArchive } from '../../support/memory-archive.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const nightAt = (number: number): Date => new Date(NOW + (number - 1) * 86_400_000);
const runAt = (number: number): string => runName(nightAt(number));
const keysAt = (number: number) => runKeys(ENVIRONMENT, nightAt(number));
const LATEST = `latest/environment=${ENVIRONMENT}.json`;

/** Two findings on the first night, of which the second night has one less. */
const USERS = [
  anApiUser({ userId: 'a', type: 'SUPER_USER' }),
  anApiUser({ userId: 'b', type: 'SUPER_USER' }),
  aUser({ userId: 'c' }),
];
const FIXED = [anApiUser({ userId: 'a', type: 'SUPER_USER' }), aUser({ userId: 'b' }), aUser({ userId: 'c' })];

let attempts = 0;
const auditNight = async (
  archive: Archive,
  number: number,
  users: readonly unknown[] = USERS,
  request: Partial<AuditRequest> = {},
  end?: ListingEnd,
  settings: Partial<AuditSettings> = {},
) => {
  attempts += 1;
  const alerts: Alert[] = [];
  const result = await audit(
    {
      environmentId: ENVIRONMENT,
      accountId: ACCOUNT,
      region: 'us-east-1',
      partition: 'aws',
      asOf: nightAt(number),
      attempt: `try-${attempts}`,
      deadline: Number.POSITIVE_INFINITY,
      acceptRosterDrop: false,
      ...request,
    },
    {
      ...configuredSettings(defaultConfig(rules), [], ENVIRONMENT),
      listUsers: listingOf([users], end),
      archive,
      channels: [
        digestChannel(async (alert) => {
          alerts.push(alert);
          return 'sent';
        }),
      ],
      notifyWaitMs: 0,
      clock: stoppedClock(nightAt(number).getTime()),
      ...settings,
    },
  );
  return { ...result, alerts };
};

/** The words of a run about the runs before it. */
const verdictOf = ({ report: { verdict, reason, findings } }: Awaited<ReturnType<typeof auditNight>>) => ({
  verdict,
  ...(reason !== undefined && { reason }),
  resolved: findings.byState.resolved,
});

const COMPLETE = { verdict: 'COMPLETE', resolved: 1 };
const UNTRUSTED = { verdict: 'INCOMPLETE', reason: 'untrusted-history', resolved: 0 };

/** Two nights in a folder, and hands that reach into it. */
const newHistory = async (nights = 2) => {
  const folder = await newFolder();
  const archive = folderArchive(folder);
  for (let number = 1; number <= nights; number += 1) await auditNight(archive, number);
  const change = async (key: string, to: (text: string) => string): Promise<void> =>
    writeFile(join(folder, key), to(await readFile(join(folder, key), 'utf8')));
  const edit = (number: number, to: (manifest: Manifest) => object): Promise<void> =>
    change(chainKey(ENVIRONMENT, number), (text) => entryText(to(JSON.parse(text)) as Manifest));
  const hashOf = async (key: string): Promise<string> => sha256Of(await readFile(join(folder, key)));
  return { folder, archive, change, edit, hashOf };
};

type History = Awaited<ReturnType<typeof newHistory>>;

describe('a run builds on the last one only where that holds', () => {
  const last = chainKey(ENVIRONMENT, 2);
  const withoutPointer = ({ folder }: History): Promise<void> => rm(join(folder, LATEST));
  /** Edits the last entry where no pointer tells of it. */
  const editedUnpointed =
    (to: (manifest: Manifest) => object) =>
    async (history: History): Promise<void> => {
      await withoutPointer(history);
      await history.edit(2, to);
    };

  test('where nobody has touched it, what is fixed resolves', async () => {
    const { archive } = await newHistory();
    const { report, alerts, head } = await auditNight(archive, 3, FIXED);
    expect({ verdict: report.verdict, resolved: report.findings.byState.resolved }).toMatchObject(COMPLETE);
    expect(report).toMatchObject({ sequence: 3, previousRun: runAt(2) });
    expect(head).toBe(`3:${sha256Of(await readText(archive, chainKey(ENVIRONMENT, 3)))}`);
    expect(alerts[0]?.body).toContain(head);
  });

  test.each<{ name: string; tamper: (history: History) => Promise<unknown>; words: string }>([
    {
      name: 'latest names the manifest of another environment',
      tamper: ({ change, folder }) =>
        Promise.all([
          change(LATEST, (text) => text.replace(/"sequence": \d+/, '"sequence": 7')),
          cp(join(folder, last), join(folder, 'manifests/environment=other.json')),
        ]),
      words: '000000000007.json is not there',
    },
    {
      name: 'the last entry speaks for another environment',
      tamper: editedUnpointed((manifest) => ({ ...manifest, environmentId: 'another' })),
      words: 'speaks for run',
    },
    {
      name: 'an old entry stands in the place of the last one',
      tamper: async (history) => {
        await withoutPointer(history);
        await cp(join(history.folder, chainKey(ENVIRONMENT, 1)), join(history.folder, last));
      },
      words: 'stands in place 2',
    },
    {
      name: 'the last entry was edited, which the pointer tells',
      tamper: ({ edit }) => edit(2, (manifest) => ({ ...manifest, accountId: '999999999999' })),
      words: 'was altered',
    },
    {
      name: 'the last entry is null',
      tamper: async (history) => {
        await withoutPointer(history);
        await history.change(last, () => 'null');
      },
      words: 'is no object',
    },
    {
      name: 'the last entry is gone, and latest knows of it',
      tamper: ({ folder }) => rm(join(folder, last)),
      words: 'is not there',
    },
    {
      name: 'the entry before the last was edited',
      tamper: ({ edit }) => edit(1, (manifest) => ({ ...manifest, accountId: '999999999999' })),
      words: 'was altered',
    },
    {
      name: 'the last entry names none before it',
      tamper: editedUnpointed(({ previous: _previous, ...manifest }) => manifest),
      words: 'names no run before it',
    },
    ...['../outside.gz', '/etc/passwd', keysAt(1).object(OUTPUTS.findings)].map((key) => ({
      name: `the last entry names ${key} as its findings`,
      tamper: editedUnpointed(({ objects, ...manifest }) => ({
        ...manifest,
        objects: { ...objects, findings: { ...objects.findings, key } },
      })),
      words: 'which is no object of this run',
    })),
    ...(['snapshot', 'findings', 'resolved', 'report'] as const).flatMap((name) => [
      {
        name: `the last run's ${name} is another's`,
        tamper: ({ folder }: History) =>
          cp(join(folder, keysAt(1).object(OUTPUTS[name])), join(folder, keysAt(2).object(OUTPUTS[name]))).then(() =>
            writeFile(join(folder, keysAt(2).object(OUTPUTS[name])), 'x', { flag: 'a' }),
          ),
        words: keysAt(2).object(OUTPUTS[name]),
      },
      {
        name: `the last run's ${name} is gone`,
        tamper: ({ folder }: History) => rm(join(folder, keysAt(2).object(OUTPUTS[name]))),
        words: `${keysAt(2).object(OUTPUTS[name])} is missing`,
      },
    ]),
  ])('not where $name', async ({ tamper, words }) => {
    const history = await newHistory();
    await tamper(history);
    const result = await auditNight(history.archive, 3, FIXED);
    expect(verdictOf(result)).toEqual(UNTRUSTED);
    expect(result.report.message).toContain(words);
    expect(result.alerts.map(({ attributes }) => attributes.maxSeverity)).toEqual(['CRITICAL']);
    // Tonight's roster is kept, apart from the runs, and the chain has not grown.
    const kept = attemptKeys(ENVIRONMENT, nightAt(3), `try-${attempts}`).object(OUTPUTS.snapshot);
    expect((await readText(history.archive, kept)).trimEnd().split('\n')).toHaveLength(FIXED.length);
    expect(await history.archive.has(chainKey(ENVIRONMENT, 3))).toBe(false);
  });

  test.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['of another shape', '{"run":5}'],
  ])('a pointer that is %s takes no run down, and is written again', async (_, text) => {
    const { archive, change } = await newHistory();
    await change(LATEST, () => text);
    expect(verdictOf(await auditNight(archive, 3, FIXED))).toEqual(COMPLETE);
    expect(JSON.parse(await readText(archive, LATEST))).toMatchObject({ run: runAt(3), sequence: 3 });
  });

  test('what stands among the manifests and has no place in the chain is no run', async () => {
    const { archive, folder } = await newHistory();
    const { manifest } = keysAt(3);
    await archive.create(manifest, { bytes: await readFile(join(folder, last)) }, 'application/json');
    await archive.create(`manifests/environment=${ENVIRONMENT}/notes.txt`, { bytes: Buffer.from('x') }, 'text/plain');
    expect(verdictOf(await auditNight(archive, 3, FIXED))).toEqual(COMPLETE);
  });
});

describe('where runs are signed', () => {
  let kms: Kms;
  const environment = process.env;
  beforeAll(async () => {
    kms = await startKms();
    process.env = { ...environment, ...kms.env };
  });
  afterAll(async () => {
    process.env = environment;
    await kms.close();
  });

  const signing: Partial<AuditSettings> = {
    signManifestDigest: kmsSigner(KMS_KEY_ARN, 'ECDSA_SHA_256'),
    loadPublicKey: kmsPublicKey(KMS_KEY_ARN),
  };
  const signedNight = (archive: Archive, number: number, settings: Partial<AuditSettings> = {}) =>
    auditNight(archive, number, FIXED, {}, undefined, { ...signing, ...settings });
  const signedHistory = async (settings: Partial<AuditSettings> = {}) => {
    const history = await newHistory(0);
    for (const number of [1, 2]) await signedNight(history.archive, number, settings);
    return history;
  };

  test('the public key is recorded once, and what it signed is built upon', async () => {
    const { archive } = await signedHistory();
    expect((await signedNight(archive, 3)).report.verdict).toBe('COMPLETE');
    const keys: string[] = [];
    for await (const key of archive.list('keys/')) keys.push(key);
    expect(keys).toEqual([expect.stringContaining('0e1f7b9c-2d54-4c51-9d39-5b1f4a0c8e12')]);
  });

  test.each<{
    name: string;
    tamper: (history: History) => Promise<void>;
    settings?: Partial<AuditSettings>;
    words: string;
  }>([
    { name: 'the last one was signed by another', tamper: ({ edit }) => edit(2, forged), words: 'does not hold' },
    {
      name: 'the last one has no signature any more',
      tamper: ({ edit }) => edit(2, unsigned),
      words: 'has no signature',
    },
    {
      name: 'it has none, and whoever builds upon it does not sign',
      tamper: ({ edit }) => edit(2, unsigned),
      settings: { signManifestDigest: undefined } as unknown as Partial<AuditSettings>,
      words: 'has no signature',
    },
    {
      name: "the config's keys are others",
      tamper: async () => {},
      settings: { publicKeys: [STRANGER] },
      words: "the config's public keys",
    },
  ])('not where $name', async ({ tamper, settings, words }) => {
    const history = await signedHistory();
    await rm(join(history.folder, LATEST));
    await tamper(history);
    const result = await signedNight(history.archive, 3, settings);
    expect(result.report).toMatchObject({ verdict: 'INCOMPLETE', reason: 'untrusted-history' });
    expect(result.report.message).toContain(words);
  });

  test('a key that can not be asked is no proof of tampering', async () => {
    const { archive } = await signedHistory({ loadPublicKey: async () => undefined });
    expect((await signedNight(archive, 3)).report.verdict).toBe('COMPLETE');
  });

  test('signing that was switched off is a problem until somebody accepts it', async () => {
    const history = await signedHistory();
    const { archive, hashOf } = history;
    const off = { signManifestDigest: undefined } as unknown as Partial<AuditSettings>;
    const problems = async () => (await verifyEnvironment(archive, ENVIRONMENT)).problems.map(({ kind }) => kind);
    expect((await signedNight(archive, 3, off)).report.verdict).toBe('COMPLETE');
    expect(await problems()).toEqual(['unsigned']);
    expect((await signedNight(archive, 4, off)).report.reason).toBe('untrusted-history');
    const accepted = { acceptHistory: { sha256: await hashOf(chainKey(ENVIRONMENT, 3)), reason: 'no key any more' } };
    expect(verdictOf(await auditNight(archive, 4, FIXED, accepted))).toEqual({ verdict: 'COMPLETE', resolved: 0 });
    expect((await auditNight(archive, 5, FIXED)).report.verdict).toBe('COMPLETE');
    expect(await problems()).toStrictEqual([]);
  });

  test("the config's own key is enough", async () => {
    const settings = { loadPublicKey: async () => undefined, publicKeys: [publicKeyFor('ECDSA_SHA_256')] };
    const { archive } = await signedHistory(settings);
    expect((await signedNight(archive, 3, settings)).report.verdict).toBe('COMPLETE');
  });
});

describe('somebody lets the chain go on', () => {
  const accept = (sha256: string) => ({ acceptHistory: { sha256, reason: 'looked into it' } });

  test('from a run that holds, past one that does not: nothing resolves unseen, and verify tells it', async () => {
    const { archive, edit, hashOf } = await newHistory();
    await edit(2, (manifest) => ({ ...manifest, environmentId: 'another' }));
    expect(verdictOf(await auditNight(archive, 3, FIXED))).toEqual(UNTRUSTED);
    const result = await auditNight(archive, 3, FIXED, accept(await hashOf(chainKey(ENVIRONMENT, 1))));
    expect(verdictOf(result)).toEqual(COMPLETE);
    const manifest: Manifest = JSON.parse(await readText(archive, chainKey(ENVIRONMENT, 3)));
    expect(manifest).toMatchObject({
      sequence: 3,
      previous: { run: runAt(1) },
      acceptedHistory: { sha256: await hashOf(chainKey(ENVIRONMENT, 1)), reason: 'looked into it' },
    });
    expect(manifest.acceptedHistory?.problem).toContain('was altered');
    expect(result.report.acceptedHistory).toEqual(manifest.acceptedHistory);

    // The next night needs nobody.
    expect(verdictOf(await auditNight(archive, 4, FIXED))).toEqual({ verdict: 'COMPLETE', resolved: 0 });
    const { problems, notes } = await verifyEnvironment(archive, ENVIRONMENT);
    expect(problems).toStrictEqual([]);
    expect(notes.map(({ kind }) => kind)).toContain('accepted-history');
    expect(notes.filter(({ kind }) => kind === 'accepted').map(({ key }) => key)).toContain(chainKey(ENVIRONMENT, 2));
  });

  test('past one place, and whatever happens to those beside it is a problem', async () => {
    const { archive, edit, change, hashOf } = await newHistory();
    await edit(2, (manifest) => ({ ...manifest, environmentId: 'another' }));
    await auditNight(archive, 3, FIXED, accept(await hashOf(chainKey(ENVIRONMENT, 1))));
    for (const number of [4, 5]) await auditNight(archive, number, FIXED);
    for (const number of [1, 4]) await change(chainKey(ENVIRONMENT, number), (text) => `${text} `);
    const { problems, notes } = await verifyEnvironment(archive, ENVIRONMENT);
    const places = problems.filter(({ key }) => key.startsWith('chain/')).map(({ kind, run }) => [kind, run]);
    expect(places).toEqual([
      ['edited', runAt(1)],
      ['edited', runAt(4)],
    ]);
    expect(notes.filter(({ kind }) => kind === 'accepted-history').map(({ run }) => run)).toEqual([runAt(3)]);
  });

  test('from a run whose records are gone: it begins with what it sees', async () => {
    const { archive, folder, hashOf } = await newHistory();
    await rm(join(folder, keysAt(2).object(OUTPUTS.findings)));
    const result = await auditNight(archive, 3, FIXED, accept(await hashOf(chainKey(ENVIRONMENT, 2))));
    expect(verdictOf(result)).toEqual({ verdict: 'COMPLETE', resolved: 0 });
    expect(result.report.findings.byState.new).toBeGreaterThan(0);
    expect(result.report.acceptedHistory?.problem).toContain(`${keysAt(2).object(OUTPUTS.findings)} is missing`);
    expect(verdictOf(await auditNight(archive, 4, FIXED))).toEqual({ verdict: 'COMPLETE', resolved: 0 });
  });

  test('past a run that speaks for a time to come', async () => {
    const { archive, hashOf } = await newHistory();
    await auditNight(archive, 300);
    expect(verdictOf(await auditNight(archive, 3, FIXED))).toMatchObject({
      verdict: 'FAILED',
      reason: 'after-the-fact',
    });
    const result = await auditNight(archive, 3, FIXED, accept(await hashOf(chainKey(ENVIRONMENT, 2))));
    expect(verdictOf(result)).toEqual(COMPLETE);
    expect(result.report.acceptedHistory?.problem).toBe('none that shows at the end of the chain');
    expect(verdictOf(await auditNight(archive, 4, FIXED))).toEqual({ verdict: 'COMPLETE', resolved: 0 });
    expect((await verifyEnvironment(archive, ENVIRONMENT)).problems).toStrictEqual([]);
  });

  test('from nothing that is there: it does not', async () => {
    const { archive } = await newHistory();
    const result = await auditNight(archive, 3, FIXED, accept('0'.repeat(64)));
    expect(verdictOf(result)).toEqual(UNTRUSTED);
    expect(result.report.message).toContain(`no entry of the chain has the SHA-256 ${'0'.repeat(64)}`);
  });
});

/** An archive in which something happens just before a night writes its place, once. */
const overtakenBy = (archive: Archive, happens: () => Promise<void>): Archive => {
  let isMade = false;
  return {
    ...archive,
    async create(key, ...content) {
      if (key === chainKey(ENVIRONMENT, 2) && !isMade) {
        isMade = true;
        await happens();
      }
      return archive.create(key, ...content);
    },
  };
};

describe('runs at once', () => {
  let emulator: Awaited<ReturnType<typeof startAwsEmulator>>;
  beforeAll(async () => {
    emulator = await startAwsEmulator({ bucket: 'evidence', topicName: 'audits' });
  });
  afterAll(() => emulator.close());

  /** An archive in which each write waits, as long as the plan says of its number. */
  const delayed = (archive: Archive, waits: (write: number) => number): Archive => {
    let writes = 0;
    const late = <A extends readonly unknown[], R>(write: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        writes += 1;
        await sleep(waits(writes));
        return write(...args);
      };
    };
    return { ...archive, create: late(archive.create), replace: late(archive.replace) };
  };

  const places = [
    { name: 'in a folder', open: async (): Promise<Archive> => folderArchive(await newFolder()), writes: 14 },
    {
      name: 'in a bucket',
      open: async (): Promise<Archive> => bucketArchive(emulator.s3, emulator.bucket, 1),
      writes: 14,
    },
  ];

  test.each(places)('two nights $name, one of them slow at any write: one chain', async ({ open, writes }) => {
    for (let slow = 1; slow <= writes; slow += 1) {
      const archive = await open();
      const first = slow * 10;
      await auditNight(archive, first);
      const waits = (write: number): number => (write === slow ? 150 : 0);
      const [one, other] = await Promise.all([
        auditNight(delayed(archive, waits), first + 1, FIXED),
        auditNight(archive, first + 2, FIXED),
      ]);
      expect(other.report.verdict).toBe('COMPLETE');
      // The earlier night has its place before the later one, or ends with its findings kept apart.
      if (one.report.verdict !== 'COMPLETE') {
        expect(one.report).toMatchObject({ verdict: 'FAILED', reason: 'after-the-fact', counts: { users: 3 } });
        expect(Object.keys(one.objects)).toContain('findings');
        expect(one.report.findings.byState.resolved).toBe(0);
        const { findings, csv } = one.objects;
        for (const object of [findings, csv])
          expect(await readText(archive, object?.key ?? '')).not.toContain('"resolved"');
      }
      expect((await auditNight(archive, first + 3, FIXED)).report.verdict).toBe('COMPLETE');
      expect((await verifyEnvironment(archive, ENVIRONMENT)).problems).toStrictEqual([]);
    }
  });

  test('a night that loses its place to an earlier one is judged again, by what that left', async () => {
    const archive = folderArchive(await newFolder());
    await auditNight(archive, 1);
    const overtaken = overtakenBy(archive, async () => {
      expect(verdictOf(await auditNight(archive, 2, FIXED))).toEqual(COMPLETE);
    });
    const { report } = await auditNight(overtaken, 3, FIXED);
    // What the earlier night resolved does not resolve again.
    expect(report).toMatchObject({ verdict: 'COMPLETE', sequence: 3, previousRun: runAt(2) });
    expect(report.findings.byState.resolved).toBe(0);
    expect((await readHead(archive, ENVIRONMENT)).sequence).toBe(3);
    expect((await verifyEnvironment(archive, ENVIRONMENT)).problems).toStrictEqual([]);
  });

  test('a night that loses its place judges each user again by the moment at which it was read', async () => {
    const HOUR_MS = 3_600_000;
    const start = nightAt(3).getTime();
    /** Half an hour after the first page was read, and before the second was. */
    const between = { lastLoginTime: start + HOUR_MS / 2 };
    const pages = [[...FIXED, aUser({ userId: 'first', ...between })], [aUser({ userId: 'second', ...between })]];
    let now = start;
    const listUsers: UserSource = () => ({
      source: { kind: 'finspace', endpoint: 'https://finspace.example' },
      pages: (async function* listed() {
        for (const page of pages) {
          yield page;
          now += HOUR_MS;
        }
      })(),
      end: () => ({ complete: true }),
      counts: () => ({ pages: 2, requests: 3, throttled: 0, retries: 0 }),
    });
    const archive = folderArchive(await newFolder());
    await auditNight(archive, 1);
    const overtaken = overtakenBy(archive, async () => {
      await auditNight(archive, 2);
    });
    const clock = { ...stoppedClock(start), now: () => now };
    const { report, objects } = await auditNight(overtaken, 3, [], {}, undefined, { listUsers, clock });
    expect(report).toMatchObject({ verdict: 'COMPLETE', sequence: 3 });
    const findings = await readJsonLines(archive, objects.findings?.key ?? '');
    expect(
      findings.map(Object).flatMap(({ ruleId, subject }) => (ruleId === 'inconsistent-timestamps' ? subject.id : [])),
    ).toEqual(['first']);
  });

  test('a night that loses its place to one whose records do not hold builds nothing upon it', async () => {
    const folder = await newFolder();
    const archive = folderArchive(folder);
    await auditNight(archive, 1);
    const overtaken = overtakenBy(archive, async () => {
      await auditNight(archive, 2);
      await rm(join(folder, keysAt(2).object(OUTPUTS.findings)));
    });
    expect(verdictOf(await auditNight(overtaken, 3, FIXED))).toEqual(UNTRUSTED);
    expect((await readHead(archive, ENVIRONMENT)).sequence).toBe(2);
  });

  test.each([
    { name: 'is not complete', request: {}, ends: { verdict: 'INCOMPLETE', reason: 'roster-drop' }, places: 2 },
    {
      name: 'is complete where that was accepted',
      request: { acceptRosterDrop: true },
      ends: { verdict: 'COMPLETE' },
      places: 3,
    },
  ])('a night that loses its place to one that saw far more users $name', async ({ request, ends, places: most }) => {
    const archive = memoryArchive();
    await auditNight(archive, 1);
    const crowd = Array.from({ length: 9 }, (_, number) => aUser({ userId: `user-${number}` }));
    const overtaken = overtakenBy(archive, async () => {
      await auditNight(archive, 2, crowd);
    });
    const { report, objects } = await auditNight(overtaken, 3, FIXED, request);
    expect(report).toMatchObject({ ...ends, counts: { users: 3 } });
    expect(Object.keys(objects)).toEqual(expect.arrayContaining(['snapshot', 'findings']));
    expect((await readHead(archive, ENVIRONMENT)).sequence).toBe(most);
  });

  test('a night that loses its place to the end of the chain fails, and says so', async () => {
    const archive = memoryArchive();
    await auditNight(archive, 1);
    const overtaken = overtakenBy(archive, async () => {
      const at = nightAt(2);
      await decide(archive, ENVIRONMENT, { kind: 'closing', reason: 'a test', at, name: runAt(2), retentionYears: 7 });
    });
    const { report, alerts, ...rest } = await auditNight(overtaken, 3, FIXED);
    expect(report).toMatchObject({ verdict: 'FAILED', reason: 'closed', findings: { byState: { resolved: 0 } } });
    expect(alerts.map(({ attributes }) => attributes.verdict)).toEqual(['FAILED']);
    expect(rest).toEqual({
      deliveries: { alert: { outcome: 'sent' } },
      highlights: [],
      objects: {},
      wasDone: false,
      warnings: [],
    });
    expect((await readHead(archive, ENVIRONMENT)).sequence).toBe(2);
    // People are told once.
    expect((await auditNight(archive, 4, FIXED)).alerts).toStrictEqual([]);
  });
});

test.each([
  ['complete', undefined],
  ['cut off', { complete: false, reason: 'deadline', message: 'why' }],
] as const)(
  'a copy of the run before that still can not be written is told by a run that is %s',
  async (_name, end) => {
    const folder = folderArchive(await newFolder());
    const archive: Archive = {
      ...folder,
      async create(key, ...content) {
        if (key === keysAt(1).manifest) throw new Error('no');
        return folder.create(key, ...content);
      },
    };
    const told = [`${keysAt(1).manifest} was not written, where tables read the run: Error: no`];
    expect((await auditNight(archive, 1)).warnings).toEqual(told);
    expect((await auditNight(archive, 2, USERS, {}, end)).warnings).toEqual(told);
  },
);

describe('what unfinished attempts left', () => {
  const CUT: ListingEnd = { complete: false, reason: 'deadline', message: 'why' };

  test('is vouched for by the next complete run: what is edited or gone is seen', async () => {
    const { archive, folder } = await newHistory();
    await auditNight(archive, 3, USERS, {}, CUT);
    const attempt = attemptKeys(ENVIRONMENT, nightAt(3), `try-${attempts}`);
    expect((await verifyEnvironment(archive, ENVIRONMENT)).uncovered).toBeGreaterThan(0);
    await auditNight(archive, 4);
    expect(await verifyEnvironment(archive, ENVIRONMENT)).toMatchObject({ uncovered: 0, problems: [] });

    const snapshot = attempt.object(OUTPUTS.snapshot);
    await writeFile(join(folder, snapshot), 'x', { flag: 'a' });
    await rm(join(folder, attempt.object(OUTPUTS.findings)));
    const { problems } = await verifyEnvironment(archive, ENVIRONMENT);
    expect(problems.map(({ kind, key }) => `${kind} ${key}`).toSorted()).toEqual(
      [`edited ${snapshot}`, `missing ${attempt.object(OUTPUTS.findings)}`].toSorted(),
    );
    // Once: the run after that names none of it again.
    await auditNight(archive, 5);
    const next: Manifest = JSON.parse(await readText(archive, chainKey(ENVIRONMENT, 4)));
    expect(next.unfinished).toBeUndefined();
  });

  test('a part that a listing wrote after a later run was complete is vouched for by the run after that, once', async () => {
    const { archive } = await newHistory();
    const lost = { environmentId: ENVIRONMENT, asOf: new Date(nightAt(3).getTime() - 3_600_000), attempt: 'lost' };
    const [early, late] = [1, 2].map((number) => listingPartKey(lost, 1, number));
    const write = (key = '') => archive.create(key, { bytes: Buffer.from(key) }, 'application/octet-stream');
    await write(early);
    await auditNight(archive, 3);
    await write(late);
    expect((await verifyEnvironment(archive, ENVIRONMENT)).uncovered).toBe(1);
    await auditNight(archive, 4);
    expect((await verifyEnvironment(archive, ENVIRONMENT)).uncovered).toBe(0);
    await auditNight(archive, 5);
    const named = await Promise.all(
      [3, 4, 5].map(async (place): Promise<readonly ManifestObject[]> => {
        const { unfinished = [] }: Manifest = JSON.parse(await readText(archive, chainKey(ENVIRONMENT, place)));
        return unfinished;
      }),
    );
    expect(named.map((objects) => objects.map(({ key }) => key))).toEqual([[early], [late], []]);
  });

  test('at an earlier night, made later, is vouched for too', async () => {
    const { archive } = await newHistory();
    const late = attemptKeys(ENVIRONMENT, nightAt(1), `${runAt(3)}-late`);
    await auditNight(archive, 1, USERS, {
      environmentId: ENVIRONMENT,
      asOf: new Date(nightAt(1).getTime() + 1000),
      attempt: `${runAt(3)}-late`,
    });
    await auditNight(archive, 3);
    const { unfinished = [] } = JSON.parse(await readText(archive, chainKey(ENVIRONMENT, 3))) as Manifest;
    expect(unfinished.map(({ key }) => key)).toEqual([
      late.manifest.replace(runAt(1), runName(new Date(nightAt(1).getTime() + 1000))),
    ]);
  });
});

test('a month without a mail sends the head of the chain by itself, once', async () => {
  const archive = folderArchive(await newFolder());
  const quiet = [aUser({ userId: 'a' }), aUser({ userId: 'b' })];
  const mails: string[] = [];
  for (const number of [1, 2, 31, 32, 33]) {
    const { alerts, head } = await auditNight(archive, number, quiet);
    for (const { subject, body } of alerts) {
      mails.push(`${number} ${subject.slice(subject.indexOf(':'))}`);
      expect(body).toContain(head);
    }
  }
  expect(mails.slice(1)).toEqual(['32 : nothing changed for a month, 29 days unseen']);
});
