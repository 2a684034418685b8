import type { APIService } from '@typernetes/api/apiregistration/v1';
import { StatusError } from '@typernetes/machinery';
import type { ResolveService } from '../admission/webhook/caller.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import { type Backend, dialText, sendTo } from '../tunnel/backend.ts';

/** What this server shows to the servers behind it. */
export interface ProxyClient {
  readonly cert: string;
  readonly key: string;
}

interface ReadOptions {
  readonly signal: AbortSignal;
  readonly accept?: string | undefined;
  readonly optional?: boolean;
}

/** An API server behind a Service, as one APIService describes it. */
export class RemoteServer {
  readonly #apiService: APIService;
  readonly #resolve: ResolveService;
  readonly #tls: NonNullable<Backend['tls']>;

  constructor(apiService: APIService, options: { resolve: ResolveService; client: ProxyClient | undefined }) {
    this.#apiService = apiService;
    this.#resolve = options.resolve;
    const { caBundle, insecureSkipTLSVerify, service } = apiService.spec;
    this.#tls = {
      ...options.client,
      servername: `${service?.name}.${service?.namespace}.svc`,
      verify: !insecureSkipTLSVerify,
      ...(caBundle ? { ca: Buffer.from(caBundle, 'base64').toString() } : {}),
    };
  }

  /** Where a request goes. Throws a ServiceUnavailable when the Service leads nowhere. */
  backend(path: string, headers: Backend['headers'] = {}): Backend {
    const { service } = this.#apiService.spec;
    try {
      const at = this.#resolve(service?.namespace ?? '', service?.name ?? '', service?.port ?? 443);
      return { ...at, path, tls: this.#tls, headers };
    } catch (error) {
      throw new StatusError('ServiceUnavailable', (error as Error).message);
    }
  }

  /** A JSON document; rejects with what went wrong, as conditions show it. */
  read(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#read(path, { signal });
  }

  /** Undefined where the server has no such path, or not in the form that is accepted (default: JSON). */
  readIfAny(path: string, signal: AbortSignal, accept?: string): Promise<unknown> {
    return this.#read(path, { signal, accept, optional: true });
  }

  async #read(path: string, { signal, accept = 'application/json', optional = false }: ReadOptions): Promise<unknown> {
    const backend = this.backend(path, { accept, ...remoteUserHeaders(checker) });
    const url = `https://${backend.host}:${backend.port}${path}`;
    let answer: Awaited<ReturnType<typeof sendTo>>;
    try {
      answer = await sendTo(backend, { method: 'GET', headers: {}, signal });
    } catch (error) {
      throw new Error(
        `failing or missing response from ${url}: Get ${JSON.stringify(url)}: ${dialText(backend, error as Error)}`,
      );
    }
    let text = '';
    for await (const chunk of answer) text += String(chunk);
    if (optional && (answer.statusCode === 404 || answer.statusCode === 406)) return undefined;
    if (answer.statusCode !== 200) {
      throw new Error(`failing or missing response from ${url}: bad status from ${url}: ${answer.statusCode}`);
    }
    return JSON.parse(text);
  }
}

/** As whom this server looks whether the other is there. */
const checker: UserInfo = { username: 'system:kube-aggregator', groups: ['system:masters'] };

/** Who asks, in the headers of a front proxy. */
export function remoteUserHeaders({ username, groups, uid, extra }: UserInfo): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'x-remote-user': username, 'x-remote-group': [...groups] };
  if (uid) headers['x-remote-uid'] = uid;
  for (const [key, values] of Object.entries(extra ?? {})) {
    headers[`x-remote-extra-${encodeURIComponent(key.toLowerCase())}`] = [...values];
  }
  return headers;
}
