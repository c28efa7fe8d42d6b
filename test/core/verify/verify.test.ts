import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Archive } from '../../../core/archive/archive.ts';
import { bucketArchive } from '../../../core/archive/bucket.ts';
import { decide } from '../../../core/archive/close.ts';
import { archivedEnvironments } from '../../../core/archive/environments.ts';
import { ArchiveError } from '../../../core/archive/errors.ts';
import { folderArchive } from '../../../core/archive/folder.ts';
import { attemptKeys, chainKey, historyPageKey, publicKeyKey, yearPageKey } from '../../../core/archive/keys.ts';
import { kmsPublicKey, kmsSigner } from '../../../core/archive/kms.ts';
import { entryText } from '../../../core/archive/signature.ts';
import { sha256Of } from '../../../core/archive/staging.ts';
import { stoppedClock } from '../../../core/model/clock.ts';
import { type HistoryRow, yearPage } from '../../../core/outputs/history/history-page.ts';
import { OUTPUTS } from '../../../core/outputs/index.ts';
import type { ListingEnd } from '../../../core/sources/source.ts';
import { listAttempts } from '../../../core/verify/gaps.ts';
import type { Problem, ProblemKind } from '../../../core/verify/problem.ts';
import { checkSignEvents, type SignedEntry } from '../../../core/verify/sign-events.ts';
import { type VerifyOptions, verifyEnvironment } from '../../../core/verify/verify.ts';
import { readTree } from '../../support/archive-tree.ts';
import { startAwsEmulator } from '../../support/aws-emulator.ts';
import { ENVIRONMENT } from '../../support/builders.ts';
import { dyingAfter } from '../../support/dying-archive.ts';
import { forged, STRANGER_PEM, unsigned } from '../../support/forgery.ts';
import {
  auditNight,
  keysOf,
  LATEST,
  night,
  OBJECT_NAMES,
  runOf,
  SCHEDULE,
  type Tamperer,
  tamperer,
  usersOf,
} from '../../support/history.ts';
import { KMS_KEY_ARN, type Kms, publicKeyFor, startKms } from '../../support/kms.ts';
import { listingOf } from '../../support/listing.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';

const newFolder = temporaryFolders();
const LAST = 5;
const publicKey = publicKeyFor('ECDSA_SHA_256');
const DUE = { schedule: SCHEDULE, until: Number.NEGATIVE_INFINITY };
const EVERYTHING: VerifyOptions = { publicKeys: [publicKey], due: DUE };

let kms: Kms;
let history: string;
const environment = process.env;
beforeAll(async () => {
  kms = await startKms();
  process.env = { ...environment, ...kms.env };
  history = await newFolder();
  const signManifestDigest = kmsSigner(KMS_KEY_ARN, 'ECDSA_SHA_256');
  const loadPublicKey = kmsPublicKey(KMS_KEY_ARN);
  for (let number = 1; number <= LAST; number += 1) {
    await auditNight(folderArchive(history), number, { signManifestDigest, loadPublicKey });
  }
});
afterAll(async () => {
  process.env = environment;
  await kms.close();
});

/** A copy of five signed nights, and hands to disturb it with. */
const copyOfHistory = async () => {
  const folder = await newFolder();
  await cp(history, folder, { recursive: true });
  return { archive: folderArchive(folder), hands: tamperer(folder) };
};

const verify = (archive: Archive, options: VerifyOptions = EVERYTHING) =>
  verifyEnvironment(archive, ENVIRONMENT, options);

const NIGHT_OF_RUN = new Map(Array.from({ length: 9 }, (_, n) => [runOf(n + 1), n + 1]));

/** `edited 3`: the kind, and the number of the night. */
const brief = ({ kind, run }: { readonly kind: string; readonly run?: string | null }): string =>
  `${kind} ${run == null ? '-' : (NIGHT_OF_RUN.get(run) ?? run)}`;

const text = (problems: readonly Problem[]): string =>
  problems.map(({ key, message }) => `${key} ${message}`).join('\n');

describe('an undisturbed history', () => {
  test('has no problem and no note, and tells what was checked', async () => {
    expect(await verify(folderArchive(history))).toEqual({
      environmentId: ENVIRONMENT,
      runs: LAST,
      objects: LAST * OBJECT_NAMES.length,
      bytes: expect.any(Number),
      known: 0,
      readUpTo: LAST,
      head: expect.stringMatching(/^5:[0-9a-f]{64}$/),
      firstRun: runOf(1),
      lastRun: runOf(LAST),
      signatures: {
        isChecked: true,
        signed: LAST,
        valid: LAST,
        keys: [{ keyId: KMS_KEY_ARN, algorithm: 'ECDSA_SHA_256', runs: LAST }],
      },
      schedule: { isChecked: true, nights: LAST - 1, missed: 0, late: 0 },
      attempts: 0,
      uncovered: 0,
      problems: [],
      notes: [],
    });
  });

  test('tells what was not checked', async () => {
    expect(await verify(folderArchive(history), {})).toMatchObject({
      // Against the key that the archive has recorded.
      signatures: { isChecked: false, signed: LAST, valid: LAST },
      schedule: { isChecked: false },
      problems: [],
    });
  });

  test('is read only, and all of it is counted', async () => {
    const before = await readTree(folderArchive(history));
    const { bytes } = await verify(folderArchive(history));
    expect(await readTree(folderArchive(history))).toEqual(before);
    const archive = folderArchive(history);
    let size = 0;
    for (const kind of ['snapshots', 'findings', 'resolved', 'reports']) {
      for await (const key of archive.list(`${kind}/`)) {
        // The page of all runs is no evidence of a run.
        if (!key.endsWith('/index.html')) size += (await readFile(`${history}/${key}`)).length;
      }
    }
    expect(bytes).toBe(size);
  });
});

const flipped = (bytes: Buffer): Buffer => {
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return bytes;
};

interface Tampering {
  readonly name: string;
  readonly tamper: (hands: Tamperer) => Promise<unknown>;
  readonly problems: readonly string[];
  readonly notes?: readonly string[];
  /** Stands in what is told of the problems. */
  readonly words?: string;
  readonly options?: VerifyOptions;
  /** Neither the archive nor whoever verifies has a public key. */
  readonly isKeyless?: true;
}

const { manifest: THIRD } = keysOf(3);

/** Puts a marker of another channel beside that of the third night, which it equals but for some members. */
const markAs = (channel: string, differs: object) => async (hands: Tamperer) => {
  const key = keysOf(3).marker(channel);
  await hands.copy(keysOf(3).marker('alert'), key);
  await hands.text(key, (old) => JSON.stringify({ ...JSON.parse(old), ...differs }));
};

