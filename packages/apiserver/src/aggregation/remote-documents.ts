import { isJsonObject } from '@typernetes/machinery';
import type { DiscoveredResource } from '../discovery/discovered-resource.ts';
import type { RemoteServer } from './remote-server.ts';

type Json = Record<string, unknown>;

/** The OpenAPI documents of an aggregated server. */
export interface RemoteDocuments {
  /** `apis/metrics.k8s.io/v1beta1` */
  readonly path: string;
  /** The hash of its OpenAPI v3 document; undefined if it has none. */
  readonly hash: string | undefined;
  readonly v2: { readonly paths: Json; readonly definitions: Json } | undefined;
}

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/** Reads them; a server need not have any. Throws when it cannot be reached. */
export async function remoteDocuments(
  server: RemoteServer,
  { group, version }: GroupVersion,
  signal: AbortSignal,
): Promise<RemoteDocuments> {
  const path = `apis/${group}/${version}`;
  const [index, whole] = await Promise.all(['/openapi/v3', '/openapi/v2'].map((at) => server.readIfAny(at, signal)));
  const paths = isJsonObject(index) && isJsonObject(index.paths) ? index.paths : {};
  const entry = paths[path];
  const url = isJsonObject(entry) ? String(entry.serverRelativeURL ?? '') : '';
  const hash = new URLSearchParams(url.split('?')[1] ?? '').get('hash') ?? (url === '' ? undefined : '');
  return { path, hash, v2: partOf(whole, `/${path}/`) };
}

/** The paths of the group, and all definitions. */
function partOf(whole: unknown, prefix: string): RemoteDocuments['v2'] {
  if (!isJsonObject(whole) || !isJsonObject(whole.paths)) return undefined;
  const paths = Object.fromEntries(Object.entries(whole.paths).filter(([path]) => path.startsWith(prefix)));
  return { paths, definitions: isJsonObject(whole.definitions) ? whole.definitions : {} };
}

interface ApiResource {
  readonly name: string;
  readonly singularName?: string;
  readonly namespaced?: boolean;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs?: string[];
  readonly shortNames?: string[];
  readonly categories?: string[];
}

/** The entries of an APIResourceList. Throws an Error for anything else. */
export function discoveredFrom(list: unknown, { group, version }: GroupVersion): DiscoveredResource[] {
  if (!isJsonObject(list) || !Array.isArray(list.resources)) throw new Error('the answer is no APIResourceList');
  const entries = list.resources as ApiResource[];
  return entries
    .filter(({ name }) => !name.includes('/'))
    .map((entry) => ({
      group,
      version,
      kind: entry.kind,
      plural: entry.name,
      singular: entry.singularName ?? '',
      namespaced: entry.namespaced ?? false,
      verbs: entry.verbs ?? [],
      ...(entry.shortNames ? { shortNames: entry.shortNames } : {}),
      ...(entry.categories ? { categories: entry.categories } : {}),
      subresources: entries
        .filter(({ name }) => name.startsWith(`${entry.name}/`))
        .map((part) => ({
          name: part.name.slice(entry.name.length + 1),
          group: part.group ?? group,
          version: part.version ?? version,
          kind: part.kind,
          verbs: part.verbs ?? [],
        })),
    }));
}
