import type { Scale } from '@typernetes/api/autoscaling/v1';
import type { ApiClient } from '@typernetes/client';
import { collectionPath, isNotFound } from '@typernetes/machinery';

/** An object that has replicas, named as owner references and autoscalers name it. */
export interface ScaleTarget {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface ScaleClient {
  /** Throws when the kind is unknown or has no scale; a StatusError when the object is missing. */
  get(target: ScaleTarget): Promise<Scale>;
  update(target: ScaleTarget, scale: Scale): Promise<Scale>;
}

interface ResourceList {
  readonly resources: readonly { readonly name: string; readonly kind: string }[];
}

/** Upstream looks for the kind in all versions of the group. */
export function noMatch({ apiVersion, kind }: Pick<ScaleTarget, 'apiVersion' | 'kind'>): Error {
  const group = apiVersion.includes('/') ? apiVersion.split('/', 1)[0] : '';
  return new Error(`no matches for kind "${kind}" in group "${group}"`);
}

/** Any kind with a scale subresource. Paths are discovered once for each kind that has one. */
export function scaleClient(client: Pick<ApiClient, 'json'>): ScaleClient {
  const plurals = new Map<string, string>();

  const pluralOf = async ({ apiVersion, kind }: ScaleTarget): Promise<string> => {
    const key = `${apiVersion} ${kind}`;
    const known = plurals.get(key);
    if (known) return known;
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { resources } = await client.json<ResourceList>('GET', root).catch((error: unknown): ResourceList => {
      if (isNotFound(error)) return { resources: [] };
      throw error;
    });
    const found = resources.find((one) => one.kind === kind && !one.name.includes('/'));
    if (!found) throw noMatch({ apiVersion, kind });
    if (!resources.some(({ name }) => name === `${found.name}/scale`))
      throw new Error(`kind "${kind}" in version "${apiVersion}" does not implement the scale subresource`);
    plurals.set(key, found.name);
    return found.name;
  };

  const pathOf = async (target: ScaleTarget): Promise<string> => {
    const plural = await pluralOf(target);
    const [group = '', version = ''] = target.apiVersion.includes('/')
      ? target.apiVersion.split('/')
      : ['', target.apiVersion];
    const type = { group, version, plural, singular: '', kind: target.kind, listKind: '', namespaced: true };
    return `${collectionPath(type, target.namespace)}/${encodeURIComponent(target.name)}/scale`;
  };

  return {
    get: async (target) => client.json<Scale>('GET', await pathOf(target)),
    update: async (target, scale) => client.json<Scale>('PUT', await pathOf(target), scale),
  };
}
