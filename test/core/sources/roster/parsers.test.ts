import { describe, expect, test } from '@jest/globals';
import { newNotes } from '../../../../core/sources/roster/notes.ts';
import { parserOf } from '../../../../core/sources/roster/parsers.ts';
import { serialiseRecord } from '../../../../rules/engine/record.ts';

const NAMES = [
  'apiAccess',
  'apiAccessPrincipalArn',
  'createTime',
  'emailAddress',
  'firstName',
  'lastDisabledTime',
  'lastEnabledTime',
  'lastLoginTime',
  'lastModifiedTime',
  'lastName',
  'status',
  'type',
  'userId',
];
const COLUMNS = NAMES.join(', ');
const HEADER = NAMES.join();
const SAVE = 'save it with aws finspace-data list-users --max-results 100 --output json';

/** A row of a user of whom so much is known. */
const row = (user: Readonly<Record<string, string>>, separator = '\t'): string =>
  NAMES.map((name) => user[name] ?? '').join(separator);

const parserName = (head: string, name = 'roster'): string => {
  const parser = parserOf(name, head);
  return typeof parser === 'string' ? parser : parser.name;
};

describe('a saved file is known by its beginning', () => {
  test.each<{ parser: string; heads: readonly string[] }>([
    {
      parser: 'json',
      heads: [
        '{',
        ' {\n',
        '{"',
        '{ }',
        '[',
        '[ ',
        '[{',
        '[ {\n',
        '[{}',
        '[{"',
        '[]',
        '{"a":1} 2\n{',
        '{"a":1}\n[',
        '{\n"a":1}\n{',
      ],
    },
    { parser: 'json-lines', heads: ['{"a":1}\n{', ' {"a":1} \t\r\n\r\n{"b":2}', '{"a":"\t"}\n{'] },
    { parser: 'csv', heads: [HEADER, `${HEADER}\r\n`, HEADER.replaceAll(',', ';'), `"${NAMES.join('","')}"\n\t`] },
    {
      parser: 'text',
      heads: [
        row({}),
        `USERS\t${row({})}\n`,
        `token\n\r\n${row({ apiAccess: 'ENABLED', status: 'CREATING', type: 'APP_USER' })}\n`,
        row({ apiAccess: 'DISABLED', type: 'SUPER_USER' }),
        row({ apiAccess: 'None', status: 'None', type: 'None' }),
      ],
    },
  ])('as $parser', ({ parser, heads }) => {
    for (const head of heads) expect([head, parserName(head)]).toStrictEqual([head, parser]);
  });

  test('or by its name, where the archive has it', () => {
    for (const name of ['a.jsonl', 'a.jsonl.gz'])
      for (const head of ['', '7', '[]', '(dp0', 'a\tb']) expect(parserName(head, name)).toBe('json-lines');
    for (const name of ['a.jsonl.zip', 'a.jsonl/b', 'jsonl', 'a.json']) expect(parserName('[]', name)).toBe('json');
  });
});