const ofObjects: readonly Tampering[] = OBJECT_NAMES.flatMap((name) => [
  {
    name: `a byte of ${name} is another`,
    tamper: (hands: Tamperer) => hands.bytes(keysOf(3).object(OUTPUTS[name]), flipped),
    problems: ['edited 3'],
    words: `${keysOf(3).object(OUTPUTS[name])} has `,
  },
  {
    name: `${name} is cut short`,
    tamper: (hands: Tamperer) => hands.bytes(keysOf(3).object(OUTPUTS[name]), (bytes) => bytes.subarray(0, -1)),
    problems: ['edited 3'],
    words: `${keysOf(3).object(OUTPUTS[name])} has `,
  },
  {
    name: `${name} is gone`,
    tamper: (hands: Tamperer) => hands.remove(keysOf(3).object(OUTPUTS[name])),
    problems: ['missing 3'],
    words: `${keysOf(3).object(OUTPUTS[name])} is not there, though its manifest names it`,
  },
]);

const ofManifests: readonly Tampering[] = [
  {
    name: 'a number in a manifest is another',
    tamper: (hands) => hands.manifest(3, (manifest) => ({ ...manifest, accountId: '999999999999' })),
    problems: ['bad-signature 3', 'edited 3'],
    words: `its SHA-256 is `,
  },
  {
    name: 'a number in the last manifest is another, which the pointer tells',
    tamper: (hands) => hands.manifest(LAST, (manifest) => ({ ...manifest, accountId: '999999999999' })),
    problems: ['edited 5'],
    words: `${LATEST} says `,
    isKeyless: true,
  },
  {
    name: 'only the spacing of a manifest is another',
    tamper: (hands) => hands.entry(LAST, (old) => JSON.stringify(JSON.parse(old))),
    problems: ['bad-signature 5', 'edited 5'],
  },
  {
    name: 'a member stands twice in a manifest, so that others read it otherwise',
    tamper: async (hands) => {
      await hands.entry(LAST, (old) => old.replace('{', '{"accountId": "999999999999",'));
      await hands.rechain(LAST, LAST);
    },
    problems: ['bad-signature 5'],
  },
  {
    name: 'a manifest is no JSON',
    tamper: (hands) => hands.bytes(THIRD, (bytes) => bytes.subarray(0, -3)),
    problems: ['edited 3'],
    notes: ['unchecked 3'],
    words: `${THIRD} is no JSON`,
  },
  {
    name: 'a manifest is empty',
    tamper: (hands) => hands.text(THIRD, () => ''),
    problems: ['edited 3'],
    notes: ['unchecked 3'],
  },
  {
    name: 'a manifest is of another schema',
    tamper: (hands) => hands.manifest(3, (manifest) => ({ ...manifest, schemaVersion: 2 })),
    problems: ['edited 3'],
    notes: ['unchecked 3'],
    words: 'is of another schemaVersion than 1',
  },
  {
    name: 'a manifest lacks a member',
    tamper: (hands) => hands.manifest(3, ({ objects: _objects, ...manifest }) => manifest),
    problems: ['edited 3'],
    notes: ['unchecked 3'],
    words: 'is no manifest of a complete run: objects is not what it has there',
  },
  {
    name: 'a manifest goes on from a history that nobody accepted',
    tamper: (hands) => hands.manifest(3, (manifest) => ({ ...manifest, acceptedHistory: null })),
    problems: ['edited 3'],
    notes: ['unchecked 3'],
    words: 'is no manifest of a complete run: acceptedHistory is not what it has there',
  },
  {
    name: 'a manifest is of a run that is not complete',
    tamper: (hands) => hands.manifest(3, (manifest) => ({ ...manifest, verdict: 'INCOMPLETE' })),
    problems: ['edited 3'],
    notes: ['unchecked 3'],
    words: 'verdict is not what it has there',
  },
  ...(['run', 'environmentId', 'asOf'] as const).map((member) => ({
    name: `a manifest's ${member} is not that of its place`,
    tamper: (hands: Tamperer) => hands.manifest(3, (manifest) => ({ ...manifest, [member]: 'another' })),
    problems: ['edited 3'],
    notes: ['unchecked 3'],
    words: `stands in place 3 of environment ${ENVIRONMENT} and speaks for `,
  })),
  {
    name: 'a manifest names no snapshot any more',
    tamper: (hands) =>
      hands.manifest(LAST, ({ objects: { snapshot: _snapshot, ...objects }, ...rest }) => ({ ...rest, objects })),
    problems: ['edited 5'],
    notes: ['unchecked 5'],
    words: 'names no snapshot, which every complete run has',
  },
  {
    name: 'a manifest names an object of another run',
    tamper: (hands) =>
      hands.manifest(3, ({ objects, ...rest }) => ({
        ...rest,
        objects: { ...objects, snapshot: { ...objects.snapshot, key: keysOf(2).object(OUTPUTS.snapshot) } },
      })),
    problems: ['edited 3'],
    notes: ['unchecked 3'],
    words: 'which is no object of this run',
  },
  {
    name: 'a manifest leads out of the archive',
    tamper: (hands) =>
      hands.manifest(3, ({ objects, ...rest }) => ({
        ...rest,
        objects: {
          ...objects,
          snapshot: { ...objects.snapshot, key: `reports/../${keysOf(3).object(OUTPUTS.report)}/../../etc/passwd` },
        },
      })),
    problems: ['edited 3'],
    notes: ['unchecked 3'],
    words: 'which is no object of this run',
  },
  {
    name: 'two manifests are swapped',
    tamper: (hands) => hands.swap(keysOf(2).manifest, THIRD),
    problems: ['edited 2', 'edited 3'],
    notes: ['unchecked 2', 'unchecked 3'],
  },
  {
    name: 'something else stands among the manifests',
    tamper: (hands) => hands.copy(THIRD, `manifests/environment=${ENVIRONMENT}/dt=2026-11-22/copy.json`),
    problems: ['edited -'],
    words: 'copy.json stands among the manifests, where no run has its place',
  },
  {
    name: 'a manifest stands in the folder of another day',
    tamper: (hands) => hands.copy(keysOf(3).copy, keysOf(3).copy.replace('2026-11-22', '2026-11-21')),
    problems: ['edited 3'],
    words: 'stands among the manifests, where no run has its place',
  },
  {
    name: 'a manifest is named by no moment that there is',
    tamper: (hands) => hands.copy(keysOf(3).copy, keysOf(3).copy.replace(runOf(3), '20261399T070000Z')),
    problems: ['edited 20261399T070000Z'],
  },
  {
    name: 'the manifest that tables read is another than its place holds',
    tamper: (hands) => hands.text(keysOf(3).copy, (old) => `${old} `),
    problems: ['edited 3'],
    words: `${keysOf(3).copy} is another manifest than ${THIRD} holds, whose copy it has to be`,
  },
  {
    name: 'a manifest that is none stands where a run was never',
    tamper: (hands) => hands.put(keysOf(6).copy, '{}'),
    problems: ['edited 6'],
    words: `${keysOf(6).copy} is the manifest of no run of the chain`,
  },
  {
    name: 'the manifest that tables read is gone',
    tamper: (hands) => hands.remove(keysOf(3).copy),
    problems: ['missing 3'],
    words: `${keysOf(3).copy} is not there, though it is the copy of ${THIRD}`,
  },
  {
    name: 'the last manifest that tables read is not there yet',
    tamper: (hands) => hands.remove(keysOf(LAST).copy),
    problems: [],
    notes: ['uncopied 5'],
  },
  {
    name: 'a manifest is gone',
    tamper: (hands) => hands.remove(THIRD),
    problems: ['missing 3', 'orphaned 3', 'gap 3'],
    words: `${THIRD} is not there, though the manifest of run ${runOf(4)} names it as the one before`,
  },
  {
    name: 'the first manifest is gone',
    tamper: (hands) => hands.remove(keysOf(1).manifest),
    problems: ['missing 1', 'orphaned 1'],
    words: `though the manifest of run ${runOf(2)} names it as the one before`,
  },
];

