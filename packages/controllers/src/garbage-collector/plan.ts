import type { OwnerReference } from '@typernetes/machinery';

/** What is known of an owner that an object refers to. */
export type OwnerState = 'solid' | 'absent' | 'waiting';

export interface ClassifiedOwner {
  readonly reference: OwnerReference;
  /** `waiting`: it is being deleted in the foreground and waits for its dependents. */
  readonly state: OwnerState;
}

export type Propagation = 'Background' | 'Foreground' | 'Orphan';

export type CollectorPlan =
  | { readonly action: 'none' }
  /** Another owner keeps the object; references to those that are gone or wait are dropped. */
  | { readonly action: 'dropOwners'; readonly uids: readonly string[] }
  | { readonly action: 'delete'; readonly propagation: Propagation; readonly unblock: boolean };

/** What the object itself is like. */
export interface DependentState {
  readonly finalizers: readonly string[];
  /** Some of its own dependents are being deleted in the foreground themselves: a cycle could wait for itself for ever. */
  readonly hasDependents: boolean;
  readonly hasDeletingDependents: boolean;
}

export function planDependent(owners: readonly ClassifiedOwner[], object: DependentState): CollectorPlan {
  if (owners.length === 0) return { action: 'none' };
  const inState = (state: OwnerState) => owners.filter((owner) => owner.state === state);
  const [solid, absent, waiting] = [inState('solid'), inState('absent'), inState('waiting')];
  if (solid.length > 0) {
    const uids = [...absent, ...waiting].map(({ reference }) => reference.uid);
    return uids.length > 0 ? { action: 'dropOwners', uids } : { action: 'none' };
  }
  if (waiting.length > 0 && object.hasDependents)
    return { action: 'delete', propagation: 'Foreground', unblock: object.hasDeletingDependents };
  const propagation: Propagation = object.finalizers.includes('orphan')
    ? 'Orphan'
    : object.finalizers.includes('foregroundDeletion')
      ? 'Foreground'
      : 'Background';
  return { action: 'delete', propagation, unblock: false };
}
