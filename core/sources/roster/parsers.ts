import { parseRecord } from '../../../rules/engine/record.ts';
import { DOCUMENTED } from '../../../rules/engine/user.ts';
import { CsvError, readCsv } from '../../text/csv-reader.ts';
import { linesOfText } from './bytes.ts';
import { COLUMNS, isColumn } from './columns.ts';
import { addValue, documentReader } from './documents.ts';
import { notePage, noteTorn, parsedOrText, type RosterNotes } from './notes.ts';

/** Reads the users of a saved file, some at a time, as they were saved; what it can't read is a record too, and noted. */
type ReadUsers = (texts: AsyncIterable<string>, notes: RosterNotes) => AsyncIterable<readonly unknown[]>;

/** One way in which people have saved users. */
export interface RosterParser {
  /** As `source` names it. */
  readonly name: string;
  /** Whether a file that begins so is of this kind. */
  knows(head: string): boolean;
  /** Says what keeps a file that begins so from being read, and what to do about it. */
  problem?(head: string): string | undefined;
  readonly read: ReadUsers;
  /** The users lack what nothing told of them. */
  readonly hasGaps?: true;
  /** Gives the users that only all files together tell of. */
  rest?(): readonly unknown[];
}

/** In UTF-16 units: a page of the service, the longest thing that becomes a line, has 16 MiB. */
const MOST_LINE = 32 * 1024 * 1024;

async function* readDocuments(texts: AsyncIterable<string>, notes: RosterNotes): AsyncGenerator<readonly unknown[]> {
  const users: unknown[] = [];
  const reader = documentReader(users, notes);
  for await (const text of texts) {
    reader.feed(text);
    yield users.splice(0);
  }
  const problem = reader.finish();
  if (problem !== undefined) noteTorn(notes, `is no whole JSON: ${problem}`);
  yield users;
}

async function* readJsonLines(texts: AsyncIterable<string>, notes: RosterNotes): AsyncGenerator<readonly unknown[]> {
  let number = 0;
  for await (const lines of linesOfText(texts, MOST_LINE)) {
    const users: unknown[] = [];
    for (const line of lines) {
      number += 1;
      if (line.trim() !== '') addValue(line, parsedOrText(line, notes, 'on line', number), users, notes);
    }
    yield users;
  }
}

/**
 * Makes a user of cells, of which empty ones are missing members. A time in digits is a number as it stands; what a
 * spreadsheet has made of one, such as 1.70E+12, has lost digits, and stays a text that no rule takes for a time.
 */
const userOf = (columns: readonly string[], cells: readonly string[]): unknown => {
  const members = columns.flatMap((name, index) => {
    const cell = cells[index] ?? '';
    if (cell === '') return [];
    const isNumber = name.endsWith('Time') && /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(cell);
    return [`${JSON.stringify(name)}:${isNumber ? cell : JSON.stringify(cell)}`];
  });
  return parseRecord(`{${members.join(',')}}`);
};

/** Adds a row; one of another width is a record that nobody can read. */
const addRow = (
  columns: readonly string[],
  cells: readonly string[],
  line: number,
  users: unknown[],
  notes: RosterNotes,
): void => {
  if (cells.length === columns.length) users.push(userOf(columns, cells));
  else {
    noteTorn(notes, `has ${cells.length} cells on line ${line}, where ${columns.length} are needed`);
    users.push(cells.join('\t'));
  }
};

/**
 * The cells of a row, without the word that it begins with where all of the answer was saved. Only a query writes `None` for
 * what there is none of: else it is somebody's name.
 */
const rowOf = (line: string): readonly string[] => {
  const cells = line.split('\t');
  return cells[0] === 'USERS' ? cells.slice(1) : cells.map((cell) => (cell === 'None' ? '' : cell));
};

const isDocumented = (name: string): name is keyof typeof DOCUMENTED => Object.hasOwn(DOCUMENTED, name);

/**
 * Whether a cell is no beginning of another one, by what it is.
 * @param idLengths of the ids of other rows: those of a directory are of one length
 */
