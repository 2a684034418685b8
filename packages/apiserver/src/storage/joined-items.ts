import { listedItem } from '../cache/listed-item.ts';
import type { ResourceCache } from '../cache/resource-cache.ts';
import type { ServedForm } from './served-form.ts';

const comma = 0x2c;

/**
 * The items of a complete list, as they stand between the brackets. Kept until the resource changes, so that the lists
 * of many clients that start at once, or poll, cost one copy each instead of one per object.
 */
export class JoinedItems {
  readonly #cache: ResourceCache;
  readonly #form: ServedForm;
  #kept: { readonly keyPrefix: string; readonly revision: number; readonly bytes: Buffer } | undefined;

  constructor(cache: ResourceCache, form: ServedForm) {
    this.#cache = cache;
    this.#form = form;
  }

  /** Of a namespace (its name and a slash) or of all. Shared: never write into it. */
  of(keyPrefix: string): Buffer {
    const revision = this.#cache.lastChange;
    if (this.#kept?.revision !== revision || this.#kept.keyPrefix !== keyPrefix)
      this.#kept = { keyPrefix, revision, bytes: this.#join(keyPrefix) };
    return this.#kept.bytes;
  }

  #join(keyPrefix: string): Buffer {
    const items: Buffer[] = [];
    let length = 0;
    for (const [, cached] of this.#cache.range(keyPrefix)) {
      const item = listedItem(this.#form.of(cached), this.#form.served);
      items.push(item);
      length += item.length + 1;
    }
    const joined = Buffer.allocUnsafeSlow(Math.max(length - 1, 0));
    let at = 0;
    for (const item of items) {
      if (at > 0) joined[at++] = comma;
      joined.set(item, at);
      at += item.length;
    }
    return joined;
  }
}
