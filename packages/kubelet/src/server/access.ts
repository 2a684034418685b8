import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { TokenReview } from '@typernetes/api/authentication/v1';
import type { SubjectAccessReview } from '@typernetes/api/authorization/v1';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';

/** The user of a request. */
interface Requester {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
}

export interface AccessOptions {
  readonly anonymous: boolean;
  readonly tokens: boolean;
  readonly authorization: 'AlwaysAllow' | 'Webhook';
  readonly nodeName: string;
  /** How long answers are cached. */
  readonly tokenTtlMs: number;
  readonly allowedTtlMs: number;
  readonly deniedTtlMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** For token and access reviews. */
  readonly client: Pick<ApiClient, 'json'> | undefined;
}

interface Verdict {
  readonly status: 200 | 401 | 403 | 500;
  readonly message: string;
}

/** Decides who may use the kubelet's server: by client certificate or token, and the cluster's own rules for the node's subresources. */
export class Access {
  readonly #options: AccessOptions;
  readonly #verdicts = new Map<string, { readonly allowed: boolean; readonly until: number }>();
  readonly #tokens = new Map<string, { readonly requester: Requester; readonly until: number }>();

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  async check(request: IncomingMessage): Promise<Verdict> {
    const requester = await this.#authenticate(request);
    if (!requester) return { status: 401, message: 'Unauthorized' };
    if (this.#options.authorization === 'AlwaysAllow') return { status: 200, message: '' };
    const verb = verbOf(request.method ?? 'GET');
    const subresources = subresourcesOf(request.url ?? '/');
    const about = `user=${requester.name}, verb=${verb}, resource=nodes`;
    for (const subresource of subresources) {
      try {
        if (await this.#allowed(requester, verb, subresource)) return { status: 200, message: '' };
      } catch (error) {
        this.#options.log.warn('Cannot ask whether a request is allowed', { error: messageOf(error) });
        return { status: 500, message: `Authorization error (${about}, subresource=${subresource})` };
      }
    }
    return { status: 403, message: `Forbidden (${about}, subresource(s)=[${subresources.join(' ')}])\n` };
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
    if (token !== undefined && tokens && client) return this.#reviewed(token, client);
    return anonymous && token === undefined
      ? { name: 'system:anonymous', groups: ['system:unauthenticated'] }
      : undefined;
  }

  /** The user of a token; undefined if the token is invalid or cannot be checked. */
  async #reviewed(token: string, client: Pick<ApiClient, 'json'>): Promise<Requester | undefined> {
    const { clock, tokenTtlMs, log } = this.#options;
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#tokens.get(key);
    if (known && known.until > clock.monotonic()) return known.requester;
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
    let review: TokenReview;
    try {
      review = await client.json<TokenReview>('POST', '/apis/authentication.k8s.io/v1/tokenreviews', body);
    } catch (error) {
      log.warn('Cannot authenticate a request', { error: messageOf(error) });
      return undefined;
    }
    if (!review.status?.authenticated) return undefined;
    const { username = '', groups = [], uid } = review.status.user ?? {};
    const requester = { name: username, groups, ...(uid ? { uid } : {}) };
    if (this.#tokens.size > mostKnown) this.#tokens.clear();
    this.#tokens.set(key, { requester, until: clock.monotonic() + tokenTtlMs });
    return requester;
  }

  async #allowed(requester: Requester, verb: string, subresource: string): Promise<boolean> {
    const { client, clock, nodeName, allowedTtlMs, deniedTtlMs } = this.#options;
    if (!client) return false;
    const key = JSON.stringify([requester, verb, subresource]);
    const known = this.#verdicts.get(key);
    if (known && known.until > clock.monotonic()) return known.allowed;
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
    if (this.#verdicts.size > mostKnown) this.#verdicts.clear();
    this.#verdicts.set(key, { allowed, until: clock.monotonic() + (allowed ? allowedTtlMs : deniedTtlMs) });
    return allowed;
  }
}

/** Verdicts and tokens that are remembered at a time. */
const mostKnown = 1000;

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Other methods have none: only who may do everything may use them. */
const verbOf = (method: string): string => verbs[method] ?? '';

/**
 * The node's subresources that a path belongs to: permission for any of them is enough. Read-only paths have their own
 * subresource beside `proxy`, which allows everything (upstream: NewNodeAuthorizerAttributesGetter).
 */
export function subresourcesOf(url: string): readonly string[] {
  const first = url.split('?')[0]?.split('/')[1] ?? '';
  switch (first) {
    case 'stats':
    case 'metrics':
    case 'checkpoint':
      return [first];
    case 'statusz':
      return [first];
    case 'flagz':
      return ['configz'];
    case 'logs':
      return ['log'];
    case 'healthz':
    case 'configz':
      return [first, 'proxy'];
    case 'pods':
    case 'runningpods':
      return ['pods', 'proxy'];
    default:
      return ['proxy'];
  }
}
