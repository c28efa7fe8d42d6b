/** Reads at a time: enough to hide the way to a bucket, and few enough for the largest objects to fit in memory. */
const READS_AT_ONCE = 4;

/** Does work on items, some at a time, and yields what comes of it in their order. */
export async function* inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): AsyncGenerator<R> {
  for (let start = 0; start < items.length; start += READS_AT_ONCE) {
    yield* await Promise.all(items.slice(start, start + READS_AT_ONCE).map(work));
  }
}
