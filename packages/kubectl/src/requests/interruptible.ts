import type { Transport } from '@typernetes/client';

/**
 * A transport whose requests under way are cut when the program is told to end, so that a server that does not answer holds nobody up: upstream's process
 * is gone at once. Requests with a signal of their own are their command's affair, and what a command asks for afterwards, to tidy up, is asked.
 */
export function interruptibleTransport(transport: Transport, stop: AbortSignal): Transport {
  return {
    ...transport,
    request: (request) => transport.request(request.signal || stop.aborted ? request : { ...request, signal: stop }),
    upgrade: (request) => transport.upgrade(request.signal || stop.aborted ? request : { ...request, signal: stop }),
  };
}
