import { validatingadmissionpolicies } from '@typernetes/api/admissionregistration/v1';
import { type Clock, type Logger, type Runnable, systemClock, systemRandom, timestamp } from '@typernetes/base';
import { restClient } from '@typernetes/client';
import { isInvalid } from '@typernetes/machinery';
import { MemoryStore, SqliteStore, type Store } from '@typernetes/store';
import { ensureSystemPriorityClasses } from '../admission/system-priority-classes.ts';
import { publishAuthentication } from '../aggregation/published-authentication.ts';
import type { AuditSink } from '../audit/audit-backend.ts';
import type { AuthorizerChoice } from '../authorization/authorizer-choice.ts';
import { reconcileDefaultPolicy } from '../authorization/bootstrap-policy/reconcile.ts';
import { cacheInformers } from '../cache/cache-informers.ts';
import { maintainFlowControl } from '../flowcontrol/maintenance.ts';
import { componentRoute } from '../handlers/component-routes.ts';
import { discoveryRoute } from '../handlers/discovery-route.ts';
import { openApiRoute } from '../handlers/openapi-route.ts';
import { bytesReply } from '../handlers/reply.ts';
import type { SystemRoute } from '../handlers/system-routes.ts';
import type { CompletedConfig } from '../options/api-server-config.ts';
import { type ApiServerMaterial, readOptional } from '../options/material.ts';
import { enabledResources } from '../options/runtime-config.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { subresourceHandlers } from '../registry-handlers/subresource-handlers.ts';
import { buildAdmission } from './admission.ts';
import { type ApiServer, type ApiServerParts, loopbackUser, type ServerInside, startApiServer } from './api-server.ts';
import { openAudit } from './audit.ts';
import { authorizerChoices } from './authorizers.ts';
import {
  ensureKubernetesService,
  ensureLegacyTokenTracking,
  ensureSystemNamespaces,
  publishAuthorities,
  publishKubernetesEndpoints,
} from './bootstrap.ts';
import { configurationReload } from './configuration-reload.ts';
import { configuredSecurity } from './configured-security.ts';
import { buildExtensions } from './extensions.ts';
import { buildFlowControl, hasPriorityAndFairness } from './flow-control.ts';
import { KubernetesEndpoints } from './kubernetes-endpoints.ts';
import { policyStatusWriter } from './policy-status.ts';
import { reviewAnswers } from './review-answers.ts';
import { ServerLeases } from './server-leases.ts';
import { openEncryption, StoreSharing } from './shared-store.ts';

export interface ConfiguredServerOptions {
  readonly config: CompletedConfig;
  readonly material: ApiServerMaterial;
  readonly resources: readonly ServedResource[];
  readonly store: Store;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Where `--audit-log-path=-` leads. */
  readonly standardOutput?: AuditSink | undefined;
}

/** Upstream's names for what `bootstrap` does. */
const startHooks = [
  'start-system-namespaces-controller',
  'scheduling/bootstrap-system-priority-classes',
  'rbac/bootstrap-roles',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-cluster-authentication-info-controller',
  'start-legacy-token-tracking-controller',
];

/** etcd's client is loaded only where it is used: it would cost every other server its share of the start. */
export async function openStore({ storage }: CompletedConfig): Promise<Store> {
  if (storage.backend === 'memory') return new MemoryStore();
  if (storage.backend === 'sqlite') return new SqliteStore(storage.path);
  const { EtcdStore } = await import('@typernetes/store/etcd');
  const { caFile, certFile, keyFile } = storage.etcd;
  return new EtcdStore({
    endpoints: storage.etcd.servers,
    tls: { ca: readOptional(caFile), cert: readOptional(certFile), key: readOptional(keyFile) },
  });
}

