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
  coverageProvider: 'v8',
};
