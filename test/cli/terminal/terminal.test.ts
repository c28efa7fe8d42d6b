import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { findingsTable } from '../../../cli/terminal/audit-view.ts';
import { progressLine } from '../../../cli/terminal/progress.ts';
import { table } from '../../../cli/terminal/table.ts';
import { terminalOn, writeJson } from '../../../cli/terminal/terminal.ts';
import { aHighlight } from '../../core/notify/digest/facts.ts';

let saved: NodeJS.ProcessEnv;
beforeEach(() => {
  saved = { ...process.env };
  delete process.env.CI;
  process.env.TERM = 'xterm-256color';
});
afterEach(() => {
  process.env = saved;
});

/** A stream that says it is a terminal of so many columns, or that it is none. */
const screen = (columns?: number, colorDepth = 8) => {
  const written: string[] = [];
  const stream = Object.assign(new PassThrough(), {
    isTTY: columns !== undefined,
    columns,
    getColorDepth: () => colorDepth,
  });
  stream.on('data', (chunk: Buffer) => written.push(chunk.toString('utf8')));
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => written.join('') };
};

describe('a terminal', () => {
  test.each([
    ['narrow', 40, 80],
    ['at the limit', 80, 80],
    ['usual', 100, 100],
    ['wide', 300, 120],
    ['none', undefined, 120],
  ])('%s', (_, columns, width) => {
    expect(terminalOn(screen(columns).stream).width).toBe(width);
  });

  // Node's own streams have a depth of 1 where NO_COLOR is set.
  test.each([
    ['is coloured', 100, 8, true],
    ['is not where colours are unwanted', 100, 1, false],
    ['is not where it is none', undefined, 8, false],
  ])('%s', (_, columns, colorDepth, isColoured) => {
    const { stream } = screen(columns, colorDepth);
    expect(terminalOn(stream).paint('red', 'x')).toBe(isColoured ? '\u001b[31mx\u001b[39m' : 'x');
  });

  test.each([
    ['on a terminal', 100, {}, true],
    ['not in a pipe', undefined, {}, false],
    ['not where lines stay', 100, { TERM: 'dumb' }, false],
    ['not in a build', 100, { CI: 'true' }, false],
  ])('progress is shown %s', (_, columns, env, isShown) => {
    Object.assign(process.env, env);
    const { stream, text } = screen(columns);
    const progress = progressLine(terminalOn(stream), Date.now() - 2000);
    const counts = { pages: 12, requests: 15, throttled: 2, retries: 3 };
    progress.onProgress({ users: 1200, expectedUsers: undefined, counts });
    progress.onEvent({ kind: 'retry', operation: 'ListUsers', failure: 'a 500', waitMs: 1500 });
    progress.clear();
    const clear = '\r\u001b[2K';
    const line = (repeated: number, waiting: string) =>
      `${clear}1,200 users · 12 pages · N users/s · 2 throttled · ${repeated} repeated${waiting}`;
    expect(text().replaceAll(/\d+ users\/s/g, 'N users/s')).toBe(
      isShown ? line(3, '') + line(4, ' · waiting 1.5 s after a 500') + clear : '',
    );
  });
});

/** A text that a terminal would obey: it clears, sets a title, asks, goes back, turns the direction, begins a C1 sequence. */
const CONTROLS = '\u001b[2J\u001b]0;title\u0007\u001b[6n\r\b\t\u202e\u009b31m\u2028\u{e0041}';

