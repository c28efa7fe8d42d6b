/** Text that came from elsewhere, made fit to be mailed and to be shown in a terminal. */

/** Letters that no canonical decomposition takes apart. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ı: 'i',
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '…': '...',
};

/** Turns text into printable ASCII: accents are dropped, some letters spelt out, others become a question mark. */
export const toAscii = (text: string): string =>
  text
    .replaceAll(/\P{ASCII}/gu, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/\P{ASCII}+/gu, '?')
    .replaceAll(/[^\x20-\x7e]+/g, ' ');

/** An IAM role's ARN up to the part that its owner chose. */
const ROLE_PREFIX = /arn:aws[a-z-]*:iam::\d{12}:role\//;

const AT_SIGN = /[@＠﹫]/u;

/** Masks addresses word by word: a pattern that looks for the `@` of one long word takes the square of its length. */
export const maskAddresses = (text: string): string =>
  text
    .replaceAll(/"[^"]*"[@＠﹫]\S*/gu, '[e-mail]')
    .split(' ')
    .map((word) => (AT_SIGN.test(word) ? `${ROLE_PREFIX.exec(word)?.[0] ?? ''}[e-mail]` : word))
    .join(' ');

/** Shortens text to at most so many characters, the last three of them dots where something was left out. */
export const truncate = (text: string, most: number): string => {
  if (text.length <= most) return text;
  // By code points, so that no half of a surrogate pair is left.
  return `${Array.from(text.slice(0, most)).slice(0, -3).join('')}...`;
};

/** Makes one harmless line: white space is one space, control, formatting and bidi characters are gone. */
export const oneLine = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();

/** Line ends, tabs, controls, and characters that direct others, which a terminal or an editor would obey. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Printable ASCII and line ends, in which is nothing to take out: tables of thousands of cells have hardly more. */
const PLAIN = /^[\n -~]*$/;

/** Takes out what a terminal would obey, all but line ends. */
export const harmless = (text: string): string =>
  PLAIN.test(text) ? text : text.toWellFormed().replaceAll(CONTROL, (control) => (control === '\n' ? control : ''));

const codeUnits = (text: string): string =>
  Array.from({ length: text.length }, (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`).join(
    '',
  );

/** JSON as a terminal takes it without harm, of the very same value: JSON itself escapes but the first controls. */
export const harmlessJson = (json: string): string =>
  json.replaceAll(CONTROL, (control) => (control === '\n' ? control : codeUnits(control)));

/**
 * Makes one harmless line in which e-mail addresses are masked, as the last net under rules that name
 * nobody in the first place.
 */
export const plainLine = (text: string, most = Infinity): string => truncate(maskAddresses(oneLine(text)), most);

/**
 * Breaks a paragraph into lines of at most `width` characters where its words allow it.
 * @param first what the first line begins with; the others are indented by as much
 */
export const wrap = (text: string, first = '', width = 78): string => {
  const lines = [first];
  const indent = ' '.repeat(first.length);
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    const isEmpty = line.length === first.length;
    if (isEmpty || line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = isEmpty ? line + word : `${line} ${word}`;
      continue;
    }
    lines.push(indent + word);
  }
  return lines.join('\n');
};

const thousands = new Intl.NumberFormat('en-GB');

/** `1,234,567` */
export const numberText = (count: number): string => (count < 1000 ? String(count) : thousands.format(count));

/** `1 finding`, `1,200 findings` */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${numberText(count)} ${count === 1 ? one : many}`;
