import type { Transport } from '@typernetes/client';

/** A transport whose credentials can be exchanged. */
export interface ReplaceableTransport extends Transport {
  /** Everything from now on goes by `next`; what is under way on the old connections ends with an error and is tried again. */
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
