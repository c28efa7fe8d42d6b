import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

// Processes that tests start begin in half the time.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/code');

// Properties draw by what the code is: the same commit draws the same wherever it is tested. PROPERTY_SEED= draws at random.
const tree =
  spawnSync('git', ['rev-parse', 'HEAD^{tree}'], { cwd: import.meta.dirname, encoding: 'utf8' }).stdout ?? '';
process.env.PROPERTY_SEED ??= tree && String(Number.parseInt(tree.slice(0, 7), 16));

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // They need a browser: npm run test:browser.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/browser/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/strip-types.mjs' },
  // Long enough for processes and bundling on a busy machine; what hangs still ends.
  testTimeout: 120_000,
  // Jest keeps a core for itself: on two it would run one test after the other, and many wait for processes of theirs.
  maxWorkers: '100%',
  // What modules of a test leave behind in memory makes all that come after it slow: such a worker is begun anew.
  workerIdleMemoryLimit: '700MB',
  coverageProvider: 'v8',
};
