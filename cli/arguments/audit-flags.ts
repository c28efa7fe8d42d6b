import { ACCOUNT_ID } from '../../core/config/config.ts';
import { finspaceEndpoint } from '../../core/sources/finspace/endpoint.ts';
import { messageOf } from '../../core/text/error-message.ts';
import { UsageError } from '../terminal/exit-codes.ts';
import type { Io } from '../terminal/terminal.ts';
import { type LocationFlags, readArchiveLocation, readRegion } from './archive-options.ts';
import type { FlagReader } from './flags.ts';
import { type RosterFlags, readRosterFlags } from './roster-options.ts';

/** The flags that say what is audited, and who takes the evidence and the digest, as they were typed. */
export interface AuditFlags extends LocationFlags, RosterFlags {
  readonly environment?: string;
  /** Default: the caller's, as STS tells it. */
  readonly account?: string;
  readonly region?: string;
  /** Default: the digest is for the terminal. */
  readonly topic?: string;
  readonly config?: string;
  /** Default: as the config says. */
  readonly directCredentials?: true;
}

const TOPIC = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/;

export const readTopic = (read: FlagReader, flag: string, value: string | undefined): string | undefined =>
  read.text(flag, value, 'the ARN of an SNS topic', (text) => TOPIC.test(text));

/**
 * Reads the flags that `run` and `doctor` share; `read.done` throws where something is wrong.
 * @param isAll every environment of the config is meant, and none named
 */
export const readAuditFlags = (read: FlagReader, flags: AuditFlags, env: Io['env'], isAll = false) => {
  const audited = {
    // `done` throws where it is missing.
    environmentId: isAll ? '' : (read.environmentId('--environment', flags.environment ?? '') ?? ''),
    accountId: read.text('--account', flags.account, '12 digits', (value) => ACCOUNT_ID.test(value)),
    region: readRegion(read, flags.region, env),
    location: readArchiveLocation(read, flags),
    topicArn: readTopic(read, '--topic', flags.topic),
    configFile: read.path('--config', flags.config, 'file'),
    credentials: flags.directCredentials ? ('direct' as const) : undefined,
    roster: readRosterFlags(read, flags),
  };
  if (flags.directCredentials && audited.roster !== undefined)
    read.refuse('--direct-credentials is not allowed with --roster: FinSpace is not asked');
  if (flags.topic !== undefined && flags.bucket === undefined) {
    read.refuse('--topic is allowed with --bucket only: an audit that mails keeps its evidence in a bucket');
  }
  return audited;
};

/** Finds the endpoint of FinSpace. A wrong one in the environment is a wrong command line: throws UsageError. */
export const endpointOf = (region: string, env: Io['env']): string => {
  try {
    return finspaceEndpoint(region, env);
  } catch (error) {
    throw new UsageError([messageOf(error)]);
  }
};
