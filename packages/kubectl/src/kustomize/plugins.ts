import { basename } from 'node:path';
import { isJsonObject, type JsonObject } from '@typernetes/machinery';
import { decodeDocument } from '@typernetes/process';
import { fileText } from './building.ts';
import { checkCharts } from './charts.ts';
import type { FieldSpec } from './field-spec.ts';
import { addHashes, type Generating, generated } from './generators.ts';
import { policyAccount } from './iam-policy.ts';
import type { GeneratorEntry, ImageEntry, PatchEntry } from './kustomization.ts';
import { ForeignFieldError } from './kustomization.ts';
import type { PatchTarget } from './patch-target.ts';
import { groupOf, gvkText, idText, type Manifest, type Resource, resourceOf, versionOf } from './resource.ts';
import { affixed, putInto, sized, withImage, withMembers } from './transformations.ts';
import {
  inPlace,
  patchTransformer,
  replacementTransformer,
  type Transformer,
  type Transforming,
} from './transformers.ts';
import { addValues, type ValueTarget } from './value-add.ts';

/** A generator or transformer with its configuration object, from a file or inline. */
type Of = Pick<Transforming, 'folder' | 'building'>;

const settingsOf = ({ apiVersion, kind, metadata, ...settings }: Manifest): JsonObject => settings;

type Made = (object: Manifest, of: Of) => Transformer | Promise<Transformer>;

const specsOf = (settings: JsonObject): FieldSpec[] => (settings.fieldSpecs ?? []) as FieldSpec[];

const affix =
  (end: 'prefix' | 'suffix'): Made =>
  (object) => {
    const settings = settingsOf(object);
    if (!settings.fieldSpecs) throw new ConfigurationError('fieldSpecs is not expected to be nil');
    const text = String(settings[end] ?? '');
    return inPlace(object.kind, (left) => affixed(left, { text, end, specs: specsOf(settings) }));
  };

const members =
  (field: 'labels' | 'annotations'): Made =>
  (object) => {
    const settings = settingsOf(object);
    const pairs = (settings[field] ?? {}) as Record<string, string>;
    return inPlace(object.kind, (left) => withMembers(left, { pairs, specs: specsOf(settings) }));
  };