const removeNight = async (hands: Tamperer, number: number): Promise<void> => {
  const keys = keysOf(number);
  const all = [
    ...OBJECT_NAMES.map((name) => keys.object(OUTPUTS[name])),
    keys.manifest,
    keys.copy,
    keys.marker('alert'),
  ];
  for (const key of all) await hands.remove(key);
};

const hideNight = async (hands: Tamperer, number: number): Promise<void> => {
  const { previous } = JSON.parse((await readFile(`${history}/${keysOf(number).manifest}`)).toString());
  await removeNight(hands, number);
  await hands.manifest(number + 1, (manifest) => ({ ...manifest, previous }));
  await hands.rechain(number + 1, LAST);
};

const ofTheChain: readonly Tampering[] = [
  {
    name: 'a whole night is gone',
    tamper: (hands) => removeNight(hands, 3),
    problems: ['missing 3', 'gap 3'],
    words: 'no complete run for 2026-11-22 02:00 America/New_York; no unfinished attempt is kept',
  },
  {
    name: 'a whole night is gone and the chain is made to fit: the signatures tell, and the schedule',
    tamper: (hands) => hideNight(hands, 3),
    problems: ['missing -', 'missing 3', 'gap 3', 'bad-signature 4', 'bad-signature 5'],
  },
  {
    name: 'a whole night is gone and the links are made to fit: its place is empty',
    tamper: (hands) => hideNight(hands, 3),
    isKeyless: true,
    problems: ['missing -', 'missing 3'],
    words: `${THIRD} is not there, though places after it are`,
  },
  {
    name: 'the last night but one is gone and the links are made to fit: its place is empty',
    tamper: (hands) => hideNight(hands, LAST - 1),
    isKeyless: true,
    problems: ['missing -', 'missing 4'],
    words: `${keysOf(LAST - 1).manifest} is not there, though places after it are`,
  },
  {
    name: 'a whole night is gone and the chain is numbered anew: without a key the schedule tells, and the page of all runs',
    tamper: async (hands) => {
      await hideNight(hands, 3);
      for (const [from, to] of [
        [4, 3],
        [5, 4],
      ] as const)
        await hands.copy(keysOf(from).manifest, keysOf(to).manifest);
      await hands.remove(keysOf(LAST).manifest);
      let previous: object | undefined;
      for (const to of [3, 4]) {
        await hands.text(keysOf(to).manifest, (old) => {
          const manifest = { ...JSON.parse(old), sequence: to, ...(previous && { previous }) };
          const renumbered = entryText(manifest);
          previous = { run: manifest.run, key: keysOf(to).manifest, sha256: sha256Of(renumbered) };
          return renumbered;
        });
        await hands.copy(keysOf(to).manifest, keysOf(to + 1).copy);
      }
      await hands.text(LATEST, () => JSON.stringify({ ...previous, manifest: keysOf(LAST).copy, sequence: 4 }));
    },
    isKeyless: true,
    options: { due: DUE },
    problems: ['missing 3', 'gap 3'],
  },
  {
    name: 'the last night is gone',
    tamper: (hands) => removeNight(hands, LAST),
    problems: ['missing 5'],
    words: `is not there, though ${LATEST} points to it, ahead of every manifest that is`,
  },
  {
    name: 'the last night is gone, the pointer is made to fit, and people were told of it',
    tamper: async (hands) => {
      await hands.copy(keysOf(LAST).marker('alert'), 'marker');
      await removeNight(hands, LAST);
      await hands.copy('marker', keysOf(LAST).marker('alert'));
      await hands.rechain(4, 4);
    },
    problems: ['missing 5'],
    words: `though ${keysOf(LAST).marker('alert')} says that the complete run was told of`,
  },
  {
    name: 'the last night is gone and the pointer is made to fit: the page of all runs knows of it',
    tamper: async (hands) => {
      await removeNight(hands, LAST);
      await hands.rechain(4, 4);
    },
    problems: ['missing 5'],
    words: `though ${historyPageKey(ENVIRONMENT)} knows of the complete run`,
  },
  {
    name: 'a night is gone, and only the page of its year knows of it',
    tamper: async (hands) => {
      const rows: readonly HistoryRow[] = [[runOf(LAST), 'COMPLETE', '', 1, 0, 0, 0, 0, 0]];
      await hands.remove(historyPageKey(ENVIRONMENT));
      await hands.put(
        yearPageKey(ENVIRONMENT, '2026'),
        yearPage(ENVIRONMENT, undefined, '2026', { rows, earlier: [] }),
      );
      await removeNight(hands, LAST);
      await hands.rechain(4, 4);
    },
    problems: ['missing 5'],
    words: `though ${yearPageKey(ENVIRONMENT, '2026')} knows of the complete run`,
  },
  {
    name: 'the last night and the page are gone: an unfinished attempt came after it',
    tamper: async (hands) => {
      await hands.remove(historyPageKey(ENVIRONMENT));
      await hands.put(
        attemptKeys(ENVIRONMENT, night(LAST + 1), 'try').object(OUTPUTS.report),
        JSON.stringify({ previousRun: runOf(LAST), previousHead: `${LAST}:${'0'.repeat(64)}` }),
      );
      await removeNight(hands, LAST);
      await hands.rechain(4, 4);
    },
    problems: ['missing 5', 'missing 5'],
    words: `try/report.json knows of the complete run`,
  },
  {
    name: 'a place holds another entry than an unfinished attempt came after',
    tamper: (hands) =>
      hands.put(
        attemptKeys(ENVIRONMENT, night(LAST + 1), 'try').object(OUTPUTS.report),
        JSON.stringify({ previousRun: runOf(LAST), previousHead: `${LAST}:${'0'.repeat(64)}` }),
      ),
    problems: ['edited 5'],
    words: `try/report.json says ${'0'.repeat(64)}`,
  },
  ...[
    '{}',
    'null',
    '{',
    JSON.stringify({ run: runOf(3), receipt: 'id', digest: '' }),
    // As versions wrote it that had no chain.
    JSON.stringify({ run: runOf(3), receipt: 'id' }),
  ].map((marker) => ({
    name: `the marker of a night is ${marker}`,
    tamper: (hands: Tamperer) => hands.text(keysOf(3).marker('alert'), () => marker),
    problems: ['edited 3'],
    words: 'does not speak for the run',
  })),
  ...['events', 'security-hub'].map((channel) => ({
    name: `the marker of ${channel} of a night has no receipt`,
    tamper: (hands: Tamperer) => hands.put(keysOf(3).marker(channel), JSON.stringify({ run: runOf(3) })),
    problems: ['edited 3'],
    words: 'does not speak for the run',
  })),
  ...[
    { channel: 'events', differs: { events: 0 } },
    { channel: 'events', differs: { events: 1.5 } },
    { channel: 'events', differs: { events: '2' } },
    { channel: 'events', differs: { events: 1, run: runOf(2) } },
    { channel: 'events', differs: { events: 1, digest: '' } },
    { channel: 'security-hub', differs: { findings: 'all' } },
    { channel: 'security-hub', differs: { findings: 0, digest: '' } },
  ].map(({ channel, differs }) => ({
    name: `the marker of ${channel} of a night differs by ${JSON.stringify(differs)}`,
    tamper: markAs(channel, differs),
    problems: ['edited 3'],
    words: 'does not speak for the run',
  })),
  ...[{}, { band: 'LOW-HIGH' }, { band: 'LOW-LOW', receipt: '' }, { band: 'LOW-LOW', digest: '' }].map((differs) => ({
    name: `the marker of a band of a night differs by ${JSON.stringify(differs)}`,
    tamper: markAs('alert-LOW-LOW', differs),
    problems: ['edited 3'],
    words: 'does not speak for the run',
  })),
  {
    name: 'a manifest is edited and the next is made to fit: the one after that tells',
    tamper: async (hands) => {
      await hands.manifest(2, (manifest) => ({ ...manifest, accountId: '999999999999' }));
      await hands.rechain(2, 3);
    },
    isKeyless: true,
    problems: ['edited 3', 'latest 5'],
  },
  {
    name: 'a manifest is edited and all after it are made to fit: the signatures alone tell',
    tamper: async (hands) => {
      await hands.manifest(2, (manifest) => ({ ...manifest, accountId: '999999999999' }));
      await hands.rechain(2, LAST);
    },
    problems: ['bad-signature 2', 'bad-signature 3', 'bad-signature 4', 'bad-signature 5'],
  },
  {
    name: 'a manifest names none before it',
    tamper: async (hands) => {
      await hands.manifest(3, ({ previous: _previous, ...manifest }) => manifest);
      await hands.rechain(3, LAST);
    },
    isKeyless: true,
    problems: ['skipped 3'],
    words: `names no run before it, though run ${runOf(2)} is there`,
  },
  {
    name: 'a manifest passes over the one before it',
    tamper: async (hands) => {
      const { previous } = JSON.parse((await readFile(`${history}/${keysOf(2).manifest}`)).toString());
      await hands.manifest(2, ({ previous: _previous, ...manifest }) => manifest);
      await hands.manifest(3, (manifest) => ({ ...manifest, previous }));
      await hands.rechain(3, LAST);
    },
    isKeyless: true,
    problems: ['skipped 2', 'skipped 3'],
    words: `names run ${runOf(1)} as the one before it and passes over run ${runOf(2)}`,
  },
  {
    name: 'two manifests name the same one before them',
    tamper: async (hands) => {
      const { previous } = JSON.parse((await readFile(`${history}/${THIRD}`)).toString());
      await hands.manifest(4, (manifest) => ({ ...manifest, previous }));
      await hands.rechain(4, LAST);
    },
    isKeyless: true,
    problems: ['forked 4'],
    words: `names run ${runOf(2)} as the one before it, as run ${runOf(3)} does`,
  },
  {
    name: 'a manifest names one after it',
    tamper: async (hands) => {
      const { previous } = JSON.parse((await readFile(`${history}/${keysOf(5).manifest}`)).toString());
      await hands.manifest(3, (manifest) => ({ ...manifest, previous }));
      await hands.rechain(3, LAST);
    },
    isKeyless: true,
    problems: ['reordered 3'],
    words: 'names entry 4 as the one before it, which is not before it',
  },
];