const isWholeCell = (column: string, cell: string, idLengths: ReadonlySet<number>): boolean => {
  if (column === 'userId') return idLengths.size === 1 && idLengths.has(cell.length);
  return isDocumented(column) ? DOCUMENTED[column].includes(cell) : column.endsWith('Time') && /^\d{13}$/.test(cell);
};

/**
 * Watches the last cell of each row, for the one behind which the file ends: where no line ends there, it may have been cut off
 * within that cell, and many a spreadsheet ends so.
 * @param ended a text behind whose last cell nothing is missing
 */
const endWatch = (texts: AsyncIterable<string>, ended: RegExp) => {
  const idLengths = new Set<number>();
  let end = '';
  let last: { readonly column: string; readonly cell: string; readonly line: number } | undefined;
  async function* watched() {
    for await (const text of texts) {
      if (text !== '') end = text.slice(-1);
      yield text;
    }
  }
  return {
    texts: watched(),
    see(columns: readonly string[], cells: readonly string[], line: number): void {
      if (last?.column === 'userId') idLengths.add(last.cell.length);
      last = { column: columns.at(-1) ?? '', cell: cells.at(-1) ?? '', line };
    },
    finish(notes: RosterNotes): void {
      if (last === undefined || ended.test(end) || isWholeCell(last.column, last.cell, idLengths)) return;
      noteTorn(
        notes,
        `ends without a line end behind the last cell of line ${last.line}, which may be cut off (where it is whole, add the line end)`,
      );
    },
  };
};

async function* readText(texts: AsyncIterable<string>, notes: RosterNotes): AsyncGenerator<readonly unknown[]> {
  const end = endWatch(texts, /[\r\n]/);
  let number = 0;
  // The token of a page stands before its users, so that nothing tells where another page begins.
  let token: string | undefined;
  for await (const lines of linesOfText(end.texts, MOST_LINE)) {
    const users: unknown[] = [];
    for (const line of lines) {
      number += 1;
      if (line === '') continue;
      if (line.includes('\t')) {
        const cells = rowOf(line);
        addRow(COLUMNS, cells, number, users, notes);
        end.see(COLUMNS, cells, number);
        continue;
      }
      end.see(['nextToken'], [line], number);
      if (line === 'None') continue;
      token = line;
      notePage(notes, token);
    }
    yield users;
  }
  notes.hasToken = token !== undefined;
  end.finish(notes);
}

/**
 * The columns that a row names, if it is a header. Files that are put together bring theirs each time, with their byte order
 * mark, and each in its own order.
 */
const columnsOf = (cells: readonly string[]): readonly string[] | undefined => {
  const columns = cells.map((cell) => cell.replace('\ufeff', ''));
  return cells.length === COLUMNS.length && COLUMNS.every((name) => columns.includes(name)) ? columns : undefined;
};

