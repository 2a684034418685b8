import { resolve } from 'node:path';
import { messagesOf } from '@typernetes/base';
import { isJsonObject, type JsonObject } from '@typernetes/machinery';
import { decodeDocuments } from '@typernetes/process';
import { encodeYaml } from '../printing/yaml.ts';
import { allowedPath, type Building } from './building.ts';
import { addHashes, generated } from './generators.ts';
import { ForeignFieldError, type Kustomization, type PatchEntry, readKustomization } from './kustomization.ts';
import { addAnnotations, addLabels } from './labels.ts';
import { inOrder } from './order.ts';
import { isInline, patched } from './patches.ts';
import { type Plugin, pluginsOf } from './plugins.ts';
import { followNames } from './references.ts';
import { replaced, replacementsOf } from './replacements.ts';
import { groupOf, idOf, type Resource, resourceOf, versionOf } from './resource.ts';
import { affixed, putInto, sized, withImage } from './transformations.ts';

/** The objects of a kustomization as YAML, in upstream's order. Throws with what is wrong, and {@link ForeignFieldError} for what is left to the program. */
export async function built(folder: string, building: Building): Promise<string> {
  const root = await rootOf(folder, building);
  const resources = await accumulated(root, { building, onWay: [], inherited: undefined });
  addHashes(resources);
  followNames(resources);
  const { sortOptions } = await readKustomization(root, { ...building, warn: () => undefined });
  const ordered = sortOptions?.order === 'fifo' ? resources : inOrder(resources);
  return ordered
    .filter(({ object }) => object.metadata.annotations?.['config.kubernetes.io/local-config'] !== 'true')
    .map(({ object }) => encodeYaml(sorted(object) as JsonObject))
    .join('---\n');
}

/** The whole path of a folder. Throws with upstream's words when it is none. */
async function rootOf(folder: string, { files }: Building): Promise<string> {
  const root = resolve(folder);
  const names = await files.list(root).catch(() => {
    throw new Error(
      `must build at directory: not a valid directory: evalsymlink failure on '${folder}' : lstat ${root}: no such file or directory`,
    );
  });
  if (!names) throw new Error(`must build at directory: '${folder}': file is not directory`);
  return root;
}

interface Accumulating {
  readonly building: Building;
  /** Folders that led here. */
  readonly onWay: readonly string[];
  /** What a component changes; undefined for what stands on its own. */
  readonly inherited: Resource[] | undefined;
}

async function accumulated(folder: string, of: Accumulating): Promise<Resource[]> {
  const { building, onWay, inherited } = of;
  if (onWay.includes(folder))
    throw new Error(`cycle detected: candidate root '${folder}' contains visited root '${folder}'`);
  const kustomization = await readKustomization(folder, building);
  const isComponent = kustomization.kind === 'Component';
  if (isComponent && !inherited && onWay.length > 0)
    throw new WrongKindError(`expected kind != 'Component' for path '${folder}'`);
  if (!isComponent && inherited)
    throw new Error(
      `accumulating components: accumulateDirectory: "expected kind 'Component' for path '${folder}' but got '${kustomization.kind ?? 'Kustomization'}'"`,
    );
  const below = { building, onWay: [...onWay, folder] };
  let resources = inherited ?? [];
  for (const path of [...(kustomization.resources ?? []), ...(kustomization.bases ?? [])])
    resources = withNew(resources, await resourcesAt(path, folder, below), (what) =>
      inFolder(path, resolve(folder, path), `recursed merging from path '${resolve(folder, path)}': ${what}`),
    );
  for (const [kind, entries] of [
    ['ConfigMap', kustomization.configMapGenerator],
    ['Secret', kustomization.secretGenerator],
  ] as const)
    for (const entry of entries ?? [])
      resources = await generated(
        kind,
        { entry, resources },
        { folder, building, options: kustomization.generatorOptions },
      );
  for (const plugin of await pluginsIn(kustomization.generators, folder, building))
    if (plugin.kind === 'generator')
      resources = await generated(
        plugin.makes,
        { entry: plugin.entry, resources },
        { folder, building, options: undefined },
      );
  for (const path of kustomization.components ?? [])
    resources = await accumulated(resolve(folder, path), { ...below, inherited: resources });
  return transformed(resources, kustomization, { folder, building });
}

