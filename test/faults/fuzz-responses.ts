import { gzipSync } from 'node:zlib';
import { audit } from '../../core/audit/audit.ts';
import type { AuditResult } from '../../core/audit/result.ts';
import { digestChannel } from '../../core/notify/channels/digest.ts';
import { finspaceSource } from '../../core/sources/finspace/source.ts';
import type { UserSource } from '../../core/sources/source.ts';
import { type Random, seededRandom, wholeBetween } from '../../simulator/random.ts';
import { type Asked, fakeService, virtualClock } from '../core/sources/finspace/fake-service.ts';
import { aUser, ENVIRONMENT } from '../support/builders.ts';
import type { Fuzzed } from './fuzzed.ts';
import { mutatedBytes, mutatedJson, oddValue, oneOf, repeatedly } from './mutations.ts';
import { INSTANTS, openFolder, requestOf, SETTINGS } from './runs.ts';

const PAGES = [0, 1, 2].map((page) => [0, 1, 2].map((n) => aUser({ userId: `u${page}${n}` })));
const DEADLINE_MS = 60_000;
/** The time that a fake request takes. */
const LATENCY_MS = 10;

const STATUSES = [
  200, 201, 204, 206, 299, 301, 302, 304, 400, 401, 403, 404, 408, 410, 418, 429, 500, 502, 503, 599,
] as const;

const ERROR_NAMES = [
  'ThrottlingException',
  'AccessDeniedException',
  'ExpiredTokenException',
  'ValidationException',
  'SignatureDoesNotMatch',
  'InternalServerException',
  'ns#Odd:http://x',
  'a b',
  '',
  'x'.repeat(500),
] as const;

const HEADERS: readonly [string, (random: Random) => string][] = [
  ['content-type', (random) => oneOf(random, ['text/html', 'application/json; charset=utf-16', 'application/xml', ''])],
  ['content-encoding', (random) => oneOf(random, ['gzip', 'br', 'identity', 'odd'])],
  ['content-length', (random) => oneOf(random, ['0', '1', '999999999', '-1', 'odd'])],
  ['date', (random) => oneOf(random, ['odd', new Date(0).toUTCString(), 'Fri, 31 Dec 9999 23:59:59 GMT', '-1'])],
  [
    'retry-after',
    (random) =>
      oneOf(random, ['0', '3', '-5', '1e400', '1e15', 'Infinity', 'odd', '', new Date(0).toUTCString(), '3 3']),
  ],
  ['x-amzn-errortype', (random) => oneOf(random, ERROR_NAMES)],
  ['location', () => 'https://elsewhere.example'],
];

/** The body as text that says a member twice. */
const withDouble = (random: Random, text: string): string => {
  const member = oneOf(random, [
    '"users":[]',
    '"nextToken":null',
    '"nextToken":"token-1"',
    '"users":null',
    '"credentials":{}',
  ]);
  return random() < 0.5 ? text.replace('{', `{${member},`) : text.replace(/\}$/, `,${member}}`);
};

const bodyOf = (random: Random, honest: unknown): Uint8Array => {
  const text = JSON.stringify(honest);
  return oneOf<() => Uint8Array>(random, [
    () => Buffer.from(text),
    () => Buffer.from(JSON.stringify(repeatedly(random, 3, honest, (value) => mutatedJson(random, value))) ?? ''),
    () => Buffer.from(JSON.stringify(repeatedly(random, 3, honest, (value) => mutatedJson(random, value))) ?? ''),
    () => repeatedly(random, 4, Buffer.from(text) as Uint8Array, (bytes) => mutatedBytes(random, bytes)),
    () => repeatedly(random, 4, Buffer.from(text) as Uint8Array, (bytes) => mutatedBytes(random, bytes)),
    () => Buffer.from(withDouble(random, text)),
    () => Buffer.from(`${text}${oneOf(random, ['', ' ', '\n', '}', '{}', text, '\u0000'])}`),
    () => Buffer.from(text, oneOf(random, ['utf16le', 'latin1'])),
    () => Buffer.from(text.replaceAll('u0', 'ü0'), 'latin1'),
    () => gzipSync(text),
    () => Buffer.from(text.replace(/"createTime":\d+/, `"createTime":${'9'.repeat(wholeBetween(random, 1, 400))}`)),
    () => Buffer.from(text.replace('"u00"', `${'['.repeat(5000)}${']'.repeat(5000)}`)),
    () => Buffer.from(JSON.stringify({ ...Object(honest), nextToken: oddValue(random) })),
    () => Buffer.from(''),
    () => Buffer.from('<html>503</html>'),
  ])();
};

