import type { Clock } from '@typernetes/base';
import type { ApiRequest, ApiResponse, Transport } from './transport.ts';

/** An answered request; `code` is `<error>` when no answer came. */
export interface ObservedRequest {
  readonly method: string;
  readonly host: string;
  readonly code: string;
  /** Until the head of the answer was there. */
  readonly seconds: number;
  /** The size of the request body. */
  readonly requestBytes: number;
  /** The size of the response body, if its head has it: that of a watch has none. */
  readonly responseBytes: number | undefined;
}

/** A transport that calls `observe` for every request. */
export function observedTransport(
  transport: Transport,
  { host, clock, observe }: { readonly host: string; readonly clock: Clock; observe(request: ObservedRequest): void },
): Transport {
  const watched = async <R extends Pick<ApiResponse, 'headers'>>(
    request: ApiRequest,
    act: () => Promise<R>,
    codeOf: (result: R) => number,
  ): Promise<R> => {
    const startedAt = clock.monotonic();
    const { method, body = '' } = request;
    const report = (code: string, result?: R): void => {
      const length = result?.headers['content-length'];
      observe({
        method,
        host,
        code,
        seconds: (clock.monotonic() - startedAt) / 1000,
        requestBytes: typeof body === 'string' ? Buffer.byteLength(body) : body.length,
        responseBytes: length === undefined ? undefined : Number(length),
      });
    };
    try {
      const result = await act();
      report(String(codeOf(result)), result);
      return result;
    } catch (error) {
      report('<error>');
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
