import type { WebhookClientConfig } from '@typernetes/api/admissionregistration/v1';
import { type Clock, codeOf, messageOf } from '@typernetes/base';
import { type Dial, httpTransport, meaningOf, readBody, type Transport } from '@typernetes/client';
import { parseExactJson, StatusError } from '@typernetes/machinery';
import type { SpanOptions, Tracer } from '@typernetes/process/tracing';
import { certificateText } from '../../tunnel/network-text.ts';
import { caBundleProblem } from '../../webhook/ca-bundle.ts';

/** Resolves a Service to an address. Throws an Error such as `service "x" not found`. */
export type ResolveService = (
  namespace: string,
  name: string,
  port: number,
) => { readonly host: string; readonly port: number; readonly dial?: Dial | undefined };

/** A hook could not be called. `status` is what the client would have got without the hook. */
export class CallError extends Error {
  override readonly name = 'CallError';
}

/** It is not even known how a hook could be asked. */
export class NoClientError extends CallError {}

type CallTracer = Pick<Tracer, 'span' | 'headers'>;

/** The number of connections kept; the least recently used is closed first. */
const maxTransports = 64;

/** Calls hooks over TLS, with keep-alive connections. */
export class WebhookCaller {
  readonly #resolve: ResolveService;
  readonly #clock: Clock;
  readonly #dial: Dial | undefined;
  readonly #tracer: CallTracer | undefined;
  readonly #transports = new Map<string, Transport>();

  /** `dial` connects to hooks at URLs; default: TCP. */
  constructor(options: {
    resolve: ResolveService;
    clock: Clock;
    dial?: Dial | undefined;
    tracer?: CallTracer | undefined;
  }) {
    this.#resolve = options.resolve;
    this.#clock = options.clock;
    this.#dial = options.dial;
    this.#tracer = options.tracer;
  }