/** A response as the client gets it, and its bytes for whoever judges what it said. */
interface Mutated {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

const mutatedAnswer = (random: Random, honest: unknown): Mutated => {
  const headers = new Headers({ 'content-type': 'application/json' });
  for (const [name, make] of HEADERS) if (random() < 0.12) headers.set(name, make(random));
  const status = random() < 0.3 ? oneOf(random, STATUSES) : 200;
  return { status, headers, bytes: bodyOf(random, honest) };
};

const isBodiless = (status: number): boolean => status === 204 || status === 304;

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
};

const countNames = (text: string): number =>
  [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon).length;

/** Tells whether a text names a member twice, of which the parser keeps one. */
const saysTwice = (bytes: Uint8Array, value: unknown): boolean =>
  countNames(new TextDecoder().decode(bytes)) > countNames(safeText(value));

/** The page that an answer is, by the words of the API; undefined where it is none. */
const pageIn = ({
  status,
  headers,
  bytes,
}: Mutated): { readonly users: readonly unknown[]; readonly isLast: boolean } | undefined => {
  if (status !== 200 || headers.get('x-amzn-errortype')) return undefined;
  const page = parsed(bytes);
  if (typeof page !== 'object' || page === null || Array.isArray(page) || saysTwice(bytes, page)) return undefined;
  const has = (name: string): boolean => Object.hasOwn(page, name);
  const { users, nextToken } = page as { readonly users?: unknown; readonly nextToken?: unknown };
  if (has('users') && !Array.isArray(users)) return undefined;
  if (has('nextToken') && nextToken !== null && typeof nextToken !== 'string') return undefined;
  const { __type: type, message } = page as { readonly __type?: unknown; readonly message?: unknown };
  if ([type, message].some((text) => text !== undefined && text !== null && text !== '')) return undefined;
  const lowerCased = Object.keys(page).filter((name) => /^(?:users|nexttoken)$/i.test(name));
  if (lowerCased.some((name) => name !== 'users' && name !== 'nextToken')) return undefined;
  if (!has('users') && (nextToken ?? '') === '') return undefined;
  return {
    users: Array.isArray(users) ? users : [],
    isLast: nextToken === undefined || nextToken === null || nextToken === '',
  };
};

const honestAnswer = ({ operation, nextToken }: Pick<Asked, 'operation' | 'nextToken'>): unknown => {
  if (operation === 'exchange')
    return {
      credentials: { accessKeyId: 'KEY', secretAccessKey: 'secret', sessionToken: 'token' },
      durationInMinutes: 60,
    };
  const page = nextToken === null ? 0 : Number(nextToken.slice('token-'.length));
  return { users: PAGES[page] ?? [], nextToken: page + 1 < PAGES.length ? `token-${page + 1}` : null };
};

