import { readFile } from 'node:fs/promises';
import { type Clock, isAbort, type Runnable } from '@typernetes/base';

/** How often the file is read. Milliseconds. */
const periodMs = 5000;

/**
 * Ends the program when its configuration file has changed, as upstream's does: whoever started it, in a cluster the kubelet, starts it
 * again with the new one. The file is read instead of watched, because the kubelet replaces it by changing a link to its folder.
 */
export class ConfigFileWatch implements Runnable {
  readonly name = 'config file';
  readonly #path: string;
  /** What the program was started with. */
  readonly #text: string;
  readonly #clock: Clock;

  constructor(path: string, text: string, clock: Clock) {
    this.#path = path;
    this.#text = text;
    this.#clock = clock;
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#clock.sleep(periodMs, signal);
        if (await this.#isOther()) throw new Error("content of the proxy server's configuration file was updated");
      }
    } catch (error) {
      if (!isAbort(error, signal)) throw error;
    }
  }

  async #isOther(): Promise<boolean> {
    try {
      return (await readFile(this.#path, 'utf8')) !== this.#text;
    } catch {
      // Gone, or just being replaced: the configuration in use stays until there is another one.
      return false;
    }
  }
}
