import type { Transport } from '@typernetes/client';

/** A transport whose credentials can be replaced. */
export interface ReplaceableTransport extends Transport {
  /** Sends all further requests through `next`. Requests in flight on the old connections fail and are retried. */
  replace(next: Transport): void;
}

export function replaceableTransport(first: Transport): ReplaceableTransport {
  let current = first;
  return {
    request: (request) => current.request(request),
    upgrade: (request) => current.upgrade(request),
    close: () => current.close(),
    replace: (next) => {
      const old = current;
      current = next;
      old.close();
    },
  };
}
