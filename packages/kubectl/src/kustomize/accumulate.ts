import { join, resolve } from 'node:path';
import { messagesOf } from '@typernetes/base';
import { isJsonObject, type JsonObject } from '@typernetes/machinery';
import { decodeDocuments } from '@typernetes/process';
import { type Building, fileText, HttpError, isUrl, lookAt, missingText } from './building.ts';
import { refuseCharts } from './charts.ts';
import { configurationOf, emptyConfiguration, mergedConfiguration } from './configuration.ts';
import { configurationOfCrds } from './crds.ts';
import type { Configuration } from './field-spec.ts';
import { generated } from './generators.ts';
import { ForeignFieldError, type Kustomization, type KustomizationFile, readKustomization } from './kustomization.ts';
import type { OpenApi } from './open-api.ts';
import { belowOrigin, byBuiltin, byPlugin } from './origin.ts';
import { isInline } from './patches.ts';
import { generatedBy, transformerOf } from './plugins.ts';
import { forcedGit, repositoryAt } from './repository.ts';
import { groupOf, idOf, type Origin, type Resource, resourceOf, versionOf } from './resource.ts';
import { sortedMembers } from './transformations.ts';
import { transformersOf } from './transformers.ts';
import { joinedVars, shown, type Var, withVars } from './vars.ts';

/** The result of a kustomization: its resources, and what kustomizations that include it need. */
export interface Accumulated {
  readonly resources: Resource[];
  readonly configuration: Configuration;
  readonly vars: readonly Var[];
}

export const nothing: Accumulated = { resources: [], configuration: emptyConfiguration, vars: [] };

export interface Accumulating {
  readonly building: Building;
  readonly openApi: OpenApi;
  /** The chain of including folders. */
  readonly onWay: readonly string[];
  /** The origin of the folder; undefined unless origin annotations are wanted. */
  readonly origin: Origin | undefined;
}

/** Builds the kustomization in a folder. `before` are the resources that a component changes. */
export async function accumulated(
  { file, kustomization }: KustomizationFile,
  of: Accumulating & { readonly folder: string; readonly before: Accumulated },
): Promise<Accumulated> {
  const { building, folder, origin } = of;
  const { resources = [], bases = [], configurations = [], crds = [], components = [] } = kustomization;
  const within = { ...of, onWay: [...of.onWay, folder] };
  let { vars, ...there } = await withPaths([...resources, ...bases], { ...within, prefix: 'accumulating resources' });
  const texts = await Promise.all(configurations.map((path) => fileText(path, folder, building)));
  let configuration = mergedConfiguration(there.configuration, configurationOf(texts));
  for (const path of crds)
    try {
      configuration = mergedConfiguration(
        configuration,
        configurationOfCrds(await fileText(path, folder, building), path),
      );
    } catch (error) {
      throw new Error(`loading CRDs [${crds.join(' ')}]`, { cause: error });
    }
  let left = await withGenerated(there.resources, kustomization, { ...within, file });
  for (const path of components) {
    ({
      resources: left,
      configuration,
      vars,
    } = await component(path, { ...within, before: { resources: left, configuration, vars } }));
  }
  const transforming = { folder, building, configuration };
  const steps = [
    ...(await transformersOf(kustomization, transforming)).map((one) => ({
      ...one,
      origin: origin && byBuiltin(origin, { file, kind: one.kind }),
    })),
    ...(await pluginTransformers(kustomization.transformers, { ...within, file })),
  ];
  for (const step of steps) {
    left = step.transform(left);
    if (step.origin) for (const one of left) one.changes.push(step.origin);
  }
  for (const validator of await pluginTransformers(kustomization.validators, { ...within, file })) {
    const before = left.map(textOf);
    left = validator.transform(left);
    const i = left.findIndex((one, at) => textOf(one) !== before[at]);
    const now = left[i];
    if (now)
      throw new Error(
        `validator shouldn't modify the resource map: nodes unequal: \n -- ${before[i]},\n -- ${textOf(unmarked(now))}\n`,
      );
  }
  const { vars: own = [] } = kustomization;
  try {
    vars = withVars(vars, own, left);
  } catch (error) {
    throw new Error(`merging vars [${own.map(shown).join(' ')}]`, { cause: error });
  }
  return { resources: left, configuration, vars };
}

