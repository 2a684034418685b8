import type { MetaRules } from '@typernetes/api/validation';
import { nameSuffix, type Random, timestamp } from '@typernetes/base';
import { type ApiObject, badRequest, membersEqual, prefixOf, subdomainProblems } from '@typernetes/machinery';
import type { ServedResource } from '../registry/served-resource.ts';

/** Names are cut so that the suffix still fits into 63 characters. */
const generatedNameMax = 58;

/** Sets a new object's server-side metadata: identity, time, first generation. In place. */
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
  // As upstream, kinds without a generation keep what was sent.
  if (!options.keepsGeneration) meta.generation = 1;
}

/** The body's namespace must be the path's, or absent. */
export function checkNamespace({ metadata }: ApiObject, namespace: string): void {
  if (!metadata.namespace || metadata.namespace === namespace) return;
  // Cluster-scoped objects lose the namespace they name.
  if (namespace === '') delete metadata.namespace;
  else throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** Copies metadata that an update omits, or that belongs to the server, from the current object. In place. */
export function carryMeta(next: ApiObject, current: ApiObject): void {
  const [to, from] = [next.metadata, current.metadata];
  to.uid ||= from.uid;
  to.creationTimestamp = from.creationTimestamp;
  // Nothing is set to undefined: this object is the one that everybody reads.
  if (from.deletionTimestamp !== undefined) to.deletionTimestamp ??= from.deletionTimestamp;
  if (from.deletionGracePeriodSeconds !== undefined) to.deletionGracePeriodSeconds ??= from.deletionGracePeriodSeconds;
  if (from.generation === undefined) delete to.generation;
  else to.generation = from.generation;
  if (from.generateName !== undefined) to.generateName ??= from.generateName;
  delete to.selfLink;
}

/** Whether anything but metadata and status differs: what generation counts. */
export function specChanged(next: ApiObject, current: ApiObject): boolean {
  return !membersEqual(next, current, notCounted);
}

const notCounted = new Set(['kind', 'apiVersion', 'metadata', 'status']);

/** The rules for checking the metadata of a resource's objects. */
export function metaRules({ type, strategy }: Pick<ServedResource, 'type' | 'strategy'>): MetaRules {
  return {
    namespaced: type.namespaced,
    nameProblems: strategy.validateName ?? subdomainOrPrefixProblems,
    anyFinalizer: strategy.anyFinalizer ?? false,
  };
}

const subdomainPrefixProblems = prefixOf(subdomainProblems);

function subdomainOrPrefixProblems(name: string, isPrefix: boolean): string[] {
  return isPrefix ? subdomainPrefixProblems(name) : subdomainProblems(name);
}
