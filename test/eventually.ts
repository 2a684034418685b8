import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Repeats `probe` until it does not throw, and returns what it returns. The time is for machines under heavy load: whoever waits for
 * something that never comes learns of it late, with the last failure.
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
