import type { Clock } from '@typernetes/base';
import { type HttpTransportOptions, httpTransport } from './http-transport.ts';
import { type ObservedRequest, observedTransport } from './observed-transport.ts';
import type { ApiClient } from './resource-client.ts';
import { restClient } from './rest-client.ts';

/** The client of a component, which calls `observe` for each request. */
export function observedClient(
  options: HttpTransportOptions,
  { clock, observe }: { readonly clock: Clock; observe(request: ObservedRequest): void },
): ApiClient {
  const { host } = new URL(options.server);
  return restClient(observedTransport(httpTransport(options), { host, clock, observe }));
}
