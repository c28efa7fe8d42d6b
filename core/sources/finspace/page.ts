import { type Operation, RequestError } from './failure.ts';
import type { JsonObject } from './request.ts';

/** A list that the service gives page by page. */
export interface PagedList {
  readonly operation: Operation;
  readonly path: string;
  /** The member of a page that has its records. */
  readonly member: string;
}

/** https://docs.aws.amazon.com/finspace/latest/data-api/API_ListUsers.html */
export const USERS: PagedList = { operation: 'ListUsers', path: '/user', member: 'users' };

/** An answer with a part of a list. */
export interface ListedPage {
  /** As the service gave them; none where the answer has only a token, which is legal. */
  readonly records: readonly unknown[];
  /** Undefined on the last page. */
  readonly nextToken: string | undefined;
}

/** The most that the API gives at once. */
const PAGE_SIZE = 100;

export const pageQuery = ({ path }: PagedList, nextToken: string | undefined) => ({
  path,
  parameters: { maxResults: String(PAGE_SIZE), ...(nextToken === undefined ? {} : { nextToken }) },
});

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
};

const pageProblem = (answer: JsonObject, list: string): string | undefined => {
  const { [list]: records, nextToken } = answer;
  // One that differs from a member of a page by case alone would end a listing unnoticed.
  const misspelt = Object.keys(answer).find((name) =>
    [list, 'nextToken'].some((member) => name !== member && name.toLowerCase() === member.toLowerCase()),
  );
  if (misspelt !== undefined) return `${misspelt} is no member of a page`;
  if (records !== undefined && !Array.isArray(records)) return `${list} must be an array, got ${typeOf(records)}`;
  if (nextToken !== undefined && nextToken !== null && typeof nextToken !== 'string')
    return `nextToken must be a string or null, got ${typeOf(nextToken)}`;
  // An object of another kind would pass for a last page without records.
  if (!Array.isArray(records) && !nextToken) return `neither ${list} nor nextToken`;
  return undefined;
};

/** Reads a page. Throws a RequestError for what is none: it must never pass for a page without records. */
export const readPage = (answer: JsonObject, { operation, member }: PagedList = USERS): ListedPage => {
  const problem = pageProblem(answer, member);
  if (problem !== undefined) throw new RequestError(operation, { kind: 'unreadable', problem });
  const { [member]: records, nextToken } = answer;
  return {
    records: Array.isArray(records) ? records : [],
    nextToken: typeof nextToken === 'string' && nextToken !== '' ? nextToken : undefined,
  };
};
