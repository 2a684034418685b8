import { type ApiClient, type ApiRequest, restClient } from '@typernetes/client';
import { type ScriptedAnswer, ScriptedTransport } from '@typernetes/client/testing';

interface Stored {
  metadata: {
    name: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

/** A fake API server with objects by path, with the features that kubeadm needs. */
export class FakeCluster {
  readonly objects = new Map<string, Stored>();
  readonly client: ApiClient = restClient(new ScriptedTransport((request) => this.#answer(request)));

  constructor(objects: Readonly<Record<string, object>> = {}) {
    for (const [path, object] of Object.entries(objects)) this.objects.set(path, object as Stored);
  }

  #answer(request: ApiRequest): ScriptedAnswer {
    const [path = '', query = ''] = request.path.split('?');
    const body = typeof request.body === 'string' ? (JSON.parse(request.body) as Stored) : undefined;
    const at = request.method === 'POST' ? `${path}/${body?.metadata.name}` : decodeURIComponent(path);
    const current = this.objects.get(at);
    switch (request.method) {
      case 'POST':
        return current || !body ? failure(409, 'AlreadyExists', at) : this.#store(at, body);
      case 'PUT':
        return current && body ? this.#store(at, body) : failure(404, 'NotFound', at);
      case 'PATCH':
        return current && body ? this.#store(at, merged(current, body) as Stored) : failure(404, 'NotFound', at);
      case 'DELETE':
        return this.objects.delete(at) ? { json: { kind: 'Status', status: 'Success' } } : failure(404, 'NotFound', at);
      default:
        return current ? { json: current } : this.#list(at, new URLSearchParams(query).get('labelSelector') ?? '');
    }
  }

  /** Jobs complete as soon as they are created. */
  #store(path: string, object: Stored): ScriptedAnswer {
    const done = { conditions: [{ type: 'Complete', status: 'True' }] };
    const stored = path.includes('/jobs/') ? { ...object, status: done } : object;
    this.objects.set(path, stored);
    return { json: stored };
  }

  /** Supports the label selectors `a=b` and `a`, joined by commas. */
  #list(path: string, selector: string): ScriptedAnswer {
    const there = [...this.objects].filter(([key]) => key.slice(0, key.lastIndexOf('/')) === path).map(([, o]) => o);
    const wanted = selector.split(',').filter(Boolean);
    const items = there.filter(({ metadata }) =>
      wanted.every((term) => {
        const [key = '', value] = term.split('=');
        const label = metadata.labels?.[key];
        return value === undefined ? label !== undefined : label === value;
      }),
    );
    return there.length > 0 ? { json: { metadata: {}, items } } : failure(404, 'NotFound', path);
  }
}

function merged(current: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const next: Record<string, unknown> = { ...(current as Record<string, unknown>) };
  for (const [name, value] of Object.entries(patch)) next[name] = merged(next[name], value);
  return next;
}

function failure(code: number, reason: string, path: string): ScriptedAnswer {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, code, message: path };
  return { status: code, json: status };
}
