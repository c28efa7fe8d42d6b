import { describe, expect, test } from '@jest/globals';
import { stoppedClock } from '../../../../core/model/clock.ts';
import { RosterError } from '../../../../core/sources/roster/file.ts';
import type { OpenedRoster } from '../../../../core/sources/roster/open.ts';
import type { RosterParser } from '../../../../core/sources/roster/parsers.ts';
import { noRoster, rosterSource } from '../../../../core/sources/roster/source.ts';
import { trailKind } from '../../../../core/sources/roster/trail.ts';
import { ENVIRONMENT } from '../../../support/builders.ts';
import { openedRoster } from '../../../support/opened-roster.ts';

const openedOf = (content: string, parser?: RosterParser | string): OpenedRoster =>
  openedRoster(content, { name: 'users', asOf: new Date('2026-10-06T07:00:00Z'), parser });

const readAll = async (content: string, parser?: RosterParser | string) => {
  const listing = rosterSource(openedOf(content, parser))(Number.POSITIVE_INFINITY);
  const users: unknown[] = [];
  for await (const page of listing.pages) users.push(...page);
  return { users, end: listing.end() };
};

describe('events of CloudTrail', () => {
  const event = (userId: string) =>
    JSON.stringify({
      eventSource: 'finspace-api.amazonaws.com',
      eventName: 'CreateUser',
      eventTime: '2026-09-01T00:00:00Z',
      responseElements: { userId },
    });
  const MISSING = 'whoever was made before them is missing, and they hold no names';

  test.each<{ name: string; content: string; message: string }>([
    { name: 'of one user', content: event('a'), message: `the events of users tell of 1 user: ${MISSING}` },
    {
      name: 'with the token of more',
      content: `{"Events":[${event('a')},${event('b')}],"NextToken":"t"}`,
      message: `the events of users tell of 2 users: ${MISSING}; it ends with the token of events that are not in it`,
    },
    {
      name: 'that break off',
      content: `{"Events":[${event('a')},${event('b')}`,
      message: `the events of users tell of 2 users: ${MISSING}; it is no whole JSON: the end is missing at character ${event('a').length * 2 + 13}`,
    },
    {
      name: 'of which one can’t be read',
      content: `{"Events":[${event('a')},{"userId" 1}]}`,
      message: `the events of users tell of 1 user: ${MISSING}; it is no JSON at an event`,
    },
  ])('$name are never everybody, and it is told what they lack', async ({ content, message }) => {
    const { end, users } = await readAll(content, trailKind(ENVIRONMENT).parserOf('users', content));
    expect(end).toEqual({ complete: false, reason: 'reconstructed', message });
    expect(users).toHaveLength(message.includes('1 user:') ? 1 : 2);
  });
});

test.each([
  { now: 4, reason: 'unproven-end' },
  { now: 5, reason: 'deadline' },
])('at $now of 5 milliseconds a roster ends for $reason', async ({ now, reason }) => {
  const listing = rosterSource(openedOf('[{"userId":"a"}]'), stoppedClock(now))(5);
  for await (const page of listing.pages) expect(page).toEqual([{ userId: 'a' }]);
  expect(listing.end()).toMatchObject({ complete: false, reason });
});

test('where there is no roster nobody is listed, for the reason that is told', async () => {
  const listing = noRoster(new RosterError('not there', 'access-denied'))(Number.POSITIVE_INFINITY);
  for await (const page of listing.pages) expect(page).toBe('none');
  expect(listing.end()).toEqual({ complete: false, reason: 'access-denied', message: 'not there' });
  expect(listing.counts()).toEqual({ pages: 0, requests: 0, throttled: 0, retries: 0 });
  expect(listing.source).toEqual({ kind: 'roster' });
});
