import {
  type FieldProblem,
  forbiddenValue,
  goQuote,
  invalidValue,
  labelNameProblems,
  type ManagedFieldsEntry,
  type ObjectMeta,
  type OwnerReference,
  qualifiedNameProblems,
  requiredValue,
  tooLong,
} from '@typernetes/machinery';
import { immutableDetail, notNegative, type Problems } from './field-checks.ts';
import { annotationProblems, labelProblems } from './labels-validation.ts';

/** How the metadata of a kind is validated. */
export interface MetaRules {
  readonly namespaced: boolean;
  /** Problems of a name, or of the prefix for a generated one. */
  readonly nameProblems: (name: string, isPrefix: boolean) => readonly string[];
  /** Whether any unqualified finalizer is allowed, not only Kubernetes' own: for custom resources. */
  readonly anyFinalizer?: boolean;
}

/** Rules of ObjectMeta for a new object, after its name was generated. */
export function validateObjectMeta(meta: ObjectMeta, rules: MetaRules): FieldProblem[] {
  const problems = [...nameAndPlaceProblems(meta, rules), ...contentProblems(meta)];
  if (meta.finalizers) problems.push(...finalizerProblems(meta.finalizers, rules));
  return problems;
}

/** Rules for changed metadata. In `next`, server fields that the request omitted have been filled in from `current`. */
export function validateObjectMetaUpdate(
  next: ObjectMeta,
  current: ObjectMeta,
  rules: Pick<MetaRules, 'anyFinalizer'> = {},
): FieldProblem[] {
  const problems = [...changeProblems(next, current), ...contentProblems(next)];
  if (next.finalizers) problems.push(...finalizerProblems(next.finalizers, rules));
  return problems;
}

function nameAndPlaceProblems(meta: ObjectMeta, { nameProblems, namespaced }: MetaRules): FieldProblem[] {
  const { name, generateName, namespace } = meta;
  const problems: FieldProblem[] = [];
  if (generateName) {
    for (const detail of nameProblems(generateName, true))
      problems.push(invalidValue('metadata.generateName', generateName, detail));
  }
  if (!name) problems.push(requiredValue('metadata.name', 'name or generateName is required'));
  else for (const detail of nameProblems(name, false)) problems.push(invalidValue('metadata.name', name, detail));
  if (!namespaced) {
    if (namespace) problems.push(forbiddenValue('metadata.namespace', 'not allowed on this type'));
  } else if (!namespace) problems.push(requiredValue('metadata.namespace'));
  else {
    for (const detail of labelNameProblems(namespace))
      problems.push(invalidValue('metadata.namespace', namespace, detail));
  }
  return problems;
}

/** Not a generator: every write comes through here, and valid metadata should cost next to nothing. */
function contentProblems(meta: ObjectMeta): FieldProblem[] {
  const { generation, labels, annotations, ownerReferences, managedFields } = meta;
  const problems = [...notNegative(generation, 'metadata.generation')];
  if (labels) problems.push(...labelProblems(labels, 'metadata.labels'));
  if (annotations) problems.push(...annotationProblems(annotations, 'metadata.annotations'));
  if (ownerReferences) problems.push(...ownerProblems(ownerReferences, 'metadata.ownerReferences'));
  if (managedFields && !managedFields.every(isManagedFields)) {
    for (const [i, entry] of managedFields.entries())
      problems.push(...managedFieldsProblems(entry, `metadata.managedFields[${i}]`));
  }
  return problems;
}

function* ownerProblems(owners: readonly OwnerReference[], at: string): Problems {
  let controller: string | undefined;
  for (const owner of owners) {
    yield* ownerReferenceProblems(owner, at);
    if (!owner.controller) continue;
    const name = `${owner.kind}/${owner.name}`;
    if (controller !== undefined) {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      yield invalidValue(at, owners, detail);
    } else controller = name;
  }
}

function* ownerReferenceProblems(owner: OwnerReference, at: string): Problems {
  const { apiVersion, kind, name, uid } = owner;
  if (!/[^/]$/.test(apiVersion ?? '')) {
    yield invalidValue(`${at}.apiVersion`, apiVersion ?? '', 'version must not be empty');
  }
  for (const [field, value] of Object.entries({ kind, name, uid })) {
    if (!value) yield invalidValue(`${at}.${field}`, value ?? '', 'must not be empty');
  }
  if (apiVersion === 'v1' && kind === 'Event') {
    yield invalidValue(at, owner, '/v1, Kind=Event is disallowed from being an owner');
  }
}

