import { expect, test } from '@jest/globals';
import { isEnvironmentId } from '../../../core/model/environment-id.ts';

test.each([
  { text: 'a', isOne: true },
  { text: 'vs57phhvijir4kv5rf6ywt', isOne: true },
  { text: 'A1'.repeat(13), isOne: true },
  { text: `${'A1'.repeat(13)}b`, isOne: false },
  { text: '', isOne: false },
  { text: 'abc/def', isOne: false },
  { text: 'abc\n', isOne: false },
])('$text is an environment id: $isOne', ({ text, isOne }) => {
  expect(isEnvironmentId(text)).toBe(isOne);
});