const ofItself: Tampering = {
  name: 'a manifest names itself',
  tamper: async (hands) => {
    await hands.manifest(3, (manifest) => ({ ...manifest, previous: { run: runOf(3), key: THIRD, sha256: '0' } }));
    await hands.rechain(3, LAST);
  },
  isKeyless: true,
  problems: ['reordered 3'],
};

const ofLatest: readonly Tampering[] = [
  {
    name: 'the pointer is gone',
    tamper: (hands) => hands.remove(LATEST),
    problems: ['latest 5'],
    words: `${LATEST} is not there, though run ${runOf(LAST)} is`,
  },
  {
    name: 'the pointer is no JSON',
    tamper: (hands) => hands.text(LATEST, () => '{'),
    problems: ['edited 5'],
    words: `${LATEST} is no pointer to a run`,
  },
  {
    name: 'the pointer has another hash',
    tamper: (hands) => hands.text(LATEST, (old) => JSON.stringify({ ...JSON.parse(old), sha256: '0' })),
    problems: ['edited 5'],
    words: `${LATEST} says 0`,
  },
  {
    name: 'the pointer says one run and points to another',
    tamper: (hands) => hands.text(LATEST, (old) => JSON.stringify({ ...JSON.parse(old), run: runOf(4) })),
    problems: ['edited 4'],
    words: `says run ${runOf(4)} and points to ${keysOf(LAST).manifest}`,
  },
  {
    name: 'the pointer names another manifest',
    tamper: (hands) => hands.text(LATEST, (old) => JSON.stringify({ ...JSON.parse(old), manifest: keysOf(4).copy })),
    problems: ['edited 5'],
    words: `names ${keysOf(4).copy} as the manifest of run ${runOf(LAST)}`,
  },
  {
    name: 'the pointer is two runs behind',
    tamper: (hands) => hands.rechain(3, 3),
    problems: ['latest 5'],
    words: `points to run ${runOf(3)}, and run ${runOf(LAST)} is the newest, 2 runs later`,
  },
  {
    name: 'the pointer is one run behind, as a crash leaves it',
    tamper: (hands) => hands.rechain(4, 4),
    problems: [],
    notes: ['latest-behind 5'],
  },
  {
    name: 'the pointer is one run behind, and something else is wrong',
    tamper: async (hands) => {
      await hands.rechain(4, 4);
      await hands.remove(keysOf(1).object(OUTPUTS.csv));
    },
    problems: ['missing 1', 'latest 5'],
  },
  {
    name: 'the pointer is ahead',
    tamper: (hands) =>
      hands.text(LATEST, (old) =>
        JSON.stringify({ ...JSON.parse(old), run: runOf(6), manifest: keysOf(6).copy, sequence: 6 }),
      ),
    problems: ['missing 6'],
    words: 'ahead of every manifest that is',
  },
];

