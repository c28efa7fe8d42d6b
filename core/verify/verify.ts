import type { KeyObject } from 'node:crypto';
import type { Archive } from '../archive/archive.ts';
import { chainKeys, headText, placeNumbers } from '../archive/head.ts';
import { areaPrefix, chainKey, keysUnder, sequenceOfKey } from '../archive/keys.ts';
import { lateText } from '../model/words.ts';
import { checkCopies, readCopies, runsOfCopies } from './copies.ts';
import { type Expired, type ExpirySettings, withoutExpired } from './expiry.ts';
import { type Attempts, checkSchedule, type Due, listAttempts, type ScheduleCheck } from './gaps.ts';
import { checkHints } from './hints.ts';
import { type LatestState, readLatestState } from './latest.ts';
import {
  acceptanceNotes,
  acceptedPlaces,
  chainProblems,
  type Link,
  type RunOfLink,
  readLinks,
  runsOf,
  signatureProblems,
} from './links.ts';
import { checkMarkers } from './markers.ts';
import { closedTimes, milestoneObservations } from './milestones.ts';
import { checkObjects, claimedObjects, findUnclaimed, findUncovered } from './objects.ts';
import type { Note, Observations, Problem, ProblemKind } from './problem.ts';
import { checkRecordedKeys, keysOf, recordedKeys } from './recorded-keys.ts';
import { type SignedEntry, signedEntry } from './sign-events.ts';

export interface VerifyOptions {
  /** Every manifest must be signed by the private part of one of them; none: those that the archive has recorded count. */
  readonly publicKeys?: readonly KeyObject[];
  /** Faults past mending that somebody accepted: told, and no problems. */
  readonly accepted?: readonly AcceptedFault[];
  /** Undefined: gaps are not looked for. */
  readonly due?: Due;
  /** Whether a chain may go unsigned until its first signature, as where signing was switched on later. */
  readonly mayBeginUnsigned?: boolean;
  /** Objects of runs up to this place were read before: they have only to be there. @default - all are read */
  readonly readUpTo?: number;
  /** Undefined: nothing may be gone, however old it is. */
  readonly expiry?: ExpirySettings;
  /** Is given each entry that is signed. */
  onSigned?(entry: SignedEntry): void;
  onProgress?(progress: { readonly runs: number; readonly objects: number }): void;
}

/** A fault past mending that somebody accepted. */
export interface AcceptedFault {
  readonly kinds: readonly ProblemKind[];
  readonly run: string;
  readonly reason: string;
  readonly approver: string;
}

/** A key that manifests say they are signed with. */
export interface SigningKey {
  readonly keyId: string;
  readonly algorithm: string;
  readonly runs: number;
}

/** Tells what was found in the history of one environment, and what was not looked at. */
export interface Verification {
  readonly environmentId: string;
  /** Complete runs: manifests that stand in their place and can be read. */
  readonly runs: number;
  /** Objects that were read to their end, and their bytes. */
  readonly objects: number;
  readonly bytes: number;
  /** Objects that were read before, and of which it was looked only whether they are there. */
  readonly known: number;
  /** The last place of the chain up to which all objects were read, now or before, and hold. */
  readonly readUpTo: number;
  /** The end of the chain as it was found, as `N:SHA256`. */
  readonly head?: string;
  readonly firstRun?: string;
  readonly lastRun?: string;
  readonly signatures: {
    /** Against a public key that somebody gave; else against those that the archive has recorded, where it has any. */
    readonly isChecked: boolean;
    readonly signed: number;
    /** Those that hold. */
    readonly valid: number;
    readonly keys: readonly SigningKey[];
  };
  readonly schedule:
    | { readonly isChecked: true; readonly nights: number; readonly missed: number; readonly late: number }
    | { readonly isChecked: false };
  /** Unfinished ones that left something; they are no part of the chain. */
  readonly attempts: number;
  /** Objects that unfinished attempts and listings in parts left, and no complete run vouches for yet: not checked. */
  readonly uncovered: number;
  /** Missing where nothing is gone that once had to be kept. */
  readonly expired?: Expired;
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
}

const signingKeysOf = (links: readonly Link[]): readonly SigningKey[] => {
  const signatures = links.flatMap(({ claims }) => claims?.signature ?? []);
  const byKey = Map.groupBy(signatures, ({ keyId, algorithm }) => `${keyId} ${algorithm}`);
  return [...byKey.values()].flatMap((group) =>
    group.slice(0, 1).map(({ keyId, algorithm }) => ({ keyId, algorithm, runs: group.length })),
  );
};

const signaturesOf = (links: readonly Link[], isChecked: boolean): Verification['signatures'] => ({
  isChecked,
  signed: links.filter(({ claims }) => claims?.signature !== undefined).length,
  valid: links.filter(({ isSignatureValid }) => isSignatureValid).length,
  keys: signingKeysOf(links),
});

