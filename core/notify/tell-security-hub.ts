import { crc32 } from 'node:zlib';
import type { BatchImportFindingsRequest } from '@aws-sdk/client-securityhub';
import type { Finding } from '../../rules/engine/finding.ts';
import type { RuleText } from '../../rules/engine/rule.ts';
import { DAY_MS } from '../../rules/engine/time.ts';
import { rules as catalogue } from '../../rules/index.ts';
import { ArchiveError } from '../archive/errors.ts';
import { readRunLines } from '../archive/read-run.ts';
import { findCompleteRun } from '../archive/runs.ts';
import { awsClient } from '../aws/clients.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import { runInstant } from '../model/run-name.ts';
import { type AsffFinding, asffFinding } from './asff.ts';
import type { Notification, Receipt } from './channel.ts';
import { isOpen, newsOf } from './channels/events.ts';
import { PartRefused, sendInLanes, untilTaken } from './channels/lanes.ts';
import { type HubEdges, type ReachedHub, SECURITY_HUB } from './channels/security-hub.ts';
import { type Scope, scopeOf } from './marker.ts';

/** https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_BatchImportFindings.html; none of ours has over 60 kB. */
const MOST_FINDINGS = 100;

/** Ten requests a second are allowed; some take longer than that. */
const GAP_MS = 100;
const MOST_REQUESTS = 4;

export const FINDINGS_A_SECOND = (MOST_FINDINGS * 1000) / GAP_MS;

/** Security Hub forgets what it does not hear of: half of 30 days, so that weekly runs are in time too. */
export const ALL_EVERY_DAYS = 14;

/** The most ids that a message names. */
const MOST_NAMED = 3;

/** Makes the client of a Security Hub. */
export const securityHubClient = async ({ region, credentials }: ReachedHub) => {
  const { SecurityHubClient } = await import('@aws-sdk/client-securityhub');
  return awsClient(SecurityHubClient, { region, credentials });
};

/** Counts the times at which all is sent; environments have theirs at different moments. */
const periodOf = (instant: number, environmentId: string): number =>
  Math.floor((instant + crc32(environmentId)) / (ALL_EVERY_DAYS * DAY_MS));

const hubScopeOf = async (notification: Notification): Promise<Scope> => {
  const { environmentId, asOf, previousRun = '' } = notification.report;
  const [now, before] = [Date.parse(asOf), runInstant(previousRun)?.getTime() ?? 0];
  if (periodOf(now, environmentId) !== periodOf(before, environmentId)) return 'all';
  return scopeOf(notification, SECURITY_HUB);
};

/** The events that the run before told: they are over. What can't be read any more has nothing to say. */
async function* eventsBefore({ archive, report: { environmentId, previousRun } }: Notification) {
  if (previousRun === undefined) return;
  try {
    const before = await findCompleteRun(archive, environmentId, previousRun);
    if (before === undefined) return;
    for await (const line of readRunLines(archive, before.manifest, 'findings'))
      if ((line as Finding).state === 'event') yield line as Finding;
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
  }
}

async function* findingsOf(notification: Notification, scope: Scope): AsyncGenerator<Finding> {
  yield* eventsBefore(notification);
  for await (const line of notification.findings()) {
    const finding = line as Finding;
    if (newsOf(finding) !== undefined || (scope === 'all' && isOpen(finding))) yield finding;
  }
}

async function* batchesOf<T>(all: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const one of all) {
    batch.push(one);
    if (batch.length < MOST_FINDINGS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Waits until the next request may start. */
const paced = ({ now, sleep }: Clock) => {
  let next = 0;
  return async (): Promise<void> => {
    const asked = now();
    const at = Math.max(asked, next);
    next = at + GAP_MS;
    if (at > asked) await sleep(at - asked);
  };
};

/** Some findings of a request were not taken, and may be later. */
class FindingsRefused extends PartRefused {
  override readonly name = 'FindingsRefused';
}

const mayPass = (code: string | undefined): boolean => !/^(?:Invalid|Validation|AccessDenied)/.test(code ?? '');

/**
 * Sends what a complete run found to a Security Hub. What is not taken of a request is sent again by itself; what never
 * can be is named at the end, and keeps nothing else from being sent.
 */
export const tellSecurityHub = async (
  notification: Notification,
  hub: ReachedHub,
  rules: readonly RuleText[] = catalogue,
  { firstWaitMs, clock = systemClock }: HubEdges = {},
): Promise<Receipt> => {
  const { BatchImportFindingsCommand } = await import('@aws-sdk/client-securityhub');
  const client = await securityHubClient(hub);
  const ruleById = new Map(rules.map((rule) => [rule.id, rule]));
  const turn = paced(clock);
  const refused: string[] = [];

  const send = async (batch: readonly AsffFinding[]): Promise<void> => {
    let left = batch;
    const attempt = async (): Promise<void> => {
      await turn();
      const request = { Findings: [...left] } as unknown as BatchImportFindingsRequest;
      const { FailedFindings = [] } = await client.send(new BatchImportFindingsCommand(request));
      const codes = new Map(FailedFindings.map(({ Id, ErrorCode }) => [Id, ErrorCode]));
      for (const { Id } of left) if (codes.has(Id) && !mayPass(codes.get(Id))) refused.push(`${Id}: ${codes.get(Id)}`);
      left = left.filter(({ Id }) => codes.has(Id) && mayPass(codes.get(Id)));
      if (left.length > 0)
        throw new FindingsRefused(
          `Security Hub did not take ${left.length} of its findings: ${[...new Set(codes.values())].join(', ')}`,
        );
    };
    await untilTaken(attempt, firstWaitMs);
  };

  const scope = await hubScopeOf(notification);
  const told = async function* told(): AsyncGenerator<AsffFinding> {
    for await (const finding of findingsOf(notification, scope)) {
      const asff = asffFinding(finding, ruleById.get(finding.ruleId), notification.report, hub);
      if (asff !== undefined) yield asff;
    }
  };
  try {
    const findings = await sendInLanes(batchesOf(told()), MOST_REQUESTS, send);
    if (refused.length === 0) return { findings, scope };
  } finally {
    client.destroy();
  }
  const named = refused.slice(0, MOST_NAMED).join('; ');
  throw new Error(`Security Hub refused ${refused.length} findings for good, among them ${named}`);
};
