import { isJsonObject, type JsonObject } from '@typernetes/machinery';
import { decodeDocument } from '@typernetes/process';
import { emptyConfiguration, mergedConfiguration } from './configuration.ts';
import type { Configuration, FieldSpec } from './field-spec.ts';

/** A type among the definitions of a file of `crds`, each `{Schema: {properties}}` under its name. */
type Definitions = Readonly<Record<string, { readonly Schema?: { readonly properties?: Record<string, JsonObject> } }>>;

/** What the properties of kinds in a file of `crds` say of themselves in extensions: which are annotations, selectors, names, and references to others. */
export function configurationOfCrds(text: string, path: string): Configuration {
  const definitions = (decodeDocument(text) ?? {}) as Definitions;
  for (const value of Object.values(definitions))
    if (!isJsonObject(value))
      throw new Error(
        `unable to parse open API definition from '${path}': json: cannot unmarshal ${typeof value} into Go value of type accumulator.OpenAPIDefinition`,
      );
  let configuration = emptyConfiguration;
  for (const [name, definition] of Object.entries(definitions)) {
    const { properties = {} } = definition.Schema ?? {};
    if (!['apiVersion', 'kind', 'metadata'].every((field) => field in properties)) continue;
    const kind = name.split('.').at(-1) ?? name;
    for (const found of foundIn(definitions, { name, kind, path: [] }))
      configuration = mergedConfiguration(configuration, { ...emptyConfiguration, ...found });
  }
  return configuration;
}

function foundIn(
  definitions: Definitions,
  of: { name: string; kind: string; path: readonly string[] },
): Partial<Configuration>[] {
  const properties = Object.entries(definitions[of.name]?.Schema?.properties ?? {});
  return properties.flatMap(([name, property]) => {
    const at = (...more: string[]): FieldSpec[] => [{ kind: of.kind, path: [...of.path, name, ...more].join('/') }];
    const text = (extension: string): string | undefined => {
      const value = property[`x-kubernetes-${extension}`];
      return typeof value === 'string' ? value : undefined;
    };
    const found: Partial<Configuration>[] = [];
    if (text('annotation') !== undefined) found.push({ commonAnnotations: at() });
    if (text('label-selector') !== undefined) found.push({ commonLabels: at() });
    if (text('identity') !== undefined) found.push({ namePrefix: at() });
    const [version, kind] = [text('object-ref-api-version'), text('object-ref-kind')];
    if (version !== undefined && kind !== undefined)
      found.push({
        nameReference: [{ kind, version, fieldSpecs: at(text('object-ref-name-key') ?? 'name') }],
      });
    const { $ref } = property;
    // Types that have themselves inside end somewhere.
    const isOnWay = of.path.includes(name) && of.path.length > 20;
    if (typeof $ref === 'string' && !isOnWay)
      found.push(...foundIn(definitions, { ...of, name: $ref, path: [...of.path, name] }));
    return found;
  });
}
