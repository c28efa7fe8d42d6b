import { afterEach, describe, expect, it, test } from '@jest/globals';
import {
  consequenceOf,
  FAULT_KINDS,
  FAULTS,
  type Fault,
  type FaultKind,
  faultPlayer,
  type Operation,
} from '../../simulator/faults.ts';
import { CALLER, type Simulator, startSimulator } from '../../simulator/server.ts';
import {
  askPage,
  exchange,
  listPages,
  type Received,
  type ReceivedPage,
  readPage,
  send,
  sendLoosely,
  sign,
  usersOf,
} from './client.ts';

const open: Simulator[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});

const USERS = Array.from({ length: 250 }, (_, i) => ({ userId: `user-${i}` }));

const start = async (faults: readonly Fault[], users = USERS): Promise<Simulator> => {
  const simulator = await startSimulator({ users, faults });
  open.push(simulator);
  return simulator;
};

const TIMEOUT_MS = 150;

/** The view that a client has of one request: the status, the error's name and the body, or how the connection broke. */
const seen = async (answer: Promise<Received>): Promise<unknown> => {
  try {
    const { status, headers, body } = await answer;
    return {
      status,
      body,
      ...(headers['x-amzn-errortype'] === undefined ? {} : { error: String(headers['x-amzn-errortype']) }),
      ...(headers['retry-after'] === undefined ? {} : { retryAfter: headers['retry-after'] }),
    };
  } catch (error) {
    return String(error);
  }
};

const THROTTLED = { status: 429, body: '', error: expect.stringMatching(/^ThrottlingException:/) };

