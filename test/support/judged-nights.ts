import { gzipSync } from 'node:zlib';
import type { Manifest, ManifestObject } from '../../core/archive/manifest.ts';
import { readFindingBaseline, readRoster, readRunLines } from '../../core/archive/read-run.ts';
import { linesOf, type SpoolFolder, stagedContent } from '../../core/archive/staging.ts';
import { criteriaOf } from '../../core/audit/criteria.ts';
import { openFindingFiles } from '../../core/audit/finding-files.ts';
import { beginJudging } from '../../core/audit/judging.ts';
import { judgeListing } from '../../core/audit/listing.ts';
import { configuredSettings } from '../../core/audit/settings.ts';
import { defaultConfig } from '../../core/config/config.ts';
import { stoppedClock } from '../../core/model/clock.ts';
import { runName } from '../../core/model/run-name.ts';
import { rules } from '../../rules/index.ts';
import { readJsonLines } from './archive-tree.ts';
import { type NightPlan, nightAt } from './archived-nights.ts';
import { anAuditRequest } from './audit-request.ts';
import { ACCOUNT, ENVIRONMENT } from './builders.ts';
import { listingOf } from './listing.ts';
import { memoryArchive } from './memory-archive.ts';

const DEFAULTS = defaultConfig(rules);

const memorySpools = (): SpoolFolder => ({
  open() {
    const held: Uint8Array[] = [];
    return {
      write(line) {
        return this.append(Buffer.from(`${line}\n`));
      },
      append(bytes) {
        held.push(bytes);
        return undefined;
      },
      finish: async () => stagedContent(gzipSync(Buffer.concat(held), { level: 1 })),
    };
  },
  remove: async () => {},
});

/**
 * Judges nights one after the other as an audit does, by what the last whole one left, and keeps no more of a run than
 * the next ones read: no report, page or mail, which take most of the time of a night of few users.
 */
export const judgedNights = () => {
  const archive = memoryArchive();
  const runs: Manifest[] = [];

  /** Gives the findings; of a night that is cut short none. */
  return async ({ number, users, end, config, waivers = [] }: NightPlan): Promise<readonly unknown[]> => {
    const asOf = nightAt(number);
    const settings = configuredSettings({ ...DEFAULTS, ...config }, waivers, ENVIRONMENT);
    const request = anAuditRequest({ asOf });
    const source = listingOf([users], end);
    const clock = stoppedClock(asOf.getTime());
    const criteria = criteriaOf(request, settings);
    const last = runs.at(-1);
    const spools = memorySpools();
    const judging = beginJudging(
      criteria,
      {
        manifest: last,
        findingBaseline: await readFindingBaseline(archive, last, criteria.catalogue),
        roster: await readRoster(archive, last),
        findings: async function* findings() {
          if (last !== undefined) yield* readRunLines(archive, last, 'findings');
        },
        async findEarlierRun(instant) {
          const manifest = runs.find((run) => run.asOf === instant);
          return (
            manifest && {
              manifest,
              records: () => readRunLines(archive, manifest, 'snapshot'),
              facts: async () => ({}),
            }
          );
        },
      },
      () => openFindingFiles(spools),
    );
    const listed = await judgeListing(source(0), judging, spools.open('snapshot'), clock, () => {});
    const isWhole = listed.end.complete && users.length > 0;
    const { evidence } = await judging.conclude(isWhole, () => linesOf(listed.snapshot));
    if (!isWhole) return [];
    const objects: Record<string, ManifestObject> = {};
    const run = runName(asOf);
    for (const name of ['findings', 'resolved', 'snapshot'] as const) {
      const { content, sha256, size } = name === 'snapshot' ? listed.snapshot : evidence[name];
      const key = `${run}/${name}.gz`;
      await archive.create(key, content, '');
      objects[name] = { key, sha256, size };
    }
    const { hashes, code, context } = criteria;
    runs.push({
      schemaVersion: 1,
      run,
      environmentId: ENVIRONMENT,
      accountId: ACCOUNT,
      region: 'us-east-1',
      asOf: asOf.toISOString(),
      listing: listed.listing,
      verdict: 'COMPLETE',
      counts: listed.counts,
      objects,
      hashes,
      code,
      rules: {},
      trustedAccounts: [...context.trustedAccounts],
    });
    return readJsonLines(archive, `${run}/findings.gz`);
  };
};
