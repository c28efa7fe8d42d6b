import type { Archive, Content } from '../core/archive/archive.ts';
import { folderArchive } from '../core/archive/folder.ts';
import { measure } from '../lambda/metrics.ts';
import { type Asked, completeAudit, settingsOf, type Target } from './complete-audit.ts';
import { readyFacts } from './enriched.ts';

/** An object that a run leaves. */
export interface Written {
  readonly area: string;
  /** Its size in bytes. */
  readonly size: number;
}

/** The cost of a run in time, memory and requests. */
export interface MeasuredRun {
  readonly users: number;
  readonly findings: number;
  /** The number of metrics that a run publishes. */
  readonly metrics: number;
  readonly wallSeconds: number;
  /** The seconds of one core, in user and system mode. */
  readonly cpuSeconds: number;
  /** The most that the process had resident, in MB. */
  readonly peakMemoryMb: number;
  /** The requests to FinSpace. */
  readonly requests: number;
  readonly written: readonly Written[];
  /** GET and HEAD. */
  readonly reads: number;
  readonly lists: number;
}

const counting = (archive: Archive) => {
  const counts = { written: [] as Written[], reads: 0, lists: 0 };
  const write = (key: string, content: Content): void => {
    const size = 'bytes' in content ? content.bytes.length : content.size;
    counts.written.push({ area: key.slice(0, key.indexOf('/')), size });
  };
  const counted: Archive = {
    ...archive,
    read(key) {
      counts.reads += 1;
      return archive.read(key);
    },
    has(key) {
      counts.reads += 1;
      return archive.has(key);
    },
    create(key, content, type) {
      write(key, content);
      return archive.create(key, content, type);
    },
    replace(key, content, type, version) {
      write(key, content);
      return archive.replace(key, content, type, version);
    },
    list(prefix, after) {
      counts.lists += 1;
      return archive.list(prefix, after);
    },
  };
  return { counted, counts };
};

/** Audits into a folder. This process does nothing else, so that only the audit is measured. */
const measureRun = async (folder: string, target: Target, asked: Asked): Promise<MeasuredRun> => {
  const { counted, counts } = counting(folderArchive(folder));
  // Read before the clock starts: a function's settings come with its code, parsed and checked.
  const settings = {
    ...settingsOf(target.environmentId, asked),
    ...(asked.isEnriched && { enrichments: readyFacts() }),
  };
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  const { report } = await completeAudit(counted, target, settings);
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    users: report.counts.users,
    findings: Object.values(report.findings.byState).reduce((sum, count) => sum + count, 0),
    metrics: Object.keys(measure({ report }, 0)).length,
    wallSeconds: (performance.now() - before) / 1000,
    cpuSeconds: (user + system) / 1e6,
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
    requests: report.counts.requests,
    ...counts,
  };
};

const [folder = '', endpoint = '', environmentId = '', asOf = '', asked = '{}'] = process.argv.slice(2);
const target = { endpoint, environmentId, asOf: new Date(asOf) };
const measured = await measureRun(folder, target, JSON.parse(asked));
process.stdout.write(JSON.stringify(measured));
