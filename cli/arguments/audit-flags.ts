import type { Io } from '../terminal/terminal.ts';
import { type ArchiveLocation, type LocationFlags, readArchiveLocation, readRegion } from './archive-location.ts';
import type { FlagReader } from './flags.ts';

/** The flags that say what is audited, and who takes the evidence and the digest, as they were typed. */
export interface AuditFlags extends LocationFlags {
  readonly environment?: string;
  readonly account?: string;
  readonly region?: string;
  readonly topic?: string;
  readonly config?: string;
  readonly directCredentials?: true;
}

/** The audit that `run` makes and `doctor` looks into. */
export interface AuditOptions {
  readonly environmentId: string;
  /** Undefined: the caller's, as STS tells it. */
  readonly accountId: string | undefined;
  readonly region: string;
  /** The archive that takes the evidence. */
  readonly location: ArchiveLocation;
  /** Undefined: the digest is for the terminal. */
  readonly topicArn: string | undefined;
  readonly configFile: string | undefined;
  /** Undefined: as the config says. */
  readonly credentials: 'direct' | undefined;
}

const TOPIC = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/;

export const readTopic = (read: FlagReader, flag: string, value: string | undefined): string | undefined =>
  read.text(flag, value, 'the ARN of an SNS topic', (text) => TOPIC.test(text));

/** Reads the flags that `run` and `doctor` share; `read.done` throws where something is wrong. */
export const readAuditFlags = (read: FlagReader, flags: AuditFlags, env: Io['env']): AuditOptions => {
  const environmentId = read.environmentId('--environment', flags.environment ?? '');
  const accountId = read.text('--account', flags.account, '12 digits', (value) => /^\d{12}$/.test(value));
  const region = readRegion(read, flags.region, env);
  const location = readArchiveLocation(read, flags);
  const topicArn = readTopic(read, '--topic', flags.topic);
  const configFile = read.path('--config', flags.config, 'file');
  if (flags.topic !== undefined && flags.bucket === undefined) {
    read.refuse('--topic is allowed with --bucket only: an audit that mails keeps its evidence in a bucket');
  }
  return {
    // `done` throws where it is missing.
    environmentId: environmentId ?? '',
    accountId,
    region,
    location,
    topicArn,
    configFile,
    credentials: flags.directCredentials ? 'direct' : undefined,
  };
};
