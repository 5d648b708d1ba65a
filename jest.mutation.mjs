import base from './jest.config.mjs';

/** What mutants of the placement are tried against: quick tests that look at it closely. */
export default {
  ...base,
  testMatch: [
    '<rootDir>/test/placement/**/*.test.ts',
    '<rootDir>/test/planning/{placement,scale-out,zone-rebalancing}.test.ts',
  ],
  testPathIgnorePatterns: ['query-two-readings', 'pack\\.test'],
};
