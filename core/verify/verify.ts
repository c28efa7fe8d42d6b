import { createHash, type KeyObject } from 'node:crypto';
import type { Archive } from '../archive/archive.ts';
import {
  areaPrefix,
  ENVIRONMENT_PREFIXES,
  environmentOfKey,
  keysUnder,
  objectPrefixes,
  runKeys,
  runOfKey,
} from '../archive/keys.ts';
import { runInstant } from '../model/run-name.ts';
import { nameAndMessageOf } from '../text/error-message.ts';
import { chainProblems, type Link, readLatestState, readLink, signatureProblems } from './chain.ts';
import { type Attempts, checkNights, type Due, listAttempts } from './gaps.ts';
import type { Note, Problem } from './problem.ts';

export interface VerifyOptions {
  /** Every manifest must be signed by the private part of one of them; none: signatures are not checked. */
  readonly publicKeys?: readonly KeyObject[];
  /** Undefined: gaps are not looked for. */
  readonly due?: Due;
  onProgress?(progress: { readonly runs: number; readonly objects: number }): void;
}

/** A key that manifests say they are signed with. */
export interface SigningKey {
  readonly keyId: string;
  readonly algorithm: string;
  readonly runs: number;
}

/** What was found in the history of one environment, and what was not looked at. */
export interface Verification {
  readonly environmentId: string;
  /** Complete runs: manifests that stand in their place and can be read. */
  readonly runs: number;
  /** Objects that were read to their end, and their bytes. */
  readonly objects: number;
  readonly bytes: number;
  readonly firstRun?: string;
  readonly lastRun?: string;
  readonly signatures: {
    /** Against a public key. */
    readonly isChecked: boolean;
    readonly signed: number;
    /** Those that hold; 0 where they are not checked. */
    readonly valid: number;
    readonly keys: readonly SigningKey[];
  };
  readonly schedule:
    | { readonly isChecked: true; readonly nights: number; readonly missed: number }
    | { readonly isChecked: false };
  /** Unfinished ones that left something; they are no part of the chain, and not checked. */
  readonly attempts: number;
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
}

/** Reads at a time: enough to hide the way to a bucket, and few enough for the largest objects to fit in memory. */
const READS_AT_ONCE = 4;

async function* inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): AsyncGenerator<R> {
  for (let start = 0; start < items.length; start += READS_AT_ONCE) {
    yield* await Promise.all(items.slice(start, start + READS_AT_ONCE).map(work));
  }
}

/** The environments that an archive holds anything of, ascending. */
export const environmentsIn = async (archive: Archive): Promise<readonly string[]> => {
  const environments = new Set<string>();
  for (const prefix of ENVIRONMENT_PREFIXES) {
    for await (const key of archive.list(prefix)) {
      const environmentId = environmentOfKey(key);
      if (environmentId !== undefined) environments.add(environmentId);
    }
  }
  return [...environments].toSorted();
};

interface Claimed {
  readonly run: string;
  readonly key: string;
  readonly sha256: string;
  readonly size: number;
}

interface ObjectCheck {
  /** Undefined where it could not be read to its end. */
  readonly bytes?: number;
  readonly problem?: Problem;
}

const checkObject = async (archive: Archive, { run, key, sha256, size }: Claimed): Promise<ObjectCheck> => {
  try {
    const stored = await archive.read(key);
    if (stored === undefined) {
      return {
        problem: { kind: 'missing', run, key, message: 'is not there, though its manifest names it' },
      };
    }
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of stored.body) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    const found = hash.digest('hex');
    if (found === sha256 && bytes === size) return { bytes };
    const message = `has ${bytes} bytes of SHA-256 ${found}, its manifest says ${size} of ${sha256}`;
    return { bytes, problem: { kind: 'edited', run, key, message } };
  } catch (error) {
    return { problem: { kind: 'unreadable', run, key, message: nameAndMessageOf(error) } };
  }
};

const objectsOf = (links: readonly Link[]): readonly Claimed[] =>
  links.flatMap(({ run, claims }) =>
    Object.values(claims?.objects ?? {}).map((object) => ({ run, ...object })),
  );

