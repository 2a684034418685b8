import { nameSuffix, type Random, timestamp } from '@typernetes/base';
import {
  type ApiObject,
  badRequest,
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  jsonEqual,
  labelValueProblems,
  qualifiedNameProblems,
  requiredValue,
  subdomainProblems,
} from '@typernetes/machinery';
import type { Strategy } from '../registry/strategy.ts';

/** Names are cut so that the suffix still fits into 63 characters. */
const generatedNameMax = 58;

/** Makes a new object's metadata what the server says it is: identity, time, first generation. In place. */
export function fillNewMeta(
  object: ApiObject,
  options: { namespace: string; now: number; uid: string; random: Random; keepsGeneration: boolean },
): void {
  const meta = object.metadata as Partial<ApiObject['metadata']>;
  if (!meta.name && meta.generateName)
    meta.name = `${meta.generateName.slice(0, generatedNameMax)}${nameSuffix(5, options.random)}`;
  if (options.namespace !== '') meta.namespace = options.namespace;
  else delete meta.namespace;
  meta.uid = options.uid;
  meta.creationTimestamp = timestamp(options.now);
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  delete meta.selfLink;
  delete meta.resourceVersion;
  if (options.keepsGeneration) delete meta.generation;
  else meta.generation = 1;
}

/** The body's namespace must be the path's, or absent. */
export function checkNamespace(object: ApiObject, namespace: string): void {
  const own = object.metadata.namespace;
  if (own !== undefined && own !== '' && own !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** What is left out of an update, or is the server's to say, comes from the current object. In place. */
export function carryMeta(next: ApiObject, current: ApiObject): void {
  const [to, from] = [next.metadata, current.metadata];
  to.uid ||= from.uid;
  to.creationTimestamp ||= from.creationTimestamp;
  to.deletionTimestamp ??= from.deletionTimestamp;
  to.deletionGracePeriodSeconds ??= from.deletionGracePeriodSeconds;
  to.generation = from.generation;
  if (from.generateName !== undefined) to.generateName ??= from.generateName;
  delete to.selfLink;
}

/** Whether anything but metadata and status differs: what generation counts. */
export function specChanged(next: ApiObject, current: ApiObject): boolean {
  const keysOf = (object: ApiObject): string[] => Object.keys(object).filter((key) => !notCounted.has(key));
  const [a, b] = [next as unknown as Record<string, unknown>, current as unknown as Record<string, unknown>];
  const keys = new Set([...keysOf(next), ...keysOf(current)]);
  for (const key of keys) if (!jsonEqual(a[key], b[key])) return true;
  return false;
}

const notCounted = new Set(['kind', 'apiVersion', 'metadata', 'status']);

/** A prefix may end in a dash, since something follows it: for the check, something does. */
const withoutTrailingDash = (prefix: string): string => prefix.replace(/^(.+)-$/, '$1a');

/** The rules of ObjectMeta that hold for every object. */
export function metaProblems(object: ApiObject, strategy: Strategy, namespaced: boolean): FieldProblem[] {
  const { name, generateName, namespace, labels, annotations, finalizers, ownerReferences } = object.metadata;
  const check = strategy.validateName ?? ((text: string) => subdomainProblems(text));
  const problems: FieldProblem[] = [];
  if (generateName)
    for (const text of check(withoutTrailingDash(generateName), true))
      problems.push(invalidValue('metadata.generateName', generateName, text));
  if (!name) problems.push(requiredValue('metadata.name', 'name or generateName is required'));
  else for (const text of check(name, false)) problems.push(invalidValue('metadata.name', name, text));
  if (namespaced && !namespace) problems.push(requiredValue('metadata.namespace', ''));
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const text of qualifiedNameProblems(key)) problems.push(invalidValue('metadata.labels', key, text));
    for (const text of labelValueProblems(value)) problems.push(invalidValue('metadata.labels', value, text));
  }
  for (const key of Object.keys(annotations ?? {}))
    for (const text of qualifiedNameProblems(key.toLowerCase()))
      problems.push(invalidValue('metadata.annotations', key, text));
  for (const finalizer of finalizers ?? [])
    for (const text of qualifiedNameProblems(finalizer))
      problems.push(invalidValue('metadata.finalizers', finalizer, text));
  const controllers = (ownerReferences ?? []).filter((reference) => reference.controller);
  if (controllers.length > 1)
    problems.push(
      invalidValue(
        'metadata.ownerReferences',
        '[]',
        `Only one reference can have Controller set to true. Found "true" in references for ${controllers.map((c) => c.name).join(' and ')}`,
      ),
    );
  return problems;
}

const immutable = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** What an update must leave alone in the metadata. */
export function metaUpdateProblems(next: ApiObject, current: ApiObject): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const had = new Set(current.metadata.finalizers ?? []);
  if (current.metadata.deletionTimestamp) {
    const added = (next.metadata.finalizers ?? []).filter((finalizer) => !had.has(finalizer));
    if (added.length > 0)
      problems.push(
        forbiddenValue(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((f) => JSON.stringify(f)).join(', ')}}`,
        ),
      );
  }
  for (const field of immutable)
    if (next.metadata[field] !== current.metadata[field])
      problems.push(invalidValue(`metadata.${field}`, next.metadata[field], 'field is immutable'));
  return problems;
}
