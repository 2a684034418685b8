import { gateStates } from '@typernetes/api/gate-settings';
import { type Clock, type Logger, systemClock, systemRandom } from '@typernetes/base';
import { restClient } from '@typernetes/client';
import { componentMetrics, createMetrics, type Metrics, type Verbosity } from '@typernetes/process';
import type { Store } from '@typernetes/store';
import type { AuditSink } from '../audit/audit-backend.ts';
import { type SignerMetrics, signerMetrics } from '../authentication/external-signer-metrics.ts';
import { ownKeys, type ServiceAccountKeys } from '../authentication/service-account-keys.ts';
import type { Egress } from '../egress/egress.ts';
import { componentRoute, profileRoute } from '../handlers/component-routes.ts';
import { debugFlagsRoute, logsRoute } from '../handlers/debug-routes.ts';
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
import { bindingsAnswer } from '../registry-handlers/binding-handler.ts';
import { subresourceHandlers } from '../registry-handlers/subresource-handlers.ts';
import { cacheInformers } from '../storage/cache-informers.ts';
import type { RequestTracing } from '../tracing/request-spans.ts';
import { admissionPart } from './admission-part.ts';
import { type ApiServer, loopbackUser, type OtherStore, startApiServer } from './api-server.ts';
import { auditPart } from './audit-part.ts';
import { authorizerChoices } from './authorizers.ts';
import { ClusterBootstrap } from './cluster-bootstrap.ts';
import { componentStatuses, defaultProbes } from './component-statuses.ts';
import { extensionsPart } from './extensions-part.ts';
import { flowControlPart } from './flow-control.ts';
import { issuerPaths, issuerRoutes } from './issuer-routes.ts';
import { mergeParts } from './merge-parts.ts';
import type { PartContext } from './part-context.ts';
import { securityPart } from './security-part.ts';
import { ServerLeases } from './server-leases.ts';
import { resolverOver } from './service-resolver.ts';
import { openEncryption, StoreSharing } from './shared-store.ts';
import { storePart } from './store-part.ts';

export interface ConfiguredServerOptions {
  readonly config: CompletedConfig;
  readonly material: ApiServerMaterial;
  readonly resources: readonly ServedResource[];
  readonly store: Store;
  /** Those that keep some resources instead. */
  readonly otherStores?: readonly OtherStore[];
  readonly log: Logger;
  readonly metrics?: Metrics;
  readonly clock?: Clock;
  /** How much `log` says; clients may change it where it is given. */
  readonly verbosity?: Verbosity;
  /** Where `--audit-log-path=-` leads. */
  readonly standardOutput?: AuditSink | undefined;
  /** The ways that connections take; all by TCP without it. */
  readonly egress?: Egress | undefined;
  /** Says in spans what the server does; nothing is said without it. */
  readonly tracing?: RequestTracing | undefined;
}

/** The server that the program's flags describe, with everything that a cluster has from its first moment. */
export async function startConfiguredServer(options: ConfiguredServerOptions): Promise<ApiServer> {
  const { config, material, log, egress, tracing, clock = systemClock, metrics = createMetrics() } = options;
  const { store, otherStores, encryption } = await openEncryption(options, { clock, metrics });
  const authorizers = await authorizerChoices(config.authorization, config.authorizationModes);
  const gateIsOn = config.featureGates.isOn;
  const accountKeys = await accountKeysOf(config, material, { clock, log, told: signerMetrics(metrics) });
  const emulated = emulatedVersion(config.versions);
  const resources = enabledResources(options.resources, config.runtimeConfig, {
    gateIsOn,
    ...(isOwnRelease(emulated) ? {} : { emulated, forward: config.versions.forward }),
  });
  componentMetrics(metrics, {
    gates: gateStates(config.featureGates.settings, emulatedGates(config.versions)),
    versions: versionNames(config.versions),
  });
  const made: { sharing?: StoreSharing; bootstrap?: ClusterBootstrap } = {};
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
    listedPaths: [
      ...issuerPaths(config),
      ...(options.verbosity && config.profiling ? ['/debug/flags', '/debug/flags/v'] : []),
      ...(config.servesLogs ? ['/logs'] : []),
    ],
    parts: async (inside) => {
      const informers = cacheInformers((type) => inside.router.storageOf(type));
      const client = restClient(inside.transport(loopbackUser));
      const resolve = resolverOver(informers, {
        toEndpoints: config.routesToEndpoints,
        own: { host: loopbackOf(config.bindAddress), port: config.securePort },
        random: systemRandom,
        dial: egress?.dial('cluster'),
      });
      const context: PartContext = {
        config,
        material,
        accountKeys,
        inside,
        informers,
        client,
        resolve,
        egress,
        tracer: tracing?.tracer,
        authorizers,
        clock,
        log,
      };
      made.sharing = new StoreSharing(options, inside, { clock, encryption });
      made.bootstrap = new ClusterBootstrap(context, serverLeases(config, store, clock));
      const { security, parts: securityParts } = await securityPart(context);
      return mergeParts([
        securityParts,
        await extensionsPart(inside, {
          informers,
          resolve,
          dial: egress?.dial('controlplane'),
          tracer: tracing?.tracer,
          clock,
          log,
          proxyClient: material.proxyClient,
          serverAddress: config.externalAddress,
          rejectForwardedRedirects: config.rejectForwardedRedirects,
        }),
        admissionPart(context, security),
        auditPart(context, options.standardOutput),
        flowControlPart(context),
        made.sharing.parts,
        made.bootstrap.parts,
        storePart(options.store, { config: config.storage }),
        {
          answers: new Map([
            ['componentstatuses', componentStatuses(defaultProbes([store, ...otherStores.map((one) => one.store)]))],
            ['bindings', bindingsAnswer(inside.router)],
          ]),
          subresources: subresourceHandlers({
            config,
            material,
            accountKeys,
            bound: security.bound,
            clock,
            random: systemRandom,
            router: inside.router,
            metrics,
            dial: egress?.dial('cluster'),
          }),
          routes: [
            componentRoute({
              name: 'kube-apiserver',
              flags: config.flags,
              emulated,
              clock,
            }),
            ...issuerRoutes({ config, accountKeys }),
            ...(options.verbosity && config.profiling ? [debugFlagsRoute(options.verbosity)] : []),
            ...(config.profiling ? [profileRoute(clock)] : []),
            ...(config.servesLogs ? [logsRoute()] : []),
          ],
        },
      ]);
    },
  });
  try {
    await made.sharing?.allocation.repair();
    await made.bootstrap?.run();
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}

/** The program that signs tokens is asked before anything is served; its client is loaded only where there is one. */
async function accountKeysOf(
  { serviceAccounts }: CompletedConfig,
  material: ApiServerMaterial,
  deps: { readonly clock: Clock; readonly log: Logger; readonly told: SignerMetrics },
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

/** Where a server that listens there is reached from its own machine. */
function loopbackOf(bindAddress: string): string {
  if (bindAddress === '0.0.0.0' || bindAddress === '') return '127.0.0.1';
  return bindAddress === '::' ? '::1' : bindAddress;
}

/** Who shares this server's store; only an etcd is shared. */
function serverLeases(
  { storage, advertiseAddress: address }: CompletedConfig,
  store: Store,
  clock: Clock,
): ServerLeases | undefined {
  return storage.backend === 'etcd3' ? new ServerLeases({ store, clock, prefix: storage.prefix, address }) : undefined;
}
