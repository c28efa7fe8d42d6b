import { describe, expect, test } from '@jest/globals';
import { findingCells, findingRow, type Showing } from '../../../../core/outputs/html/finding-row.ts';
import type { Finding } from '../../../../rules/engine/finding.ts';
import { parseRecord } from '../../../../rules/engine/record.ts';
import { DAY_MS, HOUR_MS } from '../../../../rules/engine/time.ts';
import { aFinding } from '../../notify/digest/facts.ts';
import { wordsOf } from './run-facts.ts';

/** Two days and an hour after the finding was first seen. */
const NOW = Date.parse('2026-11-26T03:00:00Z');
const SHOWING: Showing = { moments: { now: NOW, readAt: NOW }, areNamesShown: true };
const UNNAMED: Showing = { ...SHOWING, areNamesShown: false };

const rowOf = (differs: Partial<Finding> = {}, showing = SHOWING): string =>
  findingRow(findingCells(aFinding(differs), showing)).markup;

/** The cells of a row: its state, its subject, what was found, its age. */
const cellsOf = (...given: Parameters<typeof rowOf>) =>
  [...rowOf(...given).matchAll(/<td[^>]*>(.*?)(?=<td|<\/tr>)/gs)].map(([, cell = '']) => wordsOf(cell).trim());

const textOf = (...given: Parameters<typeof rowOf>) => cellsOf(...given)[2];

/** The evidence, each value as it is shown. */
const valuesOf = (evidence: Finding['evidence'], showing = SHOWING) =>
  [...rowOf({ evidence }, showing).matchAll(/<b>(.*?)<\/b> <bdi>(.*?)<\/bdi>/gs)].map(([, name, value = '']) => [
    name,
    value.replaceAll('&quot;', '"'),
  ]);

const waiver = {
  reason: 'needed until the move',
  ticket: 'SEC-1',
  owner: 'owner@example.com',
  approver: 'approver@example.com',
  expires: '2027-03-31',
};

const { ticket: _ticket, ...unticketed } = waiver;

describe('the row of a finding', () => {
  test('has its state, its subject, what was found and its age, and what scripts filter by', () => {
    expect(rowOf({ evidence: { status: 'ENABLED', lastLoginTime: NOW - 91 * DAY_MS } })).toBe(
      '<tr data-severity="MEDIUM" data-state="new"><td data-sort="0"><span class="state new">new</span></td><td class="who"><code><bdi>01USER</bdi></code></td><td class="what"><bdi>last login 91 days ago; at most 90 allowed</bdi><span class="evidence"><span><b>status</b> <bdi>ENABLED</bdi></span><span><b>lastLoginTime</b> <bdi>1787799600000 (2026-08-27)</bdi></span></span></td><td class="age" data-sort="2">2 days, 1 run<span class="evidence">since <time datetime="2026-11-24T02:00:00.000Z">2026-11-24</time></span></td></tr>\n',
    );
  });

  test.each<{ readonly name: string; readonly differs: Partial<Finding>; readonly says: string }>([
    { name: 'raised', differs: { escalatedFrom: 'LOW', severity: 'HIGH' }, says: 'Raised from Low to High' },
    { name: 'carried', differs: { carried: true }, says: 'Could not be assessed this time: it stands as it was' },
    { name: 'not carried', differs: { state: 'open' }, says: '' },
    {
      name: 'resolved',
      differs: { state: 'resolved', cause: 'user-vanished' },
      says: 'Resolved: a user that it is about is no longer in the directory',
    },
    {
      name: 'accepted',
      differs: { state: 'waived', waiver },
      says: 'Waived until 2027-03-31: needed until the move ( SEC-1 ); owner owner@example.com , approved by approver@example.com',
    },
    {
      name: 'accepted without a ticket',
      differs: { state: 'waived', waiver: unticketed },
      says: 'Waived until 2027-03-31: needed until the move ; owner owner@example.com , approved by approver@example.com',
    },
  ])('notes that it is $name', ({ differs, says }) => {
    expect(textOf({ message: 'idle', ...differs })).toBe(`idle ${says}`.trim());
  });

  test.each<{ readonly name: string; readonly subject: Finding['subject']; readonly says: string }>([
    { name: 'the environment', subject: { kind: 'environment', id: 'e1' }, says: 'the environment' },
    { name: 'nobody who has an id', subject: { kind: 'user', id: '' }, says: '(no readable id)' },
    { name: 'a long id', subject: { kind: 'user', id: 'x'.repeat(160) }, says: 'x'.repeat(160) },
    { name: 'a longer one', subject: { kind: 'user', id: 'x'.repeat(161) }, says: `${'x'.repeat(157)}...` },
  ])('names $name', ({ subject, says }) => {
    expect(cellsOf({ subject })[1]).toBe(says);
  });

  test.each([
    { name: 'not yet a day', firstSeen: NOW - DAY_MS + 1, runs: 2, says: '0 days, 2 runs since 2026-11-25', sort: 0 },
    { name: 'a day', firstSeen: NOW - DAY_MS, runs: 1, says: '1 day, 1 run since 2026-11-25', sort: 1 },
    { name: 'ahead', firstSeen: NOW + HOUR_MS, runs: 1, says: '0 days, 1 run since 2026-11-26', sort: 0 },
  ])('tells its age: $name', ({ firstSeen, runs, says, sort }) => {
    const differs = { firstSeen: new Date(firstSeen).toISOString(), runs };
    expect(cellsOf(differs)[3]).toBe(says);
    expect(rowOf(differs)).toContain(`<td class="age" data-sort="${sort}">`);
  });

  test('of a change tells its day alone', () => {
    const cells = cellsOf({ state: 'event', ruleId: 're-enabled' });
    expect([cells[0], cells[3]]).toEqual(['change', '2026-11-24']);
  });

  test.each([
    { name: 'a message', most: 500, of: (text: string) => textOf({ message: text }) },
    {
      name: 'the reason of a waiver',
      most: 500,
      of: (text: string) =>
        /: (x+\.*)/.exec(textOf({ state: 'waived', waiver: { ...waiver, reason: text } }) ?? '')?.[1],
    },
    ...(['ticket', 'owner', 'approver'] as const).map((member) => ({
      name: `the ${member} of a waiver`,
      most: 160,
      of: (text: string) => /xxx+\.*/.exec(rowOf({ state: 'waived', waiver: { ...waiver, [member]: text } }))?.[0],
    })),
    { name: 'the name of a value', most: 160, of: (text: string) => valuesOf({ [text]: 1 })[0]?.[0] },
    { name: 'a value', most: 160, of: (text: string) => valuesOf({ a: text })[0]?.[1] },
  ])('has as many as $most characters of $name', ({ most, of }) => {
    expect(of('x'.repeat(most))).toBe('x'.repeat(most));
    expect(of('x'.repeat(most + 1))).toBe(`${'x'.repeat(most - 3)}...`);
  });
});

