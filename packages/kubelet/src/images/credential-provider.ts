import type { Pod, ServiceAccount } from '@typernetes/api/core/v1';
import type { CredentialProvider as Settings } from '@typernetes/api/kubelet.config/v1';
import type { Clock, Logger } from '@typernetes/base';
import { parseDuration } from '@typernetes/process';
import type { AskPlugin, PluginAnswer } from './credential-plugin.ts';
import { matchingCredentials, type RegistryEntries } from './credentials.ts';
import { qualified, repositoryOf } from './image-name.ts';
import { matchesImage } from './match-image.ts';
import type { PullCredential } from './pulled-images.ts';

interface CredentialProviderDeps {
  readonly ask: AskPlugin;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Logger;
  readonly serviceAccount: (namespace: string, name: string) => Promise<ServiceAccount>;
  /** A token of the pod's service account for that audience. */
  readonly token: (pod: Pod, audience: string) => Promise<string>;
}

/** The identity on whose behalf a plugin is called. */
interface Asker {
  readonly account?: { readonly uid: string; readonly namespace: string; readonly name: string };
  readonly token?: string;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Remembered {
  readonly entries: RegistryEntries;
  readonly until: number;
}

/**
 * A program on the machine that provides credentials for registries (upstream: credential provider plugins). Its
 * answers are cached for as long as they say, per image, per registry or globally, and per service account if the
 * plugin gets its tokens. Errors are only logged: the image may be public.
 */
export class CredentialProvider {
  readonly #settings: Settings;
  readonly #deps: CredentialProviderDeps;
  readonly #remembered = new Map<string, Remembered>();
  /** Questions that are under way. */
  readonly #asking = new Map<string, Promise<PluginAnswer>>();

  constructor(settings: Settings, deps: CredentialProviderDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  /**
   * The credentials that match the image, most specific first; none if the plugin does not handle the image or returns
   * nothing.
   */
  async credentials(pod: Pod, image: string): Promise<readonly PullCredential[]> {
    const repository = qualified(repositoryOf(image));
    if (!this.#settings.matchImages.some((pattern) => matchesImage(pattern, repository))) return [];
    try {
      const asker = await this.#asker(pod);
      if (!asker) return [];
      const entries = this.#recall(repository, asker) ?? (await this.#ask(repository, asker));
      const { account: serviceAccount } = asker;
      return matchingCredentials(entries, repository).map((auth) => ({
        auth,
        ...(serviceAccount ? { serviceAccount } : {}),
      }));
    } catch (error) {
      const { name: provider } = this.#settings;
      this.#deps.log.error('Failed getting credential from external registry credential provider', error, { provider });
      return [];
    }
  }

  /**
   * Undefined if the plugin must not be called for this pod: it requires a service account, or annotations on it, that
   * the pod lacks.
   */
  async #asker(pod: Pod): Promise<Asker | undefined> {
    const { tokenAttributes: wants } = this.#settings;
    if (!wants) return { annotations: {} };
    const { serviceAccountName: name = '' } = pod.spec ?? {};
    if (name === '') return wants.requireServiceAccount ? undefined : { annotations: {} };
    const namespace = pod.metadata.namespace ?? 'default';
    const { metadata } = await this.#deps.serviceAccount(namespace, name);
    const all = metadata.annotations ?? {};
    const required = wants.requiredServiceAccountAnnotationKeys ?? [];
    if (required.some((key) => all[key] === undefined)) return undefined;
    const keys = [...required, ...(wants.optionalServiceAccountAnnotationKeys ?? [])];
    return {
      account: { uid: metadata.uid, namespace, name },
      token: await this.#deps.token(pod, wants.serviceAccountTokenAudience),
      annotations: Object.fromEntries(
        keys.flatMap((key) => (all[key] === undefined ? [] : [[key, all[key]] as const])),
      ),
    };
  }

  #recall(repository: string, asker: Asker): RegistryEntries | undefined {
    const now = this.#deps.clock.monotonic();
    for (const [key, { until }] of this.#remembered) if (until < now) this.#remembered.delete(key);
    for (const scope of [repository, registryOf(repository), everything]) {
      const found = this.#remembered.get(this.#keyOf(scope, asker));
      if (found) return found.entries;
    }
    return undefined;
  }

  async #ask(repository: string, asker: Asker): Promise<RegistryEntries> {
    const key = JSON.stringify([repository, asker.token, asker.annotations]);
    const { token: serviceAccountToken, annotations } = asker;
    const running =
      this.#asking.get(key) ??
      this.#deps
        .ask(this.#settings, {
          image: repository,
          ...(serviceAccountToken === undefined ? {} : { serviceAccountToken }),
          ...(Object.keys(annotations).length > 0 ? { serviceAccountAnnotations: annotations } : {}),
        })
        .finally(() => this.#asking.delete(key));
    this.#asking.set(key, running);
    const { cacheKeyType, cacheDuration, auth } = await running;
    const scope = { Image: repository, Registry: registryOf(repository), Global: everything }[cacheKeyType];
    if (scope === undefined)
      throw new Error(`credential provider plugin did not return a valid cacheKeyType: "${cacheKeyType}"`);
    const entries = auth ?? {};
    const keptMs = parseDuration(cacheDuration ?? this.#settings.defaultCacheDuration) ?? 0;
    if (keptMs > 0)
      this.#remembered.set(this.#keyOf(scope, asker), { entries, until: this.#deps.clock.monotonic() + keptMs });
    return entries;
  }

  #keyOf(scope: string, { account, token, annotations }: Asker): string {
    const byToken = this.#settings.tokenAttributes?.cacheType === 'Token';
    return JSON.stringify([scope, account, byToken ? token : undefined, Object.entries(annotations).sort()]);
  }
}

/** No image is called that. */
const everything = ' ';

function registryOf(repository: string): string {
  return repository.split('/')[0] ?? '';
}