const transformers: Readonly<Record<string, Made>> = {
  AnnotationsTransformer: members('annotations'),
  LabelTransformer: members('labels'),
  PrefixTransformer: affix('prefix'),
  SuffixTransformer: affix('suffix'),
  HashTransformer: (object) => inPlace(object.kind, addHashes),
  NamespaceTransformer(object) {
    const { setRoleBindingSubjects, unsetOnly, fieldSpecs } = settingsOf(object);
    const { namespace } = object.metadata;
    return inPlace(object.kind, (left) => {
      if (namespace)
        putInto(left, {
          namespace,
          unsetOnly: unsetOnly === true,
          subjects: setRoleBindingSubjects as 'none' | undefined,
          specs: (fieldSpecs ?? []) as FieldSpec[],
        });
    });
  },
  ImageTagTransformer(object) {
    const settings = settingsOf(object);
    const image = (settings.imageTag ?? {}) as ImageEntry;
    return inPlace(object.kind, (left) => withImage(left, { image, specs: specsOf(settings) }));
  },
  ReplicaCountTransformer(object) {
    const settings = settingsOf(object);
    const { name = '', count = 0 } = (settings.replica ?? {}) as { name?: string; count?: number };
    return inPlace(object.kind, (left) => sized(left, { replica: { name, count }, specs: specsOf(settings) }));
  },
  PrefixSuffixTransformer(object) {
    const settings = settingsOf(object);
    const specs = specsOf(settings);
    return inPlace(object.kind, (left) => {
      affixed(left, { text: String(settings.prefix ?? ''), end: 'prefix', specs });
      affixed(left, { text: String(settings.suffix ?? ''), end: 'suffix', specs });
    });
  },
  PatchTransformer: (object, of) => patchTransformer(object.kind, [settingsOf(object) as PatchEntry], of),
  PatchJson6902Transformer(object, of) {
    const { jsonOp, path, target } = settingsOf(object) as { jsonOp?: string; path?: string; target?: PatchTarget };
    const entry = { ...(jsonOp ? { patch: jsonOp } : {}), ...(path ? { path } : {}), ...(target ? { target } : {}) };
    return patchTransformer(object.kind, [entry], of);
  },
  PatchStrategicMergeTransformer(object, of) {
    const { paths = [], patches } = settingsOf(object) as { paths?: string[]; patches?: string };
    if (paths.length === 0 && !patches) throw new ConfigurationError('empty file path and empty patch content');
    const entries = paths.map((path) => (/^\s*\{|\n/.test(path) ? { patch: path } : { path }));
    return patchTransformer(object.kind, [...entries, ...(patches ? [{ patch: patches }] : [])], of);
  },
  ReplacementTransformer: (object, of) =>
    replacementTransformer((settingsOf(object).replacements ?? []) as never[], of),
  async ValueAddTransformer(object, { folder, building }) {
    const settings = settingsOf(object) as { value?: string; targets?: ValueTarget[]; targetFilePath?: string };
    const value = settings.value?.trim() || basename(folder);
    const targets = [...(settings.targets ?? [])];
    if (settings.targetFilePath) {
      const more = decodeDocument(await fileText(settings.targetFilePath, folder, building));
      if (isJsonObject(more) && Array.isArray(more.targets)) targets.push(...(more.targets as ValueTarget[]));
    }
    if (targets.length === 0) throw new ConfigurationError('must specify at least one target');
    if (targets.some(({ fieldPath }) => !fieldPath)) throw new ConfigurationError('fieldPath cannot be empty');
    return inPlace(object.kind, (left) => addValues(left, value, targets));
  },
};

type Generator = (
  object: Manifest,
  of: Omit<Generating, 'options'> & { readonly resources: readonly Resource[] },
) => Resource[] | Promise<Resource[]>;

const fromValues =
  (makes: 'ConfigMap' | 'Secret'): Generator =>
  (object, { resources, ...of }) => {
    const { name, namespace } = object.metadata;
    const entry = { ...settingsOf(object), name, ...(namespace ? { namespace } : {}) } as GeneratorEntry;
    return generated(makes, { entry, resources }, { ...of, options: undefined });
  };

const generators: Readonly<Record<string, Generator>> = {
  ConfigMapGenerator: fromValues('ConfigMap'),
  SecretGenerator: fromValues('Secret'),
  IAMPolicyGenerator: (object, { resources, origin }) => [
    ...resources,
    resourceOf(policyAccount(settingsOf(object)), { origin }),
  ],
  HelmChartInflationGenerator(object, { resources, building }) {
    configured(object, () => checkCharts(building));
    return [...resources];
  },
};

/** A plugin's configuration is invalid. */
class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

function configured<R>(object: Manifest, act: () => R): R {
  const failed = (error: unknown): never => {
    throw new Error(`plugin ${idText(object)} fails configuration`, { cause: error });
  };
  try {
    const result = act();
    return (result instanceof Promise ? result.catch(failed) : result) as R;
  } catch (error) {
    if (error instanceof ForeignFieldError) throw error;
    return failed(error);
  }
}

function builtin<R>(table: Readonly<Record<string, R>>, object: Manifest, other: object, what: string, of: Of): R {
  const { kind } = object;
  if (object.apiVersion !== 'builtin') {
    if (of.building.functions)
      throw new ForeignFieldError(
        `${JSON.stringify(kind)} of a kustomization is left to the program "kustomize", which is not on the PATH: install it`,
      );
    throw new Error(`external plugins disabled; unable to load external plugin '${kind}'`);
  }
  const found = Object.hasOwn(table, kind) ? table[kind] : undefined;
  if (found) return found;
  if (Object.hasOwn(other, kind)) throw new Error(`plugin ${idText(object)} not a ${what}`);
  throw new Error(`unable to load builtin ${gvkText({ kind, version: versionOf(object), group: groupOf(object) })}`);
}

/** Creates the transformer that the object configures. Throws upstream's error if there is none of that kind. */
export function transformerOf({ object }: Resource, of: Of): Transformer | Promise<Transformer> {
  const make = builtin(transformers, object, generators, 'transformer', of);
  return configured(object, () => make(object, of));
}

/** Runs the generator that the object configures, and returns all resources. Throws upstream's error if there is none of that kind. */
export async function generatedBy(
  { object }: Resource,
  of: Omit<Generating, 'options'> & { readonly resources: readonly Resource[] },
): Promise<Resource[]> {
  let make: Generator;
  try {
    make = builtin(generators, object, transformers, 'generator', of);
  } catch (error) {
    if (error instanceof ForeignFieldError) throw error;
    throw new Error('loading generator plugins: failed to load generator', { cause: error });
  }
  return make(object, of);
}
