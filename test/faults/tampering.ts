import type { Archive } from '../../core/archive/archive.ts';
import { headText, readHead } from '../../core/archive/head.ts';
import { listingPartKey } from '../../core/archive/keys.ts';
import { kmsPublicKey, kmsSigner } from '../../core/archive/kms.ts';
import { findHeads, headsIn, type KeptHead } from '../../core/verify/heads.ts';
import { verifyEnvironment } from '../../core/verify/verify.ts';
import { ENVIRONMENT } from '../support/builders.ts';
import { auditNight, handsOn, night } from '../support/history.ts';
import { KMS_KEY_ARN, publicKeyFor, startKms } from '../support/kms.ts';
import { listingOf } from '../support/listing.ts';
import type { Store } from './run-case.ts';
import { type Objects, objectsOf, openFolder } from './runs.ts';
import { changedKeys, mapReach, openShelf, put, type Shelf } from './shelves.ts';
import { LAST, REASONS, type Tampering, TRIED, tamperingsWith } from './tamperings.ts';

/** The things that `verify` needs to see a tampering: nothing but the archive, a head that was kept, the public key from elsewhere. */
export const WAYS = ['verify', '--head', '--public-key', 'both'] as const;

type Way = (typeof WAYS)[number];

/** One tampering, and whether it is seen. */
export interface Tried {
  readonly kind: string;
  readonly what: string;
  readonly seenBy: readonly Way[];
  /** The reason for which `verify` alone does not see it, where it does not. */
  readonly reason?: string;
  /** Names what must not be. */
  readonly problems: readonly string[];
}

const STORES: readonly Store[] = ['folder', 'bucket'];

const CUT = { complete: false, reason: 'deadline', message: 'why' } as const;

/** A history of some nights, with attempts that did not end complete and parts of listings, before a run and since the last. */
const makeHistory = async (isSigned: boolean): Promise<{ readonly objects: Objects; readonly head: string }> => {
  const { archive, close } = await openFolder();
  const signing = isSigned
    ? { signManifestDigest: kmsSigner(KMS_KEY_ARN, 'ECDSA_SHA_256'), loadPublicKey: kmsPublicKey(KMS_KEY_ARN) }
    : {};
  const tryInVain = async (number: number): Promise<void> => {
    const part = listingPartKey({ environmentId: ENVIRONMENT, asOf: night(number), attempt: 'dead' }, 1, 1);
    await archive.create(part, { bytes: Buffer.from('part') }, 'application/gzip');
    await auditNight(archive, number, { ...signing, listUsers: listingOf([[]], CUT) });
  };
  try {
    for (let number = 1; number <= LAST; number += 1) {
      if (number === TRIED) await tryInVain(number);
      await auditNight(archive, number, signing);
    }
    await tryInVain(LAST + 1);
    const { sequence, place } = await readHead(archive, ENVIRONMENT);
    const { problems } = await verifyEnvironment(archive, ENVIRONMENT, { publicKeys: isSigned ? publicKeys : [] });
    if (problems.length > 0) throw new Error(`an undisturbed history has problems: ${JSON.stringify(problems)}`);
    return { objects: await objectsOf(archive), head: headText(sequence, place?.sha256 ?? '') };
  } finally {
    await close();
  }
};

const publicKeys = [publicKeyFor('ECDSA_SHA_256')];

/** Verifies in every way, and gives those that see a problem. */
const seenIn = async (archive: Archive, kept: readonly KeptHead[], isSigned: boolean): Promise<readonly Way[]> => {
  const isBad = async (keys: typeof publicKeys): Promise<boolean> =>
    (await verifyEnvironment(archive, ENVIRONMENT, { publicKeys: keys })).problems.length > 0;
  const isLost = (await findHeads(archive, [ENVIRONMENT], kept)).problems.length > 0;
  const byVerify = await isBad([]);
  const byKey = isSigned ? await isBad(publicKeys) : byVerify;
  const seen: Readonly<Record<Way, boolean>> = {
    verify: byVerify,
    '--head': byVerify || isLost,
    '--public-key': byKey,
    both: byKey || isLost,
  };
  return WAYS.filter((way) => seen[way]);
};

/** A history that is tampered with. */
export interface Tally {
  readonly name: string;
  readonly isSigned: boolean;
  /** Stands in the name and the kind of each tampering that is done. */
  readonly only: string;
}

/** While one waits for a disk or an answer, others work. */
const AT_ONCE = 3;

/** Does everything to a history that there is to be done, in a folder and in a bucket, and tells what is seen of it. */
export const tallyTamperings = async (
  { name, isSigned, only }: Tally,
  onDone: (done: number) => void,
): Promise<readonly Tried[]> => {
  const kms = await startKms();
  Object.assign(process.env, kms.env);
  const { objects, head } = await makeHistory(isSigned);
  const kept = headsIn(head);
  const all = tamperingsWith(objects, isSigned).filter(({ kind }) => `${name}, ${kind}`.includes(only));
  const left = [...all.entries()];
  const tried = new Map<number, Tried>();
  const work = async (): Promise<void> => {
    const shelves = await Promise.all(STORES.map((store) => openShelf(store, objects)));
    try {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [number, tampering] = next;
        const one = await tryOne(tampering, shelves);
        if (one !== undefined) tried.set(number, one);
        onDone(tried.size);
      }
    } finally {
      await Promise.all(shelves.map((shelf) => shelf.close()));
    }
  };

  const tryOne = async ({ kind, what, tamper }: Tampering, shelves: readonly Shelf[]): Promise<Tried | undefined> => {
    const after = new Map(objects);
    await tamper(handsOn(mapReach(after)));
    const keys = changedKeys(objects, after);
    // Two objects that are the same were swapped: nothing was done.
    if (keys.length === 0) return undefined;
    const seen = await Promise.all(
      shelves.map(async (shelf) => {
        await put(shelf, keys, after);
        try {
          return (await seenIn(shelf.archive, kept, isSigned)).join();
        } catch (error) {
          return `threw ${error instanceof Error ? error.stack : String(error)}`;
        } finally {
          await put(shelf, keys, objects);
        }
      }),
    );
    const [inFolder = '', inBucket = ''] = seen;
    const seenBy = WAYS.filter((way) => inFolder.split(',').includes(way));
    const reason = seenBy.includes('verify')
      ? undefined
      : REASONS.find(([ofKind, ofWhat]) => ofKind.test(kind) && ofWhat.test(what))?.[2];
    return {
      kind,
      what,
      seenBy,
      ...(reason !== undefined && { reason }),
      problems: [
        ...seen.filter((ways) => ways.startsWith('threw')),
        ...(inFolder === inBucket ? [] : [`seen by ${inFolder} in a folder, by ${inBucket} in a bucket`]),
        ...(seenBy.includes('verify') || reason !== undefined ? [] : ['not seen, and nobody knows why']),
      ],
    };
  };

  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    await kms.close();
  }
  return [...tried].toSorted(([a], [b]) => a - b).map(([, one]) => one);
};
