/** For mutation testing: the same random cases for each mutant, few of them, and no search for a smaller one that fails. */
import fc from 'fast-check';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 7, endOnFailure: true });
process.env['PLACEMENT_RUNS'] ??= '200';
