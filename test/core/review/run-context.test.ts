import { expect, test } from '@jest/globals';
import type { Manifest, RuleRecord } from '../../../core/archive/manifest.ts';
import { countsIn } from '../../../core/review/run-context.ts';
import { active } from '../../../rules/conditions/users.ts';
import type { Condition } from '../../../rules/engine/condition.ts';
import type { Rule } from '../../../rules/engine/rule.ts';
import { readUser, type User } from '../../../rules/engine/user.ts';
import neverLoggedIn from '../../../rules/never-logged-in.ts';
import sharedPrincipal from '../../../rules/shared-principal.ts';
import { aContext, aUser } from '../../support/builders.ts';

const ofType: Condition<User, { readonly type: string }> = {
  text: ({ type }) => `the type is ${type}`,
  holds: (user, { type }) => user.type === type,
};

const options = { type: 'APP_USER' };
const all = { ...sharedPrincipal, id: 'counts-all', counts: undefined };
const group = { ...sharedPrincipal, id: 'counts-group', outOf: [active], counts: [ofType], options };
const share = { ...sharedPrincipal, id: 'counts-share', outOf: [active], counts: undefined };

const RULES = new Map(
  [sharedPrincipal, neverLoggedIn, all, group, share].map((rule) => [rule.id, rule as unknown as Rule]),
);

test.each<{ readonly id: string; readonly user: object; readonly judged?: object; readonly counts: boolean }>([
  { id: 'shared-principal', user: { status: 'ENABLED', apiAccess: 'ENABLED' }, counts: true },
  { id: 'shared-principal', user: { status: 'ENABLED', apiAccess: 'DISABLED' }, counts: false },
  { id: 'shared-principal', user: { status: 'DISABLED', apiAccess: 'ENABLED' }, counts: false },
  { id: 'shared-principal', user: { status: 'ENABLED', apiAccess: 'MAYBE' }, counts: true },
  { id: 'counts-all', user: { status: 'DISABLED' }, counts: true },
  { id: 'counts-share', user: { status: 'ENABLED' }, counts: true },
  { id: 'counts-share', user: { status: 'DISABLED' }, counts: false },
  { id: 'counts-group', user: { status: 'ENABLED', type: 'APP_USER' }, counts: true },
  { id: 'counts-group', user: { status: 'DISABLED', type: 'APP_USER' }, counts: false },
  { id: 'counts-group', user: { status: 'ENABLED', type: 'SUPER_USER' }, counts: false },
  { id: 'counts-group', user: { status: 'ENABLED', type: 'SUPER_USER' }, judged: { type: 'SUPER_USER' }, counts: true },
  { id: 'never-logged-in', user: { status: 'DISABLED' }, counts: true },
  { id: 'gone-since', user: { status: 'DISABLED' }, counts: true },
])('a finding of $id on its principal counts for $user: $counts', ({ id, user, judged, counts }) => {
  const record: RuleRecord = { state: 'on', options: { ...judged } };
  const manifest = { rules: judged === undefined ? {} : { [id]: record } } as unknown as Manifest;
  expect(countsIn(manifest, RULES, aContext())(id, readUser(aUser({ ...user }), 0))).toBe(counts);
});
