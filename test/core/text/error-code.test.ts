import { expect, test } from '@jest/globals';
import { errorCode } from '../../../core/text/error-code.ts';

test.each([
  ['a system error', Object.assign(new Error('no such file'), { code: 'ENOENT' }), 'ENOENT'],
  ['a code that is a number', { code: 11 }, '11'],
  ['an error without one', new Error('no such file'), undefined],
  ['a text', 'ENOENT', undefined],
  ['nothing', undefined, undefined],
  ['null', null, undefined],
])('the code of %s', (_, error, code) => {
  expect(errorCode(error)).toBe(code);
});
