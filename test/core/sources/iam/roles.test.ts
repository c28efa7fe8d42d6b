import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../../core/model/clock.ts';
import { type RoleRecord, Roles } from '../../../../core/model/roles.ts';
import { iamRoles, type RoleReaderSettings } from '../../../../core/sources/iam/roles.ts';
import { chooseEnrichments } from '../../../../core/sources/index.ts';
import { type Iam, type IamOptions, type OtherAccount, startIam } from '../../../../simulator/iam.ts';
import { soundRole } from '../../../../simulator/roles.ts';
import { CALLER } from '../../../../simulator/server.ts';
import { ACCOUNT, aRoleArn, daysAgo, NOW } from '../../../support/builders.ts';

const open: Iam[] = [];
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await Promise.all(open.splice(0).map((iam) => iam.close()));
});

/** A clock that whoever waits moves on, and nobody else. */
const movedClock = (): Clock & { readonly waits: number[] } => {
  let now = NOW;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    async sleep(ms) {
      waits.push(Math.round(ms));
      now += ms;
    },
  };
};

const reader = async (
  options: Partial<IamOptions> = {},
  settings: Partial<RoleReaderSettings> & { readonly secret?: string } = {},
) => {
  const clock = movedClock();
  const iam = await startIam({ accountId: ACCOUNT, clock: clock.now, ...options });
  open.push(iam);
  const { secret, ...others } = settings;
  const keys = { ...CALLER, ...(secret !== undefined && { secretAccessKey: secret }) };
  const read = iamRoles({
    region: 'us-east-1',
    accounts: new Map([[ACCOUNT, async () => keys]]),
    mayList: false,
    clock,
    random: () => 0.5,
    iam: { endpoint: iam.url },
    sts: { endpoint: iam.url },
    ...others,
  });
  const ask = async (arns: readonly string[], before?: Roles, deadline = NOW + 600_000) => {
    const records: RoleRecord[] = [];
    for await (const record of read({ arns: () => arns, before, deadline })) records.push(record);
    return records;
  };
  return { iam, ask, clock };
};

const ARN = aRoleArn('finspace/analyst');
const [A, B, C] = [aRoleArn('a'), aRoleArn('b'), aRoleArn('c')];
const role = soundRole(ARN, NOW);

/** The roles that an earlier run knew. */
const known = (...records: readonly RoleRecord[]): Roles => {
  const roles = new Roles();
  for (const record of records) roles.add(record);
  return roles;
};
const answeredAt = (arn: string, time: number): RoleRecord => ({
  arn,
  readAt: new Date(time).toISOString(),
  exists: true,
  roleId: `AROA-${arn.slice(-1)}`,
  createdAt: new Date(daysAgo(500)).toISOString(),
  lastUsedAt: null,
  trust: { Statement: [] },
});

describe('a role', () => {
  test('is told as IAM has it', async () => {
    const { ask } = await reader({ roles: [role] });
    expect(await ask([ARN])).toEqual([
      {
        arn: ARN,
        readAt: new Date(NOW + 200).toISOString(),
        exists: true,
        roleId: role.RoleId,
        createdAt: new Date(role.CreateDate).toISOString(),
        lastUsedAt: new Date(role.LastUsedDate ?? 0).toISOString(),
        trust: role.AssumeRolePolicyDocument,
      },
    ]);
  });

  test('that was not used within 400 days says so', async () => {
    const { LastUsedDate: _, ...unused } = role;
    const { ask } = await reader({ roles: [unused] });
    expect(await ask([ARN])).toMatchObject([{ lastUsedAt: null }]);
  });

  test('that there is none of does not exist', async () => {
    const { ask } = await reader();
    expect(await ask([ARN])).toEqual([{ arn: ARN, readAt: expect.any(String), exists: false }]);
  });

  test.each([
    ['another path', aRoleArn('other/analyst')],
    ['other letters', aRoleArn('finspace/Analyst')],
  ])('of the same name under %s is another', async (_, arn) => {
    const { ask } = await reader({ roles: [role] });
    expect(await ask([arn])).toEqual([{ arn, readAt: expect.any(String), exists: false, arnOfName: ARN }]);
  });

  test('whose policy is no JSON has none', async () => {
    const { ask } = await reader({ roles: [{ ...role, AssumeRolePolicyDocument: undefined as unknown as object }] });
    expect((await ask([ARN]))[0]).not.toHaveProperty('trust.Statement');
  });
});

