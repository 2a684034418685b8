import type { Pod } from '@typernetes/api/core/v1';
import { type ApiObject, collectionPath } from '@typernetes/machinery';
import type { AnyResource } from '../resources/any-resource.ts';
import type { Session } from '../session.ts';
import { allContainers } from '../streaming/pod-target.ts';

/** Names of the resource types that can be read, with their groups; the core group's come first. */
export async function resourceTypes(session: Session): Promise<string[]> {
  const all = await session.resources.all();
  return all
    .filter(({ verbs }) => verbs.includes('get'))
    .sort((a, b) => compare(a.group, b.group) || compare(a.plural, b.plural))
    .map(({ plural, group }) => (group === '' ? plural : `${plural}.${group}`));
}

/** Names of the objects of a type: only their metadata is asked for. */
export async function objectNames(type: AnyResource, session: Session): Promise<string[]> {
  const path = `${collectionPath(type, type.namespaced ? session.namespace : undefined)}?limit=500`;
  const { items } = await session.client.json<{ items?: { metadata: { name: string } }[] }>('GET', path);
  return (items ?? []).map(({ metadata }) => metadata.name).sort();
}

export async function namesOfType(name: string, session: Session): Promise<string[]> {
  return objectNames(await session.resources.byName(name), session);
}

/** The containers of a pod, or of the pods of a `TYPE/NAME`. */
export async function containerNames(target: string, session: Session): Promise<string[]> {
  const [type = '', name] = target.includes('/') ? target.split('/', 2) : ['pods', target];
  const found = await session.client
    .resource(await session.resources.byName(type))
    .get({ name: name ?? '', namespace: session.namespace });
  const { spec } = found as ApiObject & { spec?: Pod['spec'] & { template?: { spec?: Pod['spec'] } } };
  const template = spec?.template?.spec ?? spec;
  return template ? allContainers({ spec: template } as Pod).map(({ name }) => name) : [];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
