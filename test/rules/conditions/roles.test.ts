import { expect, test } from '@jest/globals';
import { instantText, roleCondition } from '../../../rules/conditions/roles.ts';
import type { RoleFacts } from '../../../rules/engine/facts.ts';
import type { PrincipalSubject } from '../../../rules/engine/rule.ts';
import { aContext, answered } from '../../support/builders.ts';

const subject = (facts: RoleFacts): PrincipalSubject => ({
  arn: 'arn',
  isInUse: true,
  users: { userCount: 0, userIds: [] },
  facts,
  before: undefined,
});

test.each<[name: string, facts: RoleFacts, holds: boolean | undefined, unknown: string]>([
  ['that was read', answered(), true, 'IAM does not tell it of the role'],
  ['that is not there', answered(null), false, 'IAM does not tell it of the role'],
  ['that was not read, with the reason', { unread: 'throttled' }, undefined, 'throttled'],
  ['that was not read', {}, undefined, 'the role was not read'],
])('a condition on a role %s', (_, facts, holds, unknown) => {
  const condition = roleCondition(
    () => 'the role is there',
    ({ role }) => role !== null,
  );
  expect(condition.holds(subject(facts), {}, aContext())).toBe(holds);
  expect(condition.unknown?.(subject(facts), {}, aContext())).toBe(unknown);
});

test('what is missing of a role that was read has words of its own', () => {
  const { unknown } = roleCondition(
    () => 'it is told',
    () => undefined,
    'nobody told it',
  );
  expect(unknown?.(subject(answered()), {}, aContext())).toBe('nobody told it');
});

test.each([
  [0, '1970-01-01T00:00:00.000Z'],
  [null, null],
  [undefined, undefined],
])('the instant %j reads %j', (time, text) => {
  expect(instantText(time)).toBe(text);
});
