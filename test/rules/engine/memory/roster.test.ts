import { describe, expect, test } from '@jest/globals';
import { Roster } from '../../../../rules/engine/memory/roster.ts';
import { readUser } from '../../../../rules/engine/user.ts';

const user = (userId: unknown, members: Readonly<Record<string, unknown>> = {}) => readUser({ userId, ...members }, 0);

describe('the baseline of a user', () => {
  test.each([
    { name: 'nothing known', members: {} },
    { name: 'an application user without API access', members: { type: 'APP_USER', apiAccess: 'DISABLED' } },
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
    roster.addBaseline(user('other', { apiAccessPrincipalArn: 'arn:aws:iam::111122223333:role/b' }));
    roster.addBaseline(user('u', members));
    roster.arrive(user('u', { status: 'CREATING', type: 'SUPER_USER', apiAccess: 'ENABLED' }), 0);
    const { id, hasUserId, status, type, isSuperUser, isApiBound, principalArn } = user('u', members);
    expect(roster.baselineOf('u')).toEqual({ id, hasUserId, status, type, isSuperUser, isApiBound, principalArn });
  });

  test('an unrecognised value is kept as none, and what it says as unknown', () => {
    const roster = new Roster();
    roster.addBaseline(user('u', { status: 'ARCHIVED', type: 7, apiAccess: 'enabled' }));
    expect(roster.baselineOf('u')).toEqual({
      id: 'u',
      hasUserId: true,
      status: undefined,
      type: undefined,
      isSuperUser: undefined,
      isApiBound: undefined,
      principalArn: undefined,
    });
  });

  test('is not touched by what the user is like now', () => {
    const roster = new Roster();
    const before = { status: 'CREATING', type: 'APP_USER', apiAccess: 'ENABLED' };
    roster.addBaseline(user('u', before));
    roster.arrive(user('u', { status: 'DISABLED', type: 'SUPER_USER', apiAccess: 'DISABLED' }), 0);
    expect(roster.baselineOf('u')).toMatchObject({
      status: 'CREATING',
      type: 'APP_USER',
      isSuperUser: false,
      isApiBound: true,
    });
    expect(roster.presenceOf('u')).toBe('disabled');
  });

  test('nobody without a userId', () => {
    const roster = new Roster();
    roster.addBaseline(user(undefined));
    expect([...roster.gone()]).toStrictEqual([]);
    expect(roster.baselineOf('#0')).toBeUndefined();
  });
});

describe('who arrives', () => {
  test('a record of a user comes once, and stands beside one that differs', () => {
    const roster = new Roster();
    const arrivals = [
      { id: 'a', fingerprint: 0xffff_ffff },
      { id: 'b', fingerprint: 0 },
      { id: 'a', fingerprint: 0xffff_ffff },
      { id: 'a', fingerprint: 1 },
      { id: 'b', fingerprint: 0 },
    ];
    expect(arrivals.map(({ id, fingerprint }) => roster.arrive(user(id), fingerprint))).toEqual([
      'new',
      'new',
      'same',
      'differs',
      'same',
    ]);
    expect([0, 1, 2].map((position) => roster.idAt(position))).toEqual(['a', 'b', 'a']);
  });

  test.each([
    ['DISABLED', 'ENABLED', 'active'],
    ['ENABLED', 'DISABLED', 'disabled'],
  ])('the last record of a user counts: %s, then %s', (first, last, presence) => {
    const roster = new Roster();
    roster.arrive(user('a', { status: first }), 1);
    roster.arrive(user('a', { status: last }), 2);
    expect(roster.presenceOf('a')).toBe(presence);
  });

  test('records without a userId always come', () => {
    const roster = new Roster();
    expect([roster.arrive(user(''), 1), roster.arrive(user(''), 1)]).toEqual(['new', 'new']);
  });

  test('a newcomer was not known before', () => {
    const roster = new Roster();
    roster.arrive(user('new', { type: 'SUPER_USER' }), 0);
    expect(roster.baselineOf('new')).toBeUndefined();
  });
});

test('who arrived where', () => {
  const roster = new Roster();
  roster.addBaseline(user('earlier'));
  for (const id of ['b', undefined, 'earlier', 'b', 'a']) roster.arrive(user(id), 0);
  expect([0, 1, 2, 3].map((position) => roster.idAt(position))).toEqual(['b', '#1', 'earlier', 'a']);
});

test('who has gone, and who is still there', () => {
  const roster = new Roster();
  for (const id of ['stays', 'goes', 'leaves']) roster.addBaseline(user(id, { status: 'ENABLED' }));
  roster.arrive(user('stays', { status: 'ENABLED' }), 0);
  roster.arrive(user('leaves', { status: 'DISABLED' }), 0);
  expect([...roster.gone()].map(({ id }) => id)).toEqual(['goes']);
  expect(['stays', 'goes', 'leaves', 'unheard of'].map((id) => roster.presenceOf(id))).toEqual([
    'active',
    'gone',
    'disabled',
    'gone',
  ]);
});

test('the baseline is those that were there before, whoever comes now', () => {
  const roster = new Roster();
  const before = ['goes', 'stays', 'leaves'].map((id, index) =>
    user(id, { status: ['ENABLED', 'DISABLED', 'CREATING'][index] }),
  );
  for (const one of before) roster.addBaseline(one);
  for (const id of ['stays', 'new']) roster.arrive(user(id, { status: 'ENABLED' }), 1);
  const statuses = before.map(({ id, status }) => [id, status]);
  expect([...roster.baseline()].map(({ id, status }) => [id, status])).toEqual(statuses);
  expect([...roster.gone()].map(({ id }) => id)).toEqual(['goes', 'leaves']);
  expect(roster.baselineOf('new')).toBeUndefined();
});
