import { join } from 'node:path';

// Processes that tests start begin in half the time.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/code');

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
