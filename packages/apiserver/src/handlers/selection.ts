import { messageOf } from '@typernetes/base';
import {
  type ApiObject,
  badRequest,
  everyField,
  everything,
  type FieldSelector,
  parseFieldSelector,
  parseSelector,
  type Selector,
} from '@typernetes/machinery';
import type { CachedObject } from '../cache/cached-object.ts';
import type { Pin } from '../cache/listeners.ts';
import type { ServedResource } from '../registry/served-resource.ts';

/** The objects that a list, watch or deletecollection selects. */
export interface Selection {
  /** Keys start with it: a namespace and its slash, or nothing. */
  readonly keyPrefix: string;
  /** Whether it takes every key under the prefix: then objects need not be parsed. */
  readonly takesAll: boolean;
  matches(object: Pick<CachedObject, 'object'>): boolean;
  /** If only objects with one value of a field match: the index key by which watches are found. */
  readonly pin: Pin | undefined;
}

/**
 * The selectors of a request, parsed but not validated: whether the resource has the fields is checked after other
 * errors.
 */
export interface Selectors {
  readonly labels: Selector;
  readonly fields: FieldSelector;
}

/** Reads the selectors of a request; throws BadRequest in upstream's words. */
export function parseSelectors(query: URLSearchParams): Selectors {
  return { labels: labelSelector(query.get('labelSelector')), fields: fieldSelector(query.get('fieldSelector')) };
}

/** Throws BadRequest for fields that nothing can be selected by. */
export function selectionOf(
  served: ServedResource,
  namespace: string,
  { labels, fields }: Selectors,
  name: string | undefined = undefined,
): Selection {
  for (const { field } of fields.requirements)
    if (!served.selectableFieldNames.includes(field)) throw badRequest(notSelectable(served, field));
  const keyPrefix = served.type.namespaced && namespace !== '' ? `${namespace}/` : '';
  const takesAll = labels === everything && fields === everyField && name === undefined;
  return {
    keyPrefix,
    takesAll,
    pin: name === undefined ? pinOf(served, fields) : { field: 'metadata.name', value: name },
    // Reading the object parses it: not for those who take everything.
    matches: takesAll
      ? () => true
      : ({ object }) =>
          (name === undefined || object.metadata.name === name) &&
          labels.matches(object.metadata.labels) &&
          fieldsMatch(served, fields, object),
  };
}

/** Throws BadRequest for field selectors of a watch at an object's own path that select anything but this name. */
export function checkNames({ fields }: Pick<Selectors, 'fields'>, name: string): void {
  if (fields.requirements.length === 0) return;
  const named = fields.requirements.find(({ field, operator }) => field === 'metadata.name' && operator === '=');
  if (named?.value !== name) throw badRequest("fieldSelector metadata.name doesn't match requested name");
}

function pinOf({ type }: ServedResource, { requirements }: FieldSelector): Pin | undefined {
  for (const { field, operator, value } of requirements) {
    if (operator !== '=') continue;
    if (field === 'metadata.name') return { field, value };
    if (field === 'spec.nodeName' && type.group === '' && type.plural === 'pods') return { field, value };
  }
  return undefined;
}

function labelSelector(text: string | null): Selector {
  if (text === null || text === '') return everything;
  try {
    return parseSelector(text);
  } catch (error) {
    throw badRequest(messageOf(error));
  }
}

function fieldSelector(text: string | null): FieldSelector {
  if (text === null || text === '') return everyField;
  try {
    return parseFieldSelector(text);
  } catch (error) {
    throw badRequest(messageOf(error));
  }
}

/** Kinds whose field labels upstream converts by hand, and its message about an unknown field. */
const convertedKinds: ReadonlySet<string> = new Set([
  ...['Event', 'Namespace', 'Node', 'Pod', 'ReplicationController', 'Secret', 'Service'],
  ...['CertificateSigningRequest', 'PodCertificateRequest'],
]);

function notSelectable({ type, shape }: ServedResource, field: string): string {
  const { group, version, kind } = type;
  if (shape || convertedKinds.has(kind)) return `field label not supported: ${field}`;
  if (kind === 'Job') return `field label ${JSON.stringify(field)} not supported for Job`;
  if (kind === 'ResourceSlice') return `field label not supported for ${group}/${version}, Kind=${kind}: ${field}`;
  return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

function fieldsMatch(served: ServedResource, selector: FieldSelector, object: ApiObject): boolean {
  if (selector === everyField) return true;
  let values: Readonly<Record<string, string>> | undefined;
  return selector.matches((field) => {
    if (field === 'metadata.name') return object.metadata.name;
    if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
    values ??= served.selectableFields(object);
    return values[field] ?? '';
  });
}
