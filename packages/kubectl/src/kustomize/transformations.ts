import { isJsonObject, type JsonObject } from '@typernetes/machinery';
import { atField, type FieldSpec, fits, putMembers, putScalar, type Slot } from './field-spec.ts';
import type { ImageEntry } from './kustomization.ts';
import { groupOf, gvkText, idOf, isClusterWide, keepId, originalId, type Resource, versionOf } from './resource.ts';

export interface NamespaceChange {
  readonly namespace: string;
  readonly specs: readonly FieldSpec[];
  /** Only set where missing. */
  readonly unsetOnly?: boolean;
  /** Which subjects of bindings get the namespace. */
  readonly subjects?: 'defaultOnly' | 'allServiceAccounts' | 'none' | undefined;
}

/** Throws with upstream's words when two resources would be the same. */
export function putInto(resources: readonly Resource[], change: NamespaceChange): void {
  const { namespace, unsetOnly = false } = change;
  const put = (slot: Slot): void => {
    const old = slot.holder[slot.member];
    if (!unsetOnly || old === undefined || old === null || old === '') putScalar(slot, namespace);
  };
  for (const one of resources) {
    keepId(one);
    const { object } = one;
    if (!isClusterWide(one)) put({ holder: object.metadata, member: 'namespace' });
    const isBinding = /^(Cluster)?RoleBinding$/.test(object.kind);
    if (isBinding) putSubjects(object, put, change.subjects);
    for (const spec of change.specs) {
      if (spec.path === 'metadata/namespace' || (isBinding && spec.path === 'subjects')) continue;
      atField(one, spec, { make: 'scalar', change: put });
    }
    const same = resources.filter((other) => sameId(other, one));
    if (same.length > 1)
      throw new Error(`namespace transformation produces ID conflict: [${same.map(withBuildAnnotations).join(' ')}]`);
  }
}

function putSubjects(
  object: JsonObject,
  put: (slot: Slot) => void,
  which: NamespaceChange['subjects'] = 'defaultOnly',
): void {
  if (!Array.isArray(object.subjects)) return;
  for (const subject of object.subjects.filter(isJsonObject)) {
    const isMeant =
      which === 'defaultOnly'
        ? subject.name === 'default'
        : which === 'allServiceAccounts' && subject.kind === 'ServiceAccount';
    // Other subjects follow their renamed service accounts.
    if (isMeant) put({ holder: subject, member: 'namespace' });
  }
}

function sameId(a: Resource, b: Resource): boolean {
  const [one, other] = [idOf(a), idOf(b)];
  return (
    one.kind === other.kind &&
    a.object.apiVersion === b.object.apiVersion &&
    one.name === other.name &&
    (one.namespace || 'default') === (other.namespace || 'default')
  );
}

/** A resource in upstream's error messages during a build. */
function withBuildAnnotations({ object, formerly, prefixes, suffixes, hashed }: Resource): string {
  const listed = (values: readonly string[]): string => values.join(',');
  const own: Record<string, string> = {
    previousKinds: listed(formerly.map(({ kind }) => kind)),
    previousNames: listed(formerly.map(({ name }) => name)),
    previousNamespaces: listed(formerly.map(({ namespace }) => namespace || 'default')),
    prefixes: listed(prefixes),
    suffixes: listed(suffixes),
    needsHashSuffix: hashed ? 'enabled' : '',
  };
  const annotations = {
    ...object.metadata.annotations,
    ...Object.fromEntries(
      Object.entries(own)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => [`internal.config.kubernetes.io/${name}`, value]),
    ),
  };
  return JSON.stringify(sortedMembers({ ...object, metadata: { ...object.metadata, annotations } }));
}

/** Sorts fields by name, as upstream does. */
export function sortedMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedMembers);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortedMembers(value[key])]),
  );
}

/** Names with a meaning to the API server are kept. */
const fixedNames = [
  { kind: 'CustomResourceDefinition' },
  { kind: 'APIService', group: 'apiregistration.k8s.io' },
  { kind: 'Namespace' },
];

