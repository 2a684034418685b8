import { isJsonObject, type JsonObject } from '@typernetes/machinery';
import { encodeYaml } from '../printing/yaml.ts';
import { groupOf, idText, type Manifest, type Resource, versionOf } from './resource.ts';

/** A selector of kinds: missing or empty parts match any. */
export interface KindPattern {
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
}

/**
 * A place in objects of a kind that something is done to: `spec/template/metadata/labels`. Lists on the way are gone through; `name[]` says that there
 * must be one. A slash in a name stands behind a backslash. With `create` what is missing is made.
 */
export interface FieldSpec extends KindPattern {
  readonly path: string;
  readonly create?: boolean;
}

/** Fields that refer to objects of a kind. */
export interface NameReference extends KindPattern {
  readonly fieldSpecs: readonly FieldSpec[];
}

/** Where a kustomization changes objects: what it comes with, what `configurations` and `crds` add to it, and what those of its bases did. */
export interface Configuration {
  readonly namePrefix: readonly FieldSpec[];
  readonly nameSuffix: readonly FieldSpec[];
  readonly namespace: readonly FieldSpec[];
  readonly commonLabels: readonly FieldSpec[];
  readonly labels: readonly FieldSpec[];
  readonly templateLabels: readonly FieldSpec[];
  readonly commonAnnotations: readonly FieldSpec[];
  readonly varReference: readonly FieldSpec[];
  readonly images: readonly FieldSpec[];
  readonly replicas: readonly FieldSpec[];
  readonly nameReference: readonly NameReference[];
}

/** A field of an object, or an item of a list. */
export interface Slot {
  readonly holder: JsonObject;
  readonly member: string;
}

export function fits(pattern: KindPattern, of: { group: string; version: string; kind: string }): boolean {
  return (
    (!pattern.group || pattern.group === of.group) &&
    (!pattern.version || pattern.version === of.version) &&
    (!pattern.kind || pattern.kind === of.kind)
  );
}

export const fitsObject = (pattern: KindPattern, object: Manifest): boolean =>
  fits(pattern, { group: groupOf(object), version: versionOf(object), kind: object.kind });

/** Both lists of places, each place once. Throws where they differ in whether one is made. */
export function mergedSpecs(specs: readonly FieldSpec[], more: readonly FieldSpec[]): FieldSpec[] {
  const merged = [...specs];
  for (const one of more) {
    // What is more general than a place that is there already counts as that place, as it does to upstream.
    const same = merged.find(
      ({ path, group = '', version = '', kind = '' }) => path === one.path && fits(one, { group, version, kind }),
    );
    if (!same) merged.push(one);
    else if ((same.create ?? false) !== (one.create ?? false)) throw new Error('conflicting fieldspecs');
  }
  return merged;
}

export interface FieldChange {
  /** The value that `create` adds; without it nothing is added. */
  readonly make?: 'map' | 'scalar';
  /** Told of every place that there is, or was made: an empty map, or an empty text. */
  readonly change: (slot: Slot) => void;
}

/** Calls `change` for each place of the object that the spec leads to, when it is of the spec's kind. Throws with upstream's words when the way ends early. */
export function atField(resource: Resource, spec: FieldSpec, change: FieldChange): void {
  const { object } = resource;
  if (!fitsObject(spec, object)) return;
  try {
    walk({ holder: { object }, member: 'object' }, pathOf(spec.path), { ...change, create: spec.create ?? false });
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    throw new Error(`considering field '${spec.path}' of object ${idText(object)}: ${error.message}`);
  }
}

/** The value at the end of a path has the wrong type. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
}

/** `a/b\/c` is `a`, then `b/c`. */
export const pathOf = (path: string): string[] => path.split(/(?<!\\)\//).map((step) => step.replaceAll('\\/', '/'));

function walk(slot: Slot, path: readonly string[], of: FieldChange & { create: boolean }): void {
  const value = slot.holder[slot.member];
  const [step, ...rest] = path;
  if (step === undefined) {
    of.change(slot);
    return;
  }
  if (value === null || value === undefined) return;
  if (Array.isArray(value)) {
    for (const [i] of value.entries())
      try {
        walk({ holder: value as unknown as JsonObject, member: String(i) }, path, of);
      } catch (error) {
        if (!(error instanceof FieldError)) throw error;
        throw new FieldError(`visit traversal on path: [${path.join(' ')}]: ${error.message}`);
      }
    return;
  }
  if (!isJsonObject(value)) throw new FieldError('expected sequence or mapping node');
  const isList = step.endsWith('[]');
  const name = isList ? step.slice(0, -2) : step;
  if (name === '') throw new FieldError('cannot set or create an empty field name');
  const makes = of.create && of.make && !isList;
  if (!Object.hasOwn(value, name) && !makes) return;
  if (makes && (value[name] === null || value[name] === undefined))
    value[name] = rest.length > 0 || of.make === 'map' ? {} : '';
  walk({ holder: value, member: name }, rest, of);
}

const nodeKind = (value: unknown): string =>
  Array.isArray(value) ? 'SequenceNode' : isJsonObject(value) ? 'MappingNode' : 'ScalarNode';

/** Throws upstream's error if a value has another type. */
export function mustBe(form: 'MappingNode' | 'ScalarNode', value: unknown): void {
  const kind = nodeKind(value);
  if (kind !== form)
    throw new FieldError(
      `wrong node kind: expected ${form} but got ${kind}: node contents:\n${shownNode(value).trimEnd()}\n`,
    );
}

const shownNode = (value: unknown): string =>
  typeof value === 'object' && value !== null ? encodeYaml(value as JsonObject) : String(value);

/** Replaces a scalar with a text. */
export function putScalar({ holder, member }: Slot, value: unknown): void {
  mustBe('ScalarNode', holder[member]);
  holder[member] = value;
}

/** Adds entries to a map. */
export function putMembers({ holder, member }: Slot, members: JsonObject): void {
  const old = holder[member] ?? {};
  mustBe('MappingNode', old);
  holder[member] = { ...(old as JsonObject), ...members };
}
