import { attemptMarkersPrefix, type RunKeys, runKeys } from '../archive/keys.ts';
import type { Manifest } from '../archive/manifest.ts';
import { readRunLines } from '../archive/read-run.ts';
import type { Run } from '../audit/run.ts';
import type { Report } from '../model/report.ts';
import type { Alert, PublishEvents } from './channel.ts';
import { eventsOf, type Tidings } from './channels/events.ts';
import { type Delivery, deliver, tellOnce, wasToldBefore } from './deliver.ts';
import type { UndeliveredAlert } from './undelivered.ts';

/** Far longer than an attempt takes from its manifest to the marker of its alert. */
const ALERT_WAIT_MS = 10_000;

/** How long to wait for the attempt that wrote the manifest to tell, in milliseconds. */
export const waitOf = ({ settings }: Run): number => settings.alertWaitMs ?? ALERT_WAIT_MS;

/** Sends the digest of a complete run, once; quiet where nothing changed. */
export const deliverDigest = async (
  { settings }: Run,
  { run, environmentId, asOf, verdict }: Manifest,
  digest: Alert | undefined,
  waitMs: number,
): Promise<Delivery> => {
  if (digest === undefined) return { outcome: 'quiet' };
  return deliver({
    archive: settings.archive,
    markerKey: runKeys(environmentId, new Date(asOf)).alert,
    send: settings.sendAlert,
    alert: digest,
    facts: { run, verdict },
    waitMs,
  });
};

/** Tells that a run is not complete, once for each reason however many attempts end so. */
export const deliverShortfall = async (
  { request, settings }: Run,
  keys: RunKeys,
  { run, verdict, reason = 'config' }: Report,
  digest: Alert | undefined,
): Promise<Delivery> => {
  if (digest === undefined) return { outcome: 'quiet' };
  const { archive, sendAlert } = settings;
  if (
    await wasToldBefore(archive, attemptMarkersPrefix('alerts', request.environmentId, request.asOf), reason)
  ) {
    return { outcome: 'already-sent' };
  }
  return deliver({
    archive,
    markerKey: keys.alert,
    send: sendAlert,
    alert: digest,
    facts: { run, verdict, reason },
    waitMs: 0,
  });
};

const publishOnce = (
  { settings: { archive } }: Run,
  publish: PublishEvents,
  markerKey: string,
  tidings: Tidings,
  waitMs: number,
): Promise<Delivery> => {
  const { run, verdict, reason } = tidings.report;
  return tellOnce({ archive, markerKey, waitMs }, async () => ({
    run,
    verdict,
    ...(reason !== undefined && { reason }),
    events: await publish(eventsOf(tidings)),
  }));
};

/** The events of a complete run: its findings are read back, since there may be any number of them. */
export const publishRun = async (
  run: Run,
  manifest: Manifest,
  report: Report,
  waitMs: number,
): Promise<Delivery | undefined> => {
  const { archive, publishEvents } = run.settings;
  if (publishEvents === undefined) return undefined;
  const tidings = {
    report,
    reportKey: run.keys.object('report'),
    findings: readRunLines(archive, manifest, 'findings'),
  };
  return publishOnce(run, publishEvents, run.keys.events, tidings, waitMs);
};

/** The event of a run that is not complete, once for each reason. */
export const publishShortfall = async (
  run: Run,
  keys: RunKeys,
  report: Report,
): Promise<Delivery | undefined> => {
  const { request, settings } = run;
  const { archive, publishEvents } = settings;
  if (publishEvents === undefined) return undefined;
  const { reason = 'config' } = report;
  const prefix = attemptMarkersPrefix('events', request.environmentId, request.asOf);
  if (await wasToldBefore(archive, prefix, reason)) return { outcome: 'already-sent' };
  const tidings = { report, reportKey: keys.object('report'), findings: [] as const };
  return publishOnce(run, publishEvents, keys.events, tidings, 0);
};

/** Sends what earlier runs could not; where that fails again, the next run tries. */
export const deliverUndelivered = async (
  { settings }: Run,
  undelivered: readonly UndeliveredAlert[],
): Promise<void> => {
  const { archive, sendAlert: send } = settings;
  for (const errand of undelivered) {
    const { outcome } = await deliver({ ...errand, archive, send, waitMs: 0 });
    if (outcome === 'failed') return;
  }
};
