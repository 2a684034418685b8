import type { APIService } from '@typernetes/api/apiregistration/v1';
import { StatusError } from '@typernetes/machinery';
import type { ResolveService } from '../admission/webhook/caller.ts';
import type { UserInfo } from '../identity/user-info.ts';
import { type Backend, dialText, sendTo } from '../tunnel/backend.ts';
import { caBundleProblem } from '../webhook/ca-bundle.ts';

/** This server's client certificate for aggregated servers. */
export interface ProxyClient {
  readonly cert: string;
  readonly key: string;
}

interface MadeTls {
  readonly client: ProxyClient | undefined;
  readonly verified: NonNullable<Backend['tls']>;
  /** As upstream, the availability probe does not verify the server's certificate: forwarded requests do. */
  readonly unverified: NonNullable<Backend['tls']>;
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
  readonly #client: () => ProxyClient | undefined;
  #made: MadeTls | undefined;
  #bundle: { readonly problem: string | undefined } | undefined;

  constructor(apiService: APIService, options: { resolve: ResolveService; client: () => ProxyClient | undefined }) {
    this.#apiService = apiService;
    this.#resolve = options.resolve;
    this.#client = options.client;
  }

  /** The same object while the certificate is the same, since it is the key of connection pools. */
  get #tls(): MadeTls {
    const client = this.#client();
    if (this.#made && this.#made.client === client) return this.#made;
    const { caBundle, insecureSkipTLSVerify, service } = this.#apiService.spec;
    const verified = {
      ...client,
      servername: `${service?.name}.${service?.namespace}.svc`,
      verify: !insecureSkipTLSVerify,
      ...(caBundle ? { ca: Buffer.from(caBundle, 'base64').toString() } : {}),
    };
    this.#made = { client, verified, unverified: { ...verified, verify: false } };
    return this.#made;
  }

  /** Why no request can be handed on, whether the server is there or not. */
  get unusable(): string | undefined {
    const { caBundle } = this.#apiService.spec;
    if (!caBundle) return undefined;
    this.#bundle ??= { problem: caBundleProblem(caBundle) };
    return this.#bundle.problem;
  }

  /** Where a request goes. Throws a ServiceUnavailable when the Service leads nowhere. */
  backend(path: string, headers: Backend['headers'] = {}): Backend {
    const { service } = this.#apiService.spec;
    try {
      const at = this.#resolve(service?.namespace ?? '', service?.name ?? '', service?.port ?? 443);
      return { ...at, path, tls: this.#tls.verified, headers };
    } catch (error) {
      throw new StatusError('ServiceUnavailable', (error as Error).message);
    }
  }

  /**
   * Whether it answers at all, without verifying its identity; rejects with the error as conditions show it. Every
   * server must have the path.
   */
  async probe(path: string, signal: AbortSignal): Promise<void> {
    const asked = this.backend(path, { accept: '*/*', ...remoteUserHeaders(checker) });
    const backend = { ...asked, tls: this.#tls.unverified };
    const url = urlOf(backend);
    const answer = await sendTo(backend, { method: 'GET', headers: {}, signal }).catch((error: Error) => {
      const why = signal.aborted ? lateText : dialText(backend, error);
      throw new Error(`failing or missing response from ${url}: Get ${JSON.stringify(url)}: ${why}`, { cause: error });
    });
    for await (const _ of answer); // its connection is free for the next request
    const { statusCode = 0 } = answer;
    if (statusCode < 200 || statusCode >= 300)
      throw new Error(`failing or missing response from ${url}: bad status from ${url}: ${statusCode}`);
  }

  /** A JSON document; rejects with what went wrong. */
  read(path: string, signal: AbortSignal): Promise<unknown> {
    return this.#read(path, { signal });
  }

  /** Undefined where the server has no such path, or not in the form that is accepted (default: JSON). */
  readIfAny(path: string, signal: AbortSignal, accept?: string): Promise<unknown> {
    return this.#read(path, { signal, accept, optional: true });
  }

  async #read(path: string, { signal, accept = 'application/json', optional = false }: ReadOptions): Promise<unknown> {
    const backend = this.backend(path, { accept, ...remoteUserHeaders(checker) });
    const url = urlOf(backend);
    const answer = await sendTo(backend, { method: 'GET', headers: {}, signal }).catch((error: Error) => {
      throw new Error(`Get ${JSON.stringify(url)}: ${dialText(backend, error)}`, { cause: error });
    });
    let text = '';
    for await (const chunk of answer) text += String(chunk);
    if (optional && (answer.statusCode === 404 || answer.statusCode === 406)) return undefined;
    if (answer.statusCode !== 200) throw new Error(`bad status from ${url}: ${answer.statusCode}`);
    return JSON.parse(text);
  }
}

const urlOf = ({ host, port, path }: Backend): string =>
  `https://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;

/** Go's error for a timeout. */
const lateText = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';

/** The user of the availability probes. */
const checker: UserInfo = { username: 'system:kube-aggregator', groups: ['system:masters'] };

/** The user, in the headers of a front proxy. */
export function remoteUserHeaders({ username, groups, uid, extra }: UserInfo): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'x-remote-user': username, 'x-remote-group': [...groups] };
  if (uid) headers['x-remote-uid'] = uid;
  for (const [key, values] of Object.entries(extra ?? {})) {
    headers[`x-remote-extra-${encodeURIComponent(key.toLowerCase())}`] = [...values];
  }
  return headers;
}
