import { isJsonObject, type JsonObject } from '@typernetes/machinery';
import { decodeDocuments } from '@typernetes/process';
import type { FileAccess } from '../session.ts';
import type { Replacement } from './replacements.ts';

/** What picks objects. */
export interface PatchTarget {
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly annotationSelector?: string;
}

export interface PatchEntry {
  readonly path?: string;
  readonly patch?: string;
  readonly target?: PatchTarget;
  readonly options?: { readonly allowNameChange?: boolean; readonly allowKindChange?: boolean };
}

export interface GeneratorOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly disableNameSuffixHash?: boolean;
  readonly immutable?: boolean;
}

export interface GeneratorEntry {
  readonly name: string;
  readonly namespace?: string;
  readonly behavior?: string;
  readonly type?: string;
  readonly literals?: readonly string[];
  readonly files?: readonly string[];
  readonly envs?: readonly string[];
  readonly env?: string;
  readonly options?: GeneratorOptions;
}

export interface ImageEntry {
  readonly name: string;
  readonly newName?: string;
  readonly newTag?: string;
  readonly digest?: string;
}

export interface Kustomization {
  readonly kind?: string;
  readonly resources?: readonly string[];
  readonly bases?: readonly string[];
  readonly components?: readonly string[];
  readonly namespace?: string;
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly commonLabels?: Readonly<Record<string, string>>;
  readonly commonAnnotations?: Readonly<Record<string, string>>;
  readonly labels?: readonly {
    readonly pairs: Readonly<Record<string, string>>;
    readonly includeSelectors?: boolean;
    readonly includeTemplates?: boolean;
  }[];
  readonly configMapGenerator?: readonly GeneratorEntry[];
  readonly secretGenerator?: readonly GeneratorEntry[];
  readonly generatorOptions?: GeneratorOptions;
  readonly images?: readonly ImageEntry[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
  readonly patches?: readonly PatchEntry[];
  readonly patchesStrategicMerge?: readonly string[];
  readonly patchesJson6902?: readonly PatchEntry[];
  readonly replacements?: readonly Replacement[];
  /** Files or texts that configure generators and transformers. */
  readonly generators?: readonly string[];
  readonly transformers?: readonly string[];
  readonly sortOptions?: { readonly order?: string };
}

const known = new Set([
  'apiVersion',
  'kind',
  'metadata',
  'resources',
  'bases',
  'components',
  'namespace',
  'namePrefix',
  'nameSuffix',
  'commonLabels',
  'commonAnnotations',
  'labels',
  'configMapGenerator',
  'secretGenerator',
  'generatorOptions',
  'generators',
  'images',
  'replicas',
  'patches',
  'patchesStrategicMerge',
  'patchesJson6902',
  'replacements',
  'sortOptions',
  'transformers',
]);

/** Fields of upstream's that are not understood here. */
const foreign = new Set([
  'buildMetadata',
  'configurations',
  'crds',
  'helmChartInflationGenerator',
  'helmCharts',
  'helmGlobals',
  'inventory',
  'openapi',
  'validators',
  'vars',
]);

/** A kustomization says something that only the program "kustomize" can do. */
export class ForeignFieldError extends Error {
  override readonly name = 'ForeignFieldError';
}

/** Upstream's warnings of fields that have better ones. */
const deprecated: Readonly<Record<string, string>> = {
  bases: 'resources',
  commonLabels: 'labels',
  patchesJson6902: 'patches',
  patchesStrategicMerge: 'patches',
};

const fileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** The kustomization in a folder. Throws when there is none, or more than one, or it says what is not understood. */
export async function readKustomization(
  folder: string,
  { files, warn }: { files: FileAccess; warn: (text: string) => void },
): Promise<Kustomization> {
  const names = (await files.list(folder)) ?? [];
  const found = fileNames.filter((name) => names.includes(name));
  const [name] = found;
  if (name === undefined)
    throw new Error(
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${folder}'`,
    );
  if (found.length > 1) throw new Error(`Found multiple kustomization files under: ${folder}`);
  const [document = {}] = decodeDocuments(await files.read(`${folder}/${name}`), { plainBooleans: true });
  if (!isJsonObject(document)) throw new Error(`invalid Kustomization: ${folder}/${name} is no object`);
  if (Object.keys(document).length === 0) throw new Error(`${name} is empty`);
  check(document);
  for (const [field, better] of Object.entries(deprecated))
    if (field in document)
      warn(
        `# Warning: '${field}' is deprecated. Please use '${better}' instead. Run 'kustomize edit fix' to update your Kustomization automatically.\n`,
      );
  return document as Kustomization;
}

function check(document: JsonObject): void {
  const fields = Object.keys(document);
  const wrong = fields.find((field) => !known.has(field) && !foreign.has(field));
  if (wrong !== undefined) throw new Error(`invalid Kustomization: json: unknown field ${JSON.stringify(wrong)}`);
  const strange = fields.find((field) => foreign.has(field));
  if (strange !== undefined)
    throw new ForeignFieldError(
      `field "${strange}" of a kustomization is left to the program "kustomize", which is not on the PATH: install it`,
    );
  const { labels, sortOptions } = document as Kustomization;
  if (labels?.some((entry) => 'fields' in entry))
    throw new ForeignFieldError(
      'field "labels.fields" of a kustomization is left to the program "kustomize", which is not on the PATH: install it',
    );
  if (sortOptions && !['legacy', 'fifo'].includes(sortOptions.order ?? ''))
    throw new Error(`the field 'sortOptions.order' must be one of ["fifo","legacy"]`);
}
