import type { JsonObject } from '@typernetes/machinery';
import { decodeDocuments, ManifestError } from '@typernetes/process';
import type { FileAccess } from '../session.ts';
import type { FieldSpec } from './field-spec.ts';
import { kustomizationShape } from './kustomization-shape.ts';
import type { SortOptions } from './order.ts';
import type { PatchTarget } from './patch-target.ts';
import type { Replacement } from './replacements.ts';
import { ShapeError, shaped } from './shape.ts';
import type { Var } from './vars.ts';

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
  readonly apiVersion?: string;
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
    readonly pairs?: Readonly<Record<string, string>>;
    readonly includeSelectors?: boolean;
    readonly includeTemplates?: boolean;
    readonly fields?: readonly FieldSpec[];
  }[];
  readonly configMapGenerator?: readonly GeneratorEntry[];
  readonly secretGenerator?: readonly GeneratorEntry[];
  readonly generatorOptions?: GeneratorOptions;
  readonly images?: readonly ImageEntry[];
  readonly imageTags?: readonly ImageEntry[];
  readonly vars?: readonly Var[];
  /** Files with additional fields to change: for all objects, and from schemas of custom resources. */
  readonly configurations?: readonly string[];
  readonly crds?: readonly string[];
  readonly openapi?: { readonly path?: string; readonly version?: string };
  readonly buildMetadata?: readonly string[];
  readonly helmGlobals?: JsonObject;
  readonly helmCharts?: readonly JsonObject[];
  readonly helmChartInflationGenerator?: readonly Readonly<Record<string, unknown>>[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
  readonly patches?: readonly PatchEntry[];
  readonly patchesStrategicMerge?: readonly string[];
  readonly patchesJson6902?: readonly PatchEntry[];
  readonly replacements?: readonly Replacement[];
  /** Files or texts that configure generators and transformers, and transformers that change nothing. */
  readonly generators?: readonly string[];
  readonly transformers?: readonly string[];
  readonly validators?: readonly string[];
  readonly sortOptions?: SortOptions;
}

/** A field that only the program "kustomize" supports. */
export class ForeignFieldError extends Error {
  override readonly name = 'ForeignFieldError';
}

/** Upstream's warnings about deprecated fields, in its order. */
const deprecated: Readonly<Record<string, string>> = {
  bases: 'resources',
  commonLabels: 'labels',
  imageTags: 'images',
  patchesJson6902: 'patches',
  patchesStrategicMerge: 'patches',
  vars: 'replacements',
};

const fileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

/** A kustomization, and the name of its file. */
export interface KustomizationFile {
  readonly file: string;
  readonly kustomization: Kustomization;
}

/** Reads the kustomization in a folder. Throws if there is none or more than one, or if it is invalid. */
export async function readKustomization(
  folder: string,
  { files, warn }: { files: FileAccess; warn: (text: string) => void },
): Promise<KustomizationFile> {
  const names = (await files.list(folder)) ?? [];
  const found = fileNames.filter((name) => names.includes(name));
  const [file] = found;
  if (file === undefined)
    throw new Error(
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${folder}'`,
    );
  if (found.length > 1) throw new Error(`Found multiple kustomization files under: ${folder}`);
  const kustomization = shapedKustomization(await files.read(`${folder}/${file}`));
  for (const [field, better] of Object.entries(deprecated))
    if (field in kustomization)
      warn(
        `# Warning: '${field}' is deprecated. Please use '${better}' instead. ${field === 'vars' ? '[EXPERIMENTAL] ' : ''}Run 'kustomize edit fix' to update your Kustomization automatically.\n`,
      );
  check(kustomization, { folder, file });
  return { file, kustomization };
}

function shapedKustomization(text: string): Kustomization {
  try {
    const [document = {}] = decodeDocuments(text, { lastWins: true });
    return shaped(document, kustomizationShape) as Kustomization;
  } catch (error) {
    if (error instanceof ShapeError) throw new Error(`invalid Kustomization: json: ${error.message}`);
    if (!(error instanceof ManifestError)) throw error;
    throw new Error(`invalid Kustomization: ${error.message.replace('error converting YAML to JSON: ', '')}`);
  }
}

function check(kustomization: Kustomization, { folder, file }: { folder: string; file: string }): void {
  const { apiVersion, kind = 'Kustomization', ...said } = kustomization;
  if (Object.keys(said).length === 0) throw new Error(`${file} is empty`);
  const problems: string[] = [];
  if (!['Kustomization', 'Component'].includes(kind)) problems.push('kind should be Kustomization or Component');
  const version = `kustomize.config.k8s.io/${kind === 'Component' ? 'v1alpha1' : 'v1beta1'}`;
  if (apiVersion && apiVersion !== version) problems.push(`apiVersion for ${kind} should be ${version}`);
  if (problems.length > 0)
    throw new Error(`Failed to read kustomization file under ${folder}:\n${problems.join('\n')}`);
}
