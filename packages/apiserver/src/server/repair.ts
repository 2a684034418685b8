import { type Clock, isAbort, type Logger, messageOf, type Runnable } from '@typernetes/base';

/** Something that a cluster always has. */
export interface Standing {
  readonly what: string;
  readonly everyMs: number;
  /** Creates missing objects. Idempotent. */
  readonly ensure: () => Promise<void>;
}

/** Regularly recreates missing objects that every cluster has. A failure is logged once, and retried. */
export function repair({ what, everyMs, ensure }: Standing, { clock, log }: { clock: Clock; log: Logger }): Runnable {
  return {
    name: `repair of ${what}`,
    async run(signal) {
      let loggedProblem = '';
      for (;;) {
        await clock.sleep(everyMs, signal);
        try {
          await ensure();
          loggedProblem = '';
        } catch (error) {
          if (isAbort(error, signal)) throw error;
          const why = messageOf(error);
          if (why !== loggedProblem) log.error('Cannot repair what a cluster always has', error, { what });
          loggedProblem = why;
        }
      }
    },
  };
}
