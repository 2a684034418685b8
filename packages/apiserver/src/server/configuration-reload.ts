import { readFileSync } from 'node:fs';
import { type Clock, type Logger, messageOf, type Runnable } from '@typernetes/base';

/** A file whose changes count while the server runs. */
export interface ConfigurationReload {
  readonly file: string;
  /** Rejects, and changes nothing, when what it says now is wrong. */
  reload(): Promise<void>;
}

const intervalMs = 10_000;

/** Looks at the file every ten seconds. What could not be read, or was wrong, is tried again; the log says so once. */
export function configurationReload(
  { file, reload }: ConfigurationReload,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Runnable {
  return {
    name: `reload of ${file}`,
    run: async (signal) => {
      let text = readFileSync(file, 'utf8');
      let told = '';
      for (;;) {
        await clock.sleep(intervalMs, signal);
        try {
          const now = readFileSync(file, 'utf8');
          if (now === text) continue;
          await reload();
          text = now;
          told = '';
          log.info('Reloaded configuration', { file });
        } catch (error) {
          const why = messageOf(error);
          if (why !== told) log.error('Cannot reload configuration', error, { file });
          told = why;
        }
      }
    },
  };
}