describe('an account', () => {
  test.each([
    [
      'whose keys are of another',
      { accountId: '444455556666' },
      {},
      `account ${ACCOUNT} was not asked: STS says that the credentials are of account 444455556666`,
    ],
    [
      'whose keys are wrong',
      {},
      { secret: 'another' },
      `account ${ACCOUNT} was not asked: sts:GetCallerIdentity failed: SignatureDoesNotMatch (403)`,
    ],
  ] as const)('%s is not asked for its roles', async (_, options, settings, unread) => {
    const { ask, iam } = await reader({ roles: [role], ...options }, settings);
    expect(await ask([ARN])).toEqual([{ arn: ARN, unread }]);
    expect(iam.requests().map(({ action }) => action)).toEqual(['GetCallerIdentity']);
  });

  test('that can’t be asked is not: a role of that name would be another', async () => {
    const foreign = aRoleArn('analyst', '444455556666');
    const { ask, iam } = await reader({ roles: [role] });
    expect(await ask([foreign])).toEqual([{ arn: foreign, unread: 'account 444455556666 is none that can be asked' }]);
    expect(iam.requests()).toStrictEqual([]);
  });

  test('for which another one answers is not asked any more', async () => {
    const foreign = soundRole(aRoleArn('a', '444455556666'), NOW);
    const { ask } = await reader({ roles: [foreign] });
    const unread = `account ${ACCOUNT} was not asked any more: IAM answered for account 444455556666`;
    expect(await ask([A, B])).toEqual([
      { arn: A, unread },
      { arn: B, unread },
    ]);
  });

  test('whose credentials can’t be had is not asked', async () => {
    const fails = async () => {
      throw Object.assign(new Error('no'), { name: 'CredentialsProviderError' });
    };
    const { ask } = await reader({}, { accounts: new Map([[ACCOUNT, fails]]) });
    expect(await ask([ARN])).toMatchObject([{ unread: expect.stringContaining('NoCredentials (401)') }]);
  });

  const keysAfter = (failures: number, error: object) => {
    let asked = 0;
    return async () => {
      asked += 1;
      if (asked <= failures) throw Object.assign(new Error('no'), error);
      return CALLER;
    };
  };

  test.each([
    ['a host that has no address yet', { code: 'ENOTFOUND' }],
    ['a clock that is wrong', { name: 'RequestTimeTooSkewed', $metadata: { httpStatusCode: 403 } }],
    ['a service that is ill', { name: 'InternalFailure', $metadata: { httpStatusCode: 500 } }],
  ])('whose keys are kept back by %s is asked once they are there', async (_, error) => {
    const { ask } = await reader({ roles: [role] }, { accounts: new Map([[ACCOUNT, keysAfter(3, error)]]) });
    expect(await ask([ARN])).toMatchObject([{ exists: true }]);
  });

  test.each([
    [3, { name: 'ValidationError', $metadata: { httpStatusCode: 400 } }, 'ValidationError (400)'],
    [4, { code: 'ENOTFOUND' }, 'connection failed (ENOTFOUND)'],
  ])('whose keys are kept back %d times by %j is not asked', async (failures, error, told) => {
    const { ask, iam } = await reader({}, { accounts: new Map([[ACCOUNT, keysAfter(failures, error)]]) });
    expect(await ask([ARN])).toEqual([
      { arn: ARN, unread: `account ${ACCOUNT} was not asked: sts:GetCallerIdentity failed: ${told}` },
    ]);
    expect(iam.requests()).toStrictEqual([]);
  });

  test('gives its keys once to each service, and not for each request', async () => {
    let loads = 0;
    const load = async () => {
      loads += 1;
      return CALLER;
    };
    const { ask } = await reader({ roles: [] }, { accounts: new Map([[ACCOUNT, load]]) });
    await ask([A, B, C]);
    expect(loads).toBe(2);
  });
});

