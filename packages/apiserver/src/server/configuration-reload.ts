import { readFileSync } from 'node:fs';
import { type Clock, type Logger, messageOf, type Runnable } from '@typernetes/base';
import type { ReloadMetrics } from '../observers/reload-metrics.ts';

/** A file whose changes count while the server runs. */
export interface ConfigurationReload {
  readonly file: string;
  /** Rejects, and changes nothing, when what it says now is wrong. */
  reload(): Promise<void>;
  readonly told?: ReloadMetrics;
}

const intervalMs = 10_000;

/** Looks at the file every ten seconds. What could not be read, or was wrong, is tried again; the log says so once. */
export function configurationReload(
  { file, reload, told: counts }: ConfigurationReload,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Runnable {
  return {
    name: `reload of ${file}`,
    run: async (signal) => {
      let text = readFileSync(file, 'utf8');
      counts?.applied(text);
      let told = '';
      for (;;) {
        await clock.sleep(intervalMs, signal);
        try {
          const now = readFileSync(file, 'utf8');
          if (now === text) continue;
          await reload();
          text = now;
          counts?.applied(now);
          counts?.reloaded('success');
          told = '';
          log.info('Reloaded configuration', { file });
        } catch (error) {
          counts?.reloaded('failure');
          const why = messageOf(error);
          if (why !== told) log.error('Cannot reload configuration', error, { file });
          told = why;
        }
      }
    },
  };
}