/** Upstream documents that validators' annotations are ignored, but it keeps them. */
function unmarked({ object, ...of }: Resource): Resource {
  const { 'validated-by': _mark, ...labels } = object.metadata.labels ?? {};
  return { ...of, object: { ...object, metadata: { ...object.metadata, labels } } };
}

const textOf = ({ object }: Resource): string => JSON.stringify(sortedMembers(object));

interface InFile extends Accumulating {
  readonly folder: string;
  readonly file: string;
}

async function withGenerated(resources: Resource[], kustomization: Kustomization, of: InFile): Promise<Resource[]> {
  const { folder, building, origin, file } = of;
  let left = resources;
  for (const [kind, entries] of [
    ['ConfigMap', kustomization.configMapGenerator],
    ['Secret', kustomization.secretGenerator],
  ] as const)
    for (const entry of entries ?? [])
      left = await generated(
        kind,
        { entry, resources: left },
        {
          folder,
          building,
          options: kustomization.generatorOptions,
          origin: origin && byBuiltin(origin, { file, kind: `${kind}Generator` }),
        },
      );
  refuseCharts(kustomization, building);
  for (const plugin of await pluginObjects(kustomization.generators, { ...of, prefix: 'loading generator plugins' }))
    left = await generatedBy(plugin, { folder, building, resources: left, origin: byPlugin(plugin) });
  return left;
}

async function pluginTransformers(entries: readonly string[] | undefined, of: InFile) {
  const plugins = await pluginObjects(entries, of);
  return Promise.all(
    plugins.map(async (plugin) => ({ ...(await transformerOf(plugin, of)), origin: byPlugin(plugin) })),
  );
}

/** Objects that configure generators and transformers: first inline ones, then those of files and folders. */
async function pluginObjects(entries: readonly string[] = [], of: InFile & { prefix?: string }): Promise<Resource[]> {
  const { origin, file } = of;
  const inline = entries
    .filter(isInline)
    .flatMap((text) => objectsIn(text, { path: file, origin: origin && belowOrigin(origin, file) }));
  const { resources } = await withPaths(
    entries.filter((entry) => !isInline(entry)),
    { ...of, before: { ...nothing, resources: inline } },
  );
  return resources;
}

/** Adds the objects of files, and the results of folders with kustomizations. */
async function withPaths(
  paths: readonly string[],
  of: Accumulating & { readonly folder: string; readonly before: Accumulated; readonly prefix?: string },
): Promise<Accumulated> {
  let there = of.before;
  for (const path of paths)
    try {
      const whole = resolve(of.folder, path);
      const more = await at(path, of);
      there = joined(there, more, (what) => inFolder(path, whole, `recursed merging from path '${whole}': ${what}`));
    } catch (error) {
      if (error instanceof ForeignFieldError || !of.prefix) throw error;
      throw new Error(of.prefix, { cause: error });
    }
  return there;
}

/** Reads a path as a file of objects, else as a kustomization's folder or repository. If both fail, the error has both reasons. */
async function at(path: string, of: Accumulating & { readonly folder: string }): Promise<Accumulated> {
  const { building, folder, origin } = of;
  const whole = resolve(folder, path);
  const below = origin && belowOrigin(origin, path);
  let notFile: string;
  if (!isUrl(path) && (await lookAt(whole, building))) notFile = `'${whole}' must resolve to a file`;
  else
    try {
      return { ...nothing, resources: objectsIn(await fileText(path, folder, building), { path, origin: below }) };
    } catch (error) {
      if (error instanceof HttpError) throw new Error(`accumulating resources from '${path}'`, { cause: error });
      if (error instanceof ObjectError) throw error;
      notFile = messagesOf(error);
    }
  try {
    const target = await folderAt(path, { building, folder });
    return await inside(target, { ...of, origin: below, before: nothing });
  } catch (error) {
    if (error instanceof ForeignFieldError) throw error;
    throw new Error(`accumulation err='accumulating resources from '${path}': ${notFile}'`, { cause: error });
  }
}

