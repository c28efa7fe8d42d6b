import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Archive } from '../../core/archive/archive.ts';
import { folderArchive } from '../../core/archive/folder.ts';
import { runKeys } from '../../core/archive/keys.ts';
import type { Manifest } from '../../core/archive/manifest.ts';
import { readRunLines } from '../../core/archive/read-run.ts';
import { audit } from '../../core/audit/audit.ts';
import { configuredSettings } from '../../core/audit/settings.ts';
import { partitionOf } from '../../core/aws/partition.ts';
import { isNews } from '../../core/model/highlights.ts';
import type { Report } from '../../core/model/report.ts';
import type { Alert } from '../../core/notify/channel.ts';
import { digestChannel } from '../../core/notify/channels/digest.ts';
import { chooseSource } from '../../core/sources/index.ts';
import type { Finding } from '../../rules/engine/finding.ts';
import type { ConfigFiles } from '../arguments/config-files.ts';

/** What a night comes to under one config. */
export interface Judged {
  readonly report: Report;
  /** The digest that people would have been mailed; undefined: they would have been left in peace. */
  readonly alert: Alert | undefined;
  /** The rules that the digest tells of. */
  readonly toldRules: readonly string[];
  /** Read them before the next night is judged. */
  findings(): AsyncIterable<Finding>;
}

/** Judges archived nights, one after the other, as if each had been tonight's. */
export interface Judge {
  judge(night: Manifest, signal: AbortSignal): Promise<Judged>;
}

/**
 * A judge that keeps its own history in a folder of its own.
 * @param archive is read, and only read
 */
export const openJudge = (archive: Archive, { config, waivers }: ConfigFiles, folder: string): Judge => {
  const own = folderArchive(folder);
  let outdated: readonly string[] = [];

  /** Nothing looks back further than the night before: a stretch of years would fill the disk. */
  const forgetOutdated = async (keys: readonly string[]): Promise<void> => {
    for (const key of outdated) await rm(join(folder, key), { force: true });
    outdated = keys;
  };

  return {
    async judge(night, signal) {
      const alerts: Alert[] = [];
      const { environmentId, accountId, region, run } = night;
      const asOf = new Date(night.asOf);
      const { report, highlights, objects } = await audit(
        {
          environmentId,
          accountId,
          region,
          partition: partitionOf(region),
          asOf,
          attempt: 'replay',
          deadline: Number.POSITIVE_INFINITY,
          // That night's run was complete: either it was no drop then, or somebody accepted it.
          acceptRosterDrop: true,
        },
        {
          ...configuredSettings(config, waivers, environmentId),
          listUsers: chooseSource({ archive, manifest: night, signal }),
          archive: own,
          channels: [
            digestChannel((alert) => {
              alerts.push(alert);
              return Promise.resolve('replay');
            }),
          ],
        },
      );
      if (report.verdict === 'COMPLETE') {
        const keys = Object.values(objects).map(({ key }) => key);
        await forgetOutdated([...keys, runKeys(environmentId, asOf).manifest]);
      }
      const alert = report.verdict === 'COMPLETE' ? alerts.at(-1) : undefined;
      const told = alert === undefined ? [] : highlights.filter(({ kind }) => isNews(kind));
      return {
        report,
        alert,
        toldRules: [...new Set(told.map(({ ruleId }) => ruleId))],
        findings: () => readRunLines(own, { run, objects }, 'findings') as AsyncIterable<Finding>,
      };
    },
  };
};