describe('the pace', () => {
  test('is of no more than five requests a second, each role asked for once', async () => {
    const arns = Array.from({ length: 20 }, (_, index) => aRoleArn(`role-${index}`));
    const { ask, iam } = await reader({ roles: arns.map((arn) => soundRole(arn, NOW)) });
    expect((await ask(arns)).every(({ exists }) => exists)).toBe(true);
    const times = iam.requests().map(({ at }) => at);
    expect(times).toHaveLength(21);
    for (const [index, time] of times.entries()) expect(time - NOW).toBeGreaterThanOrEqual(index * 200);
  });

  test('follows the rate that IAM bears, and reads all of 300 roles', async () => {
    const arns = Array.from({ length: 300 }, (_, index) => aRoleArn(`role-${index}`));
    const { ask, iam } = await reader({
      roles: arns.map((arn) => soundRole(arn, NOW)),
      rate: { requestsPerSecond: 3, burst: 5 },
    });
    expect((await ask(arns)).filter(({ exists }) => exists)).toHaveLength(300);
    expect(iam.requests().length).toBeLessThan(301 * 1.1);
  });
});

describe('faults', () => {
  test.each([
    ['a refusal for the rate', { fault: 'throttle', times: 3 }],
    ['a failure of the service, three times', { fault: 'service-failure', times: 3 }],
    ['a torn answer', { fault: 'torn-xml', times: 2 }],
    ['a connection that breaks', { fault: 'reset', times: 2 }],
    ['keys that have expired', { fault: 'expired', times: 1 }],
  ] as const)('%s passes', async (_, fault) => {
    const { ask } = await reader({ roles: [role], faults: [{ ...fault, action: 'GetRole' }] });
    expect(await ask([ARN])).toMatchObject([{ exists: true }]);
  });

  test.each([
    ['a denial', { fault: 'denied' }, 'iam:GetRole failed: AccessDenied (403)'],
    ['a service that keeps failing', { fault: 'service-failure' }, /^iam:GetRole failed: ServiceFailure\w* \(500\)$/],
    ['a service that fails four times', { fault: 'service-failure', times: 4 }, /^iam:GetRole failed: .* \(500\)$/],
    ['a 404 that is not of IAM', { fault: 'html-404' }, /^iam:GetRole failed: .*\(404\)$/],
    ['refusals until there is no time', { fault: 'throttle' }, 'iam:GetRole was throttled until there was no time'],
  ] as const)('%s leaves the role unread, and never missing', async (_, fault, unread) => {
    const faults = [{ times: Number.POSITIVE_INFINITY, ...fault, action: 'GetRole' }];
    const { ask } = await reader({ roles: [role], faults });
    const matching = typeof unread === 'string' ? unread : expect.stringMatching(unread);
    expect(await ask([ARN])).toEqual([{ arn: ARN, unread: matching }]);
  });

  test('of one role leave the others to be read', async () => {
    const faults = [{ fault: 'denied', roleName: 'b', times: Number.POSITIVE_INFINITY } as const];
    const { ask } = await reader({ roles: [soundRole(A, NOW), soundRole(C, NOW)], faults });
    expect(await ask([A, B, C])).toMatchObject([
      { exists: true },
      { unread: expect.stringMatching('AccessDenied') },
      { exists: true },
    ]);
  });

  test.each([
    ['an answer', []],
    ['a failure of another kind', [{ fault: 'html-404', roleName: 'b' }]],
  ] as const)('two in a row, and after %s two more, leave the others to be read', async (_, faults) => {
    const denied = ['role-0', 'role-1', 'role-2', 'role-3'].map(
      (roleName) => ({ fault: 'denied', roleName, times: Number.POSITIVE_INFINITY }) as const,
    );
    const [first, second, third, fourth] = denied.map(({ roleName }) => aRoleArn(roleName)) as [
      string,
      string,
      string,
      string,
    ];
    const { ask } = await reader({ roles: [soundRole(B, NOW), soundRole(C, NOW)], faults: [...denied, ...faults] });
    expect((await ask([first, second, B, third, fourth, C])).at(-1)).toMatchObject({ arn: C, exists: true });
  });

  test('in a row end the asking', async () => {
    const arns = Array.from({ length: 50 }, (_, index) => aRoleArn(`role-${index}`));
    const faults = [{ fault: 'denied', action: 'GetRole', times: Number.POSITIVE_INFINITY } as const];
    const { ask, iam } = await reader({ faults });
    expect((await ask(arns)).filter(({ unread }) => unread?.includes('AccessDenied'))).toHaveLength(50);
    expect(iam.requests()).toHaveLength(1 + 3);
  });
});

