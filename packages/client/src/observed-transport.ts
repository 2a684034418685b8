import type { Clock } from '@typernetes/base';
import type { ApiRequest, Transport } from './transport.ts';

/** An answered request; `code` is `<error>` when no answer came. */
export interface ObservedRequest {
  readonly method: string;
  readonly host: string;
  readonly code: string;
  /** Until the head of the answer was there. */
  readonly seconds: number;
}

/** A transport that tells `observe` about every request. */
export function observedTransport(
  transport: Transport,
  { host, clock, observe }: { readonly host: string; readonly clock: Clock; observe(request: ObservedRequest): void },
): Transport {
  const watched = async <R>(request: ApiRequest, act: () => Promise<R>, codeOf: (result: R) => number): Promise<R> => {
    const startedAt = clock.monotonic();
    const tell = (code: string): void =>
      observe({ method: request.method, host, code, seconds: (clock.monotonic() - startedAt) / 1000 });
    try {
      const result = await act();
      tell(String(codeOf(result)));
      return result;
    } catch (error) {
      tell('<error>');
      throw error;
    }
  };
  return {
    request: (request) =>
      watched(
        request,
        () => transport.request(request),
        ({ status }) => status,
      ),
    upgrade: (request) =>
      watched(
        request,
        () => transport.upgrade(request),
        () => 101,
      ),
    close: () => transport.close(),
  };
}