async function* readTable(texts: AsyncIterable<string>, notes: RosterNotes): AsyncGenerator<readonly unknown[]> {
  const end = endWatch(texts, /["\r\n]/);
  let columns: readonly string[] = [];
  let users: unknown[] = [];
  try {
    for await (const { line, cells } of readCsv(end.texts)) {
      const header = columnsOf(cells);
      if (header !== undefined) columns = header;
      else if (cells.length > 1 || cells[0] !== '') {
        addRow(columns, cells, line, users, notes);
        end.see(columns, cells, line);
        notes.hasToken = false;
      }
      if (users.length < 500) continue;
      yield users;
      users = [];
    }
    end.finish(notes);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    noteTorn(notes, `is no whole CSV: ${error.message}`);
  }
  yield users;
}

const HOW_TO_SAVE = 'save it with aws finspace-data list-users --max-results 100 --output json';

const firstRow = (head: string): string => head.split(/\r?\n/).find((line) => line.includes('\t')) ?? '';

/** A column that nobody has is left out by the CLI, and nothing says which one: only all of them can be told apart. */
const textProblem = (head: string): string | undefined => {
  const cells = rowOf(firstRow(head));
  const [apiAccess = '', , , , , , , , , , status = '', type = ''] = cells;
  const isInOrder =
    /^(?:ENABLED|DISABLED)?$/.test(apiAccess) && /^[A-Z]*$/.test(status) && /^(?:SUPER_USER|APP_USER)?$/.test(type);
  if (cells.length === COLUMNS.length && isInOrder) return undefined;
  return `must have the ${COLUMNS.length} cells ${COLUMNS.join(', ')} in every row, got ${cells.length}${isInOrder ? '' : ' in another order'}: the AWS CLI leaves out of --output text what no user of the page has; ${HOW_TO_SAVE}`;
};

/** The cells of the header, which whichever of `,` and `;` comes first separates. */
const headerOf = (head: string): readonly string[] => {
  const [line = ''] = head.split(/[\r\n]/, 1);
  return line.split(/[,;]/.exec(line)?.[0] ?? ',').map((name) => name.replace(/^"(.*)"$/, '$1'));
};

/** A column that is left out would make all its times never. */
const tableProblem = (head: string): string | undefined => {
  const header = headerOf(head);
  const missing = COLUMNS.filter((name) => !header.includes(name));
  const unknown = header.filter((name) => !isColumn(name));
  if (missing.length === 0 && unknown.length === 0 && header.length === COLUMNS.length) return undefined;
  const what = [
    ...(missing.length > 0 ? [`without ${missing.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`with ${unknown.length} others`] : []),
  ];
  return `must have the columns ${COLUMNS.join(', ')}, each once, got ${header.length}${what.length > 0 ? `, ${what.join(' and ')}` : ''}`;
};

const isJson = (head: string): boolean => /^\s*(?:\[\s*(?:\]|$)|(?:\[\s*)?\{\s*(?:["}]|$))/.test(head);

/** A document a line: where a line is torn, the next one is whole again. */
const isJsonLines = (head: string): boolean => /^\s*\{[^\n]*\}[ \t\r]*\n\s*\{/.test(head);

const JSON_LINES: RosterParser = { name: 'json-lines', knows: isJsonLines, read: readJsonLines };

/** Every way in which people have saved users. The first that knows the beginning of a file reads it. */
const PARSERS: readonly RosterParser[] = [
  JSON_LINES,
  { name: 'json', knows: isJson, read: readDocuments },
  { name: 'csv', knows: (head) => headerOf(head).includes('userId'), problem: tableProblem, read: readTable },
  { name: 'text', knows: (head) => head.includes('\t'), problem: textProblem, read: readText },
];

interface Refused {
  readonly what: string;
  readonly looks: RegExp;
  readonly remedy: string;
}

/** Any byte may stand in it, those by which parsers know their files among them. */
const PICKLE: Refused = {
  what: 'a Python pickle, which runs what it holds when it is loaded',
  looks: /^(?:\ufffd\p{Cc}|\(?[dl]p0|\([dl]p?\d)/u,
  remedy: 'load it where you trust it, and save the answer with json.dump(answer, file)',
};

const REFUSED: readonly Refused[] = [
  PICKLE,
  {
    what: 'what Python prints, and no JSON',
    looks: /^\s*(?:\{'|\[\{')/,
    remedy: 'save the answer with json.dump(answer, file)',
  },
  { what: 'YAML', looks: /^(?:---|- |\w+:(?:\s|$))/, remedy: HOW_TO_SAVE },
];

/** Says why nothing reads a file that begins so, and what to do about it. */
const refusalOf = (head: string): string => {
  const { what, remedy } = REFUSED.find(({ looks }) => looks.test(head)) ?? {
    what: head.trim() === '' ? 'nothing' : 'something else',
    remedy: HOW_TO_SAVE,
  };
  return `must be users as ListUsers gives them, in JSON, JSON lines, CSV or --output text, gzipped or not, got ${what}: ${remedy}`;
};

/** Finds the parser of a file by its name and its beginning; a text says why there is none, and reads after the name. */
export const parserOf = (name: string, head: string): RosterParser | string => {
  // The archive's own lines may be anything that a service gave.
  if (/\.jsonl(?:\.gz)?$/.test(name)) return JSON_LINES;
  const parser = PICKLE.looks.test(head) ? undefined : PARSERS.find(({ knows }) => knows(head));
  return parser === undefined ? refusalOf(head) : (parser.problem?.(head) ?? parser);
};
