import { type Clock, codeOf } from '@typernetes/base';
import {
  type ApiClient,
  type ApiRequest,
  type ApiResponse,
  readBody,
  restClient,
  type Transport,
} from '@typernetes/client';
import { formatDuration } from '@typernetes/process';
import { dialProblem } from '../tls-errors.ts';

export interface Patience {
  readonly clock: Clock;
  /** For how long a request that fails with a transient error is retried. */
  readonly timeoutMs: number;
  /** The pause between attempts; by default upstream's KubernetesAPICallRetryInterval. */
  readonly everyMs?: number;
}

/**
 * For optional reads, as upstream's GetConfigMapWithShortRetry: the cluster's configuration, where a default or the machine's own files
 * take its place.
 */
export const shortPatience = { timeoutMs: 350, everyMs: 50 } as const;

/** The timeout of a single attempt. Requests concern a few objects at most: a server that takes this long will not answer at all. */
const answerMs = 15_000;

const retryMs = 500;

/** The status codes of a server that is starting, overloaded or temporarily without its storage. */
const passingStatuses: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** Error codes of connections that could not be made, or broke. It is unknown then whether the request was carried out. */
const passingCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

const mayPass = (error: unknown): boolean =>
  /^ERR_HTTP2_/.test(codeOf(error) ?? '') || passingCodes.has(codeOf(error) ?? '');

/**
 * A transport to an API server that may be unavailable for a moment, for example one that has just started behind a load balancer. Requests that fail with a transient error,
 * or get no response, are retried. When the time is up the error names the request, and what to check.
 *
 * A write whose response was lost is sent twice: callers that create must accept that their object already exists. An object that the first
 * attempt deleted counts as deleted.
 */
function patientTransport(transport: Transport, { clock, timeoutMs, everyMs = retryMs }: Patience): Transport {
  const request = async (asked: ApiRequest): Promise<ApiResponse> => {
    const end = clock.monotonic() + timeoutMs;
    let isInDoubt = false;
    for (;;) {
      let cause: unknown;
      try {
        const response = await answered(transport, asked, clock);
        if (response.status === 404 && asked.method === 'DELETE' && isInDoubt) return success();
        if (!passingStatuses.has(response.status)) return response;
        const said = Buffer.from(await readBody(response)).toString('utf8');
        cause = new Error(`the server answers ${response.status}: ${messageIn(said)}`);
      } catch (error) {
        if (asked.signal?.aborted || !mayPass(error)) throw error;
        isInDoubt = true;
        const problem = dialProblem(error);
        cause = problem === undefined ? error : new Error(problem);
      }
      if (clock.monotonic() >= end) throw new Error(whatFailed(asked, timeoutMs), { cause });
      await clock.sleep(everyMs, asked.signal);
    }
  };
  return { request, upgrade: (asked) => transport.upgrade(asked), close: () => transport.close() };
}

/** A client that retries its requests. */
export const patientClient = (client: ApiClient, patience: Patience): ApiClient =>
  restClient(patientTransport(client.transport, patience));

function whatFailed({ method, path }: ApiRequest, timeoutMs: number): string {
  return `${method} "${path.split('?')[0]}" failed for ${formatDuration(timeoutMs)}, see that the API server runs and can be reached from this machine`;
}

/** One attempt, including the whole response body. A response that is not an object is returned as it is. */
async function answered(transport: Transport, asked: ApiRequest, clock: Clock): Promise<ApiResponse> {
  const late = new AbortController();
  const expired = Promise.withResolvers<never>();
  // The promise that loses the race may reject later; without a handler that would end the program.
  expired.promise.catch(() => {});
  const cancel = clock.after(answerMs, () => {
    const error = Object.assign(new Error(`no answer within ${formatDuration(answerMs)}`), { code: 'ETIMEDOUT' });
    expired.reject(error);
    late.abort(error);
  });
  const signal = asked.signal ? AbortSignal.any([asked.signal, late.signal]) : late.signal;
  const whole = async (): Promise<ApiResponse> => {
    const response = await transport.request({ ...asked, signal });
    if (!/json|^$/.test(response.headers['content-type'] ?? '')) return response;
    const bytes = await readBody(response);
    return { ...response, body: one(bytes) };
  };
  const answer = whole();
  answer.catch(() => {});
  try {
    return await Promise.race([answer, expired.promise]);
  } finally {
    cancel();
  }
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const success = (): ApiResponse => ({
  status: 200,
  headers: {},
  body: one(Buffer.from(JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' }))),
});

/** The message of a Status, or else the text of the response. */
function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text.slice(0, 200);
  } catch (error) {
    if (error instanceof SyntaxError) return text.trim().slice(0, 200);
    throw error;
  }
}
