import { nodes, pods, type Secret, secrets, serviceaccounts } from '@typernetes/api/core/v1';
import { clusterrolebindings, clusterroles, rolebindings, roles } from '@typernetes/api/rbac/v1';
import type { Clock, Logger } from '@typernetes/base';
import type { Dial, Informers } from '@typernetes/client';
import type { Metrics } from '@typernetes/process';
import type { Authenticator } from '../authentication/authenticator.ts';
import { bearerTokenAuthenticator, type TokenAuthenticator } from '../authentication/bearer-token.ts';
import { bootstrapTokenAuthenticator } from '../authentication/bootstrap-token.ts';
import { clientCertificateAuthenticator } from '../authentication/client-certificate.ts';
import { clientCertificateMetrics } from '../authentication/client-certificate-metrics.ts';
import { type Impersonate, impersonator } from '../authentication/impersonation.ts';
import { type RequestHeaderOptions, requestHeaderAuthenticator } from '../authentication/request-header.ts';
import type { ServiceAccountKeys } from '../authentication/service-account-keys.ts';
import { type BoundObjects, serviceAccountTokenAuthenticator } from '../authentication/service-account-token.ts';
import { serviceAccountTokenMetrics } from '../authentication/service-account-token-metrics.ts';
import { unionAuthenticator } from '../authentication/union.ts';
import type { Authorize, Authorizer } from '../authorization/authorizer.ts';
import type { AuthorizerChoice } from '../authorization/authorizer-choice.ts';
import { privilegedGroupAuthorizer } from '../authorization/constant.ts';
import { addSubjectIndexes, type RbacReads } from '../authorization/rbac.ts';
import { requireAccess, unionAuthorizer } from '../authorization/union.ts';
import type { Authenticate } from '../handlers/chain.ts';
import { type ExchangeableAuthorizers, exchangeableAuthorizers } from './authorizers.ts';

/** The configuration of authentication and authorization. */
interface SecurityConfig {
  /** Undefined: client certificates are ignored. */
  readonly clientCa: (() => string | undefined) | undefined;
  /** Whether a request without credentials to a path is `system:anonymous`. */
  readonly anonymous: (path: string) => boolean;
  readonly bootstrapTokens: boolean;
  readonly requestHeader: Omit<RequestHeaderOptions, 'clock'> | undefined;
  readonly issuers: readonly string[];
  readonly serviceAccountKeys: ServiceAccountKeys;
  readonly apiAudiences: readonly string[];
  /** Tokens of a file: asked before all others. */
  readonly staticTokens: readonly TokenAuthenticator[];
  /** Tokens of others: asked after all others. */
  readonly foreignTokens: readonly TokenAuthenticator[];
  /** In the order given. */
  readonly authorizers: readonly AuthorizerChoice[];
  /** For authorizers of type ABAC. */
  readonly abacPolicyFile: string;
  /** Tells which default-off features are on; default: none. */
  readonly gateIsOn?: (gate: string) => boolean;
}

export interface Security {
  readonly authenticate: Authenticate;
  readonly impersonate: Impersonate;
  readonly authorizers: readonly Authorizer[];
  readonly authorize: Authorize;
  readonly tokens: readonly TokenAuthenticator[];
  readonly reads: RbacReads;
  readonly bound: BoundObjects;
  readonly exchangeAuthorizers: ExchangeableAuthorizers['exchange'];
}

interface SecurityDeps {
  readonly informers: Informers;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Connects to authorization webhooks; default: TCP. */
  readonly dial?: Dial | undefined;
  /** Called on the first use of a legacy token on a day (`2026-01-31`). */
  readonly noteLegacyUse: (secret: Secret, day: string) => void;
}

export function buildSecurity(config: SecurityConfig, deps: SecurityDeps): Security {
  const { informers, clock, log } = deps;
  const bound: BoundObjects = {
    serviceAccounts: informers.for(serviceaccounts).lister,
    pods: informers.for(pods).lister,
    secrets: informers.for(secrets).lister,
    nodes: informers.for(nodes).lister,
  };
  const tokens: TokenAuthenticator[] = [...config.staticTokens];
  if (config.serviceAccountKeys.verifying().length > 0)
    tokens.push(
      serviceAccountTokenAuthenticator({
        ...bound,
        issuers: config.issuers,
        keys: config.serviceAccountKeys,
        apiAudiences: config.apiAudiences,
        clock,
        uses: serviceAccountTokenMetrics(deps.metrics),
        noteLegacyUse: deps.noteLegacyUse,
      }),
    );
  if (config.bootstrapTokens) tokens.push(bootstrapTokenAuthenticator({ secrets: bound.secrets, clock }));
  tokens.push(...config.foreignTokens);
  const shown = clientCertificateMetrics(deps.metrics);
  const authenticators: Authenticator[] = [];
  if (config.requestHeader) authenticators.push(requestHeaderAuthenticator({ ...config.requestHeader, clock }));
  if (config.clientCa)
    authenticators.push(
      clientCertificateAuthenticator({
        clientCa: config.clientCa,
        clock,
        shown,
      }),
    );
  if (tokens.length > 0) authenticators.push(bearerTokenAuthenticator(tokens, config.apiAudiences));

  const [roleBindings, clusterRoleBindings] = [informers.for(rolebindings), informers.for(clusterrolebindings)];
  addSubjectIndexes(roleBindings, clusterRoleBindings);
  const reads: RbacReads = {
    roles: informers.for(roles).lister,
    clusterRoles: informers.for(clusterroles).lister,
    roleBindings: roleBindings.lister,
    clusterRoleBindings: clusterRoleBindings.lister,
  };
  const configured = exchangeableAuthorizers(config.authorizers, config.abacPolicyFile, {
    reads,
    informers,
    clock,
    log,
    gateIsOn: config.gateIsOn ?? (() => false),
    metrics: deps.metrics,
  });
  const authorizers = [privilegedGroupAuthorizer, configured.authorizer];
  const authorize = unionAuthorizer(authorizers);
  return {
    authenticate: unionAuthenticator(authenticators, { anonymous: config.anonymous }),
    impersonate: impersonator(requireAccess(authorize), {
      constrained: config.gateIsOn?.('ConstrainedImpersonation') ?? true,
    }),
    authorizers,
    authorize,
    tokens,
    reads,
    bound,
    exchangeAuthorizers: configured.exchange,
  };
}
