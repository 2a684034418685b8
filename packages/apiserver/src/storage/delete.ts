import { timestamp } from '@typernetes/base';
import {
  type ApiObject,
  conflict,
  type DeleteOptions,
  type FieldProblem,
  invalid,
  invalidValue,
  notFound,
  type Status,
  type StatusError,
  unsupportedValue,
} from '@typernetes/machinery';
import type { CachedObject } from '../cache/cached-object.ts';
import { checkedType, type ServedResource } from '../registry/served-resource.ts';
import type { Strategy } from '../registry/strategy.ts';
import { admissionRequest } from './admission-request.ts';
import { admit, validateAdmission } from './admit.ts';
import type { ResourceStorage, Step } from './resource-storage.ts';
import type { WriteOptions } from './write-options.ts';

interface DeleteResult {
  /** The object as it is now, or was; a Status where upstream returns one. */
  readonly answer: ApiObject | Status;
  readonly cached: CachedObject | undefined;
  readonly removed: boolean;
}

/** Seconds as milliseconds, converted through 64-bit nanoseconds as upstream, which overflow for huge values. */
function durationOf(seconds: number | bigint): number {
  return Number(BigInt.asIntN(64, BigInt(seconds) * 1_000_000_000n) / 1_000_000n);
}

const orphanFinalizer = 'orphan';
const foregroundFinalizer = 'foregroundDeletion';

/** Deletes, or marks for deletion what has finalizers or a grace period. */
export async function deleteObject(
  storage: ResourceStorage,
  name: string,
  options: WriteOptions & { namespace: string; deleteOptions: DeleteOptions },
): Promise<DeleteResult> {
  const { served, deps } = storage;
  const { deleteOptions } = options;
  let before: ApiObject | undefined;
  const { written, outcome, revision } = await storage.change(
    storage.keyOf(options.namespace, name),
    async (current) => {
      if (!current) throw notFound(served.type, name);
      before = current.object;
      checkPreconditions(served, current, deleteOptions);
      const request = admissionRequest(storage, options, {
        operation: 'DELETE',
        object: undefined,
        oldObject: current.object,
      });
      await admit(deps.admission, request);
      await validateAdmission(deps.admission, request);
      return planDelete(served, current, deleteOptions, deps.clock.now());
    },
    options,
  );
  const removed = outcome === 'removed';
  if (removed && before && served.allocator && !options.dryRun)
    await deps.allocators[served.allocator]?.release(before);
  if (!removed) return { answer: written.object, cached: written.cached, removed };
  // Upstream removes finalizers first, so a dry run only shows that.
  const isTried = options.dryRun && (before?.metadata.finalizers?.length ?? 0) > 0;
  const answer =
    isTried || returnsDeleted.has(resourceName(served.type))
      ? atRevision(written.object, revision)
      : successStatus(served, written.object);
  return { answer, cached: undefined, removed };
}

