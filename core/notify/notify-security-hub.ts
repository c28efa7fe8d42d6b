import { crc32 } from 'node:zlib';
import type { BatchImportFindingsRequest, SecurityHubClientConfig } from '@aws-sdk/client-securityhub';
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
import { plural } from '../text/plain-text.ts';
import { type AsffFinding, asffFinding, type SecurityHub } from './asff.ts';
import type { Notification, Receipt } from './channel.ts';
import { isOpen, newsOf } from './channels/events.ts';
import {
  beginDelivery,
  type DeliveryTime,
  outOfTimeText,
  PartRefused,
  sendInLanes,
  untilTaken,
} from './channels/lanes.ts';
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

/** A Security Hub, and the keys that it lets in. */
export interface ReachedHub extends SecurityHub {
  readonly credentials: NonNullable<SecurityHubClientConfig['credentials']>;
}

/** Makes the client of a Security Hub. */
export const securityHubClient = async ({ region, credentials }: ReachedHub) => {
  const { SecurityHubClient } = await import('@aws-sdk/client-securityhub');
  return awsClient(SecurityHubClient, { region, credentials });
};

/** Counts the times at which all is sent; environments have theirs at different moments. */
const periodOf = (instant: number, environmentId: string): number =>
  Math.floor((instant + crc32(environmentId)) / (ALL_EVERY_DAYS * DAY_MS));

const hubScopeOf = async (notification: Notification, channel: string): Promise<Scope> => {
  const { environmentId, asOf, previousRun = '' } = notification.report;
  const [now, before] = [Date.parse(asOf), runInstant(previousRun)?.getTime() ?? 0];
  if (periodOf(now, environmentId) !== periodOf(before, environmentId)) return 'all';
  return scopeOf(notification, channel);
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

/** A request that was refused as a whole for what stands in it: one of its findings may be to blame for all. */
const isForContent = (error: unknown): error is Error =>
  error instanceof Error && /^(?:InvalidInput|Validation|Serialization|RequestEntityTooLarge)/.test(error.name);

/** Requests that may be split in two. To find one finding among a hundred takes seven. */
export const MOST_SPLITS = 100;

/** Halves a list that has more than one entry. */
const halvesOf = <T>(all: readonly T[]): readonly (readonly T[])[] => {
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)];
};

/** Says what Security Hub did not take; undefined where it took all. */
const describeMissing = (refused: readonly string[], unsearched: number, isLate: boolean, taken: number) => {
  const named = refused.slice(0, MOST_NAMED).join('; ');
  const sentences = [
    ...(refused.length > 0 ? [`refused ${plural(refused.length, 'finding')} for good, among them ${named}`] : []),
    ...(unsearched > 0
      ? [`refused ${unsearched} more together, and which of them is to blame was not looked for`]
      : []),
    ...(isLate ? [outOfTimeText(plural(taken, 'finding'))] : []),
  ];
  return sentences.length === 0 ? undefined : `Security Hub ${sentences.join('; it ')}`;
};

/**
 * Sends what a complete run found to a Security Hub. What is not taken of a request is sent again by itself; what never
 * can be is named at the end, and keeps nothing else from being sent: a request that is refused as a whole is split until
 * the finding that is to blame stands alone.
 * @param channel the name of the channel, by whose markers it is known what was told before
 */
export const notifySecurityHub = async (
  notification: Notification,
  hub: ReachedHub,
  channel: string,
  rules: readonly RuleText[] = catalogue,
  { clock = systemClock, ...time }: DeliveryTime = {},
): Promise<Receipt> => {
  const { BatchImportFindingsCommand } = await import('@aws-sdk/client-securityhub');
  const scope = await hubScopeOf(notification, channel);
  const client = await securityHubClient(hub);
  const ruleById = new Map(rules.map((rule) => [rule.id, rule]));
  const turn = paced(clock);
  const delivery = beginDelivery({ clock, ...time });
  const refused: string[] = [];
  let taken = 0;
  let splits = 0;
  let unsearched = 0;
  let isLate = false;

  const importAll = async (batch: readonly AsffFinding[]): Promise<void> => {
    let left = batch;
    const attempt = async (): Promise<void> => {
      await turn();
      delivery.requireTime();
      const request = { Findings: [...left] } as unknown as BatchImportFindingsRequest;
      const { FailedFindings = [], SuccessCount } = await client.send(new BatchImportFindingsCommand(request), {
        abortSignal: delivery.signal,
      });
      const codes = new Map(FailedFindings.map(({ Id, ErrorCode }) => [Id, ErrorCode]));
      const unnamed = left.filter(({ Id }) => !codes.has(Id)).length;
      // What is named nowhere may have been taken or not; to send it again changes nothing of what was.
      if (SuccessCount !== unnamed)
        throw new FindingsRefused(
          `Security Hub said that it took ${SuccessCount ?? 'an unknown number'} of ${left.length} findings, and did not name the others`,
        );
      for (const { Id } of left) if (codes.has(Id) && !mayPass(codes.get(Id))) refused.push(`${Id}: ${codes.get(Id)}`);
      taken += unnamed;
      left = left.filter(({ Id }) => codes.has(Id) && mayPass(codes.get(Id)));
      if (left.length > 0)
        throw new FindingsRefused(
          `Security Hub did not take ${left.length} of its findings: ${[...new Set(codes.values())].join(', ')}`,
        );
    };
    try {
      await untilTaken(attempt, time.firstWaitMs, delivery.signal);
    } catch (error) {
      if (!isForContent(error)) throw error;
      const [only, ...others] = left;
      if (only !== undefined && others.length === 0) refused.push(`${only.Id}: ${error.name}`);
      else if (splits < MOST_SPLITS) {
        splits += 1;
        for (const half of halvesOf(left)) await importAll(half);
      } else unsearched += left.length;
    }
  };

  const findings = async function* findings(): AsyncGenerator<AsffFinding> {
    for await (const finding of findingsOf(notification, scope)) {
      const asff = asffFinding(finding, ruleById.get(finding.ruleId), notification.report, hub);
      if (asff !== undefined) yield asff;
    }
  };
  try {
    await sendInLanes(batchesOf(findings()), MOST_REQUESTS, importAll);
  } catch (error) {
    if (!delivery.isOver(error)) throw error;
    isLate = true;
  } finally {
    delivery.end();
    client.destroy();
  }
  const missing = describeMissing(refused, unsearched, isLate, taken);
  if (missing !== undefined) throw new Error(missing);
  return { findings: taken, scope };
};
