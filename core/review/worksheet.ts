import { unguarded } from '../outputs/csv.ts';
import { truncate } from '../text/plain-text.ts';
import { CsvError, type CsvRow, readCsv } from './csv-reader.ts';
import {
  type ANSWER_COLUMNS,
  asSpread,
  DECISIONS,
  type Decision,
  IDENTITY_COLUMNS,
  WORKSHEET_COLUMNS,
} from './worksheet-columns.ts';

type Column = (typeof WORKSHEET_COLUMNS)[number];
type Identity = Readonly<Record<(typeof IDENTITY_COLUMNS)[number], string>>;

/** What a reviewer decided on a user, and of the user what the pack says and a sign-off tells. */
export interface Decided {
  readonly user: Pick<Identity, 'userId' | 'status' | 'apiAccess' | 'justificationToKeep'>;
  readonly decision: Decision;
  readonly justification: string;
  readonly reviewer: string;
}

/** A filled worksheet that was checked. */
export interface CheckedWorksheet {
  /** One a problem: the line, the column, what must be there and what is; empty where all is well. */
  readonly problems: readonly string[];
  /** In the order of the worksheet; those that are well formed. */
  readonly decided: readonly Decided[];
}

const MAX_SHOWN = 80;

const escapeOf = (char: string): string => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;

/** A value on one line of a terminal, with whatever in it can't be seen. */
const shown = (value: string): string =>
  value === ''
    ? 'nothing'
    : JSON.stringify(truncate(value, MAX_SHOWN)).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeOf);

/** A cell as it was before the guard against formulas. */
const textOf = (cell: string): string => unguarded(asSpread(cell));

const isEmpty = ({ cells }: CsvRow): boolean => cells.every((cell) => cell === '');

const HEADER = WORKSHEET_COLUMNS.join(',');

/** What is not the same as another thing to a spreadsheet, a keyboard or a mail system, is here. */
const folded = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .trim()
    .toLowerCase();

/** Whether a reviewer is the user: by the id or the e-mail address, alone or within a text such as `Ann <ann@…>`. */
const isThemself = (reviewer: string, { userId, emailAddress }: Identity): boolean => {
  const whole = folded(reviewer);
  const names = new Set([whole, ...whole.split(/[\s<>()[\]{},;:"']+/)]);
  return [userId, emailAddress].map(folded).some((own) => own !== '' && names.has(own));
};

const isDecision = (text: string): text is Decision => DECISIONS.some((decision) => decision === text);

interface PackLine {
  readonly line: number;
  /** The identity as JSON: a text takes far less memory than eleven. */
  readonly identity: string;
}

const identityOf = (cells: readonly string[]): Identity =>
  Object.fromEntries(
    IDENTITY_COLUMNS.map((column, place) => [column, textOf(cells[place] ?? '')]),
  ) as Identity;

const readPackLines = async (worksheet: AsyncIterable<Uint8Array>): Promise<Map<string, PackLine>> => {
  const lines = new Map<string, PackLine>();
  let isHeader = true;
  for await (const { line, cells } of readCsv(worksheet)) {
    const identity = identityOf(cells);
    if (!isHeader) lines.set(identity.userId, { line, identity: JSON.stringify(identity) });
    isHeader = false;
  }
  return lines;
};

/** What is wrong with the cells that a reviewer fills in. */
const answerProblems = (
  user: Identity,
  { decision, justification, reviewer }: Record<(typeof ANSWER_COLUMNS)[number], string>,
): readonly (readonly [column: Column, must: string, got: string])[] => {
  const problems: [Column, string, string][] = [];
  if (!isDecision(decision)) problems.push(['decision', `one of ${DECISIONS.join(', ')}`, decision]);
  if (justification === '') {
    if (decision === 'justify') problems.push(['justification', 'why, for whom you justify', '']);
    if (decision === 'keep' && user.justificationToKeep !== '')
      problems.push(['justification', `why the user is kept (${user.justificationToKeep})`, '']);
  }
  if (reviewer === '') problems.push(['reviewer', 'who decided', '']);
  else if (isThemself(reviewer, user)) problems.push(['reviewer', 'somebody else than the user', reviewer]);
  return problems;
};

/**
 * Checks a filled worksheet against the one of its pack: every user once, nothing about them changed, every decision
 * complete. Reads the whole file whatever is wrong with it, so that all of it can be told at once.
 * @param filled any UTF-8 CSV with `,` or `;` between cells; empty lines count for nothing
 */
export const checkWorksheet = async (
  worksheet: AsyncIterable<Uint8Array>,
  filled: AsyncIterable<Uint8Array>,
): Promise<CheckedWorksheet> => {
  const expected = await readPackLines(worksheet);
  const problems: string[] = [];
  const decided: Decided[] = [];
  const firstLines = new Map<string, number>();
  let hasHeader = false;

  const complain = (line: number, column: Column, must: string, got: string): void => {
    problems.push(`line ${line}, ${column}: must be ${must}, got ${shown(got)}`);
  };

  const readUser = ({ line, cells }: CsvRow): void => {
    if (cells.length !== WORKSHEET_COLUMNS.length) {
      problems.push(`line ${line}: must have ${WORKSHEET_COLUMNS.length} cells, got ${cells.length}`);
    }
    const got = identityOf(cells);
    const wanted = expected.get(got.userId);
    if (wanted === undefined) {
      complain(line, 'userId', 'a user of the pack', got.userId);
      return;
    }
    const firstLine = firstLines.get(got.userId);
    if (firstLine !== undefined) {
      complain(line, 'userId', `there once (line ${firstLine} has it)`, got.userId);
      return;
    }
    firstLines.set(got.userId, line);

    const user = JSON.parse(wanted.identity) as Identity;
    for (const column of IDENTITY_COLUMNS) {
      if (got[column] !== user[column])
        complain(line, column, `${shown(user[column])} as in the pack`, got[column]);
    }
    const [decision = '', justification = '', reviewer = ''] = cells
      .slice(IDENTITY_COLUMNS.length)
      .map((cell) => textOf(cell).trim());
    for (const [column, must, value] of answerProblems(user, { decision, justification, reviewer }))
      complain(line, column, must, value);
    const { userId, status, apiAccess, justificationToKeep } = user;
    if (isDecision(decision))
      decided.push({
        user: { userId, status, apiAccess, justificationToKeep },
        decision,
        justification,
        reviewer,
      });
  };

  try {
    for await (const row of readCsv(filled)) {
      if (isEmpty(row)) continue;
      if (hasHeader) readUser(row);
      else if (row.cells.join(',') === HEADER) hasHeader = true;
      else {
        problems.push(
          `line ${row.line}: must be the header ${HEADER}, with "," or ";" between its names, got ${shown(row.cells.join(','))}`,
        );
        return { problems, decided };
      }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // What follows can't be read, so who is missing can't be told.
    return { problems: [...problems, error.message], decided };
  }
  if (!hasHeader) return { problems: [`line 1: must be the header ${HEADER}, got an empty file`], decided };
  for (const [id, { line }] of expected) {
    if (!firstLines.has(id))
      problems.push(
        `user ${shown(id)}, line ${line} of the pack's worksheet.csv: must be there, got no line of it`,
      );
  }
  return { problems, decided };
};
