import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { mutate } from './mutate.ts';

const root = join(import.meta.dirname, '../..');

test('changes each thing that a test can see, and nothing that is only said or read by the compiler', () => {
  const [mutated] = mutate(join(import.meta.dirname, 'fixture'), ['order.ts']);
  expect(mutated?.mutants.map(({ line, original, replacement }) => `${line}  ${original} → ${replacement}`)).toEqual([
    '8  3 → 4',
    '10  items.length >= LARGE → items.length > LARGE',
    '13  .filter((price) => price > 0) → nothing',
    '13  price > 0 → price >= 0',
    '13  0 → 1',
    '13  all + price → all - price',
    '13  0 → 1',
    '14  sum * (1 - (voucher?.percent ?? 0) / 100) → sum / (1 - (voucher?.percent ?? 0) / 100)',
    '14  1 - (voucher?.percent ?? 0) / 100 → 1 + (voucher?.percent ?? 0) / 100',
    '14  1 → 2',
    '14  (voucher?.percent ?? 0) / 100 → (voucher?.percent ?? 0) * 100',
    '14  voucher?.percent ?? 0 → voucher?.percent',
    '14  voucher?.percent ?? 0 → 0',
    '14  voucher?.percent → voucher.percent',
    '14  0 → 1',
    '14  100 → 101',
    '18  order.note === undefined → true',
    '18  order.note === undefined → false',
    "19  order.note.startsWith('#') → true",
    "19  order.note.startsWith('#') → false",
    "19  order.note.startsWith('#') → order.note.endsWith('#')",
    "19  '#' → ''",
    '19  order.note.slice(0, 80) → order.note',
    '19  0 → 1',
    '19  80 → 81',
    '23  isLarge(order) → true',
    '23  isLarge(order) → false',
    '23  true → false',
    '24  !order.items.some((price) => price > 9) → order.items.some((price) => price > 9)',
    '24  order.items.some((price) => price > 9) → order.items.every((price) => price > 9)',
    '24  price > 9 → price >= 9',
    '24  9 → 10',
    '29  left > 0 → false',
    '29  left > 0 → left >= 0',
    '29  0 → 1',
    '29  left -= 1 → left += 1',
    '29  1 → 2',
    '29  taken.push(`item`) → undefined',
    "29  `item` → ''",
  ]);
});

test('tells which mutants no test kills, whatever others have left behind, and counts the rest', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'test/mutants/mutants.ts', 'test/mutants/fixture'],
    { cwd: root },
  );
  expect(stdout.replaceAll('test/mutants/fixture/', '').split('\n')).toEqual([
    'order.ts:8:15  3 → 4  (survived 8 tests)',
    'order.ts:10:68  items.length >= LARGE → items.length > LARGE  (survived 3 tests)',
    'order.ts:13:20  .filter((price) => price > 0) → nothing  (survived 1 test)',
    'order.ts:13:45  price > 0 → price >= 0  (survived 1 test)',
    'order.ts:13:47  0 → 1  (survived 1 test)',
    "order.ts:19:10  order.note.startsWith('#') → false  (survived 1 test)",
    "order.ts:19:21  order.note.startsWith('#') → order.note.endsWith('#')  (survived 1 test)",
    'order.ts:19:49  order.note.slice(0, 80) → order.note  (not reached)',
    'order.ts:19:56  0 → 1  (not reached)',
    'order.ts:19:59  80 → 81  (not reached)',
    'order.ts:24:49  9 → 10  (survived 1 test)',
    'till.ts:6:7  coins < 0 → false  (survived 2 tests)',
    'till.ts:6:13  coins < 0 → coins <= 0  (survived 2 tests)',
    'till.ts:6:15  0 → 1  (survived 2 tests)',
    'till.ts:6:29  true → false  (not reached)',
    'till.ts:10:57  2 → 3  (survived 1 test)',
    'order.ts: 39 mutants, 27 killed, 1 timed out, 3 not reached, 8 survived',
    'till.ts: 9 mutants, 4 killed, 0 timed out, 1 not reached, 4 survived',
    '',
  ]);
});

test.each([
  [['core', '--nearer'], /^mutants: Unknown option '--nearer'/],
  [['core', '--near', 'all'], 'mutants: --near must be a whole number from 1, got "all"\n'],
  [['core', '--processes', '0'], 'mutants: --processes must be a whole number from 1, got "0"\n'],
  [['core', '--budget', '0.5'], 'mutants: --budget must be a whole number from 1, got "0.5"\n'],
  [['core/none.ts'], 'mutants: PATH must be a folder or a file of the project, got "core/none.ts"\n'],
  [['test/mutants/fixture/till.ts:999'], /^mutants: PATH must be of code that can be changed/],
  [[], 'mutants: PATH must be a folder, a file or FILE:LINE[:COLUMN], got nothing\n'],
])('%j is refused, not taken for mutants that survive', async (args, message) => {
  const run = promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'test/mutants/mutants.ts', ...args],
    { cwd: root },
  );
  await expect(run).rejects.toMatchObject({
    code: 3,
    stdout: '',
    stderr: message instanceof RegExp ? expect.stringMatching(message) : message,
  });
});
