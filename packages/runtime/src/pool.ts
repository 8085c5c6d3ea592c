/** Bounded parallelism. */

/** Runs `work` for every item, at most `limit` at a time, in order of the items. The first error thrown stops the rest. */
export async function eachBounded<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, worker: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async (number: number) => {
    while (!failed && next < items.length) {
      const item = items[next++]!;
      try {
        await work(item, number);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  // Let every worker come to rest before reporting, so that nobody works on while the caller cleans up.
  const results = await Promise.allSettled(
    Array.from({ length: Math.min(limit, items.length) }, (_, number) => worker(number)),
  );
  const failure = results.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
}