describe('what nothing reads is told by what it looks like, and what to do about it', () => {
  const DUMP = 'save the answer with json.dump(answer, file)';

  test.each<{ got: string; remedy: string; heads: readonly string[] }>([
    { got: 'nothing', remedy: SAVE, heads: ['', ' \n'] },
    {
      got: 'something else',
      remedy: SAVE,
      heads: [
        '<html>',
        'a,b\nc',
        '[1]',
        '{1}',
        '[{1',
        '[[',
        '-x',
        'a:b',
        ' - a',
        '(x',
        'x(dp0',
        'p0',
        '(p0',
        '(dx',
        '\ufffdx',
      ],
    },
    { got: 'YAML', remedy: SAVE, heads: ['---\n', '- a: 1', 'users:\n', 'users: []', 'users:'] },
    {
      got: 'what Python prints, and no JSON',
      remedy: DUMP,
      heads: ["{'users': []}", "[{'userId'", " \n{'a'", " [{'a'"],
    },
    {
      got: 'a Python pickle, which runs what it holds when it is loaded',
      remedy: `load it where you trust it, and ${DUMP}`,
      heads: ['\ufffd\u0004', '\ufffd\u0003\t', '(dp0', '(lp0', 'dp0', 'lp0\n\t', '(d1', '(l2', '(dp9', '(lp9'],
    },
  ])('$got', ({ got, remedy, heads }) => {
    const told = `must be users as ListUsers gives them, in JSON, JSON lines, CSV or --output text, gzipped or not, got ${got}: ${remedy}`;
    for (const head of heads) expect([head, parserName(head)]).toStrictEqual([head, told]);
  });

  const LEFT_OUT = `the AWS CLI leaves out of --output text what no user of the page has; ${SAVE}`;

  test.each<{ got: string; head: string }>([
    { got: '1 in another order', head: 'USERS\tada\n' },
    { got: '1', head: 'USERS\tDISABLED\n' },
    { got: '2', head: 'ENABLED\tada' },
    { got: '12', head: `t\n${row({}).slice(1)}\n` },
    { got: '14', head: `USERS\t\t${row({})}` },
    { got: '2 in another order', head: 'ada\tENABLED' },
    ...[{ apiAccess: 'ENABLEDx' }, { apiAccess: 'xDISABLED' }].map((user) => ({
      got: '13 in another order',
      head: row(user),
    })),
    ...['Enabled', 'ENABLED1', '1ENABLED'].map((status) => ({ got: '13 in another order', head: row({ status }) })),
    ...['ADMIN', 'APP_USERS', 'MY_APP_USER', 'SUPER_USERS', 'A_SUPER_USER'].map((type) => ({
      got: '13 in another order',
      head: row({ type }),
    })),
  ])('--output text that must have other cells than $got: $head', ({ got, head }) => {
    expect(parserName(head)).toBe(`must have the 13 cells ${COLUMNS} in every row, got ${got}: ${LEFT_OUT}`);
  });

  test.each<{ got: string; head: string }>([
    { got: '12, without type', head: HEADER.replace(',type', '') },
    { got: '11, without status, type', head: HEADER.replace(',status,type', '') },
    { got: '14, with 1 others', head: `${HEADER},age\n` },
    { got: '13, without status, type and with 2 others', head: HEADER.replace('status,type', 'age,"typ') },
    { got: '14', head: `${HEADER},type\r\n` },
    { got: '13, without type', head: HEADER.replace('type', 'status') },
    {
      got: '12, without apiAccessPrincipalArn, createTime and with 1 others',
      head: HEADER.replace(',createTime', ';createTime'),
    },
    { got: '1, without apiAccess, apiAccessPrincipalArn', head: 'userId' },
  ])('a CSV that must have other columns than $got', ({ got, head }) => {
    const told = `must have the columns ${COLUMNS}, each once, got ${got}`;
    expect(parserName(head)).toBe(
      head === 'userId' ? told.replace(/arn$/i, `Arn, ${NAMES.slice(2, -1).join(', ')}`) : told,
    );
  });
});

/** Reads a text in pieces of so many characters, of which the last is empty as a decoder's is, by the parser that knows it. */
const read = async (text: string, size = text.length, end = async () => '') => {
  const parser = parserOf('roster', text);
  if (typeof parser === 'string') throw new Error(parser);
  async function* pieces() {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
    yield await end();
  }
  const notes = newNotes();
  const users: string[] = [];
  for await (const some of parser.read(pieces(), notes)) users.push(...some.map(serialiseRecord));
  const { pages, hasToken, torn } = notes;
  return { users, pages, hasToken, torn };
};

const [ADA, BOB] = ['{"userId":"ada"}', '{"userId":"bob"}'] as const;
const [ADAS, BOBS] = [row({ userId: 'ada' }), row({ userId: 'bob' })] as const;
const csv = (...rows: readonly string[]): string => `${[HEADER, ...rows].join('\n')}\n`;
const ADAS_CELLS = row({ userId: 'ada' }, ',');
const cutOff = (line: number): string =>
  `ends without a line end behind the last cell of line ${line}, which may be cut off (where it is whole, add the line end)`;

