import type { Clock, Logger, Runnable } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { publishKubernetesEndpoints } from './bootstrap.ts';
import { renewMs, type ServerLeases } from './server-leases.ts';

/** Keeps the endpoints of the Service `kubernetes` equal to the live servers, while this one runs. */
export class KubernetesEndpoints implements Runnable {
  readonly name = 'kubernetes endpoints';
  readonly #leases: ServerLeases;
  readonly #client: Pick<ApiClient, 'resource'>;
  readonly #port: number;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(options: {
    leases: ServerLeases;
    client: Pick<ApiClient, 'resource'>;
    port: number;
    clock: Clock;
    log: Logger;
  }) {
    this.#leases = options.leases;
    this.#client = options.client;
    this.#port = options.port;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  async publish(): Promise<void> {
    await publishKubernetesEndpoints(this.#client, { addresses: await this.#leases.renew(), port: this.#port });
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#clock.sleep(renewMs, signal);
        await this.publish().catch((error: unknown) =>
          this.#log.error('Cannot publish the service "kubernetes"', error),
        );
      }
    } finally {
      await this.#leases
        .release()
        .catch((error: unknown) => this.#log.error('Cannot leave the service "kubernetes"', error));
    }
  }
}
