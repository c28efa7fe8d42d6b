import type { Notification } from '../../core/notify/channel.ts';
import { type AuditEvent, findingEvents, runEvent } from '../../core/notify/channels/events.ts';
import type { Scope } from '../../core/notify/marker.ts';

/** Everything that is told of a run, in order, as a bus gets it that takes all of it. */
export async function* eventsOf(
  notification: Pick<Notification, 'report' | 'head' | 'reportKey' | 'findings'>,
  scope: Scope = 'changes',
): AsyncGenerator<AuditEvent> {
  let told = 0;
  for await (const event of findingEvents(notification, scope)) {
    yield event;
    told += 1;
  }
  const isWhole = notification.report.verdict === 'COMPLETE';
  yield runEvent(notification, isWhole ? { scope, findingEvents: told } : undefined);
}