/** A service of which some answers are mutated, and what its pages said. */
const mutatingService = (random: Random) => {
  const clock = virtualClock();
  const said: unknown[] = [];
  let isEnded = false;
  let requests = 0;
  const howOften = oneOf(random, [0.2, 0.4, 0.8]);
  const { fetch } = fakeService([], {
    clock,
    latencyMs: LATENCY_MS,
    answer: (asked) => {
      requests += 1;
      // After some answers the service is honest, so that listings end.
      const isHonest = requests > 8 || random() > howOften;
      const honest = honestAnswer(asked);
      const answer = isHonest
        ? { status: 200, headers: new Headers(), bytes: Buffer.from(JSON.stringify(honest)) }
        : mutatedAnswer(random, honest);
      if (asked.operation === 'page') {
        const page = pageIn(answer);
        said.push(...(page?.users ?? []));
        isEnded ||= page?.isLast === true;
      }
      const { status, headers, bytes } = answer;
      return new Response(isBodiless(status) ? null : new Uint8Array(bytes), { status, headers });
    },
  });
  const listUsers = finspaceSource({
    environmentId: ENVIRONMENT,
    region: 'us-east-1',
    endpoint: 'https://finspace.example.com',
    mode: 'exchange',
    loadCredentials: async () => ({ accessKeyId: 'CALLER', secretAccessKey: 'secret' }),
    random,
    clock,
    fetch,
  });
  return { clock, listUsers, said, isEnded: () => isEnded };
};

const textOf = (users: readonly unknown[]): string => users.map((user) => safeText(user)).join('\n');

/** The JSON of a record, which may be nested too deep to be written. */
const safeText = (value: unknown): string => {
  try {
    return JSON.stringify(value);
  } catch {
    return 'too deep';
  }
};

const listed = async (listUsers: UserSource, deadline: number) => {
  const listing = listUsers(deadline);
  const users: unknown[] = [];
  for await (const page of listing.pages) users.push(...page);
  return { users, end: listing.end() };
};

const problemIf = (problem: string | undefined): Pick<Fuzzed, 'problem'> => (problem === undefined ? {} : { problem });

/** Lists through mutated answers. */
export const fuzzListing = async (seed: number): Promise<Fuzzed> => {
  const { clock, listUsers, said, isEnded } = mutatingService(seededRandom(seed));
  const began = clock.now();
  const { users, end } = await listed(listUsers, began + DEADLINE_MS);
  const tookMs = clock.now() - began;
  const problem = (): string | undefined => {
    if (textOf(users) !== textOf(said)) return `gave ${users.length} users, the service said ${said.length}`;
    if (end.complete && !isEnded()) return 'is complete, and no answer was a last page';
    if (!end.complete && end.message === '') return `${end.reason} without a message`;
    return tookMs > DEADLINE_MS + LATENCY_MS ? `took ${tookMs} ms, its deadline was ${DEADLINE_MS}` : undefined;
  };
  return { outcome: end.complete ? 'complete' : end.reason, ...problemIf(problem()) };
};

const auditProblem = ({ report, objects }: AuditResult, said: number, isEnded: boolean): string | undefined => {
  const { verdict, reason, message, counts } = report;
  if (verdict !== 'COMPLETE') return reason && message ? undefined : `${verdict} without a reason in words`;
  if (!isEnded) return 'COMPLETE, and no answer was a last page';
  if (objects.snapshot === undefined) return 'COMPLETE without a snapshot';
  const seen = counts.users + counts.duplicates;
  return seen === said ? undefined : `COMPLETE with ${seen} records, the service said ${said}`;
};

/** The whole of an audit through mutated answers. */
export const fuzzAudit = async (seed: number): Promise<Fuzzed> => {
  const { clock, listUsers, said, isEnded } = mutatingService(seededRandom(seed));
  const { archive, close } = await openFolder();
  try {
    const [asOf] = INSTANTS;
    const result = await audit(requestOf(asOf, { attempt: 'fuzz', deadline: clock.now() + DEADLINE_MS }), {
      ...SETTINGS,
      listUsers,
      archive,
      channels: [digestChannel(() => Promise.resolve('sent'))],
      notifyWaitMs: 0,
      clock,
    });
    const { verdict, reason } = result.report;
    return {
      outcome: reason === undefined ? verdict : `${verdict} ${reason}`,
      ...problemIf(auditProblem(result, said.length, isEnded())),
    };
  } finally {
    await close();
  }
};
