import { describe, expect, test } from '@jest/globals';
import { cell, csvOutput, unguarded } from '../../../core/outputs/csv.ts';
import type { Finding } from '../../../rules/engine/finding.ts';

describe('a cell', () => {
  test.each([
    { name: 'plain text', value: 'text', text: '"text"' },
    { name: 'a number, negative too', value: -3, text: '"-3"' },
    { name: 'quotes, commas and lines', value: 'a "b", c\nd', text: '"a ""b"", c\nd"' },
    { name: 'a formula', value: '=cmd|calc', text: '"\'=cmd|calc"' },
    { name: 'a plus', value: '+1', text: '"\'+1"' },
    { name: 'a minus', value: '-1', text: '"\'-1"' },
    { name: 'an at', value: '@SUM(A1)', text: '"\'@SUM(A1)"' },
    { name: 'a pipe', value: '|x', text: '"\'|x"' },
    { name: 'a full-width equals sign', value: '＝1', text: '"\'＝1"' },
    { name: 'white space before a formula', value: ' \t=1', text: '"\' \t=1"' },
    { name: 'an invisible mark before a formula', value: '\u200f=1', text: '"\'\u200f=1"' },
    { name: 'an apostrophe of its own before a formula', value: "'=1", text: '"\'\'=1"' },
    { name: 'an apostrophe before other text', value: "'tis", text: '"\'tis"' },
    { name: 'an equals sign further on', value: 'a=1', text: '"a=1"' },
    { name: 'nothing', value: '', text: '""' },
  ])('keeps $name from being more than text', ({ value, text }) => {
    expect(cell(value)).toBe(text);
  });

  test.each(['text', '=1', "'=1", "''=1", "'", "'tis", "' -", '\n', ''])('%j is itself again unguarded', (value) => {
    expect(unguarded(cell(value).slice(1, -1))).toBe(value);
  });

  test('what a spreadsheet took the guard off stays as it is', () => {
    expect(unguarded('=1')).toBe('=1');
  });
});

test('a line has as many cells as the header has names', () => {
  const finding: Finding = {
    id: 'env/rule/u1',
    ruleId: 'rule',
    severity: 'HIGH',
    state: 'waived',
    subject: { kind: 'user', id: 'u1' },
    message: 'is so',
    evidence: { days: 3 },
    controls: ['SOC-2:CC6.1', 'CIS-v8.1:5.4'],
    firstSeen: '2026-11-20T02:00:00.000Z',
    lastSeen: '2026-11-24T02:00:00.000Z',
    runs: 5,
    waiver: { reason: 'r', owner: 'o', approver: 'a', expires: '2027-01-31' },
  };
  expect(csvOutput.header?.split(',')).toHaveLength(15);
  expect(csvOutput.line(finding, undefined)).toBe(
    '"HIGH","waived","rule","user","u1","is so","2026-11-20T02:00:00.000Z","2026-11-24T02:00:00.000Z","5","","",' +
      '"2027-01-31","SOC-2:CC6.1 CIS-v8.1:5.4","{""days"":3}","env/rule/u1"\r',
  );
});