export interface Affix {
  readonly text: string;
  readonly end: 'prefix' | 'suffix';
  readonly specs: readonly FieldSpec[];
}

export function affixed(resources: readonly Resource[], { text, end, specs }: Affix): void {
  for (const one of resources) {
    const id = originalId(one);
    if (fixedNames.some((pattern) => fits(pattern, id))) continue;
    for (const spec of specs) {
      if (!fits(spec, id)) continue;
      if (spec.path === 'metadata/name' && text !== '') {
        (end === 'prefix' ? one.prefixes : one.suffixes).push(text);
        keepId(one);
      }
      atField(one, spec, {
        make: 'scalar',
        change: (slot) => putAffix(slot, { text, end }),
      });
    }
  }
}

/** What was no text is what the new one means where nobody says that it is one. */
function putAffix(slot: Slot, { text, end }: Pick<Affix, 'text' | 'end'>): void {
  const old = slot.holder[slot.member];
  const now = end === 'prefix' ? `${text}${String(old)}` : `${String(old)}${text}`;
  putScalar(slot, typeof old !== 'string' && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(now) ? Number(now) : now);
}

/** Adds labels or annotations. */
export function withMembers(
  resources: readonly Resource[],
  { pairs, specs }: { pairs: Readonly<Record<string, string>>; specs: readonly FieldSpec[] },
): void {
  if (Object.keys(pairs).length === 0) return;
  for (const one of resources)
    for (const spec of specs) atField(one, spec, { make: 'map', change: (slot) => putMembers(slot, { ...pairs }) });
}

/** Throws upstream's error if no resource matches. */
export function sized(
  resources: readonly Resource[],
  { replica: { name, count }, specs }: { replica: { name: string; count: number }; specs: readonly FieldSpec[] },
): void {
  let found = false;
  for (const spec of specs)
    for (const one of resources) {
      const [group, version] = [groupOf(one.object), versionOf(one.object)];
      const isMeant = [...one.formerly, idOf(one)].some(
        (id) => id.name === name && fits(spec, { group, version, kind: id.kind }),
      );
      if (!isMeant) continue;
      found = true;
      atField(one, spec, { make: 'scalar', change: (slot) => putScalar(slot, count) });
    }
  if (!found)
    throw new Error(
      `resource with name ${name} does not match a config with the following GVK [${specs.map(gvkText).join(' ')}]`,
    );
}

/** Changes an image's name, tag or digest in all lists of containers, and in the fields of the specs. */
export function withImage(
  resources: readonly Resource[],
  { image, specs }: { image: ImageEntry; specs: readonly FieldSpec[] },
): void {
  for (const { object } of resources) if (object.kind !== 'CustomResourceDefinition') inContainers(object, image);
  for (const one of resources)
    for (const spec of specs)
      atField(one, spec, {
        change: (slot) => {
          const old = slot.holder[slot.member];
          putScalar(slot, typeof old === 'string' ? newImage(old, image) : old);
        },
      });
}

function inContainers(value: unknown, image: ImageEntry): void {
  if (Array.isArray(value)) for (const item of value) inContainers(item, image);
  if (!isJsonObject(value)) return;
  for (const [key, member] of Object.entries(value)) {
    if ((key === 'containers' || key === 'initContainers') && Array.isArray(member)) {
      for (const container of member.filter(isJsonObject))
        if (typeof container.image === 'string') container.image = newImage(container.image, image);
    } else inContainers(member, image);
  }
}

function newImage(old: string, { name, newName, newTag, digest }: ImageEntry): string {
  const [, base = old, rest = ''] = /^([^@]*?)((?::[^/@:]*)?(?:@.*)?)$/.exec(old) ?? [];
  if (base !== name) return old;
  const [oldTag = '', oldDigest = ''] = rest.split('@');
  const tag = newTag ? `:${newTag}` : digest ? '' : oldTag;
  const end = digest ? `@${digest}` : newTag || oldDigest === '' ? '' : `@${oldDigest}`;
  return `${newName || base}${tag}${end}`;
}
