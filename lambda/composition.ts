import { eventBridgeEvents } from './alerts/event-bridge.ts';
import type { AuditSettings } from './audit.ts';
import type { Config } from './config.ts';

/** What the function does besides, where the config asks for it. */
export const configuredEdges = ({ events }: Config): Pick<AuditSettings, 'publishEvents'> =>
  events === undefined ? {} : { publishEvents: eventBridgeEvents(events.bus) };
