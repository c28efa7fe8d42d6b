import { isRecord } from '../../archive/lines.ts';
import { jsonScanner } from './json-scanner.ts';
import { noteTorn, parsedOrText, type RosterNotes } from './notes.ts';
import type { RosterKind } from './open.ts';
import type { RosterParser } from './parsers.ts';

/** An event of CloudTrail, as far as it tells of one user. */
interface Told {
  readonly at: number;
  readonly eventName: keyof typeof TELLING;
  readonly userId: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

type User = Readonly<Record<string, unknown>>;

/** The members of a user that a request has, as far as CloudTrail does not redact them. */
const given = ({ parameters }: Told): User =>
  Object.fromEntries(
    ['type', 'apiAccess', 'apiAccessPrincipalArn'].flatMap((name) =>
      typeof parameters[name] === 'string' ? [[name, parameters[name]]] : [],
    ),
  );

/** The events that tell of a user, and what each of them does to it. FinSpace has no deletion. */
const TELLING = {
  CreateUser: (told: Told) => ({ createTime: told.at, ...given(told) }),
  UpdateUser: (told: Told) => ({ lastModifiedTime: told.at, ...given(told) }),
  EnableUser: ({ at }: Told) => ({ status: 'ENABLED', lastEnabledTime: at }),
  DisableUser: ({ at }: Told) => ({ status: 'DISABLED', lastDisabledTime: at }),
} as const satisfies Record<string, (told: Told) => User>;

const isTelling = (name: unknown): name is keyof typeof TELLING =>
  typeof name === 'string' && Object.hasOwn(TELLING, name);

const objectOf = (value: unknown): User => (isRecord(value) ? value : {});

/** Reads what an event tells of a user of the environment; undefined where it tells nothing. */
const toldBy = (event: User, environmentId: string | undefined, notes: RosterNotes): Told | undefined => {
  const { eventSource, eventName, eventTime, errorCode, requestParameters, responseElements, additionalEventData } =
    event;
  const { finspaceEnvironmentId: environment } = objectOf(additionalEventData);
  if (eventSource !== 'finspace-api.amazonaws.com' || !isTelling(eventName)) return undefined;
  // What wrote the events down may say of what there is none of that it is null.
  if ((errorCode ?? undefined) !== undefined || (environment ?? environmentId) !== environmentId) return undefined;
  const at = Date.parse(String(eventTime));
  const parameters = objectOf(requestParameters);
  const userId = objectOf(responseElements).userId ?? parameters.userId;
  if (typeof userId === 'string' && !Number.isNaN(at)) return { at, eventName, userId, parameters };
  noteTorn(notes, `has an event ${eventName} without the user or the time that it tells of`);
  return undefined;
};

/** Puts together several events of one second: of a member that they tell differently nobody knows which holds. */
const together = (events: readonly Told[]): User => {
  const all = events.flatMap((one) => Object.entries(TELLING[one.eventName](one)));
  const values = Map.groupBy(all, ([name]) => name);
  return Object.fromEntries(
    [...values].map(([name, told]) => [
      name,
      new Set(told.map(([, value]) => value)).size === 1 ? told[0]?.[1] : undefined,
    ]),
  );
};

const isMaking = ({ eventName }: Told): boolean => eventName === 'CreateUser';

/** CloudTrail tells seconds, and gives the events of one in any order. A user is made before all else. */
const usersOf = (told: readonly Told[]): readonly User[] => {
  const users = new Map<string, User>();
  const inOrder = told.toSorted((one, other) => one.at - other.at || Number(isMaking(other)) - Number(isMaking(one)));
  const moments = Map.groupBy(inOrder, (one) => `${one.at} ${isMaking(one)} ${one.userId}`);
  for (const events of moments.values()) {
    const userId = events[0]?.userId ?? '';
    users.set(userId, { userId, ...users.get(userId), ...together(events) });
  }
  return [...users.values()];
};

const trailParser = (environmentId: string | undefined): RosterParser => {
  const told: Told[] = [];

  const see = (value: unknown, notes: RosterNotes): void => {
    const { CloudTrailEvent: text, detail } = objectOf(value);
    const event = objectOf(typeof text === 'string' ? parsedOrText(text, notes, 'at an event') : (detail ?? value));
    // The same event stands in the history and in the log: twice it tells no more.
    const one = toldBy(event, environmentId, notes);
    if (one !== undefined) told.push(one);
  };

  async function* readEvents(texts: AsyncIterable<string>, notes: RosterNotes): AsyncGenerator<readonly unknown[]> {
    notes.isReconstructed = true;
    let members: string[] = [];
    let isPage = false;
    let hasToken = false;
    const scanner = jsonScanner((name) => name === 'Records' || name === 'Events', {
      list() {
        notes.pages += 1;
        isPage = true;
      },
      item: (text) => see(parsedOrText(text, notes, 'at an event'), notes),
      member(name, text) {
        if (name === 'NextToken') hasToken = !/^(?:null|"")\s*$/.test(text);
        members.push(`${JSON.stringify(name)}:${text}`);
      },
      end() {
        if (isPage) notes.hasToken = hasToken;
        isPage = false;
        hasToken = false;
        see(parsedOrText(`{${members.join(',')}}`, notes, 'at an event'), notes);
        members = [];
      },
    });
    for await (const text of texts) {
      scanner.feed(text);
      yield [];
    }
    const problem = scanner.finish();
    if (problem !== undefined) noteTorn(notes, `is no whole JSON: ${problem}`);
  }

  return {
    name: 'cloudtrail',
    // Digest files stand beside the log files, and tell of no event.
    knows: (head) => /"(?:Records|Events|eventSource|digestStartTime)"/.test(head),
    read: readEvents,
    rest: () => usersOf(told),
    hasGaps: true,
  };
};

/** Reads users of what CloudTrail tells of them, by all files together: no names, and nobody who was made before. */
export const trailKind = (environmentId: string | undefined): RosterKind => {
  const parser = trailParser(environmentId);
  return {
    parserOf: (_name, head) =>
      parser.knows(head)
        ? parser
        : 'must be events of CloudTrail, as lookup-events gives them or as its log files in S3 are, in JSON: got something else',
    marker: 'eventTime',
    date: /eventTime\\?"\s*:\s*\\?"([\d:.TZ-]+)/,
    dateFrom: 'event',
  };
};
