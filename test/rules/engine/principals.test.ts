import { describe, expect, test } from '@jest/globals';
import { inUse } from '../../../rules/conditions/roles.ts';
import { reasonOf, type Truth } from '../../../rules/engine/condition.ts';
import { Principals } from '../../../rules/engine/principals.ts';
import { definePrincipalRule, type PrincipalSubject } from '../../../rules/engine/rule.ts';
import { readUser } from '../../../rules/engine/user.ts';
import { ACCOUNT, aContext, anApiUser, aRoleArn, type UserRecord } from '../../support/builders.ts';

const ARN = aRoleArn('a');
const idAt = (position: number) => `u${position}`;
const principalsOf = (records: readonly UserRecord[], context = aContext()): Principals => {
  const principals = new Principals(context);
  for (const [position, record] of records.entries()) principals.see(readUser(record, position));
  return principals;
};
const bound = (overrides: UserRecord = {}) => anApiUser({ apiAccessPrincipalArn: ARN, ...overrides });

const [active, maybe, none, disabled] = [
  bound(),
  bound({ apiAccess: 'MAYBE' }),
  bound({ apiAccess: 'DISABLED' }),
  bound({ status: 'DISABLED' }),
];

test.each<[name: string, records: readonly UserRecord[], isInUse: Truth, ofPart: Truth]>([
  ['an active user', [active], true, true],
  ['a user who may be bound', [maybe], undefined, undefined],
  ['a user without access', [none], false, undefined],
  ['a disabled user', [disabled], false, undefined],
  ['a disabled user who may be bound', [bound({ status: 'DISABLED', apiAccess: 'MAYBE' })], false, undefined],
  ['users of all kinds, the active one last', [none, disabled, maybe, active], true, true],
  ['users of all kinds, the active one first', [active, maybe, disabled, none], true, true],
  ['users of whom one may be bound', [none, maybe, disabled], undefined, undefined],
])('a role that stands on %s is in use, or not', (_, records, isInUse, ofPart) => {
  const principals = principalsOf(records);
  const told = (isWhole: boolean) => [...principals.subjects(idAt, isWhole)].map((subject) => subject.isInUse);
  expect(told(true)).toStrictEqual([isInUse]);
  expect(told(false)).toStrictEqual([ofPart]);
  expect(principals.subjectOf(ARN, idAt)?.isInUse).toBe(isInUse);
});

test.each([
  ['nobody uses it, of part', [none], false, 'not every user was seen'],
  ['somebody may use it, of part', [none, maybe], false, 'apiAccess of its users is missing or not a documented value'],
  ['somebody may use it, of all', [none, maybe], true, 'apiAccess of its users is missing or not a documented value'],
])('whether a role is in use is unknown for a reason: %s', (_, records, isWhole, reason) => {
  const [subject] = principalsOf(records).subjects(idAt, isWhole);
  expect(subject && reasonOf(inUse, subject, {}, aContext())).toBe(reason);
});

test('each role is told once, with its users, in the order in which it came', () => {
  const roles = ['b', 'a', 'b', 'c', 'b'].map((name) => bound({ apiAccessPrincipalArn: aRoleArn(name) }));
  const principals = principalsOf(roles);
  expect([...principals.arns()]).toEqual(['b', 'a', 'c'].map((name) => aRoleArn(name)));
  expect([...principals.subjects(idAt, true)].map(({ arn, users }) => [arn, users])).toEqual([
    [aRoleArn('b'), { userCount: 3, userIds: ['u0', 'u2', 'u4'] }],
    [aRoleArn('a'), { userCount: 1, userIds: ['u1'] }],
    [aRoleArn('c'), { userCount: 1, userIds: ['u3'] }],
  ]);
});

test('each role is in use or not by its own users, and one that stands on nobody is none', () => {
  const records = [active, none, maybe, none].map((record, number) => ({
    ...record,
    apiAccessPrincipalArn: aRoleArn(['a', 'b', 'c', 'b'][number]),
  }));
  const principals = principalsOf(records);
  const used = [...principals.subjects(idAt, true)].map(({ arn, isInUse }) => [arn, isInUse]);
  expect(used).toStrictEqual([
    [aRoleArn('a'), true],
    [aRoleArn('b'), false],
    [aRoleArn('c'), undefined],
  ]);
  expect(used.map(([arn]) => principals.subjectOf(String(arn), idAt)?.isInUse)).toStrictEqual([true, false, undefined]);
  expect(principals.subjectOf(aRoleArn('d'), idAt)).toBeUndefined();
});

test.each([
  ['of another account', aRoleArn('a', '999988887777')],
  ['of another partition', `arn:aws-cn:iam::${ACCOUNT}:role/a`],
  ['that is none', ':roleX'],
  ['that is missing', undefined],
])('a role %s is nobody here', (_, apiAccessPrincipalArn) => {
  expect([...principalsOf([bound({ apiAccessPrincipalArn })]).arns()]).toStrictEqual([]);
});

test('what is known of a role is what was read, and what was before', () => {
  const answer = { readAt: 0, role: null };
  const known = aContext({ roles: () => ({ answer }), earlierRoles: () => ({ unread: 'then' }) });
  expect(principalsOf([active], known).subjectOf(ARN, idAt)).toMatchObject({
    facts: { answer },
    before: { unread: 'then' },
  });
  const unknown = principalsOf([active], aContext({ roles: () => undefined })).subjectOf(ARN, idAt);
  expect(unknown).toMatchObject({ facts: { unread: 'the role was not read' } });
  expect(unknown?.before).toBeUndefined();
});

describe('the evidence of a rule on roles', () => {
  const subject = (overrides: Partial<PrincipalSubject>): PrincipalSubject => ({
    arn: ARN,
    isInUse: true,
    users: { userCount: 1, userIds: ['u1'] },
    facts: {},
    before: undefined,
    ...overrides,
  });
  const rule = definePrincipalRule({
    id: 'r',
    title: 't',
    failsWhen: 'f',
    severity: 'HIGH',
    rationale: 'r',
    remediation: 'm',
    controls: [],
    options: {},
    when: [],
    violation: () => ({ message: 'm', evidence: { own: 1 } }),
  });
  const common = { apiAccessPrincipalArn: ARN, userCount: 1, userIds: ['u1'], own: 1 };

  test.each<[name: string, given: Partial<PrincipalSubject>, more: object, evidence: object]>([
    ['of which nothing was read', {}, {}, {}],
    ['that was read', { facts: { answer: { readAt: 0, role: null } } }, {}, { roleReadAt: '1970-01-01T00:00:00.000Z' }],
    ['that was not read in this run', { facts: { unread: 'denied' } }, {}, { roleNotReadInThisRun: 'denied' }],
    ['that may be in use', { isInUse: undefined }, {}, {}],
    ['that is not in use', { isInUse: false }, { severity: 'LOW' }, {}],
  ])('says no more than is known of one %s', (_, given, more, evidence) => {
    const { violation } = rule;
    expect(violation(subject(given), {}, aContext())).toStrictEqual({
      message: 'm',
      evidence: { ...common, ...evidence },
      ...more,
    });
  });
});