describe('what is read of a saved file, and what is wrong with it, is the same in pieces of any size', () => {
  test.each<{
    name: string;
    text: string;
    users: readonly string[];
    pages?: number;
    hasToken?: boolean;
    torn?: string;
  }>([
    {
      name: 'JSON that breaks off',
      text: `[${ADA},{"userId":"bob"`,
      users: [ADA, '"{\\"userId\\":\\"bob\\""'],
      torn: 'is no JSON at item 2',
    },
    {
      name: 'JSON without its end',
      text: `[${ADA}`,
      users: [ADA],
      torn: 'is no whole JSON: the end is missing at character 18',
    },
    {
      name: 'JSON with something behind it',
      text: `[${ADA}]x`,
      users: [ADA],
      torn: 'is no whole JSON: neither { nor [ at character 19',
    },
    {
      name: 'a line that is no JSON, behind empty ones',
      text: `${ADA}\n\n \n{"userId"\n${BOB}\n`,
      users: [ADA, '"{\\"userId\\""', BOB],
      torn: 'is no JSON on line 4',
    },
    { name: 'JSON', text: `[${ADA},${BOB}]`, users: [ADA, BOB] },
    { name: 'rows', text: `USERS\t${ADAS}\nUSERS\t${BOBS}\n`, users: [ADA, BOB] },
    { name: 'rows behind a token', text: `t\n${ADAS}\n`, users: [ADA], pages: 1, hasToken: true },
    { name: 'rows behind None', text: `None\n${ADAS}\n`, users: [ADA] },
    {
      name: 'a row of too many cells',
      text: `${ADAS}\n\n${BOBS}\tNone\n`,
      users: [ADA, `"${BOBS.replaceAll('\t', '\\t')}\\t"`],
      torn: 'has 14 cells on line 3, where 13 are needed',
    },
    { name: 'rows that may be cut off', text: `\n${ADAS}`, users: [ADA], torn: cutOff(2) },
    { name: 'a CSV', text: csv(ADAS_CELLS), users: [ADA] },
    {
      name: 'a CSV of somebody whose name is that of a column',
      text: csv(ADAS_CELLS, row({ userId: 'bob', firstName: 'status' }, ',')),
      users: [ADA, '{"firstName":"status","userId":"bob"}'],
    },
    {
      name: 'a CSV in which another is, with its mark and an order of its own',
      text: csv(ADAS_CELLS, `\ufeff${NAMES.toReversed().join()}`, `bob${','.repeat(12)}`),
      users: [ADA, BOB],
    },
    { name: 'a CSV of nobody', text: csv(), users: [] },
    { name: 'a CSV that may be cut off', text: csv('', ADAS_CELLS).slice(0, -1), users: [ADA], torn: cutOff(3) },
    {
      name: 'a CSV with a row of one cell',
      text: csv(ADAS_CELLS, 'x'),
      users: [ADA, '"x"'],
      torn: 'has 1 cells on line 3, where 13 are needed',
    },
    {
      name: 'a CSV with a row of two cells',
      text: csv(ADAS_CELLS, ',x'),
      users: [ADA, '"\\tx"'],
      torn: 'has 2 cells on line 3, where 13 are needed',
    },
    {
      name: 'a CSV with a quote where none may be',
      text: csv(ADAS_CELLS, 'x"'),
      users: [ADA],
      torn: 'is no whole CSV: line 3: cell 1 must be quoted as a whole, got a quote within it',
    },
  ])('$name', async ({ text, users, pages = 0, hasToken = false, torn }) => {
    for (const size of [1, 5, 1000])
      expect({ size, ...(await read(text, size)) }).toStrictEqual({ size, users, pages, hasToken, torn });
  });

  test.each<{ name: string; end: string; cells: readonly string[]; line?: number }>([
    { name: 'an id as long as all others', end: 'userId', cells: ['ada', 'bob', 'eve'] },
    { name: 'a time', end: 'lastLoginTime', cells: ['', '1700000000000'] },
    { name: 'a documented value', end: 'status', cells: ['', 'ENABLED', 'CREATING'] },
    { name: 'a text in quotes', end: 'lastName', cells: ['', '"Lovelace"'] },
    { name: 'an id that is cut off', end: 'userId', cells: ['ada', 'bob', 'ev'], line: 4 },
    { name: 'ids of several lengths', end: 'userId', cells: ['ada', 'bob2', 'eve'], line: 4 },
    { name: 'the only id', end: 'userId', cells: ['ada'], line: 2 },
    { name: 'no id', end: 'userId', cells: ['ada', ''], line: 3 },
    { name: 'no time', end: 'lastLoginTime', cells: ['', ''], line: 3 },
    { name: 'a time that lacks a digit', end: 'lastLoginTime', cells: ['', '170000000000'], line: 3 },
    { name: 'a value that is cut off', end: 'type', cells: ['SUPER_USER', 'APP_USE'], line: 3 },
    { name: 'a name', end: 'lastName', cells: ['', 'Love'], line: 3 },
    { name: 'a name that is a time', end: 'lastName', cells: ['', '1700000000000'], line: 3 },
  ])('a CSV without a line end behind $name may be cut off on line $line', async ({ end, cells, line }) => {
    const columns = [...NAMES.filter((column) => column !== end), end];
    const rows = cells.map((cell) => columns.map((column) => (column === end ? cell : '')).join());
    const { torn } = await read([columns.join(), ...rows].join('\n'), 7);
    expect(torn).toBe(line === undefined ? undefined : cutOff(line));
  });

  test.each<{ name: string; text: string; line?: number }>([
    {
      name: 'a CSV behind an id as long as other cells of a header before',
      text: `${[...NAMES.slice(0, 9), 'userId', 'status', 'type', 'lastName'].join()}${`\n${',x'.repeat(12)}xx`.repeat(2)}\n${HEADER}\n${row({ userId: 'bob' }, ',')}`,
      line: 5,
    },
    { name: 'a CSV without a cell behind quotes', text: `${csv(ADAS_CELLS)}${','.repeat(11)}"APP_USER",`, line: 3 },
    { name: 'a CSV between CR and LF', text: `${HEADER}\r\n${ADAS_CELLS}\r` },
    { name: 'rows between CR and LF', text: `USERS\t${ADAS}\r` },
    { name: 'rows behind an id as long as all others', text: `${ADAS}\n${BOBS}` },
    { name: 'rows within an id', text: `${ADAS}\n${BOBS.slice(0, -1)}`, line: 2 },
    { name: 'rows, and an id as long as those of the page before', text: `${ADAS}\nt\n${BOBS}` },
    { name: 'rows behind a token', text: `${ADAS}\n${BOBS}\nt`, line: 3 },
    { name: 'rows behind None', text: `${ADAS}\n${BOBS}\nNone`, line: 3 },
    { name: 'rows behind quotes, which are none in them', text: `${ADAS}\n${BOBS}"`, line: 2 },
  ])('what ends as $name may be cut off on line $line', async ({ text, line }) => {
    expect((await read(text)).torn).toBe(line === undefined ? undefined : cutOff(line));
  });

  test.each([
    ['0', '0'],
    ['1700000000000', '1700000000000'],
    ['-1.50', '-1.50'],
    ['01', '"01"'],
    ['.5', '".5"'],
    ['1.', '"1."'],
    ['1e3', '"1e3"'],
    ['x1', '"x1"'],
    ['1 ', '"1 "'],
  ])('a time %s is %s', async (cell, value) => {
    const text = `${row({ createTime: cell, firstName: cell })}\n`;
    expect((await read(text)).users).toStrictEqual([`{"createTime":${value},"firstName":"${cell}"}`]);
  });

  test('a line is not longer than any page of the service', async () => {
    const longest = 'x'.repeat(32 * 1024 * 1024);
    expect(await read(`${ADAS}\n${longest}`)).toMatchObject({ users: [ADA], hasToken: true });
    await expect(read(`${ADAS}\n${longest}x`)).rejects.toThrow('has a line of over 33554432 characters');
  });

  test('what can be read no further is not torn', async () => {
    const failure = new Error('the disk is gone');
    for (const text of ['[', '{}\n{', `${ADAS}\n`, csv(ADAS_CELLS)])
      await expect(read(text, 100, () => Promise.reject(failure))).rejects.toBe(failure);
  });
});
