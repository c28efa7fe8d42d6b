/** A row of a CSV file. */
export interface CsvRow {
  /** The line of the file that it begins on, from 1: a cell in quotes may hold line ends. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Thrown where a file is no CSV. */
export class CsvError extends Error {
  override readonly name = 'CsvError';

  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`);
  }
}

/** In UTF-16 units: an unpaired quote must not make one cell of the rest of a large file. */
const MOST_CELL = 1024 * 1024;

/** Decodes a file in UTF-8, without a byte order mark; throws CsvError at the line where it is none. Text is decoded. */
async function* decodedText(chunks: AsyncIterable<Uint8Array | string>, line: () => number): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decoded = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new CsvError(line(), 'must be UTF-8 from here on; save the file as "CSV UTF-8"');
    }
  };
  for await (const chunk of chunks) yield typeof chunk === 'string' ? chunk : decoded(chunk);
  yield decoded();
}

/**
 * Reads CSV strictly by RFC 4180, and what spreadsheets make of it: a byte order mark, lines that end in LF or CR alone,
 * and `;` between cells. Whichever of `,` and `;` comes first in the file separates its cells, so no name in its header
 * may hold either.
 * @throws {CsvError} where a quote stands where none may, the last one is missing, or the file is not UTF-8
 */
export async function* readCsv(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<CsvRow> {
  let line = 1;
  let begin = 1;
  let separator: string | undefined;
  let cells: string[] = [];
  let cell = '';
  let cellState: 'start' | 'bare' | 'quoted' | 'after-quote' = 'start';
  let isAfterCr = false;

  const isSeparator = (char: string): boolean => {
    if (separator === undefined && (char === ',' || char === ';')) separator = char;
    return char === separator;
  };
  const endCell = (): void => {
    cells.push(cell);
    cell = '';
    cellState = 'start';
  };

  for await (const text of decodedText(chunks, () => line)) {
    for (const char of text) {
      const isPairedLf = isAfterCr && char === '\n';
      isAfterCr = char === '\r';
      const isLineEnd = char === '\n' || char === '\r';
      if (isLineEnd && !isPairedLf) line += 1;

      if (cellState === 'quoted') {
        if (char === '"') cellState = 'after-quote';
        else cell += char;
      } else if (cellState === 'after-quote' && char === '"') {
        cell += char;
        cellState = 'quoted';
      } else if (isPairedLf) {
        begin = line;
      } else if (isLineEnd) {
        endCell();
        yield { line: begin, cells };
        cells = [];
        begin = line;
      } else if (isSeparator(char)) {
        endCell();
      } else if (cellState === 'after-quote') {
        throw new CsvError(line, `cell ${cells.length + 1} must end with its closing quote, got text after it`);
      } else if (char === '"') {
        if (cellState === 'bare')
          throw new CsvError(line, `cell ${cells.length + 1} must be quoted as a whole, got a quote within it`);
        cellState = 'quoted';
      } else {
        cell += char;
        cellState = 'bare';
      }
      if (cell.length > MOST_CELL)
        throw new CsvError(begin, `cell ${cells.length + 1} must have at most ${MOST_CELL} characters, got more`);
    }
  }
  if (cellState === 'quoted')
    throw new CsvError(begin, `cell ${cells.length + 1} must have a closing quote, got the end of the file`);
  // The last line may lack its end.
  if (cells.length > 0 || cellState !== 'start') yield { line: begin, cells: [...cells, cell] };
}
