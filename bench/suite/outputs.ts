import { makingMs } from '../../core/audit/request.ts';
import { OPTIONAL_OUTPUT_NAMES, type OptionalOutputName } from '../../core/model/optional-outputs.ts';
import { interleaved, type Measure, median } from '../measure.ts';
import type { MeasuredRun } from '../measured-run.ts';
import { servePages } from '../pages.ts';
import { measureRuns } from '../processes.ts';

const USERS = 100_000;
const MANY = 1_000_000;
const TIMES = 3;

/** A function of 512 MB has so much of a core: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const LAMBDA_CORES = 512 / 1769;

const NONE = 'none';
const ALL = OPTIONAL_OUTPUT_NAMES.join(' and ');

/** The choices of outputs that are measured: none, each, all. */
const ASKED: Readonly<Record<string, readonly OptionalOutputName[]>> = {
  [NONE]: [],
  ...Object.fromEntries(OPTIONAL_OUTPUT_NAMES.map((name) => [name, [name]])),
  [ALL]: OPTIONAL_OUTPUT_NAMES,
};

const nights = (url: string) =>
  Object.fromEntries(
    Object.entries(ASKED).map(([name, outputs]) => [name, () => measureRuns(url, 2, 'bench', { outputs })]),
  );

const of = (runs: readonly MeasuredRun[] = [], read: (run: MeasuredRun) => number): number => median(runs.map(read));

/** Measures what files for other tools add to the second night, in processes of their own. */
const added = async (): Promise<readonly Measure[]> => {
  const pages = await servePages({ users: USERS });
  try {
    const runs = await interleaved(TIMES, nights(pages.url));
    const than = (name: string, read: (run: MeasuredRun) => number) => of(runs[name], read) - of(runs[NONE], read);
    return Object.keys(ASKED).flatMap((name) =>
      name === NONE
        ? []
        : [
            {
              what: `${name} adds to a night of 100,000 users`,
              value: than(name, ({ cpuSeconds }) => cpuSeconds * 1000),
              unit: 'ms of CPU',
            },
            { what: `${name} adds to its memory`, value: than(name, ({ peakMemoryMb }) => peakMemoryMb), unit: 'MB' },
          ],
    );
  } finally {
    pages.close();
  }
};

/** The second night of many users with all of the outputs: whether they are written in the time that there is for storing. */
const many = async (): Promise<readonly Measure[]> => {
  const pages = await servePages({ users: MANY });
  try {
    const without = await measureRuns(pages.url, 2);
    const measured = await measureRuns(pages.url, 2, 'bench', { outputs: OPTIONAL_OUTPUT_NAMES });
    const cpuSeconds = measured.cpuSeconds - without.cpuSeconds;
    const most = makingMs({ outputs: OPTIONAL_OUTPUT_NAMES }) / 1000;
    return [
      { what: `peak of 1,000,000 users with ${ALL}`, value: measured.peakMemoryMb, unit: 'MB', most: 512 },
      { what: `${ALL} of 1,000,000 users, here`, value: measured.wallSeconds - without.wallSeconds, unit: 's', most },
      { what: 'the same in a function of 512 MB, by its CPU time', value: cpuSeconds / LAMBDA_CORES, unit: 's', most },
    ];
  } finally {
    pages.close();
  }
};

export const outputs = async (): Promise<readonly Measure[]> => [...(await added()), ...(await many())];
