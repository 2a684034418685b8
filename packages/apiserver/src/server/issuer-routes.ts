import { bytesReply } from '../handlers/reply.ts';
import type { SystemRoute } from '../handlers/system-routes.ts';
import type { Reply } from '../request/server-request.ts';
import type { PartContext } from './part-context.ts';

/**
 * The keys by which others may verify service account tokens, and where they are found: at the server itself unless a flag says where. Of an issuer whose name
 * is no https URL nobody could find them.
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

/** The paths at which they are; none without such an issuer. */
export function issuerPaths({ serviceAccounts }: Pick<PartContext['config'], 'serviceAccounts'>): readonly string[] {
  const [issuer] = serviceAccounts.issuers;
  return issuer !== undefined && isDiscoverable(issuer) ? [configurationPath, keysPath] : [];
}

/** Others may keep it for an hour. */
function cacheable(value: object, contentType?: string): Reply {
  const reply = bytesReply(200, Buffer.from(JSON.stringify(value)), contentType);
  return { ...reply, headers: { ...reply.headers, 'cache-control': 'public, max-age=3600' } };
}

/** An https URL without query and fragment: what OpenID Connect asks of an issuer's name. */
function isDiscoverable(issuer: string): boolean {
  if (!URL.canParse(issuer)) return false;
  const { protocol, search, hash } = new URL(issuer);
  return protocol === 'https:' && search === '' && hash === '';
}
