/** @file Asynchronous work on a stream of items, several at a time, the results in the items' order. */

/**
 * Maps items with at most `concurrency` of them in work, and yields the results in order.
 * The first failure, in order, ends the iteration.
 */
export async function* mapInOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  concurrency: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const pending: Promise<R>[] = [];
  for await (const item of items) {
    const result = map(item);
    // Its failure is thrown when its turn comes, not before.
    result.catch(() => undefined);
    pending.push(result);
    if (pending.length < concurrency) continue;
    const [first] = pending.splice(0, 1);
    if (first !== undefined) yield await first;
  }
  for (const result of pending) yield await result;
}