const scheduleOf = (check: ScheduleCheck | undefined, late: number): Verification['schedule'] =>
  check === undefined
    ? { isChecked: false }
    : { isChecked: true, nights: check.scheduled, missed: check.missed.length, late };

/** Lists the runs that stand for a night at which nobody looked. */
const lateProblems = (runs: readonly RunOfLink[]): readonly Problem[] =>
  runs.flatMap(({ run, key, claims }): readonly Problem[] =>
    claims?.late === undefined || claims.listing === undefined
      ? []
      : [{ kind: 'late', run, key, message: `was ${lateText(claims.asOf, claims.listing)}` }],
  );

type OfRun = { readonly run?: string | null };

const byRun = (a: OfRun, b: OfRun): number =>
  (a.run ?? '') < (b.run ?? '') ? -1 : Number((a.run ?? '') > (b.run ?? ''));

/** Keeps the first of those that are about the same thing in the same way; one of no run only where no other has one. */
const distinct = (problems: readonly Problem[]): readonly Problem[] =>
  [...Map.groupBy(problems, ({ kind, key }) => `${kind} ${key}`).values()].flatMap((group) => {
    const byName = Map.groupBy(group, ({ run }) => run);
    const named = [...byName].filter(([run]) => run !== null || byName.size === 1);
    return named.flatMap(([, [first]]) => first ?? []);
  });

/** Sets apart what somebody has looked into and let the chain go on past: it is told each time, and no problem. */
const withAccepted = (
  problems: readonly Problem[],
  places: ReadonlyMap<string, string>,
  faults: readonly AcceptedFault[],
) => {
  const reasonOf = ({ kind, run, key }: Problem): string | undefined => {
    const fault = faults.find((one) => one.run === run && one.kinds.includes(kind));
    return fault === undefined ? places.get(key) : `${fault.reason}, by ${fault.approver}`;
  };
  return {
    standing: problems.filter((problem) => reasonOf(problem) === undefined),
    accepted: problems.flatMap((problem): readonly Note[] => {
      const reason = reasonOf(problem);
      if (reason === undefined) return [];
      return [{ ...problem, kind: 'accepted', message: `${problem.kind}: ${problem.message}; accepted: ${reason}` }];
    }),
  };
};

const noRuns = (environmentId: string, attempts: Attempts): Problem => {
  const tried =
    attempts.size === 0 ? 'nothing shows that one was attempted' : `${attempts.size} were attempted in vain`;
  const message = `is not there: environment ${environmentId} has no complete run; ${tried}`;
  return { kind: 'no-runs', run: null, key: chainKey(environmentId, 1), message };
};

/** Tells whether no crash explains a problem: with such a one about, a pointer that is behind is no accident. */
const isTampering = ({ kind }: Problem): boolean => kind !== 'unsigned';

const latestObservations = (latest: LatestState, others: readonly Problem[]): Observations => {
  if (latest.state !== 'behind-by-one') return { problems: [], notes: [] };
  const { observed } = latest;
  if (others.some(isTampering)) return { problems: [{ ...observed, kind: 'latest' }], notes: [] };
  const crash = 'a run that was cut off after its manifest leaves it so, and the next one mends it';
  const message = `${observed.message}: ${crash}`;
  return { problems: [], notes: [{ ...observed, kind: 'latest-behind', message }] };
};

/**
 * Walks the history of one environment from its first run to its last: the chain of its manifests, every object that
 * they name, the pointer to the last, and what nobody names. It needs nothing but the archive, and the public key
 * where manifests are signed.
 * @throws where the archive can't be listed
 */