const RECORDED_KEY = publicKeyKey(KMS_KEY_ARN);
const withoutSignature = async (hands: Tamperer, number: number): Promise<void> => {
  await hands.manifest(number, unsigned);
  await hands.rechain(number, number);
};

const ofSignatures: readonly Tampering[] = [
  {
    name: 'the last signature is taken away',
    tamper: (hands) => withoutSignature(hands, LAST),
    problems: ['unsigned 5'],
    words: `has no signature, though that of run ${runOf(4)} before it has one`,
  },
  {
    name: 'the last signature is taken away, and nobody has a key',
    tamper: (hands) => withoutSignature(hands, LAST),
    options: {},
    problems: ['unsigned 5'],
  },
  {
    name: 'the second signature is taken away, and nobody has a key',
    tamper: (hands) => hands.manifest(2, unsigned),
    options: {},
    problems: ['edited 2', 'unsigned 2'],
  },
  {
    name: 'the last signature is taken away, and the pointer is one run behind, as a crash leaves it',
    tamper: async (hands) => {
      await hands.manifest(LAST, unsigned);
      await hands.rechain(4, 4);
    },
    problems: ['unsigned 5'],
    notes: ['latest-behind 5'],
  },
  {
    name: 'the signature of a manifest is forged, and nobody has a key: the recorded one tells',
    tamper: async (hands) => {
      await hands.manifest(LAST, forged);
      await hands.rechain(LAST, LAST);
    },
    options: {},
    problems: ['bad-signature 5'],
  },
  {
    name: 'the recorded key is another, and nobody has a key',
    tamper: (hands) => hands.text(RECORDED_KEY, () => STRANGER_PEM),
    options: {},
    problems: [
      'bad-signature 1',
      'bad-signature 2',
      'bad-signature 3',
      'bad-signature 4',
      'bad-signature 5',
      'edited 1',
    ],
    words: `${RECORDED_KEY} is not the key that signed: none of the 5 signatures that name it hold against it`,
  },
  {
    name: 'the recorded key is another than the one that was given',
    tamper: (hands) => hands.text(RECORDED_KEY, () => STRANGER_PEM),
    problems: ['edited 1'],
    words: `${RECORDED_KEY} is none of the public keys that were given`,
  },
  {
    name: 'the recorded key is none',
    tamper: (hands) => hands.text(RECORDED_KEY, () => '{}'),
    options: {},
    problems: ['edited 1'],
    words: `${RECORDED_KEY} can't be used`,
  },
  {
    name: 'the recorded key is gone',
    tamper: (hands) => hands.remove(RECORDED_KEY),
    options: {},
    problems: [],
    notes: ['unrecorded 1'],
  },
  {
    name: 'a key that no signature names is there',
    tamper: (hands) => hands.copy(RECORDED_KEY, 'keys/another.pem'),
    problems: [],
    notes: ['leftover -'],
  },
  {
    name: 'the first signature is taken away: as if signing had begun later',
    tamper: async (hands) => {
      await hands.manifest(1, unsigned);
    },
    problems: ['edited 1', 'unsigned 1'],
    words: `has no signature: it was made before the first signed one, of run ${runOf(2)}`,
  },
  {
    name: 'a signature is cut short',
    tamper: async (hands) => {
      await hands.manifest(LAST, ({ signature, ...manifest }) => ({
        ...manifest,
        signature: { ...signature, value: signature?.value.slice(0, 40) },
      }));
      await hands.rechain(LAST, LAST);
    },
    problems: ['bad-signature 5'],
  },
  {
    name: 'a signature is another run’s',
    tamper: async (hands) => {
      const { signature } = JSON.parse((await readFile(`${history}/${THIRD}`)).toString());
      await hands.manifest(LAST, (manifest) => ({ ...manifest, signature }));
      await hands.rechain(LAST, LAST);
    },
    problems: ['bad-signature 5'],
  },
  {
    name: 'the key is another',
    tamper: () => Promise.resolve(),
    options: { publicKeys: [publicKeyFor('RSA')] },
    problems: [...[1, 2, 3, 4, 5].map((number) => `bad-signature ${number}`), 'edited 1'],
    words: `does not hold against the public key (it says ${KMS_KEY_ARN}, ECDSA_SHA_256)`,
  },
];

const ofMarkers: readonly Tampering[] = [
  { name: 'a marker of a band speaks for its run', tamper: markAs('alert-LOW-LOW', { band: 'LOW-LOW' }), problems: [] },
  { name: 'a marker of events speaks for its run', tamper: markAs('events', { events: 1 }), problems: [] },
  {
    name: 'a marker of Security Hub speaks for its run, though there was nothing to be found',
    tamper: markAs('security-hub', { findings: 0 }),
    problems: [],
  },
  {
    name: 'something else stands among the markers',
    tamper: (hands) => hands.put(`alerts/environment=${ENVIRONMENT}/notes.json`, '{}'),
    problems: [],
  },
  {
    name: 'something else stands among the unfinished attempts',
    tamper: (hands) => hands.put(`incomplete/environment=${ENVIRONMENT}/notes.json`, '{}'),
    problems: [],
  },
  {
    name: 'a marker of an alert is gone',
    tamper: (hands) => hands.remove(keysOf(3).marker('alert')),
    problems: [],
    notes: ['owed 3'],
  },
  {
    name: 'an object was added to a run',
    tamper: (hands) => hands.copy(keysOf(3).object(OUTPUTS.csv), `${keysOf(3).object(OUTPUTS.report)}.html`),
    problems: [],
    notes: ['leftover 3'],
  },
  {
    name: 'objects of a run that never was were added',
    tamper: async (hands) => {
      await hands.copy(keysOf(5).object(OUTPUTS.snapshot), keysOf(6).object(OUTPUTS.snapshot));
      await hands.copy(keysOf(5).object(OUTPUTS.findings), keysOf(6).object(OUTPUTS.findings));
    },
    problems: [],
    notes: ['orphaned 6'],
  },
];

describe.each([
  { what: 'objects', cases: ofObjects },
  { what: 'manifests', cases: ofManifests },
  { what: 'the chain', cases: [...ofTheChain, ofItself] },
  { what: 'the pointer', cases: ofLatest },
  { what: 'signatures', cases: ofSignatures },
  { what: 'what no manifest names', cases: ofMarkers },
])('$what:', ({ cases }) => {
  test.each(cases)('$name', async ({ tamper, problems, notes = [], words = '', isKeyless, options }) => {
    const { archive, hands } = await copyOfHistory();
    if (isKeyless) await hands.remove(RECORDED_KEY);
    await tamper(hands);
    const found = await verify(archive, options ?? (isKeyless ? {} : EVERYTHING));
    expect(found.problems.map(brief).toSorted()).toEqual(problems.toSorted());
    expect(found.notes.map(brief)).toEqual(isKeyless ? ['unrecorded 1', ...notes] : notes);
    expect(text(found.problems)).toContain(words);
  });
});

