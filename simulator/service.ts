import {
  type Answer,
  answered,
  denied,
  expired,
  invalid,
  jsonAnswer,
  type Reply,
  refusal,
  throttled,
} from './answers.ts';
import {
  type Fault,
  type FaultKind,
  type FaultPlan,
  faultPlayer,
  type ListOperation,
  type Operation,
} from './faults.ts';
import { groupRecord, type PermissionGroup } from './groups.ts';
import { type Credentials, type FinspaceCredentials, keyRing } from './keys.ts';
import { type Cursor, createListings, type Records } from './listings.ts';
import { playedFault } from './played-fault.ts';
import { checkSignature, type RawRequest, readPath, readQuery } from './signature.ts';
import { type Rate, tokenBucket } from './token-bucket.ts';

export interface ServiceOptions {
  /** The directory: records of any JSON, malformed ones included. Default: nobody. */
  readonly users?: Records;
  /** The permission groups; default: none. */
  readonly groups?: readonly PermissionGroup[];
  /** The region that signatures must be scoped to; default us-east-1. */
  readonly region?: string;
  /** The only environment there is. */
  readonly environmentId?: string;
  /** The keys that may be exchanged; default `CALLER`. */
  readonly callerCredentials?: Credentials;
  /** The rate that the service sustains, over both operations; default: any. */
  readonly rate?: Rate;
  /** The most users on a page, whatever is asked for; default and limit: 100. */
  readonly pageSize?: number;
  readonly faults?: FaultPlan;
  /** The life of exchanged keys, in milliseconds; default: as long as is asked for. */
  readonly credentialsLifetimeMs?: number;
  /** Milliseconds since the epoch; default `Date.now`. */
  readonly clock?: () => number;
  /** The lead of the service's own clock over `clock`, in milliseconds; default 0. */
  readonly clockSkewMs?: number;
}

/** One request and its outcome. */
interface RequestRecord {
  /** The time of its arrival by the injected clock, in milliseconds since the epoch. */
  readonly at: number;
  readonly operation: Operation | 'unknown';
  /** The zero-based page of its listing, where the request got as far. */
  readonly page?: number;
  /** The token that was sent. */
  readonly nextToken?: string;
  /** Absent where there was no answer. */
  readonly status?: number;
  readonly fault?: FaultKind;
}

interface ServiceStats {
  /** Every request, whatever came of it. */
  readonly requests: number;
  /** Exchanges that gave keys. */
  readonly exchanges: number;
  /** Pages given as they should be. */
  readonly pages: number;
  /** Requests refused for their rate, planned throttles included. */
  readonly throttled: number;
  readonly rejectedSignatures: number;
  readonly faultsPlayed: number;
}

/** The controls and gauges of a running service, for tests and demonstrations. */
export interface ServiceControls {
  readonly environmentId: string;
  readonly region: string;
  readonly callerCredentials: Credentials;
  /** Mints FinSpace credentials, as people copy them from the web app. */
  readonly directCredentials: () => FinspaceCredentials;
  /** Replaces the directory; listings under way still see the one that they began with. */
  readonly setUsers: (users: Records) => void;
  readonly setGroups: (groups: readonly PermissionGroup[]) => void;
  /** Throws RangeError for a rate that would let nothing through. */
  readonly setRate: (rate: Rate | undefined) => void;
  /** Replaces the plan. Throws RangeError where it makes no sense. */
  readonly setFaults: (plan: FaultPlan) => void;
  readonly stats: () => ServiceStats;
  /** The log, in the order of arrival. */
  readonly requests: () => readonly RequestRecord[];
}

export interface Service extends ServiceControls {
  /** The service's own clock. */
  readonly now: () => number;
  readonly handle: (request: RawRequest) => Reply;
}

/** The caller's keys unless others are given; they open nothing but a simulator. */
export const CALLER: Credentials = { accessKeyId: 'AKIDSIMULATOR', secretAccessKey: 'simulator-secret-access-key' };

const ENVIRONMENT_ID = 'simulatedfinspace000001';
const MAX_RESULTS = 100;
const MAX_DURATION_MINUTES = 60;
const MINUTE_MS = 60_000;

const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ['/credentials/programmatic', 'exchange'],
  ['/user', 'page'],
  ['/permission-group', 'groups'],
]);

/** The id of the group that a request asks for the members of. */
const groupAsked = (url: string): string | undefined => {
  const [, id] = /^\/permission-group\/([^/]+)\/users$/.exec(readPath(url)) ?? [];
  return id === undefined ? undefined : decodeURIComponent(id);
};

