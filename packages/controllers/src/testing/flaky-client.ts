import type { ApiClient } from '@typernetes/client';
import type { FakeApi } from '@typernetes/client/testing';
import { StatusError } from '@typernetes/machinery';

/** How a request fails: it never arrives, it succeeds and the response is lost, or the server is overloaded. */
export type Disturbance = 'lost' | 'unanswered' | 'refused';

const methods: ReadonlySet<string | symbol> = new Set([
  'get',
  'list',
  'create',
  'update',
  'updateStatus',
  'patch',
  'delete',
  'deleteCollection',
  'createSubresource',
]);

/** A client whose requests fail whenever `next` says so. */
export function flakyClient(api: FakeApi, next: () => Disturbance | undefined): ApiClient {
  const disturbed = async <T>(act: () => Promise<T>): Promise<T> => {
    const what = next();
    if (what === 'lost') throw new Error('connect ECONNREFUSED 127.0.0.1:6443');
    if (what === 'refused') throw new StatusError('TooManyRequests', 'please try again later');
    const answer = await act();
    if (what === 'unanswered') throw new Error('read ECONNRESET');
    return answer;
  };
  const disturbing = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(of, name) {
        const value: unknown = Reflect.get(of, name, of);
        if (typeof value !== 'function') return value;
        const act = (...args: unknown[]): unknown => value.apply(of, args);
        return methods.has(name) ? (...args: unknown[]) => disturbed(async () => act(...args)) : act;
      },
    });
  return {
    transport: api.transport,
    resource: (type) => disturbing(api.resource(type)),
    json: (method, path, body) => disturbed(() => api.json(method, path, body)),
  };
}