describe('an answer of 200', () => {
  const ANSWERS: Readonly<Record<string, string>> = {
    GetCallerIdentity: `<Account>${ACCOUNT}</Account>`,
    ListRoles: '<Roles/><IsTruncated>false</IsTruncated>',
  };

  /** Reads roles from what answers every request so, by its action; another is answered with a 404 of IAM. */
  const readerOf = async (answers: Readonly<Record<string, string>>, mayList = false) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        const action = new URLSearchParams(body).get('Action') ?? '';
        asked.push(action);
        const answer = { ...ANSWERS, ...answers }[action];
        response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'text/xml' });
        response.end(
          answer === undefined
            ? '<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code></Error></ErrorResponse>'
            : `<${action}Response><${action}Result>${answer}</${action}Result></${action}Response>`,
        );
      });
    });
    server.listen(0);
    await once(server, 'listening');
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    const { ask } = await reader({}, { iam: { endpoint }, sts: { endpoint }, mayList });
    return { ask, asked };
  };

  test.each([
    ['no role', ''],
    ['a role of no name', '<Role><RoleId>AROA</RoleId></Role>'],
    ['a role of no id', `<Role><Arn>${ARN}</Arn></Role>`],
  ])('that holds %s leaves it unread, and never missing', async (_, answer) => {
    const { ask } = await readerOf({ GetRole: answer });
    const unread = 'iam:GetRole failed: unreadable answer (the role is missing)';
    expect(await ask([ARN])).toEqual([{ arn: ARN, unread }]);
  });

  test('that holds no more than the name and the id of a role tells no more', async () => {
    const { ask } = await readerOf({ GetRole: `<Role><Arn>${ARN}</Arn><RoleId>AROA</RoleId></Role>` });
    const [record] = await ask([ARN]);
    expect(record).toEqual({
      arn: ARN,
      readAt: expect.any(String),
      exists: true,
      roleId: 'AROA',
      lastUsedAt: null,
      trust: undefined,
    });
    expect(record).not.toHaveProperty('createdAt');
  });

  test('that names no account is of none', async () => {
    const { ask } = await readerOf({ GetCallerIdentity: '' });
    const unread = `account ${ACCOUNT} was not asked: STS says that the credentials are of no account`;
    expect(await ask([ARN])).toEqual([{ arn: ARN, unread }]);
  });

  test.each([
    ['no list', '', 4],
    ['a part of a list, and not where it goes on', '<Roles/><IsTruncated>true</IsTruncated>', 4],
    [
      'a role of no id',
      `<Roles><member><Arn>${aRoleArn('role-0')}</Arn></member></Roles><IsTruncated>false</IsTruncated>`,
      1,
    ],
    ['the same part again and again', '<Roles/><IsTruncated>true</IsTruncated><Marker>m</Marker>', 2],
    ['all of a list, and where it would go on', '<Roles/><IsTruncated>false</IsTruncated><Marker>m</Marker>', 1],
  ])('that holds %s leaves each role to be asked for', async (_, list, lists) => {
    const arns = Array.from({ length: 201 }, (_one, index) => aRoleArn(`role-${index}`));
    const { ask, asked } = await readerOf({ ListRoles: list }, true);
    expect((await ask(arns)).filter(({ exists }) => exists === false)).toHaveLength(201);
    expect(asked.filter((action) => action === 'GetRole')).toHaveLength(201);
    expect(asked.filter((action) => action === 'ListRoles')).toHaveLength(lists);
  });
});

