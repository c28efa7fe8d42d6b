import { describe, expect, test } from '@jest/globals';
import { cell, cellsLine, csvOutput, unguarded } from '../../../core/outputs/csv.ts';
import type { Finding } from '../../../rules/engine/finding.ts';
import { aFinding, aWaiver } from '../../support/findings.ts';
import { array, assert, constantFrom, property } from '../../support/properties.ts';

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
    { name: 'white space before a formula', value: ' \t=1', text: '"\' \t\'=1"' },
    { name: 'an invisible mark before a formula', value: '\u200f=1', text: '"\'\u200f=1"' },
    { name: 'an apostrophe of its own before a formula', value: "'=1", text: '"\'\'=1"' },
    { name: 'an apostrophe before other text', value: "'tis", text: '"\'tis"' },
    { name: 'an equals sign further on', value: 'a=1', text: '"a=1"' },
    { name: 'nothing', value: '', text: '""' },
    { name: 'a formula behind a semicolon', value: 'a;=1', text: '"a;\'=1"' },
    { name: 'a formula behind a tab', value: 'a\t@x', text: '"a\t\'@x"' },
    { name: 'a formula on another line', value: 'a\r\n+1\n-2', text: '"a\r\n\'+1\n\'-2"' },
    { name: 'a quoted formula behind a semicolon', value: 'a;"=1', text: '"a;\'""=1"' },
    { name: 'white space before a formula behind a semicolon', value: 'a; \u200f＝1', text: '"a;\' \u200f＝1"' },
    { name: 'a formula behind one separator of many', value: '=a;b;=c;', text: '"\'=a;b;\'=c;"' },
    { name: 'text behind a semicolon', value: 'a; b=1', text: '"a; b=1"' },
    { name: 'a formula behind a comma, which its quotes keep', value: '{"a":1,-2}', text: '"{""a"":1,-2}"' },
  ])('keeps $name from being more than text', ({ value, text }) => {
    expect(cell(value)).toBe(text);
  });

  test.each([
    ...['text', '=1', "'=1", "''=1", "'", "'tis", "' -", '\n', ''],
    ...['a;=1', "a;'=1", 'a;"=1', `a;'"'=1`, 'a\t=1', ';;=', ";'", "a;'tis", '\t\n=1;', "'=a;=b", '-\n-'],
  ])('%j is itself again unguarded', (value) => {
    expect(unguarded(cell(value).slice(1, -1).replaceAll('""', '"'))).toBe(value);
  });

  test.each(['=1', 'a;=1'])('%j, of which a spreadsheet took the guard off, stays as it is', (text) => {
    expect(unguarded(text)).toBe(text);
  });
});

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

test('a line has as many cells as the header has names', () => {
  expect(csvOutput.header?.split(',')).toHaveLength(20);
  expect(csvOutput.header).toMatch(/^(?:"[a-zA-Z]+",?)+\r$/);
  expect(csvOutput.line(finding, undefined)).toBe(
    '"HIGH","waived","rule","user","u1","is so","2026-11-20T02:00:00.000Z","2026-11-24T02:00:00.000Z","5","","",' +
      '"2027-01-31","r","o","a","","SOC-2:CC6.1 CIS-v8.1:5.4","{""days"":3}","env/rule/u1",""\r',
  );
  expect(csvOutput.line({ ...finding, carried: true }, undefined)).toMatch(
    /,"could not be judged, and stands as it did"\r$/,
  );
  expect(csvOutput.line({ ...finding, carried: true, carriedFor: 'no usable time' }, undefined)).toMatch(
    /,"no usable time"\r$/,
  );
});

test.each([
  { name: 'no waiver', line: aFinding(), cells: '"","","","",""' },
  {
    name: 'a waiver with a ticket',
    line: aFinding({ waiver: { ...aWaiver, reason: 'r' } }),
    cells: '"2027-03-31","r","owner@quagmire.example","approver@quagmire.example","SEC-1234"',
  },
])('a line of a finding with $name', ({ line, cells }) => {
  expect(csvOutput.line(line, undefined)).toContain(`"5","","",${cells},"`);
});

test('lines are in the order of severity, the worst first, then of rule and subject', () => {
  const ordered = [
    { severity: 'CRITICAL' as const, ruleId: 'z-rule' },
    { severity: 'HIGH' as const, ruleId: 'a-rule', subject: { kind: 'user' as const, id: 'u1' } },
    { severity: 'HIGH' as const, ruleId: 'a-rule', subject: { kind: 'user' as const, id: 'u2' } },
    { severity: 'HIGH' as const, ruleId: 'b-rule', subject: { kind: 'user' as const, id: 'u0' } },
    { severity: 'INFORMATIONAL' as const, ruleId: 'a-rule' },
  ].map((differs) => csvOutput.keyOf?.({ ...finding, ...differs }) ?? '');
  expect(ordered.toReversed().toSorted()).toEqual(ordered);
});

test('a cell of a million separators takes no time to speak of, and comes back', () => {
  const value = '\t'.repeat(1_000_000);
  expect(unguarded(cell(value).slice(1, -1))).toBe(value);
});

/** Splits text as a reader does that takes another separator, and quotes only where they begin a cell. */
const split = (text: string, separator: string): readonly string[] =>
  [
    ...text.matchAll(
      new RegExp(`(?:^|[${separator}\\r\\n]+)("(?:[^"]|"")*"[^${separator}\\r\\n]*|[^${separator}\\r\\n]*)`, 'g'),
    ),
  ].map(([, own = '']) =>
    own.startsWith('"')
      ? own
          .slice(1)
          .replace(/"(?!")/, '')
          .replaceAll('""', '"')
      : own,
  );

test('whatever separator a reader takes, no cell of it is a formula', () => {
  const bad = array(constantFrom('=', '+', '@', ';', '\t', '"', "'", ',', '\n', '\r', ' ', 'a'), { maxLength: 12 });
  assert(
    property(array(bad, { minLength: 1, maxLength: 4 }), constantFrom(';', '\t'), (cells, separator) => {
      const texts = cells.map((parts) => parts.join(''));
      const read = split(cellsLine(['HIGH', ...texts]), separator);
      expect(read.filter((one) => /^\s*[=+@]/.test(one))).toStrictEqual([]);
      for (const text of texts) expect(unguarded(cell(text).slice(1, -1).replaceAll('""', '"'))).toBe(text);
    }),
  );
});
