import { wrap } from '../lambda/alerts/plain-text.ts';
import type { Format, Terminal } from './terminal.ts';

/** A cell, and how it is painted; a text alone is painted as the terminal paints. */
export type Cell = string | { readonly text: string; readonly format: Format };

const GAP = '  ';

/** A narrower last column goes on lines of its own. */
const LEAST_LAST_WIDTH = 30;

const textOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);

/**
 * Rows under headings, aligned, without trailing spaces. The last column takes what width is left and is wrapped
 * within it, or below the row where too little is left.
 */
export const table = (
  { paint, width }: Pick<Terminal, 'paint' | 'width'>,
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
): string => {
  const leading = headings.slice(0, -1);
  const widths = leading.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => textOf(row[column] ?? '').length)),
  );
  const start = widths.reduce((total, columnWidth) => total + columnWidth + GAP.length, 0);
  const isBeside = width - start >= LEAST_LAST_WIDTH;

  const painted = (cell: Cell, padded: string): string => {
    if (typeof cell === 'string') return padded;
    return paint(cell.format, cell.text) + padded.slice(cell.text.length);
  };
  const rowOf = (cells: readonly Cell[]): string => {
    const before = leading.map((_, column) => {
      const cell = cells[column] ?? '';
      return painted(cell, textOf(cell).padEnd(widths[column] ?? 0)) + GAP;
    });
    const last = textOf(cells[leading.length] ?? '');
    const indent = isBeside ? start : 2 * GAP.length;
    const [first = '', ...others] = wrap(last, ' '.repeat(indent), width).slice(indent).split('\n');
    const beside = isBeside ? [before.join('') + first] : [before.join(''), ' '.repeat(indent) + first];
    return [...beside, ...others].map((line) => line.trimEnd()).join('\n');
  };

  const heading = headings.map((text) => ({ text, format: 'dim' as const }));
  return [rowOf(heading), ...rows.map(rowOf)].map((text) => `${text}\n`).join('');
};
