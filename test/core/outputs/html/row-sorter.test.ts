import { expect, test } from '@jest/globals';
import { createSpoolFolder } from '../../../../core/archive/staging.ts';
import { rowSorter } from '../../../../core/outputs/html/row-sorter.ts';

test('rows come back as they were, in the order of their keys', async () => {
  const spools = await createSpoolFolder();
  const rows = [
    { markup: '<tr>"漢"</tr>\n', place: 2 },
    { markup: '<tr>\n{"place":7}\n\n', place: 1 },
    { markup: '', place: 0 },
  ];
  try {
    const sorter = rowSorter<(typeof rows)[number]>(spools);
    for (const row of rows) await sorter.write(row, `key ${row.place}`);
    expect([...(await sorter.sorted())]).toStrictEqual(rows.toReversed());
  } finally {
    await spools.remove();
  }
});
