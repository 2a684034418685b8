import type { OwnerReference } from '@typernetes/machinery';
import { foreground, type GraphNode, isDeletingDependents, isOrphaning, orphaning } from './graph.ts';

/** What to do about a node, given what the graph knows. */
export type Step = 'verify' | 'orphan' | 'awaitDependents' | 'judge' | 'nothing';

export function nextStep(node: Pick<GraphNode, 'identity' | 'deleting' | 'finalizers' | 'owners'>): Step {
  if (!node.identity) return 'verify';
  if (isOrphaning(node)) return 'orphan';
  if (isDeletingDependents(node)) return 'awaitDependents';
  // Deletion cannot be undone: its dependents are processed when it has ended.
  return node.deleting || node.owners.length === 0 ? 'nothing' : 'judge';
}

/** The dependents that an object in foreground deletion waits for. */
export function blockingDependents({ uid, dependents }: Pick<GraphNode, 'uid' | 'dependents'>): GraphNode[] {
  return [...dependents].filter(({ owners }) =>
    owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
  );
}

/**
 * Whether the object waits only for objects that wait for it, by the same finalizer: a cycle of foreground deletions,
 * at its smallest an object that owns itself. None of them has a dependent left to delete, so any of them may go first.
 * Upstream's collector leaves such a cycle waiting for ever.
 */
export function waitsForItself(node: GraphNode): boolean {
  if (!isDeletingDependents(node)) return false;
  const circle = new Set([node]);
  for (const member of circle) {
    if (!isDeletingDependents(member)) return false;
    for (const dependent of blockingDependents(member)) circle.add(dependent);
  }
  return [...circle].every((member) => member === node || isBlockedBy(member, node));
}

/** Whether the owner waits for the dependent, maybe over others in between. */
function isBlockedBy(owner: GraphNode, dependent: GraphNode): boolean {
  const found = new Set([owner]);
  for (const member of found) {
    const blocking = blockingDependents(member);
    if (blocking.includes(dependent)) return true;
    for (const one of blocking) found.add(one);
  }
  return false;
}

/**
 * The state of a referenced owner. `waiting`: it is being deleted in the foreground and waits for its dependents.
 * `unknown`: its kind is not served at the moment. `invalid`: a cluster-scoped object refers to a namespaced kind.
 */
export type OwnerState = 'solid' | 'absent' | 'waiting' | 'unknown' | 'invalid';

export interface ClassifiedOwner {
  readonly reference: OwnerReference;
  readonly state: OwnerState;
}

export type Propagation = 'Background' | 'Foreground' | 'Orphan';

export type CollectorPlan =
  | { readonly action: 'none' }
  /** Nothing can be decided before the kinds of all owners are served. */
  | { readonly action: 'retry' }
  /** Another owner keeps the object; references to absent or waiting owners are removed. */
  | { readonly action: 'dropOwners'; readonly uids: readonly string[] }
  /** `unblock`: first stop blocking the owners' deletion, or a cycle would wait for itself for ever. */
  | { readonly action: 'delete'; readonly propagation: Propagation; readonly unblock: boolean };

/** The state of the object itself. */
interface DependentState {
  readonly finalizers: readonly string[];
  readonly hasDependents: boolean;
  /** Some of its own dependents are being deleted in the foreground, too. */
  readonly hasDeletingDependents: boolean;
}

export function planDependent(owners: readonly ClassifiedOwner[], object: DependentState): CollectorPlan {
  const inState = (state: OwnerState) => owners.filter((owner) => owner.state === state);
  if (owners.length === 0 || inState('invalid').length > 0) return { action: 'none' };
  if (inState('unknown').length > 0) return { action: 'retry' };
  const [solid, absent, waiting] = [inState('solid'), inState('absent'), inState('waiting')];
  if (solid.length > 0) {
    const uids = [...absent, ...waiting].map(({ reference }) => reference.uid);
    return uids.length > 0 ? { action: 'dropOwners', uids } : { action: 'none' };
  }
  if (waiting.length > 0 && object.hasDependents)
    return { action: 'delete', propagation: 'Foreground', unblock: object.hasDeletingDependents };
  return { action: 'delete', propagation: propagationOf(object.finalizers), unblock: false };
}

/** The propagation policy that an object's finalizers already request. */
function propagationOf(finalizers: readonly string[]): Propagation {
  if (finalizers.includes(orphaning)) return 'Orphan';
  return finalizers.includes(foreground) ? 'Foreground' : 'Background';
}
