import { readFileSync } from 'node:fs';
import { type Clock, type Logger, messageOf, type Runnable } from '@typernetes/base';
import type { ReloadMetrics } from '../observers/reload-metrics.ts';

/** A configuration file that is reloaded when it changes. */
export interface ConfigurationReload {
  readonly file: string;
  /** Applies the changed file. Rejects, and changes nothing, when it is invalid. */
  reload(): Promise<void>;
  readonly observer?: ReloadMetrics;
}

const intervalMs = 10_000;

/** Checks the file every ten seconds. A file that cannot be read or is invalid is tried again, and logged once per problem. */
export function configurationReload(
  { file, reload, observer }: ConfigurationReload,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Runnable {
  return {
    name: `reload of ${file}`,
    run: async (signal) => {
      let text = readFileSync(file, 'utf8');
      observer?.applied(text);
      let loggedProblem = '';
      for (;;) {
        await clock.sleep(intervalMs, signal);
        try {
          const now = readFileSync(file, 'utf8');
          if (now === text) continue;
          await reload();
          text = now;
          observer?.applied(now);
          observer?.reloaded('success');
          loggedProblem = '';
          log.info('Reloaded configuration', { file });
        } catch (error) {
          observer?.reloaded('failure');
          const why = messageOf(error);
          if (why !== loggedProblem) log.error('Cannot reload configuration', error, { file });
          loggedProblem = why;
        }
      }
    },
  };
}
