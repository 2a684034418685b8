import { setFlagsFromString } from 'node:v8';
import type { Clock } from '@typernetes/base';

/** Only Maglev compiles, and earlier than by default. */
const early = ['--invocation-count-for-feedback-allocation=4', '--invocation-count-for-maglev=200', '--no-turbofan'];
const turbofan = '--turbofan';
const freshMs = 60_000;

/**
 * Tells V8 when to compile in a server that has just started; the start itself runs everything only a few times, so
 * that compiling does not pay. TurboFan would start so soon that its threads take CPU from the clients, and costs more
 * than it saves while the server is fresh (bench/README.md has the figures), so it has to wait a minute. No flags are
 * set while the compile cache is being written, because V8 rejects code compiled under other flags. The returned
 * function ends the wait.
 */
export function tierForServing(
  clock: Pick<Clock, 'after'>,
  environment: Readonly<Record<string, string | undefined>>,
): () => void {
  if (environment.TYPERNETES_COMPILE_AHEAD) return () => {};
  for (const flag of early) setFlagsFromString(flag);
  return clock.after(freshMs, () => setFlagsFromString(turbofan));
}
