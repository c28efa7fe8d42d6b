import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { decoded, TornFile } from '../../core/sources/roster/bytes.ts';
import { newNotes, noteTorn } from '../../core/sources/roster/notes.ts';
import { parserOf } from '../../core/sources/roster/parsers.ts';
import { trailKind } from '../../core/sources/roster/trail.ts';
import { serialiseRecord } from '../../rules/engine/record.ts';
import { type Random, seededRandom, wholeBetween } from '../../simulator/random.ts';
import { aUser, type UserRecord } from '../support/builders.ts';
import type { Fuzzed } from './fuzzed.ts';
import { mutatedBytes, mutatedJson, oneOf, repeatedly } from './mutations.ts';

const USERS = ['u0', 'u1', 'u2', 'u3'].map((userId) => aUser({ userId, firstName: 'Zoë "the", x' }));

const COLUMNS = Object.keys(aUser({ apiAccessPrincipalArn: '', lastDisabledTime: '' })).toSorted();

const cellsOf = (user: UserRecord): readonly string[] =>
  COLUMNS.map((name) => (typeof user[name] === 'number' ? `${user[name]}` : ((user[name] ?? '') as string)));

const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

const pages = [
  { users: USERS.slice(0, 2), nextToken: 'token-1' },
  { ResponseMetadata: { HTTPHeaders: { date: 'Tue, 06 Oct 2026 06:00:00 GMT' } }, users: USERS.slice(2) },
];

const ENVIRONMENT = 'vs57phhvijir4kv5rf6ywt';

const EVENTS = USERS.map(({ userId, type }, index) => ({
  eventID: `event-${index}`,
  eventSource: 'finspace-api.amazonaws.com',
  eventName: 'CreateUser',
  eventTime: `2026-09-0${index + 1}T00:00:00Z`,
  requestParameters: { type },
  responseElements: { userId },
  additionalEventData: { finspaceEnvironmentId: ENVIRONMENT },
}));

/** A way to save events of CloudTrail. */
const TRAILS: typeof SAVED = {
  'log file': (change) => JSON.stringify(change({ Records: EVENTS })) ?? '',
  'looked up': (change) =>
    JSON.stringify(
      change({ Events: EVENTS.map((event) => ({ CloudTrailEvent: JSON.stringify(change(event)) })), NextToken: 't' }),
      null,
      2,
    ) ?? '',
  'an event a line': (change) => EVENTS.map((event) => `${JSON.stringify(change(event))}\n`).join(''),
};

/** A way to save users: as text, of JSON that may be mutated before. */
const SAVED: Readonly<Record<string, (change: (value: unknown) => unknown) => string>> = {
  page: (change) => JSON.stringify(change({ users: USERS }), null, 2) ?? '',
  pages: (change) => pages.map((page) => JSON.stringify(change(page)) ?? '').join(''),
  'list of pages': (change) => JSON.stringify(change(pages)) ?? '',
  array: (change) => JSON.stringify(change(USERS)) ?? '',
  'JSON lines': (change) => USERS.map((user) => `${JSON.stringify(change(user))}\n`).join(''),
  text: () => USERS.map((user) => `USERS\t${cellsOf(user).join('\t')}\n`).join(''),
  csv: () => [COLUMNS, ...USERS.map(cellsOf)].map((cells) => `${cells.map(quoted).join(',')}\n`).join(''),
};

const WAYS = { ...SAVED, ...TRAILS };

const saved = (random: Random): { readonly way: string; readonly bytes: Uint8Array } => {
  const way = oneOf(random, Object.keys(WAYS) as [string, ...string[]]);
  const isOfJson = random() < 0.4;
  const change = (value: unknown): unknown =>
    isOfJson && random() < 0.5 ? repeatedly(random, 2, value, (one) => mutatedJson(random, one)) : value;
  const text = Buffer.from(WAYS[way]?.(change) ?? '') as Uint8Array;
  const bytes = isOfJson || random() < 0.1 ? text : repeatedly(random, 3, text, (one) => mutatedBytes(random, one));
  if (random() < 0.7) return { way, bytes };
  const gzipped = gzipSync(bytes) as Uint8Array;
  return { way, bytes: random() < 0.5 ? gzipped : mutatedBytes(random, gzipped) };
};

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** The outcome of a file: a refusal, or its users, and whether somebody's word would be taken for its end. */
const read = async (way: string, bytes: Uint8Array, size: number) => {
  const textsOf = () => decoded(inPieces(bytes, size));
  let head = '';
  try {
    for await (const text of textsOf()) head += text;
  } catch (error) {
    if (!(error instanceof TornFile)) throw error;
  }
  const kind = way in TRAILS ? trailKind(ENVIRONMENT) : { parserOf };
  const parser = kind.parserOf('roster', head);
  if (typeof parser === 'string') return { outcome: 'refused', text: head, users: [] as string[] };
  const notes = newNotes();
  const users: string[] = [];
  try {
    for await (const page of parser.read(textsOf(), notes)) users.push(...page.map(serialiseRecord));
  } catch (error) {
    if (!(error instanceof TornFile)) throw error;
    noteTorn(notes, error.message);
  }
  users.push(...(parser.rest?.() ?? []).map(serialiseRecord));
  // What events tell is never whole: that more of them are to come is no tear.
  const isCut = notes.isReconstructed ? false : notes.hasToken || notes.isTokenRepeated;
  const isTruncated = notes.torn !== undefined || isCut;
  return { outcome: isTruncated ? 'truncated' : `whole ${parser.name}`, text: head, users };
};

