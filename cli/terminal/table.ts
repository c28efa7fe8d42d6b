import { harmless, wrap } from '../../core/text/plain-text.ts';
import type { Format, Terminal } from './terminal.ts';

/** A cell and its format; a text alone takes the terminal's own. One that is whole, as a path is, is never broken. */
export type Cell = string | { readonly text: string; readonly format: Format; readonly isWhole?: true };

const GAP = '  ';

/** A narrower last column goes on lines of its own. */
const LEAST_LAST_WIDTH = 24;

/** A cell's text, of the width that it will have: what the terminal does not write takes no room. */
const cellText = (cell: Cell): string => harmless(typeof cell === 'string' ? cell : cell.text).replaceAll('\n', ' ');

/**
 * Lays out rows, under headings where there are some, aligned and without trailing spaces. The last column takes what width is
 * left and is wrapped within it, or below the row where too little is left.
 */
export const table = (
  { paint, width }: Pick<Terminal, 'paint' | 'width'>,
  headings: readonly string[] | undefined,
  rows: readonly (readonly Cell[])[],
): string => {
  const heading = headings?.map((text): Cell => ({ text, format: 'dim' }));
  const all = heading === undefined ? rows : [heading, ...rows];
  const lastColumn = all.reduce((most, row) => Math.max(most, row.length), 1) - 1;
  const widths = Array.from({ length: lastColumn }, (_, column) =>
    all.reduce((most, row) => Math.max(most, cellText(row[column] ?? '').length), 0),
  );
  const start = widths.reduce((total, columnWidth) => total + columnWidth + GAP.length, 0);
  const isBeside = width - start >= LEAST_LAST_WIDTH;
  const indent = ' '.repeat(isBeside ? start : 2 * GAP.length);

  const painted = (cell: Cell, text: string): string =>
    typeof cell === 'string' || text.trim() === '' ? text : paint(cell.format, text);

  const rowOf = (cells: readonly Cell[]): string => {
    const head = widths.map((columnWidth, column) => {
      const cell = cells[column] ?? '';
      const text = cellText(cell);
      return painted(cell, text) + ' '.repeat(columnWidth - text.length) + GAP;
    });
    const last = cells[lastColumn] ?? '';
    const isWhole = typeof last !== 'string' && last.isWhole === true;
    const [first = '', ...others] = wrap(cellText(last), indent, isWhole ? Number.POSITIVE_INFINITY : width)
      .split('\n')
      .map((line) => painted(last, line.slice(indent.length)));
    const lines = isBeside ? [head.join('') + first] : [head.join(''), indent + first];
    return [...lines, ...others.map((line) => indent + line)].map((line) => line.trimEnd()).join('\n');
  };

  return all.map((row) => `${rowOf(row)}\n`).join('');
};

/** Lays out names with a text each; one without a text is left out. */
export const factsTable = (
  terminal: Pick<Terminal, 'paint' | 'width'>,
  facts: readonly (readonly [name: string, text: Cell | undefined])[],
): string => {
  const rows = facts.flatMap(([name, text]): readonly (readonly Cell[])[] =>
    text === undefined ? [] : [[{ text: name, format: 'dim' }, text]],
  );
  return table(terminal, undefined, rows);
};
