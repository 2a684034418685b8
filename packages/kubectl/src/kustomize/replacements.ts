import { isJsonObject, type JsonObject, parseSelector } from '@typernetes/machinery';
import { decodeDocuments } from '@typernetes/process';
import type { Slot } from './field-spec.ts';
import type { PatchTarget } from './patch-target.ts';
import { lookedUp, slotsAt, splitPath } from './replacement-path.ts';
import { groupOf, gvkText, idOf, type Resource, sameNamespace, versionOf } from './resource.ts';

interface FieldOptions {
  readonly delimiter?: string;
  readonly index?: number;
  readonly create?: boolean;
}

interface Source extends Pick<PatchTarget, 'group' | 'version' | 'kind' | 'name' | 'namespace'> {
  readonly fieldPath?: string;
  readonly options?: FieldOptions;
}

interface Target {
  readonly select?: PatchTarget;
  readonly reject?: readonly PatchTarget[];
  readonly fieldPaths?: readonly string[];
  readonly options?: FieldOptions;
}

/** Copies a value of one object into others. */
export interface Replacement {
  readonly source?: Source;
  /** A literal value. */
  readonly sourceValue?: string;
  readonly targets?: readonly Target[];
  /** A file that has replacements. */
  readonly path?: string;
}

/** The content of a replacements file: one, or a list. */
export function replacementsOf(text: string): Replacement[] {
  return decodeDocuments(text, { plainBooleans: true }).flat() as Replacement[];
}

/** Copies the value to its targets. Throws upstream's error if the source or a target does not exist. */
export function replaced(resources: readonly Resource[], { source, sourceValue, targets }: Replacement): void {
  if ((source === undefined && sourceValue === undefined) || targets === undefined)
    throw new Error('replacements must specify a source and at least one target');
  const value = source === undefined ? sourceValue : sourceValueOf(source, resources);
  for (const target of targets) {
    const { select } = target;
    if (!select) throw new Error('target must specify resources to select');
    const rejected = (target.reject ?? []).filter((one) => Object.keys(one).length > 0);
    for (const one of resources) {
      if (rejected.some((pattern) => isPicked(one, pattern)) || !isPicked(one, select)) continue;
      putInto(one.object, value, target);
    }
  }
}

function sourceValueOf(source: Source, resources: readonly Resource[]): unknown {
  const { fieldPath = 'metadata.name', options } = source;
  const found = resources.filter((one) => isSource(one, source));
  const [only] = found;
  const shown = `${idText(source)}${source.fieldPath ? `:${source.fieldPath}` : ''}`;
  if (!only) throw new Error(`nothing selected by ${shown}`);
  if (found.length > 1) throw new Error(`multiple matches for selector ${shown}`);
  const value = lookedUp(only.object, splitPath(fieldPath));
  const isEmpty = value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
  if (value === undefined || value === null || isEmpty)
    throw new Error(`fieldPath \`${fieldPath}\` is missing for replacement source ${idText(source)}`);
  if (!options?.delimiter) return value;
  if (typeof value === 'object') throw new Error('delimiter option can only be used with scalar nodes');
  const { index = 0 } = options;
  const part = String(value).split(options.delimiter)[index];
  if (part === undefined) throw new Error(`options.index ${index} is out of bounds for value ${value}`);
  return part;
}

/** Formats a selector as upstream does. */
const idText = (source: Source): string =>
  `${gvkText(source)}/${source.name || '[noName]'}.${source.namespace || '[noNs]'}`;

function isSource(one: Resource, { group, version, kind, name, namespace }: Source): boolean {
  const { object } = one;
  return (
    (!group || groupOf(object) === group) &&
    (!version || versionOf(object) === version) &&
    (!kind || object.kind === kind) &&
    [...one.formerly, idOf(one)].some(
      (id) => (!name || id.name === name) && (!namespace || sameNamespace(id.namespace, namespace)),
    )
  );
}

/** Missing parts match anything. */
function isPicked(one: Resource, pattern: PatchTarget): boolean {
  const { object } = one;
  const fits = (text: string | undefined, value: string): boolean => !text || text === value;
  const { labels = {}, annotations = {} } = object.metadata;
  return (
    fits(pattern.group, groupOf(object)) &&
    fits(pattern.version, versionOf(object)) &&
    fits(pattern.kind, object.kind) &&
    [...one.formerly, idOf(one)].some(
      (id) => fits(pattern.name, id.name) && fits(pattern.namespace, id.namespace || 'default'),
    ) &&
    (!pattern.labelSelector || parseSelector(pattern.labelSelector).matches(labels)) &&
    (!pattern.annotationSelector || parseSelector(pattern.annotationSelector).matches(annotations))
  );
}

function putInto(object: JsonObject, value: unknown, { fieldPaths = [], options = {} }: Target): void {
  for (const path of fieldPaths.length > 0 ? fieldPaths : ['metadata.name']) {
    const create = options.create ? { initial: isJsonObject(value) ? {} : Array.isArray(value) ? [] : '' } : undefined;
    const before = create && slotsAt(object, splitPath(path), undefined);
    const slots = before && before.length > 0 ? before : slotsAt(object, splitPath(path), create);
    if (slots.length === 0)
      throw new Error(
        `unable to find ${create ? 'or create ' : ''}field ${JSON.stringify(path)} in replacement target`,
      );
    const isNew = before?.length === 0;
    // Values of labels and annotations are always strings.
    const isText = /(^|\.)metadata\.(labels|annotations)\./.test(path);
    for (const slot of slots) put(slot, value, { options, isNew, isText });
  }
}

function put(
  { holder, member }: Slot,
  value: unknown,
  of: { options: FieldOptions; isNew: boolean; isText: boolean },
): void {
  const old = holder[member];
  const { delimiter, index = 0 } = of.options;
  let text = typeof value === 'object' ? undefined : String(value);
  if (delimiter) {
    if (typeof old === 'object' || text === undefined)
      throw new Error('delimiter option can only be used with scalar nodes');
    const parts = of.isNew ? [''] : String(old).split(delimiter);
    if (index < 0) parts.unshift(text);
    else if (index >= parts.length) parts.push(text);
    else parts[index] = text;
    text = parts.join(delimiter);
  }
  const isScalar = typeof old !== 'object' || old === null;
  if (text === undefined || !isScalar) holder[member] = structuredClone(text ?? value);
  else if (of.isText || (typeof old === 'string' && !of.isNew)) holder[member] = text;
  else {
    const now = plain(text);
    if (!of.isNew && old !== null && typeof now !== typeof old)
      throw new Error(`map[string]interface {}(nil): yaml: cannot decode ${tagOf(now)} \`${text}\` as a ${tagOf(old)}`);
    holder[member] = now;
  }
}

/** What a text means where nobody says that it is one: upstream leaves the type of a place as it is, and writes the text. */
function plain(text: string): unknown {
  if (/^(true|false)$/.test(text)) return text === 'true';
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** The YAML tag of a scalar. */
function tagOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? '!!int' : '!!float';
  return typeof value === 'boolean' ? '!!bool' : '!!str';
}
