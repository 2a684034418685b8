import { type Clock, codeOf } from '@typernetes/base';
import type { ApiRequest, ApiResponse, Transport } from '@typernetes/client';

/** How often upstream asks again (kubeadmconstants.KubernetesAPICallRetryInterval). */
const retryMs = 500;

/** What a server says that is just coming up, has too much to do, or has lost its storage for a moment. */
const passingStatuses: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** Connections that could not be made, or broke: whether the request was done is not known then. */
const passingCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
]);

/**
 * The way to an API server that may be away for a moment, as one that has just come up behind a balancer is: what fails for a reason that passes
 * is asked again until `timeoutMs` after the first attempt. A write whose answer got lost is done twice: whoever writes must be fine with
 * finding its own work there.
 */
export function patientTransport(
  transport: Transport,
  { clock, timeoutMs }: { clock: Clock; timeoutMs: number },
): Transport {
  const request = async (asked: ApiRequest): Promise<ApiResponse> => {
    const end = clock.monotonic() + timeoutMs;
    for (;;) {
      const isLast = clock.monotonic() >= end;
      try {
        const response = await transport.request(asked);
        if (isLast || !passingStatuses.has(response.status)) return response;
        for await (const _ of response.body);
      } catch (error) {
        if (isLast || asked.signal?.aborted || !passingCodes.has(codeOf(error) ?? '')) throw error;
      }
      await clock.sleep(retryMs, asked.signal);
    }
  };
  return { request, upgrade: (asked) => transport.upgrade(asked), close: () => transport.close() };
}
