import { isUtf8 } from 'node:buffer';
import type { JsonObject } from '@typernetes/machinery';
import { contentHash } from '../commands/create/append-hash.ts';
import { envFile, keyValues } from '../commands/create/key-values.ts';
import { allowedPath, type Building } from './building.ts';
import type { GeneratorEntry, GeneratorOptions } from './kustomization.ts';
import type { Origin } from './resource.ts';
import { isCalled, type Manifest, type Resource, renamed, resourceOf } from './resource.ts';

type Kind = 'ConfigMap' | 'Secret';

export interface Generating {
  readonly folder: string;
  readonly building: Building;
  readonly options: GeneratorOptions | undefined;
  readonly origin: Origin | undefined;
}

/** Generates an entry's resource, or merges or replaces an existing one according to `behavior`. Returns all resources. */
export async function generated(
  kind: Kind,
  { entry, resources }: { entry: GeneratorEntry; resources: readonly Resource[] },
  generating: Generating,
): Promise<Resource[]> {
  const made = await objectOf(kind, entry, generating);
  const { disableNameSuffixHash = generating.options?.disableNameSuffixHash ?? false } = entry.options ?? {};
  const { behavior = 'create', name } = entry;
  const old = resources.filter(
    (one) =>
      one.object.kind === kind && isCalled(one, { name, ...(entry.namespace ? { namespace: entry.namespace } : {}) }),
  );
  if (behavior === 'create') {
    if (old.length > 0)
      throw new Error(
        `may not add resource with an already registered id: ${kind}.v1.[noGrp]/${name}.${entry.namespace ?? '[noNs]'}`,
      );
    return [...resources, resourceOf(made, { hashed: !disableNameSuffixHash, origin: generating.origin })];
  }
  if (behavior !== 'merge' && behavior !== 'replace') throw new Error(`unknown behavior: ${behavior}`);
  const [one] = old;
  if (!one)
    throw new Error(
      `merging from generator: id matches 0 resources: ${kind}.v1.[noGrp]/${name}.${entry.namespace ?? '[noNs]'}`,
    );
  const { metadata } = one.object;
  const merge = (field: string): JsonObject => ({
    ...(behavior === 'merge' ? (one.object[field] as JsonObject | undefined) : {}),
    ...(made[field] as JsonObject | undefined),
  });
  const withMembers = (field: string): JsonObject => {
    const value = merge(field);
    return Object.keys(value).length > 0 ? { [field]: value } : {};
  };
  const both = (field: 'labels' | 'annotations'): JsonObject => {
    const value = { ...metadata[field], ...(made.metadata as Record<string, JsonObject>)[field] };
    return Object.keys(value).length > 0 ? { [field]: value } : {};
  };
  if (behavior === 'replace') one.origin = generating.origin;
  // All but what is merged is as the entry says; whether there is a hash is as it was.
  one.object = {
    ...(made as Manifest),
    ...withMembers('data'),
    ...withMembers('binaryData'),
    metadata: { ...metadata, ...both('labels'), ...both('annotations') },
  };
  return [...resources];
}

/** The variables of env files; any text before the first `=` is a name here. */
async function variables(paths: readonly string[], { files, environment }: Building): Promise<[string, Uint8Array][]> {
  const texts = await Promise.all(paths.map((path) => files.read(path)));
  return texts.flatMap((text) => envFile(text, environment).map(([key, value]) => [key, Buffer.from(value)]));
}

async function objectOf(kind: Kind, entry: GeneratorEntry, generating: Generating): Promise<JsonObject> {
  const { folder, building, options } = generating;
  const here = (path: string): string => {
    try {
      return allowedPath(path, folder, building);
    } catch (error) {
      throw new Error(`loading KV pairs: file sources: [${(entry.files ?? []).join(' ')}]`, { cause: error });
    }
  };
  const placed = (source: string): string => {
    const equals = source.indexOf('=');
    return equals < 0
      ? `${source.slice(source.lastIndexOf('/') + 1)}=${here(source)}`
      : `${source.slice(0, equals)}=${here(source.slice(equals + 1))}`;
  };
  const of = { object: { kind, name: entry.name }, ...building };
  const none = { 'from-env-file': [], 'from-file': [], 'from-literal': [] };
  const envs = [...(entry.envs ?? []), ...(entry.env ? [entry.env] : [])].map(here);
  const values = new Map([
    ...(await keyValues({ ...none, 'from-literal': [...(entry.literals ?? [])] }, of)),
    ...(await keyValues({ ...none, 'from-file': (entry.files ?? []).map(placed) }, of)),
    ...(await variables(envs, building)),
  ]);
  const data: Record<string, string> = {};
  const binaryData: Record<string, string> = {};
  for (const [key, value] of values) {
    if (kind === 'Secret') data[key] = Buffer.from(value).toString('base64');
    else if (isUtf8(value)) data[key] = Buffer.from(value).toString('utf8');
    else binaryData[key] = Buffer.from(value).toString('base64');
  }
  const labels = { ...options?.labels, ...entry.options?.labels };
  const annotations = { ...options?.annotations, ...entry.options?.annotations };
  const immutable = entry.options?.immutable ?? options?.immutable ?? false;
  const filled = (field: string, value: object): JsonObject =>
    Object.keys(value).length > 0 ? { [field]: value } : {};
  return {
    apiVersion: 'v1',
    kind,
    metadata: {
      name: entry.name,
      ...(entry.namespace ? { namespace: entry.namespace } : {}),
      ...filled('labels', labels),
      ...filled('annotations', annotations),
    },
    ...(kind === 'Secret' ? { data } : filled('data', data)),
    ...filled('binaryData', binaryData),
    ...(kind === 'Secret' ? { type: entry.type ?? 'Opaque' } : {}),
    ...(immutable ? { immutable } : {}),
  };
}

/** Appends a hash of the content to the names of generated resources, so that their users restart on changes. */
export function addHashes(resources: readonly Resource[]): void {
  for (const one of resources) {
    if (!one.hashed) continue;
    const { kind, data = '', binaryData, type, metadata } = one.object;
    const content = {
      kind,
      name: '',
      data,
      ...(binaryData ? { binaryData } : {}),
      ...(kind === 'Secret' ? { type } : {}),
    };
    renamed(one, { name: `${metadata.name}-${contentHash(content)}` });
  }
}
