import { expect, test } from '@jest/globals';
import { controls } from '../../../rules/engine/controls.ts';

test.each([
  ['none', {}, []],
  ['one', { 'SOC-2': ['CC6.1'] }, ['SOC-2:CC6.1']],
  [
    'several of several frameworks, in the order given',
    { 'NYDFS-500.7': ['(a)(2)', '(c)'], 'NIST-800-53-r5': ['AC-2(3)'] },
    ['NYDFS-500.7:(a)(2)', 'NYDFS-500.7:(c)', 'NIST-800-53-r5:AC-2(3)'],
  ],
  ['a framework without clauses', { 'CIS-v8.1': [] }, []],
])('clauses with their framework: %s', (_name, clauses, expected) => {
  expect(controls(clauses)).toEqual(expected);
});
