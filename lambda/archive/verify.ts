import { createHash, type KeyObject } from 'node:crypto';
import type { Archive } from '../ports.ts';
import { latestKey, manifestsPrefix, runInstant, runKeys } from './keys.ts';
import { type Manifest, readLatest, readManifest, type StoredManifest } from './manifest.ts';
import { isSignatureValid } from './signature.ts';

export const PROBLEM_KINDS = ['edited', 'missing', 'reordered', 'gap', 'unsigned'] as const;

/** What an archive shows that an undisturbed one would not. */
export interface Problem {
  readonly kind: (typeof PROBLEM_KINDS)[number];
  /** The run it concerns, or the time of the run that is not there. */
  readonly run: string;
  /** The object, where it is about one. */
  readonly key?: string;
  /** Lower case, no full stop. */
  readonly message: string;
}

export interface Verification {
  readonly environmentId: string;
  /** Complete runs whose manifest was read. */
  readonly runs: number;
  /** Objects whose SHA-256 was computed. */
  readonly objects: number;
  readonly signed: number;
  readonly problems: readonly Problem[];
}

export interface VerifyOptions {
  /** Every manifest must be signed by its private part. */
  readonly publicKey?: KeyObject;
  /** The instants, in milliseconds since the epoch, at which the schedule had runs, both ends included. */
  readonly scheduledBetween?: (from: number, to: number) => Iterable<number>;
}

/** The environments that an archive holds runs of. */
export const environmentsOf = async (archive: Archive): Promise<readonly string[]> => {
  const environments = new Set<string>();
  for (const kind of ['manifests', 'snapshots', 'incomplete']) {
    for await (const key of archive.list(`${kind}/environment=`)) {
      const [, environmentId] = /^\w+\/environment=([^/]+)\//.exec(key) ?? [];
      if (environmentId !== undefined) environments.add(environmentId);
    }
  }
  return [...environments].toSorted();
};

const digestOf = async (archive: Archive, key: string): Promise<string | undefined> => {
  const stored = await archive.read(key);
  if (stored === undefined) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of stored.body) hash.update(chunk);
  return hash.digest('hex');
};

async function* checkObjects(archive: Archive, { run, objects }: Manifest): AsyncGenerator<Problem> {
  for (const { key, sha256 } of Object.values(objects)) {
    const found = await digestOf(archive, key);
    if (found === undefined)
      yield { kind: 'missing', run, key, message: 'the manifest names an object that is not there' };
    else if (found !== sha256) {
      yield { kind: 'edited', run, key, message: `SHA-256 is ${found}, the manifest says ${sha256}` };
    }
  }
}

/** A manifest speaks for the run whose place it stands in. */
const isInPlace = ({ manifest, key }: StoredManifest, environmentId: string): boolean => {
  const instant = runInstant(manifest.run);
  return (
    manifest.environmentId === environmentId &&
    instant !== undefined &&
    instant.toISOString() === manifest.asOf &&
    runKeys(environmentId, instant).manifest === key
  );
};

const checkLink = (
  { manifest, key }: StoredManifest,
  before: StoredManifest | undefined,
): Problem | undefined => {
  const { run, previous } = manifest;
  if (previous === undefined && before === undefined) return undefined;
  if (previous === undefined) {
    return {
      kind: 'reordered',
      run,
      key,
      message: `begins a chain of its own, though run ${before?.manifest.run} was there`,
    };
  }
  if (before === undefined) {
    return {
      kind: 'missing',
      run: previous.run,
      key: previous.key,
      message: `run ${run} was chained to a manifest that is not there`,
    };
  }
  if (previous.key !== before.key) {
    const isLost = previous.run > before.manifest.run;
    return isLost
      ? {
          kind: 'missing',
          run: previous.run,
          key: previous.key,
          message: `run ${run} was chained to a manifest that is not there`,
        }
      : {
          kind: 'reordered',
          run,
          key,
          message: `is chained to run ${previous.run}, though run ${before.manifest.run} stands between`,
        };
  }
  if (previous.sha256 === before.sha256) return undefined;
  return {
    kind: 'edited',
    run: before.manifest.run,
    key: before.key,
    message: `SHA-256 is ${before.sha256}, the next run's manifest says ${previous.sha256}`,
  };
};

/** Objects of a run that has no manifest: the run was never completed, or its manifest was taken away. */
async function* findUnclaimed(
  archive: Archive,
  environmentId: string,
  claimed: ReadonlySet<string>,
): AsyncGenerator<Problem> {
  for (const kind of ['snapshots', 'findings', 'resolved', 'reports']) {
    for await (const key of archive.list(`${kind}/environment=${environmentId}/`)) {
      if (claimed.has(key)) continue;
      const [, run = ''] = /\/(\d{8}T\d{6}Z)[./]/.exec(key) ?? [];
      // The history page belongs to no run.
      if (run !== '') yield { kind: 'missing', run, key, message: 'no manifest names this object' };
    }
  }
}

