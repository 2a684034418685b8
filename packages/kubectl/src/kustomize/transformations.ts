import { isJsonObject } from '@typernetes/machinery';
import type { ImageEntry } from './kustomization.ts';
import { groupOf, isCalled, isClusterWide, type Resource, renamed } from './resource.ts';

export function putInto(namespace: string, resources: readonly Resource[]): void {
  for (const one of resources) {
    const { object } = one;
    if (object.kind === 'Namespace' && groupOf(object) === '') renamed(one, { name: namespace });
    else if (!isClusterWide(one)) renamed(one, { namespace });
    if (/^(Cluster)?RoleBinding$/.test(object.kind) && Array.isArray(object.subjects))
      // Others follow the account that they name.
      for (const subject of object.subjects.filter(isJsonObject))
        if (subject.kind === 'ServiceAccount' && subject.name === 'default') subject.namespace = namespace;
  }
}

/** Names that mean something to the API server stay. */
const fixedNames = new Set(['CustomResourceDefinition', 'APIService', 'Namespace']);

export function affixed(
  resources: readonly Resource[],
  { prefix = '', suffix = '' }: { prefix?: string; suffix?: string },
): void {
  if (prefix === '' && suffix === '') return;
  for (const one of resources) {
    one.affixes.push(`${prefix}/${suffix}`);
    if (!fixedNames.has(one.object.kind)) renamed(one, { name: `${prefix}${one.object.metadata.name}${suffix}` });
  }
}

const scaled = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController']);

export function sized(resources: readonly Resource[], { name, count }: { name: string; count: number }): void {
  const found = resources.filter((one) => scaled.has(one.object.kind) && isCalled(one, { name }));
  if (found.length === 0)
    throw new Error(
      `resource with name ${name} does not match a config with the following GVK [Deployment.[noVer].[noGrp] StatefulSet.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] ReplicationController.[noVer].[noGrp]]`,
    );
  for (const { object } of found) object.spec = { ...(object.spec as object | undefined), replicas: count };
}

/** Gives another name, tag or digest to an image wherever a list of containers has it. */
export function withImage(value: unknown, image: ImageEntry): void {
  if (Array.isArray(value)) for (const item of value) withImage(item, image);
  if (!isJsonObject(value)) return;
  for (const [key, member] of Object.entries(value)) {
    if ((key === 'containers' || key === 'initContainers') && Array.isArray(member)) {
      for (const container of member.filter(isJsonObject))
        if (typeof container.image === 'string') container.image = newImage(container.image, image);
    } else withImage(member, image);
  }
}

function newImage(old: string, { name, newName, newTag, digest }: ImageEntry): string {
  const [, base = old, rest = ''] = /^([^@]*?)((?::[^/@:]*)?(?:@.*)?)$/.exec(old) ?? [];
  if (base !== name) return old;
  const [oldTag = '', oldDigest = ''] = rest.split('@');
  const tag = newTag ? `:${newTag}` : digest ? '' : oldTag;
  const end = digest ? `@${digest}` : newTag || oldDigest === '' ? '' : `@${oldDigest}`;
  return `${newName ?? base}${tag}${end}`;
}
