import { createHash } from 'node:crypto';
import { type ApiObject, apiVersionOf, type ResourceType } from '@typernetes/machinery';
import type { Verb } from '../request/request-info.ts';
import type { Printer } from './printer.ts';
import { defaultPrinter } from './printers.ts';
import type { SelectableFields } from './selectable-fields.ts';
import type {
  HandledSubresource,
  ServedResource,
  StoredForm,
  StrategySubresource,
  Subresource,
} from './served-resource.ts';
import type { Strategy } from './strategy.ts';

const allVerbs: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const writtenParts: readonly Verb[] = ['get', 'patch', 'update'];

interface ServeOptions<T extends ApiObject> {
  readonly strategy: Strategy<T>;
  readonly printer?: Printer<T>;
  readonly subresources?: Readonly<Record<string, Subresource<T>>>;
  readonly verbs?: readonly Verb[];
  /** If the key prefix differs from the plural. */
  readonly prefix?: string;
  readonly storedAs?: StoredForm<T>;
  /** The apiVersion in upstream's storage where it is not ours: the published hash must be upstream's. */
  readonly hashedVersion?: string;
  readonly fields?: SelectableFields<T>;
  readonly allocator?: 'services';
}

/** A resource that the generic store keeps. */
export function serve<T extends ApiObject>(type: ResourceType<T>, options: ServeOptions<T>): ServedResource<T> {
  const { fields, storedAs } = options;
  const hashedVersion = options.hashedVersion ?? apiVersionOf(storedAs?.type ?? type);
  const metadataFields = type.namespaced ? ['metadata.name', 'metadata.namespace'] : ['metadata.name'];
  return {
    type,
    verbs: options.verbs ?? allVerbs,
    storage: { prefix: options.prefix ?? type.plural, ...(storedAs ? { storedAs } : {}) },
    strategy: options.strategy,
    subresources: options.subresources ?? {},
    printer: options.printer ?? defaultPrinter,
    selectableFieldNames: fields?.names
      ? [...metadataFields, ...fields.names]
      : ['metadata.name', 'metadata.namespace'],
    selectableFields: ({ metadata, ...rest }) => ({
      'metadata.name': metadata.name,
      ...(type.namespaced ? { 'metadata.namespace': metadata.namespace ?? '' } : {}),
      ...fields?.read({ metadata, ...rest } as T),
    }),
    storageVersionHash: versionHash(hashedVersion, type.kind),
    ...(options.allocator ? { allocator: options.allocator } : {}),
  };
}

/** A resource that is not stored, such as a review: a handler of its name answers it. */
export function answer<T extends ApiObject>(
  type: ResourceType<T>,
  options: { verbs?: readonly Verb[]; printer?: Printer<T> } = {},
): ServedResource<T> {
  return {
    type,
    verbs: options.verbs ?? ['create'],
    strategy: {},
    subresources: {},
    printer: options.printer ?? defaultPrinter,
    selectableFieldNames: ['metadata.name', 'metadata.namespace'],
    selectableFields: ({ metadata }) => ({
      'metadata.name': metadata?.name ?? '',
      'metadata.namespace': metadata?.namespace ?? '',
    }),
  };
}

/** A subresource that is read and written by its own rules. */
export function part<T extends ApiObject>(strategy: Strategy<T>, verbs = writtenParts): StrategySubresource<T> {
  return { via: 'strategy', verbs, strategy };
}

export const scalePart = {
  via: 'scale',
  verbs: writtenParts,
  specReplicasPath: 'spec.replicas',
  statusReplicasPath: 'status.replicas',
  labelSelectorPath: 'spec.selector',
} as const;

export function handled(
  kind: string,
  options: { verbs: readonly Verb[]; group?: string; version?: string },
): HandledSubresource {
  return {
    via: 'handler',
    verbs: options.verbs,
    type: { group: options.group ?? '', version: options.version ?? 'v1', kind },
  };
}

/** Upstream's: the first eight bytes of the SHA-256 of `group/version/kind` in storage. */
function versionHash(apiVersion: string, kind: string): string {
  const name = apiVersion.includes('/') ? `${apiVersion}/${kind}` : `/${apiVersion}/${kind}`;
  return createHash('sha256').update(name).digest().subarray(0, 8).toString('base64');
}
