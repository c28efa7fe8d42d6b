import { expect, test } from '@jest/globals';
import { messageOf, nameAndMessageOf } from '../../../core/text/error-message.ts';

test.each([
  { thrown: new RangeError('too far'), message: 'too far', named: 'RangeError: too far' },
  { thrown: new AggregateError([]), message: '', named: 'AggregateError: ' },
  { thrown: 'a text', message: 'a text', named: 'a text' },
  { thrown: undefined, message: 'undefined', named: 'undefined' },
])('$thrown says $message, and with its name $named', ({ thrown, message, named }) => {
  expect(messageOf(thrown)).toBe(message);
  expect(nameAndMessageOf(thrown)).toBe(named);
});
