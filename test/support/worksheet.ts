import { readCsv } from '../../core/text/csv-reader.ts';

export type Line = Readonly<Record<string, string>>;

/** A CSV file of a pack, by column. */
export const readSheet = async (bytes: Uint8Array): Promise<readonly Line[]> => {
  async function* whole() {
    yield bytes;
  }
  const rows: (readonly string[])[] = [];
  for await (const { cells } of readCsv(whole())) rows.push(cells);
  const [header = [], ...lines] = rows;
  return lines.map((cells) => Object.fromEntries(header.map((column, index) => [column, cells[index] ?? ''])));
};

/** A line of a worksheet as a diligent reviewer fills it in. */
export const answered = (line: Line): Line => ({
  ...line,
  decision: 'keep',
  justification: line.justificationToKeep === '' ? '' : 'runs the platform',
  reviewer: 'rita@reviewers.example',
});

export interface Spelling {
  readonly separator?: string;
  readonly lineEnd?: string;
  readonly before?: string;
  readonly after?: string;
}

/** A worksheet as a spreadsheet writes it: quotes only where they must be. */
export const writeSheet = (
  lines: readonly Line[],
  { separator = ',', lineEnd = '\r\n', before = '', after = '' }: Spelling = {},
): string => {
  const cell = (text: string): string => (/[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = [Object.keys(lines[0] ?? {}), ...lines.map((line) => Object.values(line))];
  return before + rows.map((cells) => cells.map(cell).join(separator) + lineEnd).join('') + after;
};
