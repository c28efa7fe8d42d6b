import type { Archive } from '../../core/archive/archive.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { readFindings } from '../../core/archive/read-findings.ts';
import { audit } from '../../core/audit/audit.ts';
import { configuredSettings } from '../../core/audit/settings.ts';
import { partitionOfRun } from '../../core/aws/partition.ts';
import type { Config } from '../../core/config/config.ts';
import { stoppedClock } from '../../core/model/clock.ts';
import type { Alert } from '../../core/notify/channel.ts';
import { digestChannel } from '../../core/notify/channels/digest.ts';
import { archivedFacts, archivedListing } from '../../core/sources/archived.ts';
import type { UserSource } from '../../core/sources/source.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import type { Rule } from '../../rules/engine/rule.ts';
import type { Waiver } from '../../rules/engine/waiver.ts';

/** The users of an archived run, as a source that an audit reads. */
export const archivedSource =
  (archive: Archive, manifest: Manifest): UserSource =>
  () => {
    const { pages, ...listing } = archivedListing({ archive, manifest });
    return {
      ...listing,
      pages: (async function* records() {
        for await (const page of pages) yield page.map(({ record }) => record);
      })(),
    };
  };

interface JudgedBy {
  readonly config: Config;
  readonly waivers: readonly Waiver[];
  readonly rules: readonly Rule[];
}

/**
 * Judges archived runs by whole audits, into an archive of their own: the dear way to learn what `replay` has to tell.
 * @param folder takes what the audits leave
 */
export const replayByAudit =
  (archive: Archive, { config, waivers, rules }: JudgedBy, folder: string) =>
  async (manifest: Manifest) => {
    const own = folderArchive(folder);
    const alerts: Alert[] = [];
    const { environmentId, accountId, region, run } = manifest;
    const asOf = new Date(manifest.asOf);
    const { report, highlights, objects } = await audit(
      {
        environmentId,
        accountId,
        region,
        partition: partitionOfRun(manifest),
        asOf,
        attempt: 'replay',
        deadline: Number.POSITIVE_INFINITY,
        acceptRosterDrop: true,
      },
      {
        ...configuredSettings(config, waivers, environmentId, rules),
        listUsers: archivedSource(archive, manifest),
        enrichments: archivedFacts({ archive, manifest }),
        archive: own,
        clock: stoppedClock(asOf.getTime()),
        channels: [digestChannel((alert) => Promise.resolve(String(alerts.push(alert))))],
      },
    );
    if (report.verdict !== 'COMPLETE') return { reason: report.reason, message: report.message };
    const findings: Finding[] = [];
    for await (const finding of readFindings(own, { run, objects })) findings.push(finding);
    return { report, highlights, findings, alert: alerts.at(-1) };
  };
