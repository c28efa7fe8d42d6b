import { join } from 'node:path';
import { interleaved, type Measure, medianSeconds, type Taken } from '../measure.ts';
import { ASOF, servePages } from '../pages.ts';
import { measureNights, runJson, runScript } from '../processes.ts';

const USERS = 100_000;
const TIMES = 5;

const hasBoto3 = (): Promise<boolean> =>
  runJson('python3', ['-c', 'import boto3; boto3.client("finspace-data", "us-east-1"); print("true")']).then(
    () => true,
    () => false,
  );

/** Lists, judges by the whole catalogue and writes every artefact, beside the least that any client does. */
export const throughput = async (): Promise<readonly Measure[]> => {
  const pages = await servePages({ users: USERS });
  const peer = join(import.meta.dirname, '../peers/boto3_audit.py');
  const withBoto3 = await hasBoto3();
  try {
    const taken = await interleaved<string, Taken>(TIMES, {
      bare: () => runScript<Taken>('bare-loop.ts', [pages.url]),
      audit: () => measureNights(pages.url, 1),
      ...(withBoto3 && { boto3: () => runJson<Taken>('python3', [peer, pages.url, `${ASOF.getTime()}`]) }),
    });
    const audit = medianSeconds(taken.audit);
    return [
      { what: 'audit of 100,000 users', value: audit, unit: 's' },
      { what: 'bare loop over the same pages', value: medianSeconds(taken.bare), unit: 's' },
      { what: 'audit / bare loop', value: audit / medianSeconds(taken.bare), unit: '×', most: 1.3 },
      withBoto3
        ? {
            what: 'audit / boto3 with three rules',
            value: audit / medianSeconds(taken.boto3),
            unit: '×',
            most: 1,
          }
        : {
            what: 'audit / boto3 with three rules',
            value: Number.NaN,
            unit: '',
            note: 'skipped: no boto3 here',
          },
    ];
  } finally {
    pages.close();
  }
};
