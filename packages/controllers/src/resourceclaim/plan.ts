import { isPodTerminal, resourceClaimNameOf } from '@typernetes/api';
import { type Pod, type PodResourceClaim, pods } from '@typernetes/api/core/v1';
import type { ResourceClaim, ResourceClaimConsumerReference, ResourceClaimTemplate } from '@typernetes/api/resource/v1';
import { controllerReference, type Draft, isControlledBy } from '@typernetes/machinery';

/** The entry of the pod's spec for which a claim was generated. */
export const podClaimAnnotation = 'resource.kubernetes.io/pod-claim-name';
/** The finalizer that an allocator sets; it keeps the claim until the devices are free again. */
export const claimFinalizer = 'resource.kubernetes.io/delete-protection';

/** The API's limit of consumers of one claim. */
const maxConsumers = 256;

/** The keys of all claims that the pod is known to use. */
export function claimKeysOf(pod: Pod): readonly string[] {
  const names = (pod.spec.resourceClaims ?? []).map((entry) => resourceClaimNameOf(pod, entry));
  const extended = pod.status?.extendedResourceClaimStatus?.resourceClaimName;
  return [...names, extended].flatMap((name) =>
    name === undefined || name === 'none' ? [] : [`${pod.metadata.namespace}/${name}`],
  );
}

/** Whether it is certain that no container of the pod runs or will. */
export function isDone(pod: Pod): boolean {
  return isPodTerminal(pod) || (pod.metadata.deletionTimestamp !== undefined && !pod.spec.nodeName);
}

/** A template entry of a pod, and what to do about it. */
export type PodClaimPlan =
  | { readonly entry: string; readonly note: string }
  | { readonly entry: string; readonly create: Draft<ResourceClaim> }
  | { readonly entry: string; readonly missingTemplate: string };

interface PodClaimsLookup {
  readonly claim: (name: string) => ResourceClaim | undefined;
  readonly template: (name: string) => ResourceClaimTemplate | undefined;
  /** Claims that the pod owns, whether its status names them or not. */
  readonly owned: readonly ResourceClaim[];
}

/** The claims that the pod's entries lack: to be made, or made already and to be noted in its status. */
export function planPodClaims(pod: Pod, { claim, template, owned }: PodClaimsLookup): readonly PodClaimPlan[] {
  if (pod.metadata.deletionTimestamp !== undefined || isDone(pod)) return [];
  return (pod.spec.resourceClaims ?? []).flatMap((entry): PodClaimPlan[] => {
    const { name, resourceClaimTemplateName } = entry;
    if (!resourceClaimTemplateName) return [];
    const known = resourceClaimNameOf(pod, entry);
    if (known === 'none') return [];
    const existing = known === undefined ? undefined : claim(known);
    if (existing && isControlledBy(existing, pod)) return [];
    // Created before its name could be recorded in the pod.
    const made = owned.find(({ metadata }) => metadata.annotations?.[podClaimAnnotation] === name);
    if (made) return [{ entry: name, note: made.metadata.name }];
    const from = template(resourceClaimTemplateName);
    return [
      from
        ? { entry: name, create: draftClaim(pod, entry, from) }
        : { entry: name, missingTemplate: resourceClaimTemplateName },
    ];
  });
}

function draftClaim(pod: Pod, { name }: PodResourceClaim, { spec }: ResourceClaimTemplate): Draft<ResourceClaim> {
  const { labels, annotations } = spec.metadata ?? {};
  return {
    metadata: {
      generateName: generateName(pod.metadata.name, name),
      namespace: pod.metadata.namespace,
      annotations: { ...annotations, [podClaimAnnotation]: name },
      ...(labels ? { labels } : {}),
      ownerReferences: [controllerReference(pod, pods)],
    },
    spec: spec.spec,
  };
}

/** If the name is too long both parts are truncated, so that the entry's stays recognizable. */
function generateName(pod: string, entry: string): string {
  const max = 57;
  const whole = `${pod}-${entry}-`;
  if (whole.length <= max) return whole;
  const cut = (text: string): string => text.slice(0, Math.floor((text.length * max) / whole.length));
  return `${cut(pod)}-${cut(entry)}`;
}

/** Claims of a pod on a node that are allocated and not reserved for it: no scheduler did. */
export function unreserved(pod: Pod, claim: (key: string) => ResourceClaim | undefined): readonly ResourceClaim[] {
  if (!pod.spec.nodeName || pod.metadata.deletionTimestamp !== undefined || isDone(pod)) return [];
  return claimKeysOf(pod).flatMap((key) => {
    const found = claim(key);
    const consumers = found?.status?.reservedFor ?? [];
    const isFree = consumers.length < maxConsumers && !consumers.some(({ uid }) => uid === pod.metadata.uid);
    return found?.status?.allocation && isFree ? [found] : [];
  });
}

interface ClaimPlan {
  /** The new status, if it differs from the current one. */
  readonly status?: NonNullable<ResourceClaim['status']>;
  readonly dropFinalizer: boolean;
  readonly delete: boolean;
}

interface ClaimInput {
  /** The consumers that still exist. */
  readonly valid: readonly ResourceClaimConsumerReference[];
  /** The pod with the name of the claim's owner, if it has one. */
  readonly owner: Pod | undefined;
}

/** Deallocates a claim that is no longer used, and deletes it if it was generated for a finished pod. */
export function planClaim({ metadata, status }: ResourceClaim, { valid, owner }: ClaimInput): ClaimPlan {
  const before = status?.reservedFor ?? [];
  const isReleased = valid.length < before.length;
  const isGoing = metadata.deletionTimestamp !== undefined;
  const isUnused = valid.length === 0;
  const isProtected = !!metadata.finalizers?.includes(claimFinalizer);
  const deallocate = isUnused && isProtected && (isReleased || isGoing) && status?.allocation !== undefined;
  const { allocation, reservedFor: _, ...rest } = status ?? {};
  const next = {
    ...rest,
    ...(allocation && !deallocate ? { allocation } : {}),
    ...(valid.length > 0 ? { reservedFor: [...valid] } : {}),
  };
  const reference = metadata.ownerReferences?.find(({ controller, kind }) => controller && kind === 'Pod');
  const ownerIsDone = !!owner && !!reference && (owner.metadata.uid !== reference.uid || isDone(owner));
  return {
    ...(isReleased || deallocate ? { status: next } : {}),
    dropFinalizer: isUnused && isProtected && (deallocate || isGoing),
    delete: isUnused && ownerIsDone && !isGoing,
  };
}
