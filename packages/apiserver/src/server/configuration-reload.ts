import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Logger, Runnable } from '@typernetes/base';

/** A file whose changes count while the server runs. */
export interface ConfigurationReload {
  readonly file: string;
  /** Rejects, and changes nothing, when what it says now is wrong. */
  reload(): Promise<void>;
}

const intervalMs = 10_000;

/** Looks at the file every ten seconds. */
export function configurationReload({ file, reload }: ConfigurationReload, log: Logger): Runnable {
  return {
    name: `reload of ${file}`,
    run: async (signal) => {
      let text = readFileSync(file, 'utf8');
      const look = async (): Promise<void> => {
        try {
          const now = readFileSync(file, 'utf8');
          if (now === text) return;
          await reload();
          text = now;
          log.info('Reloaded configuration', { file });
        } catch (error) {
          log.error('Cannot reload configuration', error, { file });
        }
      };
      const onChange = (): void => void look();
      watchFile(file, { interval: intervalMs, persistent: false }, onChange);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
      unwatchFile(file, onChange);
    },
  };
}