const operationOf = (url: string): Operation | undefined =>
  groupAsked(url) === undefined ? OPERATIONS.get(readPath(url)) : 'members';

/** The member of a page that has its records. */
const MEMBERS: Readonly<Record<ListOperation, 'users' | 'permissionGroups'>> = {
  page: 'users',
  groups: 'permissionGroups',
  members: 'users',
};

type Query = ReadonlyMap<string, string>;

/** The outcome of a request, for the log. */
interface Outcome {
  readonly reply: Reply;
  readonly page?: number;
  readonly fault?: FaultKind;
}

/** A page as it goes over the wire. */
interface Content {
  readonly users?: readonly unknown[];
  readonly permissionGroups?: readonly unknown[];
  readonly nextToken?: string;
  readonly NextToken?: string;
}

/** A whole number within limits, or undefined. */
const readWhole = (text: string | undefined, least: number, most: number): number | undefined => {
  if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
};

const readParameters = (url: string): Query | undefined => {
  try {
    return new Map(readQuery(url));
  } catch {
    return undefined;
  }
};

const copyOf = (users: Records): Records => (Array.isArray(users) ? users.slice() : users);

/** The operations of the FinSpace Data API that list users and groups, without the HTTP around them. */
export const createService = (options: ServiceOptions): Service => {
  const {
    region = 'us-east-1',
    environmentId = ENVIRONMENT_ID,
    callerCredentials = CALLER,
    pageSize = MAX_RESULTS,
    credentialsLifetimeMs,
    clock = Date.now,
    clockSkewMs = 0,
  } = options;
  if (readWhole(String(pageSize), 1, MAX_RESULTS) === undefined)
    throw new RangeError(`pageSize must be a whole number from 1 to ${MAX_RESULTS}, got ${pageSize}`);

  const bucketOf = (rate: Rate | undefined) => (rate === undefined ? () => true : tokenBucket(rate, clock));
  const now = (): number => clock() + clockSkewMs;

  const keys = keyRing(callerCredentials);
  const listings = createListings();
  const log: RequestRecord[] = [];
  const counts = { exchanges: 0, pages: 0, throttled: 0, rejectedSignatures: 0, faultsPlayed: 0 };
  let users = copyOf(options.users ?? []);
  let groups = options.groups ?? [];
  let takeToken = bucketOf(options.rate);
  let nextFault = faultPlayer(options.faults ?? []);

  const exchange = (query: Query): Outcome => {
    const asked = query.get('environmentId') ?? '';
    if (!/^[A-Za-z0-9]{1,26}$/.test(asked))
      return refuse(invalid('environmentId must have 1 to 26 letters and digits', 'INVALID_PARAMETER'));
    const minutes = query.has('durationInMinutes')
      ? readWhole(query.get('durationInMinutes'), 1, MAX_DURATION_MINUTES)
      : MAX_DURATION_MINUTES;
    if (minutes === undefined)
      return refuse(
        invalid(`durationInMinutes must be a number from 1 to ${MAX_DURATION_MINUTES}`, 'INVALID_PARAMETER'),
      );
    if (asked !== environmentId) return refuse(denied('The principal is bound to no user of this environment.'));
    if (!takeToken()) return refuse(throttled());

    const credentials = keys.mint(now() + (credentialsLifetimeMs ?? minutes * MINUTE_MS));
    const answer = jsonAnswer({ credentials, durationInMinutes: minutes });
    const fault = nextFault('exchange', undefined);
    if (fault !== undefined) return befallen(fault, answer, answer.body.slice(0, answer.body.length / 2));
    counts.exchanges += 1;
    return { reply: answered(answer) };
  };

  /** The list that a request is about; undefined where it asks for a group that there is not. */
  const listOf = (operation: ListOperation, url: string): Records | undefined => {
    if (operation === 'page') return users;
    if (operation === 'groups') return groups.map(groupRecord);
    return groups.find(({ permissionGroupId }) => permissionGroupId === groupAsked(url))?.members;
  };

  const page = (operation: ListOperation, query: Query, url: string): Outcome => {
    const list = listOf(operation, url);
    if (list === undefined) return refuse(refusal(404, 'ResourceNotFoundException', 'There is no such group.'));
    const maxResults = readWhole(query.get('maxResults'), 1, MAX_RESULTS);
    if (maxResults === undefined)
      return refuse(
        invalid(`maxResults is required and must be a number from 1 to ${MAX_RESULTS}`, 'INVALID_PARAMETER'),
      );
    const token = query.get('nextToken');
    const cursor = token === undefined ? listings.begin(list) : listings.resume(token);
    if (cursor === undefined) return refuse(invalid('nextToken is not valid', 'INVALID_TOKEN'));
    if (!takeToken()) return { ...refuse(throttled()), page: cursor.page };

    const size = Math.min(maxResults, pageSize);
    const fault = nextFault(operation, cursor.page);
    const member = MEMBERS[operation];
    const content = pageAt(cursor, size, fault?.fault, member);
    if (fault !== undefined) {
      const records = content[member];
      const half = JSON.stringify({ [member]: records?.slice(0, records.length / 2) });
      return { ...befallen(fault, jsonAnswer(content), half), page: cursor.page };
    }
    counts.pages += 1;
    return { reply: answered(jsonAnswer(content)), page: cursor.page };
  };

  /** The page, bent where the fault is one that bends the listing. */
  const pageAt = (
    cursor: Cursor,
    size: number,
    fault: FaultKind | undefined,
    member: 'users' | 'permissionGroups',
  ): Content => {
    if (fault === 'empty-page-with-token') return { [member]: [], nextToken: listings.stay(cursor) };
    if (fault === 'missing-users') return { nextToken: listings.stay(cursor) };
    if (fault === 'repeated-page') listings.repeat(cursor);
    if (fault === 'repeated-token') listings.loop(cursor, size);
    if (fault === 'token-cycle') listings.cycle(cursor, size);
    const { users: records, ...rest } = listings.page(cursor, size);
    if (fault === 'renamed-token') return { [member]: records, NextToken: rest.nextToken ?? '' };
    if (fault !== 'duplicate-user') return { [member]: records, ...rest };
    return { [member]: [...listings.lastBefore(cursor), ...records], ...rest };
  };

  const refuse = (answer: Answer): Outcome => ({ reply: answered(answer) });

  const befallen = (fault: Fault, answer: Answer, part: string): Outcome => ({
    reply: playedFault(fault, answer, part),
    fault: fault.fault,
  });

  /** The rate is checked before faults are played: a throttled request uses none up. */
  const serve = (request: RawRequest, operation: Operation, query: Query): Outcome => {
    const check = checkSignature(request, { region, now: now(), findKey: keys.find });
    if (!check.valid) {
      counts.rejectedSignatures += 1;
      return refuse(check.refusal);
    }
    if (now() >= check.key.expiresAt) return refuse(expired());
    if (check.key.kind !== (operation === 'exchange' ? 'caller' : 'finspace'))
      return refuse(denied(`This operation does not take the keys of a ${check.key.kind}.`));
    return operation === 'exchange' ? exchange(query) : page(operation, query, request.url);
  };

  const handle = (request: RawRequest): Reply => {
    const at = clock();
    const operation = request.method === 'GET' ? operationOf(request.url) : undefined;
    const query = readParameters(request.url);
    const nextToken = query?.get('nextToken');

    const outcome = (): Outcome => {
      if (operation === undefined)
        return refuse(refusal(404, 'UnknownOperationException', 'There is no such operation.'));
      if (query === undefined) return refuse(invalid('the query is not well-formed', 'INVALID_QUERY'));
      return serve(request, operation, query);
    };

    const { reply, ...details } = outcome();
    const status = 'answer' in reply ? { status: reply.answer.status } : {};
    log.push({
      at,
      operation: operation ?? 'unknown',
      ...(nextToken === undefined ? {} : { nextToken }),
      ...details,
      ...status,
    });
    if (details.fault !== undefined) counts.faultsPlayed += 1;
    if (status.status === 429) counts.throttled += 1;
    return reply;
  };

  return {
    environmentId,
    region,
    callerCredentials,
    now,
    handle,
    directCredentials: () => keys.mint(now() + (credentialsLifetimeMs ?? MAX_DURATION_MINUTES * MINUTE_MS)),
    setUsers(next) {
      users = copyOf(next);
    },
    setGroups(next) {
      groups = next;
    },
    setRate(rate) {
      takeToken = bucketOf(rate);
    },
    setFaults(plan) {
      nextFault = faultPlayer(plan);
    },
    stats: () => ({ requests: log.length, ...counts }),
    requests: () => [...log],
  };
};
