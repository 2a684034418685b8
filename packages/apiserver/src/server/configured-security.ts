import { hostname } from 'node:os';
import type { Clock, Logger } from '@typernetes/base';
import type { ApiClient, Informers } from '@typernetes/client';
import type { Metrics } from '@typernetes/process';
import { jwtMetrics } from '../authentication/oidc/jwt-metrics.ts';
import type { ServiceAccountKeys } from '../authentication/service-account-keys.ts';
import type { AuthorizerChoice } from '../authorization/authorizer-choice.ts';
import type { Egress } from '../egress/egress.ts';
import { type ReloadedConfiguration, type ReloadMetrics, reloadMetrics } from '../observers/reload-metrics.ts';
import type { CompletedConfig } from '../options/api-server-config.ts';
import type { ApiServerMaterial } from '../options/material.ts';
import { readChoices } from './authorizers.ts';
import type { ConfigurationReload } from './configuration-reload.ts';
import { serverId } from './identity-lease.ts';
import { legacyUseRecorder } from './legacy-token-use.ts';
import { buildSecurity, type Security } from './security.ts';
import { configuredTokens } from './token-authenticators.ts';

interface ConfiguredSecurityDeps {
  readonly accountKeys: ServiceAccountKeys;
  readonly authorizers: readonly AuthorizerChoice[];
  readonly informers: Informers;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The ways that connections take; all by TCP without it. */
  readonly egress: Egress | undefined;
  /** Acts as the server itself. */
  readonly client: Pick<ApiClient, 'resource'>;
}

/** Authentication and authorization by flags and files, and the files to reload when they change. */
export async function configuredSecurity(
  config: CompletedConfig,
  material: ApiServerMaterial,
  { authorizers, client, accountKeys, ...deps }: ConfiguredSecurityDeps,
): Promise<{ readonly security: Security; readonly reloads: readonly ConfigurationReload[] }> {
  const { serviceAccounts, requestHeader, authentication, authorization } = config;
  const tokens = await configuredTokens(authentication, {
    anonymous: config.anonymous,
    ownIssuers: config.serviceAccounts.issuers,
    clock: deps.clock,
    egress: deps.egress,
    observer: jwtMetrics(deps.metrics, { serverId: serverId(hostname()), clock: deps.clock }),
  });
  const security = buildSecurity(
    {
      clientCa: material.clientCa === undefined ? undefined : () => material.clientCa,
      anonymous: tokens.anonymous,
      bootstrapTokens: config.bootstrapTokens,
      requestHeader:
        requestHeader && material.requestHeaderCa
          ? { ...requestHeader, clientCa: () => material.requestHeaderCa }
          : undefined,
      issuers: serviceAccounts.issuers,
      serviceAccountKeys: accountKeys,
      apiAudiences: serviceAccounts.audiences,
      staticTokens: tokens.staticTokens,
      foreignTokens: tokens.foreignTokens,
      authorizers,
      abacPolicyFile: authorization.policyFile,
      gateIsOn: config.featureGates.isOn,
    },
    { ...deps, dial: deps.egress?.dial('controlplane'), noteLegacyUse: legacyUseRecorder(client, deps.log) },
  );
  const reloads: ConfigurationReload[] = [];
  const { file } = authorization;
  const metricsOf = (what: ReloadedConfiguration): ReloadMetrics =>
    reloadMetrics(deps.metrics, what, { serverId: serverId(hostname()), clock: deps.clock });
  const [ofAuthorization, ofAuthentication] = [metricsOf('authorization'), metricsOf('authentication')];
  if (file !== '')
    reloads.push({
      file,
      reload: async () => security.exchangeAuthorizers(await readChoices(file)),
      observer: ofAuthorization,
    });
  if (authentication.file !== '')
    reloads.push({ file: authentication.file, reload: () => tokens.reload(), observer: ofAuthentication });
  return { security, reloads };
}
