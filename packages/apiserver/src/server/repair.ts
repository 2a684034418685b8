import { type Clock, isAbort, type Logger, messageOf, type Runnable } from '@typernetes/base';

/** Something that a cluster always has. */
export interface Standing {
  readonly what: string;
  readonly everyMs: number;
  /** Makes what is missing. Idempotent. */
  readonly ensure: () => Promise<void>;
}

/** Looks now and then whether what a cluster always has is still there, and makes it again. A failure is told once, and tried again. */
export function repair({ what, everyMs, ensure }: Standing, { clock, log }: { clock: Clock; log: Logger }): Runnable {
  return {
    name: `repair of ${what}`,
    async run(signal) {
      let told = '';
      for (;;) {
        await clock.sleep(everyMs, signal);
        try {
          await ensure();
          told = '';
        } catch (error) {
          if (isAbort(error, signal)) throw error;
          const why = messageOf(error);
          if (why !== told) log.error('Cannot repair what a cluster always has', error, { what });
          told = why;
        }
      }
    },
  };
}
