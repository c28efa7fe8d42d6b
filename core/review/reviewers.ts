import { CsvError, type CsvRow, readCsv } from '../text/csv-reader.ts';
import { folded, isSamePerson, namesId } from '../text/person.ts';
import { truncate } from '../text/plain-text.ts';

const HEADER = 'user,reviewer';

/** Stands for everybody whom no other line names. */
const REST = '*';

const MOST_SHOWN = 80;

/** The most users without a reviewer that are named. */
const MOST_NAMED = 10;

/** A user under review, as a worksheet names it. */
interface Person {
  readonly userId: string;
  readonly name: string;
  readonly emailAddress: string;
}

interface AssignmentLine {
  readonly line: number;
  readonly user: string;
  readonly reviewer: string;
  users: number;
}

/** Thrown where a file of reviewers can't be gone by; each problem names the line. */
export class ReviewersError extends Error {
  override readonly name = 'ReviewersError';

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

const quoted = (text: string): string => (text === '' ? 'nothing' : JSON.stringify(truncate(text, MOST_SHOWN)));

/** Recognises somebody by the id, the e-mail address or the name. */
export const isThemself = (reviewer: string, { userId, emailAddress, name }: Person): boolean =>
  namesId(reviewer, userId) || isSamePerson(reviewer, emailAddress) || isSamePerson(reviewer, name);

const lineOf = ({ line, cells }: CsvRow): AssignmentLine => {
  const [user = '', reviewer = ''] = cells.map((cell) => cell.trim());
  if (cells.length !== 2) throw new ReviewersError([`line ${line}: must have 2 cells, got ${cells.length}`]);
  if (user === '')
    throw new ReviewersError([`line ${line}, user: must be an id, an e-mail address, a name or *, got nothing`]);
  if (reviewer === '')
    throw new ReviewersError([`line ${line}, reviewer: must be who reviews ${quoted(user)}, got nothing`]);
  return { line, user, reviewer, users: 0 };
};

const readLines = async (file: AsyncIterable<Uint8Array>): Promise<readonly AssignmentLine[]> => {
  const rows: CsvRow[] = [];
  try {
    for await (const row of readCsv(file)) if (row.cells.some((cell) => cell !== '')) rows.push(row);
  } catch (error) {
    if (error instanceof CsvError) throw new ReviewersError([error.message]);
    throw error;
  }
  const [header, ...lines] = rows;
  const names = header?.cells.map((cell) => cell.trim()).join(',') ?? '';
  if (names !== HEADER)
    throw new ReviewersError([`line ${header?.line ?? 1}: must be the header ${HEADER}, got ${quoted(names)}`]);
  return lines.map(lineOf);
};

/**
 * Reads who reviews whom: a CSV of users, by id, e-mail address or name, and their reviewers; `*` stands for the rest.
 * @throws {ReviewersError} where it is no such file
 */
export const readReviewers = async (file: AsyncIterable<Uint8Array>) => {
  const lines = await readLines(file);
  const problems: string[] = [];
  const byUser = new Map<string, AssignmentLine>();
  for (const line of lines) {
    const key = folded(line.user);
    const first = byUser.get(key);
    if (first === undefined) byUser.set(key, line);
    else
      problems.push(
        `line ${line.line}, user: must stand there once (line ${first.line} has it), got ${quoted(line.user)}`,
      );
  }
  const unassigned: string[] = [];
  let missing = 0;

  return {
    /** In the order of the file; the first has the first page. */
    reviewers: [...new Set(lines.map(({ reviewer }) => reviewer))],
    /** Finds the reviewer of a user; each user is asked for once. */
    assign(user: Person): string {
      const own = [user.userId, user.emailAddress, user.name].flatMap((text) => byUser.get(folded(text)) ?? []);
      const found = [...new Set(own.filter(({ user: text }) => text !== REST))];
      const [line = byUser.get(REST), other] = found;
      if (line === undefined) {
        missing += 1;
        if (unassigned.length < MOST_NAMED) unassigned.push(quoted(user.userId));
        return '';
      }
      for (const one of found) one.users += 1;
      if (other !== undefined && other.reviewer !== line.reviewer)
        problems.push(
          `line ${other.line}: must give user ${quoted(user.userId)} the reviewer of line ${line.line}, got another`,
        );
      if (isThemself(line.reviewer, user))
        problems.push(
          `line ${line.line}, reviewer: must be somebody else than user ${quoted(user.userId)}, got ${quoted(line.reviewer)}`,
        );
      return line.reviewer;
    },
    /** Once every user was asked for: throws ReviewersError with everything that is wrong. */
    done(): void {
      for (const { line, user, users } of lines) {
        if (user === REST || users === 1) continue;
        problems.push(
          `line ${line}, user: must be one user of the run, got ${quoted(user)}, which ${users === 0 ? 'none' : users} have`,
        );
      }
      if (missing > 0)
        problems.push(
          `every user must have a reviewer, got none for ${missing}, such as ${unassigned.join(', ')}; a line *,NAME is for the rest`,
        );
      if (problems.length > 0) throw new ReviewersError(problems);
    },
  };
};

export type Reviewers = Awaited<ReturnType<typeof readReviewers>>;
