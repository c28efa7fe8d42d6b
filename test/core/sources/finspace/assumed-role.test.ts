import { afterEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../../core/model/clock.ts';
import { assumedRole, type NamedRole } from '../../../../core/sources/finspace/assumed-role.ts';
import { type Sts, type StsFault, type StsOptions, startSts } from '../../../support/sts.ts';
import { listFake } from './fake-service.ts';

const ROLE = 'arn:aws:iam::222233334444:role/finspace/audited';
const EXTERNAL_ID = 'agreed-upon';
const KEYS = { accessKeyId: 'AKIAROLE', secretAccessKey: 'secret', sessionToken: 'token' };
const NOW = Date.parse('2026-11-24T02:00:00Z');
const MINUTE_MS = 60_000;

const open: Sts[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

const start = async (options: Partial<StsOptions> = {}): Promise<Sts> => {
  const sts = await startSts({
    roleArn: ROLE,
    externalId: EXTERNAL_ID,
    keys: () => KEYS,
    expiration: () => new Date(NOW + 60 * MINUTE_MS),
    ...options,
  });
  open.push(sts);
  return sts;
};

const clientOf = ({ url }: Pick<Sts, 'url'>) => ({
  endpoint: url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIAOWN', secretAccessKey: 'own' },
  maxAttempts: 1,
});

const clockAt = (now: () => number) => ({ ...systemClock, now });

const TORN: StsFault = { status: 200, body: '<AssumeRoleResponse><AssumeRoleRes' };
const answerOf = (result: string): StsFault => ({
  status: 200,
  body: `<AssumeRoleResponse><AssumeRoleResult>${result}</AssumeRoleResult></AssumeRoleResponse>`,
});
const KEYLESS = answerOf('');

const NAMED = { arn: ROLE, externalId: EXTERNAL_ID, sessionName: 'finspace-auditor-abc' };

/** Lists a directory with the keys of a role; STS is asked over the wire. */
const listBy = (role: NamedRole, sts: Sts) =>
  listFake([[{ userId: 'a' }]], { loadCredentials: assumedRole(role, systemClock, clientOf(sts)) });

const listAs = async (role: NamedRole, sts: Sts) => (await listBy(role, sts)).end;

describe('a named role', () => {
  test('is assumed with the external id, under a name that its account can look for', async () => {
    const sts = await start();
    expect(
      await assumedRole(
        NAMED,
        clockAt(() => NOW),
        clientOf(sts),
      )(),
    ).toEqual(KEYS);
    expect(sts.requests).toEqual([
      expect.objectContaining({
        Action: 'AssumeRole',
        RoleArn: ROLE,
        ExternalId: EXTERNAL_ID,
        RoleSessionName: 'finspace-auditor-abc',
      }),
    ]);
  });

  test.each([
    { name: 'kept while they last', minutes: 54.9, requests: 1 },
    { name: 'renewed five minutes before their end', minutes: 55, requests: 2 },
  ])('gives keys that are $name', async ({ minutes, requests }) => {
    const sts = await start();
    let now = NOW;
    const load = assumedRole(
      NAMED,
      clockAt(() => now),
      clientOf(sts),
    );
    await load();
    now += minutes * MINUTE_MS;
    await load();
    expect(sts.requests).toHaveLength(requests);
  });

  test('gives keys whose end is unknown for one request', async () => {
    const keys = '<AccessKeyId>AKIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>';
    const sts = await start({ fault: () => answerOf(`<Credentials>${keys}</Credentials>`) });
    const load = assumedRole(
      NAMED,
      clockAt(() => NOW),
      clientOf(sts),
    );
    expect(await load()).toStrictEqual({ accessKeyId: 'AKIAROLE', secretAccessKey: 'secret' });
    await load();
    expect(sts.requests).toHaveLength(2);
  });

  test.each([
    { name: 'another external id', role: { ...NAMED, externalId: 'guessed' } },
    { name: 'another role', role: { ...NAMED, arn: `${ROLE}s` } },
  ])('is refused for $name, with what to do about it', async ({ role }) => {
    const sts = await start();
    expect(await listAs(role, sts)).toEqual({
      complete: false,
      reason: 'access-denied',
      message: `page 1: AssumeRole of ${role.arn} failed: AccessDenied (403); its trust policy must let the auditor's role in, with the externalId of audit.yaml`,
    });
  });

  test.each<readonly [string, StsFault]>([
    ['throttled', { status: 400, code: 'Throttling' }],
    ['ill', { status: 503, code: 'ServiceUnavailable' }],
    ['cut off in its answer', TORN],
    ['out of keys in its answer', KEYLESS],
    ['out of secrets in its answer', answerOf('<Credentials><AccessKeyId>AKIAROLE</AccessKeyId></Credentials>')],
  ])('is waited for where STS is %s', async (_name, fault) => {
    let refusals = 2;
    const sts = await start({
      fault: () => {
        refusals -= 1;
        return refusals < 0 ? undefined : fault;
      },
    });
    const { end, events } = await listBy(NAMED, sts);
    expect(end).toEqual({ complete: true });
    // What is tried again is the role, and not the listing.
    const retried = events.flatMap((event) => (event.kind === 'retry' ? [event.operation] : []));
    expect(retried).toEqual(['AssumeRole', 'AssumeRole']);
  });

  test.each<readonly [string, StsFault, string, RegExp]>([
    ['throttled', { status: 400, code: 'Throttling' }, 'source-unavailable', /AssumeRole of \S+: Throttling \(400\)$/],
    ['an answer that is cut off', TORN, 'source-unavailable', /AssumeRole of \S+: unreadable answer \(it is torn\)$/],
    [
      'an answer without keys',
      KEYLESS,
      'source-unavailable',
      /AssumeRole of \S+: unreadable answer \(credentials are missing or are no keys\)$/,
    ],
    [
      'a refusal of the role itself',
      { status: 400, code: 'ValidationError' },
      'validation',
      /AssumeRole of \S+ failed: ValidationError \(400\); check assumeRoleArn and externalId in audit.yaml$/,
    ],
    [
      'a refusal of expired keys',
      { status: 403, code: 'ExpiredToken' },
      'access-denied',
      /; the caller's AWS credentials have expired or are unknown: renew them$/,
    ],
  ])('%s for ever is no trust policy', async (_name, fault, reason, message) => {
    const sts = await start({ fault: () => fault });
    const end = await listAs(NAMED, sts);
    expect(end).toMatchObject({ reason, message: expect.stringMatching(message) });
    expect(JSON.stringify(end)).not.toContain('trust policy');
  });

  test('needs keys of its own: without them nobody was asked', async () => {
    const sts = await start();
    const credentials = () => Promise.reject(Object.assign(new Error('none'), { name: 'CredentialsProviderError' }));
    const { end } = await listFake([], {
      loadCredentials: assumedRole(NAMED, systemClock, { ...clientOf(sts), credentials }),
    });
    expect(end).toMatchObject({ reason: 'config', message: expect.stringMatching(/so nobody was asked/) });
    expect(sts.requests).toStrictEqual([]);
  });
});
