import { unguarded } from '../outputs/csv.ts';
import { CsvError, type CsvRow, readCsv } from '../text/csv-reader.ts';
import { isBlank, isSamePerson } from '../text/person.ts';
import { plural, truncate } from '../text/plain-text.ts';
import { isThemself } from './reviewers.ts';

/** The columns about a user; a reviewer changes none of them. */
export const IDENTITY_COLUMNS = [
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
export const ANSWER_COLUMNS = ['decision', 'justification', 'reviewer'] as const;

export const WORKSHEET_COLUMNS = [...IDENTITY_COLUMNS, ...ANSWER_COLUMNS] as const;

export const DECISIONS = ['keep', 'revoke', 'justify'] as const;

export type Decision = (typeof DECISIONS)[number];

/** A text as every spreadsheet gives it back: line ends differ by the machine, and half a character is none. */
export const asSpread = (text: string): string => text.toWellFormed().replaceAll(/\r\n?/g, '\n');

type Column = (typeof WORKSHEET_COLUMNS)[number];
type IdentityColumn = (typeof IDENTITY_COLUMNS)[number];
export type Identity = Readonly<Record<IdentityColumn, string>>;

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
  assigned: string | undefined,
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
  else if (assigned !== undefined && !isSamePerson(reviewer, assigned))
    problems.push(['reviewer', `${quoted(assigned)}, who was to decide`, reviewer]);
  return problems;
};

/** Holds the lines of filled worksheets against those of a pack, file by file. */
const openCheck = ({ columns, lines: expected }: PackWorksheet, reviewers: ReadonlyMap<string, string> | undefined) => {
  const width = columns.length + ANSWER_COLUMNS.length;
  const problems: string[] = [];
  const decided: ReviewDecision[] = [];
  /** The line of each user with something filled in. */
  const lineByUser = new Map<string, string>();
  const blankLines = new Map<string, { readonly file: string; readonly line: number }>();
  let file = '';

  const addProblem = (line: number, column: Column, must: string, got: string): void => {
    problems.push(`${file}line ${line}, ${column}: must be ${must}, got ${quoted(got)}`);
  };

  /** Finds the user that a line is of; `isUnanswered` where nothing is filled in, so that another file may have it. */
  const takeUser = (line: number, userId: string, isUnanswered: boolean): Identity | undefined => {
    const wanted = expected.get(userId);
    if (wanted === undefined) {
      addProblem(line, 'userId', 'a user of the pack', userId);
      return undefined;
    }
    const blank = blankLines.get(userId);
    const first = lineByUser.get(userId) ?? (blank?.file === file ? `${file}line ${blank.line}` : undefined);
    if (first !== undefined && !(isUnanswered && !first.startsWith(`${file}line`))) {
      addProblem(line, 'userId', `there once (${first.replace(file, '')} has it)`, userId);
      return undefined;
    }
    if (!isUnanswered) lineByUser.set(userId, `${file}line ${line}`);
    else if (blank === undefined) blankLines.set(userId, { file, line });
    return JSON.parse(wanted.identity) as Identity;
  };

  /** The stretches of lines in which nothing is filled in, and no other file decides. */
  const addBlankLines = (): void => {
    const stretches: { readonly file: string; readonly first: number; last: number }[] = [];
    for (const [userId, { file: of, line }] of blankLines) {
      if (lineByUser.has(userId)) continue;
      const before = stretches.at(-1);
      if (before?.file === of && before.last === line - 1) before.last = line;
      else stretches.push({ file: of, first: line, last: line });
    }
    for (const [of, some] of Map.groupBy(stretches, (stretch) => stretch.file)) {
      const shown = some.slice(0, MOST_STRETCHES);
      const texts = shown.map(({ first, last }) => (first === last ? `${first}` : `${first} to ${last}`));
      const left = some.length - shown.length;
      const rest = left > 0 ? ` and ${plural(left, 'stretch', 'stretches')} more` : '';
      problems.push(
        `${of}line ${texts.join(', ')}${rest}: must have a decision (${DECISIONS.join(', ')}) and a reviewer, got nothing`,
      );
    }
  };

  return {
    problems,
    decided,
    /** @param name stands before the problems of its lines; empty where there is one file */
    beginFile(name: string): void {
      file = name === '' ? '' : `${name}: `;
    },
    addProblemOfFile: (problem: string): void => {
      problems.push(file + problem);
    },
    addLine({ line, cells }: CsvRow): void {
      if (cells.length !== width) problems.push(`${file}line ${line}: must have ${width} cells, got ${cells.length}`);
      const got = identityOf(columns, cells);
      const [answer = '', justification = '', reviewer = ''] = cells
        .slice(columns.length)
        .map((cell) => cellText(cell).trim())
        .map((said) => (isBlank(said) ? '' : said));
      // A keyboard or a spreadsheet may begin it with a capital.
      const decision = answer.toLowerCase();
      const isUnanswered = decision + justification + reviewer === '';
      const user = takeUser(line, got.userId, isUnanswered);
      if (user === undefined) return;
      for (const column of columns) {
        if (got[column] !== user[column])
          addProblem(line, column, `${quoted(user[column])} as in the pack`, got[column]);
      }
      if (isUnanswered) return;
      const { userId, status, apiAccess, justificationToKeep } = user;
      const answers = { answer, decision, justification, reviewer };
      for (const [column, must, value] of answerProblems(user, answers, reviewers?.get(userId)))
        addProblem(line, column, must, value);
      if (!isDecision(decision)) return;
      decided.push({ userId, status, apiAccess, justificationToKeep, decision, justification, reviewer });
    },
    addBlankLines,
    /** Once all is read: the users whom no line was about. */
    addMissing(): void {
      for (const [id, { line }] of expected) {
        if (!lineByUser.has(id) && !blankLines.has(id))
          problems.push(
            `user ${quoted(id)}, line ${line} of the pack's worksheet.csv: must be there, got no line of it`,
          );
      }
    },
  };
};

