import type { ApiClient } from '@typernetes/client';
import { type APIGroupList, type APIResourceList, ifFound } from '@typernetes/machinery';

/** A reference to a kind. Of its version only the group counts. */
export interface KindReference {
  readonly apiVersion: string;
  readonly kind: string;
}

export interface ServedKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly hasScale: boolean;
}

type APIGroup = APIGroupList['groups'][number];

/**
 * The kind in its group's preferred version, or else in the next that has it: like upstream's controllers, ignores the
 * version in the reference, which may no longer be served. Throws when no version has it.
 */
export async function servedKind(client: Pick<ApiClient, 'json'>, reference: KindReference): Promise<ServedKind> {
  const { apiVersion, kind } = reference;
  const group = apiVersion.includes('/') ? (apiVersion.split('/', 1)[0] as string) : '';
  for (const version of group === '' ? ['v1'] : await versionsOf(client, group)) {
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const { resources } = (await found(client.json<APIResourceList>('GET', root))) ?? { resources: [] };
    const own = resources.find((one) => one.kind === kind && !one.name.includes('/'));
    if (!own) continue;
    const hasScale = resources.some(({ name }) => name === `${own.name}/scale`);
    return { group, version, plural: own.name, namespaced: own.namespaced, hasScale };
  }
  throw new Error(`no matches for kind "${kind}" in group "${group}"`);
}

/** The preferred version first. */
async function versionsOf(client: Pick<ApiClient, 'json'>, group: string): Promise<readonly string[]> {
  const { versions = [], preferredVersion } = (await found(client.json<APIGroup>('GET', `/apis/${group}`))) ?? {};
  return [...new Set([preferredVersion, ...versions].flatMap((one) => (one ? [one.version] : [])))];
}

async function found<T>(answer: Promise<T>): Promise<T | undefined> {
  return ifFound(answer);
}
