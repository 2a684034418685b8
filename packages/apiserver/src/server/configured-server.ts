import { gateStates } from '@typernetes/api/gate-settings';
import { type Clock, type Logger, systemClock } from '@typernetes/base';
import { componentMetrics, createMetrics, type Metrics, type Verbosity } from '@typernetes/process';
import type { Store } from '@typernetes/store';
import type { AuditSink } from '../audit/audit-backend.ts';
import { type SignerMetrics, signerMetrics } from '../authentication/external-signer-metrics.ts';
import { ownKeys, type ServiceAccountKeys } from '../authentication/service-account-keys.ts';
import type { Egress } from '../egress/egress.ts';
import type { CompletedConfig } from '../options/api-server-config.ts';
import { browserRules } from '../options/browser-flags.ts';
import {
  emulatedGates,
  emulatedVersion,
  isOwnRelease,
  minCompatibility,
  versionNames,
} from '../options/effective-version.ts';
import type { ApiServerMaterial } from '../options/material.ts';
import { enabledResources } from '../options/runtime-config.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import type { RequestTracing } from '../tracing/request-spans.ts';
import { type ApiServer, type OtherStore, startApiServer } from './api-server.ts';
import { authorizerChoices } from './authorizers.ts';
import { ConfiguredParts } from './configured-parts.ts';
import { ownPaths } from './own-part.ts';
import { openEncryption } from './shared-store.ts';

export interface ConfiguredServerOptions {
  readonly config: CompletedConfig;
  readonly material: ApiServerMaterial;
  readonly resources: readonly ServedResource[];
  readonly store: Store;
  /** Stores for some resources. */
  readonly otherStores?: readonly OtherStore[];
  readonly log: Logger;
  readonly metrics?: Metrics;
  readonly clock?: Clock;
  /** The verbosity of `log`, which clients may change at `/debug/flags/v` if it is given. */
  readonly verbosity?: Verbosity;
  /** The destination of `--audit-log-path=-`. */
  readonly standardOutput?: AuditSink | undefined;
  /** The proxies of outgoing connections; default: direct connections. */
  readonly egress?: Egress | undefined;
  /** Records spans; default: none. */
  readonly tracing?: RequestTracing | undefined;
}

/** Starts the server that the flags of the program describe, and creates the objects that every cluster has. */
export async function startConfiguredServer(options: ConfiguredServerOptions): Promise<ApiServer> {
  const { config, material, log, tracing, verbosity, clock = systemClock, metrics = createMetrics() } = options;
  const { store, otherStores, encryption } = await openEncryption(options, { clock, metrics });
  const authorizers = await authorizerChoices(config.authorization, config.authorizationModes);
  const gateIsOn = config.featureGates.isOn;
  const accountKeys = await accountKeysOf(config, material, { clock, log, observer: signerMetrics(metrics) });
  const emulated = emulatedVersion(config.versions);
  const resources = enabledResources(options.resources, config.runtimeConfig, {
    gateIsOn,
    ...(isOwnRelease(emulated) ? {} : { emulated, forward: config.versions.forward }),
  });
  componentMetrics(metrics, {
    gates: gateStates(config.featureGates.settings, emulatedGates(config.versions)),
    versions: versionNames(config.versions),
  });
  const parts = new ConfiguredParts({
    ...options,
    plainStore: options.store,
    store,
    otherStores,
    encryption,
    accountKeys,
    authorizers,
    clock,
  });
  const server = await startApiServer({
    store,
    otherStores,
    tracing,
    resources,
    hidden: options.resources.filter((one) => !resources.includes(one)),
    clock,
    log,
    metrics,
    storagePrefix: config.storage.prefix,
    requestTimeoutMs: config.shutdown.graceMs,
    minWatchMs: config.minWatchMs,
    deletionsAtOnce: config.deletionsAtOnce,
    sendsRetryAfter: config.shutdown.sendsRetryAfter,
    browsers: browserRules(config.browsers),
    compactionIntervalMs: config.storage.compactionIntervalMs,
    storeTimeouts: config.storage.timeouts,
    featureEnabled: gateIsOn,
    emulated,
    minCompatibility: minCompatibility(config.versions),
    resettableMetrics: config.profiling,
    listedPaths: ownPaths(config, verbosity),
    parts: (inside) => parts.assemble(inside),
  });
  try {
    await parts.prepareCluster();
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

/** The keys of service account tokens. An external signer must answer before anything is served; its client is only loaded if there is one. */
async function accountKeysOf(
  { serviceAccounts }: CompletedConfig,
  material: ApiServerMaterial,
  deps: { readonly clock: Clock; readonly log: Logger; readonly observer: SignerMetrics },
): Promise<ServiceAccountKeys> {
  const { signingEndpoint: endpoint, maxTokenSeconds = 0 } = serviceAccounts;
  if (endpoint === '') return ownKeys(material);
  const { ExternalSigner } = await import('../authentication/external-signer.ts');
  const signer = await ExternalSigner.open({ endpoint, ...deps });
  if (maxTokenSeconds <= signer.maxSeconds) return signer;
  signer.close();
  throw new Error(
    `service-account-max-token-expiration cannot be set longer than the token expiration supported by service-account-signing-endpoint: ${signer.maxSeconds}s`,
  );
}
