import type { Archive } from '../archive/archive.ts';
import type { Band } from '../model/band.ts';
import type { Report } from '../model/report.ts';

/** One digest, ready to be sent. */
export interface Alert {
  /** ASCII, under 100 characters. */
  readonly subject: string;
  /** Plain text, under 256 KiB; `ARCHIVE_PLACEHOLDER` stands where the archive's location is to stand. */
  readonly body: string;
  /** Plain strings, none empty. */
  readonly attributes: {
    readonly environment: string;
    readonly verdict: string;
    /** The worst severity of what it tells. */
    readonly maxSeverity: string;
    /** The mildest. Missing in digests of before, and where severities are not filtered by. */
    readonly leastSeverity?: string;
    /** Of a weekly mail: whom it is for. */
    readonly audience?: string;
    /** The label of its band; missing where nobody hears of some severities alone, and in digests of before. */
    readonly band?: string;
  };
}

/** The mail about a run. */
export interface Digest extends Alert {
  /** Those who hear of some severities alone get these in its place, by the labels of their bands; a quiet one has none. */
  readonly bands?: Readonly<Record<string, Alert>>;
}

/** Stands for the archive's location in a stored digest: an archive may move, and what was said of it is evidence. */
export const ARCHIVE_PLACEHOLDER = '{archive}';

/** Everything that channels may pass on of a run. */
export interface Notification {
  readonly report: Report;
  /** The place of the run in the chain, as `N:SHA256`; undefined where it has none. */
  readonly head?: string;
  /** The key of `report.json`; undefined where the archive took nothing. */
  readonly reportKey: string | undefined;
  /** Undefined where nothing changed. */
  readonly digest: Digest | undefined;
  readonly archive: Archive;
  /** Somebody let the chain go on though it did not hold: what the run goes on from may be another than was told. */
  readonly goesOnAnew?: boolean;
  /** Every line of the findings file of a complete run, and none of any other: the next run finds those new. */
  findings(): AsyncIterable<unknown>;
}

/** The channel's answer, as the marker keeps it. */
export type Receipt = Readonly<Record<string, unknown>>;

/** A way to notify people or programs of runs. */
export interface Channel {
  /** Names its deliveries in results and logs, and its markers; never changed, or all would be sent again. */
  readonly name: string;
  /** It tells of runs that have a digest only; one that tells of others tells of nothing from before it was set up. */
  readonly needsDigest?: true;
  /** It tells of these severities alone: a run composes the digest for them. */
  readonly band?: Band;
  /** Whether a marker has what this channel answers; any is good where missing. */
  readonly hasReceipt?: (marker: Receipt) => boolean;
  /** Gives what sends the notification and resolves once it was accepted; undefined where there is nothing to send. */
  prepare(notification: Notification): (() => Promise<Receipt>) | undefined;
  /** Tells, in sentences, what nobody would hear of at the other end, whether or not there is something to send. */
  findUnheard?(environmentId: string): Promise<readonly string[]>;
}

/** The fate of one notification on one channel. */
export type Delivery =
  | {
      readonly outcome: 'sent';
      /** The key of a marker that said it was sent before, and does not speak for it. */
      readonly distrusted?: string;
    }
  /** Nothing changed, so there was nothing to send. */
  | { readonly outcome: 'quiet' }
  | { readonly outcome: 'already-sent' }
  | { readonly outcome: 'failed'; readonly message: string };

/** The fate of a notification by the name of the channel. */
export type Deliveries = Readonly<Record<string, Delivery>>;
