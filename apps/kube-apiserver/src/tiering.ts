import { setFlagsFromString } from 'node:v8';
import type { Clock } from '@typernetes/base';

/** What is compiled at all is compiled by Maglev, and sooner than by default. */
const early = ['--invocation-count-for-feedback-allocation=4', '--invocation-count-for-maglev=200', '--no-turbofan'];
const turbofan = '--turbofan';
const freshMs = 60_000;

/**
 * Says when V8 compiles what a server runs that has just started; starting itself runs everything a few times, where compiling does not pay. TurboFan would come so
 * soon that its threads take a processor from the clients, and what it makes faster costs more than it saves while the server is fresh (bench/README.md has the
 * figures): it has to wait a minute. Nothing is said while compiled code is to be written down, for V8 takes none of other flags. The result ends the wait.
 */
export function tierForServing(
  clock: Pick<Clock, 'after'>,
  environment: Readonly<Record<string, string | undefined>>,
): () => void {
  if (environment.TYPERNETES_COMPILE_AHEAD) return () => {};
  for (const flag of early) setFlagsFromString(flag);
  return clock.after(freshMs, () => setFlagsFromString(turbofan));
}
