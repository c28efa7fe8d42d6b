import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { interleaved, type Measure, median } from './measure.ts';
import { runJson } from './processes.ts';

const ROUNDS = 3;

const SUITE = 'bench/suite';

/** Measures one file of a checkout's suite, in a process of its own. */
const measureIn = (checkout: string, file: string): Promise<readonly Measure[]> =>
  runJson(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '--eval',
    `const [measure] = Object.values(await import(${JSON.stringify(pathToFileURL(join(checkout, SUITE, file)).href)}));
    process.stdout.write(JSON.stringify(await measure()));`,
  ]);

/** The median of each row over the rounds; a row that could not be measured has none. */
const medians = (rounds: readonly (readonly Measure[])[]): ReadonlyMap<string, number> =>
  new Map(
    rounds[0]?.map(({ what }) => [
      what,
      median(rounds.flatMap((rows) => rows.find((row) => row.what === what)?.value ?? [])),
    ]),
  );

/** Measures another checkout and this one in turn, and yields the rows that both have, as a table. */
export async function* against(other: string, files: readonly string[]): AsyncGenerator<string> {
  yield `| | ${other} | here | ratio |\n| --- | ---: | ---: | ---: |\n`;
  const here = join(import.meta.dirname, '..');
  const theirs = await readdir(join(other, SUITE));
  for (const file of files) {
    if (!theirs.includes(file)) continue;
    const taken = await interleaved(ROUNDS, { there: () => measureIn(other, file), here: () => measureIn(here, file) });
    const before = medians(taken.there);
    for (const [what, now] of medians(taken.here)) {
      const then = before.get(what) ?? Number.NaN;
      if (!Number.isNaN(then + now))
        yield `| ${what} | ${then.toFixed(2)} | ${now.toFixed(2)} | ${(now / then).toFixed(3)} |\n`;
    }
  }
}