async function resourcesAt(path: string, folder: string, below: Omit<Accumulating, 'inherited'>): Promise<Resource[]> {
  if (/^(https?|ssh|git):|^git@|^github\.com\//.test(path))
    throw new ForeignFieldError(
      `resource "${path}" of a kustomization is left to the program "kustomize", which is not on the PATH: install it`,
    );
  const whole = resolve(folder, path);
  if (await below.building.files.list(whole).catch(missing(path, whole)))
    return accumulated(whole, { ...below, inherited: undefined }).catch((error: unknown) => {
      if (error instanceof ForeignFieldError) throw error;
      const what = messagesOf(error);
      const where = error instanceof WrongKindError ? what : `recursed accumulation of path '${whole}': ${what}`;
      throw new Error(inFolder(path, whole, where));
    });
  const text = await fileText(path, folder, below.building).catch((error: unknown) => {
    throw new Error(
      `accumulating resources: accumulation err='accumulating resources from '${path}': ${messagesOf(error)}': must build at directory: '${whole}': file is not directory`,
    );
  });
  return decodeDocuments(text, { plainBooleans: true })
    .filter(isJsonObject)
    .flatMap((document) =>
      String(document.kind).endsWith('List') && Array.isArray(document.items)
        ? (document.items as JsonObject[])
        : [document],
    )
    .map((document) => {
      const { kind, metadata } = document as { kind?: string; metadata?: { name?: string } };
      if (!kind || !metadata?.name)
        throw new Error(`accumulating resources from '${path}': missing kind or metadata.name in object`);
      return resourceOf(structuredClone(document));
    });
}

const missing = (path: string, whole: string) => (): never => {
  const why = `evalsymlink failure on '${whole}' : lstat ${whole}: no such file or directory`;
  throw new Error(
    `accumulating resources: accumulation err='accumulating resources from '${path}': ${why}': must build at directory: not a valid directory: ${why}`,
  );
};

/** What upstream says around what is wrong with a folder that others name. */
const inFolder = (path: string, whole: string, what: string): string =>
  `accumulating resources: accumulation err='accumulating resources from '${path}': '${whole}' must resolve to a file': ${what}`;

/** The folder is no kustomization for others to build on. */
class WrongKindError extends Error {
  override readonly name = 'WrongKindError';
}

function withNew(
  resources: readonly Resource[],
  more: readonly Resource[],
  wording: (what: string) => string,
): Resource[] {
  const keyOf = (one: Resource): string =>
    `${one.object.kind}.${versionOf(one.object)}.${groupOf(one.object) || '[noGrp]'}/${idOf(one).name}.${idOf(one).namespace || '[noNs]'}`;
  const there = new Set(resources.map(keyOf));
  for (const one of more) {
    const key = keyOf(one);
    if (there.has(key)) throw new Error(wording(`may not add resource with an already registered id: ${key}`));
    there.add(key);
  }
  return [...resources, ...more];
}

/** In upstream's order, whatever that of the fields. */
async function transformed(
  resources: Resource[],
  kustomization: Kustomization,
  { folder, building }: { folder: string; building: Building },
): Promise<Resource[]> {
  let left = resources;
  const patch = async (entry: PatchEntry): Promise<void> => {
    const text = entry.patch ?? (await fileText(entry.path ?? '', folder, building));
    left = patched(left, text, entry);
  };
  for (const text of kustomization.patchesStrategicMerge ?? [])
    await patch(isInline(text) ? { patch: text } : { path: text });
  for (const entry of kustomization.patches ?? []) await patch(entry);
  if (kustomization.namespace) putInto(kustomization.namespace, left);
  const { namePrefix, nameSuffix, commonLabels, commonAnnotations } = kustomization;
  affixed(left, { ...(namePrefix ? { prefix: namePrefix } : {}), ...(nameSuffix ? { suffix: nameSuffix } : {}) });
  for (const one of left) {
    for (const { pairs, includeSelectors = false, includeTemplates = false } of kustomization.labels ?? [])
      addLabels(one, { pairs, selectors: includeSelectors, templates: includeTemplates });
    if (commonLabels) addLabels(one, { pairs: commonLabels, selectors: true, templates: true });
    if (commonAnnotations) addAnnotations(one, commonAnnotations);
  }
  for (const entry of kustomization.patchesJson6902 ?? []) await patch(entry);
  for (const size of kustomization.replicas ?? []) sized(left, size);
  for (const image of kustomization.images ?? [])
    for (const { object } of left) if (object.kind !== 'CustomResourceDefinition') withImage(object, image);
  for (const entry of kustomization.replacements ?? []) {
    const several = entry.path ? replacementsOf(await fileText(entry.path, folder, building)) : [entry];
    for (const one of several) replaced(left, one);
  }
  for (const plugin of await pluginsIn(kustomization.transformers, folder, building)) {
    if (plugin.kind === 'patches') for (const entry of plugin.patches) await patch(entry);
    if (plugin.kind === 'replacements') for (const one of plugin.replacements) replaced(left, one);
  }
  return left;
}

async function pluginsIn(entries: readonly string[] = [], folder: string, building: Building): Promise<Plugin[]> {
  const texts = await Promise.all(
    entries.map((entry) => (isInline(entry) ? entry : fileText(entry, folder, building))),
  );
  return texts.flatMap(pluginsOf);
}

async function fileText(path: string, folder: string, building: Building): Promise<string> {
  return building.files.read(allowedPath(path, folder, building));
}

/** With its members in the order of their names, as upstream writes objects. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
