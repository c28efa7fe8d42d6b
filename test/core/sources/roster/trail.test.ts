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
  return { users, end: listing.end(), pages: listing.counts().pages, source: listing.source, hasGaps: roster.hasGaps };
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
    { name: 'a page whose token is null', content: '{"Events":[],"NextToken":null }', pages: 1, isCut: false },
    { name: 'a page whose token is empty', content: '{"Events":[],"NextToken":""}', pages: 1, isCut: false },
    { name: 'a page with a token', content: '{"NextToken":"t","Events":[]}', pages: 1, isCut: true },
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

  test('tell of a user what a request has as text, and of several in one second what they agree on', async () => {
    const made = (userId: string, requestParameters: object) =>
      event('CreateUser', at(1), undefined, { requestParameters, responseElements: { userId } });
    const { users } = await read(
      JSON.stringify({
        Records: [
          event('EnableUser', at(1), 'u1'),
          made('u1', {
            type: 'APP_USER',
            apiAccess: 'ENABLED',
            apiAccessPrincipalArn: null,
            emailAddress: 'a@b.example',
          }),
          event('UpdateUser', at(2), 'u1', {
            requestParameters: { userId: 'u1', type: 'SUPER_USER', apiAccess: 'DISABLED' },
          }),
          event('UpdateUser', at(2), 'u1', {
            requestParameters: { userId: 'u1', type: 'APP_USER', apiAccess: 'DISABLED' },
          }),
          event('DisableUser', at(3), 'u2'),
          event('EnableUser', at(3), 'u2'),
        ],
      }),
    );
    expect(users).toStrictEqual([
      {
        userId: 'u1',
        createTime: Date.parse(at(1)),
        type: undefined,
        apiAccess: 'DISABLED',
        status: 'ENABLED',
        lastEnabledTime: Date.parse(at(1)),
        lastModifiedTime: Date.parse(at(2)),
      },
      { userId: 'u2', status: undefined, lastDisabledTime: Date.parse(at(3)), lastEnabledTime: Date.parse(at(3)) },
    ]);
  });

  test('of a user go before none that tell how it was made in the same second, in whatever order they come', async () => {
    const made = event('CreateUser', at(1), 'u1', { requestParameters: { userId: 'u1', type: 'APP_USER' } });
    const updated = event('UpdateUser', at(1), 'u1', { requestParameters: { userId: 'u1', type: 'SUPER_USER' } });
    for (const events of [
      [made, updated],
      [updated, made],
    ])
      expect((await read(JSON.stringify({ Records: events }))).users).toMatchObject([
        { userId: 'u1', type: 'SUPER_USER' },
      ]);
  });

  test('by themselves have nothing of the one before', async () => {
    const events = [event('EnableUser', at(1), 'u1', { errorCode: 'AccessDenied' }), event('EnableUser', at(1), 'u2')];
    const { users } = await read(events.map((one) => JSON.stringify(one)).join('\n'));
    expect(users).toMatchObject([{ userId: 'u2' }]);
  });

  test.each<{ name: string; content: string }>([
    { name: 'as log files have them', content: JSON.stringify({ Records: [event('EnableUser', at(1), 'u1')] }) },
    {
      name: 'as lookup-events gives them',
      content: JSON.stringify({ Events: [{ CloudTrailEvent: JSON.stringify(event('EnableUser', at(1), 'u1')) }] }),
    },
    { name: 'as EventBridge hands them on', content: JSON.stringify({ detail: event('EnableUser', at(1), 'u1') }) },
    { name: 'by themselves', content: JSON.stringify(event('EnableUser', at(1), 'u1')) },
  ])('are read $name: of the moment of the last, with gaps, and never whole', async ({ content }) => {
    const { users, source, hasGaps, end } = await read(content);
    expect(users).toEqual([{ userId: 'u1', status: 'ENABLED', lastEnabledTime: Date.parse(at(1)) }]);
    expect({ source, hasGaps, end }).toMatchObject({
      source: { parser: 'cloudtrail', instant: at(1).replace('Z', '.000Z'), instantFrom: 'event' },
      hasGaps: true,
      end: { complete: false, reason: 'reconstructed' },
    });
  });

  test.each([
    [
      'without a time',
      JSON.stringify(event('EnableUser', 'never', 'u1')),
      'it has an event EnableUser without the user or the time',
    ],
    [
      'without a user',
      JSON.stringify(event('DisableUser', at(1), 7)),
      'it has an event DisableUser without the user or the time',
    ],
    ['that is no JSON', `{"Events":[{"CloudTrailEvent":"{"}]}`, 'it is no JSON at an event'],
    ['that is no JSON, by itself', '{"eventSource":x}', 'it is no JSON at an event'],
    ['that breaks off', '{"eventSource":"x"', 'it is no whole JSON: the end is missing at character 19'],
  ])('one %s is told, whoever asks', async (_name, content, problem) => {
    expect((await read(content, new Date('2026-10-06T07:00:00Z'))).end).toMatchObject({
      message: expect.stringContaining(problem),
    });
  });

  test('are needed', async () => {
    await expect(read('{"users":[]}')).rejects.toThrow(
      'trail.json must be events of CloudTrail, as lookup-events gives them or as its log files in S3 are, in JSON: got something else',
    );
  });

  test('are of the moment that is given, however long before it they were', async () => {
    const { source } = await read(JSON.stringify(event('EnableUser', at(1), 'u1')), new Date('2026-10-06T07:00:00Z'));
    expect(source).toMatchObject({ instant: '2026-10-06T07:00:00.000Z', instantFrom: 'given' });
  });
});