/** Objects that no manifest names: what a run left that was cut off before its manifest, or what was put there. */
const findUnclaimed = async (
  archive: Archive,
  environmentId: string,
  links: readonly Link[],
  isNamed: (run: string) => boolean,
): Promise<{ readonly problems: readonly Problem[]; readonly notes: readonly Note[] }> => {
  const claimed = new Set(objectsOf(links).map(({ key }) => key));
  const isReadable = new Map(links.map(({ run, claims }) => [run, claims !== undefined]));
  const counts = new Map<string, { first: string; count: number }>();
  for (const prefix of objectPrefixes(environmentId)) {
    for await (const key of archive.list(prefix)) {
      const run = runOfKey(key);
      // What is of no run, such as a page about all of them, is no evidence of any.
      if (run === undefined || claimed.has(key)) continue;
      const { first = key, count = 0 } = counts.get(run) ?? {};
      counts.set(run, { first, count: count + 1 });
    }
  }

  const problems: Problem[] = [];
  const notes: Note[] = [];
  for (const [run, { first: key, count }] of counts) {
    const others = count === 1 ? '' : `, as are ${count - 1} more of the run`;
    if (isReadable.get(run) === false) {
      const message = `is not checked${others}: the manifest of run ${run} does not speak for it`;
      notes.push({ kind: 'unchecked', run, key, message });
    } else if (isReadable.has(run)) {
      const message = `is not named by its run's manifest${others}: an earlier attempt at the run may have left it`;
      notes.push({ kind: 'leftover', run, key, message });
    } else if (isNamed(run)) {
      const message = `is there without a manifest${others}, though the run was complete`;
      problems.push({ kind: 'orphaned', run, key, message });
    } else {
      const message = `is there without a manifest${others}: an attempt that was cut off leaves such, and no run counts on it`;
      notes.push({ kind: 'orphaned', run, key, message });
    }
  }
  return { problems, notes };
};

/** The keys of what is written when a digest was sent. */
const readMarkers = async (archive: Archive, environmentId: string): Promise<ReadonlySet<string>> =>
  new Set(await keysUnder(archive, areaPrefix('alerts', environmentId)));

const markerProblems = (
  environmentId: string,
  markers: ReadonlySet<string>,
  links: readonly Link[],
): readonly Problem[] => {
  const runs = new Set(links.map(({ run }) => run));
  return [...markers].flatMap((marker): readonly Problem[] => {
    const run = runOfKey(marker);
    const asOf = run === undefined ? undefined : runInstant(run);
    if (run === undefined || asOf === undefined || runs.has(run)) return [];
    const message = `is not there, though people were told of the complete run (${marker})`;
    return [{ kind: 'missing', run, key: runKeys(environmentId, asOf).manifest, message }];
  });
};

const owedNotes = (
  environmentId: string,
  markers: ReadonlySet<string>,
  links: readonly Link[],
): readonly Note[] =>
  links.flatMap(({ run, asOf, claims }): readonly Note[] => {
    const key = runKeys(environmentId, asOf).marker('alert');
    if (claims?.objects.digest === undefined || markers.has(key)) return [];
    return [
      {
        kind: 'undelivered',
        run,
        key,
        message: 'is not there: nothing shows that the digest of the run was sent',
      },
    ];
  });

const signingKeysOf = (links: readonly Link[]): readonly SigningKey[] => {
  const signatures = links.flatMap(({ claims }) => claims?.signature ?? []);
  const byKey = Map.groupBy(signatures, ({ keyId, algorithm }) => `${keyId} ${algorithm}`);
  return [...byKey.values()].flatMap((group) =>
    group.slice(0, 1).map(({ keyId, algorithm }) => ({ keyId, algorithm, runs: group.length })),
  );
};

const byRun = (a: { readonly run?: string }, b: { readonly run?: string }): number =>
  (a.run ?? '') < (b.run ?? '') ? -1 : Number((a.run ?? '') > (b.run ?? ''));

/** The first of those that are about the same thing in the same way. */
const distinct = (problems: readonly Problem[]): readonly Problem[] =>
  [...Map.groupBy(problems, ({ kind, run, key }) => `${kind} ${run} ${key}`).values()].flatMap((group) =>
    group.slice(0, 1),
  );

