import { describe, expect, test } from '@jest/globals';
import { begunAnew } from '../../../core/model/words.ts';
import { harmless, harmlessJson, plainLine, plural, toAscii, truncate, wrap } from '../../../core/text/plain-text.ts';

describe('toAscii', () => {
  test.each([
    ['plain text', 'research 1', 'research 1'],
    ['accents', 'Genève, Zürich', 'Geneve, Zurich'],
    ['letters that have no accent to drop', 'Ærø Straße Łódź', 'AEro Strasse Lodz'],
    ['others', 'æ œ Œ Ø ł đ Đ ð Ð þ Þ ı', 'ae oe OE O l d D d D th Th i'],
    ['typographic marks', '‘a’ – “b”… —', `'a' - "b"... -`],
    ['full-width letters', 'ＡＢＣ', 'ABC'],
    ['letters of another script', '研究 lab', '? lab'],
    ['an emoji of several code points', 'lab 👩‍🔬', 'lab ?'],
    ['control characters', 'a\r\nb\u0007c', 'a b c'],
    ['half of a surrogate pair', 'a\ud83d', 'a?'],
  ])('%s', (_, text, ascii) => {
    expect(toAscii(text)).toBe(ascii);
  });
});

describe('plainLine', () => {
  test.each([
    ['plain text', 'last login 91 days ago', 'last login 91 days ago'],
    ['lines and tabs become spaces', ' a\r\n\tb\u2028c ', 'a b c'],
    ['control characters', 'a\u001b[31mb\u009b0mc\u0000', 'a [31mb 0mc'],
    ['bidi controls', '\u202eevil\u2066\u200f', 'evil'],
    ['zero-width characters and the byte order mark', 'a\u200b\u200d\ufeffb', 'ab'],
    ['an address', 'jane.doe@example.com', '[e-mail]'],
    ['an address among words', 'was jane@example.com, is APP_USER', 'was [e-mail] is APP_USER'],
    ['an address with a quoted local part', 'of "jane doe"@example.com now', 'of [e-mail] now'],
    ['an address in brackets and quotes', 'of "<jane@example.com>"', 'of [e-mail]'],
    ['an address behind a zero-width character', 'jane\u200b@\u200bexample.com', '[e-mail]'],
    ['a full-width at sign', 'jane＠example.com', '[e-mail]'],
    ['a slash in the local part', 'desk/jane@example.com', '[e-mail]'],
    [
      'a role named for its user keeps its account',
      'role arn:aws:iam::123456789012:role/desk/jane@example.com',
      'role arn:aws:iam::123456789012:role/[e-mail]',
    ],
    ['half of a surrogate pair', 'a\ud83d', 'a\ufffd'],
  ])('%s', (_, text, line) => {
    expect(plainLine(text)).toBe(line);
  });

  test('an address is masked before it is cut', () => {
    expect(plainLine('jane.doe@example.com', 8)).toBe('[e-mail]');
  });

  test('a word of a million characters takes no time', () => {
    const begun = performance.now();
    plainLine(`${'a'.repeat(1_000_000)}" "${'"a'.repeat(100_000)}`, 100);
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});

describe('what a terminal would obey', () => {
  test.each([
    ['plain text', 'a\nb', 'a\nb'],
    ['letters of others', 'é 研究\n👩', 'é 研究\n👩'],
    ['an escape sequence', 'a\u001b[31m\nb', 'a[31m\nb'],
    ['a tab and a carriage return', 'a\tb\rc', 'abc'],
    ['a bidi control', '\u202eevil', 'evil'],
    ['half of a surrogate pair', 'a\ud83d', 'a\ufffd'],
  ])('is taken out: %s', (_, text, rest) => {
    expect(harmless(text)).toBe(rest);
  });

  test.each([
    ['a line end', '{\n}', '{\n}'],
    ['a control of eight bits', '"\u009b0m"', '"\\u009b0m"'],
    ['a bidi control', '"\u202e"', '"\\u202e"'],
    ['one of two code units', '"\u{e0001}"', '"\\udb40\\udc01"'],
  ])('is escaped in JSON: %s', (_, json, escaped) => {
    expect(harmlessJson(json)).toBe(escaped);
    expect(JSON.parse(escaped)).toEqual(JSON.parse(json));
  });
});

describe('cut', () => {
  test.each([
    ['at the limit', '12345', 5, '12345'],
    ['one past it', '123456', 5, '12...'],
    ['in the middle of an emoji', 'abc🦊defgh', 7, 'abc...'],
  ])('%s', (_, text, most, short) => {
    expect(truncate(text, most)).toBe(short);
    expect(truncate(text, most).length).toBeLessThanOrEqual(most);
  });
});

describe('wrap', () => {
  test.each([
    ['words that fit exactly', 'aa bb', '- ', 7, '- aa bb'],
    ['one letter too many', 'aa bbb', '- ', 7, '- aa\n  bbb'],
    ['a word longer than the line stays whole', 'aaaaaaaaaa bb', '- ', 7, '- aaaaaaaaaa\n  bb'],
    ['three lines, of which the second has room', 'aaaaa b cc dddd', '- ', 7, '- aaaaa\n  b cc\n  dddd'],
    ['no text', '', '- ', 7, '- '],
  ])('%s', (_, text, first, width, lines) => {
    expect(wrap(text, first, width)).toBe(lines);
  });
});

test.each([
  [0, '0 users'],
  [1, '1 user'],
  [2, '2 users'],
  [999, '999 users'],
  [1000, '1,000 users'],
  [1234567, '1,234,567 users'],
])('plural of %d', (count, text) => {
  expect(plural(count, 'user')).toBe(text);
});

test.each([
  { restarts: undefined, text: '' },
  { restarts: 0, text: '' },
  { restarts: 1, text: '; the listing was begun anew once, since the service no longer took a page token' },
  { restarts: 2, text: '; the listing was begun anew 2 times, since the service no longer took a page token' },
])('a listing that was begun anew $restarts times is told', ({ restarts, text }) => {
  expect(begunAnew(restarts === undefined ? {} : { restarts })).toBe(text);
});