describe('what comes from outside', () => {
  test.each([100, undefined])('is written without controls, on %s columns', (columns) => {
    const { stream, text } = screen(columns);
    const terminal = terminalOn(stream);
    terminal.line(`a${CONTROLS}b`);
    terminal.write(`c${CONTROLS}\n`);
    terminal.line(`\u001b[8mhidden\u001b[0m`);
    terminal.write(table(terminal, undefined, [[`d${CONTROLS}\ne`, `f${CONTROLS}`]]));
    expect(text().replaceAll('\n', '|')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(text()).toMatch(/^a\[2J\]0;title\[6n31mb\nc.*\n\[8mhidden\[0m\nd.* e {2}f.*\n$/);
  });

  test('is painted without controls, and its colours are none', () => {
    const { stream, text } = screen(100);
    const terminal = terminalOn(stream);
    terminal.line(terminal.paint('red', `x${CONTROLS}\u001b[39m\u001b[8my`));
    expect(text()).toMatch(/^\p{Cc}\[31mx[ -~]*\[39m\[8my\p{Cc}\[39m\n$/u);
  });

  test('is drawn over as one line', () => {
    const { stream, text } = screen(100);
    terminalOn(stream).redraw(`waiting after ${CONTROLS}\nsaid the service`);
    expect(text()).toMatch(/^\r\p{Cc}\[2Kwaiting after [ -~]+ said the service$/u);
  });

  test('stands in JSON as it came, escaped', () => {
    const { stream, text } = screen(undefined);
    writeJson(terminalOn(stream), { [CONTROLS]: CONTROLS });
    expect(text()).toMatch(/^[ -~\n]+$/);
    expect(JSON.parse(text())).toEqual({ [CONTROLS]: CONTROLS });
  });
});

test.each([
  { expectedUsers: 1201, left: 'about 1 s left' },
  { expectedUsers: 54_000, left: 'about 88 s left' },
  { expectedUsers: 72_000, left: 'about 2 min left' },
  { expectedUsers: 1200, left: undefined },
  { expectedUsers: 900, left: undefined },
])('progress tells the time left where the last run had $expectedUsers users: $left', ({ expectedUsers, left }) => {
  jest.useFakeTimers({ now: 2000 });
  const { stream, text } = screen(120);
  const counts = { pages: 12, requests: 13, throttled: 0, retries: 0 };
  progressLine(terminalOn(stream), 0).onProgress({ users: 1200, expectedUsers, counts });
  jest.useRealTimers();
  expect(text()).toBe(`\r\u001b[2K1,200 users · 12 pages · 600 users/s${left === undefined ? '' : ` · ${left}`}`);
});

describe('table', () => {
  const plain = { paint: (_: unknown, text: string) => text, width: 40 };

  test.each([
    [
      'aligns columns and wraps the last',
      ['A', 'B'],
      [
        ['x', 'one two three four five six seven eight'],
        ['longer', 'y'],
      ],
      'A       B\nx       one two three four five six\n        seven eight\nlonger  y\n',
    ],
    ['has no headings where there are none', undefined, [['x', 'y']], 'x  y\n'],
    ['takes a row that is short', ['A', 'B', 'C'], [['x']], 'A  B  C\nx\n'],
    ['has headings alone', ['A', 'B'], [], 'A  B\n'],
    [
      'puts the last column below where it has no room',
      ['A', 'B'],
      [['a-very-long-first-column', 'one two']],
      'A\n    B\na-very-long-first-column\n    one two\n',
    ],
  ] as const)('%s', (_, headings, rows, text) => {
    expect(table(plain, headings, rows)).toBe(text);
  });

  test('colours do not count as width', () => {
    const painted = table({ paint: (_, text) => `<${text}>`, width: 80 }, undefined, [
      [{ text: 'LOW', format: 'cyan' }, 'x'],
      [{ text: 'CRITICAL', format: 'red' }, 'y'],
    ]);
    expect(painted).toBe('<LOW>       x\n<CRITICAL>  y\n');
  });
});

describe('findings', () => {
  const plain = { paint: (_: unknown, text: string) => text, width: 120 };
  const ofUser = (id: string) => ({ subject: { kind: 'user' as const, id } });

  test('come the worst first, five of each rule and kind, and the rest is counted', () => {
    const many = Array.from({ length: 7 }, (_, index) => ofUser(`01U${index}`));
    const text = findingsTable(
      plain,
      [
        aHighlight('open', ...many),
        aHighlight('new', {
          ruleId: 'shared-principal',
          severity: 'HIGH',
          subject: { kind: 'principal', id: `arn:aws:iam::111122223333:role/finspace/${'r'.repeat(30)}-end` },
        }),
        aHighlight('resolved', { ...ofUser('01R'), severity: 'LOW', cause: 'user-disabled' }),
      ],
      'findings.csv',
    );
    const lines = text.trimEnd().split('\n');
    expect(lines[1]).toMatch(/^HIGH {6}new {7}\.{3}r{25}-end {2}shared-principal: /);
    expect(lines.filter((line) => line.startsWith('MEDIUM'))).toHaveLength(5);
    expect(`${lines[6]} ${lines[7]?.trim()}`).toMatch(/ \(and 2 more\)$/);
    expect(lines[8]).toMatch(/^LOW {7}resolved {2}01R {31}stale-login: a user that it is about was disabled$/);
    expect(lines[9]).toBe('and 2 more in findings.csv');
  });

  test('of what stands for an ARN and is none are told without it: it may be a name', () => {
    const subject = { kind: 'principal' as const, id: 'Zebulon Quagmire' };
    const text = findingsTable(plain, [aHighlight('new', { ruleId: 'shared-principal', subject })]);
    expect(text).toContain('(no role ARN)');
    expect(text).not.toContain('Zebulon');
  });

  test.each([
    ['escape sequences', '\u001b[2J\u001b]0;title\u0007x', '[2J ]0;title x'],
    ['bidi marks', '\u202e01X\u2066', '01X'],
    ['an address', 'jane@example.com', '[e-mail]'],
    ['nothing readable', '\u200b', '(no readable id)'],
    ['too many characters', 'x'.repeat(40), `${'x'.repeat(29)}...`],
  ])('a user id of %s is shown harmless', (_, id, shown) => {
    const [, line = ''] = findingsTable(plain, [aHighlight('new', ofUser(id))]).split('\n');
    expect(line.slice('SEVERITY  STATE  '.length).split(/ {2,}/)[0]).toBe(shown);
  });
});
