import { join } from 'node:path';
import { runName } from '../../core/model/run-name.ts';
import { HOUR_MS } from '../../rules/engine/time.ts';
import { serveBucket } from '../bucket.ts';
import { interleaved, type Measure, median } from '../measure.ts';
import type { MeasuredRun } from '../measured-run.ts';
import { archivedNights, ENVIRONMENT, linkArchive, nightAt, userOf } from '../nights.ts';
import { ASOF, servePages } from '../pages.ts';
import { inFolder, measureProgram, runScript, type Spent } from '../processes.ts';

/** Seven years of nights. */
const DEEP = { nights: 2555, users: 20 };
const LARGE = { nights: 120, users: 2000 };
/** Some 8,000 objects. */
const OF_BUCKET = { nights: 950, users: 20 };
const LATENCY_MS = 30;
/** The users of a night that is held against one of long before. */
const USERS = 2000;
const TIMES = 5;
const NIGHTS = 9;

const COMMAND = join(import.meta.dirname, '../../bin/finspace-audit.js');

/** Runs a command of the auditor, as people do. */
const command = (words: readonly string[], env?: Readonly<Record<string, string>>): Promise<Spent> =>
  measureProgram(process.execPath, [COMMAND, ...words], env);

const wallOf = (spent: readonly Spent[]): number => median(spent.map(({ wallSeconds }) => wallSeconds));
const cpuOf = (spent: readonly Spent[]): number => median(spent.map(({ cpuSeconds }) => cpuSeconds));

const replayed = async (): Promise<readonly Measure[]> => {
  const folder = await archivedNights(LARGE);
  const spent = await interleaved(TIMES, { replay: () => command(['replay', '--out', folder]) });
  const userNights = LARGE.nights * LARGE.users;
  return [
    {
      what: `replay of ${LARGE.nights} nights of ${LARGE.users} users, start included`,
      value: (cpuOf(spent.replay) / userNights) * 1e6,
      unit: 'µs of CPU a user and night',
      most: 15,
    },
    { what: 'the same, on the clock', value: wallOf(spent.replay), unit: 's' },
  ];
};

const sha256sum = (folder: string): Promise<Spent> =>
  measureProgram('/bin/sh', ['-c', 'find "$0" -type f -print0 | xargs -0 sha256sum', folder]);

/** Both over the same files, and over those of one night, which tells what it takes to start. */
const verified = async (): Promise<readonly Measure[]> => {
  const folder = await archivedNights(LARGE);
  const one = await archivedNights({ nights: 1, users: 20 });
  const spent = await interleaved(TIMES, {
    verify: () => command(['verify', '--out', folder]),
    sha256sum: () => sha256sum(folder),
    verifyOne: () => command(['verify', '--out', one]),
    sha256sumOne: () => sha256sum(one),
  });
  const ratio = (of: (spent: readonly Spent[]) => number): number =>
    (of(spent.verify) - of(spent.verifyOne)) / (of(spent.sha256sum) - of(spent.sha256sumOne));
  return [
    { what: `verify of ${LARGE.nights} nights of ${LARGE.users} users`, value: wallOf(spent.verify), unit: 's' },
    { what: 'verify / sha256sum of the same files, start taken off', value: ratio(wallOf), unit: '×', most: 1.5 },
    { what: 'verify / sha256sum, by their CPU', value: ratio(cpuOf), unit: '×', most: 1.5 },
  ];
};

const verifiedInBucket = async (): Promise<readonly Measure[]> => {
  const served = await serveBucket(await archivedNights(OF_BUCKET), LATENCY_MS);
  try {
    const { wallSeconds } = await command(['verify', '--bucket', served.bucket], served.env);
    const what = `verify of a bucket of ${served.objects} objects, ${LATENCY_MS} ms each`;
    return [{ what, value: wallSeconds, unit: 's', most: 60 }];
  } finally {
    served.close();
  }
};

/**
 * Measures what people ask of a history of seven years: of all of it, of its start, which is farthest from its end,
 * and of its middle.
 */
const asked = async (): Promise<readonly Measure[]> => {
  const folder = await archivedNights(DEEP);
  const [first, second, middle, last] = [1, 2, DEEP.nights >> 1, DEEP.nights].map((number) =>
    runName(nightAt(DEEP, number)),
  );
  const user = userOf(DEEP);
  const questions: readonly (readonly string[])[] = [
    ['history'],
    ['history', '--last', '30'],
    ['diff', `${first}`, `${second}`],
    ['diff', `${middle}`, `${last}`],
    ['explain', user, '--run', `${second}`],
    ['explain', user, '--run', `${middle}`],
    ['users', '--run', `${second}`],
    ['users', '--run', `${middle}`],
  ];
  const spent = await interleaved(
    TIMES,
    Object.fromEntries(questions.map((words) => [words.join(' '), () => command([...words, '--out', folder])])),
  );
  return questions.flatMap((words): readonly Measure[] => {
    const taken = spent[words.join(' ')] ?? [];
    const what = `${words.join(' ').replace(user, 'USER')} at ${DEEP.nights} nights`;
    return [
      { what, value: cpuOf(taken), unit: 's of CPU', most: 1 },
      { what: `${what}, on the clock`, value: wallOf(taken), unit: 's' },
    ];
  });
};

/** The same nights at the end of a short history and of a long one: each compares with a night of as many users. */
const nightsApart = async (): Promise<readonly Measure[]> => {
  const deep = await archivedNights(DEEP);
  const pages = await servePages({ users: USERS });
  try {
    return await inFolder(async (short) =>
      inFolder(async (long) => {
        await linkArchive(deep, long);
        const nightsIn = (folder: string) => {
          let hours = 0;
          return () => {
            hours += 1;
            const asOf = new Date(ASOF.getTime() + hours * HOUR_MS).toISOString();
            return runScript<MeasuredRun>('measured-run.ts', [folder, pages.url, ENVIRONMENT, asOf]);
          };
        };
        const both = { short: nightsIn(short), long: nightsIn(long) };
        // The first has no night of as many users before it, or the folder to look through.
        await interleaved(1, both);
        const spent = await interleaved(NIGHTS, both);
        return [
          {
            what: `a night of ${USERS} users at the start of a history`,
            value: cpuOf(spent.short) * 1000,
            unit: 'ms of CPU',
          },
          {
            what: `a night after ${DEEP.nights} / at the start`,
            value: cpuOf(spent.long) / cpuOf(spent.short),
            unit: '×',
            most: 1.1,
          },
        ];
      }),
    );
  } finally {
    pages.close();
  }
};

/** Measures what grows with the history: what people wait for who ask of it, and what the next night costs. */
export const history = async (): Promise<readonly Measure[]> => [
  ...(await replayed()),
  ...(await verified()),
  ...(await verifiedInBucket()),
  ...(await asked()),
  ...(await nightsApart()),
];
