import type { SystemRoute } from '../handlers/system-routes.ts';
import { bytesReply } from '../request/reply.ts';
import type { Reply } from '../request/server-request.ts';
import type { PartContext } from './part-context.ts';

/**
 * The public keys for service account tokens, and the discovery document that says where they are: at the server itself
 * unless a flag says otherwise. If the issuer is not an https URL, nothing is published.
 */
export function issuerRoutes({ config, accountKeys }: Pick<PartContext, 'config' | 'accountKeys'>): SystemRoute[] {
  const [issuer] = config.serviceAccounts.issuers;
  if (issuerPaths(config).length === 0) return [];
  return [
    async ({ request }) => {
      const { path } = request;
      if (path !== configurationPath && path !== keysPath) return undefined;
      const { keySetOf } = await import('@typernetes/pki');
      await accountKeys.fresh?.();
      const keySet = keySetOf(accountKeys.published());
      if (path === keysPath) return cacheable(keySet, 'application/jwk-set+json');
      return cacheable({
        issuer,
        jwks_uri: config.serviceAccounts.jwksUri || `https://${config.externalAddress}${keysPath}`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: [...new Set(keySet.keys.map(({ alg }) => alg))].sort(),
      });
    },
  ];
}

const configurationPath = '/.well-known/openid-configuration';
const keysPath = '/openid/v1/jwks';

/** The paths of these documents; none without such an issuer. */
export function issuerPaths({ serviceAccounts }: Pick<PartContext['config'], 'serviceAccounts'>): readonly string[] {
  const [issuer] = serviceAccounts.issuers;
  return issuer !== undefined && isDiscoverable(issuer) ? [configurationPath, keysPath] : [];
}

/** May be cached for an hour. */
function cacheable(value: object, contentType?: string): Reply {
  const reply = bytesReply(200, Buffer.from(JSON.stringify(value)), contentType);
  return { ...reply, headers: { ...reply.headers, 'cache-control': 'public, max-age=3600' } };
}

/** An https URL without query and fragment, as OpenID Connect requires of an issuer. */
function isDiscoverable(issuer: string): boolean {
  if (!URL.canParse(issuer)) return false;
  const { protocol, search, hash } = new URL(issuer);
  return protocol === 'https:' && search === '' && hash === '';
}
