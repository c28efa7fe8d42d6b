import * as z from 'zod/mini';
import type { Archive } from '../core/archive/archive.ts';
import { findSilence, NOT_DUE, type SilenceSettings } from '../core/doctor/silence.ts';
import { findUnverified } from '../core/doctor/unverified.ts';

const silenceEvent = z.strictObject({
  scheduledTime: z.iso.datetime({ offset: true }),
  environmentIds: z.array(z.string()),
  schedule: z.strictObject({ cron: z.string(), timezone: z.string() }),
  graceHours: z.number(),
});

/** The event that the schedule sends each hour; the stack wrote all but the time. */
export type SilenceEvent = z.infer<typeof silenceEvent>;

export const readSilenceEvent = (event: unknown): SilenceEvent => z.parse(silenceEvent, event);

/** The environments that are overdue, and what people are told of those that have been for another day. */
export interface SilenceAnswer {
  readonly silent: readonly string[];
  /** Those that have the run that was due last; where none was due yet, an environment is of neither. */
  readonly seen: readonly string[];
  /** Those whose archive was not verified of late, or had a problem when it was. */
  readonly unverified: readonly string[];
  readonly mail?: { readonly subject: string; readonly body: string };
}

/** Looks at every environment of an event. The first notice is an alarm's; this tells again, each day until it ends. */
export const checkSilence = async (
  archive: Archive,
  { environmentIds, scheduledTime, ...settings }: SilenceEvent & Pick<SilenceSettings, 'askedSince'>,
): Promise<SilenceAnswer> => {
  const now = Date.parse(scheduledTime);
  const silences = [];
  const seen = [];
  for (const id of environmentIds) {
    const silence = await findSilence(archive, id, { ...settings, now });
    if (silence === undefined) seen.push(id);
    else if (silence !== NOT_DUE) silences.push(silence);
  }
  const silent = silences.map(({ environmentId }) => environmentId);
  const unverified = [];
  for (const id of environmentIds) if ((await findUnverified(archive, id, now)) !== undefined) unverified.push(id);
  const again = silences.filter(({ hours }) => hours >= 24 && hours % 24 === 0);
  const [first, ...others] = again;
  if (first === undefined) return { silent, seen, unverified };

  const what = others.length === 0 ? `environment ${first.environmentId}` : `${again.length} environments`;
  const lines = again.map(({ environmentId, message }) => `${environmentId}: ${message}`);
  const remedy = 'What to do: docs/runbook.md#no-complete-run. This is told again every day until a run is complete.';
  return {
    silent,
    seen,
    unverified,
    mail: { subject: `FinSpace auditor: still no complete run of ${what}`, body: [...lines, '', remedy].join('\n') },
  };
};