const checkLatest = async (
  archive: Archive,
  environmentId: string,
  last: StoredManifest | undefined,
): Promise<readonly Problem[]> => {
  const key = latestKey(environmentId);
  const { pointer } = await readLatest(archive, environmentId);
  if (last === undefined) {
    return pointer === undefined
      ? []
      : [{ kind: 'missing', run: pointer.run, key: pointer.manifest, message: `${key} points to it` }];
  }
  const { run } = last.manifest;
  if (pointer === undefined)
    return [{ kind: 'missing', run, key, message: 'nothing points to the last run' }];
  if (pointer.run > run)
    return [{ kind: 'missing', run: pointer.run, key: pointer.manifest, message: `${key} points to it` }];
  if (pointer.run < run) return [{ kind: 'reordered', run, key, message: `points to run ${pointer.run}` }];
  return pointer.sha256 === last.sha256
    ? []
    : [
        {
          kind: 'edited',
          run,
          key: last.key,
          message: `SHA-256 is ${last.sha256}, ${key} says ${pointer.sha256}`,
        },
      ];
};

const DAY_MS = 86_400_000;

/**
 * Where nobody says what the schedule is, the runs do: a night is missing where two runs lie half as far apart again
 * as most do.
 */
const guessGaps = (instants: readonly number[]): readonly number[] => {
  const steps = instants.slice(1).map((instant, index) => instant - (instants[index] ?? instant));
  const usual = steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? DAY_MS;
  return steps.flatMap((step, index) => {
    const start = instants[index] ?? 0;
    const missed = Math.round(step / usual) - 1;
    return step > usual * 1.5 ? Array.from({ length: missed }, (_, n) => start + (n + 1) * usual) : [];
  });
};

const findGaps = (
  instants: readonly number[],
  scheduledBetween: VerifyOptions['scheduledBetween'],
): readonly number[] => {
  const [first] = instants;
  const last = instants.at(-1);
  if (first === undefined || last === undefined) return [];
  if (scheduledBetween === undefined) return guessGaps(instants);
  const there = new Set(instants);
  return [...scheduledBetween(first, last)].filter((instant) => !there.has(instant));
};

/**
 * Walks one environment's chain of manifests from its first run to its last: every object is read and its SHA-256
 * compared. It needs nothing but the archive, and the public key where the manifests are signed.
 */
export const verifyEnvironment = async (
  archive: Archive,
  environmentId: string,
  { publicKey, scheduledBetween }: VerifyOptions = {},
): Promise<Verification> => {
  const problems: Problem[] = [];
  const claimed = new Set<string>();
  const instants: number[] = [];
  let before: StoredManifest | undefined;
  let objects = 0;
  let signed = 0;

  for await (const key of archive.list(manifestsPrefix(environmentId))) {
    const stored = await readManifest(archive, key).catch(() => undefined);
    const [, place = key] = /(\d{8}T\d{6}Z)\.json$/.exec(key) ?? [];
    if (stored === undefined) {
      problems.push({ kind: 'edited', run: place, key, message: 'is no manifest that can be read' });
      continue;
    }
    const { manifest } = stored;
    if (!isInPlace(stored, environmentId)) {
      problems.push({
        kind: 'reordered',
        run: place,
        key,
        message: `holds run ${manifest.run} of environment ${manifest.environmentId}`,
      });
    }
    const link = checkLink(stored, before);
    if (link !== undefined) problems.push(link);
    for await (const problem of checkObjects(archive, manifest)) problems.push(problem);
    for (const object of Object.values(manifest.objects)) claimed.add(object.key);

    const isSigned = manifest.signature !== undefined;
    if (publicKey !== undefined && !isSigned)
      problems.push({ kind: 'unsigned', run: manifest.run, key, message: 'has no signature' });
    if (publicKey !== undefined && isSigned && !isSignatureValid(manifest, publicKey)) {
      problems.push({
        kind: 'edited',
        run: manifest.run,
        key,
        message: 'its signature does not hold against the public key',
      });
    }
    signed += isSigned ? 1 : 0;
    objects += Object.keys(manifest.objects).length;
    instants.push(Date.parse(manifest.asOf));
    before = stored;
  }

  problems.push(...(await checkLatest(archive, environmentId, before)));
  for await (const problem of findUnclaimed(archive, environmentId, claimed)) problems.push(problem);
  for (const instant of findGaps(instants, scheduledBetween)) {
    const run = new Date(instant).toISOString();
    problems.push({ kind: 'gap', run, message: 'a run was due and there is no complete one' });
  }
  return { environmentId, runs: instants.length, objects, signed, problems };
};
