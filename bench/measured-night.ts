import type { Archive, Content } from '../core/archive/archive.ts';
import { folderArchive } from '../core/archive/folder.ts';
import { measure } from '../lambda/metrics.ts';
import { auditNight, type Night, settingsOf } from './audit-night.ts';

/** An object that a night leaves. */
export interface Written {
  readonly area: string;
  /** In bytes. */
  readonly size: number;
}

/** What a night costs. */
export interface MeasuredNight {
  readonly users: number;
  readonly findings: number;
  /** How many metrics a run publishes. */
  readonly metrics: number;
  readonly wallSeconds: number;
  /** Of one core, in user and system mode. */
  readonly cpuSeconds: number;
  /** The most that the process had resident, in MB. */
  readonly peakMemoryMb: number;
  /** To FinSpace. */
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

/** Audits a night into a folder, in a process of its own, so that only the audit is measured. */
const measureNight = async (folder: string, night: Night): Promise<MeasuredNight> => {
  const { counted, counts } = counting(folderArchive(folder));
  // Before the clock starts: a function's come with its code, parsed and checked.
  const settings = settingsOf(night.environmentId);
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  const { report } = await auditNight(counted, night, settings);
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

const [folder = '', endpoint = '', environmentId = '', asOf = ''] = process.argv.slice(2);
const measured = await measureNight(folder, { endpoint, environmentId, asOf: new Date(asOf) });
process.stdout.write(JSON.stringify(measured));
