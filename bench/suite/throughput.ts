import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleaved, type Measure, medianSeconds, type Taken } from '../measure.ts';
import { ASOF, servePages } from '../pages.ts';
import { measureRuns, runJson, runScript } from '../processes.ts';
import { saveRoster } from '../roster-file.ts';

const USERS = 100_000;
const TIMES = 5;
const AGAINST_BOTO3 = { what: 'audit / boto3 with three rules', unit: '×' };

/** Debian's first: a package of Debian's is not seen by the `python3` of a version manager, which may well be slower. */
const PYTHONS: readonly string[] = ['/usr/bin/python3', 'python3'];

interface Boto3 {
  readonly python: string;
  readonly versions: string;
}

const VERSIONS = `import json, platform, boto3
boto3.client("finspace-data", "us-east-1")
print(json.dumps(f"boto3 {boto3.__version__} on Python {platform.python_version()}"))`;

/** The first Python that has boto3; none where no one has it. */
const findBoto3 = async (): Promise<Boto3 | undefined> => {
  for (const python of PYTHONS) {
    const versions = await runJson<string>(python, ['-c', VERSIONS]).catch(() => undefined);
    if (versions !== undefined) return { python, versions };
  }
  return undefined;
};

/** Lists, judges by the whole catalogue and writes every artefact, beside the least that any client does. */
export const throughput = async (): Promise<readonly Measure[]> => {
  const pages = await servePages({ users: USERS });
  const peer = join(import.meta.dirname, '../peers/boto3_audit.py');
  const boto3 = await findBoto3();
  const folder = await mkdtemp(join(tmpdir(), 'finspace-audit-bench-'));
  try {
    const roster = await saveRoster(folder, USERS);
    const taken = await interleaved<string, Taken>(TIMES, {
      bare: () => runScript<Taken>('bare-loop.ts', [pages.url]),
      audit: () => measureRuns(pages.url, 1),
      saved: () => measureRuns(roster, 1),
      ...(boto3 && { boto3: () => runJson<Taken>(boto3.python, [peer, pages.url, `${ASOF.getTime()}`]) }),
    });
    const audit = medianSeconds(taken.audit);
    return [
      { what: 'audit of 100,000 users', value: audit, unit: 's' },
      { what: 'bare loop over the same pages', value: medianSeconds(taken.bare), unit: 's' },
      { what: 'audit / bare loop', value: audit / medianSeconds(taken.bare), unit: '×', most: 1.3 },
      { what: 'audit of the same from a gzipped file', value: medianSeconds(taken.saved), unit: 's' },
      { what: 'audit from a file / by HTTP', value: medianSeconds(taken.saved) / audit, unit: '×', most: 0.85 },
      ...(boto3 === undefined
        ? [{ ...AGAINST_BOTO3, value: Number.NaN, note: 'skipped: no boto3 here' }]
        : [
            { what: `${boto3.versions}, three rules`, value: medianSeconds(taken.boto3), unit: 's' },
            { ...AGAINST_BOTO3, value: audit / medianSeconds(taken.boto3), most: 1 },
          ]),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
    pages.close();
  }
};