test('where nothing is signed, whoever gives a key is told so, unless signing may begin later', async () => {
  const archive = folderArchive(await newFolder());
  await auditNight(archive, 1);
  const { problems } = await verify(archive);
  expect(problems.map(brief)).toEqual(['unsigned 1']);
  expect(text(problems)).toContain('has no signature, and no other manifest here has one');
  expect((await verify(archive, { ...EVERYTHING, mayBeginUnsigned: true })).problems).toStrictEqual([]);
});

test('a marker of a quiet night speaks for its report', async () => {
  const folder = await newFolder();
  const [archive, hands] = [folderArchive(folder), tamperer(folder)];
  for (const number of [1, 2]) await auditNight(archive, number, { listUsers: listingOf([usersOf(1)]) });
  const { objects } = JSON.parse((await readFile(`${folder}/${keysOf(2).manifest}`)).toString());
  expect(objects.digest).toBeUndefined();
  const mark = async (report: string) => {
    await hands.put(keysOf(2).marker('events'), JSON.stringify({ run: runOf(2), events: 1, report }));
    return (await verify(archive, {})).problems.map(brief);
  };
  expect(await mark(objects.report.sha256)).toStrictEqual([]);
  expect(await mark(objects.findings.sha256)).toEqual(['edited 2']);
});

/** A fault of each kind there is: what is missing here is no problem's kind. */
const ofEachKind: Readonly<Record<ProblemKind, () => Promise<readonly Problem[]>>> = (() => {
  const tampered = (tamper: (hands: Tamperer) => Promise<unknown>, options?: VerifyOptions) => async () => {
    const { archive, hands } = await copyOfHistory();
    await tamper(hands);
    return (await verify(archive, options)).problems;
  };
  const named = (name: string) => {
    const cases = [...ofManifests, ...ofTheChain, ...ofLatest, ...ofSignatures];
    const { tamper = () => Promise.reject(new Error(name)), options } = cases.find((one) => one.name === name) ?? {};
    return tampered(tamper, options);
  };
  const late = async () => {
    const archive = folderArchive(await newFolder());
    await auditNight(archive, 1, { clock: stoppedClock(night(9).getTime()) });
    return (await verify(archive, { due: DUE })).problems;
  };
  const signed = (number: number): SignedEntry => ({
    environmentId: ENVIRONMENT,
    run: runOf(number),
    key: keysOf(number).manifest,
    keyId: KMS_KEY_ARN,
    from: night(number).getTime(),
    to: night(number).getTime(),
  });
  const witnessed = (...nights: readonly number[]) => {
    const events = nights.map((number) => ({ time: night(number).getTime(), key: KMS_KEY_ARN }));
    return async () => checkSignEvents([1, 2, 3].map(signed), events).problems;
  };
  return {
    edited: tampered((hands) => hands.put(`chain/environment=${ENVIRONMENT}/notes.txt`, '')),
    missing: named('a whole night is gone'),
    orphaned: named('a manifest is gone'),
    skipped: named('a manifest names none before it'),
    forked: named('two manifests name the same one before them'),
    reordered: named('a manifest names one after it'),
    latest: named('the pointer is gone'),
    gap: named('a whole night is gone'),
    late,
    unsigned: named('the last signature is taken away'),
    'bad-signature': named('a signature is cut short'),
    unreadable: tampered(async (hands) => {
      await hands.remove(keysOf(3).object(OUTPUTS.snapshot));
      await hands.put(`${keysOf(3).object(OUTPUTS.snapshot)}/x`, '');
    }),
    'no-runs': async () => (await verify(folderArchive(await newFolder()))).problems,
    unwitnessed: witnessed(1, 3),
    vanished: witnessed(1, 2, 3, 9),
  };
})();

