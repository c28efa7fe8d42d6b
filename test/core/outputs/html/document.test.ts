import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Verdict } from '../../../../core/model/report.ts';
import { documentText } from '../../../../core/outputs/html/document.ts';
import { html } from '../../../../core/outputs/html/markup.ts';

const textOf = (verdict: Verdict, runningHead = 'e - 1'): string =>
  documentText({ title: 'a page', verdict, runningHead, script: '', body: html`<p>` });

test('the icon of the tab tells a complete run from others, by its sign and its colour', () => {
  const iconOf = (verdict: Verdict) => {
    const [, icon = ''] = /<link rel="icon" href="(data:image\/svg\+xml,.*?)">/.exec(textOf(verdict)) ?? [];
    return [/fill=&#39;%23([\da-f]{6})&#39;/.exec(icon)?.[1], /path d=&#39;(M[^&]+)&#39;/.exec(icon)?.[1]];
  };
  const complete = iconOf('COMPLETE');
  const incomplete = iconOf('INCOMPLETE');
  for (const part of [...complete, ...incomplete]) expect(part).toBeDefined();
  for (const part of complete) expect(incomplete).not.toContain(part);
  expect(iconOf('FAILED')).toEqual(incomplete);
});

test('what stands at the head of each sheet ends no style', () => {
  const page = textOf('COMPLETE', 'INCOMPLETE - e"; } </style> \\a * { color: red } - 2026:11.24');
  expect(page).toContain('@top-right { content: "INCOMPLETE - e  style a   color: red  - 2026:11.24";');
  expect(page.match(/<\/style>/g)).toHaveLength(1);
});

test('a page lets nothing in from outside, and runs no script and no style but its own', () => {
  const page = documentText({
    title: 'a page',
    verdict: 'COMPLETE',
    runningHead: 'e - 1',
    script: 'own();',
    style: '.own { color: red; }',
    body: html`<p>`,
  });
  const hashOf = (element: string) => {
    const [, text = ''] = new RegExp(`<${element}>(.*?)</${element}>`, 's').exec(page) ?? [];
    expect(text).toContain('own');
    return `&#39;sha256-${createHash('sha256').update(text).digest('base64')}&#39;`;
  };
  const none = '&#39;none&#39;';
  expect(/<meta http-equiv="Content-Security-Policy" content="(.*?)">/.exec(page)?.[1]).toBe(
    `default-src ${none}; style-src ${hashOf('style')}; script-src ${hashOf('script')}; img-src data:; base-uri ${none}; form-action ${none}`,
  );
});

test('a page without a style of its own has that of all pages alone', () => {
  const parts = { title: 'a page', verdict: 'COMPLETE', runningHead: 'e - 1', script: '', body: html`<p>` } as const;
  expect(documentText({ ...parts, style: '' })).toBe(documentText(parts));
});
