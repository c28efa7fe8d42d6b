import { randomUUID } from 'node:crypto';
import type { Archive } from '../../core/archive/archive.ts';
import { readFindings } from '../../core/archive/read-findings.ts';
import { findCompleteRun } from '../../core/archive/runs.ts';
import { audit } from '../../core/audit/audit.ts';
import { attemptName, requestForRoster } from '../../core/audit/request.ts';
import type { AuditResult } from '../../core/audit/result.ts';
import { configuredSettings, enrichmentSettings } from '../../core/audit/settings.ts';
import type { Config } from '../../core/config/config.ts';
import { bandsOf } from '../../core/config/recipient.ts';
import { collectHighlights, type Highlight } from '../../core/model/highlights.ts';
import { foundBySeverity, type Report } from '../../core/model/report.ts';
import { runName } from '../../core/model/run-name.ts';
import { attestedText, besideTexts, forewords, sourceText, TROUBLE_WORDS, UNSEEN } from '../../core/model/words.ts';
import type { Channel } from '../../core/notify/channel.ts';
import { digestChannel, type SendAlert } from '../../core/notify/channels/digest.ts';
import type { AwsCredentials } from '../../core/sources/finspace/signing.ts';
import { chooseEnrichments, chooseSource } from '../../core/sources/index.ts';
import { plainLine } from '../../core/text/plain-text.ts';
import { isAtLeast, SEVERITIES, type Severity } from '../../rules/engine/severity.ts';
import { endpointOf } from '../arguments/audit-flags.ts';
import type { ConfigFiles } from '../arguments/config-files.ts';
import { NAME } from '../arguments/declaration.ts';
import { openedRoster, rosterClient, rosterOf, type SavedKind } from '../arguments/roster-options.ts';
import {
  alertText,
  failingText,
  findingsTable,
  listingText,
  statesText,
  unjudgedText,
  verdictText,
} from '../terminal/audit-view.ts';
import { EXIT, type ExitCode } from '../terminal/exit-codes.ts';
import { progressLine } from '../terminal/progress.ts';
import { type Cell, factsTable } from '../terminal/table.ts';
import type { Io } from '../terminal/terminal.ts';
import { partitionFor, type RunOptions } from './options.ts';

/** Hardly anybody audits the same instant twice at once by hand; what may come of it is one mail too many. */
const ALERT_WAIT_MS = 2000;

