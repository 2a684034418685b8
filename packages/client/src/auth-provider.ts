import { readFileSync } from 'node:fs';
import type { AuthInfo } from '@typernetes/api/clientcmd/v1';
import type { Clock } from '@typernetes/base';
import { ConfigurationError } from './configuration-error.ts';

/** Providers that upstream has removed, with its message. */
const removed: Readonly<Record<string, string>> = {
  gcp: `The gcp auth plugin has been removed.
Please use the "gke-gcloud-auth-plugin" kubectl/client-go credential plugin instead.
See https://cloud.google.com/blog/products/containers-kubernetes/kubectl-auth-changes-in-gke for further details`,
  azure: `The azure auth plugin has been removed.
Please use the https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead.
See https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins for further details`,
};

/** A provider's state: the strings of its configuration in the kubeconfig. */
export type ProviderConfig = Readonly<Record<string, string>>;

export interface ProviderSurroundings {
  readonly clock: Pick<Clock, 'now'>;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Saves new tokens for the next time. Throws if it cannot. */
  keep(config: ProviderConfig): void;
}

/**
 * The token source of a user's `auth-provider`, which can only be `oidc`; undefined for a user without one. Throws
 * ConfigurationError with upstream's words for other providers and for an incomplete one.
 */
export function tokenSourceOf(user: AuthInfo, of: ProviderSurroundings): (() => Promise<string>) | undefined {
  const provider = user['auth-provider'];
  if (!provider) return undefined;
  const { name, config } = provider as { name: string; config?: ProviderConfig | null };
  const gone = removed[name];
  if (gone !== undefined) throw new ConfigurationError(gone);
  if (name !== 'oidc') throw new ConfigurationError(`no Auth Provider found for name ${JSON.stringify(name)}`);
  for (const field of ['idp-issuer-url', 'client-id'])
    if (!config?.[field]) throw new ConfigurationError(`Must provide ${field}`);
  const authority = authorityOf(config ?? {});
  let source: Promise<() => Promise<string>> | undefined;
  return async () => {
    // Loaded here, since hardly anybody has such a user.
    source ??= import('./oidc-token.ts').then(({ oidcTokens }) => oidcTokens(config ?? {}, { ...of, authority }));
    return (await source)();
  };
}

/** PEM of who has signed the provider's certificate; undefined where the system's authorities have. */
function authorityOf(config: ProviderConfig): string | undefined {
  const data = config['idp-certificate-authority-data'];
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  const file = config['idp-certificate-authority'];
  return file ? readFileSync(file, 'utf8') : undefined;
}
