import type { OptionalOutputName } from '../model/optional-outputs.ts';
import type { OpenedRoster } from '../sources/roster/open.ts';

/** One run of the audit. */
export interface AuditRequest {
  readonly environmentId: string;
  /** The environment's. */
  readonly accountId: string;
  /** The account of the auditor, where it is another. */
  readonly auditorAccountId?: string;
  readonly region: string;
  /** Such as `aws`. */
  readonly partition: string;
  /** The instant the run speaks for, and its name: a second attempt carries the same. Whole seconds. */
  readonly asOf: Date;
  /** Distinguishes this attempt at the run from others, `[A-Za-z0-9-]+`. */
  readonly attempt: string;
  /** The end of the listing's time, in milliseconds since the epoch. */
  readonly deadline: number;
  /** The roster may be smaller than `maxDropPercent` allows: someone has looked into it. */
  readonly acceptRosterDrop: boolean;
  /** The chain goes on from the run of this SHA-256 although the history does not hold: someone has looked into it. */
  readonly acceptHistory?: { readonly sha256: string; readonly reason: string } | undefined;
  /** The saved roster that is to be audited: what a run before this request has audited already is stale. */
  readonly roster?: {
    readonly sha256: string;
    /** In milliseconds since the epoch; a second attempt carries the same. */
    readonly requestedAt: number;
    /** Its users were put together from what told of them: what they lack is unknown. */
    readonly hasGaps: boolean;
  };
}

/** The time after the listing's deadline in which a run is stored, in milliseconds: a million users take it less. */
export const STORING_MS = 45_000;

/** Files for other tools add this, in milliseconds: those of a million users take a function of 512 MB less. */
const OUTPUTS_MS = 120_000;

/** The part of a config that asks for files for other tools. */
export interface AskedOutputs {
  readonly outputs?: readonly OptionalOutputName[];
}

/** Gives the time after the listing's deadline in which the archive is still tried, in milliseconds. */
export const storingMs = ({ outputs = [] }: AskedOutputs): number =>
  outputs.length === 0 ? STORING_MS : STORING_MS + OUTPUTS_MS;

/** Gives the part of it in which what a run can do without is still made, in milliseconds: to store it takes the rest. */
export const makingMs = (asked: AskedOutputs): number => storingMs(asked) - 15_000;

/** Makes a request one for a saved roster, which speaks for an instant of its own. */
export const requestForRoster = (
  request: AuditRequest,
  { asOf, source: { sha256 }, hasGaps }: Pick<OpenedRoster, 'asOf' | 'source' | 'hasGaps'>,
  requestedAt: number,
): AuditRequest => ({ ...request, asOf, roster: { sha256, requestedAt, hasGaps } });

/** An instant to the whole second: the precision of a run's name. */
export const wholeSecond = (instant: number): Date => new Date(Math.floor(instant / 1000) * 1000);

/** Names an attempt: when it began, and letters that two at the same second don't share. */
export const attemptName = (now: number, random: string): string =>
  `${wholeSecond(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-${random.slice(0, 8)}`;
