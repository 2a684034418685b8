import assert from 'node:assert/strict';
import { type ApiResponse, readBody, type Transport } from '@typernetes/client';

/** An object as received over the wire. */
export interface Wire {
  readonly [key: string]: unknown;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: Wire;
}

interface Sent {
  readonly type?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The expected status code; by default any success. */
  readonly status?: number;
}

export const patchTypes = {
  apply: 'application/apply-patch+yaml',
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

/** The value in `object` at a path of keys and indices separated by slashes; undefined if there is none. */
export function at<T = unknown>(object: unknown, path: string): T | undefined {
  let found = object;
  for (const key of path.split('/')) found = (found as Wire | undefined)?.[key];
  return found as T | undefined;
}

export const nameOf = (object: unknown): string => at(object, 'metadata/name') as string;
export const itemsOf = (list: unknown): readonly Wire[] => at(list, 'items') ?? [];

/** Plain JSON requests, as any client makes them, within one namespace. */
export class Conversation {
  readonly transport: Transport;
  readonly namespace: string;

  constructor(transport: Transport, namespace: string) {
    this.transport = transport;
    this.namespace = namespace;
  }

  /** The URL path of a resource (`pods`, `apps/v1/deployments`), or of an object or subresource, in this namespace. */
  here(resource: string, below = ''): string {
    const parts = resource.split('/');
    const plural = parts.pop();
    const root = parts.length ? `/apis/${parts.join('/')}` : '/api/v1';
    return `${root}/namespaces/${this.namespace}/${plural}${below && `/${below}`}`;
  }

  send(method: string, path: string, body?: unknown, sent: Sent = {}): Promise<ApiResponse> {
    const { type = 'application/json', accept = 'application/json', headers } = sent;
    return this.transport.request({
      method,
      path,
      headers: { accept, ...(body === undefined ? {} : { 'content-type': type }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }

  async ask(method: string, path: string, body?: unknown, sent: Sent = {}): Promise<Wire> {
    const response = await this.send(method, path, body, sent);
    const text = Buffer.from(await readBody(response)).toString();
    const expected = sent.status ? response.status === sent.status : response.status < 300;
    assert.ok(expected, `${method} ${path}: ${response.status} ${text.slice(0, 1000)}`);
    return text.startsWith('{') ? JSON.parse(text) : { text };
  }

  get(path: string): Promise<Wire> {
    return this.ask('GET', path);
  }

  create(path: string, object: object): Promise<Wire> {
    return this.ask('POST', path, object, { status: 201 });
  }

  replace(path: string, object: object): Promise<Wire> {
    return this.ask('PUT', path, object);
  }

  patch(path: string, change: object | string, type: keyof typeof patchTypes = 'merge'): Promise<Wire> {
    return this.ask('PATCH', path, change, { type: patchTypes[type] });
  }

  delete(path: string, options?: object): Promise<Wire> {
    return this.ask('DELETE', path, options);
  }

  /** Returns the Status of a rejected request. */
  refused(status: number, method: string, path: string, body?: unknown, sent: Sent = {}): Promise<Wire> {
    return this.ask(method, path, body, { ...sent, status });
  }

  /** The events of a watch, until the caller leaves the loop. */
  async *watch(path: string): AsyncGenerator<WatchEvent> {
    const stop = new AbortController();
    const response = await this.transport.request({
      method: 'GET',
      path,
      headers: { accept: 'application/json' },
      signal: stop.signal,
    });
    let pending = '';
    try {
      for await (const chunk of response.body) {
        const lines = (pending + Buffer.from(chunk).toString()).split('\n');
        pending = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line);
      }
    } finally {
      stop.abort();
    }
  }

  /** The first event of a watch that `wanted` accepts. */
  async seen(path: string, wanted: (event: WatchEvent) => boolean): Promise<WatchEvent> {
    for await (const event of this.watch(path)) if (wanted(event)) return event;
    throw new Error(`The watch of ${path} ended`);
  }
}
