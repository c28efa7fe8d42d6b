import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import type { ChainEntry } from '../archive/entry.ts';
import { isMilestone } from '../archive/entry.ts';
import { decode } from '../text/decode.ts';
import type { Problem } from './problem.ts';

/** A signature that CloudTrail has an event of: `kms:Sign` is a management event. */
export interface SignEvent {
  /** In milliseconds since the epoch. */
  readonly time: number;
  /** The ARN of the key, whatever name the request had for it; empty where none is named. */
  readonly key: string;
}

/** The most bytes that a file may unfold to. */
const MOST_BYTES = 512 * 1024 * 1024;

const signRecord = z.object({
  eventSource: z.literal('kms.amazonaws.com'),
  eventName: z.literal('Sign'),
  // Of a request that was refused: nothing was signed.
  errorCode: z.null().optional(),
});

/** Names no key where it is in no known form: something was signed all the same. */
const signDetails = z.object({
  eventTime: z.iso.datetime({ offset: true }),
  requestParameters: z.object({ keyId: z.string() }).nullish().catch(null),
  resources: z
    .array(z.object({ ARN: z.string() }))
    .nullish()
    .catch(null),
});

const logFile = z.union([
  z.object({ Records: z.array(z.unknown()) }).transform(({ Records }) => Records),
  z
    .object({ Events: z.array(z.object({ CloudTrailEvent: z.string() })) })
    .transform(({ Events }): unknown[] => Events.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent))),
]);

/**
 * Reads the signatures out of a file of CloudTrail, gzipped or not: a log file (`Records`) or what `aws cloudtrail
 * lookup-events` prints (`Events`).
 * @throws where it is neither, or a signature has no time
 */
export const readSignEvents = (file: Uint8Array): readonly SignEvent[] => {
  const bytes = file[0] === 0x1f && file[1] === 0x8b ? gunzipSync(file, { maxOutputLength: MOST_BYTES }) : file;
  const records = logFile.parse(JSON.parse(decode(bytes)));
  return records.flatMap((record) => {
    if (!signRecord.safeParse(record).success) return [];
    const { eventTime, resources, requestParameters } = signDetails.parse(record);
    const key = resources?.find(({ ARN }) => ARN.includes(':key/'))?.ARN ?? requestParameters?.keyId ?? '';
    return [{ time: Date.parse(eventTime), key }];
  });
};

/** An entry of a chain that is signed. */
export interface SignedEntry {
  readonly environmentId: string;
  readonly run: string;
  readonly key: string;
  readonly keyId: string;
  /** The time within which it was signed, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

const MINUTE_MS = 60_000;

/** The clocks of CloudTrail and of the auditor may differ so much. */
const CLOCKS_MS = 5 * MINUTE_MS;

/** A run is judged, stored and signed within this time after its listing. */
const SIGNING_MS = 60 * MINUTE_MS;

/** A run of before there was a listing's time in manifests may have ended so long after its time. */
const LATEST_MS = 13 * 60 * MINUTE_MS;

/** Tells when an entry must have been signed; undefined where it is not. */
export const signedEntry = (key: string, entry: ChainEntry): SignedEntry | undefined => {
  const { environmentId, run, asOf, signature } = entry;
  if (signature === undefined) return undefined;
  const listing = isMilestone(entry) ? { startedAt: asOf, endedAt: asOf } : entry.listing;
  return {
    environmentId,
    run,
    key,
    keyId: signature.keyId,
    from: Date.parse(listing?.endedAt ?? asOf) - CLOCKS_MS,
    to: listing === undefined ? Date.parse(asOf) + LATEST_MS : Date.parse(listing.endedAt) + SIGNING_MS,
  };
};

/** The events' answer about the signed entries, and what they can't say. */
export interface SignCheck {
  /** Events of keys that entries are signed with. */
  readonly events: number;
  /** Events of other keys: they may be anybody's, or of runs that are all gone. */
  readonly otherKeys: Readonly<Record<string, number>>;
  /** Signed entries that an event is near to. */
  readonly witnessed: number;
  /** Signed entries from before the first event or after the last: the file may not reach so far. */
  readonly beyond: number;
  /** Events of a time whose runs were deleted after their retention. */
  readonly expired: number;
  readonly problems: readonly Problem[];
}

/** The place of the chain after which something was signed at a time; the first, where that was before all. */
const entryBefore = (entries: readonly SignedEntry[], keyId: string, time: number): string => {
  const ofKey = entries.filter((entry) => entry.keyId === keyId).toSorted((a, b) => a.from - b.from);
  return (ofKey.findLast(({ from }) => from <= time) ?? ofKey[0])?.key ?? '';
};

/**
 * Holds events against the signed entries: each entry has an event near its time, and each event an entry. One entry may
 * have several: a retry makes another event, and so does the first signature by an alias.
 * @param expiredUntil runs of up to this instant may have been deleted after their retention
 */
export const checkSignEvents = (
  entries: readonly SignedEntry[],
  events: readonly SignEvent[],
  expiredUntil = Number.NEGATIVE_INFINITY,
): SignCheck => {
  const keys = new Set(entries.map(({ keyId }) => keyId));
  const own = events.filter(({ key }) => keys.has(key));
  const others = Map.groupBy(
    events.filter(({ key }) => !keys.has(key)),
    ({ key }) => key,
  );
  const times = own.map(({ time }) => time).toSorted((a, b) => a - b);
  const [first = Number.POSITIVE_INFINITY] = times;
  const last = times.at(-1) ?? Number.NEGATIVE_INFINITY;
  const isNear = ({ keyId, from, to }: SignedEntry, { key, time }: SignEvent): boolean =>
    key === keyId && time >= from && time <= to;

  const unwitnessed = entries.filter((entry) => !own.some((event) => isNear(entry, event)));
  const within = unwitnessed.filter(({ from, to }) => to >= first && from <= last);
  const alone = own.filter((event) => !entries.some((entry) => isNear(entry, event)));
  const lone = alone.filter(({ time }) => time > expiredUntil + SIGNING_MS);
  return {
    events: own.length,
    otherKeys: Object.fromEntries([...others].map(([key, list]) => [key, list.length])),
    witnessed: entries.length - unwitnessed.length,
    beyond: unwitnessed.length - within.length,
    expired: alone.length - lone.length,
    problems: [
      ...within.map(({ run, key, keyId }): Problem => {
        const message = `is signed, and no event of ${keyId} is near its time`;
        return { kind: 'unwitnessed', run, key, message };
      }),
      ...lone.map(({ time, key: keyId }): Problem => {
        const key = entryBefore(entries, keyId, time);
        const message = `is the last before a signature of ${keyId} at ${new Date(time).toISOString()}, which no run is near: one may have vanished, or died before it had its place`;
        return { kind: 'vanished', run: null, key, message };
      }),
    ],
  };
};
