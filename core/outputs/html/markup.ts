/** HTML that is safe to be set into a page as it is. */
export interface Html {
  readonly markup: string;
}

/** The values that a template takes: text is escaped, lists are joined, undefined and false leave nothing. */
export type Part = Html | string | number | undefined | false | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The characters that can't be seen and change how others are read: control, line, direction and zero-width marks. */
const INVISIBLE = /[\p{Cc}\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff]/gu;

const codePoint = (letter: string): string => `⟨U+${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`;

/** Most texts: to look at each of their letters thrice takes as long as all the rest of a page. */
const HARMLESS = /^[ !#-%(-;=?-~]*$/;

/**
 * Text as HTML, in an element or a quoted attribute. Evidence is shown as it is: what can't be seen is spelt out, and
 * half a surrogate pair, which UTF-8 can't hold, is a replacement character.
 */
export const escapeText = (text: string): string =>
  HARMLESS.test(text)
    ? text
    : text
        .toWellFormed()
        .replaceAll(INVISIBLE, codePoint)
        .replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter] ?? '');

const render = (part: Part): string => {
  if (part === undefined || part === false) return '';
  if (typeof part === 'object') return 'markup' in part ? part.markup : part.map(render).join('');
  return escapeText(String(part));
};

/** A template whose values are escaped unless they are HTML already. Attributes must be quoted. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  markup: texts.reduce((markup, text, index) => markup + render(parts[index - 1]) + text),
});

/** Markup that this code wrote itself. */
export const trusted = (markup: string): Html => ({ markup });

/** Text of the catalogue, where code stands between backticks as in Markdown. */
export const prose = (text: string): Html =>
  html`${text.split('`').map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`))}`;

/** Text that came from elsewhere, in whatever direction it reads: it turns nothing beside it. */
export const foreign = (text: string): Html => html`<bdi>${text}</bdi>`;

/** JSON in which nothing can end the element that it stands in. */
export const scriptJson = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c');