/** The folder at a path, in a cloned repository if it names one. Throws upstream's error if it does not exist. */
export async function folderAt(
  path: string,
  { building, folder }: { building: Building; folder: string },
): Promise<string> {
  const repository = repositoryAt(path);
  if (path.startsWith(forcedGit))
    building.log(
      `Warning: Forcing the git protocol using the 'git::' URL prefix is not supported. Kustomize currently strips this invalid prefix, but will stop doing so in a future release. Please remove the 'git::' prefix from your configuration.`,
    );
  if (repository) {
    const whole = join(await building.clone(repository), repository.folder);
    if (await lookAt(whole, building)) return whole;
    throw new Error(await missingText(whole, building));
  }
  const whole = resolve(folder, path);
  const names = await lookAt(whole, building);
  if (names === null)
    throw new Error(`must build at directory: not a valid directory: ${await missingText(whole, building)}`);
  if (!names) throw new Error(`must build at directory: '${whole}': file is not directory`);
  return whole;
}

/** The result of a kustomization that another one includes. */
async function inside(
  folder: string,
  of: Accumulating & { readonly before: Accumulated; readonly isComponent?: boolean },
): Promise<Accumulated> {
  const { building, onWay, openApi, isComponent = false } = of;
  if (onWay.includes(folder))
    throw new Error(`cycle detected: candidate root '${folder}' contains visited root '${folder}'`);
  const read = await readKustomization(folder, building);
  await setSchema(read.kustomization, { folder, building, openApi });
  const { kind = 'Kustomization' } = read.kustomization;
  if (!isComponent && kind === 'Component') throw new Error(`expected kind != 'Component' for path '${folder}'`);
  if (isComponent && kind !== 'Component')
    throw new Error(
      `accumulating components: accumulateDirectory: "expected kind 'Component' for path '${folder}' but got '${kind}'"`,
    );
  return accumulated(read, { ...of, folder }).catch((error: unknown) => {
    if (error instanceof ForeignFieldError || isComponent) throw error;
    throw new Error(`recursed accumulation of path '${folder}'`, { cause: error });
  });
}

async function component(
  path: string,
  of: Accumulating & { readonly folder: string; readonly before: Accumulated },
): Promise<Accumulated> {
  const { folder, origin, building } = of;
  const target = await folderAt(path, { building, folder }).catch((error: unknown) => {
    throw new Error(`accumulating components: loader.New ${JSON.stringify(messagesOf(error))}`);
  });
  return inside(target, { ...of, origin: origin && belowOrigin(origin, path), isComponent: true });
}

/** Uses a kustomization's schema if it is the first. */
export async function setSchema(
  { openapi }: Kustomization,
  { folder, building, openApi }: { folder: string; building: Building; openApi: OpenApi },
): Promise<void> {
  if (!openapi) return;
  openApi.set(openapi, openapi.path === undefined ? undefined : await fileText(openapi.path, folder, building));
}

function objectsIn(text: string, { path, origin }: { path: string; origin: Origin | undefined }): Resource[] {
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
        throw new ObjectError(`accumulating resources from '${path}': missing kind or metadata.name in object`);
      return resourceOf(structuredClone(document), { origin });
    });
}

/** Wraps an error of an included folder in upstream's words. */
const inFolder = (path: string, whole: string, what: string): string =>
  `accumulation err='accumulating resources from '${path}': '${whole}' must resolve to a file': ${what}`;

/** The file exists, but does not contain objects. */
class ObjectError extends Error {
  override readonly name = 'ObjectError';
}

function joined(one: Accumulated, more: Accumulated, wording: (what: string) => string): Accumulated {
  const keyOf = (resource: Resource): string =>
    `${resource.object.kind}.${versionOf(resource.object)}.${groupOf(resource.object) || '[noGrp]'}/${idOf(resource).name}.${idOf(resource).namespace || '[noNs]'}`;
  const there = new Set(one.resources.map(keyOf));
  const act = (): Accumulated => {
    for (const resource of more.resources) {
      const key = keyOf(resource);
      if (there.has(key)) throw new Error(`may not add resource with an already registered id: ${key}`);
      there.add(key);
    }
    return {
      resources: [...one.resources, ...more.resources],
      configuration: mergedConfiguration(one.configuration, more.configuration),
      vars: joinedVars(one.vars, more.vars),
    };
  };
  try {
    return act();
  } catch (error) {
    throw new Error(wording(messagesOf(error)));
  }
}
