import { unguarded } from '../outputs/csv.ts';
import { CsvError, type CsvRow, readCsv } from '../text/csv-reader.ts';
import { isSamePerson, namesId } from '../text/person.ts';
import { plural, truncate } from '../text/plain-text.ts';

/** The columns about a user; a reviewer changes none of them. */
const IDENTITY_COLUMNS = [
  'userId',
  'name',
  'emailAddress',
  'type',
  'status',
  'apiAccess',
  'apiAccessPrincipalArn',
  'permissionGroups',
  'role',
  'lastLogin',
  'openFindings',
  'worstSeverity',
  'justificationToKeep',
] as const;

/** The columns that a reviewer fills in. */
const ANSWER_COLUMNS = ['decision', 'justification', 'reviewer'] as const;

export const WORKSHEET_COLUMNS = [...IDENTITY_COLUMNS, ...ANSWER_COLUMNS] as const;

export const DECISIONS = ['keep', 'revoke', 'justify'] as const;

export type Decision = (typeof DECISIONS)[number];

/** A text as every spreadsheet gives it back: line ends differ by the machine, and half a character is none. */
export const asSpread = (text: string): string => text.toWellFormed().replaceAll(/\r\n?/g, '\n');

type Column = (typeof WORKSHEET_COLUMNS)[number];
type IdentityColumn = (typeof IDENTITY_COLUMNS)[number];
type Identity = Readonly<Record<IdentityColumn, string>>;

/** A reviewer's decision on a user, and the members of the user that a sign-off states. */
export interface ReviewDecision extends Pick<Identity, 'userId' | 'status' | 'apiAccess' | 'justificationToKeep'> {
  readonly decision: Decision;
  readonly justification: string;
  readonly reviewer: string;
}

/** A filled worksheet that was checked. */
export interface CheckedWorksheet {
  /** Texts that name the line, the column, what must be there and what is; empty where all is well. */
  readonly problems: readonly string[];
  /** In the order of the worksheet; those that are well formed. */
  readonly decided: readonly ReviewDecision[];
}

const MAX_SHOWN = 80;

/** As many stretches of lines as one message names. */
const MOST_STRETCHES = 10;

const escapeOf = (char: string): string => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;

/** Quotes a value on one line of a terminal, with whatever in it can't be seen. */
const quoted = (value: string): string =>
  value === ''
    ? 'nothing'
    : JSON.stringify(truncate(value, MAX_SHOWN)).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeOf);

/** Takes the guard against formulas off a cell. */
const cellText = (cell: string): string => unguarded(asSpread(cell));

const isEmpty = ({ cells }: CsvRow): boolean => cells.every((cell) => cell === '');

/** The columns about a user that packs of a version before had: those without what is read beside the listing. */
const FORMER_COLUMNS = IDENTITY_COLUMNS.filter((column) => column !== 'permissionGroups' && column !== 'role');

const headerOf = (identity: readonly Column[]): string => [...identity, ...ANSWER_COLUMNS].join(',');

/** Recognises the user in a reviewer: by the id, the e-mail address or the name. */
const isThemself = (reviewer: string, { userId, emailAddress, name }: Identity): boolean =>
  namesId(reviewer, userId) || isSamePerson(reviewer, emailAddress) || isSamePerson(reviewer, name);

const isDecision = (text: string): text is Decision => DECISIONS.some((decision) => decision === text);

interface PackLine {
  readonly line: number;
  /** The identity as JSON: a text takes far less memory than eleven. */
  readonly identity: string;
}

/** The columns about a user that the worksheet of a pack has, and its lines by the user. */
interface PackWorksheet {
  readonly columns: readonly IdentityColumn[];
  readonly lines: ReadonlyMap<string, PackLine>;
}

const identityOf = (columns: readonly IdentityColumn[], cells: readonly string[]): Identity =>
  Object.fromEntries(columns.map((column, position) => [column, cellText(cells[position] ?? '')])) as Identity;

const readPackLines = async (worksheet: AsyncIterable<Uint8Array>): Promise<PackWorksheet> => {
  const lines = new Map<string, PackLine>();
  let columns: readonly IdentityColumn[] | undefined;
  for await (const { line, cells } of readCsv(worksheet)) {
    if (columns === undefined) {
      columns = cells.join(',') === headerOf(FORMER_COLUMNS) ? FORMER_COLUMNS : IDENTITY_COLUMNS;
      continue;
    }
    const identity = identityOf(columns, cells);
    lines.set(identity.userId, { line, identity: JSON.stringify(identity) });
  }
  return { columns: columns ?? IDENTITY_COLUMNS, lines };
};

/** The problems of the cells that a reviewer fills in. */
const answerProblems = (
  user: Identity,
  { answer, decision, justification, reviewer }: Record<(typeof ANSWER_COLUMNS)[number] | 'answer', string>,
): readonly (readonly [column: Column, must: string, got: string])[] => {
  const problems: [Column, string, string][] = [];
  if (!isDecision(decision)) problems.push(['decision', `one of ${DECISIONS.join(', ')}`, answer]);
  if (justification === '') {
    if (decision === 'justify') problems.push(['justification', 'why, for whom you justify', '']);
    if (decision === 'keep' && user.justificationToKeep !== '')
      problems.push(['justification', `why the user is kept (${user.justificationToKeep})`, '']);
  }
  if (reviewer === '') problems.push(['reviewer', 'who decided', '']);
  else if (isThemself(reviewer, user)) problems.push(['reviewer', 'somebody else than the user', reviewer]);
  return problems;
};