/** The server that the program's flags describe, with everything that a cluster has from its first moment. */
export async function startConfiguredServer(given: ConfiguredServerOptions): Promise<ApiServer> {
  const { config, log } = given;
  const clock = given.clock ?? systemClock;
  const { store, encryption } = await openEncryption(given, clock);
  const options = { ...given, store };
  const made: { sharing?: StoreSharing } = {};
  const bootstrapped = { done: false };
  const authorizers = await authorizerChoices(config.authorization, config.authorizationModes);
  const gateIsOn = (gate: string): boolean => config.featureGates[gate] === 'true';
  const server = await startApiServer({
    store,
    resources: enabledResources(options.resources, config.runtimeConfig, gateIsOn),
    clock,
    log,
    storagePrefix: config.storage.prefix,
    requestTimeoutMs: config.shutdown.graceMs,
    compactionIntervalMs: config.storage.compactionIntervalMs,
    storeTimeouts: config.storage.timeouts,
    featureEnabled: gateIsOn,
    parts: (inside) => {
      made.sharing = new StoreSharing(options, inside, { clock, encryption });
      return partsOf(options, inside, { clock, bootstrapped, authorizers, sharing: made.sharing });
    },
  });
  try {
    await bootstrap(options, server, { authorizers, sharing: made.sharing });
  } catch (error) {
    await server.close();
    throw error;
  }
  bootstrapped.done = true;
  return server;
}

/** Who shares this server's store; only an etcd is shared. */
function serverLeases(
  { storage, advertiseAddress: address }: CompletedConfig,
  store: Store,
  clock: Clock,
): ServerLeases | undefined {
  return storage.backend === 'etcd3' ? new ServerLeases({ store, clock, prefix: storage.prefix, address }) : undefined;
}

/** What a cluster has from its first moment. */
async function bootstrap(
  { config, material, store, log, clock = systemClock }: ConfiguredServerOptions,
  server: ApiServer,
  { authorizers, sharing }: { authorizers: readonly AuthorizerChoice[]; sharing: StoreSharing | undefined },
): Promise<void> {
  const client = restClient(server.transport(loopbackUser));
  await sharing?.allocation.repair();
  await ensureSystemNamespaces(client);
  await publishAuthentication(client, {
    requestHeader: config.requestHeader,
    clientCa: material.clientCa,
    requestHeaderCa: material.requestHeaderCa,
  });
  await ensureSystemPriorityClasses(client);
  await ensureLegacyTokenTracking(client, timestamp(clock.now()).slice(0, 10));
  await publishAuthorities(client, {
    clientCa: material.clientCa,
    requestHeader:
      config.requestHeader && material.requestHeaderCa
        ? { ...config.requestHeader, ca: material.requestHeaderCa }
        : undefined,
  });
  if (usesRbac(authorizers)) await reconcileDefaultPolicy(client);
  const { router } = server;
  if (hasPriorityAndFairness(config, router)) {
    const informers = cacheInformers((type) => router.storageOf(type));
    await maintainFlowControl({ client, informers, clock });
  }
  try {
    const port = config.securePort;
    await ensureKubernetesService(client, { clusterIP: firstAddressOf(config.services.ipRange), port });
    const addresses = (await serverLeases(config, store, clock)?.renew()) ?? [config.advertiseAddress];
    await publishKubernetesEndpoints(client, { addresses, port });
  } catch (error) {
    // A loopback address is no endpoint: the server works, but pods do not find it by its Service.
    if (!isInvalid(error)) throw error;
    log.error('Cannot publish the service "kubernetes"', error);
  }
}