describe('where time is short', () => {
  /** On a busy machine the account is not asked in time either. */
  const noTime = expect.stringContaining('there was no time left to read it');
  const before = known(answeredAt(A, daysAgo(2)), answeredAt(B, daysAgo(5)));

  test('those come first that were never read, then the least recently read', async () => {
    const { ask } = await reader({ roles: [A, B, C].map((arn) => soundRole(arn, NOW)) });
    expect((await ask([A, B, C], before)).map(({ arn }) => arn)).toEqual([C, B, A]);
  });

  test('the rest is judged by answers of under a week ago, which say so', async () => {
    const old = known(answeredAt(A, daysAgo(7)), answeredAt(B, daysAgo(7) + 1000), { arn: C, unread: 'throttled' });
    const { ask } = await reader({ roles: [] });
    const unread = 'there was no time left to read it';
    const records = await ask([A, B, C], old, NOW + 400);
    expect(records).toEqual([
      { arn: C, readAt: expect.any(String), exists: false },
      { ...answeredAt(A, daysAgo(7)), unread, isOutdated: true },
      { ...answeredAt(B, daysAgo(7) + 1000), unread },
    ]);
    const roles = known(...records);
    expect(roles.book(A)).toMatchObject({ unread, outdated: { role: { roleId: 'AROA-a' } } });
    expect(roles.book(A)).not.toHaveProperty('answer');
    expect(roles.book(B)).toMatchObject({ unread, answer: { role: { roleId: 'AROA-b' } } });
    expect(roles.counts()).toEqual({
      principals: 3,
      read: 1,
      standIns: 1,
      standInsFrom: new Date(daysAgo(7) + 1000).toISOString(),
      unread: 1,
      reason: unread,
    });
  });

  test.each<{ name: string; answer: RoleRecord }>([
    {
      name: 'that there was no such role',
      answer: { arn: A, readAt: new Date(daysAgo(2)).toISOString(), exists: false },
    },
    {
      name: 'of a role that was used',
      answer: { ...answeredAt(A, daysAgo(2)), lastUsedAt: new Date(daysAgo(3)).toISOString() },
    },
    {
      name: 'of a list, which tells no use',
      answer: { arn: A, readAt: new Date(daysAgo(2)).toISOString(), exists: true, roleId: 'AROA-a', trust: {} },
    },
    { name: 'that was outdated then', answer: { ...answeredAt(A, daysAgo(9)), unread: 'throttled', isOutdated: true } },
  ])('an earlier answer stands in as it was given: $name', async ({ answer }) => {
    const { ask } = await reader();
    expect(await ask([A], known(answer), NOW + 100)).toEqual([{ ...answer, unread: noTime }]);
  });

  test('a request that hangs is left when the time is over', async () => {
    const { ask } = await reader({ roles: [soundRole(A, NOW)], faults: [{ fault: 'hang', action: 'GetRole' }] });
    // On a busy machine it is the account that is not told in time.
    const unread = expect.stringMatching(
      / failed: no whole answer within \d+ ms; there was no time left to read it again$/,
    );
    expect(await ask([A], undefined, NOW + 700)).toEqual([{ arn: A, unread }]);
  });

  test.each([
    {
      name: 'not where it ends with the time',
      deadline: NOW + 7200,
      waits: [200, 1000, 2000],
      told: { unread: expect.stringMatching(/^iam:GetRole failed: ServiceFailure\w* \(500\); there was no time left/) },
    },
    { name: 'else', deadline: NOW + 20_000, waits: [200, 1000, 2000, 4000], told: { exists: true } },
  ])('a request that failed is made again after a pause, $name', async ({ deadline, waits, told }) => {
    const faults = [{ fault: 'service-failure', action: 'GetRole', times: 3 } as const];
    const { ask, clock } = await reader({ roles: [soundRole(A, NOW)], faults }, { random: () => 1 });
    expect(await ask([A], undefined, deadline)).toMatchObject([{ arn: A, ...told }]);
    expect(clock.waits).toStrictEqual(waits);
  });

  test('nobody waits for a turn that comes when the time is over', async () => {
    const { ask, clock } = await reader({ roles: [soundRole(A, NOW)] });
    expect(await ask([A], undefined, NOW + 200)).toEqual([{ arn: A, unread: noTime }]);
    expect(clock.waits).not.toContain(200);
  });

  test('an answer of a week ago stands in no more', async () => {
    const { ask } = await reader();
    expect(await ask([A], known(answeredAt(A, daysAgo(7))), NOW)).toMatchObject([{ unread: noTime, isOutdated: true }]);
  });

  test('what nobody knew is not judged', async () => {
    const { ask } = await reader();
    expect(await ask([A], undefined, NOW + 100)).toEqual([{ arn: A, unread: noTime }]);
  });
});

