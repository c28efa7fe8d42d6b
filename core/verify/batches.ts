/** Reads at a time: enough to hide the way to a bucket, and few enough for the largest objects to fit in memory. */
const READS_AT_ONCE = 16;

/** Does work on items, some at a time, and yields what comes of it in their order. */
export async function* inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  for (const [index, item] of items.entries()) {
    const result = work(item);
    // Where it fails it is told in its turn.
    result.catch(() => {});
    begun.push(result);
    const first = index + 1 < READS_AT_ONCE ? undefined : begun.shift();
    if (first !== undefined) yield await first;
  }
  for (const result of begun) yield await result;
}