const openCheck = ({ columns, lines: expected }: PackWorksheet) => {
  const width = columns.length + ANSWER_COLUMNS.length;
  const problems: string[] = [];
  const decided: ReviewDecision[] = [];
  const lineByUser = new Map<string, number>();
  /** The lines in which nothing is filled in, from first to last of each stretch. */
  const blank: [first: number, last: number][] = [];

  const addProblem = (line: number, column: Column, must: string, got: string): void => {
    problems.push(`line ${line}, ${column}: must be ${must}, got ${quoted(got)}`);
  };

  const addBlank = (line: number): void => {
    const last = blank.at(-1);
    if (last?.[1] === line - 1) last[1] = line;
    else blank.push([line, line]);
  };

  /** Finds the user that a line is the first of. */
  const takeUser = (line: number, userId: string): Identity | undefined => {
    const wanted = expected.get(userId);
    if (wanted === undefined) {
      addProblem(line, 'userId', 'a user of the pack', userId);
      return undefined;
    }
    const firstLine = lineByUser.get(userId);
    if (firstLine !== undefined) {
      addProblem(line, 'userId', `there once (line ${firstLine} has it)`, userId);
      return undefined;
    }
    lineByUser.set(userId, line);
    return JSON.parse(wanted.identity) as Identity;
  };

  return {
    problems,
    decided,
    addLine({ line, cells }: CsvRow): void {
      if (cells.length !== width) problems.push(`line ${line}: must have ${width} cells, got ${cells.length}`);
      const got = identityOf(columns, cells);
      const user = takeUser(line, got.userId);
      if (user === undefined) return;
      for (const column of columns) {
        if (got[column] !== user[column])
          addProblem(line, column, `${quoted(user[column])} as in the pack`, got[column]);
      }
      const [answer = '', justification = '', reviewer = ''] = cells
        .slice(columns.length)
        .map((cell) => cellText(cell).trim());
      // A keyboard or a spreadsheet may begin it with a capital.
      const decision = answer.toLowerCase();
      if (decision + justification + reviewer === '') {
        addBlank(line);
        return;
      }
      for (const [column, must, value] of answerProblems(user, { answer, decision, justification, reviewer }))
        addProblem(line, column, must, value);
      if (!isDecision(decision)) return;
      const { userId, status, apiAccess, justificationToKeep } = user;
      decided.push({ userId, status, apiAccess, justificationToKeep, decision, justification, reviewer });
    },
    /** Once the file is read: what is wrong with many lines at once. */
    addBlankLines(): void {
      if (blank.length === 0) return;
      const stretches = blank.map(([first, last]) => (first === last ? `${first}` : `${first} to ${last}`));
      const rest =
        stretches.length > MOST_STRETCHES
          ? ` and ${plural(stretches.length - MOST_STRETCHES, 'stretch', 'stretches')} more`
          : '';
      problems.push(
        `line ${stretches.slice(0, MOST_STRETCHES).join(', ')}${rest}: must have a decision (${DECISIONS.join(', ')}) and a reviewer, got nothing`,
      );
    },
    /** Once the whole file is read: the users whom no line was about. */
    addMissing(): void {
      for (const [id, { line }] of expected) {
        if (!lineByUser.has(id))
          problems.push(
            `user ${quoted(id)}, line ${line} of the pack's worksheet.csv: must be there, got no line of it`,
          );
      }
    },
  };
};

/**
 * Checks a filled worksheet against the one of its pack: every user once, nothing about them changed, every decision
 * complete. Reads the whole file whatever is wrong with it, so that all of it can be reported at once.
 * @param filled any UTF-8 CSV with `,` or `;` between cells; empty lines count for nothing
 */
export const checkWorksheet = async (
  worksheet: AsyncIterable<Uint8Array>,
  filled: AsyncIterable<Uint8Array>,
): Promise<CheckedWorksheet> => {
  const pack = await readPackLines(worksheet);
  const header = headerOf(pack.columns);
  const { problems, decided, addLine, addBlankLines, addMissing } = openCheck(pack);
  let hasHeader = false;
  try {
    for await (const row of readCsv(filled)) {
      if (isEmpty(row)) continue;
      if (hasHeader) {
        addLine(row);
        continue;
      }
      const names = row.cells.join(',');
      if (names !== header) {
        problems.push(
          `line ${row.line}: must be the header ${header}, with "," or ";" between its names, got ${quoted(names)}`,
        );
        return { problems, decided };
      }
      hasHeader = true;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    addBlankLines();
    // The rest can't be read, so nobody can be said to be missing.
    problems.push(error.message);
    return { problems, decided };
  }
  addBlankLines();
  if (hasHeader) addMissing();
  else problems.push(`line 1: must be the header ${header}, got an empty file`);
  return { problems, decided };
};
