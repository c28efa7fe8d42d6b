import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../core/text/error-message.ts';
import { against } from './against.ts';
import type { Measure } from './measure.ts';
import { coldStart } from './suite/cold-start.ts';
import { enrichment } from './suite/enrichment.ts';
import { history } from './suite/history.ts';
import { judging } from './suite/judging.ts';
import { latency } from './suite/latency.ts';
import { memory } from './suite/memory.ts';
import { opening } from './suite/opening.ts';
import { outputs } from './suite/outputs.ts';
import { page } from './suite/page.ts';
import { records } from './suite/records.ts';
import { throttling } from './suite/throttling.ts';
import { throughput } from './suite/throughput.ts';

/** Each by the name of its file. */
const SUITE: Readonly<Record<string, () => Promise<readonly Measure[]>>> = {
  judging,
  records,
  page,
  opening,
  'cold-start': coldStart,
  latency,
  throttling,
  enrichment,
  outputs,
  throughput,
  memory,
  history,
};

const RESULTS = join(import.meta.dirname, 'results.md');

const figure = ({ value, unit }: Measure): string =>
  Number.isNaN(value) ? '' : `${value.toFixed(value < 100 ? 2 : 0)} ${unit}`;

const verdict = ({ value, most, note }: Measure): string => {
  if (note !== undefined) return note;
  if (most === undefined) return '';
  return value <= most ? 'met' : '**missed**';
};

const rowText = (measure: Measure): string =>
  `| ${measure.what} | ${figure(measure)} | ${measure.most ?? ''} | ${verdict(measure)} |`;

const load = (): string =>
  loadavg()
    .map((average) => average.toFixed(1))
    .join(', ');

const machine = (): string => {
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores of ${cpus()[0]?.model.trim()}, ${gibibytes} GiB, Node ${process.version}, ${process.platform}`;
};

/** One benchmark, as a section of the results. */
const section = async (name: string, measure: () => Promise<readonly Measure[]>): Promise<string> => {
  process.stderr.write(`${name}\n`);
  const before = load();
  const rows = (await measure()).map(rowText).join('\n');
  const when = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return `## ${name}

\`npm run bench -- ${name}\`, ${when} UTC, on ${machine()}; load over 1, 5 and 15 minutes before it ${before}, after it ${load()}.

| | measured | at most | |
| --- | ---: | ---: | --- |
${rows}
`;
};

const HEAD = `# Results

Written by \`npm run bench\`; \`docs/performance.md\` says what they mean. Sections may be of different machines.
`;

/** The sections of earlier results, by name: those that were not measured now stay. */
const earlierSections = async (): Promise<ReadonlyMap<string, string>> => {
  const text = await readFile(RESULTS, 'utf8').catch(() => '');
  const [, ...parts] = text.split(/^## /m);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), `## ${part.trimEnd()}\n`]));
};

const refuse = (message: string): never => {
  process.stderr.write(`bench: ${message}\n`);
  process.exit(3);
};

const readArgs = () => {
  try {
    return parseArgs({ options: { against: { type: 'string' } }, allowPositionals: true });
  } catch (error) {
    return refuse(messageOf(error));
  }
};

const { values, positionals: asked } = readArgs();
const names = Object.keys(SUITE);
const isAsked = (name: string): boolean => asked.length === 0 || asked.includes(name);
const unknown = asked.find((name) => !names.includes(name));
if (unknown !== undefined) refuse(`must be among ${names.join(', ')}, got ${JSON.stringify(unknown)}`);
if (values.against !== undefined) {
  for await (const row of against(
    resolve(values.against),
    names.filter(isAsked).map((name) => `${name}.ts`),
  ))
    process.stdout.write(row);
} else {
  const sections = new Map(await earlierSections());
  for (const [name, measure] of Object.entries(SUITE)) {
    if (!isAsked(name)) continue;
    const text = await section(name, measure);
    process.stdout.write(`${text}\n`);
    sections.set(name, text);
    // Written after each, since the next may fail or be broken off.
    const inOrder = names.flatMap((known) => sections.get(known) ?? []);
    await writeFile(RESULTS, [HEAD, ...inOrder].join('\n'));
  }
}