async function partsOf(
  { config, material, store, log, standardOutput }: ConfiguredServerOptions,
  inside: ServerInside,
  {
    clock,
    bootstrapped,
    authorizers,
    sharing,
  }: {
    clock: Clock;
    bootstrapped: { done: boolean };
    authorizers: readonly AuthorizerChoice[];
    sharing: StoreSharing;
  },
): Promise<Partial<ApiServerParts>> {
  const { router } = inside;
  const leases = serverLeases(config, store, clock);
  const informers = cacheInformers((type) => router.storageOf(type));
  const client = restClient(inside.transport(loopbackUser));
  const { security, reloads } = await configuredSecurity(config, material, {
    authorizers,
    informers,
    clock,
    log,
    metrics: inside.metrics,
    client,
  });
  const extensions = await buildExtensions(inside, { informers, clock, log, proxyClient: material.proxyClient });
  const { customResources, aggregator } = extensions;
  const audit = openAudit(config.audit, { clock, log, metrics: inside.metrics, standardOutput });
  const flows = buildFlowControl(config, inside, { informers, clock, log });
  return {
    ...security,
    ...(audit ? { auditor: audit.auditor } : {}),
    ...(flows.flowControl ? { flowControl: flows.flowControl } : {}),
    background: [
      ...extensions.background,
      ...sharing.background,
      ...reloads.map((one) => configurationReload(one, log)),
      ...(audit ? [closedAtEnd('audit', audit)] : []),
      ...(flows.background ?? []),
      ...(leases ? [new KubernetesEndpoints({ leases, client, port: config.securePort, clock, log })] : []),
      policyStatusWriter({
        policies: informers.for(validatingadmissionpolicies),
        served: () => router.served.map(({ type }) => type),
        client: restClient(inside.transport(loopbackUser)),
        log,
      }),
    ],
    allocators: { services: sharing.allocation.allocator },
    admission: [
      ...extensions.admission,
      ...buildAdmission(inside, informers, {
        choice: { enabled: config.admission.enable, disabled: config.admission.disable },
        security,
        rbac: usesRbac(authorizers),
        configurations: material.admission ?? new Map(),
        random: systemRandom,
        clock,
        log,
      }),
    ],
    answers: reviewAnswers(security, config.serviceAccounts.audiences),
    subresources: subresourceHandlers({
      config,
      material,
      bound: security.bound,
      clock,
      router,
    }),
    health: [
      ...startHooks.map((name) => ({
        name: `poststarthook/${name}`,
        check: () => {
          if (!bootstrapped.done) throw new Error('not finished');
        },
      })),
      ...sharing.health,
    ],
    delegate: (context) => aggregator.answer(context),
    routes: [
      discoveryRoute(
        () => router.served,
        `${config.advertiseAddress}:${config.securePort}`,
        () => aggregator.resources,
      ),
      openApiRoute(
        () => router.served,
        () => customResources.definitions,
        () => aggregator.documents,
      ),
      componentRoute({ name: 'kube-apiserver', flags: config.flags, clock }),
      ...issuerRoutes(config, material),
      ...(flows.routes ?? []),
    ],
  };
}

const usesRbac = (authorizers: readonly AuthorizerChoice[]): boolean => authorizers.some(({ type }) => type === 'RBAC');

/** Something open that is closed when the server has stopped. */
function closedAtEnd(name: string, open: { close(): Promise<void> }): Runnable {
  return {
    name,
    run: async (signal) => {
      await once(signal);
      await open.close();
    },
  };
}

function once(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The keys by which others may verify service account tokens. */
function issuerRoutes({ serviceAccounts }: CompletedConfig, material: ApiServerMaterial): SystemRoute[] {
  const [issuer] = serviceAccounts.issuers;
  if (issuer === undefined) return [];
  const jwks = serviceAccounts.jwksUri || `${issuer}/openid/v1/jwks`;
  return [
    async ({ request }) => {
      if (request.path === '/.well-known/openid-configuration')
        return bytesReply(
          200,
          Buffer.from(
            JSON.stringify({
              issuer,
              jwks_uri: jwks,
              response_types_supported: ['id_token'],
              subject_types_supported: ['public'],
              id_token_signing_alg_values_supported: ['RS256', 'ES256'],
            }),
          ),
        );
      if (request.path !== '/openid/v1/jwks') return undefined;
      const { keySetOf } = await import('@typernetes/pki');
      return bytesReply(
        200,
        Buffer.from(JSON.stringify(keySetOf(material.serviceAccountKeys))),
        'application/jwk-set+json',
      );
    },
  ];
}

/** The first usable address of a range is the `kubernetes` Service's. */
export function firstAddressOf(cidr: string): string {
  const [base = ''] = cidr.split(',')[0]?.split('/') ?? [];
  if (base.includes(':')) return base.replace(/::$/, '::1');
  const parts = base.split('.').map(Number);
  return [...parts.slice(0, 3), (parts[3] ?? 0) + 1].join('.');
}
