import { SNSClient } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Archive } from '../../core/archive/archive.ts';
import { OVERVIEW_PAGE } from '../../core/archive/keys.ts';
import { storingMs, wholeSecond } from '../../core/audit/request.ts';
import { awsClient } from '../../core/aws/clients.ts';
import { connectionRemedyOf } from '../../core/aws/connection.ts';
import { callerCredentials, noCredentials } from '../../core/aws/credentials.ts';
import { audibleAlerts } from '../../core/config/recipient.ts';
import { describeUnheard } from '../../core/notify/audience.ts';
import type { Channel } from '../../core/notify/channel.ts';
import type { SendAlert } from '../../core/notify/channels/digest.ts';
import { snsAlerts } from '../../core/notify/channels/sns.ts';
import { terminalAlerts } from '../../core/notify/channels/terminal.ts';
import { refreshPage } from '../../core/overview/collect.ts';
import { messageOf, nameAndMessageOf } from '../../core/text/error-message.ts';
import { plainLine } from '../../core/text/plain-text.ts';
import { openArchive, regionOrProfiles } from '../arguments/archive-options.ts';
import { endpointOf } from '../arguments/audit-flags.ts';
import { readAuditConfig, readConfigFiles } from '../arguments/config-files.ts';
import { rosterOf, type SavedKind } from '../arguments/roster-options.ts';
import { type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { auditAll } from './all.ts';
import { auditEnvironment, deadlineOf, type EnvironmentToAudit, reportJson } from './environment.ts';
import { requireFormerCriteria } from './former-criteria.ts';
import { partitionFor, type RunFlags, readRunFlags } from './options.ts';

/** Why STS did not tell: in its own words, with what to do about it where that is known. */
const problemOf = (error: unknown): string => {
  const missing = noCredentials(error);
  const problem = missing?.problem ?? nameAndMessageOf(error);
  const remedy = missing?.remedy ?? connectionRemedyOf(error);
  return remedy === undefined ? problem : `${problem}: ${remedy}`;
};

const callersAccount = async (region: string): Promise<string> => {
  const { account, problem } = await awsClient(STSClient, { region })
    .send(new GetCallerIdentityCommand({}))
    .then(
      ({ Account }) => ({ account: Account, problem: 'it names no account' }),
      (error: unknown) => ({ account: undefined, problem: problemOf(error) }),
    );
  if (account !== undefined) return account;
  throw new UsageError([
    `--account must be 12 digits, got nothing, and STS does not tell it: ${plainLine(problem, 400)}`,
  ]);
};

/** As long as the page of all environments is tried: it is an aid, and the runs stand. */
const OVERVIEW_MS = 60_000;

/** Writes the page of all environments, an aid: what becomes of it changes no exit code. */
const showOverview = async (
  { files, archiveUntil, now, options }: Pick<EnvironmentToAudit, 'files' | 'archiveUntil' | 'now' | 'options'>,
  { out, err }: Io,
): Promise<void> => {
  try {
    const archive = await archiveUntil(Date.now() + OVERVIEW_MS);
    // A laptop keeps no schedule: how long nobody has looked is judged by how often somebody did.
    await refreshPage(archive, { environments: files.config.environments, schedule: undefined, now });
    if (options.isAll && !options.isJson) out.line(`All environments: ${archive.location}/${OVERVIEW_PAGE}`);
  } catch (error) {
    err.line(plainLine(`the page of all environments was not written: ${messageOf(error)}`, 400));
  }
};

/**
 * `run`: audits an environment once, or all of a config. Throws UsageError and ConfigError before anything is done.
 * @param kind of the saved files, where they are no rosters
 */
export const run = async (flags: RunFlags, io: Io, kind?: SavedKind): Promise<ExitCode> => {
  const now = Date.now();
  const options = readRunFlags(flags, io.env, now);
  const { environmentId, topicArn, isJson, isAll } = options;
  const region = await regionOrProfiles(options.region);
  partitionFor(region, options.partition);
  const files = isAll ? readConfigFiles(options.configFile, now) : readAuditConfig(options, now);
  if (rosterOf(options, files.config, environmentId) === undefined) endpointOf(region, io.env);
  const { accountId: ofRoster } = files.config.environments.find(({ id }) => id === environmentId) ?? {};
  const accountId = options.accountId ?? ofRoster ?? (await callersAccount(region));
  const archiveUntil = (deadline: number): Promise<Archive> =>
    openArchive(options.location, io.env, region, () => deadline + storingMs(files.config) - Date.now());
  if (options.configFile === undefined && !options.isByDefaults)
    await requireFormerCriteria(await archiveUntil(deadlineOf(now, options, files.config)), environmentId);
  const topic = topicArn === undefined ? undefined : { topicArn, sns: awsClient(SNSClient, { region }) };
  const sendAlert = ({ out, err }: Pick<Io, 'out' | 'err'>): SendAlert =>
    topic === undefined
      ? terminalAlerts((text) => (isJson ? err : out).write(`${text}\n`))
      : snsAlerts(topic.sns, topic.topicArn);
  const findUnheard: Channel['findUnheard'] =
    topic &&
    ((id) =>
      describeUnheard(topic.sns, [{ topicArn: topic.topicArn, messages: audibleAlerts(files.config.alerts, id) }]));
  const asOf = wholeSecond(options.asOf?.getTime() ?? now);
  const common = {
    region,
    accountId,
    asOf,
    now,
    options,
    files,
    archiveUntil,
    findUnheard,
    loadCredentials: callerCredentials(),
  };
  if (isAll) {
    const code = await auditAll({ ...common, sendAlert }, io);
    await showOverview(common, io);
    return code;
  }

  const { result, code } = await auditEnvironment({ ...common, environmentId, sendAlert: sendAlert(io), kind }, io);
  if (isJson) writeJson(io.out, reportJson(result));
  // In a bucket one scheduled function writes it: a thousand runs at one minute must not swap one object.
  if (options.location.kind === 'folder') await showOverview(common, io);
  return code;
};