/** A filled worksheet as it was handed in. */
export interface FilledWorksheet {
  readonly name: string;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Checks filled worksheets against the one of their pack: every user decided once, in whichever of them, nothing about
 * them changed, every decision complete. Reads all of it whatever is wrong, so that all can be reported at once.
 * @param filled each any UTF-8 CSV with `,` or `;` between cells; empty lines count for nothing
 * @param reviewers who was to decide, by the user's id; undefined: whoever did
 */
export const checkWorksheets = async (
  worksheet: AsyncIterable<Uint8Array>,
  filled: readonly FilledWorksheet[],
  reviewers?: ReadonlyMap<string, string>,
): Promise<CheckedWorksheet> => {
  const pack = await readPackLines(worksheet);
  const wanted = headerOf(pack.columns);
  const { problems, decided, beginFile, addProblemOfFile, addLine, addBlankLines, addMissing } = openCheck(
    pack,
    reviewers,
  );
  /** Told last, after what is wrong with the lines before. */
  const broken: string[] = [];
  let isWhole = true;
  for (const { name, body } of filled) {
    beginFile(filled.length === 1 ? '' : name);
    let header: 'none' | 'right' | 'wrong' = 'none';
    try {
      for await (const row of readCsv(body)) {
        if (isEmpty(row)) continue;
        if (header === 'right') {
          addLine(row);
          continue;
        }
        const names = row.cells.join(',');
        header = names === wanted ? 'right' : 'wrong';
        if (header === 'right') continue;
        addProblemOfFile(
          `line ${row.line}: must be the header ${wanted}, with "," or ";" between its names, got ${quoted(names)}`,
        );
        break;
      }
      if (header === 'none') addProblemOfFile(`line 1: must be the header ${wanted}, got an empty file`);
      isWhole &&= header === 'right';
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      isWhole = false;
      broken.push(filled.length === 1 ? error.message : `${name}: ${error.message}`);
    }
  }
  addBlankLines();
  problems.push(...broken);
  // Where something can't be read nobody can be said to be missing.
  if (isWhole) addMissing();
  return { problems, decided };
};
