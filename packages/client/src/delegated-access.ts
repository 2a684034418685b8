import { createHash } from 'node:crypto';
import type { TokenReview } from '@typernetes/api/authentication/v1';
import type { ResourceAttributes, SubjectAccessReview } from '@typernetes/api/authorization/v1';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { ApiClient } from './resource-client.ts';

/** The facts about a request to a component's own port. */
export interface DelegatedRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** From a client certificate signed by the component's client CA. */
  readonly certificate?: { readonly name: string; readonly groups: readonly string[] } | undefined;
  /** The user, if an API server forwards the request in its name. */
  readonly requester?: Requester | undefined;
  /** The requested resource, if access is not decided by the path alone. */
  readonly resource?: ResourceAttributes | undefined;
}

/** Whether a request may be answered; `message` is for its sender. */
export interface AccessVerdict {
  readonly status: 200 | 401 | 403 | 500;
  readonly message: string;
}

export interface Requester {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid?: string;
}

export interface DelegatedAccessOptions {
  /** The client for token reviews; without it no token is accepted. Created on first use. */
  readonly authentication?: (() => Pick<ApiClient, 'json'>) | undefined;
  /** The client for access reviews. */
  readonly authorization: () => Pick<ApiClient, 'json'>;
  /** How long answers of the API server are cached, in milliseconds; default: 10 s each. */
  readonly cached?: AnswerTimes | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface AnswerTimes {
  readonly tokenMs: number;
  readonly allowedMs: number;
  readonly deniedMs: number;
}

const usualTimes: AnswerTimes = { tokenMs: 10_000, allowedMs: 10_000, deniedMs: 10_000 };
const mostKnown = 1000;
const anonymous: Requester = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/**
 * Decides who may read what a component serves: the user comes from a client certificate or a token that the API server
 * reviews, and the permission from the cluster's rules for paths. Without either the request is anonymous. Upstream:
 * delegating authentication and authorization.
 */
export class DelegatedAccess {
  readonly #options: DelegatedAccessOptions;
  readonly #known = new Map<string, { readonly value: unknown; readonly until: number }>();

  constructor(options: DelegatedAccessOptions) {
    this.#options = options;
  }

  async check(request: DelegatedRequest): Promise<AccessVerdict> {
    const requester = await this.#requester(request);
    if (!requester) return { status: 401, message: 'Unauthorized' };
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const verb = (request.method ?? 'GET').toLowerCase();
    const { resource } = request;
    const attributes = resource ? { resourceAttributes: resource } : { nonResourceAttributes: { verb, path } };
    try {
      if (await this.#allowed(requester, attributes)) return { status: 200, message: '' };
    } catch (error) {
      this.#options.log.warn('Cannot ask whether a request is allowed', { error: messageOf(error) });
      return { status: 500, message: `Internal Server Error: ${JSON.stringify(path)}: ${messageOf(error)}` };
    }
    const user = JSON.stringify(requester.username);
    if (resource) return { status: 403, message: refusedResource(user, resource) };
    return { status: 403, message: `forbidden: User ${user} cannot ${verb} path ${JSON.stringify(path)}` };
  }

  async #requester({ headers, certificate, requester }: DelegatedRequest): Promise<Requester | undefined> {
    if (requester) return requester;
    if (certificate) {
      return { username: certificate.name, groups: [...certificate.groups, 'system:authenticated'] };
    }
    const token = /^Bearer +(\S+)$/i.exec(String(headers.authorization ?? ''))?.[1];
    if (token === undefined) return anonymous;
    const { authentication, log } = this.#options;
    if (!authentication) return undefined;
    const key = `token ${createHash('sha256').update(token).digest('base64')}`;
    try {
      const { tokenMs } = this.#times;
      return await this.#remembered(
        key,
        () => tokenMs,
        async () => {
          const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
          const path = '/apis/authentication.k8s.io/v1/tokenreviews';
          const { status } = await authentication().json<TokenReview>('POST', path, body);
          if (!status?.authenticated) return undefined;
          const { username = '', groups = [], uid } = status.user ?? {};
          return { username, groups, ...(uid ? { uid } : {}) };
        },
      );
    } catch (error) {
      log.warn('Cannot authenticate a request', { error: messageOf(error) });
      return undefined;
    }
  }

  #allowed(
    requester: Requester,
    attributes: Pick<SubjectAccessReview['spec'], 'resourceAttributes' | 'nonResourceAttributes'>,
  ): Promise<boolean> {
    const { username: user, groups, uid } = requester;
    if (groups.includes('system:masters')) return Promise.resolve(true);
    const { allowedMs, deniedMs } = this.#times;
    const timeOf = (allowed: boolean): number => (allowed ? allowedMs : deniedMs);
    return this.#remembered(JSON.stringify([requester, attributes]), timeOf, async () => {
      const body = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user, groups, ...(uid ? { uid } : {}), ...attributes },
      };
      const reviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
      const { status } = await this.#options.authorization().json<SubjectAccessReview>('POST', reviews, body);
      return status?.allowed === true;
    });
  }

  get #times(): AnswerTimes {
    return this.#options.cached ?? usualTimes;
  }

  async #remembered<T>(key: string, timeOf: (value: T) => number, ask: () => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const known = this.#known.get(key);
    if (known && known.until > clock.monotonic()) return known.value as T;
    const value = await ask();
    if (this.#known.size >= mostKnown) this.#known.clear();
    this.#known.set(key, { value, until: clock.monotonic() + timeOf(value) });
    return value;
  }
}

/** In the words of API servers. */
function refusedResource(user: string, { verb, group = '', resource = '', namespace }: ResourceAttributes): string {
  const place = namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope';
  const what = `resource ${JSON.stringify(resource)} in API group ${JSON.stringify(group)}`;
  return `${group ? `${resource}.${group}` : resource} is forbidden: User ${user} cannot ${verb} ${what} ${place}`;
}
