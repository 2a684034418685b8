import type { Clock } from '@typernetes/base';
import type { Store } from '@typernetes/store';

/** How often a server renews its key, and after what silence the others consider it gone. */
export const renewMs = 3000;
export const silenceMs = 9000;

interface Seen {
  revision: number;
  at: number;
}

/**
 * The servers that share a store: each renews a key named after its address, outside of the served objects. Clocks are
 * never compared: a server is gone when its key has not changed for {@link silenceMs} of the observer's time.
 */
export class ServerLeases {
  readonly #store: Pick<Store, 'get' | 'list' | 'commit'>;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #own: string;
  readonly #seen = new Map<string, Seen>();

  /** `prefix` is that of the objects' keys: several clusters may share one etcd. */
  constructor(options: {
    store: Pick<Store, 'get' | 'list' | 'commit'>;
    clock: Clock;
    prefix: string;
    address: string;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#prefix = `/typernetes${options.prefix}/api-servers/`;
    this.#own = `${this.#prefix}${options.address}`;
  }

  /** Renews this server's key; resolves to the addresses of all live servers, sorted. Removes those that are gone. */
  async renew(): Promise<string[]> {
    const current = await this.#store.get(this.#own);
    await this.#commit(this.#own, Buffer.from(String(this.#clock.now())), current?.modRevision ?? 0);
    const { objects } = await this.#store.list(this.#prefix);
    const now = this.#clock.monotonic();
    const there: string[] = [];
    for (const { key, modRevision } of objects) {
      const seen = this.#seen.get(key);
      if (seen?.revision !== modRevision) this.#seen.set(key, { revision: modRevision, at: now });
      else if (now - seen.at >= silenceMs && key !== this.#own) {
        await this.#commit(key, undefined, modRevision);
        this.#seen.delete(key);
        continue;
      }
      there.push(key.slice(this.#prefix.length));
    }
    return there.sort();
  }

  /** A server that stops in order does not wait to be missed. */
  async release(): Promise<void> {
    const current = await this.#store.get(this.#own);
    if (current) await this.#commit(this.#own, undefined, current.modRevision);
  }

  /** A conflict is fine: another server did the same, or ours was considered gone and returns next time. */
  async #commit(key: string, value: Uint8Array | undefined, expectedRevision: number): Promise<void> {
    await this.#store.commit({ key, value, expectedRevision });
  }
}