/** A deleted object is returned at the revision of its deletion. */
function atRevision(object: ApiObject, revision: number | undefined): ApiObject {
  if (revision === undefined) return object;
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

function checkPreconditions(served: ServedResource, { object }: CachedObject, { preconditions }: DeleteOptions): void {
  const type = checkedType(served);
  const { uid, resourceVersion } = preconditions ?? {};
  const { metadata } = object;
  // Upstream names the kind here where it names the resource everywhere else.
  const refusal = (why: string): StatusError => conflict({ group: type.group, plural: type.kind }, metadata.name, why);
  if (uid !== undefined && uid !== metadata.uid)
    throw refusal(
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw refusal(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
}

/** The effect of a delete request: remove the object, mark it, or nothing because it is being deleted already. */
function planDelete({ strategy }: ServedResource, current: CachedObject, options: DeleteOptions, now: number): Step {
  const { metadata } = current.object;
  const grace = strategy.gracePeriodSeconds?.(current.object, options.gracePeriodSeconds);
  // Dependents are handled separately, and nothing else holds the object any more.
  if (metadata.deletionTimestamp !== undefined && strategy.outlivesDeletion?.(current.object)) return { nothing: true };
  const finalizers = finalizersFor(metadata.finalizers ?? [], options, strategy.defaultPropagation);
  const held = finalizers.length > 0 || (strategy.outlivesDeletion?.(current.object) ?? false);
  const removes = !held && (grace === undefined || grace === 0);
  // An object that had a grace period shows 0; one without grace shows none.
  const isShown =
    grace === 0 && (metadata.deletionTimestamp === undefined || metadata.deletionGracePeriodSeconds !== 0);
  if (removes && !isShown && metadata.finalizers === undefined) return { remove: true, final: current.object };
  // Only the metadata of a deleted object differs from before.
  const next = removes ? { ...current.object, metadata: { ...metadata } } : current.copy();
  const meta = next.metadata;
  if (finalizers.length > 0) meta.finalizers = finalizers;
  else delete meta.finalizers;
  if (removes && !isShown) return { remove: true, final: next };

  const seconds = grace ?? 0;
  if (meta.deletionTimestamp) {
    // It is being deleted: only a shorter grace period, counted from the first request, changes it.
    const previous = meta.deletionGracePeriodSeconds ?? 0;
    if (grace !== undefined && seconds < previous) {
      const firstAsked = Date.parse(meta.deletionTimestamp) - durationOf(previous);
      meta.deletionTimestamp = timestamp(Math.max(firstAsked + durationOf(seconds), now));
      meta.deletionGracePeriodSeconds = seconds;
    }
    return removes ? { remove: true, final: next } : { write: next };
  }
  meta.deletionTimestamp = timestamp(now + durationOf(seconds));
  meta.deletionGracePeriodSeconds = seconds;
  if (meta.generation !== undefined) meta.generation += 1;
  strategy.markDeleted?.(next);
  return removes ? { remove: true, final: next } : { write: next };
}

/** Upstream: deletionFinalizersForGarbageCollection. Without options from the caller the finalizers stay. */
function finalizersFor(
  present: readonly string[],
  { propagationPolicy, orphanDependents }: DeleteOptions,
  fallback: Strategy['defaultPropagation'],
): string[] {
  const rest = present.filter((finalizer) => finalizer !== orphanFinalizer && finalizer !== foregroundFinalizer);
  if (fallback === 'Unsupported') return rest;
  // An existing finalizer keeps its position.
  const ended = (by: string): string[] =>
    present.includes(by) && present.length === rest.length + 1 ? [...present] : [...rest, by];
  if (propagationPolicy === 'Foreground') return ended(foregroundFinalizer);
  if (propagationPolicy === 'Orphan' || orphanDependents === true) return ended(orphanFinalizer);
  if (propagationPolicy === 'Background' || orphanDependents === false) return rest;
  if (rest.length < present.length) return [...present];
  return fallback === 'Orphan' ? [...rest, orphanFinalizer] : rest;
}

/**
 * Resources whose deletion returns the object instead of a Status: those whose OpenAPI document says so, and
 * namespaces.
 */
const returnsDeleted = new Set([
  'namespaces',
  'persistentvolumeclaims',
  'persistentvolumes',
  'pods',
  'podtemplates',
  'resourcequotas',
  'serviceaccounts',
  'services',
  'csidrivers.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'storageclasses.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
  'volumeattributesclasses.storage.k8s.io',
  'deviceclasses.resource.k8s.io',
  'devicetaintrules.resource.k8s.io',
  'resourceclaims.resource.k8s.io',
  'resourceclaimtemplates.resource.k8s.io',
  'resourcepoolstatusrequests.resource.k8s.io',
  'resourceslices.resource.k8s.io',
]);

const resourceName = ({ plural, group }: ServedResource['type']): string =>
  group === '' ? plural : `${plural}.${group}`;

function successStatus({ type }: ServedResource, { metadata }: ApiObject): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: metadata.name,
      ...(type.group ? { group: type.group } : {}),
      kind: type.plural,
      ...(metadata.uid ? { uid: metadata.uid } : {}),
    },
  };
}

const policies = ['Foreground', 'Background', 'Orphan'];

/** Refuses options that contradict each other. */
export function checkDeleteOptions(options: DeleteOptions): void {
  const { propagationPolicy, orphanDependents, dryRun = [] } = options;
  const problems: FieldProblem[] = [];
  if (propagationPolicy !== undefined && orphanDependents !== undefined) {
    const detail = 'orphanDependents and deletionPropagation cannot be both set';
    problems.push(invalidValue('propagationPolicy', propagationPolicy, detail));
  }
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy))
    problems.push(unsupportedValue('propagationPolicy', propagationPolicy, [...policies, 'nil']));
  if (dryRun.some((value) => value !== 'All')) problems.push(unsupportedValue('dryRun', dryRun, ['All']));
  if (problems.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', problems);
}
