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

export interface Patience {
  readonly clock: Clock;
  /** For how long a request is asked again that fails for a reason that passes. */
  readonly timeoutMs: number;
  /** How long to wait before it is asked again; upstream's KubernetesAPICallRetryInterval when nobody says. */
  readonly everyMs?: number;
}

/**
 * For what can be done without, as upstream's GetConfigMapWithShortRetry: the cluster's configuration, where a default or the machine's own files
 * take its place.
 */
export const shortPatience = { timeoutMs: 350, everyMs: 50 } as const;

/** How long a single answer may take. A server that is asked for no more than a few objects and says nothing for this long has lost the question. */
const answerMs = 15_000;

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
  'ERR_STREAM_PREMATURE_CLOSE',
]);

const mayPass = (error: unknown): boolean =>
  /^ERR_HTTP2_/.test(codeOf(error) ?? '') || passingCodes.has(codeOf(error) ?? '');

/**
 * The way to an API server that may be away for a moment, as one that has just come up behind a balancer is: what fails for a reason that passes,
 * or is not answered, is asked again. What has still failed when the time is over says what was asked for, and what to look at.
 *
 * A write whose answer got lost is done twice: whoever creates must be fine with finding its own work there. What was deleted by the first
 * attempt counts as deleted.
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
        cause = error;
      }
      if (clock.monotonic() >= end) throw new Error(whatFailed(asked, timeoutMs), { cause });
      await clock.sleep(everyMs, asked.signal);
    }
  };
  return { request, upgrade: (asked) => transport.upgrade(asked), close: () => transport.close() };
}

/** A client whose requests are patient. */
export const patientClient = (client: ApiClient, patience: Patience): ApiClient =>
  restClient(patientTransport(client.transport, patience));

function whatFailed({ method, path }: ApiRequest, timeoutMs: number): string {
  return `${method} "${path.split('?')[0]}" failed for ${formatDuration(timeoutMs)}, see that the API server runs and can be reached from this machine`;
}

/** One attempt, with all of its answer: half of one would be no use. What is no object comes as it comes. */
async function answered(transport: Transport, asked: ApiRequest, clock: Clock): Promise<ApiResponse> {
  const late = new AbortController();
  const expired = Promise.withResolvers<never>();
  // Of the two that race one is left over: its failure is nobody's, and would end the program as one that is not handled.
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

/** The message of a Status, or what was said instead. */
function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text.slice(0, 200);
  } catch (error) {
    if (error instanceof SyntaxError) return text.trim().slice(0, 200);
    throw error;
  }
}
