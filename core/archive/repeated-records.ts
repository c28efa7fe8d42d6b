import { NumberList } from '../../rules/engine/memory/number-list.ts';
import { TextTable } from '../../rules/engine/memory/text-table.ts';
import { positionName, readUser, type User } from '../../rules/engine/user.ts';
import type { StoredLine } from './lines.ts';

/** A record of a snapshot, and the user that rules see in it. */
export interface ArchivedUser {
  readonly user: User;
  readonly record: unknown;
}

/** A user by its records: several where they differ. */
export type UserRecords = readonly [ArchivedUser, ...ArchivedUser[]];

/**
 * Reads the records of a snapshot, user by user. Those of a user of which records differ come together, after all others.
 * @param repeated the ids of such users
 */
export async function* usersByRecords(
  records: AsyncIterable<unknown>,
  repeated: ReadonlySet<string>,
): AsyncGenerator<UserRecords> {
  const waiting = new Map<string, [ArchivedUser, ...ArchivedUser[]]>();
  let position = 0;
  for await (const record of records) {
    const user = readUser(record, position);
    position += 1;
    const listed = { user, record };
    const others = waiting.get(user.id);
    if (others !== undefined) others.push(listed);
    else if (repeated.has(user.id)) waiting.set(user.id, [listed]);
    else yield [listed];
  }
  yield* waiting.values();
}

/**
 * Reads the users of a snapshot in which no user has records that differ.
 * @param batches lines that were not parsed are of users whom nobody asked for
 */
export async function* usersByLines(batches: AsyncIterable<readonly StoredLine[]>): AsyncGenerator<ArchivedUser> {
  let position = 0;
  for await (const lines of batches)
    for (const { record } of lines) {
      if (record !== undefined) yield { user: readUser(record, position), record };
      position += 1;
    }
}

const USER_ID = '"userId":"';

/**
 * Tells whether a line of a snapshot may be a record of one of some users, by what a text can tell: to parse all of them
 * takes several times as long. One that has no plain id may be anybody's.
 */
export const mayBeRecordOf =
  (ids: Pick<ReadonlySet<string>, 'has'>) =>
  (line: string): boolean => {
    let at = line.indexOf(USER_ID);
    if (at === -1) return true;
    while (at !== -1) {
      const begin = at + USER_ID.length;
      const end = line.indexOf('"', begin);
      const id = line.slice(begin, end);
      if (id === '' || id.startsWith('#') || id.includes('\\') || ids.has(id)) return true;
      at = line.indexOf(USER_ID, end);
    }
    return false;
  };

/** Finds the users of a snapshot of which there are records that differ: it has no two that are the same. */
export const findRepeated = async (records: AsyncIterable<unknown>): Promise<ReadonlySet<string>> => {
  const repeated = new Set<string>();
  const ids = new TextTable();
  for await (const record of records) {
    // One without an id is nobody else's, whatever its position.
    const { hasUserId, id } = readUser(record, 0);
    if (!hasUserId) continue;
    if (ids.find(id) !== undefined) repeated.add(id);
    ids.add(id);
  }
  return repeated;
};

/** The ids of the users of a snapshot by their positions, in little memory. */
export class RecordIds {
  readonly #ids = new TextTable();
  /** The number of the id plus one, 0 for none. */
  readonly #numbers = new NumberList();

  add({ hasUserId, id, position }: User): void {
    if (hasUserId) this.#numbers.set(position, this.#ids.add(id) + 1);
  }

  at(position: number): string {
    const number = this.#numbers.at(position);
    return number === 0 ? positionName(position) : this.#ids.at(number - 1);
  }
}