/** Reads documents in a row, each to the first end at which it is one; throws where there is something else. */
const documentsIn = (text: string): readonly unknown[] => {
  if (text.trim() === '') return [];
  for (let end = 1; end <= text.length; end += 1) {
    if (!'}]'.includes(text.charAt(end - 1))) continue;
    try {
      return [JSON.parse(text.slice(0, end)) as unknown, ...documentsIn(text.slice(end))];
    } catch {
      // It goes on.
    }
  }
  throw new Error('no document');
};

/** The users that a text of JSON says, read by another way; undefined where it is none. */
const usersSaid = (isLines: boolean, text: string): readonly unknown[] | undefined => {
  const usersOf = (value: unknown): readonly unknown[] => {
    const { users } = Object(value) as { readonly users?: unknown };
    if (Array.isArray(value)) return [value];
    if (Array.isArray(users)) return users.flatMap(usersOf);
    return Object.hasOwn(Object(value), 'nextToken') ? [] : [value];
  };
  try {
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
    if (isLines) return lines.map((line) => JSON.parse(line) as unknown).flatMap(usersOf);
    return documentsIn(text).flatMap((value) => (Array.isArray(value) ? value.flatMap(usersOf) : usersOf(value)));
  } catch {
    return undefined;
  }
};

/** The ids of the users that events of CloudTrail say were made, read by another way. */
const idsSaid = (text: string): readonly string[] => {
  const parsed = (value: string): unknown => {
    try {
      return JSON.parse(value);
    } catch {
      return undefined;
    }
  };
  const eventsIn = (value: unknown): readonly unknown[] => {
    const { Records, Events } = Object(value) as { readonly Records?: unknown; readonly Events?: unknown };
    return [value, Records, Events].flat();
  };
  return documentsIn(text)
    .flatMap(eventsIn)
    .flatMap((value) => {
      const { CloudTrailEvent: event } = Object(value) as { readonly CloudTrailEvent?: unknown };
      const told = Object(typeof event === 'string' ? parsed(event) : value);
      const isTold = EVENTS.some((one) => isDeepStrictEqual(one, told));
      return isTold ? [told.responseElements.userId as string] : [];
    });
};

const lostProblem = ({ outcome, text, users }: Awaited<ReturnType<typeof read>>): string | undefined => {
  if (outcome === 'whole cloudtrail') {
    const given = users.map((user) => JSON.parse(user).userId);
    const lost = idsSaid(text).filter((id) => !given.includes(id));
    return lost.length === 0 ? undefined : `lost ${lost.join(', ')}`;
  }
  if (!outcome.startsWith('whole json')) return undefined;
  const said = usersSaid(outcome.endsWith('lines'), text);
  if (said === undefined) return `is ${outcome}, and nothing else reads it`;
  return said.length === users.length ? undefined : `gave ${users.length} users, the file says ${said.length}`;
};

/** Reads mutated rosters, in pieces of any size. */
export const fuzzRoster = async (seed: number): Promise<Fuzzed> => {
  const random = seededRandom(seed);
  const { way, bytes } = saved(random);
  const whole = await read(way, bytes, bytes.length || 1);
  const pieces = await read(way, bytes, wholeBetween(random, 1, 64));
  // Of what is torn as much is read as came before the tear, and that is by pieces.
  const isWhole = [whole, pieces].some(({ outcome }) => outcome.startsWith('whole'));
  const problem =
    !isWhole || JSON.stringify(pieces) === JSON.stringify(whole)
      ? lostProblem(whole)
      : `gives ${pieces.users.length} users in pieces, ${whole.users.length} at once (${pieces.outcome}, ${whole.outcome})`;
  return { outcome: whole.outcome, ...(problem !== undefined && { problem: `${way}: ${problem}` }) };
};
