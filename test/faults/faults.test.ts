import { expect, test } from '@jest/globals';
import type { Terminal } from '../../cli/terminal/terminal.ts';
import { runFaults } from './faults.ts';

/** Runs it as the command line does, and gives whether all was well, and what it printed. */
const run = async (...args: readonly string[]) => {
  const lines: string[] = [];
  const write = (text: string): void => {
    lines.push(text);
  };
  const out: Terminal = {
    write,
    line: (text = '') => write(`${text}\n`),
    paint: (_format, text) => text,
    width: 120,
    redraw: () => {},
  };
  const isWell = await runFaults(args, { out, err: out });
  return { isWell, text: lines.join('') };
};

test.each([
  // The pointer is an aid: the run is one without it.
  ['a fault of S3 beside the run', 'precondition-failed move latest', /precondition-failed +for ever +1 .*COMPLETE 1/],
  ['a fault of S3', 'precondition-failed write entry', /S3 precondition-failed +for ever +1 .*FAILED 1/],
  ['a fault of KMS', 'KMS throttled', /KMS throttled +once +2 .*COMPLETE 2/],
  ['a lost receipt', 'SNS answer-lost', /SNS answer-lost +once +2 +4 +0 +0 +2 +0 +green/],
])(
  '%s, once and for ever',
  async (_name, only, row) => {
    const { isWell, text } = await run('--seeds', '0', '--fuzz', '0', '--only', only);
    expect(text).toMatch(row);
    expect({ isWell, text }).toMatchObject({ isWell: true });
  },
  120_000,
);

test.each([
  ['a history that does not hold', 'a history that does not hold it names', /does not hold +8 .*INCOMPLETE 8/],
  ['an object that is none', 'what is no object last entry: a', /no object +2 .*INCOMPLETE 2/],
  [
    'two nights at once',
    'two nights at once the earlier night is slow at its write 8',
    /two nights at once +2 +6 +0 +0/,
  ],
])(
  '%s, in a folder and in a bucket',
  async (_name, only, row) => {
    const { isWell, text } = await run('--seeds', '0', '--fuzz', '0', '--only', only);
    expect(text).toMatch(row);
    expect({ isWell, text }).toMatchObject({ isWell: true });
  },
  120_000,
);

test('tamperings of one kind, and the reason for which one is not seen', async () => {
  const { isWell, text } = await run('--seeds', '0', '--fuzz', '0', '--only', 'tampering, signed, keys: it');
  expect(text).toMatch(/keys: it is another’s +1 +1 +1 +1 +1\n/);
  expect(text).toMatch(/1 not seen by verify alone, by nothing: the key was perhaps never recorded: told as a note/);
  expect({ isWell, text }).toMatchObject({ isWell: true });
}, 120_000);

test('two faults at once, as a seed draws them', async () => {
  const { isWell, text } = await run('--seed', '7', '--only', 'random pairs');
  expect(text).toMatch(/random pairs, folder +1 .*\n.*random pairs, bucket +1 /);
  expect({ isWell, text }).toMatchObject({ isWell: true });
}, 120_000);

test('mutated answers, configs and rosters', async () => {
  const { isWell, text } = await run('--fuzz', '150', '--only', 'fuzzed');
  expect(text).toMatch(/150 mutated responses: complete \d+/);
  expect(text).toMatch(/3 mutated audits: COMPLETE/);
  expect(text).toMatch(/150 mutated configs: refused \d+, taken \d+/);
  expect(text).toMatch(/150 mutated rosters: .*truncated \d+/);
  expect(text).toMatch(/150 mutated rosters: .*whole cloudtrail \d+/);
  expect({ isWell, text }).toMatchObject({ isWell: true });
}, 120_000);

test('a number that is none is refused', async () => {
  await expect(run('--seeds', 'many')).rejects.toThrow('--seeds must be a whole number of 0 or more, got "many"');
});

test('where nothing was played nothing is well', async () => {
  await expect(run('--only', 'nonsense')).rejects.toThrow('--only must be part of what is played, got "nonsense"');
  await expect(run('--olny', 'reset')).rejects.toThrow("Unknown option '--olny'");
});
