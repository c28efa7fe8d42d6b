import { describe, expect, test } from '@jest/globals';
import { type CsvRow, readCsv } from '../../../core/text/csv-reader.ts';

const rowsOf = async (chunks: Parameters<typeof readCsv>[0]): Promise<readonly CsvRow[]> => {
  const rows: CsvRow[] = [];
  for await (const one of readCsv(chunks)) rows.push(one);
  return rows;
};

const read = (content: string | Uint8Array, pieceLength = 1): Promise<readonly CsvRow[]> => {
  const bytes = Buffer.from(content);
  async function* pieces() {
    for (let start = 0; start < bytes.length; start += pieceLength) yield bytes.subarray(start, start + pieceLength);
  }
  return rowsOf(pieces());
};

const row = (line: number, ...cells: readonly string[]): CsvRow => ({ line, cells });

describe.each([1, 1000])('in pieces of %i bytes', (pieceLength) => {
  test.each<{ name: string; text: string; rows: readonly CsvRow[] }>([
    { name: 'nothing', text: '', rows: [] },
    { name: 'a line without an end', text: 'a,b', rows: [row(1, 'a', 'b')] },
    { name: 'CR LF', text: 'a,b\r\nc,d\r\n', rows: [row(1, 'a', 'b'), row(2, 'c', 'd')] },
    { name: 'LF', text: 'a,b\nc,d\n', rows: [row(1, 'a', 'b'), row(2, 'c', 'd')] },
    { name: 'CR', text: 'a,b\rc,d\r', rows: [row(1, 'a', 'b'), row(2, 'c', 'd')] },
    { name: 'a byte order mark', text: '\ufeffa,b', rows: [row(1, 'a', 'b')] },
    { name: 'semicolons', text: 'a;b\nc,d;e', rows: [row(1, 'a', 'b'), row(2, 'c,d', 'e')] },
    { name: 'semicolons in cells', text: 'a,b\nc;d,e', rows: [row(1, 'a', 'b'), row(2, 'c;d', 'e')] },
    { name: 'quotes', text: '"a","b ""c"" d"\n"""",""', rows: [row(1, 'a', 'b "c" d'), row(2, '"', '')] },
    { name: 'quoted separators before bare ones', text: '"a,b";c', rows: [row(1, 'a,b', 'c')] },
    {
      name: 'line ends in quotes',
      text: 'a,b\n"1\r\n2\n3\r4",x\n5,6',
      rows: [row(1, 'a', 'b'), row(2, '1\r\n2\n3\r4', 'x'), row(6, '5', '6')],
    },
    { name: 'empty lines', text: 'a,b\r\n\r\n\r\nc', rows: [row(1, 'a', 'b'), row(2, ''), row(3, ''), row(4, 'c')] },
    { name: 'an empty line at the start', text: '\na', rows: [row(1, ''), row(2, 'a')] },
    { name: 'empty cells', text: ',\n,', rows: [row(1, '', ''), row(2, '', '')] },
    { name: 'an empty quoted cell at the end', text: 'a,b\n"c",""', rows: [row(1, 'a', 'b'), row(2, 'c', '')] },
    { name: 'characters of many bytes', text: 'é,漢\n🙂,ב', rows: [row(1, 'é', '漢'), row(2, '🙂', 'ב')] },
  ])('reads $name', async ({ text, rows }) => {
    expect(await read(text, pieceLength)).toEqual(rows);
  });

  test.each([
    {
      name: 'text after a closing quote',
      text: 'a,b\n"c"d,e',
      problem: 'line 2: cell 1 must end with its closing quote',
    },
    { name: 'a quote within a cell', text: 'a,b\nc,d"e"', problem: 'line 2: cell 2 must be quoted as a whole' },
    { name: 'no closing quote', text: 'a,b\nc,"d\ne', problem: 'line 2: cell 2 must have a closing quote' },
  ])('refuses $name', async ({ text, problem }) => {
    await expect(read(text, pieceLength)).rejects.toThrow(problem);
  });

  test.each([
    { name: 'another encoding', bytes: Buffer.from('a,b\nJos\xe9,c', 'latin1') },
    { name: 'UTF-16', bytes: Buffer.from('\ufeffa,b', 'utf16le') },
    { name: 'half a character at the end', bytes: Buffer.from('a,é').subarray(0, -1) },
  ])('refuses $name', async ({ bytes }) => {
    await expect(read(bytes, pieceLength)).rejects.toThrow('must be UTF-8');
  });
});

test('text is read as it is', async () => {
  async function* texts() {
    yield 'é,';
    yield 'b';
  }
  expect(await rowsOf(texts())).toEqual([row(1, 'é', 'b')]);
});

test('an unpaired quote makes no cell of the rest of a large file', async () => {
  const longest = 'x'.repeat(1024 * 1024);
  expect(await read(`a\nb,"${longest}"`, 1024 * 1024)).toEqual([row(1, 'a'), row(2, 'b', longest)]);
  await expect(read(`a\nb,"\n${longest}`, 1024 * 1024)).rejects.toThrow(
    'line 2: cell 2 must have at most 1048576 characters, got more',
  );
});
