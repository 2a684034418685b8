/**
 * Calls `act` for 0 to `count` - 1 in batches of 1, 2, 4 and so on, each batch concurrently; stops after a batch with a
 * failure, so that an exhausted quota or a broken admission hook causes few requests. Returns the first failure, if
 * any.
 */
export async function slowStart(
  count: number,
  act: (index: number) => Promise<void>,
): Promise<{ readonly error: unknown } | undefined> {
  let from = 0;
  for (let size = 1; from < count; size *= 2) {
    const batch = Array.from({ length: Math.min(size, count - from) }, (_, i) => act(from + i));
    const failed = (await Promise.allSettled(batch)).find((result) => result.status === 'rejected');
    if (failed) return { error: failed.reason };
    from += batch.length;
  }
  return undefined;
}
