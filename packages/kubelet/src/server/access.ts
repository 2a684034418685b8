import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { TokenReview } from '@typernetes/api/authentication/v1';
import type { SubjectAccessReview } from '@typernetes/api/authorization/v1';
import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';

/** Who asks. */
export interface Requester {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
}

export interface AccessOptions {
  readonly anonymous: boolean;
  readonly tokens: boolean;
  readonly authorization: 'AlwaysAllow' | 'Webhook';
  readonly nodeName: string;
  readonly clock: Clock;
  /** For the reviews. */
  readonly client: Pick<ApiClient, 'json'> | undefined;
}

export interface Verdict {
  readonly status: 200 | 401 | 403;
  readonly message: string;
}

const allowedMs = 5 * 60_000;
const deniedMs = 30_000;

/** Decides who may use the kubelet's server: by client certificate or token, and the cluster's own rules for the node's subresources. */
export class Access {
  readonly #options: AccessOptions;
  readonly #known = new Map<string, { allowed: boolean; until: number }>();

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  async check(request: IncomingMessage): Promise<Verdict> {
    const requester = await this.#authenticate(request);
    if (!requester) return { status: 401, message: 'Unauthorized' };
    const verb = verbOf(request.method ?? 'GET');
    const subresource = subresourceOf(request.url ?? '/');
    if (this.#options.authorization === 'AlwaysAllow' || (await this.#allowed(requester, verb, subresource)))
      return { status: 200, message: '' };
    const message = `Forbidden (user=${requester.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresource}])\n`;
    return { status: 403, message };
  }

  async #authenticate(request: IncomingMessage): Promise<Requester | undefined> {
    const { client, tokens, anonymous } = this.#options;
    const socket = request.socket as TLSSocket;
    if (socket.authorized) {
      const { subject } = socket.getPeerCertificate();
      const [name = ''] = [subject.CN].flat();
      return { name, groups: [...[subject.O ?? []].flat(), 'system:authenticated'] };
    }
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token !== undefined && tokens && client) {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
      const review = await client.json<TokenReview>('POST', '/apis/authentication.k8s.io/v1/tokenreviews', body);
      if (!review.status?.authenticated) return undefined;
      const { username = '', groups = [], uid } = review.status.user ?? {};
      return { name: username, groups, ...(uid ? { uid } : {}) };
    }
    return anonymous && token === undefined
      ? { name: 'system:anonymous', groups: ['system:unauthenticated'] }
      : undefined;
  }

  async #allowed(requester: Requester, verb: string, subresource: string): Promise<boolean> {
    const { client, clock, nodeName } = this.#options;
    if (!client) return false;
    const key = JSON.stringify([requester, verb, subresource]);
    const known = this.#known.get(key);
    if (known && known.until > clock.now()) return known.allowed;
    const review = await client.json<SubjectAccessReview>(
      'POST',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: requester.name,
          groups: requester.groups,
          ...(requester.uid ? { uid: requester.uid } : {}),
          resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: nodeName },
        },
      },
    );
    const allowed = review.status?.allowed ?? false;
    if (this.#known.size > 1000) this.#known.clear();
    this.#known.set(key, { allowed, until: clock.now() + (allowed ? allowedMs : deniedMs) });
    return allowed;
  }
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

export function verbOf(method: string): string {
  return verbs[method] ?? 'get';
}

/** Which of the node's subresources a path belongs to (upstream: NewNodeAuthorizerAttributesGetter). */
export function subresourceOf(url: string): string {
  const first = url.split('?')[0]?.split('/')[1] ?? '';
  if (first === 'stats') return 'stats';
  if (first === 'metrics') return 'metrics';
  if (first === 'logs') return 'log';
  if (first === 'healthz') return 'healthz';
  if (first === 'configz') return 'configz';
  if (first === 'pods') return 'pods';
  return 'proxy';
}
