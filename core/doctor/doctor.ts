import type { Archive } from '../archive/archive.ts';
import type { FinspaceSettings } from '../sources/finspace/settings.ts';
import { type AlertSettings, alertChecks } from './alerts.ts';
import { bucketChecks, folderChecks } from './archive.ts';
import { type CallerSettings, callerChecks } from './caller.ts';
import { type CheckResult, runChecks } from './check.ts';
import { type EnrichmentSettings, enrichmentChecks } from './enrichment.ts';
import { finspaceChecks } from './finspace.ts';
import { type KeepingSettings, keepingChecks } from './keeping.ts';
import { type ScheduleSettings, scheduleChecks } from './schedule.ts';

/** The archive that the evidence is to go to. */
export type EvidenceLocation = { readonly bucket: Archive } | { readonly folder: string };

export type DoctorSettings = FinspaceSettings &
  CallerSettings &
  EnrichmentSettings &
  AlertSettings &
  ScheduleSettings & {
    readonly location: EvidenceLocation;
    /** Undefined where the archive is a folder. */
    readonly keeping: KeepingSettings | undefined;
  };

/** The results of all checks, in the order in which they were made. */
export interface Diagnosis {
  readonly schemaVersion: 1;
  readonly environmentId: string;
  readonly checks: readonly CheckResult[];
}

/**
 * Checks everything that an audit needs, and changes nothing: no object is written and nobody is mailed, unless a
 * test mail is asked for. Never rejects for what it finds.
 */
export const doctor = async (settings: DoctorSettings): Promise<Diagnosis> => {
  const { location, environmentId, keeping } = settings;
  const checks = await runChecks([
    ...callerChecks(settings),
    ...finspaceChecks(settings),
    ...enrichmentChecks(settings),
    ...('bucket' in location
      ? bucketChecks(location.bucket, environmentId)
      : folderChecks(location.folder, environmentId)),
    ...(keeping === undefined ? [] : keepingChecks(keeping, environmentId)),
    ...alertChecks(settings),
    ...scheduleChecks(settings),
  ]);
  return { schemaVersion: 1, environmentId, checks };
};
