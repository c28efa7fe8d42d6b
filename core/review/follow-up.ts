import * as z from 'zod';
import { DAY_MS } from '../../rules/engine/time.ts';
import { isPositionName, type User } from '../../rules/engine/user.ts';
import type { Archive } from '../archive/archive.ts';
import { ArchiveError } from '../archive/errors.ts';
import { MOST_JSON_BYTES, parsedJson, readBytes, readJson } from '../archive/lines.ts';
import type { Manifest } from '../archive/manifest.ts';
import { usersWithRecords } from '../archive/read-users.ts';
import { walkRuns } from '../archive/runs.ts';
import { sha256Of } from '../archive/staging.ts';
import { runName } from '../model/run-name.ts';
import { reservations } from '../model/words.ts';
import { plural } from '../text/plain-text.ts';
import { PackError, readPack } from './pack-manifest.ts';
import { SIGN_OFF_MANIFEST, SIGNED_OFF } from './sign-off.ts';
import { asSpread } from './worksheet.ts';

const signed = z.object({ files: z.record(z.string(), z.object({ sha256: z.string() })) });

const signOff = z.object({
  environmentId: z.string(),
  signedOffAt: z.string(),
  revocations: z.array(z.object({ userId: z.string() })),
});

/** The fate of a revocation: carried out, in part, not at all, or nobody can tell yet. */
export type RevocationState = 'done' | 'partly' | 'open' | 'not seen';

export interface FollowedRevocation {
  readonly userId: string;
  readonly state: RevocationState;
  /** The first run that saw it carried out for good; there where it is done. */
  readonly seenBy?: string;
  /** In words, what stands. */
  readonly message: string;
  /** It stands for longer than it may. */
  readonly isOverdue: boolean;
}

export interface FollowUp {
  readonly environmentId: string;
  readonly signedOffAt: string;
  /** The last complete run since the sign-off; undefined: there is none. */
  readonly lastRun: string | undefined;
  /** Why the users of that run may not be everybody of its night, as they were, in sentences. */
  readonly notes: readonly string[];
  readonly withinDays: number;
  readonly revocations: readonly FollowedRevocation[];
}

/** Reads what was signed off, and holds it against the manifest of the sign-off. Throws PackError. */
const readSignOff = async (pack: Archive) => {
  await readPack(pack);
  const [manifest, stored] = [await pack.read(SIGN_OFF_MANIFEST), await pack.read(SIGNED_OFF)];
  if (manifest === undefined || stored === undefined)
    throw new PackError([`${pack.location} must be a pack that was signed off, got no ${SIGN_OFF_MANIFEST} there`]);
  // Read once: what is gone by must be the very bytes that were checked.
  const bytes = await readBytes(stored, MOST_JSON_BYTES);
  const sha256 = sha256Of(bytes);
  const wanted = signed.safeParse(await readJson(manifest)).data?.files[SIGNED_OFF]?.sha256;
  if (sha256 !== wanted)
    throw new PackError([
      `${SIGNED_OFF} was altered: its SHA-256 must be ${wanted ?? 'in the manifest'}, got ${sha256}`,
    ]);
  return signOff.parse(parsedJson(Buffer.from(bytes).toString('utf8')));
};

type Shown = Pick<FollowedRevocation, 'state' | 'message'>;

/** Tells what a record of a run shows of a revocation. */
const stateOf = (user: User): Shown => {
  const isDisabled = user.status === 'DISABLED';
  if (isDisabled && user.isApiBound === false) return { state: 'done', message: 'disabled, without API access' };
  const access = { true: 'API access stands', false: 'API access is off', undefined: 'API access is not known' };
  const words = access[String(user.isApiBound) as keyof typeof access];
  if (isDisabled) return { state: 'partly', message: `disabled, and ${words}` };
  return { state: user.isApiBound === false ? 'partly' : 'open', message: `not disabled, and ${words}` };
};

const WORST_FIRST: readonly RevocationState[] = ['open', 'partly', 'done'];

