import { afterEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../../core/model/clock.ts';
import { assumedRole } from '../../../../core/sources/finspace/assumed-role.ts';
import { type Sts, type StsOptions, startSts } from '../../../support/sts.ts';

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

const NAMED = { arn: ROLE, externalId: EXTERNAL_ID, sessionName: 'finspace-auditor-abc' };

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

  test.each([
    { name: 'another external id', role: { ...NAMED, externalId: 'guessed' } },
    { name: 'another role', role: { ...NAMED, arn: `${ROLE}s` } },
  ])('is refused for $name, with what to do about it', async ({ role }) => {
    const sts = await start();
    await expect(assumedRole(role, systemClock, clientOf(sts))()).rejects.toMatchObject({
      name: 'ListingStopped',
      reason: 'access-denied',
      message: `role ${role.arn} could not be assumed (AccessDenied): its trust policy must let the auditor's role in, with the externalId of audit.yaml`,
    });
  });

  test('that STS is too ill to give is no refusal', async () => {
    const sts = await start({ fault: { status: 503, code: 'ServiceUnavailable' } });
    await expect(assumedRole(NAMED, systemClock, clientOf(sts))()).rejects.toMatchObject({
      reason: 'source-unavailable',
      message: `role ${ROLE} could not be assumed (ServiceUnavailable): STS does not answer as it should`,
    });
  });
});
