import { expect, test } from '@jest/globals';
import { letsThrough } from '../../../core/notify/filter-policy.ts';

const MESSAGE = { environment: 'abc', verdict: 'COMPLETE', maxSeverity: 'HIGH' };

test.each<[string, unknown, boolean]>([
  ['of nothing', {}, true],
  ['of an exact value', { maxSeverity: ['LOW', 'HIGH'] }, true],
  ['of another value', { maxSeverity: ['LOW'] }, false],
  ['of two names, both', { maxSeverity: ['HIGH'], verdict: ['FAILED'] }, false],
  ['of one or the other', { $or: [{ maxSeverity: ['LOW'] }, { verdict: ['COMPLETE'] }] }, true],
  ['of neither', { $or: [{ maxSeverity: ['LOW'] }, { verdict: ['FAILED'] }] }, false],
  ['of a name that is not there', { team: ['a'] }, false],
  ['that a name is not there', { team: [{ exists: false }] }, true],
  ['that a name is there', { verdict: [{ exists: true }] }, true],
  ['of a prefix', { environment: [{ prefix: 'ab' }] }, true],
  ['of another prefix', { environment: [{ prefix: 'b' }] }, false],
  ['of a suffix', { environment: [{ suffix: 'bc' }] }, true],
  ['of another suffix', { environment: [{ suffix: 'ab' }] }, false],
  ['of a prefix that is no text', { environment: [{ prefix: 5 }] }, false],
  ['of any case', { maxSeverity: [{ 'equals-ignore-case': 'High' }] }, true],
  ['of another value in any case', { maxSeverity: [{ 'equals-ignore-case': 'low' }] }, false],
  ['of any case of what is no text', { maxSeverity: [{ 'equals-ignore-case': 5 }] }, false],
  ['of anything but it', { maxSeverity: [{ 'anything-but': ['HIGH'] }] }, false],
  ['of anything but it or another', { maxSeverity: [{ 'anything-but': ['LOW', 'HIGH'] }] }, false],
  ['of anything but another', { maxSeverity: [{ 'anything-but': 'LOW' }] }, true],
  ['of anything but others', { maxSeverity: [{ 'anything-but': ['LOW', 'MEDIUM'] }] }, true],
  ['of anything but a value, of a name that is not there', { team: [{ 'anything-but': 'a' }] }, false],
  ['of anything but what is not known here', { maxSeverity: [{ 'anything-but': { wildcard: 'L*' } }] }, false],
  ['of what is not known here', { maxSeverity: [{ wildcard: '*' }] }, false],
  ['of two operators at once', { maxSeverity: [{ prefix: 'H', suffix: 'H' }] }, false],
  ['of what is no condition', { maxSeverity: [null, 5, ['HIGH']] }, false],
  ['of no operator', { maxSeverity: [{}] }, false],
  ['of no list', { maxSeverity: 'HIGH' }, false],
  ['that is no policy', 'HIGH', false],
])('a filter policy %s', (_name, policy, passes) => {
  expect(letsThrough(policy, MESSAGE)).toBe(passes);
});
