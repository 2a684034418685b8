import { bytesReply } from '../handlers/reply.ts';
import type { SystemRoute } from '../handlers/system-routes.ts';
import type { PartContext } from './part-context.ts';

/** The keys by which others may verify service account tokens, and where they are found. */
export function issuerRoutes({ config, material }: Pick<PartContext, 'config' | 'material'>): SystemRoute[] {
  const [issuer] = config.serviceAccounts.issuers;
  if (issuer === undefined) return [];
  const discovery = {
    issuer,
    jwks_uri: config.serviceAccounts.jwksUri || `${issuer}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'ES256'],
  };
  return [
    async ({ request }) => {
      if (request.path === '/.well-known/openid-configuration')
        return bytesReply(200, Buffer.from(JSON.stringify(discovery)));
      if (request.path !== '/openid/v1/jwks') return undefined;
      const { keySetOf } = await import('@typernetes/pki');
      const keys = Buffer.from(JSON.stringify(keySetOf(material.serviceAccountKeys)));
      return bytesReply(200, keys, 'application/jwk-set+json');
    },
  ];
}
