/** Time as a parameter. Decision code never reads it; shells take one of these, and tests hand them a {@link FakeClock}. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going backwards: for measuring spans. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when `signal` aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` once after `ms` milliseconds unless the returned function is called before. */
  after(ms: number, run: () => void): () => void;
}

/** Timers take no more: a longer time would be cut to a millisecond. */
const longestTimer = 2 ** 31 - 1;

/** The machine's clock. Timers keep the process alive only while something awaits them. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const cancel = runAfter(ms, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
  after: runAfter,
};

/** A time beyond what timers take is waited for in parts. */
function runAfter(ms: number, run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number): void => {
    timer = setTimeout(() => (left > longestTimer ? wait(left - longestTimer) : run()), Math.min(left, longestTimer));
  };
  wait(ms);
  return () => clearTimeout(timer);
}

/** RFC 3339 in UTC with whole seconds, the wire form of meta/v1 Time. */
export function timestamp(ms: number): string {
  const second = Math.floor(ms / 1000);
  // Most callers mean now, many times a second.
  if (second !== latest.second) latest = { second, text: `${new Date(ms).toISOString().slice(0, 19)}Z` };
  return latest.text;
}

let latest = { second: Number.NaN, text: '' };

/** RFC 3339 in UTC with six fractional digits, the wire form of meta/v1 MicroTime. */
export function microTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}