export const verifyEnvironment = async (
  archive: Archive,
  environmentId: string,
  {
    publicKeys = [],
    mayBeginUnsigned = false,
    due,
    expiry,
    readUpTo = 0,
    accepted: acceptedFaults = [],
    onSigned,
    onProgress,
  }: VerifyOptions = {},
): Promise<Verification> => {
  const problems: Problem[] = [];
  const notes: Note[] = [];
  const add = (observed: Observations): void => {
    problems.push(...observed.problems);
    notes.push(...observed.notes);
  };

  const keys = await chainKeys(archive, environmentId);
  const ofChain = new Set(keys);
  const copyKeys = (await keysUnder(archive, areaPrefix('manifests', environmentId))).filter(
    (key) => !ofChain.has(key),
  );
  const onProblem = (problem: Problem): unknown => problems.push(problem);
  for await (const key of archive.list(areaPrefix('chain', environmentId)))
    if (sequenceOfKey(key) === undefined)
      onProblem({ kind: 'edited', run: null, key, message: 'stands in the chain, where no entry has its place' });
  const copies = await readCopies(archive, environmentId, copyKeys, onProblem);
  const copied = runsOfCopies(environmentId, copies);
  const recorded = await recordedKeys(archive);
  const links = await readLinks(
    archive,
    environmentId,
    keys,
    copied,
    (keyId) => (publicKeys.length > 0 ? publicKeys : keysOf(recorded, keyId)),
    onProblem,
  );
  const runs = runsOf(links);
  for (const { key, claims } of links) {
    const signed = claims && signedEntry(key, claims);
    if (signed !== undefined) onSigned?.(signed);
  }
  const complete = runs.filter(({ claims }) => claims !== undefined);

  problems.push(...chainProblems(environmentId, links));
  problems.push(...signatureProblems(links, publicKeys.length > 0 && !mayBeginUnsigned));
  add(checkRecordedKeys(links, recorded, publicKeys));
  notes.push(...acceptanceNotes(links));
  add(checkCopies(environmentId, copies, copyKeys, links, runs));
  const latest = await readLatestState(archive, environmentId, runs);
  if (latest.state === 'wrong') problems.push(latest.problem);

  const places = placeNumbers(links.map(({ key }) => key));
  const numbers = new Map(places.map((number, index) => [links[index]?.run, number]));
  const placeOf = (run: string): number => numbers.get(run) ?? 0;
  const known = new Set(runs.flatMap(({ run }) => (placeOf(run) <= readUpTo ? [run] : [])));
  const claimed = await claimedObjects(archive, runs, known);
  const checked = await checkObjects(archive, environmentId, claimed, (objects) =>
    onProgress?.({ runs: complete.length, objects }),
  );
  problems.push(...checked.problems);

  const missingRuns = (): ReadonlySet<string> =>
    new Set(problems.flatMap(({ kind, run }) => (kind === 'missing' ? (run ?? []) : [])));
  add(await checkMarkers(archive, environmentId, runs, missingRuns()));
  const there = new Set([...runs.map(({ run }) => run), ...missingRuns()]);
  problems.push(...(await checkHints(archive, environmentId, links, there)));
  add(await findUnclaimed(archive, environmentId, runs, missingRuns()));
  add(latestObservations(latest, problems));

  // Where an entry stands that is no longer its run's, no run is missing: that it was edited is told.
  const instants = runs.map(({ asOf }) => asOf);
  const attempts = await listAttempts(archive, environmentId);
  const schedule =
    due === undefined || instants.length === 0
      ? undefined
      : await checkSchedule(archive, environmentId, instants, attempts, due, closedTimes(links));
  const { since = Number.NEGATIVE_INFINITY } = due ?? {};
  const late = due === undefined ? [] : lateProblems(runs.filter(({ asOf }) => asOf.getTime() > since));
  problems.push(...(schedule?.missed ?? []), ...late);
  notes.push(...(schedule?.skipped ?? []));

  add(milestoneObservations(links));
  const kept = expiry === undefined ? { problems, notes: [] } : withoutExpired(links, problems, expiry);
  notes.push(...kept.notes);
  // Of a chain that was closed, the closing is the last to go.
  const isOver = kept.expired !== undefined && links.length > 0;
  const none = complete.length === 0 && !isOver ? [noRuns(environmentId, attempts)] : [];
  const { standing, accepted } = withAccepted(
    distinct([...kept.problems, ...none]),
    acceptedPlaces(links),
    acceptedFaults,
  );
  const [first] = complete;
  const last = complete.at(-1);
  const end = links.at(-1);
  const sequence = places.at(-1) ?? 0;
  // What does not hold is read again, and told again, until it does.
  const found = new Set(kept.problems);
  const faulty = checked.problems.flatMap((problem) => (found.has(problem) ? [placeOf(problem.run ?? '') - 1] : []));
  // Where no entry can be read, none of its objects was: they are read once it can.
  const legible = new Set(links.flatMap(({ key, claims }) => (claims === undefined ? [] : [key])));
  const numberOf = new Map(links.map(({ key }, index) => [key, places[index]]));
  const unread = standing.flatMap(({ key }) => {
    const place = numberOf.get(key) ?? sequenceOfKey(key);
    return place === undefined || legible.has(key) ? [] : [place - 1];
  });
  return {
    environmentId,
    runs: complete.length,
    objects: checked.objects,
    bytes: checked.bytes,
    known: claimed.filter(({ isKnown }) => isKnown).length,
    readUpTo: Math.max(Math.min(sequence, ...faulty, ...unread), Math.min(readUpTo, sequence)),
    ...(end?.sha256 !== undefined && { head: headText(sequence, end.sha256) }),
    ...(first !== undefined && { firstRun: first.run }),
    ...(last !== undefined && { lastRun: last.run }),
    signatures: signaturesOf(links, publicKeys.length > 0),
    schedule: scheduleOf(schedule, late.length),
    attempts: [...attempts.values()].reduce((sum, { size }) => sum + size, 0),
    uncovered: (await findUncovered(archive, environmentId, claimed)).length,
    ...(kept.expired && { expired: kept.expired }),
    problems: standing.toSorted(byRun),
    notes: [...notes, ...accepted].toSorted(byRun),
  };
};
