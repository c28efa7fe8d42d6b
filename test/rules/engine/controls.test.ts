import { expect, test } from '@jest/globals';
import { controls, controlsOf, rulesByControl } from '../../../rules/engine/controls.ts';

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

const rule = (id: string, ...of: readonly string[]) => ({ id, controls: of });

test('the clauses of one framework are those behind its name, and of no other', () => {
  const given = rule('a', 'SOC-2:CC6.1', 'SOC-2:CC6.2', 'SOC-20:CC6.3', 'CIS-v8.1:5.3', 'X:SOC-2:');
  expect(controlsOf(given, 'SOC-2')).toEqual(['CC6.1', 'CC6.2']);
});

test('rules are grouped by clause, in the order in which people count', () => {
  const rules = [rule('a', 'CIS-v8.1:5.10', 'CIS-v8.1:5.2'), rule('b', 'CIS-v8.1:5.2', 'SOC-2:CC6.1')];
  const told = rulesByControl(rules, 'CIS-v8.1').map(({ control, rules: of }) => [control, ...of.map(({ id }) => id)]);
  expect(told).toEqual([
    ['5.2', 'a', 'b'],
    ['5.10', 'a'],
  ]);
});
