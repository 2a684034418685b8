import type { Tracing } from '@typernetes/process/tracing';
import { MemoryStore, SqliteStore, type Store } from '@typernetes/store';
import type { Egress } from '../egress/egress.ts';
import type { CompletedConfig } from '../options/api-server-config.ts';
import { readOptional } from '../options/material.ts';
import type { EtcdOverride } from '../options/storage-config.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import type { OtherStore } from './api-server.ts';

interface Ways {
  /** The ways that connections take; all by TCP without it. */
  readonly egress?: Egress | undefined;
  /** Records spans of requests to etcd; default: none. */
  readonly tracing?: Pick<Tracing, 'calls'> | undefined;
}

/** Opens the store that the flags configure. */
export async function openStore({ storage }: CompletedConfig, ways: Ways = {}): Promise<Store> {
  if (storage.backend === 'memory') return new MemoryStore();
  if (storage.backend === 'sqlite') return new SqliteStore(storage.path);
  return await openEtcd(storage.etcd.servers, storage.etcd, ways);
}

/** The stores of `--etcd-servers-overrides`. Whoever opens them closes them. */
export async function openOtherStores({ storage }: CompletedConfig, ways: Ways = {}): Promise<readonly OtherStore[]> {
  return await Promise.all(
    storage.etcd.overrides.map(async (override) => ({
      store: await openEtcd(override.servers, storage.etcd, ways),
      keeps: (served: ServedResource) => isKeptBy(override, served),
    })),
  );
}

/**
 * Versions of a resource, and events of both groups, share a store: that of the version in which they are stored.
 * Custom resources are always in the main store.
 */
function isKeptBy({ resources }: EtcdOverride, { type, storage, shape }: ServedResource): boolean {
  if (!storage || shape) return false;
  const { group, plural } = storage.storedAs?.type ?? type;
  return resources.some((one) => one.group === group && one.resource === plural);
}

/**
 * An etcd that answers: throws an Error with its endpoints otherwise. etcd's client is loaded only where it is used: it
 * would cost every other server its share of the start.
 */
async function openEtcd(
  endpoints: readonly string[],
  files: { readonly caFile: string; readonly certFile: string; readonly keyFile: string },
  { egress, tracing }: Ways,
): Promise<Store> {
  const { EtcdStore } = await import('@typernetes/store/etcd');
  const { caFile, certFile, keyFile } = files;
  const store = new EtcdStore({
    endpoints,
    traced: tracing?.calls,
    sockets: egress && (await socketsTo(endpoints, egress)),
    tls: () => ({ ca: readOptional(caFile), cert: readOptional(certFile), key: readOptional(keyFile) }),
  });
  try {
    await store.untilReachable();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

/** Sockets to those endpoints that are not simply connected to. */
async function socketsTo(endpoints: readonly string[], egress: Egress): Promise<ReadonlyMap<string, string>> {
  const sockets = new Map<string, string>();
  for (const endpoint of endpoints) {
    const [, host = '', port = '2379'] = /^(?:https?:\/\/)?([^/]+?)(?::(\d+))?\/?$/.exec(endpoint) ?? [];
    if (host === '') continue;
    const socket = await egress.relay('etcd', { host: host.replace(/^\[|\]$/g, ''), port: Number(port) });
    if (socket) sockets.set(endpoint, socket);
  }
  return sockets;
}
