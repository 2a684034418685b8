import { hostname } from 'node:os';
import type { Clock, Logger } from '@typernetes/base';
import type { Metrics } from '@typernetes/process';
import type { Store } from '@typernetes/store';
import { type SharedAllocator, sharedAllocator } from '../allocation/shared-allocator.ts';
import { rootOf } from '../cache/cache-feed.ts';
import { EncryptedStore } from '../encryption/encrypted-store.ts';
import { EncryptionSource } from '../encryption/encryption-source.ts';
import { encryptionMetrics } from '../observers/encryption-metrics.ts';
import { reloadMetrics } from '../observers/reload-metrics.ts';
import type { CompletedConfig } from '../options/api-server-config.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { cacheInformers } from '../storage/cache-informers.ts';
import type { OtherStore, ServerInside } from './api-server.ts';
import { serverId } from './identity-lease.ts';
import type { ApiServerParts } from './part-slots.ts';

/** The store as the server uses it: with plain values, however they are encrypted. */
export async function openEncryption(
  {
    config,
    resources,
    store,
    otherStores = [],
    log,
  }: {
    config: CompletedConfig;
    resources: readonly ServedResource[];
    store: Store;
    otherStores?: readonly OtherStore[];
    log: Logger;
  },
  { clock, metrics }: { readonly clock: Clock; readonly metrics: Metrics },
): Promise<{
  readonly store: Store;
  readonly otherStores: readonly OtherStore[];
  readonly encryption: EncryptionSource | undefined;
}> {
  const { encryption: chosen, prefix } = config.storage;
  const of = { serverId: serverId(hostname()), clock };
  const observer = encryptionMetrics(metrics, { ...of, now: () => clock.now() });
  const reloads = reloadMetrics(metrics, 'encryption', of);
  if (chosen.file === '') return { store, otherStores, encryption: undefined };
  const encryption = await EncryptionSource.open({
    ...chosen,
    resources,
    root: rootOf(prefix),
    clock,
    log,
    observer,
    reloads,
  });
  const encrypted = (one: Store) => new EncryptedStore(one, encryption, { clock, log });
  return {
    store: encrypted(store),
    otherStores: otherStores.map((one) => ({ ...one, store: encrypted(one.store) })),
    encryption,
  };
}

/** The tasks of a server because others may share its store (nothing is allocated twice), and because of encryption. */
export class StoreSharing {
  readonly allocation: SharedAllocator;
  readonly #encryption: EncryptionSource | undefined;

  constructor(
    { config, log }: { config: CompletedConfig; log: Logger },
    inside: ServerInside,
    { clock, encryption }: { clock: Clock; encryption: EncryptionSource | undefined },
  ) {
    const { router } = inside;
    this.#encryption = encryption;
    this.allocation = sharedAllocator(config.services, {
      informers: cacheInformers((type) => router.storageOf(type)),
      storageOf: (type) => router.storageOf(type),
      metrics: inside.metrics,
      clock,
      log,
    });
  }

  get parts(): Partial<ApiServerParts> {
    return {
      background: [this.allocation.background, ...(this.#encryption ? [this.#encryption] : [])],
      allocators: { services: this.allocation.allocator },
      health: this.#encryption?.health ?? [],
    };
  }
}
