import type { KeyObject } from 'node:crypto';
import { nodes, persistentvolumes, pods, secrets, serviceaccounts } from '@typernetes/api/core/v1';
import { clusterrolebindings, clusterroles, rolebindings, roles } from '@typernetes/api/rbac/v1';
import { volumeattachments } from '@typernetes/api/storage/v1';
import type { Clock } from '@typernetes/base';
import type { Informers } from '@typernetes/client';
import type { Authenticator } from '../authentication/authenticator.ts';
import { bearerTokenAuthenticator, type TokenAuthenticator } from '../authentication/bearer-token.ts';
import { bootstrapTokenAuthenticator } from '../authentication/bootstrap-token.ts';
import { clientCertificateAuthenticator } from '../authentication/client-certificate.ts';
import { impersonate } from '../authentication/impersonation.ts';
import { type RequestHeaderOptions, requestHeaderAuthenticator } from '../authentication/request-header.ts';
import { type BoundObjects, serviceAccountTokenAuthenticator } from '../authentication/service-account-token.ts';
import { unionAuthenticator } from '../authentication/union.ts';
import type { Authorize, Authorizer } from '../authorization/authorizer.ts';
import { defaultPolicy } from '../authorization/bootstrap-policy/default-objects.ts';
import { alwaysAllow, alwaysDeny, privilegedGroupAuthorizer } from '../authorization/constant.ts';
import { nodeAuthorizer } from '../authorization/node.ts';
import { addNodeReferenceIndexes } from '../authorization/node-references.ts';
import { addSubjectIndexes, type RbacReads, rbacAuthorizer } from '../authorization/rbac.ts';
import { requireAccess, unionAuthorizer } from '../authorization/union.ts';
import type { Authenticate, Impersonate } from '../handlers/chain.ts';

/** Whom the server believes and what it lets them do. */
export interface SecurityConfig {
  readonly clientCa: string | undefined;
  readonly anonymous: boolean;
  readonly bootstrapTokens: boolean;
  readonly requestHeader: Omit<RequestHeaderOptions, 'clock'> | undefined;
  readonly issuers: readonly string[];
  readonly serviceAccountPublicKeys: readonly KeyObject[];
  readonly apiAudiences: readonly string[];
  /** In the order given: `Node`, `RBAC`, `AlwaysAllow`, `AlwaysDeny`. */
  readonly authorizationModes: readonly string[];
}

export interface Security {
  readonly authenticate: Authenticate;
  readonly impersonate: Impersonate;
  readonly authorizers: readonly Authorizer[];
  readonly authorize: Authorize;
  readonly tokens: readonly TokenAuthenticator[];
  readonly reads: RbacReads;
  readonly bound: BoundObjects;
}

export function buildSecurity(config: SecurityConfig, informers: Informers, clock: Clock): Security {
  const bound: BoundObjects = {
    serviceAccounts: informers.for(serviceaccounts).lister,
    pods: informers.for(pods).lister,
    secrets: informers.for(secrets).lister,
    nodes: informers.for(nodes).lister,
  };
  const tokens: TokenAuthenticator[] = [];
  if (config.serviceAccountPublicKeys.length > 0)
    tokens.push(
      serviceAccountTokenAuthenticator({
        ...bound,
        issuers: config.issuers,
        publicKeys: config.serviceAccountPublicKeys,
        apiAudiences: config.apiAudiences,
        clock,
      }),
    );
  if (config.bootstrapTokens) tokens.push(bootstrapTokenAuthenticator({ secrets: bound.secrets, clock }));
  const authenticators: Authenticator[] = [];
  if (config.requestHeader) authenticators.push(requestHeaderAuthenticator({ ...config.requestHeader, clock }));
  if (config.clientCa) authenticators.push(clientCertificateAuthenticator({ clientCa: config.clientCa, clock }));
  if (tokens.length > 0) authenticators.push(bearerTokenAuthenticator(tokens, config.apiAudiences));

  const [roleBindings, clusterRoleBindings] = [informers.for(rolebindings), informers.for(clusterrolebindings)];
  addSubjectIndexes(roleBindings, clusterRoleBindings);
  const reads: RbacReads = {
    roles: informers.for(roles).lister,
    clusterRoles: informers.for(clusterroles).lister,
    roleBindings: roleBindings.lister,
    clusterRoleBindings: clusterRoleBindings.lister,
  };
  const authorizers = [
    privilegedGroupAuthorizer,
    ...config.authorizationModes.map((mode) => authorizerOf(mode, reads, informers)),
  ];
  const authorize = unionAuthorizer(authorizers);
  return {
    authenticate: unionAuthenticator(authenticators, { anonymous: config.anonymous }),
    impersonate: (sender, credentials) => impersonate(sender, credentials, requireAccess(authorize)),
    authorizers,
    authorize,
    tokens,
    reads,
    bound,
  };
}

function authorizerOf(mode: string, reads: RbacReads, informers: Informers): Authorizer {
  switch (mode) {
    case 'RBAC':
      return rbacAuthorizer(reads);
    case 'AlwaysAllow':
      return alwaysAllow;
    case 'AlwaysDeny':
      return alwaysDeny;
    case 'Node': {
      const [podInformer, volumes] = [informers.for(pods), informers.for(persistentvolumes)];
      addNodeReferenceIndexes(podInformer, volumes);
      const rules = defaultPolicy().clusterRoles.find(({ metadata }) => metadata.name === 'system:node')?.rules ?? [];
      return nodeAuthorizer(
        {
          pods: podInformer.lister,
          persistentVolumes: volumes.lister,
          volumeAttachments: informers.for(volumeattachments).lister,
        },
        rules,
      );
    }
    default:
      throw new Error(`unknown authorization mode ${mode} specified`);
  }
}
