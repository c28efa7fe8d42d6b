import * as z from 'zod';
import { SEVERITIES, type Severity } from '../rules/engine/severity.ts';
import { type ArchivePlace, type PlaceFlags, readArchivePlace, readRegion } from './archive-place.ts';
import { ENVIRONMENT_ID, flagReader, isEnvironmentId } from './flags.ts';

/** The flags of `run` as they were typed. */
export interface RunFlags extends PlaceFlags {
  readonly environment?: string;
  readonly account?: string;
  readonly region?: string;
  readonly topic?: string;
  readonly config?: string;
  readonly asOf?: string;
  readonly json?: true;
  readonly failOn?: string;
  readonly deadlineSeconds?: string;
  readonly directCredentials?: true;
  readonly acceptRosterDrop?: true;
}

/** What `run` is asked to do. */
export interface RunOptions {
  readonly environmentId: string;
  /** Undefined: the caller's, as STS tells it. */
  readonly accountId: string | undefined;
  readonly region: string;
  /** Where the evidence goes. */
  readonly place: ArchivePlace;
  /** Undefined: the digest is for the terminal. */
  readonly topicArn: string | undefined;
  readonly configFile: string | undefined;
  /** Undefined: now. */
  readonly asOf: Date | undefined;
  readonly isJson: boolean;
  readonly failOn: Severity | undefined;
  /** Undefined: as the config says. */
  readonly deadlineSeconds: number | undefined;
  /** Undefined: as the config says. */
  readonly credentials: 'direct' | undefined;
  readonly acceptRosterDrop: boolean;
}

const TOPIC = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/;

const isoTime = z.iso.datetime({ offset: true });

const isSeverity = (value: string): value is Severity => SEVERITIES.some((severity) => severity === value);

/**
 * Reads the flags of `run`. Throws UsageError, which tells everything that is wrong at once.
 * @param now in milliseconds since the epoch: no audit speaks for what is to come
 */
export const readRunFlags = (
  flags: RunFlags,
  env: Readonly<Record<string, string | undefined>>,
  now: number,
): RunOptions => {
  const read = flagReader();
  const environmentId = read.text('--environment', flags.environment ?? '', ENVIRONMENT_ID, isEnvironmentId);
  const accountId = read.text('--account', flags.account, '12 digits', (value) => /^\d{12}$/.test(value));
  const region = readRegion(read, flags.region, env);
  const place = readArchivePlace(read, flags);
  const topicArn = read.text('--topic', flags.topic, 'the ARN of an SNS topic', (value) => TOPIC.test(value));
  const configFile = read.text(
    '--config',
    flags.config,
    'the path of a file',
    (value) => value.trim() !== '',
  );
  const asOf = read.text(
    '--as-of',
    flags.asOf,
    'a time in ISO 8601 with its zone, such as 2026-11-24T02:00:00Z, and not in the future',
    (value) => isoTime.safeParse(value).success && Date.parse(value) <= now,
  );
  const failOn = read.text(
    '--fail-on',
    flags.failOn?.toUpperCase(),
    `one of ${SEVERITIES.join(', ')}`,
    isSeverity,
  );
  const deadlineSeconds = read.whole('--deadline-seconds', flags.deadlineSeconds, 1, Number.MAX_SAFE_INTEGER);

  if (flags.topic !== undefined && flags.bucket === undefined) {
    read.refuse('--topic is allowed with --bucket only: an audit that mails keeps its evidence in a bucket');
  }
  if (flags.directCredentials && flags.account === undefined) {
    read.refuse(
      '--account must be 12 digits, got nothing: with --direct-credentials the account of the keys may be another',
    );
  }
  read.done();

  return {
    // `done` has thrown where one of these is missing.
    environmentId: environmentId ?? '',
    region,
    place,
    topicArn,
    accountId,
    configFile,
    asOf: asOf === undefined ? undefined : new Date(asOf),
    isJson: flags.json ?? false,
    failOn: failOn !== undefined && isSeverity(failOn) ? failOn : undefined,
    deadlineSeconds,
    credentials: flags.directCredentials ? 'direct' : undefined,
    acceptRosterDrop: flags.acceptRosterDrop ?? false,
  };
};
