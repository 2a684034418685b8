import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Repeats `probe` until it does not throw, and returns its result. The timeout is meant for machines under heavy load:
 * waiting for something that never happens takes long, and then throws the last error.
 */
export async function eventually<T>(probe: () => T | Promise<T>, { timeoutMs = 120_000 } = {}): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(200);
  }
}
