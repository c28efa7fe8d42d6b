import type { SpoolFolder } from '../archive/staging.ts';
import { cellsLine } from '../outputs/csv.ts';

/** Excel takes a file without it for one of the machine's own encoding, and spoils every name beyond ASCII. */
const BYTE_ORDER_MARK = '\ufeff';

/** Begins a CSV file of a pack, which grows row by row. */
export const openSheet = async <Column extends string>(
  spools: SpoolFolder,
  name: string,
  columns: readonly Column[],
) => {
  const spool = spools.open(name);
  let rows = 0;
  await spool.write(`${BYTE_ORDER_MARK}${columns.join(',')}\r`);
  return {
    get rows() {
      return rows;
    },
    async add(cells: Readonly<Record<Column, string | number>>): Promise<void> {
      rows += 1;
      await spool.write(cellsLine(columns.map((column) => cells[column])));
    },
    finish: () => spool.finish(),
  };
};
