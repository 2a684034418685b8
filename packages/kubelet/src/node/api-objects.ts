import {
  type ClusterTrustBundle,
  clustertrustbundles,
  podcertificaterequests,
} from '@typernetes/api/certificates/v1beta1';
import {
  type ConfigMap,
  configmaps,
  type Node,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type PodCertificateProjection,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  type Secret,
  type ServiceAccount,
  secrets,
  serviceaccounts,
} from '@typernetes/api/core/v1';
import { runtimeclasses } from '@typernetes/api/node/v1';
import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { isForbidden, isNotFound, reasonOf, StatusError, statusCodes } from '@typernetes/machinery';
import { registryCredentials } from '../images/credentials.ts';
import type { PullCredential } from '../images/pulled-images.ts';
import { configMapData, secretData } from '../volumes/payload.ts';
import type { IssuedCertificate, IssuedToken, VolumeSources } from '../volumes/sources.ts';
import { PodCertificates } from './pod-certificates.ts';
import { ServiceAccountTokens } from './service-account-tokens.ts';

/** How long one read is shared: pods of one deployment start together and read the same objects. */
const shareMs = 1000;
/** Longer than the pause between two looks at a pod: what its pods go on asking for is there when the API server is not. */
const keepMs = 300_000;

const podCertificateRequests = '/apis/certificates.k8s.io/v1beta1';

interface Shared<T> {
  readonly atMs: number;
  readonly value: Promise<T>;
}

/** Reads what pods refer to from the API server, for this node's pods only as the node may read nothing else. */
export class ApiObjects implements VolumeSources {
  readonly podsType = pods;
  readonly #client: ApiClient | undefined;
  readonly #clock: Clock;
  readonly #trustBundles: boolean;
  readonly #certificates: PodCertificates | undefined;
  readonly #tokens: ServiceAccountTokens;
  readonly #shared = new Map<string, Shared<unknown>>();