/** Takes the worst of records that differ. */
const worstOf = ([first, ...others]: readonly [Shown, ...Shown[]]): Shown =>
  others.reduce(
    (worst, one) => (WORST_FIRST.indexOf(one.state) < WORST_FIRST.indexOf(worst.state) ? one : worst),
    first,
  );

/** Tells what a run shows of the revocation of somebody whom it does not have: done only where it had to have all. */
const stateOfAbsent = (id: string, { source }: Manifest, nameless: number): Shown => {
  const notSeen = (message: string): Shown => ({ state: 'not seen', message });
  // Its place is another record's by now, or nobody's.
  if (isPositionName(id)) return notSeen('a record without a userId, which nothing ties to one of a later run');
  if (source?.attestedBy !== undefined)
    return notSeen("not in a saved roster that is the whole directory by somebody's word alone");
  if (nameless > 0)
    return notSeen(
      `not found by its userId, which ${plural(nameless, 'record')} of that run ${nameless === 1 ? 'lacks' : 'lack'}`,
    );
  return { state: 'done', message: 'no longer in the directory' };
};

const readStates = async (archive: Archive, manifest: Manifest, ids: ReadonlySet<string>) => {
  if (manifest.objects.snapshot === undefined)
    throw new ArchiveError(`the manifest of run ${manifest.run} names no snapshot`);
  const found = new Map<string, Shown>();
  let nameless = 0;
  for await (const [first, ...others] of usersWithRecords(archive, manifest)) {
    if (!first.user.hasUserId) nameless += 1;
    // A sign-off has the ids as spreadsheets give them back.
    const id = asSpread(first.user.id);
    if (ids.has(id) && !isPositionName(id))
      found.set(id, worstOf([stateOf(first.user), ...others.map(({ user }) => stateOf(user))]));
  }
  return new Map([...ids].map((id) => [id, found.get(id) ?? stateOfAbsent(id, manifest, nameless)]));
};

/**
 * Follows the revocations of a signed review through the complete runs since.
 * @param withinDays after the sign-off: what is not carried out by then is overdue
 * @param now in milliseconds since the epoch: without a run since, that nobody looked is overdue too
 * @throws {PackError} where the pack is altered or was not signed off, {ArchiveError} where a run can't be read
 */
export const followUp = async (
  pack: Archive,
  open: (environmentId: string) => Promise<Archive>,
  withinDays: number,
  now: number,
): Promise<FollowUp> => {
  const { environmentId, signedOffAt, revocations } = await readSignOff(pack);
  const archive = await open(environmentId);
  const ids = new Set(revocations.map(({ userId }) => userId));
  const since = Date.parse(signedOffAt);
  const seenBy = new Map<string, string>();
  let last: { readonly manifest: Manifest; readonly states: Awaited<ReturnType<typeof readStates>> } | undefined;
  for await (const { run, stored, problem } of walkRuns(archive, environmentId, runName(new Date(since)))) {
    if (stored !== undefined && Date.parse(stored.manifest.asOf) <= since) continue;
    if (problem !== undefined || stored === undefined) throw new ArchiveError(problem ?? `run ${run} has no manifest`);
    const states = await readStates(archive, stored.manifest, ids);
    for (const [id, { state }] of states) {
      if (state !== 'done') seenBy.delete(id);
      else if (!seenBy.has(id)) seenBy.set(id, run);
    }
    last = { manifest: stored.manifest, states };
  }

  const isLate = now > since + withinDays * DAY_MS;
  return {
    environmentId,
    signedOffAt,
    lastRun: last?.manifest.run,
    notes: last === undefined ? [] : reservations(last.manifest),
    withinDays,
    revocations: [...ids].map((userId) => {
      const { state, message } = last?.states.get(userId) ?? {
        state: 'not seen' as const,
        message: 'no run is complete since the sign-off',
      };
      const run = seenBy.get(userId);
      return {
        userId,
        state,
        message,
        isOverdue: isLate && state !== 'done',
        ...(run !== undefined && { seenBy: run }),
      };
    }),
  };
};
