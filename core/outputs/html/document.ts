import { createHash } from 'node:crypto';
import type { Verdict } from '../../model/report.ts';
import { type Html, html, trusted } from './markup.ts';
import { STYLE } from './style.ts';

export interface PageParts {
  readonly title: string;
  readonly verdict: Verdict;
  /** Printed at the head of every sheet, so that a single one says what it belongs to. Letters, digits, `:-`. */
  readonly runningHead: string;
  readonly script: string;
  /** Beside that of every page. */
  readonly style?: string;
  readonly body: Html;
}

const hashSource = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The policy lets nothing in from outside, and of what is inside only this very style and script. */
const policy = (style: string, script: string): string =>
  [
    "default-src 'none'",
    `style-src ${hashSource(style)}`,
    `script-src ${hashSource(script)}`,
    // The icon of the tab; without one browsers ask the server for theirs.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

const ICON_COLOURS: Readonly<Record<Verdict, string>> = { COMPLETE: '11693a', INCOMPLETE: 'a3122f', FAILED: 'a3122f' };

const icon = (verdict: Verdict): string => {
  const sign = verdict === 'COMPLETE' ? 'M4.5 8.5 7 11l4.5-5.5' : 'M8 4v5M8 11.5v.5';
  return (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>" +
    `<circle cx='8' cy='8' r='8' fill='%23${ICON_COLOURS[verdict]}'/>` +
    `<path d='${sign}' stroke='white' stroke-width='2' fill='none'/></svg>`
  );
};

const runningHeadStyle = (runningHead: string): string =>
  `@media print { @page { @top-right { content: "${runningHead.replaceAll(/[^\w :.-]/g, '')}"; font: 8pt sans-serif; color: #444; } } }\n`;

/** Makes a page that is one file and loads nothing from elsewhere. */
export const documentText = ({ title, verdict, runningHead, script, style: own = '', body }: PageParts): string => {
  const style = STYLE + own + runningHeadStyle(runningHead);
  const { markup } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="${icon(verdict)}">
<style>${trusted(style)}</style>
</head>
<body class="${verdict.toLowerCase()}">
${body}
<script>${trusted(script)}</script>
</body>
</html>
`;
  return markup;
};