  /**
   * Posts a review and resolves to the response. Rejects with a CallError with upstream's message. `span` is the parent
   * span if tracing is on.
   */
  async post(
    client: WebhookClientConfig,
    body: unknown,
    { span, ...limits }: { timeoutMs: number; signal: AbortSignal; span?: () => SpanOptions },
  ): Promise<unknown> {
    const tracer = this.#tracer;
    if (!tracer || !span) return await this.#post(client, body, { ...limits, headers: {} });
    const asked = { name: 'HTTP POST', kind: 'client' as const, attributes: { 'http.request.method': 'POST' } };
    return await tracer.span(span(), () =>
      tracer.span(asked, () => this.#post(client, body, { ...limits, headers: tracer.headers() })),
    );
  }

  async #post(
    client: WebhookClientConfig,
    body: unknown,
    {
      timeoutMs,
      signal,
      headers,
    }: { timeoutMs: number; signal: AbortSignal; headers: Readonly<Record<string, string>> },
  ): Promise<unknown> {
    const target = targetOf(client);
    const timeout = `timeout=${Math.ceil(timeoutMs / 1000)}s`;
    const path = `${target.path}${target.path.includes('?') ? '&' : '?'}${timeout}`;
    const shown = `Post "${target.origin}${path}"`;
    if (timeoutMs <= 0) throw new CallError(`${shown}: context deadline exceeded`);
    const late = new AbortController();
    const cancel = this.#clock.after(timeoutMs, () => late.abort());
    try {
      const transport = this.#transport(client, target);
      const request = {
        method: 'POST',
        path,
        headers: {
          host: new URL(target.origin).host,
          'content-type': 'application/json',
          accept: 'application/json',
          ...headers,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.any([late.signal, signal]),
      };
      const response = await transport.request(request).catch((error: unknown) => {
        // A connection that the other side closed while it lay idle: hooks answer the same question twice.
        if (codeOf(error) !== 'ECONNRESET' || late.signal.aborted || signal.aborted) throw error;
        return transport.request(request);
      });
      const text = Buffer.from(await readBody(response)).toString();
      if (response.status >= 300)
        throw new CallError(statusText(response.status, text, response.headers['content-type']));
      if (text === '') {
        const type = response.headers['content-type'] ?? '';
        throw new CallError(`0-length response with status code: ${response.status} and content type: ${type}`);
      }
      return objectIn(text);
    } catch (error) {
      if (error instanceof CallError) throw error;
      const why = late.signal.aborted
        ? 'context deadline exceeded'
        : signal.aborted
          ? 'context canceled'
          : networkText(error);
      throw new CallError(`${shown}: ${why}`, { cause: error });
    } finally {
      cancel();
    }
  }

  close(): void {
    for (const transport of this.#transports.values()) transport.close();
    this.#transports.clear();
  }

  #transport(client: WebhookClientConfig, target: Target): Transport {
    const { service } = target;
    const at = service ? this.#resolve(service.namespace, service.name, service.port) : undefined;
    const server = at ? `https://${at.host.includes(':') ? `[${at.host}]` : at.host}:${at.port}` : target.origin;
    const key = `${server} ${target.serverName} ${client.caBundle ?? ''}`;
    const known = this.#transports.get(key);
    const problem = client.caBundle && !known ? caBundleProblem(client.caBundle) : undefined;
    if (problem !== undefined) throw new NoClientError(problem);
    const transport =
      known ??
      httpTransport({
        server,
        tls: {
          serverName: target.serverName,
          ...(client.caBundle ? { ca: Buffer.from(client.caBundle, 'base64').toString() } : {}),
        },
        userAgent: 'kube-apiserver-admission',
        dial: at ? at.dial : this.#dial,
        clock: this.#clock,
      });
    this.#transports.delete(key);
    this.#transports.set(key, transport);
    if (this.#transports.size > maxTransports) {
      const [oldest] = this.#transports;
      if (oldest) {
        oldest[1].close();
        this.#transports.delete(oldest[0]);
      }
    }
    return transport;
  }
}

interface Target {
  readonly origin: string;
  readonly path: string;
  readonly serverName: string;
  readonly service?: { readonly namespace: string; readonly name: string; readonly port: number };
}

function targetOf({ url, service }: WebhookClientConfig): Target {
  if (service) {
    const { namespace, name, port = 443, path = '/' } = service;
    const serverName = `${name}.${namespace}.svc`;
    return {
      origin: `https://${serverName}:${port}`,
      path: path || '/',
      serverName,
      service: { namespace, name, port },
    };
  }
  if (!url) throw new NoClientError('webhook configuration must have either service or URL');
  const parsed = new URL(url);
  return {
    origin: parsed.origin,
    path: `${parsed.pathname}${parsed.search}`,
    serverName: parsed.hostname.replace(/^\[|\]$/g, ''),
  };
}

/** The type into which upstream decodes a document's kind. */
const typeMetaInGo =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/**
 * The object in a hook's response; an invalid one is reported as by upstream, which tries text that is not JSON as
 * YAML.
 */
function objectIn(text: string): object {
  let value: unknown = text;
  try {
    value = parseExactJson(text);
  } catch (error) {
    if (/^\s*[[{]/.test(text))
      throw new CallError(`couldn't get version/kind; json parse error: ${messageOf(error)}`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  const what =
    value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  throw new CallError(
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${what} into Go value of type ${typeMetaInGo}`,
  );
}

/** Upstream's error for an unsuccessful response. */
function statusText(status: number, text: string, type = ''): string {
  try {
    const parsed = JSON.parse(text) as { kind?: string; message?: string };
    if (parsed.kind === 'Status' && parsed.message) return parsed.message;
  } catch {
    // Not a Status: the following describes it.
  }
  // The body is shown only if it claims to be text.
  return meaningOf(status, type === '' || type.startsWith('text/') ? text.slice(0, 2048).trim() : '');
}

/** The error of upstream's network library. */
function networkText(error: unknown): string {
  const { address, port } = error as { address?: string; port?: number };
  const at = address === undefined ? '' : ` ${address.includes(':') ? `[${address}]` : address}:${port}`;
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return `dial tcp${at}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `dial tcp${at}: connect: no route to host`;
    case 'ECONNRESET':
      return 'EOF';
    case 'ENOTFOUND':
      return `dial tcp: lookup ${(error as { hostname?: string }).hostname ?? ''}: no such host`;
    default:
      return certificateText(error) ?? messageOf(error);
  }
}

/** The error for a request whose hook could not be called, in upstream's words. */
export function callFailure(hook: string, why: string): StatusError {
  return new StatusError(
    'InternalError',
    `Internal error occurred: failed calling webhook ${JSON.stringify(hook)}: ${why}`,
    {
      details: { causes: [{ message: `failed calling webhook ${JSON.stringify(hook)}: ${why}` }] },
    },
  );
}
