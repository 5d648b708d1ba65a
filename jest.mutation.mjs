import { fileURLToPath } from 'node:url';
import base from './jest.config.mjs';

/** What mutants of the placement are tried against: quick tests that look at it closely, the same each time. */
export default {
  ...base,
  setupFiles: [fileURLToPath(import.meta.resolve('./test/placement/edges/same-each-time.ts'))],
  testMatch: [
    '<rootDir>/test/placement/**/*.test.ts',
    '<rootDir>/test/planning/{placement,scale-out,zone-rebalancing}.test.ts',
  ],
  testPathIgnorePatterns: ['query-two-readings', 'pack\\.test'],
};