/** The view that a client has of each fault that befalls single requests. */
const ON_THE_WIRE: readonly (readonly [FaultKind, unknown])[] = [
  ['throttle', THROTTLED],
  ['throttle-retry-after', { ...THROTTLED, retryAfter: '1' }],
  ['internal-error', { status: 500, body: expect.stringContaining('#InternalServerException') }],
  ['unavailable-html', { status: 503, body: expect.stringContaining('<html>') }],
  ['reset', 'Error: read ECONNRESET'],
  ['truncated-body', 'Error: aborted'],
  ['hang', 'Error: no answer'],
  ['empty-200', { status: 200, body: '' }],
  ['torn-json', { status: 200, body: expect.stringMatching(/^\{.*[^}]$/) }],
  ['partial-206', { status: 206, body: expect.stringMatching(/^\{/) }],
  ['accepted-202', { status: 202, body: '{}' }],
  ['empty-object', { status: 200, body: '{}' }],
  ['error-as-200', { status: 200, body: '{"users":[]}', error: expect.stringMatching(/^ThrottlingException:/) }],
  ['message-as-200', { status: 200, body: '{"message":"Rate exceeded","users":[]}' }],
  ['protocol-change', 'Error: another protocol'],
  ['denied', { status: 403, body: expect.any(String), error: 'AccessDeniedException' }],
  ['expired-credentials', { status: 403, body: expect.any(String), error: 'ExpiredTokenException' }],
  ['gone', { status: 410, body: '' }],
];

describe.each(ON_THE_WIRE)('%s', (fault, expected) => {
  test.each([0, 1, 2])('befalls page %i once, and no other', async (page) => {
    const { url, directCredentials, stats, requests } = await start([{ fault, page }]);
    const keys = directCredentials();
    const before = page === 0 ? [] : await listPages(url, keys, page);
    const token = before.at(-1)?.nextToken;

    expect(await seen(askPage(url, keys, token, { timeoutMs: TIMEOUT_MS }))).toEqual(expected);
    expect(requests().at(-1)).toMatchObject({ operation: 'page', page, fault });
    expect(readPage(await askPage(url, keys, token)).users).toEqual(USERS.slice(page * 100, page * 100 + 100));
    expect(stats()).toMatchObject({ faultsPlayed: 1, pages: page + 1 });
  });

  it('befalls an exchange once, and gives no usable keys', async () => {
    const { url, environmentId, stats } = await start([{ fault, operation: 'exchange' }]);
    const request = sign({
      path: '/credentials/programmatic',
      query: { environmentId },
      keys: CALLER,
      host: new URL(url).host,
    });

    expect(await seen(send(url, request, TIMEOUT_MS))).toEqual(expected);
    expect((await exchange(url, CALLER, environmentId)).status).toBe(200);
    expect(stats()).toMatchObject({ faultsPlayed: 1, exchanges: 1 });
  });
});

it.each([0, 1])('a throttle may tell to wait for %i seconds', async (seconds) => {
  const { url, directCredentials } = await start([{ fault: 'throttle-retry-after', seconds }]);

  expect((await askPage(url, directCredentials())).headers['retry-after']).toBe(String(seconds));
});

it('a truncated body reads like a last page to whoever does not count its bytes', async () => {
  const { url, directCredentials } = await start([{ fault: 'truncated-body' }]);
  const query = { maxResults: '100' };
  const request = sign({ path: '/user', query, keys: directCredentials(), host: new URL(url).host });

  expect(JSON.parse(await sendLoosely(url, request))).toEqual({ users: USERS.slice(0, 50) });
});

describe('faults that bend the listing', () => {
  /** Follows a plan to the end, or for eight pages. */
  const follow = async (fault: FaultKind, page: number, users = USERS) => {
    const { url, directCredentials } = await start([{ fault, page }], users);
    return listPages(url, directCredentials(), 8);
  };

  const tokens = (pages: readonly ReceivedPage[]): readonly (string | undefined)[] =>
    pages.map(({ nextToken }) => nextToken);

  test.each([
    [0, 1],
    [1, 1],
    [2, 2],
  ])('repeated-token on page %i: page %i leads to itself for ever', async (page, stuck) => {
    const [...given] = tokens(await follow('repeated-token', page));

    expect(given).toHaveLength(8);
    expect(new Set(given.slice(stuck - 1)).size).toBe(1);
    expect(new Set(given).size).toBe(stuck);
  });

  test.each([
    [0, 2],
    [1, 2],
    [2, 3],
  ])('token-cycle on page %i: %i tokens come again and again', async (page, distinct) => {
    const given = tokens(await follow('token-cycle', page));

    expect(given).toHaveLength(8);
    expect(new Set(given).size).toBe(distinct);
    for (let i = Math.max(page - 1, 0); i + 2 < given.length; i += 1) {
      expect(given[i]).toBe(given[i + 2]);
      expect(given[i]).not.toBe(given[i + 1]);
    }
  });

  test.each([0, 1, 2])('repeated-page on page %i: its users come again under another token', async (page) => {
    const pages = await follow('repeated-page', page);
    expect(pages).toHaveLength(4);
    expect(pages[page + 1]?.users).toEqual(pages[page]?.users);
    expect(new Set(tokens(pages)).size).toBe(4);
  });

  test.each([0, 1])('second-token on page %i hides the one before it', async (page) => {
    const { url, directCredentials } = await start([{ fault: 'second-token', page }]);
    const keys = directCredentials();
    const before = page === 0 ? [] : await listPages(url, keys, page);

    const { body } = await askPage(url, keys, before.at(-1)?.nextToken);
    expect(body).toMatch(/"nextToken":"[^"]+".*"nextToken":null\}$/);
    expect(JSON.parse(body)).toMatchObject({ nextToken: null });
  });

  test.each([0, 1, 2])('renamed-token on page %i hides it, and gives an empty one on the last page', async (page) => {
    const { url, directCredentials } = await start([{ fault: 'renamed-token', page }]);
    const pages = await listPages(url, directCredentials(), 8);
    expect(pages).toHaveLength(page + 1);
    expect(pages.at(-1)).toMatchObject({ NextToken: page === 2 ? '' : expect.stringMatching(/./) });
  });

  test.each<FaultKind>(['repeated-token', 'token-cycle'])('%s befalls a listing of one page too', async (fault) => {
    expect(await follow(fault, 0, USERS.slice(0, 3))).toHaveLength(8);
  });

  test.each([
    [0, 0],
    [1, 99],
    [2, 199],
  ])('duplicate-user on page %i: user %i comes twice', async (page, twice) => {
    const users = usersOf(await follow('duplicate-user', page));

    expect(users).toHaveLength(251);
    expect(users.filter((user) => JSON.stringify(user) === JSON.stringify(USERS[twice]))).toHaveLength(2);
    expect(new Set(users.map((user) => JSON.stringify(user))).size).toBe(250);
  });

  test.each([
    ['empty-page-with-token', 0],
    ['empty-page-with-token', 1],
    ['empty-page-with-token', 2],
    ['missing-users', 0],
    ['missing-users', 1],
    ['missing-users', 2],
  ] as const)('%s on page %i: a page more, and nobody lost', async (fault, page) => {
    const lengths: readonly (number | undefined)[] = [100, 100, 50];
    const extra = fault === 'missing-users' ? undefined : 0;
    const pages = await follow(fault, page);

    expect(usersOf(pages)).toEqual(USERS);
    expect(pages.map(({ users }) => users?.length)).toEqual(lengths.toSpliced(page, 0, extra));
    expect(new Set(tokens(pages)).size).toBe(4);
  });

  it('empty pages may come for ever, each with a token of its own', async () => {
    const { url, directCredentials } = await start([{ fault: 'empty-page-with-token', times: Infinity }]);
    const pages = await listPages(url, directCredentials(), 20);

    expect(usersOf(pages)).toEqual([]);
    expect(new Set(tokens(pages)).size).toBe(20);
  });
});

describe('a plan', () => {
  const played = (plan: readonly Fault[], requests: readonly (readonly [Operation, number?])[]) => {
    const next = faultPlayer(plan);
    return requests.map(([operation, page]) => next(operation, page)?.fault);
  };
  const thrice = (page: number) => Array.from({ length: 3 }, () => ['page', page] as const);

  test.each<[string, readonly Fault[], readonly (readonly [Operation, number?])[], readonly (FaultKind | undefined)[]]>(
    [
      ['no fault', [], [['page', 0]], [undefined]],
      ['once by default', [{ fault: 'reset' }], thrice(0), ['reset', undefined, undefined]],
      ['twice', [{ fault: 'reset', times: 2 }], thrice(0), ['reset', 'reset', undefined]],
      ['for ever', [{ fault: 'reset', times: Infinity }], thrice(0), ['reset', 'reset', 'reset']],
      ['never', [{ fault: 'reset', times: 0 }], thrice(0), [undefined, undefined, undefined]],
      [
        'on one page only',
        [{ fault: 'reset', page: 1, times: 9 }],
        [
          ['page', 0],
          ['page', 1],
        ],
        [undefined, 'reset'],
      ],
      ['not on an exchange', [{ fault: 'reset' }], [['exchange'], ['page', 5]], [undefined, 'reset']],
      [
        'on an exchange only',
        [{ fault: 'hang', operation: 'exchange' }],
        [['page', 0], ['exchange']],
        [undefined, 'hang'],
      ],
      ['in order', [{ fault: 'reset' }, { fault: 'hang' }], thrice(0), ['reset', 'hang', undefined]],
    ],
  )('%s', (_, plan, requests, expected) => {
    expect(played(plan, requests)).toEqual(expected);
  });

  test.each<[string, string, string]>([
    ['an unknown fault', '{"fault":"explode"}', 'fault must be one of throttle, '],
    [
      'an unknown operation',
      '{"fault":"reset","operation":"user"}',
      'operation must be one of exchange, page, groups, members, got "user"',
    ],
    ['a bent exchange', '{"fault":"token-cycle","operation":"exchange"}', 'token-cycle can befall a page only'],
    ['a page of an exchange', '{"fault":"reset","operation":"exchange","page":0}', 'an exchange has no page, got 0'],
    ['a negative page', '{"fault":"reset","page":-1}', 'page must be a whole number from 0, got -1'],
    ['half a time', '{"fault":"reset","times":0.5}', 'times must be a whole number from 0, or Infinity, got 0.5'],
    [
      'half a second',
      '{"fault":"throttle-retry-after","seconds":0.5}',
      'seconds must be a whole number from 0, got 0.5',
    ],
  ])('with %s is refused', (_, json, message) => {
    const fault: Fault = JSON.parse(json);
    expect(() => faultPlayer([fault])).toThrow(message);
  });

  it('may be replaced while the simulator runs', async () => {
    const { url, directCredentials, setFaults } = await start([{ fault: 'gone', times: Infinity }]);
    const keys = directCredentials();

    expect((await askPage(url, keys)).status).toBe(410);
    setFaults([]);
    expect((await askPage(url, keys)).status).toBe(200);
  });

  it('is not used up by requests refused for their rate', async () => {
    let now = Date.now();
    const simulator = await startSimulator({
      clock: () => now,
      rate: { requestsPerSecond: 1, burst: 1 },
      faults: [{ fault: 'gone', page: 0, times: 1 }],
    });
    open.push(simulator);
    const keys = simulator.directCredentials();
    simulator.setFaults([{ fault: 'internal-error', page: 0 }]);

    expect((await askPage(simulator.url, keys)).status).toBe(500);
    simulator.setFaults([{ fault: 'internal-error', page: 0 }]);
    expect((await askPage(simulator.url, keys)).status).toBe(429);
    now += 1000;
    expect((await askPage(simulator.url, keys)).status).toBe(500);
  });
});

describe('the list of faults', () => {
  it('is covered by these tests', () => {
    const bent: readonly FaultKind[] = [
      'repeated-token',
      'token-cycle',
      'duplicate-user',
      'empty-page-with-token',
      'missing-users',
      'renamed-token',
      'second-token',
      'repeated-page',
    ];
    expect([...ON_THE_WIRE.map(([fault]) => fault), ...bent].toSorted()).toEqual(FAULT_KINDS.toSorted());
  });

  it('tells what comes of each', () => {
    const fatal = (operation: Operation) => FAULT_KINDS.filter((fault) => consequenceOf(fault, operation) === 'fatal');

    expect(fatal('page')).toEqual(['denied', 'gone', 'repeated-token', 'token-cycle', 'repeated-page']);
    expect(fatal('exchange')).toEqual(['denied', 'expired-credentials', 'gone']);
    expect(consequenceOf('missing-users', 'exchange')).toBeUndefined();
    for (const fault of FAULT_KINDS) expect(FAULTS[fault].does).not.toBe('');
  });
});
