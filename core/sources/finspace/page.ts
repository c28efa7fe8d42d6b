import { RequestError } from './failure.ts';
import type { JsonObject } from './request.ts';

/** An answer of ListUsers, https://docs.aws.amazon.com/finspace/latest/data-api/API_ListUsers.html. */
export interface UserPage {
  /** As the service gave them; none where the answer has only a token, which is legal. */
  readonly users: readonly unknown[];
  /** Undefined on the last page. */
  readonly nextToken: string | undefined;
}

/** The most that the API gives at once. */
const PAGE_SIZE = 100;

export const pageQuery = (nextToken: string | undefined) => ({
  path: '/user',
  parameters: { maxResults: String(PAGE_SIZE), ...(nextToken === undefined ? {} : { nextToken }) },
});

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
};

/** Members that a page has; one that differs from them by case alone would end a listing unnoticed. */
const MEMBERS = ['users', 'nextToken'] as const;

const pageProblem = (answer: JsonObject): string | undefined => {
  const { users, nextToken } = answer;
  const misspelt = Object.keys(answer).find((name) =>
    MEMBERS.some((member) => name !== member && name.toLowerCase() === member.toLowerCase()),
  );
  if (misspelt !== undefined) return `${misspelt} is no member of a page`;
  if (users !== undefined && !Array.isArray(users)) return `users must be an array, got ${typeOf(users)}`;
  if (nextToken !== undefined && nextToken !== null && typeof nextToken !== 'string')
    return `nextToken must be a string or null, got ${typeOf(nextToken)}`;
  // An object of another kind would pass for a last page without users.
  if (!Array.isArray(users) && !nextToken) return 'neither users nor nextToken';
  return undefined;
};

/** Reads a page. Throws a RequestError for what is none: it must never pass for a page without users. */
export const readPage = (answer: JsonObject): UserPage => {
  const problem = pageProblem(answer);
  if (problem !== undefined) throw new RequestError('ListUsers', { kind: 'unreadable', problem });
  const { users, nextToken } = answer;
  return {
    users: Array.isArray(users) ? users : [],
    nextToken: typeof nextToken === 'string' && nextToken !== '' ? nextToken : undefined,
  };
};