const noRuns = (environmentId: string, attempts: Attempts): Problem => {
  const words =
    attempts.size === 0 ? 'nothing shows that one was attempted' : `${attempts.size} were attempted in vain`;
  return { kind: 'no-runs', message: `environment ${environmentId} has no complete run; ${words}` };
};

/** What a crash can't explain: with any of these about, a pointer that is behind is no accident. */
const isTampering = ({ kind }: Problem): boolean => kind !== 'gap' && kind !== 'unsigned';

/**
 * Walks the history of one environment from its first run to its last: the chain of its manifests, every object that
 * they name, the pointer to the last, and what nobody names. It needs nothing but the archive, and the public key
 * where manifests are signed.
 * @throws where the archive can't be listed
 */
export const verifyEnvironment = async (
  archive: Archive,
  environmentId: string,
  { publicKeys = [], due, onProgress }: VerifyOptions = {},
): Promise<Verification> => {
  const problems: Problem[] = [];
  const notes: Note[] = [];
  const links: Link[] = [];
  const manifestKeys = await keysUnder(archive, areaPrefix('manifests', environmentId));
  const read = (key: string) =>
    readLink(archive, environmentId, key, publicKeys, (problem) => problems.push(problem));
  for await (const link of inBatches(manifestKeys, read)) if (link !== undefined) links.push(link);
  const complete = links.filter(({ claims }) => claims !== undefined);

  problems.push(...chainProblems(links));
  if (publicKeys.length > 0) problems.push(...signatureProblems(links));
  const latest = await readLatestState(archive, environmentId, links);
  if (latest.state === 'wrong') problems.push(latest.problem);

  let objects = 0;
  let bytes = 0;
  const check = (object: Claimed) => checkObject(archive, object);
  for await (const { bytes: readBytes, problem } of inBatches(objectsOf(links), check)) {
    if (problem !== undefined) problems.push(problem);
    if (readBytes === undefined) continue;
    objects += 1;
    bytes += readBytes;
    onProgress?.({ runs: complete.length, objects });
  }

  const markers = await readMarkers(archive, environmentId);
  problems.push(...markerProblems(environmentId, markers, links));
  notes.push(...owedNotes(environmentId, markers, links));
  const missingRuns = new Set(problems.flatMap(({ kind, run }) => (kind === 'missing' ? (run ?? []) : [])));
  const unclaimed = await findUnclaimed(archive, environmentId, links, (run) => missingRuns.has(run));
  problems.push(...unclaimed.problems);
  notes.push(...unclaimed.notes);

  if (latest.state === 'behind-by-one') {
    const { state: _state, message, ...where } = latest;
    if (problems.some(isTampering)) problems.push({ kind: 'latest', ...where, message });
    else {
      const crash = 'a run that was cut off after its manifest leaves it so, and the next one mends it';
      notes.push({ kind: 'latest-behind', ...where, message: `${message}: ${crash}` });
    }
  }

  // Where a manifest stands that is no longer its run's, the night is not without one: that it was edited is told.
  const instants = links.map(({ asOf }) => asOf);
  const attempts = await listAttempts(archive, environmentId);
  const nights =
    due === undefined || instants.length === 0
      ? undefined
      : await checkNights(archive, instants, attempts, due);
  problems.push(...(nights?.missed ?? []));
  if (complete.length === 0) problems.push(noRuns(environmentId, attempts));

  const [first] = complete;
  const last = complete.at(-1);
  return {
    environmentId,
    runs: complete.length,
    objects,
    bytes,
    ...(first !== undefined && { firstRun: first.run }),
    ...(last !== undefined && { lastRun: last.run }),
    signatures: {
      isChecked: publicKeys.length > 0,
      signed: links.filter(({ claims }) => claims?.signature !== undefined).length,
      valid: links.filter((link) => link.isSignatureValid).length,
      keys: signingKeysOf(links),
    },
    schedule:
      nights === undefined
        ? { isChecked: false }
        : { isChecked: true, nights: nights.nights, missed: nights.missed.length },
    attempts: [...attempts.values()].reduce((sum, { size }) => sum + size, 0),
    problems: distinct(problems).toSorted(byRun),
    notes: notes.toSorted(byRun),
  };
};
