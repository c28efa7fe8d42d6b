import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Archive } from '../../core/archive/archive.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import { runKeys } from '../../core/archive/keys.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { readFindings } from '../../core/archive/read-findings.ts';
import { audit } from '../../core/audit/audit.ts';
import { configuredSettings } from '../../core/audit/settings.ts';
import { partitionOfRun } from '../../core/aws/partition.ts';
import { stoppedClock } from '../../core/model/clock.ts';
import { isNews } from '../../core/model/highlights.ts';
import type { Report } from '../../core/model/report.ts';
import type { Alert } from '../../core/notify/channel.ts';
import { digestChannel } from '../../core/notify/channels/digest.ts';
import { chooseEnrichments, chooseSource } from '../../core/sources/index.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import type { ConfigFiles } from '../arguments/config-files.ts';

/** A run as one config judges it. */
export interface JudgedRun {
  readonly report: Report;
  /** The digest that people would have been mailed; undefined: they would have been left in peace. */
  readonly alert: Alert | undefined;
  /** The rules that the digest has news of. */
  readonly notifiedRules: readonly string[];
  /** Read them before the next run is judged. */
  findings(): AsyncIterable<Finding>;
}

/** Judges archived runs, one after the other, as if each were of today. */
export type RunJudge = (manifest: Manifest, signal: AbortSignal) => Promise<JudgedRun>;

/**
 * Opens a judge that keeps a history of its own in a folder.
 * @param archive is read, and only read
 */
export const openRunJudge = (archive: Archive, { config, waivers, rules }: ConfigFiles, folder: string): RunJudge => {
  const own = folderArchive(folder);
  /** By the instant of the run. */
  const left = new Map<string, { readonly judgedBy: readonly string[]; others: readonly string[] }>();
  const remove = (key: string): Promise<void> => rm(join(folder, key), { force: true });

  /**
   * Nothing is read of the history but the run before, and the snapshots and facts in which a carried finding last failed: a
   * stretch of years would fill the disk.
   */
  const forgetOutdated = async (findings: AsyncIterable<Finding>): Promise<void> => {
    const needed = new Set<string>();
    for await (const { carried, lastSeen } of findings) if (carried) needed.add(lastSeen);
    for (const [asOf, kept] of left) {
      for (const key of kept.others) await remove(key);
      kept.others = [];
      if (needed.has(asOf)) continue;
      for (const key of kept.judgedBy) await remove(key);
      left.delete(asOf);
    }
  };

  return async (manifest, signal) => {
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
        // The run was complete then: either it was no drop, or somebody accepted it.
        acceptRosterDrop: true,
      },
      {
        ...configuredSettings(config, waivers, environmentId, rules),
        listUsers: chooseSource({ archive, manifest, signal }),
        enrichments: chooseEnrichments({ archive, manifest }),
        archive: own,
        // Also of a run whose asOf was ahead of every clock.
        clock: stoppedClock(asOf.getTime()),
        channels: [
          digestChannel((alert) => {
            alerts.push(alert);
            return Promise.resolve('replay');
          }),
        ],
      },
    );
    const { snapshot, principals, groups, ...others } = objects;
    if (report.verdict === 'COMPLETE' && snapshot !== undefined) {
      await forgetOutdated(readFindings(own, { run, objects }));
      const keys = Object.values(others).map(({ key }) => key);
      const judgedBy = [snapshot, principals, groups].flatMap((object) => object?.key ?? []);
      left.set(report.asOf, { judgedBy, others: [...keys, runKeys(environmentId, asOf).manifest] });
    }
    const alert = report.verdict === 'COMPLETE' ? alerts.at(-1) : undefined;
    const news = alert === undefined ? [] : highlights.filter(({ kind }) => isNews(kind));
    return {
      report,
      alert,
      notifiedRules: [...new Set(news.map(({ ruleId }) => ruleId))],
      findings: () => readFindings(own, { run, objects }),
    };
  };
};
