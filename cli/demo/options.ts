import { BLOCK } from '../../simulator/directory.ts';
import { flagReader } from '../arguments/flags.ts';

/** The flags of `demo` as they were typed. */
export interface DemoFlags {
  readonly nights: string;
  readonly users: string;
  readonly seed: string;
  readonly out: string;
  readonly config?: string;
  readonly json?: true;
}

const MAX_NIGHTS = 10;
const MAX_USERS = 100_000;

/** Reads the flags of `demo`. Throws UsageError. */
export const readDemoFlags = (flags: DemoFlags) => {
  const read = flagReader();
  const nights = read.whole('--nights', flags.nights, 1, MAX_NIGHTS) ?? 0;
  const users = read.whole('--users', flags.users, BLOCK, MAX_USERS) ?? 0;
  const seed = read.whole('--seed', flags.seed, 0, Number.MAX_SAFE_INTEGER) ?? 0;
  const out = read.path('--out', flags.out, 'folder') ?? '';
  read.done();
  return { nights, users, seed, out };
};