test.each(Object.entries(ofEachKind))('%s: a problem names its kind, its run and its key', async (kind, problemsOf) => {
  const problems = await problemsOf();
  expect(problems.map((problem) => problem.kind)).toContain(kind);
  for (const { run, key } of problems) {
    expect(key).toMatch(/^(?:chain|manifests|latest|snapshots|findings|resolved|reports|keys)\/./);
    if (run !== null) expect(NIGHT_OF_RUN.get(run)).toBeDefined();
    // Of what stands where nothing has its place, of a place that nobody knows of, and of what never was there is no run.
    else expect(key).toMatch(/^chain\//);
  }
});

test.each(OBJECT_NAMES)(
  "%s of another night is known for what it is, unless both nights' are the same",
  async (name) => {
    const { archive, hands } = await copyOfHistory();
    const [own, other] = [keysOf(3), keysOf(2)].map((keys) => keys.object(OUTPUTS[name]));
    const isSame = (await readFile(`${history}/${own}`)).equals(await readFile(`${history}/${other}`));
    await hands.copy(other ?? '', own ?? '');
    const { problems } = await verify(archive, EVERYTHING);
    expect(problems.map(brief)).toEqual(isSame ? [] : ['edited 3']);
    // Nothing had resolved in either night.
    if (name === 'resolved') expect(isSame).toBe(true);
    if (name === 'snapshot') expect(isSame).toBe(false);
  },
);

describe('nights', () => {
  const denied: ListingEnd = { complete: false, reason: 'access-denied', message: 'no' };
  const cut: ListingEnd = { complete: false, reason: 'deadline', message: 'too slow' };
  const attempt = (archive: Archive, number: number, end: ListingEnd) =>
    auditNight(archive, number, { listUsers: listingOf([[{ userId: 'u1' }]], end) });

  test('that were attempted in vain are gaps that tell so', async () => {
    const archive = folderArchive(await newFolder());
    await auditNight(archive, 1);
    await attempt(archive, 2, denied);
    await attempt(archive, 2, denied);
    await attempt(archive, 3, cut);
    await auditNight(archive, 4);
    const { problems, schedule, attempts } = await verify(archive, { due: DUE });
    expect(attempts).toBe(3);
    expect(schedule).toEqual({ isChecked: true, nights: 3, missed: 2, late: 0 });
    expect(problems).toEqual([
      {
        kind: 'gap',
        run: runOf(2),
        key: keysOf(2).copy,
        message: 'no complete run for 2026-11-21 02:00 America/New_York; attempted 2 times, INCOMPLETE: access-denied',
      },
      {
        kind: 'gap',
        run: runOf(3),
        key: keysOf(3).copy,
        message: 'no complete run for 2026-11-22 02:00 America/New_York; attempted, INCOMPLETE: deadline',
      },
    ]);
  });

  test.each([
    { name: 'an object', file: 'snapshot.jsonl.gz', content: 'x', problems: ['edited 3'] },
    { name: 'the manifest', file: 'manifest.json', content: 'null', problems: ['edited 3'] },
    { name: 'nothing that is its own', file: '../elsewhere', content: 'x', problems: [] },
  ])(
    'that were attempted in vain are vouched for by the next run: $name was altered',
    async ({ file, content, problems }) => {
      const folder = await newFolder();
      const archive = folderArchive(folder);
      await auditNight(archive, 1);
      await attempt(archive, 2, cut);
      await auditNight(archive, 3);
      const [unfinished] = [...(await listAttempts(archive, ENVIRONMENT)).values()].flatMap((folders) => [...folders]);
      expect(await verify(archive, {})).toMatchObject({ attempts: 1, uncovered: 0, problems: [] });
      await tamperer(folder).put(join(unfinished ?? '', file), content);
      expect((await verify(archive, {})).problems.map(brief)).toEqual(problems);
    },
  );

  test('that were listed long after are told as late, where nights are looked for', async () => {
    const archive = folderArchive(await newFolder());
    await auditNight(archive, 1);
    await auditNight(archive, 2, { clock: stoppedClock(night(9).getTime()) });
    const { problems, schedule } = await verify(archive, { due: DUE });
    expect(schedule).toEqual({ isChecked: true, nights: 1, missed: 0, late: 1 });
    const message = 'was listed 7 days after the night it stands for';
    expect(problems).toEqual([{ kind: 'late', run: runOf(2), key: keysOf(2).manifest, message }]);
    expect((await verify(archive, {})).problems).toStrictEqual([]);
  });

  test('that clocks were put forward over are notes, since nothing was due', async () => {
    const schedule = { cron: '0 2 * * *', timezone: 'America/New_York' };
    const until = Date.parse('2027-03-15T00:00:00Z');
    const { notes, problems } = await verify(folderArchive(history), { due: { schedule, until } });
    expect(notes).toEqual([
      {
        kind: 'skipped-time',
        message: 'no run was due at 2027-03-14 02:00 America/New_York: its clocks were put forward over that time',
      },
    ]);
    expect(problems.filter(({ message }) => message.includes('2027-03-14'))).toStrictEqual([]);
  });

  test.each([
    { name: 'due at the very instant', until: night(6).getTime(), missed: ['gap 6'] },
    { name: 'not due for another millisecond', until: night(6).getTime() - 1, missed: [] },
    { name: 'due long ago, and the one after it', until: night(7).getTime(), missed: ['gap 6', 'gap 7'] },
  ])('after the last run: $name', async ({ until, missed }) => {
    const { problems } = await verify(folderArchive(history), { due: { schedule: SCHEDULE, until } });
    expect(problems.map(brief)).toEqual(missed);
  });

  test.each([
    { name: 'an hour late', at: 2 + 1 / 24, isNear: true },
    { name: 'just under half a day early', at: 1.5 + 1 / 86_400, isNear: true },
    { name: 'half a day early', at: 1.5, isNear: false },
  ])('a run at another time is no problem, and stands for no night: $name', async ({ at, isNear }) => {
    const archive = folderArchive(await newFolder());
    for (const number of [1, at, 3]) await auditNight(archive, number);
    const { problems, runs } = await verify(archive, { due: DUE });
    expect({ runs, problems: problems.map(brief) }).toEqual({ runs: 3, problems: ['gap 2'] });
    expect(text(problems).includes(`run ${runOf(at)}, at another time, is complete`)).toBe(isNear);
  });

  test('the night that the spring leaves out is none', async () => {
    const archive = folderArchive(await newFolder());
    // The 13th and the 15th of March 2027: 02:00 is 07:00 UTC on the one, 06:00 UTC on the other.
    for (const number of [114, 116 - 1 / 24]) await auditNight(archive, number);
    const { problems, schedule } = await verify(archive, { due: DUE });
    expect(schedule).toEqual({ isChecked: true, nights: 1, missed: 0, late: 0 });
    expect(problems).toStrictEqual([]);
  });

  test('an environment without a complete run is a problem, whatever was attempted', async () => {
    const archive = folderArchive(await newFolder());
    expect((await verify(archive)).problems).toEqual([
      {
        kind: 'no-runs',
        run: null,
        key: chainKey(ENVIRONMENT, 1),
        message: `is not there: environment ${ENVIRONMENT} has no complete run; nothing shows that one was attempted`,
      },
    ]);
    await attempt(archive, 1, denied);
    const { problems, schedule } = await verify(archive);
    expect(schedule).toEqual({ isChecked: false });
    expect(text(problems)).toContain('has no complete run; 1 were attempted in vain');
  });
});

describe('what can not be read', () => {
  const [copy, marker] = [keysOf(3).copy, keysOf(3).marker('alert')];
  const snapshot = keysOf(3).object(OUTPUTS.snapshot);
  const attempt = attemptKeys(ENVIRONMENT, night(LAST + 1), 'try').object(OUTPUTS.report);
  const refuse = (): Promise<never> => Promise.reject(new ArchiveError('no'));

  test.each([
    { name: 'a place', key: THIRD, problems: ['unreadable 3'], notes: ['unchecked 3'] },
    { name: 'the copy of a place', key: copy, problems: ['unreadable 3'], notes: [] },
    { name: 'an object', key: snapshot, problems: ['unreadable 3'], notes: [] },
    { name: 'the pointer', key: LATEST, problems: ['unreadable 5'], notes: [] },
    { name: 'a marker', key: marker, problems: ['edited 3'], notes: [] },
    { name: 'a recorded key', key: RECORDED_KEY, problems: ['edited 1'], notes: [] },
    { name: 'the page of all runs', key: historyPageKey(ENVIRONMENT), problems: [], notes: [] },
    { name: 'the report of an attempt', key: attempt, problems: [], notes: [] },
  ])('is told where it is evidence: $name', async ({ key, problems, notes }) => {
    const { archive, hands } = await copyOfHistory();
    await hands.put(attempt, '{}');
    const found = await verify({ ...archive, read: (asked) => (asked === key ? refuse() : archive.read(asked)) });
    expect(found.problems.map(brief)).toEqual(problems);
    expect(found.notes.map(brief)).toEqual(notes);
    for (const problem of found.problems) expect(problem.key).toBe(key);
  });

  test.each([
    { name: 'a place', key: THIRD, problems: ['missing 3', 'orphaned 3', 'gap 3'], notes: [] },
    { name: 'the copy of a place', key: copy, problems: [], notes: [] },
    { name: 'an object', key: snapshot, problems: ['missing 3'], notes: [] },
    { name: 'a recorded key', key: RECORDED_KEY, problems: [], notes: ['unrecorded 1'] },
    { name: 'the report of an attempt', key: attempt, problems: [], notes: [] },
  ])('since it went away while all was read: $name', async ({ key, problems, notes }) => {
    const { archive, hands } = await copyOfHistory();
    await hands.put(attempt, '{}');
    const found = await verify({
      ...archive,
      read: (asked) => (asked === key ? Promise.resolve(undefined) : archive.read(asked)),
    });
    expect(found.problems.map(brief)).toEqual(problems);
    expect(found.notes.map(brief)).toEqual(notes);
  });

  test('is of no run where nothing names one', async () => {
    const { archive, hands } = await copyOfHistory();
    await hands.text(keysOf(LAST).manifest, () => '{');
    for (const key of [keysOf(LAST).copy, LATEST]) await hands.remove(key);
    const { problems } = await verify(archive);
    expect(problems).toContainEqual({ kind: 'edited', run: null, key: keysOf(LAST).manifest, message: 'is no JSON' });
  });
});

describe('a fault that somebody accepted', () => {
  const fault = { kinds: ['gap', 'skipped'], run: runOf(3), reason: 'the disk was full', approver: 'Ann' } as const;

  test.each([
    { name: 'is a note', fault, problems: [], accepted: [runOf(3)] },
    { name: 'of another kind is none of it', fault: { ...fault, kinds: ['late'] as const }, problems: ['gap 3'] },
    { name: 'of another run is none of it', fault: { ...fault, run: runOf(2) }, problems: ['gap 3'] },
  ])('$name', async ({ fault: one, problems, accepted = [] }) => {
    const archive = folderArchive(await newFolder());
    for (const number of [1, 2, 4]) await auditNight(archive, number);
    const found = await verify(archive, { due: DUE, accepted: [one] });
    expect(found.problems.map(brief)).toEqual(problems);
    expect(found.notes).toEqual(
      accepted.map((run) => ({
        kind: 'accepted',
        run,
        key: keysOf(3).copy,
        message: expect.stringMatching(/^gap: no complete run for .*; accepted: the disk was full, by Ann$/),
      })),
    );
  });
});

describe('a chain that was closed', () => {
  const at = (number: number) => ({ at: night(number), name: runOf(number), reason: 'why', retentionYears: 7 });
  const untilNight = (number: number): VerifyOptions => ({
    due: { schedule: SCHEDULE, until: night(number).getTime() },
  });

  test('has no gaps after that, and has them again from when it was reopened', async () => {
    const archive = folderArchive(await newFolder());
    for (const number of [1, 2]) await auditNight(archive, number);
    await decide(archive, ENVIRONMENT, { kind: 'closing', ...at(2.5) });
    const closed = await verify(archive, untilNight(9));
    expect({ problems: closed.problems, notes: closed.notes.map(({ kind }) => kind) }).toEqual({
      problems: [],
      notes: ['closed'],
    });
    await decide(archive, ENVIRONMENT, { kind: 'reopened', ...at(5.5) });
    expect((await verify(archive, untilNight(7))).problems.map(brief)).toEqual(['gap 6', 'gap 7']);
  });

  test('is closed by a signed entry where its runs are signed', async () => {
    const { archive } = await copyOfHistory();
    const decision = { kind: 'closing', ...at(LAST + 0.5) } as const;
    await expect(decide(archive, ENVIRONMENT, decision)).rejects.toThrow('are signed, and this entry would not be');
    await decide(archive, ENVIRONMENT, { ...decision, sign: kmsSigner(KMS_KEY_ARN, 'ECDSA_SHA_256') });
    expect((await verify(archive)).problems).toStrictEqual([]);
  });

  test('tells where a run before its end is gone', async () => {
    const folder = await newFolder();
    const archive = folderArchive(folder);
    for (const number of [1, 2]) await auditNight(archive, number);
    await decide(archive, ENVIRONMENT, { kind: 'closing', ...at(2.5) });
    await tamperer(folder).text(chainKey(ENVIRONMENT, 3), (old) => old.replace('"runs": 2', '"runs": 9'));
    const { problems } = await verify(archive, {});
    expect(text(problems)).toContain('says that 9 runs are before it, and 2 are');
  });
});

describe('crashes', () => {
  const LEFT_BY_A_CRASH = ['latest-behind 2', 'orphaned 2', 'owed 2', 'uncopied 2'];

  test('whatever write a run is killed at, what is left are notes, and the next attempt leaves none', async () => {
    const seen = new Set<string>();
    let isDone = false;
    for (let writes = 0; !isDone; writes += 1) {
      const archive = folderArchive(await newFolder());
      await auditNight(archive, 1);
      const { report, deliveries } = await auditNight(archive, 2, { archive: dyingAfter(archive, writes) });
      isDone = report.verdict === 'COMPLETE' && deliveries.alert?.outcome === 'sent';
      const { problems, notes } = await verify(archive, { due: DUE });
      expect(problems).toStrictEqual([]);
      for (const note of notes) seen.add(brief(note));

      await auditNight(archive, 2);
      expect(await verify(archive, { due: DUE })).toMatchObject({ runs: 2, problems: [], notes: [] });
    }
    expect([...seen].toSorted()).toEqual(LEFT_BY_A_CRASH);
  });

  test('a night that no further attempt completed leaves a gap, and the next night a whole chain', async () => {
    const archive = folderArchive(await newFolder());
    await auditNight(archive, 1);
    await auditNight(archive, 2, { archive: dyingAfter(archive, 3) });
    await auditNight(archive, 3);
    const { problems, notes } = await verify(archive, { due: DUE });
    expect(problems.map(brief)).toEqual(['gap 2']);
    expect(notes.map(brief)).toEqual(['orphaned 2']);
  });
});

describe('in a bucket', () => {
  let emulator: Awaited<ReturnType<typeof startAwsEmulator>>;
  let denied = '';
  beforeAll(async () => {
    emulator = await startAwsEmulator({
      bucket: 'evidence',
      topicName: 'audits',
      fault: ({ method, path }) =>
        denied !== '' && method === 'GET' && path.endsWith(denied) ? { status: 403, code: 'AccessDenied' } : undefined,
    });
  });
  afterAll(() => emulator.close());

  test('the same history shows the same, and what may not be read is told', async () => {
    const archive = bucketArchive(emulator.s3, emulator.bucket, 1);
    for (const number of [1, 2, 3]) await auditNight(archive, number);
    expect(await archivedEnvironments(archive)).toEqual([ENVIRONMENT]);
    expect(await verify(archive, { due: DUE })).toMatchObject({
      runs: 3,
      objects: 3 * OBJECT_NAMES.length,
      problems: [],
      notes: [],
    });

    const key = keysOf(2).object(OUTPUTS.findings);
    const stored = await archive.read(key);
    await archive.replace(key, { bytes: Buffer.from('x') }, 'application/gzip', stored?.version);
    denied = keysOf(3).object(OUTPUTS.snapshot);
    const { problems, objects } = await verify(archive, { due: DUE });
    expect(problems.map(brief)).toEqual(['edited 2', 'unreadable 3']);
    expect(text(problems)).toContain('AccessDenied');
    expect(objects).toBe(3 * OBJECT_NAMES.length - 1);
  });
});