/** The only finalizers of built-in kinds without a domain. */
const orphan = 'orphan';
const foreground = 'foregroundDeletion';
const ownFinalizers: ReadonlySet<string> = new Set([orphan, foreground, 'kubernetes']);

function* finalizerProblems(
  finalizers: readonly string[],
  { anyFinalizer }: Pick<MetaRules, 'anyFinalizer'>,
): Problems {
  const at = 'metadata.finalizers';
  for (const finalizer of finalizers) {
    for (const detail of qualifiedNameProblems(finalizer)) yield invalidValue(at, finalizer, detail);
  }
  if (finalizers.includes(orphan) && finalizers.includes(foreground)) {
    yield invalidValue(at, finalizers, `finalizer ${orphan} and ${foreground} cannot be both set`);
  }
  if (anyFinalizer) return;
  for (const [i, finalizer] of finalizers.entries()) {
    if (finalizer.includes('/') || ownFinalizers.has(finalizer)) continue;
    const detail = 'name is neither a standard finalizer name nor is it fully qualified';
    yield invalidValue(`${at}[${i}]`, finalizer, detail);
  }
}

const maxManagerBytes = 128;
const maxSubresourceBytes = 256;

/** Whether the entry is valid. */
function isManagedFields({ operation, fieldsType, manager = '', subresource = '' }: ManagedFieldsEntry): boolean {
  if (operation !== 'Apply' && operation !== 'Update') return false;
  if (fieldsType && fieldsType !== 'FieldsV1') return false;
  return manager.length <= maxManagerBytes && printable.test(manager) && subresource.length <= maxSubresourceBytes;
}

function* managedFieldsProblems(entry: ManagedFieldsEntry, at: string): Problems {
  const { operation = '', fieldsType, manager = '', subresource = '' } = entry;
  if (operation !== 'Apply' && operation !== 'Update') {
    yield invalidValue(`${at}.operation`, operation, 'must be `Apply` or `Update`');
  }
  if (fieldsType && fieldsType !== 'FieldsV1') {
    yield invalidValue(`${at}.fieldsType`, fieldsType, 'must be `FieldsV1`');
  }
  yield* fieldManagerProblems(manager, `${at}.manager`);
  if (subresource.length > maxSubresourceBytes) yield tooLong(`${at}.subresource`, maxSubresourceBytes);
}

/** Problems of a field manager's name, as given in the options of a write. */
export function validateFieldManager(manager: string): FieldProblem[] {
  return [...fieldManagerProblems(manager, 'fieldManager')];
}

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;

function* fieldManagerProblems(manager: string, at: string): Problems {
  if (manager.length > maxManagerBytes) yield tooLong(at, maxManagerBytes);
  // The loop below only explains what is wrong.
  if (printable.test(manager)) return;
  let position = 0;
  for (const character of manager) {
    if (!printable.test(character)) {
      const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
      yield invalidValue(at, manager, `invalid character U+${code} (at position ${position})`);
    }
    position += new TextEncoder().encode(character).length;
  }
}

/** Immutable fields, each with the value that messages show when it is unset. */
const fixed = {
  name: '',
  namespace: '',
  uid: '',
  creationTimestamp: null,
  deletionTimestamp: null,
  deletionGracePeriodSeconds: null,
} as const;
const fixedFields = Object.keys(fixed) as (keyof typeof fixed)[];

function changeProblems(next: ObjectMeta, current: ObjectMeta): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (current.deletionTimestamp) {
    const had = new Set(current.finalizers);
    const added = (next.finalizers ?? []).filter((finalizer) => !had.has(finalizer));
    if (added.length > 0) {
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map(goQuote).join(', ')}}`;
      problems.push(forbiddenValue('metadata.finalizers', detail));
    }
  }
  if ((next.generation ?? 0) < (current.generation ?? 0)) {
    problems.push(invalidValue('metadata.generation', next.generation ?? 0, 'must not be decremented'));
  }
  for (const field of fixedFields) {
    if ((next[field] ?? fixed[field]) !== (current[field] ?? fixed[field])) {
      problems.push(invalidValue(`metadata.${field}`, next[field] ?? fixed[field], immutableDetail));
    }
  }
  return problems;
}
