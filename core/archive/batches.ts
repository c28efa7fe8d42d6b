/** Reads at a time: enough to hide the way to a bucket, and few enough for the largest objects to fit in memory. */
const READS_AT_ONCE = 16;

/**
 * Does work on items, some at a time, and yields what comes of it in their order. It begins with two, and goes on
 * with more as they are taken: where only the first is wanted, not many others are read.
 */
export async function* inBatches<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  let most = 2;
  for await (const item of items) {
    const result = work(item);
    // Where it fails it is told in its turn.
    result.catch(() => {});
    begun.push(result);
    const first = begun.length < most ? undefined : begun.shift();
    if (first === undefined) continue;
    yield await first;
    most = Math.min(READS_AT_ONCE, most + 2);
  }
  for (const result of begun) yield await result;
}
