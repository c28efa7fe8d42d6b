import type { Archive } from '../archive/archive.ts';
import { folderArchive } from '../archive/folder.ts';
import type { FinspaceSettings } from '../sources/finspace/settings.ts';
import { type AlertSettings, alertChecks } from './alerts.ts';
import { bucketChecks, folderChecks } from './archive.ts';
import { type CallerSettings, callerChecks } from './caller.ts';
import { type CheckResult, runChecks } from './check.ts';
import { type EnrichmentSettings, enrichmentChecks } from './enrichment.ts';
import { finspaceChecks } from './finspace.ts';
import { type KeepingSettings, keepingChecks } from './keeping.ts';
import { type RosterCheckSettings, rosterChecks } from './roster.ts';
import { type ScheduleSettings, scheduleChecks } from './schedule.ts';
import { type SecurityHubSettings, securityHubChecks } from './security-hub.ts';

/** The archive that the evidence is to go to. */
export type EvidenceLocation = { readonly bucket: Archive } | { readonly folder: string };

export type DoctorSettings = FinspaceSettings &
  CallerSettings &
  EnrichmentSettings &
  AlertSettings &
  ScheduleSettings &
  RosterCheckSettings &
  SecurityHubSettings & {
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
  const { location, environmentId, keeping, openRoster } = settings;
  const archive = 'bucket' in location ? location.bucket : folderArchive(location.folder);
  const isSaved = openRoster !== undefined;
  const checks = await runChecks([
    ...rosterChecks(settings, archive),
    // What is on this disk needs nobody's keys.
    ...(isSaved && 'folder' in location ? [] : callerChecks(settings)),
    ...(isSaved ? [] : finspaceChecks(settings)),
    ...enrichmentChecks(settings),
    ...('bucket' in location
      ? bucketChecks(location.bucket, environmentId)
      : folderChecks(location.folder, environmentId)),
    ...(keeping === undefined ? [] : keepingChecks(keeping, environmentId)),
    ...alertChecks(settings),
    ...securityHubChecks(settings),
    ...scheduleChecks(settings),
  ]);
  return { schemaVersion: 1, environmentId, checks };
};
