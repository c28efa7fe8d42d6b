import type { EventBridgeClientConfig, PutEventsRequestEntry, PutEventsResultEntry } from '@aws-sdk/client-eventbridge';
import type { RuleText } from '../../../rules/engine/rule.ts';
import { awsClient } from '../../aws/clients.ts';
import { plural } from '../../text/plain-text.ts';
import type { Channel } from '../channel.ts';
import { scopeOf } from '../marker.ts';
import { RECEIPTS } from '../receipts.ts';
import { type AuditEvent, findingEvents, runEvent } from './events.ts';
import {
  beginDelivery,
  type DeliveryTime,
  outOfTimeText,
  PartRefused,
  RETRIES,
  sendInLanes,
  untilTaken,
} from './lanes.ts';

const SOURCE = 'finspace-user-auditor';

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MOST_ENTRIES = 10;
/** All entries of a request take fewer bytes than this. */
const REQUEST_BYTES = 256 * 1024;

/**
 * Requests on their way at once: the findings of a first audit may be a million, and one request after the other would
 * not be through before the function's time is.
 */
const MOST_REQUESTS = 8;

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
const bytesOf = ({ Source = '', DetailType = '', Detail = '' }: PutEventsRequestEntry): number =>
  Buffer.byteLength(Source + DetailType + Detail);

/** Puts events into as few requests as the limits allow. */
async function* batchesOf(
  events: AsyncIterable<AuditEvent> | readonly AuditEvent[],
  bus: string,
): AsyncGenerator<readonly PutEventsRequestEntry[]> {
  let batch: PutEventsRequestEntry[] = [];
  let bytes = 0;
  for await (const { type, detail } of events) {
    const entry = { EventBusName: bus, Source: SOURCE, DetailType: type, Detail: JSON.stringify(detail) };
    const size = bytesOf(entry);
    if (batch.length === MOST_ENTRIES || (batch.length > 0 && bytes + size >= REQUEST_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Some entries of a request were not accepted. */
class EntriesRefused extends PartRefused {
  override readonly name = 'EntriesRefused';
}

const refusal = (results: readonly PutEventsResultEntry[], left: number): EntriesRefused => {
  const codes = new Set(results.flatMap(({ ErrorCode }) => ErrorCode ?? []));
  return new EntriesRefused(`EventBridge did not accept ${left} of its entries: ${[...codes].join(', ')}`);
};

export type EventBridgeSettings = EventBridgeClientConfig & DeliveryTime;

/**
 * Notifies programs by events on a bus, given as for `eventBridgeEvents`.
 * @param rules those that judge, where operators have some of their own
 */
export const eventBridgeChannel = (
  bus: string,
  rules?: readonly RuleText[],
  settings: EventBridgeSettings = {},
): Channel => {
  const publish = eventBridgeEvents(bus, settings);
  const name = 'events';
  return {
    name,
    hasReceipt: RECEIPTS[name],
    prepare: (notification) => async () => {
      const scope = notification.report.verdict === 'COMPLETE' ? await scopeOf(notification, name) : undefined;
      const findings = await publish(findingEvents(notification, scope, rules));
      // Once every one of them was accepted: whoever hears of the run knows that there are no more.
      const run = runEvent(notification, scope && { scope, findingEvents: findings });
      return { events: findings + (await publish([run], findings)) };
    },
  };
};

/**
 * Publishes to an event bus; resolves with the number of events once every one of them was accepted. Entries that the
 * bus does not accept are sent again, and nothing else; whole requests the client sends again by itself. A bus that does
 * not exist takes everything and passes nothing on. What the bus has not taken when the time is over is undelivered.
 * @param bus its name or its ARN
 */
export const eventBridgeEvents =
  (bus: string, { firstWaitMs, clock, until, ...config }: EventBridgeSettings = {}) =>
  /** @param before the number of events that were taken already, for the message of what is not */
  async (events: AsyncIterable<AuditEvent> | readonly AuditEvent[], before = 0): Promise<number> => {
    // Loaded where it is used: most audits publish none.
    const { EventBridgeClient, PutEventsCommand } = await import('@aws-sdk/client-eventbridge');
    const client = awsClient(EventBridgeClient, { maxAttempts: RETRIES + 1, ...config });
    const delivery = beginDelivery({ ...(clock && { clock }), ...(until !== undefined && { until }) });
    let taken = before;

    const put = async (batch: readonly PutEventsRequestEntry[]): Promise<void> => {
      let left = batch;
      const attempt = async (): Promise<void> => {
        delivery.requireTime();
        const asked = left;
        const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: [...asked] }), {
          abortSignal: delivery.signal,
        });
        // Results stand in the order of the entries; an entry without an id was not accepted.
        left = asked.filter((_, index) => Entries[index]?.EventId === undefined);
        taken += asked.length - left.length;
        if (left.length > 0) throw refusal(Entries, left.length);
      };
      await untilTaken(attempt, firstWaitMs, delivery.signal);
    };

    try {
      return await sendInLanes(batchesOf(events, bus), MOST_REQUESTS, put);
    } catch (error) {
      throw delivery.isOver(error) ? new Error(`EventBridge ${outOfTimeText(plural(taken, 'event'))}`) : error;
    } finally {
      delivery.end();
      client.destroy();
    }
  };
