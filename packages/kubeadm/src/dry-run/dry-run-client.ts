import {
  type ApiClient,
  type ApiRequest,
  type ApiResponse,
  readBody,
  restClient,
  type Transport,
} from '@typernetes/client';
import { encodeYaml } from '@typernetes/process';
import type { Output } from '../output.ts';

interface StoredObject {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

export interface DryRunClientOptions {
  readonly output: Output;
  /** The server that answers reads; undefined while the cluster does not exist. */
  readonly server?: ApiClient;
  /** Objects by path that the API server and the kubelet would have created at their start. */
  readonly present?: ReadonlyMap<string, object>;
  /** The objects written so far in this run, by path; all clients share it. */
  readonly written: Map<string, object>;
}

/** A client that prints writes instead of sending them; reads return what was written. */
export function dryRunClient(options: DryRunClientOptions): ApiClient {
  return restClient(new DryRunTransport(options));
}

class DryRunTransport implements Transport {
  readonly #options: DryRunClientOptions;
  readonly #written: Map<string, StoredObject>;

  constructor(options: DryRunClientOptions) {
    this.#options = options;
    this.#written = options.written as Map<string, StoredObject>;
  }

  async request(request: ApiRequest): Promise<ApiResponse> {
    const path = decodeURIComponent(request.path.split('?')[0] ?? '');
    const body = typeof request.body === 'string' && request.body !== '' ? parse(request.body) : undefined;
    if (request.method === 'GET') return this.#read(path, request);
    const at = request.method === 'POST' ? `${path}/${body?.metadata?.name ?? ''}` : path;
    if (request.method === 'POST' && (await this.#isThere(at, request))) return failure(409, 'AlreadyExists', at);
    this.#print(request.method, { at, body: request.method === 'DELETE' ? undefined : body });
    if (request.method === 'DELETE') {
      this.#written.delete(at);
      return answer(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
    }
    const stored = request.method === 'PATCH' ? { ...(await this.#current(at, request)), ...body } : (body ?? {});
    this.#written.set(at, stored);
    return answer(request.method === 'POST' ? 201 : 200, stored);
  }

  upgrade(): Promise<never> {
    return Promise.reject(new Error('Cannot upgrade a connection in a dry run'));
  }

  close(): void {
    this.#options.server?.transport.close();
  }

  async #read(path: string, request: ApiRequest): Promise<ApiResponse> {
    const known = this.#written.get(path);
    if (known) return answer(200, known);
    const response = await this.#options.server?.transport.request(request);
    if (response && response.status !== 404) return response;
    const present = this.#options.present?.get(path);
    if (present) return answer(200, present);
    return response ?? failure(404, 'NotFound', path);
  }

  async #isThere(path: string, { signal, headers }: ApiRequest): Promise<boolean> {
    const wanted = { method: 'GET', path, ...(headers ? { headers } : {}), ...(signal ? { signal } : {}) };
    const response = await this.#read(path, wanted);
    await readBody(response);
    return response.status === 200;
  }

  async #current(path: string, request: ApiRequest): Promise<StoredObject> {
    const known = this.#written.get(path) ?? (this.#options.present?.get(path) as StoredObject | undefined);
    if (known || !this.#options.server) return known ?? {};
    return this.#options.server.json<StoredObject>('GET', path, undefined, { signal: request.signal });
  }

  /** Prints in upstream's words, without the values of Secrets. */
  #print(method: string, { at, body }: { at: string; body: StoredObject | undefined }): void {
    const { output } = this.#options;
    const { group, version, namespace, resource, name } = partsOf(at);
    const verb = { POST: 'CREATE', PUT: 'UPDATE', PATCH: 'PATCH', DELETE: 'DELETE' }[method] ?? method;
    output.out(
      `[dryrun] Would perform action ${verb} on resource "${resource}" in API group "${group || 'core'}/${version}"\n`,
    );
    output.out(`[dryrun] Resource name "${name}", namespace "${namespace}"\n`);
    if (!body) return;
    output.out(method === 'PATCH' ? '[dryrun] Attached patch:\n' : '[dryrun] Attached object:\n');
    output.out(`${encodeYaml(resource === 'secrets' ? withheld(body) : body)}\n`);
  }
}

function withheld(secret: StoredObject): StoredObject {
  const data = Object.fromEntries(Object.keys(secret.data ?? {}).map((key) => [key, '<withheld>']));
  return { ...secret, data };
}

/** `/apis/GROUP/VERSION/namespaces/NAMESPACE/RESOURCE/NAME` split into its parts. */
function partsOf(path: string): { group: string; version: string; namespace: string; resource: string; name: string } {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const group = parts[0] === 'apis' ? (parts[1] ?? '') : '';
  const rest = parts.slice(parts[0] === 'apis' ? 2 : 1);
  const [version = '', ...object] = rest;
  const namespaced = object[0] === 'namespaces' && object.length > 2;
  const [resource = '', name = ''] = namespaced ? object.slice(2) : object;
  return { group, version, namespace: namespaced ? (object[1] ?? '') : '', resource, name };
}

function parse(text: string): StoredObject {
  return JSON.parse(text) as StoredObject;
}

function failure(code: number, reason: string, path: string): ApiResponse {
  const message = reason === 'NotFound' ? `"${path}" not found` : `"${path}" already exists`;
  return answer(code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, code, message });
}

function answer(status: number, object: unknown): ApiResponse {
  const bytes = Buffer.from(JSON.stringify(object));
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: (async function* () {
      yield bytes;
    })(),
  };
}
