import { expect, test } from '@jest/globals';
import { shown } from '../../../core/text/shown.ts';

const LONGEST = 'x'.repeat(80);

test.each([
  { value: undefined, text: 'nothing' },
  { value: '', text: 'nothing' },
  { value: null, text: 'nothing' },
  { value: -1, text: '-1' },
  { value: false, text: 'false' },
  { value: [], text: 'an empty list' },
  { value: [1], text: 'a list' },
  { value: {}, text: 'a mapping' },
  { value: 'ann@example.com', text: 'a text with "@" (not shown)' },
  { value: 'a\nb', text: '"a\\nb"' },
  { value: LONGEST, text: `"${LONGEST}"` },
  { value: `${LONGEST}y`, text: `"${LONGEST}…"` },
])('$value is shown as $text', ({ value, text }) => {
  expect(shown(value)).toBe(text);
});
