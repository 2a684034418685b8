import type { ApiRequest, Transport } from './transport.ts';

/**
 * A transport whose requests end with `signal`, besides signals of their own, so that a stopping program (such as a
 * deposed leader) does not wait for a server that has stopped answering. Closing the underlying transport is up to its
 * owner.
 */
export function boundTransport(transport: Transport, signal: AbortSignal): Transport {
  // A controller hands the same signal to all of its requests: joining it once is enough.
  const joined = new WeakMap<AbortSignal, AbortSignal>();
  const both = (own: AbortSignal): AbortSignal => {
    let one = joined.get(own);
    if (!one) {
      one = AbortSignal.any([own, signal]);
      joined.set(own, one);
    }
    return one;
  };
  const bound = (request: ApiRequest): ApiRequest => ({
    ...request,
    signal: request.signal && request.signal !== signal ? both(request.signal) : signal,
  });
  return {
    request: (request) => transport.request(bound(request)),
    upgrade: (request) => transport.upgrade(bound(request)),
    close: () => {},
  };
}
