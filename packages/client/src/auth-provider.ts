import type { AuthInfo } from '@typernetes/api/clientcmd/v1';
import { ConfigurationError } from './configuration-error.ts';

/** Providers that upstream had, and what it says of them now. */
const removed: Readonly<Record<string, string>> = {
  gcp: `The gcp auth plugin has been removed.
Please use the "gke-gcloud-auth-plugin" kubectl/client-go credential plugin instead.
See https://cloud.google.com/blog/products/containers-kubernetes/kubectl-auth-changes-in-gke for further details`,
  azure: `The azure auth plugin has been removed.
Please use the https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead.
See https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins for further details`,
};

/**
 * With the token that the user's `auth-provider` has, which is `oidc` if it is any: the ID token that its configuration keeps. Throws ConfigurationError with
 * upstream's words for other providers and for one that lacks something.
 */
export function withProvidedToken(user: AuthInfo): AuthInfo {
  const provider = user['auth-provider'];
  if (!provider) return user;
  const { name, config = {} } = provider as { name: string; config?: Readonly<Record<string, string>> | null };
  const gone = removed[name];
  if (gone !== undefined) throw new ConfigurationError(gone);
  if (name !== 'oidc') throw new ConfigurationError(`no Auth Provider found for name ${JSON.stringify(name)}`);
  for (const field of ['idp-issuer-url', 'client-id'])
    if (!config?.[field]) throw new ConfigurationError(`Must provide ${field}`);
  const token = config?.['id-token'];
  if (!token) throw new ConfigurationError('No valid id-token, and cannot refresh without refresh-token');
  return user.token ? user : { ...user, token };
}
