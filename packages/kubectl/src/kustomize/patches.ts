import { applyJsonPatch, isJsonObject, parseJsonPatch, parseSelector, reasonOf } from '@typernetes/machinery';
import { decodeDocuments } from '@typernetes/process';
import type { Building } from './building.ts';
import type { PatchEntry } from './kustomization.ts';
import { mergedPatch } from './merge.ts';
import type { PatchTarget } from './patch-target.ts';
import { groupOf, idOf, isCalled, keepId, type Manifest, type Resource, versionOf } from './resource.ts';

/** A patch, and the merge keys of lists. */
export interface Patching {
  readonly entry: PatchEntry;
  readonly schemaOf: Building['schemaOf'];
}

/** Applies a strategic or JSON patch to its targets. Returns the remaining resources. */
export function patched(resources: readonly Resource[], text: string, patching: Patching): Resource[] {
  const { entry } = patching;
  const documents = decodeDocuments(text, { plainBooleans: true });
  const [first] = documents;
  if (Array.isArray(first) || /^\s*\[/.test(text)) {
    if (!entry.target) throw new Error(`must specify a target for JSON patch ${JSON.stringify(text)}`);
    const operations = parseJsonPatch(first);
    for (const one of chosen(resources, entry.target)) {
      one.object = operated(one, operations);
    }
    return [...resources];
  }
  let left = [...resources];
  for (const document of documents) left = merged(left, document as Manifest, patching);
  return left;
}

function operated({ object }: Resource, operations: ReturnType<typeof parseJsonPatch>): Manifest {
  try {
    return applyJsonPatch(object, operations) as Manifest;
  } catch (cause) {
    // The server's words for this say nothing.
    const { kind, metadata } = object;
    throw new Error(
      `JSON patch cannot be applied to ${kind} ${JSON.stringify(metadata.name)}: ${JSON.stringify(operations)}`,
      {
        cause: cause instanceof Error && !reasonOf(cause) ? cause : undefined,
      },
    );
  }
}

function merged(resources: readonly Resource[], patch: Manifest, { entry, schemaOf }: Patching): Resource[] {
  const { target, options } = entry;
  const targets = target ? chosen(resources, target) : [namedBy(patch, resources)];
  const gone = new Set<Resource>();
  for (const one of targets) {
    if (patch.$patch === 'delete') {
      gone.add(one);
      continue;
    }
    const { apiVersion, kind, metadata } = one.object;
    if (options?.allowKindChange || options?.allowNameChange) keepId(one);
    const object = mergedPatch(one.object, patch, schemaOf(one.object)) as typeof one.object;
    if (!options?.allowKindChange) Object.assign(object, { apiVersion, kind });
    if (!options?.allowNameChange)
      object.metadata = {
        ...object.metadata,
        name: metadata.name,
        ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
      };
    one.object = object;
  }
  return resources.filter((one) => !gone.has(one));
}

/** The targets of a patch without `target`: the object that it names. */
function namedBy(patch: Manifest, resources: readonly Resource[]): Resource {
  const { name = '', namespace } = patch.metadata ?? {};
  const found = resources.filter(
    (one) =>
      one.object.kind === patch.kind &&
      groupOf(one.object) === groupOf(patch) &&
      isCalled(one, { name, ...(namespace ? { namespace } : {}) }),
  );
  const [only] = found;
  if (only && found.length === 1) return only;
  const id = `${patch.kind}.${versionOf(patch)}.${groupOf(patch) || '[noGrp]'}/${name}.${namespace || '[noNs]'}`;
  throw new Error(
    only
      ? `multiple matches for Id ${id}; failed to find unique target for patch ${id}`
      : `no resource matches strategic merge patch ${JSON.stringify(id)}: no matches for Id ${id}; failed to find unique target for patch ${id}`,
  );
}

/** Names and namespaces are anchored regular expressions. */
export function chosen(resources: readonly Resource[], target: PatchTarget): Resource[] {
  const whole = (pattern: string | undefined): RegExp | undefined =>
    pattern === undefined || pattern === '' ? undefined : new RegExp(`^(?:${pattern})$`);
  const [group, version, kind, name, namespace] = [
    target.group,
    target.version,
    target.kind,
    target.name,
    target.namespace,
  ].map(whole);
  const labels = target.labelSelector ? parseSelector(target.labelSelector) : undefined;
  const annotations = target.annotationSelector ? parseSelector(target.annotationSelector) : undefined;
  return resources.filter((one) => {
    const { object, formerly } = one;
    const { metadata } = object;
    const ids = [idOf(one), ...formerly];
    return (
      (group?.test(groupOf(object)) ?? true) &&
      (version?.test(versionOf(object)) ?? true) &&
      (kind?.test(object.kind) ?? true) &&
      ids.some((id) => (name?.test(id.name) ?? true) && (namespace?.test(id.namespace) ?? true)) &&
      (labels?.matches(metadata.labels ?? {}) ?? true) &&
      (annotations?.matches(metadata.annotations ?? {}) ?? true)
    );
  });
}

/** Whether the text is an inline object or list, not a file name. */
export const isInline = (text: string): boolean =>
  text.includes('\n') || isJsonObject(tried(text)) || /^\s*[[{]/.test(text);

function tried(text: string): unknown {
  try {
    return decodeDocuments(text, { plainBooleans: true })[0];
  } catch {
    return undefined; // it is a file name
  }
}
