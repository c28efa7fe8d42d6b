import { lineSorter } from '../../archive/sorted-spool.ts';
import type { SpoolFolder } from '../../archive/staging.ts';

/** Rows of tables that are sorted by their keys, however many there are. */
export interface RowSorter<Row> {
  /** Await what it returns, it holds the writer back to the disk's pace. */
  write(row: Row, key: string): Promise<void> | undefined;
  /** Gives the rows in order, once all were written. */
  sorted(): Promise<Iterable<Row>>;
}

/** Begins to sort rows. */
export const rowSorter = <Row extends { readonly markup: string }>(spools: SpoolFolder): RowSorter<Row> => {
  const sorter = lineSorter(spools);

  function* read(lines: Iterable<Buffer>): Generator<Row> {
    for (const line of lines) {
      const text = line.toString('utf8', 0, line.length - 1);
      const end = text.indexOf('\n');
      yield { ...JSON.parse(text.slice(0, end)), markup: text.slice(end + 1) };
    }
  }

  return {
    // Markup stands as it is: JSON would escape each of its quotes.
    write: ({ markup, ...row }, key) => sorter.write(`${JSON.stringify(row)}\n${markup}`, key),
    sorted: async () => read(await sorter.sorted()),
  };
};