  /**
   * `trustBundles`: whether the API server has ClusterTrustBundles. `certificatesOn`: the node whose pods may have
   * certificates; without it no pod gets any.
   */
  constructor(
    client: ApiClient | undefined,
    clock: Clock,
    options: { readonly trustBundles?: boolean; readonly certificatesOn?: () => Node | undefined } = {},
  ) {
    const { trustBundles = false, certificatesOn: node } = options;
    this.#trustBundles = trustBundles;
    this.#certificates =
      node &&
      new PodCertificates({
        clock,
        node,
        serviceAccount: (namespace, name) => this.serviceAccount(namespace, name),
        create: (namespace, request) =>
          this.#api().json('POST', `${podCertificateRequests}/namespaces/${namespace}/podcertificaterequests`, request),
        read: (namespace, name) => this.#api().resource(podcertificaterequests).get({ namespace, name }),
      });
    this.#client = client;
    this.#clock = clock;
    this.#tokens = new ServiceAccountTokens(clock, (ref, request) =>
      this.#api().resource(serviceaccounts).createSubresource(ref, 'token', request),
    );
  }

  configMap(namespace: string, name: string): Promise<ConfigMap> {
    return this.#share(`configmap/${namespace}/${name}`, () =>
      named('configmap', name, this.#api().resource(configmaps).get({ namespace, name })),
    );
  }

  secret(namespace: string, name: string): Promise<Secret> {
    return this.#share(`secret/${namespace}/${name}`, () =>
      named('secret', name, this.#api().resource(secrets).get({ namespace, name })),
    );
  }

  claim(namespace: string, name: string): Promise<PersistentVolumeClaim> {
    // Read anew each time, so that a pod can start as soon as its claim is bound.
    return this.#share(
      `claim/${namespace}/${name}`,
      () => this.#api().resource(persistentvolumeclaims).get({ namespace, name }),
      0,
    );
  }

  persistentVolume(name: string): Promise<PersistentVolume> {
    return this.#share(`volume/${name}`, () => this.#api().resource(persistentvolumes).get({ name }));
  }

  async trustBundle(name: string): Promise<ClusterTrustBundle> {
    return this.#share(`trustbundle/${name}`, () => this.#bundlesApi().resource(clustertrustbundles).get({ name }));
  }

  async trustBundles(): Promise<readonly ClusterTrustBundle[]> {
    const { items } = await this.#share('trustbundles', () => this.#bundlesApi().resource(clustertrustbundles).list());
    return items;
  }

  async certificate(pod: Pod, volume: string, source: PodCertificateProjection): Promise<IssuedCertificate> {
    if (!this.#certificates) throw new Error('PodCertificate projection is not supported by this kubelet');
    return this.#certificates.get(pod, volume, source);
  }

  serviceAccount(namespace: string, name: string): Promise<ServiceAccount> {
    return this.#share(`serviceaccount/${namespace}/${name}`, () =>
      this.#api().resource(serviceaccounts).get({ namespace, name }),
    );
  }

  token(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<IssuedToken> {
    return this.#tokens.get(pod, audience, expirationSeconds);
  }

  async configMapText(namespace: string, name: string): Promise<Readonly<Record<string, string>> | undefined> {
    return textOf(this.configMap(namespace, name), configMapData);
  }

  async secretText(namespace: string, name: string): Promise<Readonly<Record<string, string>> | undefined> {
    return textOf(this.secret(namespace, name), secretData);
  }

  /** From the pod's imagePullSecrets; secrets that do not exist are skipped. */
  async pullCredentials(pod: Pod, image: string): Promise<readonly PullCredential[]> {
    const names = (pod.spec?.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []);
    if (names.length === 0 || !this.#client) return [];
    const found = await Promise.all(
      names.map((name) =>
        this.secret(pod.metadata.namespace ?? 'default', name).catch((error: unknown) => {
          if (isNotFound(error) || isForbidden(error)) return undefined;
          throw error;
        }),
      ),
    );
    return found.flatMap((secret) => {
      if (!secret) return [];
      const { uid, name, namespace = 'default' } = secret.metadata;
      return registryCredentials(secret, image).map((auth) => ({ auth, secret: { uid, namespace, name } }));
    });
  }

  /** The runtime's handler for the pod's runtime class; '' without one. Rejects when there is no such class. */
  async runtimeHandler({ spec }: Pod): Promise<string> {
    const name = spec?.runtimeClassName;
    if (!name) return '';
    const found = await this.#share(`runtimeclass/${name}`, () => this.#api().resource(runtimeclasses).get({ name }));
    return found.handler;
  }

  #bundlesApi(): ApiClient {
    if (!this.#trustBundles || !this.#client)
      throw new Error('ClusterTrustBundle projection is not supported in static kubelet mode');
    return this.#client;
  }

  #api(): ApiClient {
    if (!this.#client) throw new Error('static pods cannot refer to objects of the API');
    return this.#client;
  }

  #share<T>(key: string, read: () => Promise<T>, forMs = shareMs): Promise<T> {
    const now = this.#clock.monotonic();
    for (const [other, { atMs }] of this.#shared) if (now - atMs > keepMs) this.#shared.delete(other);
    const shared = this.#shared.get(key) as Shared<T> | undefined;
    if (shared && now - shared.atMs < forMs) return shared.value;
    // An unreachable API server must not keep a container from restarting: use the objects as last read.
    const value = read().catch((error: unknown) => {
      if (!shared || hasAnswered(error)) throw error;
      return shared.value;
    });
    this.#shared.set(key, { atMs: now, value });
    value.catch(() => this.#shared.delete(key));
    return value;
  }
}

/**
 * Words a missing object as the kubelet does in events and statuses: `secret "user" not found`, not `secrets`
 * (upstream: secret.NewWatchingSecretManager).
 */
async function named<T>(kind: string, name: string, read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new StatusError('NotFound', `${kind} "${name}" not found`, { cause: error });
  }
}

/** Whether the server gave a final answer, so that asking again would not help. */
function hasAnswered(error: unknown): boolean {
  const reason = reasonOf(error);
  return reason !== undefined && statusCodes[reason] < 500 && reason !== 'TooManyRequests';
}

/** The object's data as text; undefined when the object does not exist. */
async function textOf<T>(
  object: Promise<T>,
  data: (object: T) => ReadonlyMap<string, Buffer>,
): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    return Object.fromEntries([...data(await object)].map(([key, value]) => [key, value.toString()]));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
