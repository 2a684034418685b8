import { type CSIDriver, csidrivers } from '@typernetes/api/storage/v1';
import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';

const keepMs = 60_000;

/** Reads CSIDriver objects. */
export class DriverObjects {
  readonly #client: Pick<ApiClient, 'resource'>;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly at: number; readonly object: CSIDriver | undefined }>();

  constructor(client: Pick<ApiClient, 'resource'>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** The current object; undefined when the driver has none. */
  async get(name: string): Promise<CSIDriver | undefined> {
    try {
      return this.#keep(name, await this.#client.resource(csidrivers).get({ name }));
    } catch (error) {
      if (isNotFound(error)) return this.#keep(name, undefined);
      throw error;
    }
  }

  /**
   * The object as of a minute ago at most, for the regular rounds of running pods: one API request serves them all.
   * While the API server is unreachable, returns what was last read.
   */
  async recent(name: string): Promise<CSIDriver | undefined> {
    const known = this.#known.get(name);
    if (known && this.#clock.monotonic() - known.at < keepMs) return known.object;
    try {
      return await this.get(name);
    } catch (error) {
      if (known) return known.object;
      throw error;
    }
  }

  #keep(name: string, object: CSIDriver | undefined): CSIDriver | undefined {
    this.#known.set(name, { at: this.#clock.monotonic(), object });
    return object;
  }
}