const exitOf = ({ report, deliveries, unheard = [] }: AuditResult, failOn: Severity | undefined): ExitCode => {
  const isNotified = unheard.length === 0 && Object.values(deliveries).every(({ outcome }) => outcome !== 'failed');
  if (report.verdict !== 'COMPLETE' || !isNotified) return EXIT.notComplete;
  const found = foundBySeverity(report.findings);
  const isFailing = SEVERITIES.some(
    (severity) => failOn !== undefined && isAtLeast(severity, failOn) && found[severity] > 0,
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

/** Waivers that are told of, each with what to do. */
const MOST_TROUBLES = 3;

const troublesText = ({ waiverTroubles = [] }: Report): string | undefined => {
  if (waiverTroubles.length === 0) return undefined;
  const shown = waiverTroubles
    .slice(0, MOST_TROUBLES)
    .map(({ kind, rule, user, expires }) => plainLine(`${rule} for ${user}: ${TROUBLE_WORDS[kind](expires)}`, 200));
  const left = waiverTroubles.length - shown.length;
  return [...shown, ...(left > 0 ? [`and ${left} more`] : [])].join('; ');
};

/** The programs that the config has told of runs, and that nobody tells of one from here; undefined where there are none. */
const untoldText = ({ events, securityHub }: Config): string | undefined => {
  const untold = [
    ...(events === undefined ? [] : ['the event bus']),
    ...(securityHub === undefined ? [] : ['Security Hub']),
  ];
  if (untold.length === 0) return undefined;
  return `${untold.join(', ')}: only the function of a stack tells ${untold.length === 1 ? 'it' : 'them'}`;
};

/** A path, which whoever copies it wants in one piece. */
const path = (text: string): Cell => ({ text, format: 'bold', isWhole: true });

/** Shows the findings first and the summary below them, where a terminal stops. */
const showRun = (
  result: AuditResult,
  highlights: readonly Highlight[],
  location: string,
  { config, isMailed }: { readonly config: Config; readonly isMailed: boolean },
  { out }: Io,
): void => {
  const { report, objects, wasDone } = result;
  const isComplete = report.verdict === 'COMPLETE';
  const locationOf = (name: 'html' | 'csv'): string | undefined =>
    objects[name] === undefined ? undefined : `${location}/${objects[name].key}`;
  const unjudged = unjudgedText(report);
  const reported = locationOf('html');
  const facts: readonly (readonly [string, Cell | undefined])[] = [
    ...forewords(report).map((sentence) => ['First', sentence] as const),
    ['Reason', isComplete ? undefined : plainLine(report.message ?? '', 800)],
    ['Attested', attestedText(report.source)],
    ['Listing', listingText(report)],
    ['Users from', report.source && sourceText(report.source)],
    ...besideTexts(report),
    ['Findings', statesText(report)],
    ['Resolved', isComplete ? undefined : 'nothing: no finding is to be read as fixed'],
    ['Not judged', unjudged === '' ? undefined : unjudged],
    ['Not seen', isComplete || report.reason === undefined ? undefined : UNSEEN[report.reason]],
    ['Waivers', troublesText(report)],
    ['Digest', isMailed ? alertText(result) : 'for this terminal: nobody is mailed without --topic'],
    ['Not told', untoldText(config)],
    ['Run', `${report.run}${wasDone ? ', done before: nothing was read anew' : ''}`],
    ['Head', result.head],
    ['Report', reported === undefined ? 'none: the evidence could not be kept' : path(reported)],
    [
      'To act',
      highlights.length === 0 ? undefined : `${NAME} rules RULE, and ${NAME} explain SUBJECT, tell what to do`,
    ],
  ];

  if (highlights.length > 0) out.line(findingsTable(out, highlights, locationOf('csv')));
  out.line(`${verdictText(report, out.paint)}  environment ${report.environmentId} as of ${report.asOf}`);
  out.line(`Failing: ${failingText(report, out.paint)}`);
  out.line();
  out.write(factsTable(out, facts));
};

/** An environment that is to be audited once. */
export interface EnvironmentToAudit {
  readonly environmentId: string;
  readonly region: string;
  readonly accountId: string;
  /** The account that audits, where it is another. */
  readonly auditorAccountId?: string;
  readonly asOf: Date;
  /** The moment at which the audit begins, in milliseconds since the epoch. */
  readonly now: number;
  readonly options: RunOptions;
  readonly files: ConfigFiles;
  /** Opens the archive, which is tried again as long as storing may last after a deadline, in milliseconds since the epoch. */
  readonly archiveUntil: (deadline: number) => Promise<Archive>;
  readonly loadCredentials: () => Promise<AwsCredentials>;
  readonly sendAlert: SendAlert;
  /** Undefined where alerts are for the terminal. */
  readonly findUnheard: Channel['findUnheard'];
  /** Of the saved files, where they are no rosters. */
  readonly kind?: SavedKind | undefined;
}

/** The moment at which the listing has to end, in milliseconds since the epoch. */
export const deadlineOf = (now: number, options: RunOptions, config: Config): number =>
  now + (options.deadlineSeconds ?? config.deadlineSeconds) * 1000;

/** Audits an environment, and shows what came of it unless it is printed as JSON. */
export const auditEnvironment = async (
  { environmentId, region, accountId, auditorAccountId, asOf, now, options, files, ...edges }: EnvironmentToAudit,
  io: Io,
): Promise<{ readonly result: AuditResult; readonly code: ExitCode }> => {
  const { config, waivers, rules } = files;
  const { archiveUntil, loadCredentials, sendAlert, findUnheard, kind } = edges;
  const deadline = deadlineOf(now, options, config);
  const archive = await archiveUntil(deadline);
  const progress = progressLine(io.err, now);
  const saved = rosterOf(options, config, environmentId);
  const s3 = rosterClient(io.env, region);
  const roster =
    saved &&
    (await openedRoster({ ...saved, environmentId, asOf: options.asOf, s3, now, ...(kind && { kind }) }, kind?.flag));
  const live = {
    config,
    flags: options,
    environmentId,
    region,
    endpoint: endpointOf(region, io.env),
    loadCredentials,
    onEvent: progress.onEvent,
  };
  const asked = {
    environmentId,
    accountId,
    ...(auditorAccountId !== undefined && { auditorAccountId }),
    region,
    partition: partitionFor(region, options.partition),
    asOf,
    attempt: attemptName(now, randomUUID()),
    deadline,
    acceptRosterDrop: options.acceptRosterDrop,
    acceptHistory: options.acceptHistory,
  };
  const request = roster === undefined ? asked : requestForRoster(asked, roster, now);

  const result = await audit(request, {
    ...configuredSettings(config, waivers, environmentId, rules),
    listUsers: roster === undefined ? chooseSource(live) : chooseSource(roster),
    enrichments: chooseEnrichments({
      ...live,
      ...enrichmentSettings(config, { environmentId, accountId }),
      isSaved: roster !== undefined,
    }),
    archive,
    channels: [
      digestChannel((alert) => {
        progress.clear();
        // What it says of this run is shown below, and not twice; that of an earlier run nobody has seen.
        const isShown = findUnheard === undefined && !options.isJson && alert.body.includes(runName(request.asOf));
        return isShown ? Promise.resolve('terminal') : sendAlert(alert);
      }, findUnheard),
      // At a terminal one digest tells all.
      ...(findUnheard === undefined
        ? []
        : bandsOf(config.alerts, environmentId).map((band) => digestChannel(sendAlert, undefined, band))),
    ],
    notifyWaitMs: ALERT_WAIT_MS,
    onProgress: progress.onProgress,
  }).finally(() => roster?.close());
  progress.clear();

  if (!options.isJson) {
    const highlights = await highlightsOf(archive, request.asOf, result);
    showRun(result, highlights, archive.location, { config, isMailed: findUnheard !== undefined }, io);
  }
  for (const delivery of Object.values(result.deliveries)) {
    if (delivery.outcome === 'failed') {
      io.err.line(`the digest was not sent: ${plainLine(delivery.message, 400)}`);
    }
  }
  for (const sentence of result.unheard ?? []) io.err.line(plainLine(sentence, 800));
  for (const warning of result.warnings) io.err.line(plainLine(warning, 400));
  return { result, code: exitOf(result, options.failOn) };
};

/** The object that `--json` prints of a run. */
export const reportJson = ({ report, head }: AuditResult): object =>
  head === undefined ? report : { ...report, head };
