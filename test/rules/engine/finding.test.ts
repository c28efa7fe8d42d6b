import { expect, test } from '@jest/globals';
import { findingId, partsOfFindingId } from '../../../rules/engine/finding.ts';

test.each([
  ['a user', { kind: 'user', id: 'u1' }, 'e1/stale-login/u1'],
  ['a record without a userId', { kind: 'user', id: '#4' }, 'e1/stale-login/#4'],
  [
    'a principal, slashes and all',
    { kind: 'principal', id: 'arn:aws:iam::1:role/a/b' },
    'e1/stale-login/arn:aws:iam::1:role/a/b',
  ],
  ['an environment', { kind: 'environment', id: 'e1' }, 'e1/stale-login/e1'],
] as const)('the identity of a finding about %s', (_name, subject, id) => {
  expect(findingId('e1', 'stale-login', subject)).toBe(id);
  expect(partsOfFindingId('e1', id)).toEqual({ ruleId: 'stale-login', subjectId: subject.id });
});
