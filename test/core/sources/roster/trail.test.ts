import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, test } from '@jest/globals';
import { chooseSource } from '../../../../core/sources/index.ts';
import { openRoster } from '../../../../core/sources/roster/open.ts';
import { trailKind } from '../../../../core/sources/roster/trail.ts';
import { ENVIRONMENT } from '../../../support/builders.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';

const newFolder = temporaryFolders();

const at = (hour: number): string => `2026-09-01T${String(hour).padStart(2, '0')}:00:00Z`;

const event = (eventName: string, eventTime: string, userId: unknown, differs: object = {}) => ({
  eventSource: 'finspace-api.amazonaws.com',
  eventName,
  eventTime,
  additionalEventData: { finspaceEnvironmentId: ENVIRONMENT },
  requestParameters: { userId },
  ...differs,
});

/** Reads what a file of events tells. */
const read = async (content: string, asOf?: Date) => {
  const path = join(await newFolder(), 'trail.json');
  await writeFile(path, content);
  const roster = await openRoster({
    from: [path],
    environmentId: ENVIRONMENT,
    asOf,
    s3: () => Promise.reject<S3Client>(new Error('S3 was asked')),
    now: Date.UTC(2026, 10, 24),
    kind: trailKind(ENVIRONMENT),
  });
  const listing = chooseSource(roster)(Number.POSITIVE_INFINITY);
  const users: unknown[] = [];
  for await (const page of listing.pages) users.push(...page);
  return { users, end: listing.end(), pages: listing.counts().pages, source: listing.source };
};

describe('events', () => {
  test('count by their time, whatever their order, and however often they stand there', async () => {
    const disabled = event('DisableUser', at(3), 'u1');
    const events = [
      disabled,
      disabled,
      event('UpdateUser', at(4), 'u1', { requestParameters: { userId: 'u1', apiAccessPrincipalArn: 'arn' } }),
      event('EnableUser', at(2), 'u1'),
    ];
    const { users } = await read(JSON.stringify({ Records: events }));
    expect(users).toEqual([
      {
        userId: 'u1',
        status: 'DISABLED',
        lastEnabledTime: Date.parse(at(2)),
        lastDisabledTime: Date.parse(at(3)),
        lastModifiedTime: Date.parse(at(4)),
        apiAccessPrincipalArn: 'arn',
      },
    ]);
  });

  test.each<{ name: string; told: object; isCounted: boolean }>([
    { name: 'of the environment', told: event('EnableUser', at(1), 'u1'), isCounted: true },
    {
      name: 'that names no environment',
      told: event('EnableUser', at(1), 'u1', { additionalEventData: null }),
      isCounted: true,
    },
    {
      name: 'without a fault, which is null',
      told: event('EnableUser', at(1), 'u1', { errorCode: null }),
      isCounted: true,
    },
    {
      name: 'of another environment',
      told: event('EnableUser', at(1), 'u1', { additionalEventData: { finspaceEnvironmentId: 'another' } }),
      isCounted: false,
    },
    { name: 'that failed', told: event('EnableUser', at(1), 'u1', { errorCode: 'AccessDenied' }), isCounted: false },
    {
      name: 'of another service',
      told: event('EnableUser', at(1), 'u1', { eventSource: 'else.amazonaws.com' }),
      isCounted: false,
    },
    { name: 'that does nothing to a user', told: event('GetUser', at(1), 'u1'), isCounted: false },
    { name: 'of a name that every object has', told: event('constructor', at(1), 'u1'), isCounted: false },
    { name: 'of no time', told: event('EnableUser', 'never', 'u1'), isCounted: false },
    { name: 'of a user whose id is no text', told: event('EnableUser', at(1), 7), isCounted: false },
  ])('one $name counts: $isCounted', async ({ told, isCounted }) => {
    const { users } = await read(JSON.stringify({ Records: [told, event('EnableUser', at(1), 'u2')] }));
    expect(users.map((user) => Object(user).userId)).toEqual(isCounted ? ['u1', 'u2'] : ['u2']);
  });

  test.each<{ name: string; content: string; pages: number; isCut: boolean }>([
    {
      name: 'a page with a token, and one without',
      content: '{"Events":[],"NextToken":"t"}\n{"Events":[],"eventTime":1}',
      pages: 2,
      isCut: false,
    },
    { name: 'a page with another member', content: '{"Events":[],"ResponseMetadata":{}}', pages: 1, isCut: false },
    {
      name: 'a page with a token, and events by themselves',
      content: `{"Events":[],"NextToken":"t"}\n${JSON.stringify(event('EnableUser', at(1), 'u1'))}`,
      pages: 1,
      isCut: true,
    },
  ])('of $name end with the token of others: $isCut', async ({ content, pages, isCut }) => {
    const seen = await read(content, new Date('2026-09-02T00:00:00Z'));
    expect(seen).toMatchObject({ pages, end: { complete: false, reason: 'reconstructed' } });
    expect(JSON.stringify(seen.end).includes('the token of events that are not in it')).toBe(isCut);
  });

  test('are of the moment that is given, however long before it they were', async () => {
    const { source } = await read(JSON.stringify(event('EnableUser', at(1), 'u1')), new Date('2026-10-06T07:00:00Z'));
    expect(source).toMatchObject({ instant: '2026-10-06T07:00:00.000Z', instantFrom: 'given' });
  });
});
