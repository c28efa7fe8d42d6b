import { randomUUID } from 'node:crypto';
import { SNSClient } from '@aws-sdk/client-sns';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Archive } from '../../core/archive/archive.ts';
import { readFindings } from '../../core/archive/read-findings.ts';
import { findCompleteRun } from '../../core/archive/runs.ts';
import { audit } from '../../core/audit/audit.ts';
import { attemptName, wholeSecond } from '../../core/audit/request.ts';
import type { AuditResult } from '../../core/audit/result.ts';
import { configuredSettings } from '../../core/audit/settings.ts';
import { awsClient } from '../../core/aws/clients.ts';
import { connectionRemedyOf } from '../../core/aws/connection.ts';
import { callerCredentials, noCredentials } from '../../core/aws/credentials.ts';
import { collectHighlights, type Highlight } from '../../core/model/highlights.ts';
import { runName } from '../../core/model/run-name.ts';
import { forewords } from '../../core/model/words.ts';
import { digestChannel } from '../../core/notify/channels/digest.ts';
import { snsAlerts } from '../../core/notify/channels/sns.ts';
import { terminalAlerts } from '../../core/notify/channels/terminal.ts';
import { chooseSource } from '../../core/sources/index.ts';
import { nameAndMessageOf } from '../../core/text/error-message.ts';
import { plainLine } from '../../core/text/plain-text.ts';
import { isAtLeast, SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import { openArchive, regionOrProfiles } from '../arguments/archive-options.ts';
import { endpointOf } from '../arguments/audit-flags.ts';
import { readAuditConfig } from '../arguments/config-files.ts';
import {
  alertText,
  failingText,
  findingsTable,
  listingText,
  statesText,
  unjudgedText,
  verdictText,
} from '../terminal/audit-view.ts';
import { EXIT, type ExitCode, UsageError } from '../terminal/exit-codes.ts';
import { progressLine } from '../terminal/progress.ts';
import { factsTable } from '../terminal/table.ts';
import { type Io, writeJson } from '../terminal/terminal.ts';
import { requireFormerCriteria } from './former-criteria.ts';
import { partitionFor, type RunFlags, readRunFlags } from './options.ts';

/** Hardly anybody audits the same instant twice at once by hand; what may come of it is one mail too many. */
const ALERT_WAIT_MS = 2000;

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

const exitOf = ({ report, deliveries }: AuditResult, failOn: Severity | undefined): ExitCode => {
  const isNotified = Object.values(deliveries).every(({ outcome }) => outcome !== 'failed');
  if (report.verdict !== 'COMPLETE' || !isNotified) return EXIT.notComplete;
  const isFailing = SEVERITIES.some(
    (severity) => failOn !== undefined && isAtLeast(severity, failOn) && report.findings.bySeverity[severity] > 0,
  );
  return isFailing ? EXIT.findings : EXIT.ok;
};

/** The highlights of a run; those of one that was done before are read back. */
const highlightsOf = async (
  archive: Archive,
  asOf: Date,
  { wasDone, highlights, report }: AuditResult,
): Promise<readonly Highlight[]> => {
  if (!wasDone) return highlights;
  const stored = await findCompleteRun(archive, report.environmentId, runName(asOf));
  if (stored === undefined) return [];
  const collected = collectHighlights();
  for await (const finding of readFindings(archive, stored.manifest)) collected.add(finding);
  return collected.list();
};

/** Shows the findings first and the summary below them, where a terminal stops. */
const showRun = (result: AuditResult, highlights: readonly Highlight[], location: string, { out }: Io): void => {
  const { report, objects, wasDone } = result;
  const isComplete = report.verdict === 'COMPLETE';
  const locationOf = (name: 'html' | 'csv'): string | undefined =>
    objects[name] === undefined ? undefined : `${location}/${objects[name].key}`;
  const unjudged = unjudgedText(report);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ...forewords(report).map((sentence) => ['First', sentence] as const),
    ['Reason', isComplete ? undefined : plainLine(report.message ?? '', 800)],
    ['Listing', listingText(report)],
    ['Findings', statesText(report)],
    ['Resolved', isComplete ? undefined : 'nothing: no finding is to be read as fixed'],
    ['Not judged', unjudged === '' ? undefined : unjudged],
    ['Digest', alertText(result)],
    ['Run', `${report.run}${wasDone ? ', done before: nothing was read anew' : ''}`],
    ['Head', result.head],
    ['Report', locationOf('html') ?? 'none: the evidence could not be kept'],
  ];

  if (highlights.length > 0) out.line(findingsTable(out, highlights, locationOf('csv')));
  out.line(`${verdictText(report, out.paint)}  environment ${report.environmentId} as of ${report.asOf}`);
  out.line(`Failing: ${failingText(report, out.paint)}`);
  out.line();
  out.write(factsTable(out, facts));
};

/** `run`: audits an environment once. Throws UsageError and ConfigError before anything is done. */
export const run = async (flags: RunFlags, io: Io): Promise<ExitCode> => {
  const now = Date.now();
  const options = readRunFlags(flags, io.env, now);
  const { environmentId, topicArn, isJson } = options;
  const region = await regionOrProfiles(options.region);
  const partition = partitionFor(region, options.partition);
  const { config, waivers } = readAuditConfig(options, now);
  const endpoint = endpointOf(region, io.env);
  const accountId = options.accountId ?? (await callersAccount(region));
  const archive = await openArchive(options.location, io.env, region);
  if (options.configFile === undefined && !options.isByDefaults) await requireFormerCriteria(archive, environmentId);
  const sendAlert =
    topicArn === undefined
      ? terminalAlerts((text) => (isJson ? io.err : io.out).write(`${text}\n`))
      : snsAlerts(awsClient(SNSClient, { region }), topicArn);
  const asOf = wholeSecond(options.asOf?.getTime() ?? now);
  const progress = progressLine(io.err, now);
  const listUsers = chooseSource({
    config,
    flags: options,
    environmentId,
    region,
    endpoint,
    loadCredentials: callerCredentials(),
    onEvent: progress.onEvent,
  });

  const result = await audit(
    {
      environmentId,
      accountId,
      region,
      partition,
      asOf,
      attempt: attemptName(now, randomUUID()),
      deadline: now + (options.deadlineSeconds ?? config.deadlineSeconds) * 1000,
      acceptRosterDrop: options.acceptRosterDrop,
      acceptHistory: options.acceptHistory,
    },
    {
      ...configuredSettings(config, waivers, environmentId),
      listUsers,
      archive,
      channels: [
        digestChannel((alert) => {
          progress.clear();
          return sendAlert(alert);
        }),
      ],
      notifyWaitMs: ALERT_WAIT_MS,
      onProgress: progress.onProgress,
    },
  );
  progress.clear();

  const { report, head } = result;
  if (isJson) writeJson(io.out, head === undefined ? report : { ...report, head });
  else showRun(result, await highlightsOf(archive, asOf, result), archive.location, io);
  for (const delivery of Object.values(result.deliveries)) {
    if (delivery.outcome === 'failed') {
      io.err.line(`the digest was not sent: ${plainLine(delivery.message, 400)}`);
    }
  }
  for (const warning of result.warnings) io.err.line(plainLine(warning, 400));
  return exitOf(result, options.failOn);
};
