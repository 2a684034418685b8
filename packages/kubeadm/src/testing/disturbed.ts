import { type ApiClient, type ApiRequest, type ApiResponse, restClient, type Transport } from '@typernetes/client';
import type { HttpAnswer } from '../host.ts';

/**
 * The ways in which a request fails: it does not arrive; it succeeds but the response is lost; it is refused temporarily; there was a conflicting write before;
 * the connection breaks in the middle of the response.
 */
export type Disturbance = 'lost' | 'unanswered' | 'refused' | 'overtaken' | 'cut';

export const disturbances: readonly Disturbance[] = ['lost', 'unanswered', 'refused', 'overtaken', 'cut'];

const broken = (code: string): Error => Object.assign(new Error(`read ${code}`), { code });

/** A client whose requests fail as `next` decides. */
export function disturbedClient(client: ApiClient, next: () => Disturbance | undefined): ApiClient {
  const { transport } = client;
  const saying = (code: number, reason: string): ApiResponse => {
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, code, message: reason };
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(JSON.stringify(status));
    }
    return { status: code, headers: {}, body: body() };
  };
  return restClient({
    request: async (request: ApiRequest): Promise<ApiResponse> => {
      const what = next();
      if (what === 'lost') throw broken('ECONNREFUSED');
      if (what === 'refused') return saying(503, 'ServiceUnavailable');
      if (what === 'overtaken' && request.method === 'PUT') return saying(409, 'Conflict');
      const response = await transport.request(request);
      if (what === 'unanswered') throw broken('ECONNRESET');
      if (what !== 'cut') return response;
      async function* half(): AsyncGenerator<Uint8Array> {
        for await (const chunk of response.body) {
          yield chunk.subarray(0, chunk.length / 2);
          throw broken('ECONNRESET');
        }
      }
      return { ...response, body: half() };
    },
    upgrade: (request) => transport.upgrade(request),
    close: () => transport.close(),
  });
}

/** The same for plain HTTP requests: etcd's gateway, health checks, the cluster's public information. */
export async function disturbedAnswer(what: Disturbance | undefined, answer: () => HttpAnswer): Promise<HttpAnswer> {
  if (what === 'lost') throw broken('ECONNREFUSED');
  if (what === 'refused') return { status: 503, body: '{"message": "etcdserver: request timed out"}' };
  if (what === 'overtaken') return { status: 502, body: '<html>Bad Gateway</html>' };
  const given = answer();
  if (what !== undefined) throw broken('ECONNRESET');
  return given;
}

/** A server that accepts requests and never responds; only the caller can end them. */
export const silentTransport: Transport = {
  request: ({ signal }) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true })),
  upgrade: () => Promise.reject(new Error('Cannot upgrade')),
  close: () => {},
};

/** A server that refuses connections. */
export const absentTransport: Transport = {
  request: () =>
    Promise.reject(Object.assign(new Error('connect ECONNREFUSED 10.0.0.2:6443'), { code: 'ECONNREFUSED' })),
  upgrade: () => Promise.reject(new Error('Cannot upgrade')),
  close: () => {},
};
