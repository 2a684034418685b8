import type { Clock, TokenBucket } from '@typernetes/base';
import type { Transport } from './transport.ts';

/** Limits the rate of requests by a token bucket; each waits for its turn (upstream: a client's QPS and burst). */
export function limitedTransport(transport: Transport, bucket: TokenBucket, clock: Clock): Transport {
  return {
    request: async (request) => {
      const ms = bucket.reserve();
      if (ms > 0) await clock.sleep(ms, request.signal);
      return transport.request(request);
    },
    upgrade: (request) => transport.upgrade(request),
    close: () => transport.close(),
  };
}
