import { hostname } from 'node:os';
import { leases } from '@typernetes/api/coordination/v1';
import { events } from '@typernetes/api/core/v1';
import { servicecidrs } from '@typernetes/api/networking/v1';
import { timestamp } from '@typernetes/base';
import { isInvalid } from '@typernetes/machinery';
import { ensureSystemPriorityClasses } from '../admission/system-priority-classes.ts';
import { publishTrust, trustPublisher } from '../aggregation/authentication-trust.ts';
import { firstAddressOf } from '../allocation/address-range.ts';
import { defaultPolicy } from '../authorization/bootstrap-policy/default-objects.ts';
import { reconcileDefaultPolicy } from '../authorization/bootstrap-policy/reconcile.ts';
import { maintainFlowControl } from '../flowcontrol/maintenance.ts';
import { EventExpiry } from '../storage/event-expiry.ts';
import {
  ensureDefaultServiceRange,
  ensureKubernetesService,
  ensureLegacyTokenTracking,
  ensureSystemNamespaces,
  type KubernetesServiceAt,
  publishKubernetesEndpoints,
} from './bootstrap.ts';
import { hasPriorityAndFairness } from './flow-control.ts';
import { IdentityLease } from './identity-lease.ts';
import { KubernetesEndpoints } from './kubernetes-endpoints.ts';
import { type PartContext, usesRbac } from './part-context.ts';
import type { ApiServerParts } from './part-slots.ts';
import { repair, type Standing } from './repair.ts';
import type { ServerLeases } from './server-leases.ts';

/**
 * Upstream's names of what {@link ClusterBootstrap.run} does, and of what is done before it runs: caches, custom
 * resources and API services are ready when it starts.
 */
const startHooks = [
  'generic-apiserver-start-informers',
  'start-apiserver-admission-initializer',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
  'apiservice-openapi-controller',
  'apiservice-openapiv3-controller',
];

const leaseInfo = { apiGroup: leases.group, apiVersion: leases.version, resource: leases.plural };
const rangeInfo = { apiGroup: servicecidrs.group, apiVersion: servicecidrs.version, resource: servicecidrs.plural };

/** Creates what every cluster has, and maintains part of it. */
export class ClusterBootstrap {
  readonly #context: PartContext;
  /** The servers that share this server's store; undefined if it cannot be shared. */
  readonly #leases: ServerLeases | undefined;
  #done = false;

  constructor(context: PartContext, leases: ServerLeases | undefined) {
    this.#context = context;
    this.#leases = leases;
  }

  get parts(): Partial<ApiServerParts> {
    const { config, inside, client, clock, log } = this.#context;
    const check = (): void => {
      if (!this.#done) throw new Error('not finished');
    };
    const leases = this.#leases;
    const reloads = config.storage.encryption.automaticReload;
    const hooks = [...startHooks, ...(reloads ? ['start-encryption-provider-config-automatic-reload'] : [])];
    return {
      health: [...hooks.map((name) => `poststarthook/${name}`), 'autoregister-completion'].map((name) => ({
        name,
        check,
      })),
      background: [
        trustPublisher(this.#trust, { client, clock, log }),
        new EventExpiry(inside.router.storageOf(events), { ttlMs: config.eventTtlMs, clock, log }),
        ...(inside.router.serves(leaseInfo)
          ? [new IdentityLease({ client, hostname: hostname(), ...config.identityLease, clock, log })]
          : []),
        ...(leases && config.endpointReconciler !== 'none'
          ? [new KubernetesEndpoints({ leases, client, port: config.securePort, clock, log })]
          : []),
        ...this.#standing.map((one) => repair(one, { clock, log })),
      ],
    };
  }

  /** Once the server answers, and before it listens. */
  async run(): Promise<void> {
    const { config, inside, informers, client, clock } = this.#context;
    await ensureSystemNamespaces(client);
    await publishTrust(client, this.#trust, clock.now());
    await ensureSystemPriorityClasses(client);
    await ensureLegacyTokenTracking(client, timestamp(clock.now()).slice(0, 10));
    if (usesRbac(this.#context)) {
      await reconcileDefaultPolicy(client, defaultPolicy(config.featureGates.isOn));
    }
    if (inside.router.serves(rangeInfo)) await this.#ensureRange();
    if (hasPriorityAndFairness(config, inside.router)) await maintainFlowControl({ client, informers, clock });
    await this.#publishServer();
    this.#done = true;
  }

  /** Objects that users may delete although the cluster needs them, with upstream's intervals. */
  get #standing(): readonly Standing[] {
    const { inside, client } = this.#context;
    return [
      { what: 'system namespaces', everyMs: 60_000, ensure: () => ensureSystemNamespaces(client) },
      { what: 'service kubernetes', everyMs: 10_000, ensure: () => this.#ensureService() },
      ...(inside.router.serves(rangeInfo)
        ? [{ what: 'default service range', everyMs: 10_000, ensure: () => this.#ensureRange() }]
        : []),
    ];
  }

  async #ensureRange(): Promise<void> {
    const { config, client, clock } = this.#context;
    await ensureDefaultServiceRange(client, { range: config.services.ipRange, at: timestamp(clock.now()) });
  }

  async #ensureService(): Promise<void> {
    const { config, client } = this.#context;
    const port = config.securePort;
    await ensureKubernetesService(client, this.#serviceAt, false);
    // Servers that share a store maintain the endpoints together.
    if (this.#leases || config.endpointReconciler === 'none') return;
    await publishKubernetesEndpoints(client, { addresses: [config.advertiseAddress], port });
  }

  get #serviceAt(): KubernetesServiceAt {
    const { services, securePort } = this.#context.config;
    return { clusterIP: firstAddressOf(services.ipRange), port: securePort, nodePort: services.ownNodePort };
  }

  get #trust() {
    const { config, material } = this.#context;
    return { requestHeader: config.requestHeader, material };
  }

  async #publishServer(): Promise<void> {
    const { config, client, log } = this.#context;
    try {
      const port = config.securePort;
      await ensureKubernetesService(client, this.#serviceAt, true);
      if (config.endpointReconciler === 'none') return;
      const addresses = (await this.#leases?.renew()) ?? [config.advertiseAddress];
      await publishKubernetesEndpoints(client, { addresses, port });
    } catch (error) {
      // A loopback address is not a valid endpoint: the server works, but pods cannot reach it by its Service.
      if (!isInvalid(error)) throw error;
      log.error('Cannot publish the service "kubernetes"', error);
    }
  }
}
