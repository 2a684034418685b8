import { type Building, fileText } from './building.ts';
import type { Configuration } from './field-spec.ts';
import { type FieldSpec, mergedSpecs } from './field-spec.ts';
import type { Kustomization, PatchEntry } from './kustomization.ts';
import { isInline, patched } from './patches.ts';
import { replaced, replacementsOf } from './replacements.ts';
import type { Resource } from './resource.ts';
import { affixed, putInto, sized, withImage, withMembers } from './transformations.ts';

/** A transformation of all resources, which returns the remaining ones. It has upstream's name. */
export interface Transformer {
  readonly kind: string;
  transform(resources: Resource[]): Resource[];
}

export interface Transforming {
  readonly folder: string;
  readonly building: Building;
  readonly configuration: Configuration;
}

/** A change in place. */
export const inPlace = (kind: string, change: (resources: Resource[]) => void): Transformer => ({
  kind,
  transform(resources) {
    change(resources);
    return resources;
  },
});

/** The transformers of a kustomization's fields, in upstream's order. Throws if a referenced file cannot be read. */
export async function transformersOf(kustomization: Kustomization, of: Transforming): Promise<Transformer[]> {
  const { configuration } = of;
  const { namespace, namePrefix, nameSuffix, commonLabels, commonAnnotations } = kustomization;
  const found: Transformer[] = [];
  const { patchesStrategicMerge = [], replacements = [] } = kustomization;
  if (patchesStrategicMerge.length > 0) {
    const entries = patchesStrategicMerge.map((text) => (isInline(text) ? { patch: text } : { path: text }));
    found.push(await patchTransformer('PatchStrategicMergeTransformer', entries, of));
  }
  for (const entry of kustomization.patches ?? []) found.push(await patchTransformer('PatchTransformer', [entry], of));
  if (namespace)
    found.push(inPlace('NamespaceTransformer', (left) => putInto(left, { namespace, specs: configuration.namespace })));
  if (namePrefix) found.push(affixTransformer('prefix', namePrefix, configuration.namePrefix));
  if (nameSuffix) found.push(affixTransformer('suffix', nameSuffix, configuration.nameSuffix));
  for (const { pairs = {}, ...label } of kustomization.labels ?? []) {
    const specs = labelSpecs(label, configuration);
    found.push(inPlace('LabelTransformer', (left) => withMembers(left, { pairs, specs })));
  }
  if (commonLabels && Object.keys(commonLabels).length > 0)
    found.push(
      inPlace('LabelTransformer', (left) =>
        withMembers(left, { pairs: commonLabels, specs: configuration.commonLabels }),
      ),
    );
  if (commonAnnotations && Object.keys(commonAnnotations).length > 0)
    found.push(
      inPlace('AnnotationsTransformer', (left) =>
        withMembers(left, { pairs: commonAnnotations, specs: configuration.commonAnnotations }),
      ),
    );
  for (const entry of kustomization.patchesJson6902 ?? [])
    found.push(await patchTransformer('PatchJson6902Transformer', [entry], of));
  for (const replica of kustomization.replicas ?? [])
    found.push(inPlace('ReplicaCountTransformer', (left) => sized(left, { replica, specs: configuration.replicas })));
  for (const image of [...(kustomization.images ?? []), ...(kustomization.imageTags ?? [])])
    found.push(inPlace('ImageTagTransformer', (left) => withImage(left, { image, specs: configuration.images })));
  if (replacements.length > 0) found.push(await replacementTransformer(replacements, of));
  return found;
}

const affixTransformer = (end: 'prefix' | 'suffix', text: string, specs: readonly FieldSpec[]): Transformer =>
  inPlace(end === 'prefix' ? 'PrefixTransformer' : 'SuffixTransformer', (left) => affixed(left, { text, end, specs }));

type Label = Omit<NonNullable<Kustomization['labels']>[number], 'pairs'>;

/** The fields of labels: metadata at least. */
function labelSpecs({ fields = [], includeSelectors, includeTemplates }: Label, of: Configuration): FieldSpec[] {
  try {
    let specs: readonly FieldSpec[] = fields;
    if (includeSelectors) specs = mergedSpecs(specs, of.commonLabels);
    if (includeTemplates) specs = mergedSpecs(specs, of.templateLabels);
    return mergedSpecs(mergedSpecs(specs, of.labels), [{ path: 'metadata/labels', create: true }]);
  } catch (error) {
    throw new Error('failed to merge labels', { cause: error });
  }
}

/** Applies patches in sequence. */
export async function patchTransformer(
  kind: string,
  entries: readonly PatchEntry[],
  { folder, building }: Pick<Transforming, 'folder' | 'building'>,
): Promise<Transformer> {
  const patches = await Promise.all(
    entries.map(async (entry) => ({
      entry,
      text: entry.patch ?? (await fileText(entry.path ?? '', folder, building)),
    })),
  );
  const schemaOf = building.schemaOf;
  return {
    kind,
    transform(resources) {
      let left = resources;
      for (const { entry, text } of patches) left = patched(left, text, { entry, schemaOf });
      return left;
    },
  };
}

export async function replacementTransformer(
  entries: NonNullable<Kustomization['replacements']>,
  { folder, building }: Pick<Transforming, 'folder' | 'building'>,
): Promise<Transformer> {
  const read = await Promise.all(
    entries.map(async (entry) => (entry.path ? replacementsOf(await fileText(entry.path, folder, building)) : [entry])),
  );
  return inPlace('ReplacementTransformer', (left) => {
    for (const one of read.flat()) replaced(left, one);
  });
}