describe('the evidence of a finding', () => {
  test.each([
    { of: 0, shown: 0, rest: undefined },
    { of: 16, shown: 16, rest: undefined },
    { of: 17, shown: 16, rest: 'and 1 more' },
  ])('of $of values has $shown, and counts the others', ({ of, shown, rest }) => {
    const evidence = Object.fromEntries(Array.from({ length: of }, (_, n) => [`v${n}`, n]));
    expect(valuesOf(evidence)).toHaveLength(shown);
    expect(/and \d+ more/.exec(rowOf({ evidence }))?.[0]).toBe(rest);
    expect(/<td class="what">.*?<\/td>/s.exec(rowOf({ evidence }))?.[0].includes('class="evidence"')).toBe(of > 0);
  });

  const values = parseRecord(
    '{"text":"a@example.com","number":12345678901234567890,"list":[1.0,{"emailAddress":"b@example.com"}],"none":null,"firstName":"Ada","user":{"lastName":"Lovelace","userId":"u1"}}',
  ) as Finding['evidence'];

  test('is shown as it was observed, digit by digit', () => {
    expect(valuesOf(values)).toEqual([
      ['text', 'a@example.com'],
      ['number', '12345678901234567890'],
      ['list', '[1.0,{"emailAddress":"b@example.com"}]'],
      ['none', 'null'],
      ['firstName', 'Ada'],
      ['user', '{"lastName":"Lovelace","userId":"u1"}'],
    ]);
    expect(valuesOf({ gone: undefined })).toEqual([['gone', 'undefined']]);
  });

  test('names nobody where no names are shown, however deep', () => {
    expect(valuesOf(values, UNNAMED)).toEqual([
      ['text', '[e-mail]'],
      ['number', '12345678901234567890'],
      ['list', '[1.0,{"emailAddress":"[not shown]"}]'],
      ['none', 'null'],
      ['firstName', '[not shown]'],
      ['user', '{"lastName":"[not shown]","userId":"u1"}'],
    ]);
    const message = 'bound to ada@example.com';
    expect([textOf({ message }), textOf({ message }, UNNAMED)]).toEqual([message, 'bound to [e-mail]']);
  });

  test.each([
    { name: 'createTime', value: NOW, says: `${NOW} (2026-11-26)` },
    { name: 'createTime', value: 0, says: '0' },
    { name: 'createTime', value: 1_790_000, says: '1790000' },
    { name: 'createTime', value: null, says: 'null' },
    { name: 'createdAt', value: NOW, says: `${NOW}` },
  ])('has the date that a time in milliseconds means: $name $value', ({ name, value, says }) => {
    expect(valuesOf({ [name]: value })).toEqual([[name, says]]);
  });
});
