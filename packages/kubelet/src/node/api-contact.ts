import { type Clock, type Logger, messageOf, type Runnable } from '@typernetes/base';
import { type ApiClient, readBody } from '@typernetes/client';

export interface ApiContactDeps extends Pick<ApiClient, 'transport'> {
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * How long to wait after `failures` failed attempts to reach the API server. The API server is often a static pod that
 * this kubelet is just starting, and everything waits for it, so retry often for the first half minute; later its nodes
 * must not overload it.
 */
export const contactWaitMs = (failures: number): number => (failures < 120 ? Math.min(50 * failures, 250) : 5000);

/** Holds back what talks to the API server until the server has answered for the first time, whatever the answer. */
export class ApiContact {
  readonly #deps: ApiContactDeps;
  #first: Promise<void> | undefined;

  constructor(deps: ApiContactDeps) {
    this.#deps = deps;
  }

  /** The same part, begun when the server has answered. */
  after(part: Runnable): Runnable {
    return {
      name: part.name,
      run: async (signal) => {
        this.#first ??= this.#untilAnswer(signal);
        await this.#first;
        if (!signal.aborted) await part.run(signal);
      },
    };
  }

  async #untilAnswer(signal: AbortSignal): Promise<void> {
    const { transport, clock, log } = this.#deps;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await readBody(await transport.request({ method: 'GET', path: '/livez', signal }));
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (failures++ === 0) log.info('Waiting for the API server', { cause: messageOf(error) });
        await clock.sleep(contactWaitMs(failures), signal).catch(() => undefined);
      }
    }
  }
}
