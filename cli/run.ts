import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { snsAlerts } from '../lambda/alerts/sns.ts';
import { terminalAlerts } from '../lambda/alerts/terminal.ts';
import { bucketArchive } from '../lambda/archive/bucket.ts';
import { folderArchive } from '../lambda/archive/folder.ts';
import { type AuditResult, audit } from '../lambda/audit.ts';
import { finspaceEndpoint } from '../lambda/finspace/endpoint.ts';
import { finspaceSource } from '../lambda/finspace/source.ts';
import { attemptName, configuredSettings, wholeSecond } from '../lambda/invocation.ts';
import { isAtLeast, SEVERITIES, type Severity } from '../rules/engine/severity.ts';
import { alertText, failingText, findingsTable, verdictText } from './audit-view.ts';
import { readConfigFiles } from './config-files.ts';
import { EXIT, type ExitCode, UsageError } from './exit-codes.ts';
import { type RunFlags, type RunOptions, readRunFlags } from './run-options.ts';
import { type Io, statusLine } from './terminal.ts';

const callersAccount = async (region: string): Promise<string> => {
  const { Account } = await new STSClient({ region })
    .send(new GetCallerIdentityCommand({}))
    .catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new UsageError([`--account must be 12 digits, got nothing, and STS does not tell: ${why}`]);
    });
  if (Account === undefined)
    throw new UsageError(['--account must be 12 digits, got nothing, and STS does not tell']);
  return Account;
};

const partitionOf = (region: string): string => {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
};

const edgesOf = ({ destination, region, isJson }: RunOptions, io: Io) => {
  const toTerminal = terminalAlerts((text) => (isJson ? io.err : io.out).write(text));
  if (destination.kind === 'folder')
    return { archive: folderArchive(destination.path), sendAlert: toTerminal };
  return {
    archive: bucketArchive(
      new S3Client({ region, forcePathStyle: io.env.AWS_ENDPOINT_URL_S3 !== undefined }),
      destination.name,
    ),
    sendAlert:
      destination.topicArn === undefined
        ? toTerminal
        : snsAlerts(new SNSClient({ region }), destination.topicArn),
  };
};

const exitOf = ({ report, alert }: AuditResult, failOn: Severity | undefined): ExitCode => {
  if (report.verdict !== 'COMPLETE' || alert.outcome === 'failed') return EXIT.notComplete;
  const isFailing = SEVERITIES.some(
    (severity) =>
      failOn !== undefined && isAtLeast(severity, failOn) && report.findings.bySeverity[severity] > 0,
  );
  return isFailing ? EXIT.findings : EXIT.ok;
};

const show = (result: AuditResult, location: string, { out }: Io): void => {
  const { report, highlights, objects } = result;
  out.line();
  if (highlights.length > 0) out.write(`${findingsTable(out, highlights)}\n`);
  out.line(`Verdict   ${verdictText(report, out.paint)}`);
  out.line(
    `Users     ${report.counts.users} on ${report.counts.pages} pages, ${report.counts.requests} requests, ${report.counts.throttled} throttled`,
  );
  out.line(`Failing   ${failingText(report, out.paint)}`);
  out.line(`Alert     ${alertText(result)}`);
  if (objects.report !== undefined) out.line(`Report    ${location}/${objects.report.key}`);
};

/** `run`: audits an environment once. Throws UsageError and ConfigError before anything is done. */
export const run = async (flags: RunFlags, io: Io): Promise<ExitCode> => {
  const now = Date.now();
  const options = readRunFlags(flags, io.env, now);
  const { environmentId, region } = options;
  const { config, waivers } = readConfigFiles(options.configFile, now);
  const accountId = options.accountId ?? (await callersAccount(region));
  const { archive, sendAlert } = edgesOf(options, io);
  const status = statusLine(io.err);
  const listUsers = finspaceSource({
    environmentId,
    region,
    endpoint: finspaceEndpoint(region, io.env),
    mode: options.credentials ?? config.credentials,
    loadCredentials: defaultProvider(),
  });

  const result = await audit(
    {
      environmentId,
      accountId,
      region,
      partition: partitionOf(region),
      asOf: options.asOf === undefined ? wholeSecond(now) : wholeSecond(options.asOf.getTime()),
      attempt: attemptName(now, randomUUID()),
      deadline: now + (options.deadlineSeconds ?? config.deadlineSeconds) * 1000,
      acceptRosterDrop: options.acceptRosterDrop,
    },
    {
      ...configuredSettings(config, waivers, environmentId),
      listUsers,
      archive,
      sendAlert,
      onProgress: ({ users, counts }) => {
        const rate = Math.round(users / Math.max(0.001, (Date.now() - now) / 1000));
        status.show(`${users} users, ${counts.pages} pages, ${rate} users/s, ${counts.throttled} throttled`);
      },
    },
  );
  status.clear();

  if (options.isJson) io.out.write(`${JSON.stringify(result.report, null, 2)}\n`);
  else show(result, archive.location, io);
  if (result.alert.outcome === 'failed') io.err.line(`the digest was not sent: ${result.alert.message}`);
  return exitOf(result, options.failOn);
};
