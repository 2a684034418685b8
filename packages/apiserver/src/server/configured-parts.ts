import { type Clock, type Logger, systemRandom } from '@typernetes/base';
import { restClient } from '@typernetes/client';
import type { Verbosity } from '@typernetes/process';
import type { Store } from '@typernetes/store';
import type { AuditSink } from '../audit/audit-backend.ts';
import type { ServiceAccountKeys } from '../authentication/service-account-keys.ts';
import type { AuthorizerChoice } from '../authorization/authorizer-choice.ts';
import type { Egress } from '../egress/egress.ts';
import type { EncryptionSource } from '../encryption/encryption-source.ts';
import type { CompletedConfig } from '../options/api-server-config.ts';
import type { ApiServerMaterial } from '../options/material.ts';
import { cacheInformers } from '../storage/cache-informers.ts';
import type { RequestTracing } from '../tracing/request-spans.ts';
import { admissionPart } from './admission-part.ts';
import { loopbackUser, type OtherStore, type ServerInside } from './api-server.ts';
import { auditPart } from './audit-part.ts';
import { ClusterBootstrap } from './cluster-bootstrap.ts';
import { extensionsPart } from './extensions-part.ts';
import { flowControlPart } from './flow-control.ts';
import { mergeParts } from './merge-parts.ts';
import { ownPart } from './own-part.ts';
import type { PartContext } from './part-context.ts';
import type { ApiServerParts } from './part-slots.ts';
import { securityPart } from './security-part.ts';
import { ServerLeases } from './server-leases.ts';
import { resolverOver } from './service-resolver.ts';
import { StoreSharing } from './shared-store.ts';
import { storePart } from './store-part.ts';

interface PartsOptions {
  readonly config: CompletedConfig;
  readonly material: ApiServerMaterial;
  readonly accountKeys: ServiceAccountKeys;
  readonly authorizers: readonly AuthorizerChoice[];
  /** The store as given; `store` and `otherStores` encrypt what goes into it, if anything is encrypted. */
  readonly plainStore: Store;
  readonly store: Store;
  readonly otherStores: readonly OtherStore[];
  readonly encryption: EncryptionSource | undefined;
  readonly log: Logger;
  readonly clock: Clock;
  readonly verbosity?: Verbosity;
  readonly standardOutput?: AuditSink | undefined;
  readonly egress?: Egress | undefined;
  readonly tracing?: RequestTracing | undefined;
}

/** The parts of a server that its configuration describes, and what they do before it serves. */
export class ConfiguredParts {
  readonly #options: PartsOptions;
  #sharing: StoreSharing | undefined;
  #bootstrap: ClusterBootstrap | undefined;

  constructor(options: PartsOptions) {
    this.#options = options;
  }

  async assemble(inside: ServerInside): Promise<Partial<ApiServerParts>> {
    const { config, plainStore, store, otherStores, encryption, clock, verbosity } = this.#options;
    const context = this.#context(inside);
    const sharing = new StoreSharing(this.#options, inside, { clock, encryption });
    const bootstrap = new ClusterBootstrap(context, serverLeases(config, store, clock));
    this.#sharing = sharing;
    this.#bootstrap = bootstrap;
    const { security, parts: securityParts } = await securityPart(context);
    return mergeParts([
      securityParts,
      await this.#extensions(context),
      admissionPart(context, security),
      auditPart(context, this.#options.standardOutput),
      flowControlPart(context),
      sharing.parts,
      bootstrap.parts,
      storePart(plainStore, { config: config.storage }),
      ownPart(context, { security, stores: [store, ...otherStores.map((one) => one.store)], verbosity }),
    ]);
  }

  /** Repairs what is allocated, and creates the objects that every cluster has. Once the parts are assembled. */
  async prepareCluster(): Promise<void> {
    await this.#sharing?.allocation.repair();
    await this.#bootstrap?.run();
  }

  #context(inside: ServerInside): PartContext {
    const { config, material, accountKeys, authorizers, egress, tracing, clock, log } = this.#options;
    const informers = cacheInformers((type) => inside.router.storageOf(type));
    return {
      config,
      material,
      accountKeys,
      inside,
      informers,
      client: restClient(inside.transport(loopbackUser)),
      resolve: resolverOver(informers, {
        toEndpoints: config.routesToEndpoints,
        own: { host: loopbackOf(config.bindAddress), port: config.securePort },
        random: systemRandom,
        dial: egress?.dial('cluster'),
      }),
      egress,
      tracer: tracing?.tracer,
      authorizers,
      clock,
      log,
    };
  }

  /** Custom resources and aggregated API servers. */
  #extensions({ config, material, inside, informers, resolve, egress, tracer, clock, log }: PartContext) {
    return extensionsPart(inside, {
      informers,
      resolve,
      dial: egress?.dial('controlplane'),
      tracer,
      clock,
      log,
      proxyClient: () => material.proxyClient,
      serverAddress: config.externalAddress,
      rejectForwardedRedirects: config.rejectForwardedRedirects,
    });
  }
}

/** The address at which a server listening on `bindAddress` is reachable from its own machine. */
function loopbackOf(bindAddress: string): string {
  if (bindAddress === '0.0.0.0' || bindAddress === '') return '127.0.0.1';
  return bindAddress === '::' ? '::1' : bindAddress;
}

/** The leases by which servers with a shared store know each other; only etcd can be shared. */
function serverLeases(
  { storage, advertiseAddress: address }: CompletedConfig,
  store: Store,
  clock: Clock,
): ServerLeases | undefined {
  return storage.backend === 'etcd3' ? new ServerLeases({ store, clock, prefix: storage.prefix, address }) : undefined;
}
