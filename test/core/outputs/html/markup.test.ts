import { describe, expect, test } from '@jest/globals';
import { foreign, html, prose, scriptJson, trusted } from '../../../../core/outputs/html/markup.ts';

describe('text in a template', () => {
  test.each([
    { name: 'plain text', text: 'Zoë O.', markup: 'Zoë O.' },
    { name: 'a tag', text: '<script>alert(1)</script>', markup: '&lt;script&gt;alert(1)&lt;/script&gt;' },
    { name: 'quotes', text: `" onclick='x'`, markup: '&quot; onclick=&#39;x&#39;' },
    { name: 'what looks escaped', text: '&lt;', markup: '&amp;lt;' },
    { name: 'a formula', text: "=cmd|'/c calc'!A1", markup: '=cmd|&#39;/c calc&#39;!A1' },
    { name: 'an override of direction', text: 'a\u202egpj.exe', markup: 'a⟨U+202E⟩gpj.exe' },
    { name: 'marks of direction', text: '\u200fx\u2067', markup: '⟨U+200F⟩x⟨U+2067⟩' },
    { name: 'right-to-left letters', text: 'שלום', markup: 'שלום' },
    { name: 'line and paragraph separators', text: 'a\u2028b\u2029', markup: 'a⟨U+2028⟩b⟨U+2029⟩' },
    { name: 'control characters', text: '\u0000\u001b[2J\n', markup: '⟨U+0000⟩⟨U+001B⟩[2J⟨U+000A⟩' },
    { name: 'a zero-width space', text: 'a\u200bb', markup: 'a⟨U+200B⟩b' },
    { name: 'half a surrogate pair', text: 'a\ud83d', markup: 'a\ufffd' },
    { name: 'an emoji of several characters', text: '👩‍💻', markup: '👩‍💻' },
    { name: 'fifty wide characters', text: '漢'.repeat(50), markup: '漢'.repeat(50) },
  ])('$name is nothing but text', ({ text, markup }) => {
    expect(html`<b title="${text}">${text}</b>`).toEqual({ markup: `<b title="${markup}">${markup}</b>` });
  });

  test('no letter of ASCII is taken for another', () => {
    const letters = Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(code));
    const changed = letters.filter((letter) => html`${letter}`.markup !== letter);
    const controls = letters.filter((letter) => letter < ' ' || letter === '\u007f');
    expect(new Set(changed)).toEqual(new Set([...controls, '&', '<', '>', '"', "'"]));
  });

  test('HTML, lists, numbers and nothing are set in as they are', () => {
    const parts = [html`<i>${'<'}</i>`, ['a', 0], undefined, false] as const;
    expect(html`${parts}`.markup).toBe('<i>&lt;</i>a0');
    expect(html`${trusted('<br>')}`.markup).toBe('<br>');
  });

  test('text from elsewhere stands alone in its direction', () => {
    expect(foreign('<').markup).toBe('<bdi>&lt;</bdi>');
  });

  test('JSON in a script ends no element, and begins no comment', () => {
    const value = { reason: '</script><!--<script>' };
    expect(scriptJson(value)).not.toContain('<');
    expect(JSON.parse(scriptJson(value))).toEqual(value);
  });

  test('what stands between backticks is code', () => {
    expect(prose('add it to `a<b`, or `c`').markup).toBe('add it to <code>a&lt;b</code>, or <code>c</code>');
  });
});
