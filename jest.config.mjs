import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

// Processes that tests start begin in half the time.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/code');

// Properties draw by what the code is: it draws the same wherever it is tested, and other code draws others.
const CODE = ['core', 'rules', 'cli', 'lambda', 'lib', 'bin', 'simulator', 'test'];
const git = spawnSync('git', ['rev-parse', ...CODE.map((folder) => `HEAD:${folder}`)], {
  cwd: import.meta.dirname,
  encoding: 'utf8',
});
// Where there is no checkout, and where it is set to nothing, they draw at random.
process.env.PROPERTY_SEED ??=
  git.status === 0 ? String(createHash('sha256').update(git.stdout).digest().readUInt32BE()) : '';

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
  // Code grows slower with each test file that a process has run before: the same histories take 27 s in a new one and
  // 290 s in one of many. So each file has its own, which costs a third of a second.
  workerIdleMemoryLimit: '1MB',
  coverageProvider: 'v8',
};
