import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '@typernetes/api/apiextensions/v1';
import { type ApiObject, apiVersionOf, type ResourceType, type StructSchema, valuesAt } from '@typernetes/machinery';
import type { Convert, CustomVersions } from '../registry/custom-versions.ts';
import { part, serve } from '../registry/serve.ts';
import type { ServedResource, Subresource } from '../registry/served-resource.ts';
import type { Verb } from '../request/request-info.ts';
import { customShape, schemaOfVersion } from './custom-shape.ts';
import { customStatusStrategy, customStrategy } from './custom-strategy.ts';
import { customPrinter } from './printer.ts';

const reading: readonly Verb[] = ['delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

interface VersionOptions extends CustomResourceOptions {
  readonly fieldsOf: CustomVersions['fieldsOf'];
}

interface CustomResourceOptions {
  /** Objects written after this revision are as the definition wants them. */
  readonly since: number;
  /** Undefined if all versions have the same fields. */
  readonly convert: Convert | undefined;
}

/** The served versions of a definition, as the generic handler takes them. */
export function servedVersions(definition: CustomResourceDefinition, options: CustomResourceOptions): ServedResource[] {
  const { spec } = definition;
  const fieldsOf = fieldsByVersion(spec);
  return spec.versions
    .filter(({ served }) => served)
    .map((version) => served(definition, version, { ...options, fieldsOf }));
}

/** Computed on demand: managers of another version than the written one are rare. */
function fieldsByVersion({ group, versions, preserveUnknownFields }: CustomResourceDefinition['spec']) {
  const known = new Map<string, StructSchema>();
  return (apiVersion: string): StructSchema | undefined => {
    const version = versions.find(({ name }) => apiVersionOf({ group, version: name }) === apiVersion);
    if (!version) return undefined;
    let fields = known.get(apiVersion);
    if (!fields) {
      fields = customShape(schemaOfVersion(version, preserveUnknownFields ?? false)).fields;
      known.set(apiVersion, fields);
    }
    return fields;
  };
}

function served(
  { spec, status, metadata }: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  options: VersionOptions,
): ServedResource {
  const names = { ...spec.names, ...(status?.acceptedNames?.plural ? status.acceptedNames : {}) };
  const type: ResourceType<ApiObject> = {
    group: spec.group,
    version: version.name,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    namespaced: spec.scope === 'Namespaced',
    ...(names.shortNames?.length ? { shortNames: names.shortNames } : {}),
    ...(names.categories?.length ? { categories: names.categories } : {}),
  };
  const schema = schemaOfVersion(version, spec.preserveUnknownFields ?? false);
  const hasStatus = version.subresources?.status !== undefined;
  const strategy = customStrategy({ schema, hasStatus, scale: version.subresources?.scale });
  const selectable = version.selectableFields ?? [];
  const stored = spec.versions.find(({ storage }) => storage)?.name ?? version.name;
  const made = serve(type, {
    strategy,
    prefix: `${spec.group}/${names.plural}`,
    verbs: metadata.deletionTimestamp ? reading : [...reading, 'create'],
    printer: customPrinter(version.additionalPrinterColumns),
    hashedVersion: apiVersionOf({ group: spec.group, version: stored }),
    subresources: subresourcesOf(version, strategy),
    fields: {
      names: selectable.map(({ jsonPath }) => jsonPath.replace(/^\./, '')),
      read: (object) => Object.fromEntries(selectable.map(({ jsonPath }) => selectableValue(jsonPath, object))),
    },
  });
  return {
    ...made,
    shape: customShape(schema),
    ...(version.deprecated ? { deprecationWarning: deprecationOf(type, version) } : {}),
    storage: {
      prefix: `${spec.group}/${names.plural}`,
      versions: {
        stored: apiVersionOf({ group: spec.group, version: stored }),
        all: spec.versions.map(({ name }) => apiVersionOf({ group: spec.group, version: name })),
        ...options,
      },
    },
  };
}

function selectableValue(jsonPath: string, object: ApiObject): [string, string] {
  const [value] = valuesAt(jsonPath, object);
  return [jsonPath.replace(/^\./, ''), value === undefined || value === null ? '' : String(value)];
}

function deprecationOf({ group, kind }: ResourceType<ApiObject>, version: CustomResourceDefinitionVersion): string {
  return version.deprecationWarning ?? `${group}/${version.name} ${kind} is deprecated`;
}

function subresourcesOf(
  { subresources }: CustomResourceDefinitionVersion,
  strategy: ReturnType<typeof customStrategy>,
): Record<string, Subresource> {
  const found: Record<string, Subresource> = {};
  if (subresources?.status) found.status = part(customStatusStrategy(strategy)) as Subresource;
  const { scale } = subresources ?? {};
  if (scale) {
    found.scale = {
      via: 'scale',
      verbs: ['get', 'patch', 'update'],
      specReplicasPath: scale.specReplicasPath,
      statusReplicasPath: scale.statusReplicasPath,
      ...(scale.labelSelectorPath ? { labelSelectorPath: scale.labelSelectorPath } : {}),
    };
  }
  return found;
}