describe('a trusted account that may be asked', () => {
  const OTHER = '444455556666';
  const READER = `arn:aws:iam::${OTHER}:role/reader`;
  const theirs = aRoleArn('a', OTHER);
  const other: OtherAccount = {
    roleArn: READER,
    externalId: 'agreed',
    credentials: { accessKeyId: 'ASIAOTHER', secretAccessKey: 'other', sessionToken: 'session' },
    roles: [soundRole(theirs, NOW)],
  };
  const MODE = {
    config: { credentials: 'exchange' },
    environmentId: 'abc',
    endpoint: 'https://finspace.example',
  } as const;

  const askBoth = async (externalId: string, before?: Roles, deadline = NOW + 600_000, arns = [A, theirs]) => {
    const clock = movedClock();
    const iam = await startIam({ accountId: ACCOUNT, clock: clock.now, roles: [], others: [other] });
    open.push(iam);
    const { roles } = chooseEnrichments({
      ...MODE,
      region: 'us-east-1',
      accountId: ACCOUNT,
      loadCredentials: async () => CALLER,
      enrich: { iamRoles: { accounts: [{ id: OTHER, roleArn: READER, externalId }] } },
      mayListRoles: false,
      clock,
      iam: { endpoint: iam.url },
      sts: { endpoint: iam.url },
    });
    const records: RoleRecord[] = [];
    for await (const record of roles?.({ arns: () => arns, before, deadline }) ?? []) records.push(record);
    return { records, asked: iam.requests().map(({ action, accountId }) => `${action} ${accountId}`) };
  };

  beforeEach(() => {
    process.env.AWS_ACCESS_KEY_ID = CALLER.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = CALLER.secretAccessKey;
  });
  afterEach(() => {
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
  });

  test('is asked by the role that is assumed there, and its roles are its own', async () => {
    const { records, asked } = await askBoth('agreed');
    expect(records).toMatchObject([
      { arn: A, exists: false },
      { arn: theirs, exists: true, roleId: other.roles[0]?.RoleId },
    ]);
    expect(asked).toEqual([
      `GetCallerIdentity ${ACCOUNT}`,
      `GetRole ${ACCOUNT}`,
      `AssumeRole ${ACCOUNT}`,
      `GetCallerIdentity ${OTHER}`,
      `GetRole ${OTHER}`,
    ]);
  });

  test('that lets nobody in leaves its roles unread', async () => {
    const { records } = await askBoth('another');
    expect(records).toEqual([
      { arn: A, readAt: expect.any(String), exists: false },
      { arn: theirs, unread: `account ${OTHER} was not asked: AssumeRole of ${READER} failed: AccessDenied (403)` },
    ]);
  });

  test('has its turn before roles of the own account that were read since', async () => {
    // As many as take all the time, of which the first has enough on a busy machine.
    const others = Array.from({ length: 25 }, (_, index) => aRoleArn(`other-${index}`, OTHER));
    const before = known(
      answeredAt(A, daysAgo(1)),
      answeredAt(theirs, daysAgo(3)),
      ...others.map((arn) => answeredAt(arn, daysAgo(2))),
    );
    const { records } = await askBoth('agreed', before, NOW + 5000, [A, ...others, theirs]);
    expect(records[0]).toMatchObject({ arn: theirs, exists: true });
    expect(records[0]).not.toHaveProperty('unread');
    expect(records.at(-1)).toMatchObject({ arn: A, unread: expect.stringContaining('no time left') });
  });
});

describe('many roles of an account', () => {
  const arns = Array.from({ length: 201 }, (_, index) => aRoleArn(`role-${index}`));
  const roles = arns.slice(1).map((arn) => soundRole(arn, NOW));
  const actionsOf = (iam: Iam) => iam.requests().map(({ action }) => action);

  test('are listed where nobody asks when they were used; one that the list lacks is asked for', async () => {
    const { ask, iam } = await reader({ roles, pageSize: 90 }, { mayList: true });
    const records = await ask(arns);
    expect(actionsOf(iam)).toEqual(['GetCallerIdentity', 'ListRoles', 'ListRoles', 'ListRoles', 'GetRole']);
    expect(records[0]).toMatchObject({ arn: arns[0], exists: false });
    expect(records[1]).not.toHaveProperty('lastUsedAt');
    expect(records.filter(({ exists }) => exists)).toHaveLength(200);
  });

  test.each([
    ['200 of them', arns.slice(1), true],
    ['somebody asks when they were used', arns, false],
  ] as const)('are asked for one by one: %s', async (_, asked, mayList) => {
    const { ask, iam } = await reader({ roles }, { mayList });
    await ask(asked);
    expect(actionsOf(iam)).not.toContain('ListRoles');
  });

  test('are asked for one by one where they may not be listed', async () => {
    const faults = [{ fault: 'denied', action: 'ListRoles' } as const];
    const { ask } = await reader({ roles, faults }, { mayList: true });
    expect((await ask(arns)).filter(({ exists }) => exists)).toHaveLength(200);
  });
});
