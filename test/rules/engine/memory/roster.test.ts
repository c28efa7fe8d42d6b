import { describe, expect, test } from '@jest/globals';
import { Roster } from '../../../../rules/engine/memory/roster.ts';
import { readUser } from '../../../../rules/engine/user.ts';

const user = (userId: unknown, members: Readonly<Record<string, unknown>> = {}) =>
  readUser({ userId, ...members }, 0);

describe('what the earlier run knew', () => {
  test.each([
    { name: 'nothing', members: {} },
    { name: 'a super user', members: { status: 'ENABLED', type: 'SUPER_USER' } },
    { name: 'a disabled user', members: { status: 'DISABLED', type: 'APP_USER' } },
    { name: 'a user being created', members: { status: 'CREATING', type: 'APP_USER' } },
    {
      name: 'a bound user',
      members: { apiAccess: 'ENABLED', apiAccessPrincipalArn: 'arn:aws:iam::111122223333:role/a' },
    },
    {
      name: 'another role',
      members: { apiAccess: 'DISABLED', apiAccessPrincipalArn: 'arn:aws:iam::111122223333:role/b' },
    },
  ])('$name', ({ members }) => {
    const roster = new Roster();
    roster.remember(user('other', { apiAccessPrincipalArn: 'arn:aws:iam::111122223333:role/b' }));
    roster.remember(user('u', members));
    roster.arrive(user('u', { status: 'CREATING', type: 'SUPER_USER', apiAccess: 'ENABLED' }));
    const { id, hasUserId, status, type, isPrivileged, isApiBound, principalArn } = user('u', members);
    expect(roster.before('u')).toEqual({
      id,
      hasUserId,
      status,
      type,
      isPrivileged,
      isApiBound,
      principalArn,
    });
  });

  test('an unrecognised value is remembered as none', () => {
    const roster = new Roster();
    roster.remember(user('u', { status: 'ARCHIVED', type: 7 }));
    expect(roster.before('u')).toMatchObject({ status: undefined, type: undefined });
  });

  test('nobody without a userId', () => {
    const roster = new Roster();
    roster.remember(user(undefined));
    expect([...roster.gone()]).toEqual([]);
    expect(roster.before('#0')).toBeUndefined();
  });
});

describe('who arrives', () => {
  test('a userId comes once', () => {
    const roster = new Roster();
    expect([roster.arrive(user('a')), roster.arrive(user('b')), roster.arrive(user('a'))]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('records without a userId always come', () => {
    const roster = new Roster();
    expect([roster.arrive(user('')), roster.arrive(user(''))]).toEqual([true, true]);
  });

  test('a newcomer was not known before', () => {
    const roster = new Roster();
    roster.arrive(user('new', { type: 'SUPER_USER' }));
    expect(roster.before('new')).toBeUndefined();
  });
});

test('who arrived where', () => {
  const roster = new Roster();
  roster.remember(user('earlier'));
  for (const id of ['b', undefined, 'earlier', 'b', 'a']) roster.arrive(user(id));
  expect([0, 1, 2, 3].map((place) => roster.arrival(place))).toEqual(['b', '#1', 'earlier', 'a']);
});

test('who has gone, and who is still there', () => {
  const roster = new Roster();
  for (const id of ['stays', 'goes', 'leaves']) roster.remember(user(id, { status: 'ENABLED' }));
  roster.arrive(user('stays', { status: 'ENABLED' }));
  roster.arrive(user('leaves', { status: 'DISABLED' }));
  expect([...roster.gone()].map(({ id }) => id)).toEqual(['goes']);
  expect(['stays', 'goes', 'leaves', 'unheard of'].map((id) => roster.whereabouts(id))).toEqual([
    'active',
    'gone',
    'disabled',
    'gone',
  ]);
});
