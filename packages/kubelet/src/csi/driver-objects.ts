import { type CSIDriver, csidrivers } from '@typernetes/api/storage/v1';
import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { isNotFound } from '@typernetes/machinery';

const keepMs = 60_000;

/** What the cluster says of storage drivers. */
export class DriverObjects {
  readonly #client: Pick<ApiClient, 'resource'>;
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly at: number; readonly object: CSIDriver | undefined }>();

  constructor(client: Pick<ApiClient, 'resource'>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** As it is now; undefined for a driver without an object. */
  async get(name: string): Promise<CSIDriver | undefined> {
    try {
      return this.#keep(name, await this.#client.resource(csidrivers).get({ name }));
    } catch (error) {
      if (isNotFound(error)) return this.#keep(name, undefined);
      throw error;
    }
  }

  /**
   * As it was a minute ago at most, for every look at a pod that runs: of many only one asks the API server. While that is away, what was
   * last known counts.
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
